// Package mirror keeps the newest videos of instances on this computer, for
// others: every rendition and the sound, within a number of bytes for each
// instance.
//
//	catalog.Newest ─▶ decide (pure) ─▶ kept videos ─▶ extents ─┬─ from people who watch, if they have it
//	  (lists)          limit, sizes     (in store)             └─ else from the origin, two at a time
//	                                                           └▶ blockstore.Put: checks the digest
//
// What is on disk is never fetched again. A kept video stays a day at least,
// unless it is withdrawn or becomes sensitive, or the user makes the limit
// smaller; and whatever an origin does, no more than three times the limit is
// fetched in a day. On a disk that is nearly full nothing is fetched, and
// nothing deleted. A film whose files changed is fetched anew where its files
// are other ones; the old ones go when the new are whole, or before that if
// both do not fit.
//
// Whatever is withdrawn is removed at once, also what was only watched. Live
// and sensitive videos are not kept.
package mirror

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"syscall"
	"time"

	"vidiverse/node/catalog"
	"vidiverse/node/control"
	"vidiverse/node/remote"
	"vidiverse/node/store"
	"vidiverse/p2p"
	"vidiverse/p2p/blockstore"
)

// Peers are people who watch a rendition now.
type Peers interface {
	p2p.Source
	Has(i int) bool
}

// Config of a Mirror. Zero fields are defaults, but for the first four.
type Config struct {
	Store   *store.Store
	Catalog *catalog.Catalog
	Blocks  *blockstore.Store
	Remote  *remote.Client

	Swarm func(film *remote.Film, rendition int) Peers // nil, or one that returns nil: nobody is asked
	Free  func() (free, size int64, err error)         // of the disk, see Disk; default: only what is free, by Blocks
	Now   func() time.Time
	Log   *slog.Logger // nil discards

	Every time.Duration // between two plans without news; 10 minutes
	Retry time.Duration // after something did not go; a minute
}

// Disk asks the system about the disk of a folder.
func Disk(dir string) func() (free, size int64, err error) {
	return func() (free, size int64, err error) {
		var s syscall.Statfs_t
		if err := syscall.Statfs(dir, &s); err != nil {
			return 0, 0, fmt.Errorf("ask for free space: %w", err)
		}
		return int64(s.Bavail) * int64(s.Bsize), int64(s.Blocks) * int64(s.Bsize), nil
	}
}

// Mirror keeps videos. It may be used from several goroutines.
type Mirror struct {
	cfg Config

	mu      sync.Mutex
	changed chan struct{} // rules changed: closed and replaced
	rules   map[string]*rule
	gone    map[control.Ref]bool // withdrawn while something was fetched
	jobs    map[control.Ref]context.CancelFunc
}

// rule is an instance of which something is kept. Its fields belong to Mirror.mu.
type rule struct {
	doing   control.Word
	plan    chan struct{} // one more look
	fetch   chan struct{}
	whole   map[string]store.Version // videos all of whose files are there
	stopped map[string]stop
	failed  map[string]time.Time // videos whose film could not be had, until when they are not asked for
	spent   int64                // fetched, and not in the store yet
}

// stop is why a video is not fetched.
type stop struct {
	version store.Version
	until   time.Time
	words   control.Word
}

// New returns a mirror of what is stored. It starts nothing, but from now on
// removes what the catalog finds withdrawn.
func New(cfg Config) *Mirror {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Every == 0 {
		cfg.Every = 10 * time.Minute
	}
	if cfg.Retry == 0 {
		cfg.Retry = time.Minute
	}
	if cfg.Free == nil {
		cfg.Free = func() (int64, int64, error) {
			free, err := cfg.Blocks.Free()
			return free, 0, err
		}
	}
	m := &Mirror{
		cfg: cfg, changed: make(chan struct{}), rules: map[string]*rule{},
		gone: map[control.Ref]bool{}, jobs: map[control.Ref]context.CancelFunc{},
	}
	cfg.Catalog.Watch(m.hear)
	return m
}

// rule returns the memory of an instance's rule.
func (m *Mirror) rule(origin string) *rule {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok := m.rules[origin]
	if !ok {
		r = &rule{
			plan: make(chan struct{}, 1), fetch: make(chan struct{}, 1),
			whole: map[string]store.Version{}, stopped: map[string]stop{}, failed: map[string]time.Time{},
		}
		m.rules[origin] = r
	}
	return r
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// hear acts on news of the catalog.
func (m *Mirror) hear(c catalog.Change) {
	r := m.rule(c.Ref.Origin)
	switch c.Kind {
	case catalog.Added:
	case catalog.Changed:
		m.forget(r, c.Ref)
	case catalog.Withdrawn:
		if err := m.drop(c.Ref.Origin, []string{c.Ref.Video}); err != nil {
			m.cfg.Log.Error("a withdrawn video's files were not removed", "video", c.Ref.Video, "err", err)
		}
	case catalog.Unfollowed:
		m.leave(c.Ref.Origin)
	}
	signal(r.plan)
	signal(r.fetch)
}

// forget drops what is remembered of a video, and ends its fetching.
func (m *Mirror) forget(r *rule, ref control.Ref) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(r.whole, ref.Video)
	delete(r.stopped, ref.Video)
	delete(r.failed, ref.Video)
	if cancel, ok := m.jobs[ref]; ok {
		cancel()
	}
}

// remove deletes a video's files. What a fetch still writes goes when it ends.
func (m *Mirror) remove(ref control.Ref) {
	m.mu.Lock()
	if cancel, ok := m.jobs[ref]; ok {
		cancel()
		m.gone[ref] = true
	}
	m.mu.Unlock()
	rec, err := m.cfg.Store.Video(ref)
	if err == nil {
		err = m.cfg.Blocks.RemoveVideo(remote.HostOf(rec.Home), rec.Video)
	}
	if err != nil && !errors.Is(err, p2p.ErrAbsent) && !errors.Is(err, store.ErrNotFound) {
		m.cfg.Log.Error("a video's files were not removed", "video", ref.Video, "err", err)
	}
}

// leave removes what is kept of an origin that is followed no more, but for
// what another rule keeps too. The records are still there, and the rule among
// them: it ends first, or what was removed would be fetched again.
func (m *Mirror) leave(origin string) {
	err := m.cfg.Store.EditMirror(origin, func(r *store.Mirror) { r.Limit = 0 })
	m.rulesChanged()
	all, e := m.cfg.Store.Videos("")
	if err = errors.Join(err, e); err != nil {
		m.cfg.Log.Error("what is kept of an instance is not removed", "instance", remote.HostOf(origin), "err", err)
	}
	others := map[string]bool{}
	for _, v := range all {
		if v.Origin != origin && !v.Kept.IsZero() {
			others[v.Home+" "+v.Video] = true
		}
	}
	for _, v := range all {
		if v.Origin != origin || others[v.Home+" "+v.Video] {
			continue
		}
		if err := m.drop(origin, []string{v.Video}); err != nil {
			m.cfg.Log.Error("a video's files were not removed", "video", v.Video, "err", err)
		}
	}
	m.mu.Lock()
	delete(m.rules, origin)
	m.mu.Unlock()
}

func (m *Mirror) rulesChanged() {
	m.mu.Lock()
	defer m.mu.Unlock()
	close(m.changed)
	m.changed = make(chan struct{})
}

// say notes for people what is done for an origin, or why not.
func (m *Mirror) say(r *rule, w control.Word) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r.doing = w
}
