package catalog

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"vidiverse/node/remote"
	"vidiverse/node/store"
)

// round is one look at an origin: one goroutine turns the pages of its list,
// another asks by id, so that neither waits for the other's manners.
type round struct {
	c       *Catalog
	name    string
	o       *origin
	known   map[string]store.Video
	begun   time.Time // by Config.Now
	started time.Time // by the monotonic clock

	mu     sync.Mutex
	unseen map[string]bool // known, and not in the list so far
	asks   [3][]task       // by urgency; guarded by mu
	ended  bool            // the list
	wake   chan struct{}   // one more task, or ended
}

// task is a video to look at by id; with read its film is read whatever the
// answer is.
type task struct {
	video store.Video
	read  bool
}

// Urgencies: what was listed and is no more, what was updated, what lists never
// show and films that are a day old.
const (
	vanished = iota
	updated
	routine
)

func newRound(c *Catalog, name string, o *origin, known []store.Video) *round {
	r := &round{c: c, name: name, o: o, known: map[string]store.Video{}, unseen: map[string]bool{}, begun: c.cfg.Now(), started: time.Now(), wake: make(chan struct{}, 1)}
	c.mu.Lock()
	defer c.mu.Unlock()
	seen := make(map[string]time.Time, len(known))
	for _, v := range known {
		r.known[v.Video], r.unseen[v.Video] = v, true
		seen[v.Video] = o.seen[v.Video]
	}
	o.seen = seen // and what was forgotten is gone from it
	return r
}

func (r *round) add(urgency int, t task) {
	r.mu.Lock()
	r.asks[urgency] = append(r.asks[urgency], t)
	r.mu.Unlock()
	r.signal()
}

func (r *round) close() {
	r.mu.Lock()
	r.ended = true
	r.mu.Unlock()
	r.signal()
}

func (r *round) signal() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// list turns pages until all that is known was seen, or cannot come any more.
func (r *round) list(ctx context.Context) error {
	var newest []Entry
	before, depth, looked := r.state()
	complete := false
	for start := 0; start < maxList && !complete; start += pageSize {
		if start > 0 {
			rest(ctx, r.pause())
		}
		page, err := r.c.page(ctx, r.name, start)
		if err != nil {
			return err
		}
		newest = extend(newest, page.Videos)
		complete = len(page.Videos) == 0 || start+pageSize >= page.Total
		for _, v := range page.Videos {
			r.show(v)
		}
		if !complete {
			r.missing(page.Videos[len(page.Videos)-1].Published)
			if r.left() == 0 && len(newest) >= depth {
				break
			}
		}
	}
	r.missing(time.Time{})
	r.old()
	r.c.mu.Lock()
	r.o.newest, r.o.complete, r.o.looked = newest, complete, true
	r.c.mu.Unlock()
	if looked {
		r.c.news(r.name, before, newest)
	}
	return nil
}

func (r *round) state() (before []Entry, depth int, looked bool) {
	r.c.mu.Lock()
	defer r.c.mu.Unlock()
	return r.o.newest, r.o.depth, r.o.looked
}

// pause is between two pages.
func (r *round) pause() time.Duration {
	if r.c.cfg.Page > 0 {
		return r.c.cfg.Page
	}
	if len(r.known) > 2000 {
		return 15 * time.Second
	}
	return 30 * time.Second
}

func (r *round) left() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.unseen)
}

// show takes a video that the list shows.
func (r *round) show(v remote.Video) {
	known, ok := r.known[v.UUID]
	if !ok {
		return
	}
	r.mu.Lock()
	delete(r.unseen, v.UUID)
	r.mu.Unlock()
	r.c.saw(known.Ref, r.c.cfg.Now())
	if !v.Updated.Equal(known.Updated) || v.Live != known.Live {
		r.add(updated, task{known, true})
	}
}

// missing takes for vanished what is known, was not seen, and would have been:
// it is newer than the page that was seen last.
func (r *round) missing(last time.Time) {
	r.mu.Lock()
	var gone []store.Video
	for id := range r.unseen {
		if v := r.known[id]; v.Published.After(last) || last.IsZero() {
			gone = append(gone, v)
			delete(r.unseen, id)
		}
	}
	r.mu.Unlock()
	r.c.mu.Lock()
	slices.SortFunc(gone, func(a, b store.Video) int { return r.o.seen[a.Video].Compare(r.o.seen[b.Video]) })
	listed := make(map[string]bool, len(r.o.newest))
	for _, e := range r.o.newest {
		listed[e.Video] = true
	}
	r.c.mu.Unlock()
	for _, v := range gone {
		urgency := routine
		if listed[v.Video] {
			urgency = vanished
		}
		r.add(urgency, task{v, false})
	}
}

// old adds films that were read a day ago: a hundredth of all, the oldest first,
// so that a day's rounds come to each.
func (r *round) old() {
	var all []store.Video
	for _, v := range r.known {
		if age := r.begun.Sub(v.Fetched); age > 24*time.Hour || age < -time.Hour {
			all = append(all, v)
		}
	}
	slices.SortFunc(all, func(a, b store.Video) int { return cmp.Compare(a.Fetched.UnixNano(), b.Fetched.UnixNano()) })
	for _, v := range all[:min(len(all), 1+len(r.known)/100)] {
		r.add(routine, task{v, true})
	}
}

// next waits for a task. There is none when the list has ended and all is asked.
func (r *round) next(ctx context.Context) (task, bool) {
	for {
		r.mu.Lock()
		for i := range r.asks {
			if len(r.asks[i]) > 0 {
				t := r.asks[i][0]
				r.asks[i] = r.asks[i][1:]
				r.mu.Unlock()
				return t, true
			}
		}
		ended := r.ended
		r.mu.Unlock()
		if ended {
			return task{}, false
		}
		select {
		case <-r.wake:
		case <-ctx.Done():
			return task{}, false
		}
	}
}

// check asks one video after the other. What the round has no time for is the
// first in the next one, because it was seen least lately.
func (r *round) check(ctx context.Context) error {
	failed := 0
	for {
		t, ok := r.next(ctx)
		if !ok || ctx.Err() != nil {
			return ctx.Err()
		}
		if time.Since(r.started) > r.c.cfg.Every {
			continue
		}
		err := r.c.examine(ctx, t)
		if err == nil || speaks(err) {
			failed = 0
		} else if failed++; failed == 5 {
			return fmt.Errorf("look at videos of %s: %w", remote.HostOf(r.name), err)
		}
		rest(ctx, r.c.cfg.Check)
	}
}

// examine asks for a video by id and finds out whether it was withdrawn, and
// whether its files changed.
func (c *Catalog) examine(ctx context.Context, t task) error {
	ref := t.video.Ref
	if !t.read {
		v, err := c.ask(ctx, ref, t.video.Home)
		if withdrawn(err) && c.believe(ctx, home(t.video)) {
			return c.withdraw(ref)
		}
		if err != nil || v.Updated.Equal(t.video.Updated) && v.Live == t.video.Live {
			return err
		}
	}
	_, _, err := c.refresh(ctx, ref)
	return err
}
