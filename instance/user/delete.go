package user

import (
	"context"
	"time"

	"vidiverse/instance/db"
	"vidiverse/instance/fault"
	"vidiverse/instance/job"
)

// deleteJob ends what a deletion began, should the process end before.
const deleteJob = "delete-user"

// deleteAfter is how long the request that began it has for itself.
const deleteAfter = time.Minute

type deletion struct {
	User ID `json:"user"`
}

func (s *Service) registerJobs() {
	if s.cfg.Jobs == nil {
		return
	}
	s.cfg.Jobs.Handle(deleteJob, job.Options{}, func(ctx context.Context, j *job.Job) error {
		var d deletion
		if err := j.Decode(&d); err != nil {
			return err
		}
		return s.finishDelete(ctx, d.User)
	})
}

// DeleteMe removes the caller, who cannot be root.
func (s *Service) DeleteMe(ctx context.Context, c Caller) error {
	if c.Username == rootName {
		return fault.New(fault.Invalid, "You cannot delete your root account.")
	}
	return s.delete(ctx, c.UserID, func(db.Tx) error { return nil })
}

// Delete removes a user whom the caller manages.
func (s *Service) Delete(ctx context.Context, c Caller, id ID) error {
	return s.delete(ctx, id, func(tx db.Tx) error {
		_, err := s.managed(ctx, tx, c, id, "Cannot remove the root user")
		return err
	})
}

// delete first shuts the user out for good, then removes what is theirs: many
// videos take many transactions. A job goes on where this is cut.
func (s *Service) delete(ctx context.Context, id ID, may func(db.Tx) error) error {
	var rest job.ID
	err := s.cfg.DB.Write(ctx, func(tx db.Tx) error {
		if _, err := s.store.byID(ctx, tx, id); err != nil {
			return err
		}
		if err := may(tx); err != nil {
			return err
		}
		if err := s.shut(ctx, tx, id, "Deleted"); err != nil || s.cfg.Jobs == nil {
			return err
		}
		var err error
		rest, err = s.cfg.Jobs.Enqueue(ctx, tx, job.Spec{
			Type: deleteJob, Payload: deletion{id}, RunAt: time.Now().Add(deleteAfter), Attempts: 20,
		})
		return err
	})
	if err != nil {
		return err
	}
	if err := s.finishDelete(ctx, id); err != nil || s.cfg.Jobs == nil {
		return err
	}
	return s.cfg.DB.Write(ctx, func(tx db.Tx) error { return s.cfg.Jobs.Cancel(ctx, tx, rest) })
}

// finishDelete may run again, and beside itself.
func (s *Service) finishDelete(ctx context.Context, id ID) error {
	a, err := s.store.byID(ctx, s.cfg.DB.Read(), id)
	if fault.KindOf(err) == fault.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	if s.cfg.Empty != nil {
		if err := s.cfg.Empty(ctx, a); err != nil {
			return err
		}
	}
	return s.cfg.DB.Write(ctx, func(tx db.Tx) error {
		a, err := s.store.byID(ctx, tx, id)
		if fault.KindOf(err) == fault.NotFound {
			return nil
		}
		if err != nil {
			return err
		}
		if err := s.cfg.Households.Dissolve(ctx, tx, id); err != nil {
			return err
		}
		tx.AfterCommit(func() { s.sessions.forgetUser(id) })
		return s.store.delete(ctx, tx, a.ID)
	})
}
