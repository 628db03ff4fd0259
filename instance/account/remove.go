package account

import (
	"context"

	"vidiverse/instance/actor"
	"vidiverse/instance/db"
	"vidiverse/instance/user"
)

// OfUser is the number of a user's account.
func (s *Service) OfUser(ctx context.Context, tx db.Tx, id user.ID) (ID, error) {
	r, err := s.store.one(ctx, tx, `WHERE a.user_id = ?`, id)
	return r.ID, err
}

// Remove deletes an account. Its actor is retired, which other servers hear of,
// those of whom it met among them, and its name stays taken. Channels and what stands above accounts must be
// gone already; mutes and ratings go along.
func (s *Service) Remove(ctx context.Context, tx db.Tx, id ID, met []actor.ID) error {
	r, err := s.store.one(ctx, tx, `WHERE a.id = ?`, id)
	if err != nil {
		return err
	}
	if err := s.store.delete(ctx, tx, id); err != nil {
		return err
	}
	return s.actors.Retire(ctx, tx, r.ActorID, met...)
}
