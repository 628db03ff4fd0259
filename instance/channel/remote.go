package channel

import (
	"context"

	"github.com/uptrace/bun"

	"vidiverse/instance/account"
	"vidiverse/instance/actor"
	"vidiverse/instance/db"
	"vidiverse/instance/fault"
)

// Facts is what another server says of a channel, beyond its actor.
type Facts struct {
	DisplayName          string // empty: the actor's name
	Description, Support *string
}

// SaveRemote keeps the channel that belongs to an actor of another server. Its
// owner, which may change, is an account of the same server: fault.Invalid
// otherwise. What is too long is cut.
func (s *Service) SaveRemote(ctx context.Context, tx db.Tx, id actor.ID, owner account.ID, f Facts) (ID, error) {
	a, err := s.cfg.Actors.ByID(ctx, tx, id)
	if err != nil {
		return 0, err
	}
	if a.Local() || a.Kind != actor.Group {
		return 0, fault.New(fault.Invalid, "%s is not a channel of another server", a.URL)
	}
	host, err := s.cfg.Accounts.HostOf(ctx, tx, owner)
	if err != nil {
		return 0, err
	}
	if host != a.Host {
		return 0, fault.New(fault.Invalid, "The owner of %s is not on its server", a.URL)
	}
	return s.store.save(ctx, tx, row{
		ActorID: id, AccountID: owner, DisplayName: actor.TrimName(f.DisplayName, a.Username),
		Description: actor.TrimText(f.Description), Support: actor.TrimText(f.Support),
	}, db.Millis(s.cfg.Now()))
}

// Forget empties what a channel of another server said of itself, once it was
// deleted there.
func (s *Service) Forget(ctx context.Context, tx db.Tx, id actor.ID) error {
	r, err := s.store.one(ctx, tx, `WHERE c.actor_id = ?`, id)
	if err != nil {
		return err
	}
	r.DisplayName, r.Description, r.Support = r.Username, nil, nil
	return s.store.update(ctx, tx, r, db.Millis(s.cfg.Now()))
}

// ByActor finds the channel of an actor; fault.NotFound when it has none.
func (s *Service) ByActor(ctx context.Context, q bun.IDB, id actor.ID) (ID, error) {
	r, err := s.store.one(ctx, q, `WHERE c.actor_id = ?`, id)
	return r.ID, err
}
