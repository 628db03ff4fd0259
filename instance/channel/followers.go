package channel

import (
	"context"

	"vidiverse/instance/account"
	"vidiverse/instance/actor"
	"vidiverse/instance/fault"
	"vidiverse/instance/user"
)

// FollowedAccount are the actors of an account and of all its channels. Only its
// owner and moderators may list who follows them.
func (s *Service) FollowedAccount(ctx context.Context, c user.Caller, handle string) ([]actor.ID, error) {
	a, err := s.cfg.Accounts.ByName(ctx, handle)
	switch {
	case err != nil:
		return nil, err
	case a.Host != s.cfg.Actors.Host():
		return nil, fault.New(fault.Forbidden, "This account is not owned by the platform")
	case a.ID != account.ID(c.AccountID) && !c.Moderator():
		return nil, fault.New(fault.Forbidden, "Only owner of this account can access this resource.")
	}
	rows, err := s.store.many(ctx, s.cfg.DB.Read(), `WHERE c.account_id = ? AND t.deleted_at IS NULL`, a.ID)
	ids := []actor.ID{a.ActorID}
	for _, r := range rows {
		ids = append(ids, r.ActorID)
	}
	return ids, err
}

// FollowedChannel is the actor of a channel that the caller manages.
func (s *Service) FollowedChannel(ctx context.Context, c user.Caller, handle string) ([]actor.ID, error) {
	r, err := s.managed(ctx, s.cfg.DB.Read(), c, handle)
	return []actor.ID{r.ActorID}, err
}
