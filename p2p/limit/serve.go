package limit

import (
	"context"
	"fmt"
	"time"
)

// The gate looks at the clock on the wall at least so often: a clock that is
// set, or a computer that slept, wakes no timer.
const lookEvery = 5 * time.Second

// Serve opens and closes the gate when its time comes and tells those who asked
// with Notify, until ctx ends. Then it writes the exact count.
func (g *Gate) Serve(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return g.save()
		case <-g.kick:
		case <-timer.C:
		}
		g.look()
		g.announce()
		if g.startedPeriod() {
			if err := g.save(); err != nil {
				g.log.Error("count the bytes sent", "err", err)
			}
		}
		timer.Reset(g.next())
	}
}

func (g *Gate) startedPeriod() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.dirty
}

// next is how long nothing is going to change by itself.
func (g *Gate) next() time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	t := g.local()
	wait := lookEvery
	h, _ := g.limits.hours() // checked when they were set
	_, edge := h.allow(t)
	for _, at := range []time.Time{edge, g.limits.PausedUntil, g.sent.monthEnd(g.in)} {
		if d := at.Sub(t); d > 0 {
			wait = min(wait, d)
		}
	}
	return max(wait, time.Millisecond)
}

// announce calls the subscribers if the gate is not what they believe.
func (g *Gate) announce() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if open := g.closed == nil; open == g.told {
		return
	} else {
		g.told = open
	}
	ids := make([]*func(), 0, len(g.subs))
	for id := range g.subs {
		ids = append(ids, id)
	}
	for _, id := range ids {
		if fn := g.subs[id]; fn != nil {
			g.mu.Unlock()
			fn()
			g.mu.Lock()
		}
	}
}

// save writes the exact count, and with it gives back what was reserved.
func (g *Gate) save() error {
	g.writing.Lock()
	defer g.writing.Unlock()
	g.mu.Lock()
	c := g.sent
	g.ahead, g.dirty = 0, false // whoever is about to send counts again
	g.mu.Unlock()
	if err := g.store(countKey, c); err != nil {
		return fmt.Errorf("count the bytes sent: %w", err)
	}
	return nil
}
