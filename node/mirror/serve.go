package mirror

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/errgroup"

	"vidiverse/node/catalog"
	"vidiverse/node/control"
	"vidiverse/node/remote"
	"vidiverse/node/store"
)

// Serve keeps what the rules say until ctx ends.
func (m *Mirror) Serve(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		for ctx.Err() == nil {
			if err := m.Tidy(); err != nil {
				return err
			}
			wait(ctx, nil, m.cfg.Every)
		}
		return nil
	})
	g.Go(func() error {
		running := map[string]context.CancelFunc{}
		for {
			m.mu.Lock()
			changed := m.changed
			m.mu.Unlock()
			rules, err := m.cfg.Store.Mirrors()
			if err != nil {
				return err
			}
			wanted := map[string]bool{}
			for _, r := range rules {
				wanted[r.Origin] = r.Limit > 0
				if r.Limit > 0 && running[r.Origin] == nil {
					ctx, cancel := context.WithCancel(ctx)
					running[r.Origin] = cancel
					mem := m.rule(r.Origin)
					g.Go(func() error { m.plans(ctx, r.Origin, mem); return nil })
					g.Go(func() error { m.fetches(ctx, r.Origin, mem); return nil })
				}
			}
			for origin, cancel := range running {
				if !wanted[origin] {
					cancel()
					delete(running, origin)
				}
			}
			select {
			case <-ctx.Done():
				return nil
			case <-changed:
			}
		}
	})
	return g.Wait()
}

// wait returns after news, or some time.
func wait(ctx context.Context, news <-chan struct{}, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-news:
	case <-ctx.Done():
	}
}

// plans decides again and again what is kept of an origin.
func (m *Mirror) plans(ctx context.Context, origin string, r *rule) {
	for ctx.Err() == nil {
		pause := m.cfg.Every
		if err := m.Plan(ctx, origin); err != nil && ctx.Err() == nil {
			m.cfg.Log.Info("a mirror could not be planned", "instance", remote.HostOf(origin), "err", err)
			pause = m.cfg.Retry
		}
		wait(ctx, r.plan, pause)
	}
}

// page is by how much a list is extended when there is room for more.
const page = 100

// Plan decides once what is kept of an origin, and asks for the films that it
// must know for that. It fetches no media.
func (m *Mirror) Plan(ctx context.Context, origin string) error {
	limit, err := m.limit(origin)
	if err != nil || limit == 0 {
		return err
	}
	r := m.rule(origin)
	kept, err := m.kept(origin)
	if err != nil {
		return err
	}
	for need := len(kept) + page; ; need += page {
		entries, all, err := m.cfg.Catalog.Newest(ctx, origin, need)
		if err != nil && !errors.Is(err, remote.ErrUnavailable) {
			return err
		}
		silent := err
		list, err := m.candidates(origin, r, entries)
		if err != nil {
			return err
		}
		p, err := m.settle(ctx, origin, limit, list)
		if err = errors.Join(silent, err); err != nil || !p.more || all || len(entries) < need {
			return err
		}
	}
}

// unheld is how long a video is known that nothing is held of any more.
const unheld = 7 * 24 * time.Hour

// Tidy forgets videos that were watched once, and of which nothing is left:
// their origins would be asked about them in vain.
func (m *Mirror) Tidy() error {
	all, err := m.cfg.Store.Videos("")
	if err != nil {
		return err
	}
	held := m.held()
	for _, v := range all {
		if since := m.cfg.Now().Add(-unheld); v.Kept.IsZero() && v.Fetched.Before(since) && held[place{remote.HostOf(v.Home), v.Video}].bytes == 0 {
			if err := m.cfg.Catalog.Forget(v.Ref, since); err != nil {
				return err
			}
		}
	}
	return nil
}

func (m *Mirror) limit(origin string) (int64, error) {
	rules, err := m.cfg.Store.Mirrors()
	for _, r := range rules {
		if r.Origin == origin {
			return r.Limit, err
		}
	}
	return 0, err
}

