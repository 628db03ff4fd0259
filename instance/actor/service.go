package actor

import (
	"context"
	"net/url"
	"time"

	"github.com/uptrace/bun"

	"vidiverse/instance/db"
	"vidiverse/instance/fault"
)

// Service answers for the actor table. It is safe for concurrent use.
type Service struct {
	db    *db.DB
	base  *url.URL
	now   func() time.Time
	store store
}

// New makes the service for an instance whose public address is base; only its
// scheme and host count.
func New(d *db.DB, base *url.URL, now func() time.Time) *Service {
	return &Service{db: d, base: base, now: now}
}

// Create makes a local actor within the caller's transaction. A name that any
// account or channel of this instance has or ever had is a fault.Conflict;
// names that differ only in case are the same name.
func (s *Service) Create(ctx context.Context, tx db.Tx, kind Kind, name string) (Created, error) {
	c := Created{URL: s.address(kind, name)}
	id, err := s.store.insert(ctx, tx, row{
		kind: kind, username: name, url: c.URL,
		inbox: c.URL + "/inbox", sharedInbox: s.Base() + "/inbox",
	}, db.Millis(s.now()))
	c.ID = id
	return c, err
}

// Touch notes that something which others see of the actor changed.
func (s *Service) Touch(ctx context.Context, tx db.Tx, id ID) error {
	return s.store.touch(ctx, tx, id, db.Millis(s.now()))
}

// Retire deletes an actor: its pictures go, its row, name and key stay, and a
// tombstone remembers its URL. Files of the pictures are the caller's to
// remove; it gets their names.
func (s *Service) Retire(ctx context.Context, tx db.Tx, id ID) ([]string, error) {
	return s.store.retire(ctx, tx, id, db.Millis(s.now()))
}

// Images returns the pictures of several actors in one query. Actors without
// any are absent. Pass db.Read() or a transaction.
func (s *Service) Images(ctx context.Context, q bun.IDB, ids []ID) (map[ID]Images, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	return s.store.images(ctx, q, ids)
}

// ImageKey finds where the avatar or banner of that name lies. Names are
// random, so whoever was shown one may have it; a name of no picture is
// fault.NotFound.
func (s *Service) ImageKey(ctx context.Context, file string) (string, error) {
	if !db.Sized(file, 1, 500) { // PostgreSQL takes neither NUL nor broken UTF-8
		return "", fault.New(fault.NotFound, "File not found")
	}
	return "avatars/" + file, s.store.hasImage(ctx, s.db.Read(), file)
}
