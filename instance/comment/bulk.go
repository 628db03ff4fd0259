package comment

import (
	"context"

	"vidiverse/instance/account"
	"vidiverse/instance/db"
	"vidiverse/instance/fault"
	"vidiverse/instance/job"
	"vidiverse/instance/user"
)

// Scope says where the comments of somebody are removed.
type Scope string

// The scopes, in PeerTube's words.
const (
	OnMyVideos     Scope = "my-videos"
	OnTeamVideos   Scope = "my-videos-and-collaborations"
	OnThisInstance Scope = "instance"
)

const (
	jobRemove   = "remove-comments"
	removeBatch = 50
)

type removal struct {
	Of    account.ID `json:"of"`
	Owner account.ID `json:"owner,omitempty"` // of the videos; 0 is all
}

// RemoveOf has a job delete all comments of an account under the caller's videos,
// or, for moderators, everywhere.
func (s *Service) RemoveOf(ctx context.Context, c user.Caller, of account.ID, scope Scope) error {
	what := removal{Of: of, Owner: account.ID(c.AccountID)}
	switch scope {
	case OnMyVideos, OnTeamVideos:
		if !c.SignedIn() {
			return fault.New(fault.Unauthorized, "Authentication is required")
		}
	case OnThisInstance:
		if !c.Moderator() {
			return fault.New(fault.Forbidden, "User cannot remove any comments of this instance.")
		}
		what.Owner = 0
	default:
		return fault.New(fault.Invalid, "Incorrect request parameters: scope").WithField("scope", db.Storable(string(scope)), "Invalid value", "body")
	}
	return s.DB.Write(ctx, func(tx db.Tx) error {
		_, err := s.Jobs.Enqueue(ctx, tx, job.Spec{Type: jobRemove, Payload: what})
		return err
	})
}

// runRemove deletes in small transactions, so that nobody waits long.
func (s *Service) runRemove(ctx context.Context, j *job.Job) error {
	var what removal
	if err := j.Decode(&what); err != nil {
		return err
	}
	for n := removeBatch; n == removeBatch; {
		err := s.DB.Write(ctx, func(tx db.Tx) error {
			list, err := s.store.ofAccount(ctx, tx, what, removeBatch)
			n = len(list)
			for _, c := range list {
				if err == nil {
					err = s.remove(ctx, tx, c)
				}
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) remove(ctx context.Context, tx db.Tx, c Comment) error {
	p, err := s.store.place(ctx, tx, c.Video)
	if err != nil {
		return err
	}
	return s.delete(ctx, tx, p, c)
}

// RemoveOfAccount deletes all comments of an account that is deleted itself. It
// tells nobody: the end of the account says it all.
func (s *Service) RemoveOfAccount(ctx context.Context, tx db.Tx, of account.ID) error {
	tx.AfterCommit(s.Videos.Forget)
	return s.store.eraseOf(ctx, tx, of, s.stamp())
}
