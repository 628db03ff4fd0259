// Package catalog is which instances a node follows and which of their videos
// it knows: their lists, the films behind them, and whether they may still be
// kept.
//
//	Follow ─▶ every 10 minutes: newest pages ─┬─ not seen before ───────────────▶ Added
//	                                          ├─ vanished, or older than the list
//	                                          │      └▶ asked by id ─ refused ──▶ Withdrawn
//	                                          └─ updated ─▶ film ─ other files ─▶ Changed
//
// An answer about one video counts as its withdrawal: 404, 410, 401, 403, or a
// privacy that is neither public nor unlisted. Silence does not, however long:
// a server that is down, or that answers nothing in the manner of PeerTube (its
// domain was sold), takes no video away; who follows it is told since when. One
// that refuses us as a whole for a day is obeyed.
//
// # What following costs a server
//
// Of lists, at most 2 pages of 100 a minute, or 4 for one of whose videos more
// than 2,000 are known; a list of its newest 4,000 is gone through every 10
// minutes. What the list does not show is asked by id, at most 2 a second, what
// vanished first. So a withdrawal is noticed within 15 minutes for 4,000 videos
// of the list and 1,800 besides, and for 600 that vanish at once. Beyond that
// the turn of each comes later: 10,000 videos that no list shows are gone
// through every 84 minutes. A film is read again when its video was updated,
// and once a day. Videos of servers that are not followed, which a link led to,
// are asked by id too. What the user asks for goes before all this.
package catalog

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"vidiverse/node/control"
	"vidiverse/node/remote"
	"vidiverse/node/store"
)

// Kind says what happened to a video.
type Kind int

// Kinds of Change.
const (
	Added      Kind = iota + 1 // it appeared in the newest of a followed origin
	Changed                    // its files are others now
	Withdrawn                  // its origin does not show it to everybody any more
	Unfollowed                 // the whole origin: Ref.Video is empty
)

// Change is news of a video.
type Change struct {
	Ref  control.Ref
	Kind Kind
}

// Config of a Catalog. Zero fields are defaults, but for Store and Remote.
type Config struct {
	Store  *store.Store
	Remote *remote.Client
	Now    func() time.Time
	Log    *slog.Logger // nil discards

	Every time.Duration // between two looks at a list; 10 minutes
	Page  time.Duration // between two pages of it, at least; 30 s, or 15 s for a large one
	Check time.Duration // between two questions by id; 500 ms
}

// Catalog knows videos. It may be used from several goroutines, also while it
// is not served: then nothing is looked after.
type Catalog struct {
	cfg    Config
	flight singleflight.Group // films and pages being fetched

	mu       sync.Mutex
	origins  map[string]*origin
	pages    pages
	watchers []*func(Change)
	changed  chan struct{} // follows changed: closed and replaced
}

// New returns a catalog over what is stored. It starts nothing.
func New(cfg Config) *Catalog {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Every == 0 {
		cfg.Every = 10 * time.Minute
	}
	if cfg.Check == 0 {
		cfg.Check = 500 * time.Millisecond
	}
	c := &Catalog{cfg: cfg, origins: map[string]*origin{}, changed: make(chan struct{})}
	follows, err := cfg.Store.Follows()
	if err != nil {
		cfg.Log.Error("follows cannot be listed", "err", err) // whoever asks for them hears it too
	}
	for _, f := range follows {
		if f.Typed {
			cfg.Remote.Trust(f.Origin)
		}
	}
	return c
}

// Watch calls fn after each change, one at a time for one origin, until stop.
// The records of what was withdrawn or unfollowed are there until fn returns.
// It should not take long: the origin's next video waits.
func (c *Catalog) Watch(fn func(Change)) (stop func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.watchers = append(slices.Clip(c.watchers), &fn)
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.watchers = slices.DeleteFunc(slices.Clone(c.watchers), func(w *func(Change)) bool { return w == &fn })
	}
}

func (c *Catalog) emit(ref control.Ref, kind Kind) {
	c.mu.Lock()
	watchers := c.watchers
	c.mu.Unlock()
	for _, fn := range watchers {
		(*fn)(Change{ref, kind})
	}
}

// origin is what is known in memory of a followed server. Its fields belong to
// Catalog.mu.
type origin struct {
	problem  control.Word // why it did not answer last
	silent   time.Time    // since when; zero: it answers
	asked    time.Time    // when it was silent last
	answered time.Time    // as it was stored last
	refusals int          // looks in a row at which it refused us as a whole
	newest   []Entry
	complete bool                 // newest is all of its list
	looked   bool                 // at the list, once
	depth    int                  // entries that somebody needs
	seen     map[string]time.Time // when a known video was last shown to everybody
}

// origin returns the memory of a followed server, and lets the client reach it.
// ErrNotFollowed if it is none.
func (c *Catalog) origin(name string) (*origin, error) {
	c.mu.Lock()
	o, ok := c.origins[name]
	c.mu.Unlock()
	if ok {
		return o, nil
	}
	f, err := c.cfg.Store.Follow(name)
	if err != nil {
		return nil, notFollowed(name, err)
	}
	if f.Typed {
		c.cfg.Remote.Trust(name)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if o, ok := c.origins[name]; ok {
		return o, nil
	}
	o = &origin{seen: map[string]time.Time{}, answered: f.Answered}
	c.origins[name] = o
	return o, nil
}

// answer notes how a request to an origin ended; it returns err.
func (c *Catalog) answer(ctx context.Context, name string, err error) error {
	if ctx.Err() != nil || errors.Is(err, remote.ErrBusy) {
		return err
	}
	now := c.cfg.Now()
	c.mu.Lock()
	o, ok := c.origins[name]
	if !ok {
		c.mu.Unlock()
		return err
	}
	save := false
	if speaks(err) {
		o.problem, o.silent, o.refusals = control.Word{}, time.Time{}, 0
		save = now.Sub(o.answered).Abs() > 5*time.Minute
		if save {
			o.answered = now
		}
	} else {
		if o.silent.IsZero() {
			o.silent = now
		}
		o.asked, o.problem = now, words(name, err, o.answered, now)
	}
	c.mu.Unlock()
	if save {
		err := c.cfg.Store.EditFollow(name, func(f *store.Follow) { f.Answered = now })
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			c.cfg.Log.Error("an instance's answer was not noted", "err", err)
		}
	}
	return err
}
