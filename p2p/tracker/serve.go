package tracker

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Serve keeps the tracker in order until ctx ends, then closes every socket and
// waits for what served them. It runs once.
func (t *Tracker) Serve(ctx context.Context) error {
	var g sync.WaitGroup
	if err := t.start(ctx, &g); err != nil {
		return err
	}
	sweep := time.NewTicker(time.Minute)
	defer sweep.Stop()
	patience := time.NewTicker(t.times.tick)
	defer patience.Stop()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-sweep.C:
			t.sweep()
		case now := <-patience.C:
			t.each(func(s *socket) { s.overdue(now) })
		}
	}
	t.mu.Lock()
	t.live = false
	t.mu.Unlock()
	t.each((*socket).part)
	t.tasks.Wait()
	t.poll.shut()
	g.Wait()
	return ctx.Err()
}

func (t *Tracker) start(ctx context.Context, g *sync.WaitGroup) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.poll != nil {
		return errors.New("tracker: already served")
	}
	poll, err := newPoller(g.Go)
	if err != nil {
		return fmt.Errorf("tracker: %w", err)
	}
	t.ctx, t.poll, t.live = ctx, poll, true
	return nil
}

func (t *Tracker) sweep() {
	now := t.cfg.Now()
	t.swarms.sweep(now)
	t.clients.sweep(now)
	t.allow.sweep(now)
}

// each calls f for every socket. f must not wait.
func (t *Tracker) each(f func(*socket)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for s := t.first; s != nil; s = s.next {
		f(s)
	}
}
