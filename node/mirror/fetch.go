package mirror

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"vidiverse/node/catalog"
	"vidiverse/node/control"
	"vidiverse/node/remote"
	"vidiverse/node/store"
	"vidiverse/p2p"
	"vidiverse/p2p/blockstore"
)

const (
	together = 2 // extents at a time of one origin
	strikes  = 3 // wrong extents of a film after which it is left alone
	leftFree = 1 << 30
	leftPart = 20 // one of so many parts of the disk stays free
)

// Reasons for which fetching stops for a while.
var (
	errLow     = errors.New("the disk is nearly full")
	errCeiling = errors.New("enough was fetched today")
	errWrong   = errors.New("the origin's bytes are wrong")
	errMissing = errors.New("a file is not there")
)

// fetches fetches what is kept of an origin and not there, the newest first.
func (m *Mirror) fetches(ctx context.Context, origin string, r *rule) {
	for ctx.Err() == nil {
		err := m.Fetch(ctx, origin)
		if ctx.Err() != nil {
			return
		}
		pause := m.cfg.Every
		if err != nil {
			m.cfg.Log.Info("a mirror waits", "instance", remote.HostOf(origin), "err", err)
			pause = m.cfg.Retry
		}
		wait(ctx, r.fetch, pause)
	}
}

// Fetch fetches all that is kept of an origin and not there yet. An error says
// why that did not go; it is also what List tells.
func (m *Mirror) Fetch(ctx context.Context, origin string) error {
	r := m.rule(origin)
	for {
		videos, err := m.missing(origin, r)
		if err != nil {
			return err
		}
		if len(videos) == 0 {
			m.say(r, m.alone(r))
			return m.settleSpent(origin, r, nil)
		}
		for _, v := range videos {
			m.say(r, control.Word{ID: control.WordFetching, Title: v.Title})
			err := m.video(ctx, r, v)
			err = errors.Join(err, m.settleSpent(origin, r, nil))
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil {
				m.say(r, words(v, err))
			}
			if err != nil && !errors.Is(err, errWrong) && !errors.Is(err, errMissing) && !errors.Is(err, context.Canceled) {
				return err
			}
		}
	}
}

// alone says which film is left alone for its origin's sake, if one is.
func (m *Mirror) alone(r *rule) (words control.Word) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.cfg.Now()
	for _, s := range r.stopped {
		if now.Before(s.until) && (words == (control.Word{}) || s.words.Title < words.Title) {
			words = s.words
		}
	}
	return words
}

// missing lists what is kept and not whole, the newest first.
func (m *Mirror) missing(origin string, r *rule) ([]store.Video, error) {
	all, err := m.cfg.Store.Videos(origin)
	if err != nil {
		return nil, err
	}
	now, held := m.cfg.Now(), m.held()
	m.mu.Lock()
	defer m.mu.Unlock()
	all = slices.DeleteFunc(all, func(v store.Video) bool {
		s := r.stopped[v.Video]
		whole := r.whole[v.Video] == v.Version && held[place{remote.HostOf(v.Home), v.Video}].bytes >= v.Size
		return v.Kept.IsZero() || whole || s.version == v.Version && now.Before(s.until)
	})
	slices.SortFunc(all, func(a, b store.Video) int {
		return cmp.Or(b.Published.Compare(a.Published), cmp.Compare(a.Video, b.Video))
	})
	return all, nil
}

// job is the fetching of one film.
type job struct {
	m      *Mirror
	r      *rule
	ref    control.Ref
	film   *remote.Film
	limit  int64 // bytes a day
	wrong  int   // extents; guarded by Mirror.mu
	again  bool  // the film is another one now
	before int64 // fetched that day, as it is stored; guarded by Mirror.mu
}

// video makes one video whole. context.Canceled: it is to be kept no more, or
// its files changed.
func (m *Mirror) video(ctx context.Context, r *rule, v store.Video) (err error) {
	ctx, cancel := context.WithCancel(ctx)
	m.mu.Lock()
	m.jobs[v.Ref] = cancel
	m.mu.Unlock()
	defer func() {
		cancel()
		m.mu.Lock()
		delete(m.jobs, v.Ref)
		gone := m.gone[v.Ref]
		delete(m.gone, v.Ref)
		m.mu.Unlock()
		if gone { // what was written after it was removed
			if e := m.cfg.Blocks.RemoveVideo(remote.HostOf(v.Home), v.Video); !errors.Is(e, p2p.ErrAbsent) {
				err = errors.Join(err, e)
			}
		}
	}()
	if !m.wanted(v.Ref) {
		return context.Canceled
	}
	j := &job{m: m, r: r, ref: v.Ref}
	whole, err := j.there()
	if errors.Is(err, catalog.ErrUnknown) { // withdrawn a moment ago
		return context.Canceled
	}
	if err != nil {
		return err
	}
	if !whole {
		if err := j.fetch(ctx, v); err != nil || j.again {
			return err
		}
	}
	m.mu.Lock()
	r.whole[v.Video] = v.Version
	m.mu.Unlock()
	return j.old(true, 0)
}

// wanted tells whether a video is still to be kept, now that whoever changes
// that would find its job.
func (m *Mirror) wanted(ref control.Ref) bool {
	v, err := m.cfg.Store.Video(ref)
	return err == nil && !v.Kept.IsZero()
}

