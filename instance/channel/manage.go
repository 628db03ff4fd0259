package channel

import (
	"context"

	"vidiverse/instance/actor"
	"vidiverse/instance/fault"
	"vidiverse/instance/user"
)

// Managed is the number and the actor of a channel that the caller may change;
// errors as of Update.
func (s *Service) Managed(ctx context.Context, c user.Caller, handle string) (ID, actor.ID, error) {
	r, err := s.managed(ctx, s.cfg.DB.Read(), c, handle)
	return r.ID, r.ActorID, err
}

// ManagedID answers nil for a channel of this instance that the caller may change:
// others are fault.Forbidden, and unknown ones fault.NotFound.
func (s *Service) ManagedID(ctx context.Context, c user.Caller, id ID) error {
	r, err := s.store.one(ctx, s.cfg.DB.Read(), `WHERE c.id = ? AND t.deleted_at IS NULL`, id)
	if err != nil {
		return err
	}
	if r.Host.Valid || int64(r.AccountID) != c.AccountID && !c.Moderator() {
		return fault.New(fault.Forbidden, "Cannot manage a video channel of another user.")
	}
	return nil
}
