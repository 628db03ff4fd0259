package actor

import (
	"context"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/uptrace/bun"

	"vidiverse/instance/db"
	"vidiverse/instance/news"
)

// Service answers for the actor table. It is safe for concurrent use.
type Service struct {
	db    *db.DB
	base  *url.URL
	now   func() time.Time
	fed   Federation
	keys  ring
	store store

	instance atomic.Int64 // its number, which never changes; 0: not read yet
	sources  sources
	indexed  struct {
		sync.Mutex           // held while the index is read
		at         time.Time // when it was last read
	}
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
	if err != nil {
		return c, err
	}
	c.ID = id
	return c, s.enqueueKey(ctx, tx, id)
}

// Touch notes that something which others see of the actor changed. Other
// servers hear of it.
func (s *Service) Touch(ctx context.Context, tx db.Tx, id ID) error {
	if err := s.store.touch(ctx, tx, id, db.Millis(s.now())); err != nil {
		return err
	}
	return s.fed.News.Tell(ctx, tx, news.Change{What: news.ActorChanged, ID: int64(id), Actor: int64(id)})
}

// Retire deletes an actor of ours: its pictures go, its row, name and key stay,
// and a tombstone remembers its URL. Other servers hear of it: who follows it
// there is kept until then, and forgotten by them. So do the servers of others
// whom it met: they hold what it said there.
func (s *Service) Retire(ctx context.Context, tx db.Tx, id ID, met ...ID) error {
	a, err := s.ByID(ctx, tx, id)
	if err != nil {
		return err
	}
	gone := news.Gone{URL: a.URL, Actor: int64(id), Type: a.Kind.String()}
	if gone.To, err = s.store.remoteTargets(ctx, tx, id); err != nil {
		return err
	}
	for _, other := range met {
		gone.To = append(gone.To, int64(other))
	}
	if err := s.store.dropFollows(ctx, tx, id, "host_id IS NULL"); err != nil { // others hear the Delete as followers
		return err
	}
	if err := s.fed.News.TellGone(ctx, tx, news.ActorGone, int64(id), gone); err != nil {
		return err
	}
	files, err := s.store.retire(ctx, tx, id, db.Millis(s.now()))
	if err != nil || len(files) == 0 || s.fed.Discard == nil {
		return err
	}
	return s.fed.Discard(ctx, tx, files)
}

// InstanceImages are the pictures of the instance itself.
func (s *Service) InstanceImages(ctx context.Context) (Images, error) {
	id := ID(s.instance.Load())
	if id == 0 {
		a, err := s.Instance(ctx)
		if err != nil {
			return Images{}, err
		}
		id = a.ID
		s.instance.Store(int64(id))
	}
	all, err := s.Images(ctx, s.db.Read(), []ID{id})
	return all[id], err
}

// Images returns the pictures of several actors in one query. Actors without
// any are absent. Pass db.Read() or a transaction.
func (s *Service) Images(ctx context.Context, q bun.IDB, ids []ID) (map[ID]Images, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	return s.store.images(ctx, q, ids)
}
