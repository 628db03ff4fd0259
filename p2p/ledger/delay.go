package ledger

import "time"

// floor is the shortest round trip of the last minutes: a route may become
// another one.
type floor struct {
	now, before time.Duration
	since       time.Time
	last        [4]time.Duration // of these the shortest counts: radio makes single ones long
	at          int
}

const (
	floorTime = 5 * time.Minute
	// near is a round trip within a house, where our packets wait for none of the
	// household's on their way out.
	near = 5 * time.Millisecond
)

// lately takes a round trip in and returns the shortest of the last.
func (f *floor) lately(d time.Duration) time.Duration {
	f.last[f.at%len(f.last)] = d
	f.at++
	for _, other := range f.last {
		if other > 0 {
			d = min(d, other)
		}
	}
	return d
}

func (f *floor) add(d time.Duration, at time.Time) time.Duration {
	if age := at.Sub(f.since); f.now == 0 || age >= floorTime || age < 0 {
		f.before, f.now, f.since = f.now, d, at
	}
	f.now = min(f.now, d)
	if f.before == 0 {
		return f.now
	}
	return min(f.now, f.before)
}

// Delay is by how much packets wait on their way now, beyond the shortest round
// trip: the least of the connections that are sent media to, for one of them may
// have a slow line of its own. It is not known while nothing is sent, or only to
// others in the house.
func (l *Ledger) Delay() (added time.Duration, known bool) {
	l.mu.Lock()
	now := l.cfg.Now()
	var active []*Line
	for c := range l.lines {
		if g := c.gift; c.use.RTT != nil && g.Bytes > 0 && now.Sub(g.At)-g.Took < giftBreak {
			active = append(active, c)
		}
	}
	l.mu.Unlock()
	for _, c := range active {
		d := c.use.RTT() // without the lock: it is another package's
		if d <= 0 {
			continue
		}
		l.mu.Lock()
		best := c.best.add(d, now)
		d = c.best.lately(d)
		l.mu.Unlock()
		if best < near {
			continue
		}
		if more := d - best; !known || more < added {
			added, known = more, true
		}
	}
	return added, known
}
