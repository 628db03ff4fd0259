package swarm

import (
	"math"
	"time"
)

// bucket lets rate events a second pass, and most at once.
type bucket struct {
	rate, most, left float64
	at               time.Time
}

// spend takes n events, and reports whether they were there.
func (b *bucket) spend(n float64, now time.Time) bool {
	b.left = min(b.most, b.left+b.rate*now.Sub(b.at).Seconds())
	b.at = now
	b.left -= n
	return b.left >= 0
}

func (b *bucket) give(n float64) { b.left = min(b.most, b.left+n) }

// flow is what a gate lets through, of late.
type flow struct{ bytes, seconds float64 }

func (f *flow) note(n int, took time.Duration) {
	const fade = 15.0 / 16
	f.bytes = f.bytes*fade + float64(n)
	f.seconds = f.seconds*fade + took.Seconds()
}

// share is the part, in bytes a second, of each of n.
func (f *flow) share(n int) float64 {
	if f.seconds == 0 {
		return math.Inf(1)
	}
	return f.bytes / f.seconds / float64(n)
}

// rate measures how fast bytes arrive at a peer while something is sent. It is
// for one goroutine.
type rate struct {
	perSecond float64 // 0 is unknown
	at        time.Time
	base      int64 // arrived, at that time
	bytes     int64 // of the sample under way
	spent     time.Duration
}

func (r *rate) begin(arrived int64) { r.at, r.base = time.Now(), arrived }

func (r *rate) end(arrived int64) { r.sample(arrived) }

// sample notes how much has arrived. Samples are long enough for a few
// acknowledgements; short sendings are put together.
func (r *rate) sample(arrived int64) {
	now := time.Now()
	r.bytes += arrived - r.base
	r.spent += now.Sub(r.at)
	r.at, r.base = now, arrived
	if r.spent < sampleTime {
		return
	}
	got := max(float64(r.bytes), 0) / r.spent.Seconds()
	if r.perSecond == 0 {
		r.perSecond = got
	}
	r.perSecond = max((r.perSecond+got)/2, 1)
	r.bytes, r.spent = 0, 0
}

// mark is how much may be under way over a connection whose way there and back
// takes rtt: as much as keeps the line full, and half a second's worth. A
// browser gives up when nothing new comes for 2 seconds, and what it asks for
// after a cancel comes behind all that is under way.
func (r *rate) mark(rtt time.Duration) int {
	if r.perSecond == 0 {
		return firstMark
	}
	ahead := min(0.5+2*rtt.Seconds(), 1.5)
	return int(min(max(r.perSecond*ahead, leastMark), mostMark))
}

// slice is the size of the next message: a quarter of a second's worth, so that
// a cancel is heard soon and a slow link shows no gaps.
func (r *rate) slice() int {
	if r.perSecond == 0 {
		return 16 << 10
	}
	return int(min(max(r.perSecond/4, leastSlice), 65535))
}

const (
	sampleTime = 200 * time.Millisecond
	// What may be under way: at first, when nobody knows how slow the line is,
	// then at least and at most.
	firstMark, leastMark, mostMark = 32 << 10, 8 << 10, 2 << 20
	leastSlice                     = 4 << 10
)
