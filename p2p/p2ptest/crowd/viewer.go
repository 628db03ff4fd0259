package crowd

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
)

// viewer is a peer with a player.
type viewer struct {
	*peer
	chance *rand.Rand
	manner manner
	wake   chan struct{} // something came

	mu       sync.Mutex
	first    int       // segment with which it begins
	playing  int       // segment
	since    time.Time // when that began, or would have
	stalled  bool
	flights  map[int]*flight
	origin   int64 // bytes
	people   int64
	bad      int
	finished bool
	takes    time.Duration // what the last segment from the origin took
}

// flight is a segment on its way.
type flight struct {
	people bool
	cancel context.CancelFunc
}

// viewer makes one who comes later.
func (c *crowd) viewer(i int) *viewer {
	v := &viewer{chance: rand.New(rand.NewPCG(c.Seed, uint64(i)+100)), wake: make(chan struct{}, 1), flights: map[int]*flight{}}
	v.peer = c.join(fmt.Sprint("viewer-", i), c.line(c.Viewer, c.Loss))
	v.manner = c.Manner.of(v)
	v.shelf.Notify(v.look)
	return v
}

func (v *viewer) look() {
	select {
	case v.wake <- struct{}{}:
	default: // it will look anyway
	}
}

// watch comes after a while, watches to the end, and stays as long as a page
// does of which nobody closes the tab.
func (v *viewer) watch(after time.Duration) {
	if !v.c.rest(after) {
		return
	}
	v.mu.Lock()
	v.first = v.begin()
	v.playing, v.since, v.stalled = v.first, time.Now(), true
	v.mu.Unlock()
	v.c.group.Go(func() {
		if v.manner.ready() {
			v.c.meeting.keep(v.peer)
		}
	})
	ctx, stop := context.WithCancel(v.c.ctx)
	var fetching sync.WaitGroup
	fetching.Go(func() { v.manner.fetch(ctx, &fetching) })
	stalls := v.play()
	stop()
	fetching.Wait()
	v.c.meeting.gone(v.peer)
	v.count(stalls)
}

// begin is where a viewer starts: five segments behind the edge of a live.
func (v *viewer) begin() int {
	if v.c.Live {
		return max(0, v.c.edge()-backlog)
	}
	return 0
}

// play shows one segment after the other, and returns how long it waited. Who
// waits for minutes goes away.
func (v *viewer) play() (stalls time.Duration) {
	for i := v.first; i < v.c.Segments; i++ {
		began := time.Now()
		v.set(i, began, true)
		for !v.shelf.Has(i) {
			if time.Since(began) > 5*time.Minute || !v.await() {
				return stalls + time.Since(began)
			}
		}
		stalls += time.Since(began)
		v.set(i, time.Now(), false)
		if !v.c.rest(v.c.Length) {
			return stalls
		}
	}
	v.mu.Lock()
	v.finished = true
	v.mu.Unlock()
	return stalls
}

func (v *viewer) set(i int, at time.Time, stalled bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.playing, v.since, v.stalled = i, at, stalled
}

// buffered is what it has from where it plays on, without a gap.
func (v *viewer) buffered() time.Duration {
	from, end := v.span(time.Hour)
	n := from
	for n < end && v.shelf.Has(n) {
		n++
	}
	return time.Duration(n-from) * v.c.Length
}

// await waits for the next thing to come, and a little.
func (v *viewer) await() bool { return v.c.rest(20 * time.Millisecond) }

// due is when segment i will be played, if nothing is late.
func (v *viewer) due(i int) time.Time {
	v.mu.Lock()
	defer v.mu.Unlock()
	at := v.since
	if v.stalled {
		at = time.Now()
	}
	return at.Add(time.Duration(i-v.playing) * v.c.Length)
}

// span is what a player may fetch now: from what it plays on, as far as ahead.
func (v *viewer) span(ahead time.Duration) (from, end int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.playing, min(v.c.edge(), v.playing+1+int(ahead/v.c.Length))
}

// fly reserves a segment; nil if it is held or under way.
func (v *viewer) fly(ctx context.Context, i int, people bool) (context.Context, *flight) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.flights[i] != nil || v.shelf.Has(i) {
		return nil, nil
	}
	ctx, cancel := context.WithCancel(ctx)
	f := &flight{people: people, cancel: cancel}
	v.flights[i] = f
	return ctx, f
}

func (v *viewer) land(i int, f *flight) {
	f.cancel()
	v.mu.Lock()
	if v.flights[i] == f {
		delete(v.flights, i)
	}
	v.mu.Unlock()
	v.look()
}

// flying counts those from the origin and those from people.
func (v *viewer) flying() (origin, people int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, f := range v.flights {
		if f.people {
			people++
		} else {
			origin++
		}
	}
	return origin, people
}

// askOrigin fetches a segment from the origin and says so to others meanwhile.
func (v *viewer) askOrigin(ctx context.Context, i int) bool {
	v.swarm.Fetching(i, true)
	defer v.swarm.Fetching(i, false)
	had := v.shelf.Has(i)
	began := time.Now()
	ok := v.fromOrigin(ctx, i)
	if ok && !had {
		v.mu.Lock()
		v.origin += int64(v.c.Size)
		v.takes = time.Since(began)
		v.mu.Unlock()
	}
	return ok
}

// askPeople fetches a segment from the swarm.
func (v *viewer) askPeople(ctx context.Context, i int) bool {
	data, err := v.swarm.FetchBy(ctx, i, v.due(i))
	if err != nil {
		return false
	}
	v.mu.Lock()
	had := v.shelf.Has(i)
	v.mu.Unlock()
	right := v.shelf.put(i, data)
	v.mu.Lock()
	defer v.mu.Unlock()
	switch {
	case !right:
		v.bad++
	case !had:
		v.people += int64(v.c.Size)
	}
	return right
}

// count adds what became of a viewer.
func (v *viewer) count(stalls time.Duration) {
	st := v.swarm.Stats()
	v.c.mu.Lock()
	defer v.c.mu.Unlock()
	r := &v.c.result
	r.FromOrigin += v.origin
	r.FromPeople += v.people
	r.Watched += v.origin + v.people
	r.Stalls += stalls
	r.Worst = max(r.Worst, stalls)
	r.Bad += v.bad
	if !v.finished {
		r.Unfinished++
	}
	s := &r.Swarms
	s.Sent, s.Received, s.Vain, s.Spilled = s.Sent+st.Sent, s.Received+st.Received, s.Vain+st.Vain, s.Spilled+st.Spilled
	s.Served, s.Cancelled, s.Refused = s.Served+st.Served, s.Cancelled+st.Cancelled, s.Refused+st.Refused
	s.Fetched, s.Failed, s.Banned, s.Hedged = s.Fetched+st.Fetched, s.Failed+st.Failed, s.Banned+st.Banned, s.Hedged+st.Hedged
}