// candidates are the entries of a list, and what is kept besides.
func (m *Mirror) candidates(origin string, r *rule, entries []catalog.Entry) ([]candidate, error) {
	all, err := m.cfg.Store.Videos(origin)
	if err != nil {
		return nil, err
	}
	records := make(map[string]candidate, len(all))
	for _, v := range all {
		records[v.Video] = known(v)
	}
	now := m.cfg.Now()
	list := make([]candidate, 0, len(entries))
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, e := range entries {
		c, ok := records[e.Video]
		if !ok {
			c = candidate{video: e.Video}
		}
		delete(records, e.Video)
		c.published = e.Published
		c.unwanted = c.unwanted || e.Sensitive || e.Live || c.kept.IsZero() && now.Before(r.failed[e.Video])
		list = append(list, c)
	}
	for _, c := range records {
		if !c.kept.IsZero() {
			list = append(list, c)
		}
	}
	return list, nil
}

// settle carries out what is decided of a list, and asks for sizes until
// nothing is left to decide.
func (m *Mirror) settle(ctx context.Context, origin string, limit int64, list []candidate) (plan, error) {
	at := make(map[string]int, len(list))
	for i, c := range list {
		at[c.video] = i
	}
	for failed := 0; ; {
		p := decide(limit, list, m.cfg.Now())
		if err := errors.Join(m.drop(origin, p.drop), m.take(origin, p.take)); err != nil {
			return p, err
		}
		for _, id := range p.drop {
			list[at[id]].kept = time.Time{}
		}
		for _, id := range p.take {
			list[at[id]].kept = m.cfg.Now()
		}
		if p.ask == "" {
			return p, nil
		}
		c, err := m.ask(ctx, control.Ref{Origin: origin, Video: p.ask})
		if err == nil {
			failed = 0
		} else if failed++; failed == patience || !errors.Is(err, remote.ErrUnavailable) {
			return p, err
		}
		c.published = list[at[p.ask]].published // as the list has it: the order must not change under us
		list[at[p.ask]] = c
	}
}

// take keeps videos from now on.
func (m *Mirror) take(origin string, videos []string) error {
	for _, id := range videos {
		ref := control.Ref{Origin: origin, Video: id}
		m.mu.Lock()
		delete(m.gone, ref)
		m.mu.Unlock()
		err := m.cfg.Store.EditVideo(ref, func(v *store.Video) error {
			if v.Fetched.IsZero() {
				return store.ErrNotFound // withdrawn meanwhile
			}
			v.Kept = m.cfg.Now()
			return nil
		})
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
	}
	if len(videos) > 0 {
		signal(m.rule(origin).fetch)
	}
	return nil
}

// ask reads a film for its size. One that cannot be had is not asked for again
// for some time: others must not wait for it.
func (m *Mirror) ask(ctx context.Context, ref control.Ref) (candidate, error) {
	_, err := m.cfg.Catalog.Refresh(ctx, ref)
	if ctx.Err() != nil {
		return candidate{}, ctx.Err()
	}
	if err == nil {
		rec, err := m.cfg.Store.Video(ref)
		if c := known(rec); err != nil || !c.unwanted {
			return c, err
		}
	}
	m.cfg.Log.Info("a video cannot be kept now", "instance", remote.HostOf(ref.Origin), "video", ref.Video, "err", err)
	pause := 6 * time.Hour
	if errors.Is(err, remote.ErrUnavailable) {
		pause = m.cfg.Every
	} else {
		err = nil
	}
	r := m.rule(ref.Origin)
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(r.failed) >= maxFailed {
		clear(r.failed)
	}
	r.failed[ref.Video] = m.cfg.Now().Add(pause)
	return candidate{video: ref.Video, unwanted: true}, err
}

// maxFailed bounds what is remembered of videos that cannot be kept.
const maxFailed = 4000

// patience is how many films in a row an origin may not give before planning
// waits.
const patience = 3
