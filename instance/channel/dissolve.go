package channel

import (
	"context"

	"vidiverse/instance/account"
	"vidiverse/instance/actor"
	"vidiverse/instance/db"
	"vidiverse/instance/user"
)

// Dissolve removes all that a user shows: the channels with the videos that are
// left in them, then the account. Names stay taken.
func (s *Service) Dissolve(ctx context.Context, tx db.Tx, id user.ID) error {
	owner, err := s.cfg.Accounts.OfUser(ctx, tx, id)
	if err != nil {
		return err
	}
	var met []actor.ID
	if s.cfg.Leaving != nil {
		if met, err = s.cfg.Leaving(ctx, tx, owner); err != nil {
			return err
		}
	}
	rows, err := s.store.many(ctx, tx, `WHERE c.account_id = ?`, owner)
	if err != nil {
		return err
	}
	for _, r := range rows {
		if err := s.remove(ctx, tx, r); err != nil {
			return err
		}
	}
	return s.cfg.Accounts.Remove(ctx, tx, owner, met)
}

// remove deletes a channel with its videos.
func (s *Service) remove(ctx context.Context, tx db.Tx, r row) error {
	if err := s.cfg.Videos().RemoveOfChannel(ctx, tx, r.ID); err != nil {
		return err
	}
	if err := s.store.delete(ctx, tx, r.ID); err != nil {
		return err
	}
	return s.cfg.Actors.Retire(ctx, tx, r.ActorID)
}

// Leaving removes what an account has on the floors above, before it goes. It
// returns actors of the servers that hold something of it, one of each.
type Leaving func(ctx context.Context, tx db.Tx, owner account.ID) ([]actor.ID, error)
