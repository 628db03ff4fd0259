package playback

import (
	"time"

	"vidiverse/node/control"
)

// auto chooses a quality by what the line gives and what is loaded ahead. It
// goes up late, one step at a time, and down early; it does not go back and
// forth. The caller guards it.
type auto struct {
	now     int // index into the qualities, which ascend by bandwidth
	changed time.Time
	fell    time.Time
}

// Rules of auto.
const (
	startHeight = 720                     // at most, while the line is not known
	startRate   = 2_000_000 / 8           // bytes a second assumed then
	headroom    = 0.7                     // part of the line that a higher quality may need
	upAhead     = 10 * time.Second        // that must be loaded to go up
	upAfter     = 8 * time.Second         // since the last change
	downAhead   = 8 * time.Second         // with more, a slow line is waited out
	upAfterFall = 30 * time.Second        // since the last time down
	downAfter   = 3 * time.Second         // since the last change
	panicAhead  = 1500 * time.Millisecond // with less, at once
)

// first is where to start, with the line's rate or 0.
func (a *auto) first(list []control.Quality, local []bool, rate float64) int {
	known := rate > 0
	if !known {
		rate = startRate
	}
	best := 0
	for i, q := range list {
		if local[i] || float64(q.Bandwidth)/8 <= rate*headroom && (known || q.Height <= startHeight) {
			best = i
		}
	}
	a.now = best
	return best
}

// next is what should be played. rate is in bytes a second, 0 if not known;
// ahead is what is loaded, local which qualities need no line at all.
func (a *auto) next(list []control.Quality, local []bool, rate float64, ahead time.Duration, now time.Time) int {
	if a.now >= len(list) || rate == 0 && !local[a.now] {
		return min(a.now, len(list)-1)
	}
	need := func(i int) float64 {
		if local[i] {
			return 0
		}
		return float64(list[i].Bandwidth) / 8
	}
	since := now.Sub(a.changed)
	switch {
	case need(a.now) > rate*0.95 && ahead < downAhead && (since >= downAfter || ahead < panicAhead && since >= time.Second):
		to := 0
		for i := range a.now {
			if need(i) <= rate*headroom {
				to = i
			}
		}
		if to != a.now {
			a.now, a.changed, a.fell = to, now, now
		}
	case a.now+1 < len(list) && need(a.now+1) <= rate*headroom && ahead >= upAhead && since >= upAfter && now.Sub(a.fell) >= upAfterFall:
		a.now, a.changed = a.now+1, now
	}
	return a.now
}
