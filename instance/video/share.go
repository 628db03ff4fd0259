package video

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"vidiverse/instance/actor"
	"vidiverse/instance/db"
)

// Share is the Announce of a video by an instance or a channel, of this server
// or another.
type Share struct {
	Video ID
	Actor actor.ID
	URL   string
	At    time.Time // when it was announced
}

// PutShare writes a share; an actor shares a video once, and what is older than
// the share that is there changes nothing. new says whether there was none.
func (s *Service) PutShare(ctx context.Context, tx db.Tx, sh Share) (fresh bool, err error) {
	tx.AfterCommit(s.changed)
	return s.store.putShare(ctx, tx, sh)
}

// DropShare ends a share of that actor that is not newer than at.
func (s *Service) DropShare(ctx context.Context, tx db.Tx, address string, by actor.ID, at time.Time) error {
	tx.AfterCommit(s.changed)
	return s.store.dropShare(ctx, tx, address, by, at)
}

// Shared reports whether there is a share of that address.
func (s *Service) Shared(ctx context.Context, q bun.IDB, address string) (bool, error) {
	return s.store.shared(ctx, q, address)
}

// KeepShares ends the shares of a video by other servers that are not among
// those addresses.
func (s *Service) KeepShares(ctx context.Context, tx db.Tx, id ID, addresses []string) error {
	tx.AfterCommit(s.changed)
	return s.store.keepShares(ctx, tx, id, addresses)
}

// Sharers are the actors that share a video.
func (s *Service) Sharers(ctx context.Context, q bun.IDB, id ID) ([]actor.ID, error) {
	return s.store.sharers(ctx, q, id)
}

// Involved are our actors whose followers hear of what happens to a video of
// ours: its owner, and who shares it. Of a video of another server nobody, nor of
// one that others are not told of.
func (s *Service) Involved(ctx context.Context, q bun.IDB, id ID) ([]actor.ID, error) {
	return s.store.involved(ctx, q, id, s.cfg.FederateUnlisted)
}
