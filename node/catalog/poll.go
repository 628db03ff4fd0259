package catalog

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"golang.org/x/sync/errgroup"

	"vidiverse/node/control"
	"vidiverse/node/remote"
	"vidiverse/node/store"
)

// Serve looks after all that is followed until ctx ends.
func (c *Catalog) Serve(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	loops := map[string]context.CancelFunc{}
	defer func() {
		for _, stop := range loops {
			stop()
		}
	}()
	g.Go(func() error {
		for ctx.Err() == nil {
			if err := c.PollStrays(ctx); err != nil && ctx.Err() == nil {
				return err
			}
			rest(ctx, c.cfg.Every)
		}
		return nil
	})
	g.Go(func() error {
		for {
			c.mu.Lock()
			changed := c.changed
			c.mu.Unlock()
			follows, err := c.cfg.Store.Follows()
			if err != nil {
				return err
			}
			c.begin(ctx, g, loops, follows)
			select {
			case <-ctx.Done():
				return nil
			case <-changed:
			}
		}
	})
	return g.Wait()
}

// begin starts looking after what is new, and ends with what is followed no more.
func (c *Catalog) begin(ctx context.Context, g *errgroup.Group, loops map[string]context.CancelFunc, follows []store.Follow) {
	now := map[string]bool{}
	for _, f := range follows {
		now[f.Origin] = true
		if loops[f.Origin] != nil {
			continue
		}
		ctx, stop := context.WithCancel(ctx)
		loops[f.Origin] = stop
		g.Go(func() error { c.follows(ctx, f.Origin); return nil })
	}
	for name, stop := range loops {
		if !now[name] {
			stop()
			delete(loops, name)
		}
	}
}

// follows looks after one origin. One that does not answer is asked again soon,
// and then less and less often.
func (c *Catalog) follows(ctx context.Context, name string) {
	failed := 0
	for ctx.Err() == nil {
		begun := time.Now()
		wait := c.cfg.Every
		switch err := c.Poll(ctx, name); {
		case ctx.Err() != nil:
			return
		case err == nil || speaks(err):
			failed = 0
		default:
			c.cfg.Log.Info("an instance could not be looked at", "instance", remote.HostOf(name), "err", err)
			wait = min(wait, 15*time.Second<<min(failed, 10))
			failed++
		}
		wait -= time.Since(begun)
		rest(ctx, max(wait, time.Second)+rand.N(c.cfg.Every/20+1)-c.cfg.Every/40)
	}
}

// rest waits, unless ctx ends before.
func rest(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// Poll looks once at an origin's list and at what the list does not show. It
// returns when all is done, which may take minutes.
func (c *Catalog) Poll(ctx context.Context, name string) error {
	_, err, _ := c.flight.Do("poll "+name, func() (any, error) { return nil, c.poll(ctx, name) })
	return err
}

func (c *Catalog) poll(ctx context.Context, name string) error {
	o, err := c.origin(name)
	if err != nil {
		return err
	}
	known, err := c.cfg.Store.Videos(name)
	if err != nil {
		return err
	}
	if err := c.look(ctx, name); err != nil && !c.refusedWhole(o) {
		return err
	}
	if c.refusedWhole(o) {
		return c.obey(known)
	}
	r := newRound(c, name, o, known)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		defer r.close()
		return r.list(ctx)
	})
	g.Go(func() error { return r.check(ctx) })
	return g.Wait()
}

// PollStrays asks once by id for each known video whose origin is not followed:
// somebody opened a link to it. An origin that does not answer is left out.
func (c *Catalog) PollStrays(ctx context.Context) error {
	follows, err := c.cfg.Store.Follows()
	if err != nil {
		return err
	}
	done := map[string]bool{}
	for _, f := range follows {
		done[f.Origin] = true
	}
	all, err := c.cfg.Store.Videos("")
	if err != nil {
		return err
	}
	for _, v := range all {
		if done[v.Origin] {
			continue
		}
		if err := c.examine(ctx, task{v, false}); ctx.Err() != nil {
			return ctx.Err()
		} else if err != nil && !speaks(err) {
			done[v.Origin] = true
		}
		rest(ctx, c.cfg.Check)
	}
	return nil
}

// listed notes how a request for a list ended. A refusal of a list is one of us
// as a whole.
func (c *Catalog) listed(ctx context.Context, name string, err error) error {
	if errors.Is(err, remote.ErrGone) {
		err = errors.Join(remote.ErrNotPeerTube, err)
	}
	if !errors.Is(err, remote.ErrClosed) {
		return c.answer(ctx, name, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if o, ok := c.origins[name]; ok {
		o.refusals++
		o.problem = words(name, err, o.answered, c.cfg.Now())
	}
	return err
}

// refusedWhole tells whether an origin has refused us for about a day. Looks are
// counted, not hours: a clock may jump.
func (c *Catalog) refusedWhole(o *origin) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return o.refusals > int(24*time.Hour/c.cfg.Every)
}

func (c *Catalog) obey(known []store.Video) error {
	for _, v := range known {
		if err := c.withdraw(v.Ref); err != nil {
			return err
		}
	}
	return nil
}

// news tells of what a look at the list found that the one before did not.
func (c *Catalog) news(name string, before, now []Entry) {
	have := make(map[string]bool, len(before))
	for _, e := range before {
		have[e.Video] = true
	}
	for _, e := range now {
		if !have[e.Video] && (len(before) == 0 || !e.Published.Before(before[0].Published)) {
			c.emit(control.Ref{Origin: name, Video: e.Video}, Added)
		}
	}
}
