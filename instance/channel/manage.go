package channel

import (
	"context"

	"vidiverse/instance/actor"
	"vidiverse/instance/user"
)

// Managed is the number and the actor of a channel that the caller may change;
// errors as of Update.
func (s *Service) Managed(ctx context.Context, c user.Caller, handle string) (ID, actor.ID, error) {
	r, err := s.managed(ctx, s.cfg.DB.Read(), c, handle)
	return r.ID, r.ActorID, err
}
