package stats

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	"vidiverse/instance/video"
)

// Limits that keep a flood of invented viewers small.
const (
	maxViewings  = 100_000
	maxOfAddress = 100 // views that one address may add to a video in an hour
	watchingFor  = time.Minute
	purgeEvery   = 10 * time.Second
)

type viewerID [16]byte

// viewing is one viewer of one video.
type viewing struct {
	local    bool          // the video is ours
	position int           // last reported
	watched  time.Duration // in all
	began    time.Time
	seen     time.Time
	counted  bool
	until    time.Time // then it is forgotten, and counts again
	parts    []part    // that were watched, of a video of another server
}

// part is a stretch of a video, in seconds.
type part struct{ from, to int }

// maxParts are told of one viewer.
const maxParts = 100

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
	pending   map[video.ID]tally
	ended     []ended // viewings of videos of other servers that are over, and not told yet
	purged    time.Time
}

// tally is what a video was watched since the counters were last written.
type tally struct {
	here, elsewhere int64 // by whose viewers
	ours            bool  // the video is of this server
}

// ended is a viewing that is over.
type ended struct {
	video video.ID
	viewing
}

const maxEnded = 10_000

// noted is what a report meant.
type noted struct {
	viewer string // names the viewer to others, without saying who it is
	came   bool   // the viewer was not here before
	view   bool   // it is a view now
}

func newViews(countAfter, expiry time.Duration) *views {
	v := &views{
		countAfter: countAfter, expiry: expiry, viewings: map[viewKey]*viewing{}, addresses: map[viewKey]share{},
		current: map[video.ID]map[viewerID]time.Time{}, pending: map[video.ID]tally{},
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

// shown is how other servers hear of a viewer: by another name for each video, so
// that nobody can follow one from video to video.
func (v *views) shown(k viewKey) string {
	id := v.name(string(k.viewer[:]), strconv.FormatInt(int64(k.video), 10))
	return hex.EncodeToString(id[:])
}

func (v *views) note(of video.Seen, in View, now time.Time) (n noted) {
	v.mu.Lock()
	defer v.mu.Unlock()
	key := viewKey{of.ID, v.name(in.Address, in.Session)}
	n.viewer = v.shown(key)
	w := v.viewings[key]
	if w == nil || now.After(w.until) {
		if len(v.viewings) >= maxViewings && !v.purge(now) {
			return n // a flood: real viewers count again when it ends
		}
		v.over(key.video, w)
		w = &viewing{local: of.Local, position: in.CurrentTime, began: now, seen: now, until: now.Add(v.expiry)}
		v.viewings[key] = w
	} else {
		w.advance(in, now)
	}
	n.came = v.watch(of.ID, key.viewer, now)
	if !w.counted && v.enough(of, w.watched) && v.admit(viewKey{of.ID, v.name(in.Address)}, now) {
		w.counted, n.view = true, true
		v.add(of.ID, tally{here: 1, ours: of.Local})
	}
	return n
}

// enough reports whether so much makes a view: of what is shorter than that, it
// is more than half.
func (v *views) enough(of video.Seen, watched time.Duration) bool {
	if length := time.Duration(of.Seconds) * time.Second; length > 0 && length < v.countAfter && !of.Live {
		return 2*watched > length
	}
	return watched >= v.countAfter
}

func (v *views) add(of video.ID, t tally) {
	was := v.pending[of]
	v.pending[of] = tally{was.here + t.here, was.elsewhere + t.elsewhere, t.ours}
}

// over keeps a viewing that ended until it is told.
func (v *views) over(of video.ID, w *viewing) {
	if w != nil && len(w.parts) > 0 && len(v.ended) < maxEnded {
		v.ended = append(v.ended, ended{of, *w})
	}
}

// advance adds what was watched since the last report. The player is believed,
// as PeerTube believes it: who invents views could as well wait for a few
// seconds, and admit bounds what one address can add.
func (w *viewing) advance(in View, now time.Time) {
	if moved := in.CurrentTime - w.position; moved > 0 && !in.Seek {
		w.watched += time.Duration(moved) * time.Second
		w.extend(w.position, in.CurrentTime)
	}
	w.position, w.seen = in.CurrentTime, now
}

// extend notes a part that was watched; only of videos of other servers, which
// are told.
func (w *viewing) extend(from, to int) {
	if w.local {
		return
	}
	if last := len(w.parts) - 1; last >= 0 && w.parts[last].to == from {
		w.parts[last].to = to
	} else if len(w.parts) < maxParts {
		w.parts = append(w.parts, part{from, to})
	}
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

// downloads reports whether a download of that address counts: the first of an
// hour does.
func (v *views) downloads(of video.ID, address string, now time.Time) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.addresses) >= maxViewings {
		v.purge(now)
	}
	key := viewKey{of, v.name("download", address)}
	if a, ok := v.addresses[key]; ok && !now.After(a.until) || len(v.addresses) >= maxViewings {
		return false
	}
	v.addresses[key] = share{n: 1, until: now.Add(v.expiry)}
	return true
}

func (v *views) watch(of video.ID, who viewerID, now time.Time) (came bool) {
	m := v.current[of]
	if m == nil {
		m = map[viewerID]time.Time{}
		v.current[of] = m
	}
	_, there := m[who]
	m[who] = now
	return !there
}

// viewers are those of each video now, by the names that others know.
func (v *views) viewers(now time.Time) map[video.ID][]string {
	v.mu.Lock()
	defer v.mu.Unlock()
	all := map[video.ID][]string{}
	for id, m := range v.current {
		if v.count(id, now) == 0 {
			continue
		}
		for who := range m {
			all[id] = append(all[id], v.shown(viewKey{id, who}))
		}
		slices.Sort(all[id])
	}
	return all
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
	maps.DeleteFunc(v.viewings, func(k viewKey, w *viewing) bool {
		if !now.After(w.until) {
			return false
		}
		v.over(k.video, w)
		return true
	})
	maps.DeleteFunc(v.addresses, func(_ viewKey, a share) bool { return now.After(a.until) })
	for id := range v.current {
		v.count(id, now)
	}
	return len(v.viewings) < maxViewings
}

func (v *views) take(now time.Time) map[video.ID]tally {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.purge(now)
	p := v.pending
	v.pending = map[video.ID]tally{}
	return p
}

func (v *views) putBack(p map[video.ID]tally) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for id, t := range p {
		v.add(id, t)
	}
}

// finished are the viewings that ended since the last call.
func (v *views) finished(now time.Time) []ended {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.purge(now)
	all := v.ended
	v.ended = nil
	return all
}
