package limit

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	// slack is how much of the rate may come at once: with the lateness of
	// timers it stays below a tenth of any second.
	slack = time.Second / 20
	// recheck bounds how long a waiter relies on what it saw, should nobody
	// run Serve.
	recheck = time.Second
)

// Wait returns when n bytes may be sent, and counts them. It returns *Closed at
// once, or as soon as the gate closes, if sharing may not go on. Another error
// means that the bytes could not be counted, or ctx ended: then too nothing may
// be sent.
//
// n is what goes over the line, with all that a protocol adds. In no second do
// more bytes pass than the rate and a tenth, or the rate and one n where n is
// larger.
func (g *Gate) Wait(ctx context.Context, n int) error {
	for {
		changed := g.change()
		if closed := g.look(); closed != nil {
			return closed
		}
		select {
		case g.turn <- struct{}{}:
		case <-changed:
			continue
		case <-ctx.Done():
			return ctx.Err()
		}
		err := g.pass(ctx, int64(max(0, n)))
		<-g.turn
		if !errors.Is(err, errAgain) {
			return err
		}
	}
}

func (g *Gate) change() <-chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.changed
}

// pass lets n bytes through. The caller has the turn.
func (g *Gate) pass(ctx context.Context, n int64) error {
	if err := g.reserve(n); err != nil {
		return err
	}
	due, changed := g.due(n)
	for wait := time.Until(due); wait > 0; wait = time.Until(due) {
		timer := time.NewTimer(min(wait, recheck))
		select {
		case <-timer.C:
		case <-changed:
			timer.Stop()
			return errAgain
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
		if closed := g.look(); closed != nil {
			return closed
		}
	}
	return g.spend(n, due)
}

// due is when the rate has room for n bytes.
func (g *Gate) due(n int64) (time.Time, <-chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	rate := g.pace()
	if rate == 0 {
		return now, g.changed
	}
	from := now.Add(-slack)
	if g.paid.After(from) {
		from = g.paid
	}
	return from.Add(time.Duration(float64(n) / rate * float64(time.Second))), g.changed
}

// reserve sees to it that the disk has counted n bytes more than were sent.
func (g *Gate) reserve(n int64) error {
	g.writing.Lock()
	defer g.writing.Unlock()
	c, ahead, err := g.plan(n)
	if err != nil || ahead == 0 {
		return err
	}
	err = g.store(countKey, c)
	g.mu.Lock()
	defer g.mu.Unlock()
	if err != nil {
		g.dirty = true
		return fmt.Errorf("count the bytes to send: %w", err)
	}
	if g.sent.Day.Name != c.Day.Name || g.sent.Month.Name != c.Month.Name {
		return errAgain // midnight passed
	}
	g.ahead = ahead
	return nil
}

// plan says what to write so that n bytes may be sent: nothing if ahead is 0.
func (g *Gate) plan(n int64) (c count, ahead int64, err error) {
	metered := g.metered()
	g.mu.Lock()
	defer g.mu.Unlock()
	if closed := g.judgeFor(n, metered); closed != nil {
		return c, 0, closed
	}
	if g.ahead >= n && !g.dirty {
		return c, 0, nil
	}
	c, ahead = g.sent, max(n, Step)
	c.add(ahead)
	g.dirty = false
	return c, ahead, nil
}

// judgeFor is judge with n bytes in mind. The caller has the lock.
func (g *Gate) judgeFor(n int64, metered bool) *Closed {
	t := g.local()
	if closed := g.judge(t, metered); closed != nil {
		return closed
	}
	if m := g.limits.Month; m > 0 && g.sent.Month.Bytes > m-n {
		g.capped = true
	}
	return g.judge(t, metered)
}

// spend counts n bytes that are sent now.
func (g *Gate) spend(n int64, due time.Time) error {
	metered := g.metered()
	g.mu.Lock()
	defer g.mu.Unlock()
	if closed := g.judgeFor(n, metered); closed != nil {
		return closed
	}
	if g.ahead < n {
		return errAgain // midnight passed, or Serve wrote the count
	}
	g.ahead -= n
	g.sent.add(n)
	g.paid = due
	g.yield.all += n
	g.lately.add(time.Since(g.starts), n)
	if g.limits.Month > 0 && g.sent.Month.Bytes >= g.limits.Month {
		g.judge(g.local(), metered) // whoever listens hears of it now
	}
	return nil
}
