package swarm

import "time"

// capacity learns how many uploads the line bears at one time. What people set
// as a rate the gate knows; most set none, and their line is full long before.
// For each number of uploads it remembers what they got together: as long as
// one more gets more out of the line there is room, and else only if what there
// is gives each of them enough.
type capacity struct {
	active int
	since  time.Time // of what is not counted yet
	bytes  float64
	levels [maxLevel + 1]level
	probed time.Time
}

// level is a number of uploads.
type level struct {
	bytes, seconds float64
	at             time.Time
}

// count adds what was sent.
func (c *capacity) count(n int) { c.bytes += float64(n) }

// change notes how many uploads there are from now on.
func (c *capacity) change(active int, now time.Time) {
	if seconds := now.Sub(c.since).Seconds(); c.active > 0 && seconds > 0 {
		l := &c.levels[min(c.active, maxLevel)]
		if l.seconds += seconds; l.seconds > levelMemory {
			l.bytes, l.seconds = l.bytes/2, l.seconds/2
		}
		l.bytes += c.bytes
		l.at = now
	}
	c.active, c.since, c.bytes = active, now, 0
}

// rate is what a number of uploads gets together, if that is known.
func (c *capacity) rate(n int, now time.Time) (rate float64, known bool) {
	l := &c.levels[min(n, maxLevel)]
	if l.seconds < levelLeast || now.Sub(l.at) > levelAge {
		return 0, false
	}
	return l.bytes / l.seconds, true
}

// best is the most that the line gave of late.
func (c *capacity) best(now time.Time) float64 {
	best, any := 0.0, false
	for n := range c.levels {
		if rate, known := c.rate(n, now); known {
			best, any = max(best, rate), true
		}
	}
	if !any {
		return unknownLine
	}
	return best
}

// bears reports whether one more upload is of use.
func (c *capacity) bears(now time.Time) bool {
	c.change(c.active, now)
	n := c.active
	if n < fewUploads || c.best(now)/float64(n+1) >= leastShare {
		return true
	}
	here, known := c.rate(n, now)
	below, too := c.rate(n-1, now)
	if known && too {
		return here > below*(1+0.5/float64(n))
	}
	if now.Sub(c.probed) < probeTime {
		return false
	}
	c.probed = now
	return true
}

const (
	maxLevel = 64
	// A level is known after levelLeast seconds, for levelAge; of levelMemory
	// seconds the older half counts half.
	levelLeast, levelMemory = 0.5, 8.0
	levelAge                = time.Minute
	// fewUploads go on whatever the line; unknownLine in bytes a second is
	// assumed of one that was not used yet.
	fewUploads  = 3
	unknownLine = 1 << 20
	probeTime   = 2 * time.Second
)
