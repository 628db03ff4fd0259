package account

import (
	"context"

	"github.com/uptrace/bun"

	"vidiverse/instance/actor"
	"vidiverse/instance/db"
	"vidiverse/instance/fault"
)

// Facts is what another server says of an account, beyond its actor.
type Facts struct {
	DisplayName string // empty: the actor's name
	Description *string
}

// SaveRemote keeps the account that belongs to an actor of another server. What
// is too long is cut.
func (s *Service) SaveRemote(ctx context.Context, tx db.Tx, id actor.ID, f Facts) (ID, error) {
	a, err := s.actors.ByID(ctx, tx, id)
	if err != nil {
		return 0, err
	}
	if a.Local() || a.Kind == actor.Group {
		return 0, fault.New(fault.Invalid, "%s is not an account of another server", a.URL)
	}
	name, text := actor.TrimName(f.DisplayName, a.Username), actor.TrimText(f.Description)
	return s.store.save(ctx, tx, id, name, text, db.Millis(s.now()))
}

// Forget empties what an account of another server said of itself, once it was
// deleted there. Its number stays for what others wrote to it.
func (s *Service) Forget(ctx context.Context, tx db.Tx, id actor.ID) error {
	a, err := s.actors.ByID(ctx, tx, id)
	if err != nil {
		return err
	}
	_, err = s.store.save(ctx, tx, id, a.Username, nil, db.Millis(s.now()))
	return err
}

// ByActor finds the account of an actor; fault.NotFound when it has none.
func (s *Service) ByActor(ctx context.Context, q bun.IDB, id actor.ID) (ID, error) {
	r, err := s.store.one(ctx, q, `WHERE a.actor_id = ?`, id)
	return r.ID, err
}

// HostOf is the host[:port] of an account of another server, empty for ours.
func (s *Service) HostOf(ctx context.Context, q bun.IDB, id ID) (string, error) {
	r, err := s.store.one(ctx, q, `WHERE a.id = ?`, id)
	return r.Host.String, err
}
