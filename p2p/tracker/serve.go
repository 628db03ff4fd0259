package tracker

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Serve keeps the tracker in order until ctx ends, then closes every socket and
// waits for what served them. It runs once.
func (t *Tracker) Serve(ctx context.Context) error {
	if err := t.begin(ctx); err != nil {
		return err
	}
	sweeping, stop := context.WithCancel(ctx)
	var g sync.WaitGroup
	g.Go(func() { t.sweepUntil(sweeping) })
	err := t.sockets.Serve(ctx)
	stop()
	g.Wait()
	if ctx.Err() == nil { // it could not begin, and may be tried again
		t.mu.Lock()
		t.ctx = nil
		t.mu.Unlock()
	}
	return err
}

func (t *Tracker) begin(ctx context.Context) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ctx != nil {
		return errors.New("tracker: already served")
	}
	t.ctx = ctx
	return nil
}

func (t *Tracker) sweepUntil(ctx context.Context) {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			t.sweep()
		}
	}
}

func (t *Tracker) sweep() {
	now := t.cfg.Now()
	t.swarms.sweep(now)
	t.clients.sweep(now)
	t.allow.sweep(now)
	t.proofs.sweep(now)
}
