package stats

import (
	"crypto/rand"
	"crypto/sha256"
	"maps"
	"sync"
	"time"

	"vidiverse/instance/video"
)

// Limits that keep a flood of invented viewers small.
const (
	maxViewings    = 100_000
	maxOfAddress   = 100 // views that one address may add to a video in an hour
	watchingFor    = time.Minute
	purgeEvery     = 10 * time.Second
	secondsASecond = 4 // faster than any player plays
)

type viewerID [16]byte

// viewing is one viewer of one video.
type viewing struct {
	position int           // last reported
	watched  time.Duration // in all
	seen     time.Time
	counted  bool
	until    time.Time // then it is forgotten, and counts again
}

type viewKey struct {
	video  video.ID
	viewer viewerID
}

type share struct {
	n     int
	until time.Time
}

// views counts viewers in memory; what a crash loses is one interval of views.
type views struct {
	countAfter, expiry time.Duration
	salt               [16]byte

	mu        sync.Mutex
	viewings  map[viewKey]*viewing
	addresses map[viewKey]share
	current   map[video.ID]map[viewerID]time.Time
	pending   map[video.ID]int64
	purged    time.Time
}

func newViews(countAfter, expiry time.Duration) *views {
	v := &views{
		countAfter: countAfter, expiry: expiry, viewings: map[viewKey]*viewing{}, addresses: map[viewKey]share{},
		current: map[video.ID]map[viewerID]time.Time{}, pending: map[video.ID]int64{},
	}
	_, _ = rand.Read(v.salt[:]) // never fails
	return v
}

// name hides who a viewer is: the salt lives as long as the process.
func (v *views) name(parts ...string) (id viewerID) {
	h := sha256.New()
	h.Write(v.salt[:])
	for _, p := range parts {
		h.Write([]byte(p))
		h.Write([]byte{0})
	}
	copy(id[:], h.Sum(nil))
	return id
}

func (v *views) note(of video.ID, in View, length time.Duration, now time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	key := viewKey{of, v.name(in.Address, in.Session)}
	w := v.viewings[key]
	if w == nil || now.After(w.until) {
		if len(v.viewings) >= maxViewings && !v.purge(now) {
			return // a flood: real viewers count again when it ends
		}
		w = &viewing{position: in.CurrentTime, seen: now, until: now.Add(v.expiry)}
		v.viewings[key] = w
	} else {
		w.advance(in, now)
	}
	v.watch(of, key.viewer, now)
	need := v.countAfter
	if length > 0 {
		need = min(need, length)
	}
	if !w.counted && w.watched >= need && v.admit(viewKey{of, v.name(in.Address)}, now) {
		w.counted = true
		v.pending[of]++
	}
}

// advance adds what was watched since the last report. A player can not have
// played more than the clock allows.
func (w *viewing) advance(in View, now time.Time) {
	if moved := in.CurrentTime - w.position; moved > 0 && !in.Seek {
		w.watched += min(time.Duration(moved)*time.Second, now.Sub(w.seen)*secondsASecond+time.Second)
	}
	w.position, w.seen = in.CurrentTime, now
}

// admit bounds what one address can add by inventing sessions.
func (v *views) admit(of viewKey, now time.Time) bool {
	a := v.addresses[of]
	if now.After(a.until) {
		a = share{until: now.Add(v.expiry)}
	}
	a.n++
	v.addresses[of] = a
	return a.n <= maxOfAddress
}

func (v *views) watch(of video.ID, who viewerID, now time.Time) {
	m := v.current[of]
	if m == nil {
		m = map[viewerID]time.Time{}
		v.current[of] = m
	}
	m[who] = now
}

// watching is how many view the video now.
func (v *views) watching(of video.ID, now time.Time) int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.count(of, now)
}

// all is how many view anything now.
func (v *views) all(now time.Time) (n int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for id := range v.current {
		n += v.count(id, now)
	}
	return n
}

func (v *views) count(of video.ID, now time.Time) int {
	m := v.current[of]
	maps.DeleteFunc(m, func(_ viewerID, seen time.Time) bool { return now.Sub(seen) > watchingFor })
	if len(m) == 0 {
		delete(v.current, of)
	}
	return len(m)
}

// purge forgets what expired and reports whether there is room. It looks at
// everything, so a flood may not have it run for each of its requests.
func (v *views) purge(now time.Time) bool {
	if now.Sub(v.purged) < purgeEvery {
		return len(v.viewings) < maxViewings
	}
	v.purged = now
	maps.DeleteFunc(v.viewings, func(_ viewKey, w *viewing) bool { return now.After(w.until) })
	maps.DeleteFunc(v.addresses, func(_ viewKey, a share) bool { return now.After(a.until) })
	for id := range v.current {
		v.count(id, now)
	}
	return len(v.viewings) < maxViewings
}

func (v *views) take(now time.Time) map[video.ID]int64 {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.purge(now)
	p := v.pending
	v.pending = map[video.ID]int64{}
	return p
}

func (v *views) putBack(p map[video.ID]int64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for id, n := range p {
		v.pending[id] += n
	}
}
