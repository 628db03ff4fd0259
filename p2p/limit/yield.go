package limit

import (
	"cmp"
	"time"
)

// A full uplink makes everything else in the house wait: packets queue in the
// router, and those of a call stand behind ours. The queue shows in our own round
// trips. So while they take longer than at best, less is sent; when they do not,
// a little more than before. This is what LEDBAT (RFC 6817) does for one
// connection, done at the one place where all our bytes pass.
//
//	Felt(added) ── above Target: at once down to what arrives, and below
//	            └─ below Target: up by a few percent, until nothing holds it
const (
	// Target is how long packets may wait for ours; on a line on which one of our
	// messages takes longer, so long.
	Target     = 10 * time.Millisecond
	message    = 6 << 10  // bytes, with its headers
	leastYield = 64 << 10 // bytes a second that are sent whatever is felt
	rise       = 0.04     // a report, at no wait at all
	fall       = 0.5      // at most, a report
	feltFresh  = 3 * time.Second
)

// yielding is the rate that the rest of the household leaves us. Its fields
// belong to Gate.mu.
type yielding struct {
	rate float64       // bytes a second; 0: nothing is felt
	at   time.Duration // of the last report, since Gate.starts
	sent int64         // bytes that had passed then
	all  int64         // bytes that passed
}

// Felt reports by how much packets of ours wait longer than at best: the least
// of all connections that are being sent to, for one of them may have a slow line
// of its own. It is to be called several times a second while something is sent.
func (g *Gate) Felt(added time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	y, now := &g.yield, time.Since(g.starts)
	took := now - y.at
	passed := float64(y.all-y.sent) / max(took.Seconds(), .001)
	fresh := took <= feltFresh && y.at > 0
	y.at, y.sent = now, y.all
	if !fresh {
		return // of what went since then nothing can be said
	}
	bound := max(Target, time.Duration(message/max(cmp.Or(y.rate, passed), 1)*float64(time.Second)))
	over := float64(added-bound/2) / float64(bound/2) // -1: no wait; 1: all that is allowed
	switch {
	case over > 0:
		base := passed
		if y.rate > 0 {
			base = min(y.rate, max(passed, y.rate/2))
		}
		y.rate = max(leastYield, base*(1-min(fall, .1*over)))
		g.wake() // who waits, waits longer
	case y.rate > 0 && passed > y.rate/2: // it is used: a rate that is not says nothing
		y.rate *= 1 - rise*over
	case y.rate > 0:
		y.rate *= 1 - rise*over/4
	}
	if y.rate > 1<<30 {
		y.rate = 0
	}
}

// pace is the rate that holds now, 0 for none. The caller has the lock.
func (g *Gate) pace() float64 {
	set, left := float64(g.limits.Rate), g.yield.rate
	if left > 0 && time.Since(g.starts)-g.yield.at > 10*feltFresh {
		g.yield.rate, left = 0, 0 // nobody reports: nothing was sent for a while
	}
	if left == 0 || set > 0 && set < left {
		return set
	}
	return cmp.Or(left, set)
}

// Yields tells the rate that the rest of the household leaves, in bytes a second;
// 0 while nothing is felt of it.
func (g *Gate) Yields() int64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	return int64(g.yield.rate)
}
