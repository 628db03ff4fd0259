package playback

import (
	"math"
	"sync"
	"time"
)

// pace estimates what the server and what people give, in bytes a second.
type pace struct {
	server, people line
}

// rate is that of the better one; 0: not known yet.
func (p *pace) rate() float64 { return max(p.server.rate(), p.people.rate()) }

// line estimates from what was fetched and how long at least one fetch was under
// way, as fetches share a line. It remembers a short and a long while and
// believes the worse.
type line struct {
	mu     sync.Mutex
	active int
	since  time.Time // busy time is counted up to here
	short  span
	long   span
}

// span is bytes and seconds in which the older ones count less.
type span struct{ bytes, busy float64 }

const (
	shortHalf = 3 * time.Second
	longHalf  = 10 * time.Second
	enough    = 64 << 10 // bytes that say something: less is a connection's start
)

func (w *span) add(bytes int, busy, half time.Duration) {
	keep := math.Exp2(-busy.Seconds() / half.Seconds())
	w.bytes, w.busy = w.bytes*keep+float64(bytes), w.busy*keep+busy.Seconds()
}

// begin says that a fetch starts.
func (l *line) begin() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now := time.Now(); l.active == 0 {
		l.since = now
	}
	l.active++
}

// end says that a fetch brought so many bytes.
func (l *line) end(bytes int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	busy := max(now.Sub(l.since), time.Microsecond)
	l.short.add(bytes, busy, shortHalf)
	l.long.add(bytes, busy, longHalf)
	l.since = now
	l.active--
}

// forget says that a fetch was given up for reasons that are not the line's.
func (l *line) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.active--
}

// rate in bytes a second; 0: not known yet. A fetch that brings nothing lowers
// it while it lasts.
func (l *line) rate() float64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	short, long := l.short, l.long
	if long.bytes < enough {
		return 0
	}
	if l.active > 0 {
		if waited := time.Since(l.since); waited > time.Second {
			short.add(0, waited, shortHalf)
			long.add(0, waited, longHalf)
		}
	}
	return min(short.bytes/short.busy, long.bytes/long.busy)
}

// takes is how long so many bytes are expected to need; ok is false if nothing
// is known.
func (l *line) takes(bytes int64) (d time.Duration, ok bool) {
	r := l.rate()
	if r == 0 {
		return 0, false
	}
	return time.Duration(min(float64(bytes)/r, 3600) * float64(time.Second)), true
}
