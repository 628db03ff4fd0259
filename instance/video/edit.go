package video

import (
	"context"
	"time"

	"vidiverse/instance/access"
	"vidiverse/instance/channel"
	"vidiverse/instance/db"
	"vidiverse/instance/fault"
	"vidiverse/instance/stream"
	"vidiverse/instance/user"
)

// Edit changes a video. Thumbnails, if any, replace the pictures; their files
// must be stored. The caller is the owner or a moderator.
//
// A privacy that closes or opens the files holds at once for who may read; a
// job then moves the files to the other folder, under a new master name.
func (s *Service) Edit(ctx context.Context, caller user.Caller, ref Ref, p Patch, pictures []stream.Thumbnail) error {
	h, err := s.Managed(ctx, caller, ref)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx db.Tx) error {
		if err := s.edit(ctx, tx, caller, h.ID, p); err != nil || len(pictures) == 0 {
			return err
		}
		return s.PutThumbnails(ctx, tx, h.ID, pictures)
	})
}

func (s *Service) edit(ctx context.Context, tx db.Tx, caller user.Caller, id ID, p Patch) error {
	h, err := s.Head(ctx, tx, id)
	if err != nil {
		return err
	}
	before, err := s.standing(ctx, tx, id)
	if err != nil {
		return err
	}
	d, err := s.store.draft(ctx, tx, id)
	if err != nil {
		return err
	}
	old, now := d, s.now()
	p.apply(&d)
	kept := old.Privacy == PasswordProtected && p.Passwords == nil
	if err := d.check(now, !kept); err != nil {
		return err
	}
	if err := s.mayMoveTo(ctx, tx, caller, h, old, d); err != nil {
		return err
	}
	published := old.Privacy == Private && d.Privacy != Private // members saw internal ones before
	if err := s.store.update(ctx, tx, id, d, now, published); err != nil {
		return err
	}
	if err := s.editParts(ctx, tx, id, p, d); err != nil {
		return err
	}
	if old.Name != d.Name { // it is part of the torrents
		if err := s.Files.Retitled(ctx, tx, id); err != nil {
			return err
		}
	}
	if err := s.privacyChanged(ctx, tx, id, old.Privacy, d.Privacy, p.Passwords != nil); err != nil {
		return err
	}
	return s.tell(ctx, tx, id, before)
}

// mayMoveTo checks a change of channel: the new one is the caller's, or, for a
// moderator, another one of the same owner.
func (s *Service) mayMoveTo(ctx context.Context, tx db.Tx, caller user.Caller, h access.Head, old, d Draft) error {
	if d.ChannelID == old.ChannelID {
		return nil
	}
	owner := caller.AccountID
	if !h.OwnedBy(caller) {
		owner = h.Owner
	}
	return s.store.ownsChannel(ctx, tx, d.ChannelID, owner)
}

func (s *Service) editParts(ctx context.Context, tx db.Tx, id ID, p Patch, d Draft) error {
	if p.Tags != nil {
		if err := s.store.putTags(ctx, tx, id, d.Tags); err != nil {
			return err
		}
	}
	if p.Schedule != nil {
		if err := s.store.putSchedule(ctx, tx, id, d.Schedule); err != nil {
			return err
		}
	}
	switch {
	case d.Privacy != PasswordProtected:
		return s.Rights.SetPasswords(ctx, tx, id, nil)
	case p.Passwords != nil:
		return s.Rights.SetPasswords(ctx, tx, id, d.Passwords)
	}
	return nil
}

// privacyChanged ends what the old privacy gave and moves the files if they lie
// in the wrong folder.
func (s *Service) privacyChanged(ctx context.Context, tx db.Tx, id ID, old, now Privacy, passwords bool) error {
	if old != now || passwords {
		if err := s.Rights.DropTokens(ctx, tx, id); err != nil {
			return err
		}
	}
	return s.Files.PrivacyChanged(ctx, tx, id, old.Open() != now.Open())
}

// RunSchedules applies the planned changes whose time has come.
func (s *Service) RunSchedules(ctx context.Context) error {
	due, err := s.store.due(ctx, s.now())
	if err != nil {
		return err
	}
	for id, plan := range due {
		err := s.db.Write(ctx, func(tx db.Tx) error { return s.runSchedule(ctx, tx, id, plan) })
		if err != nil && fault.KindOf(err) != fault.NotFound {
			return err
		}
	}
	return nil
}

func (s *Service) runSchedule(ctx context.Context, tx db.Tx, id ID, plan *Schedule) error {
	h, err := s.Head(ctx, tx, id)
	if err != nil {
		return err
	}
	before, err := s.standing(ctx, tx, id)
	if err != nil {
		return err
	}
	if err := s.store.putSchedule(ctx, tx, id, nil); err != nil || plan.Privacy == 0 || plan.Privacy == h.Privacy {
		return err
	}
	published := h.Privacy == Private && plan.Privacy != Private
	if err := s.store.setPrivacy(ctx, tx, id, plan.Privacy, s.now(), published); err != nil {
		return err
	}
	if err := s.Rights.SetPasswords(ctx, tx, id, nil); err != nil {
		return err
	}
	if err := s.privacyChanged(ctx, tx, id, h.Privacy, plan.Privacy, false); err != nil {
		return err
	}
	return s.tell(ctx, tx, id, before)
}

// Delete removes a video: its rows at once, its files by a job of the same
// transaction. Its address answers "gone" from then on.
func (s *Service) Delete(ctx context.Context, caller user.Caller, ref Ref) error {
	h, err := s.Managed(ctx, caller, ref)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx db.Tx) error { return s.remove(ctx, tx, h.ID) })
}

func (s *Service) remove(ctx context.Context, tx db.Tx, id ID) error {
	h, err := s.Head(ctx, tx, id)
	if err != nil {
		return err
	}
	if err := s.Files.Remove(ctx, tx, h); err != nil {
		return err
	}
	before, err := s.standing(ctx, tx, id)
	if err != nil {
		return err
	}
	if err := s.tellGone(ctx, tx, id, before); err != nil {
		return err
	}
	return s.store.bury(ctx, tx, h, s.now())
}

// RemoveOfChannel deletes the channel's videos, their files included.
func (s *Service) RemoveOfChannel(ctx context.Context, tx db.Tx, id channel.ID) error {
	ids, err := s.store.ofChannel(ctx, tx, id)
	if err != nil {
		return err
	}
	for _, v := range ids {
		if err := s.remove(ctx, tx, v); err != nil {
			return err
		}
	}
	return nil
}

// SupportOfChannel gives all videos of a channel the same support text; nil
// takes it away.
func (s *Service) SupportOfChannel(ctx context.Context, tx db.Tx, id channel.ID, support *string) error {
	tx.AfterCommit(s.Forget)
	return s.store.setSupport(ctx, tx, id, support, s.now())
}

// QuotaUsed is what a user's videos take, in bytes, in all and of the last day.
func (s *Service) QuotaUsed(ctx context.Context, id user.ID) (total, daily int64, err error) {
	return s.store.quotaUsed(ctx, id, s.now().Add(-24*time.Hour))
}