// there tells whether nothing is missing, without reading the long film.
func (j *job) there() (whole bool, err error) {
	if j.film, err = j.m.cfg.Catalog.Outline(j.ref); err != nil {
		return false, err
	}
	none := p2p.VersionOf(nil)
	for _, r := range j.film.Renditions {
		if r.File.Version == none {
			continue
		}
		if f, ok := j.m.cfg.Blocks.Find(r.File); !ok || !f.Whole() || !f.Info().Pinned {
			return false, nil
		}
	}
	return true, nil
}

// fetch makes the film whole, or finds that it is another one now.
func (j *job) fetch(ctx context.Context, v store.Video) (err error) {
	if j.film, err = j.m.cfg.Catalog.Last(j.ref); err != nil {
		return err
	}
	if err := errors.Join(j.budget(), j.old(false, v.Size)); err != nil {
		return err
	}
	if err := j.run(ctx); err != nil {
		return j.explain(ctx, v, err)
	}
	return nil
}

// run fetches what is missing of each rendition.
func (j *job) run(outer context.Context) error {
	g, ctx := errgroup.WithContext(outer)
	g.SetLimit(together)
	for i, r := range j.film.Renditions {
		if len(r.Extents) == 0 {
			continue // without digests nothing can be kept
		}
		f, err := j.m.cfg.Blocks.File(r.File, r.Extents)
		if err == nil {
			err = j.m.cfg.Blocks.Pin(r.File, true)
		}
		if err != nil {
			return errors.Join(err, g.Wait())
		}
		var peers Peers
		if j.m.cfg.Swarm != nil {
			peers = j.m.cfg.Swarm(j.film, i)
		}
		source := j.m.cfg.Remote.Source(j.film, i)
		for e := range r.Extents {
			if ctx.Err() != nil {
				break
			}
			if !f.Has(e) {
				g.Go(func() error { return j.extent(ctx, f, peers, source, e) })
			}
		}
	}
	return cmp.Or(g.Wait(), outer.Err())
}

// extent fetches one extent: from people, and from the origin if they do not
// have it or give something else.
func (j *job) extent(ctx context.Context, f *blockstore.File, peers Peers, source p2p.Source, i int) error {
	e, err := f.Extent(i)
	if err != nil {
		return err
	}
	if err := j.allowed(e.Length); err != nil {
		return err
	}
	if peers != nil && peers.Has(i) {
		if data, err := peers.Fetch(ctx, i); err == nil {
			j.spend(int64(len(data)))
			if err := f.Put(i, data); !errors.Is(err, p2p.ErrDigest) {
				return err
			}
		}
	}
	for {
		data, err := source.Fetch(ctx, i)
		if err != nil {
			return err
		}
		j.spend(int64(len(data)))
		if err := f.Put(i, data); !errors.Is(err, p2p.ErrDigest) {
			return err
		}
		j.m.mu.Lock()
		j.wrong++
		over := j.wrong >= strikes
		j.m.mu.Unlock()
		if over {
			return errWrong
		}
	}
}

// explain acts on why a film did not become whole. Wrong or missing bytes may
// be those of new files: then the film is another one now, and the next try is
// of that.
func (j *job) explain(ctx context.Context, v store.Video, err error) error {
	if errors.Is(err, blockstore.ErrRemoved) {
		return context.Canceled
	}
	if errors.Is(err, p2p.ErrAbsent) || errors.Is(err, remote.ErrRefused) || errors.Is(err, remote.ErrGone) || errors.Is(err, remote.ErrClosed) {
		err = fmt.Errorf("%w: %w", errMissing, err)
	}
	if !errors.Is(err, errWrong) && !errors.Is(err, errMissing) || ctx.Err() != nil {
		return err
	}
	film, again := j.m.cfg.Catalog.Refresh(ctx, j.ref)
	if again == nil && film.Version != j.film.Version {
		j.again = true
		return nil
	}
	if errors.Is(again, remote.ErrUnavailable) {
		return again
	}
	j.m.mu.Lock()
	defer j.m.mu.Unlock()
	j.r.stopped[v.Video] = stop{v.Version, j.m.cfg.Now().Add(24 * time.Hour), words(v, err)}
	return err
}

// old removes files of the video that are not the film's any more: all of them
// if whole, else only where the new ones would not fit beside them.
func (j *job) old(whole bool, size int64) error {
	current := map[p2p.FileID]bool{}
	for _, r := range j.film.Renditions {
		current[r.File] = true
	}
	host := remote.HostOf(j.film.Origin)
	var used, stale int64
	var out []p2p.FileID
	for _, f := range j.m.cfg.Blocks.Files() {
		if f.ID.Origin != host {
			continue
		}
		used += f.Bytes
		if f.ID.Video == j.film.UUID && !current[f.ID] {
			out = append(out, f.ID)
			stale += f.Bytes
		} else if f.ID.Video == j.film.UUID {
			size -= f.Bytes
		}
	}
	if !whole && used+size <= j.limit {
		return nil
	}
	for _, id := range out {
		if err := j.m.cfg.Blocks.Remove(id); err != nil && !errors.Is(err, p2p.ErrAbsent) {
			return err
		}
	}
	return nil
}
