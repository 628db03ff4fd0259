package swarm

import (
	"bytes"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"vidiverse/p2p/ledger"
	"vidiverse/p2p/p2ptest"
	"vidiverse/p2p/pml"
)

// over connects a stranger over lines of a simulated network.
func (w *world) over(id string, ours, theirs *p2ptest.Line) *stranger {
	w.t.Helper()
	near, far := p2ptest.Connect(ours, theirs)
	w.connect(id, near)
	return &stranger{t: w.t, conn: far}
}

// TestCancelAtOnce: over a slow line, too, nothing more of a segment is sent 50
// ms after its cancel came, and what is under way is little: the next answer
// comes before a browser loses its patience.
func TestCancelAtOnce(t *testing.T) {
	t.Parallel()
	for _, rate := range []float64{16_000, 64_000, 1_000_000} {
		inWorld(t, 3, 3_000_000, true, func(t *testing.T, w *world) {
			ours := &p2ptest.Line{Up: rate, Delay: 50 * time.Millisecond}
			p := w.over("anna", ours, &p2ptest.Line{Delay: 50 * time.Millisecond})
			p.say(pml.Command{Kind: pml.Request, Segment: 0, Request: 1})
			p.next(pml.Data)
			for began := time.Now(); time.Since(began) < 8*time.Second && w.swarm.Stats().Serving > 0; {
				p.hear()
			}
			p.say(pml.Command{Kind: pml.Cancel, Segment: 0, Request: 1})
			time.Sleep(100*time.Millisecond + 50*time.Millisecond) // until it is there, and then
			synctest.Wait()
			atCancel, _ := ours.Bytes()
			asked := time.Now()
			p.say(pml.Command{Kind: pml.Request, Segment: 2, Request: 2})
			time.Sleep(99 * time.Millisecond) // it is not there yet
			synctest.Wait()
			if later, _ := ours.Bytes(); later != atCancel {
				t.Errorf("at %.0f bytes a second: %d bytes more 50 ms after the cancel", rate, later-atCancel)
			}
			if got := p.next(pml.Data); got.Segment != 2 || time.Since(asked) > 2*time.Second {
				t.Errorf("at %.0f bytes a second: the next answer comes after %v", rate, time.Since(asked))
			}
		})
	}
}

// TestFairToMany: what the gate lets through is shared by those who can take it,
// whatever the size of their messages; who can take little gets that.
func TestFairToMany(t *testing.T) {
	t.Parallel()
	inWorld(t, 20, 400_000, true, func(t *testing.T, w *world) {
		w.gate.set(false, 1_000_000)
		got := make([]int, 10)
		for i := range got {
			line := &p2ptest.Line{Delay: time.Duration(i) * 10 * time.Millisecond}
			if i == 0 {
				line.Down = 60_000
			}
			p := w.over(fmt.Sprint(i), &p2ptest.Line{}, line)
			go p.gorge(&got[i])
		}
		time.Sleep(30 * time.Second)
		synctest.Wait()
		for i, n := range got {
			least, most := 75_000*30, 130_000*30
			if i == 0 {
				least, most = 40_000*30, 61_000*30
			}
			if n < least || n > most {
				t.Errorf("peer %d got %d bytes a second", i, n/30)
			}
		}
	})
}

// gorge asks for one segment after the other.
func (s *stranger) gorge(got *int) {
	for n := 0; ; n++ {
		s.say(pml.Command{Kind: pml.Request, Segment: n % 20, Request: n % 1000})
		for {
			c, raw, ok := s.hear()
			if !ok {
				return
			}
			if raw == nil && (c.Kind == pml.Completed || c.Kind == pml.Absent) {
				break
			}
			*got += len(raw)
		}
	}
}

// TestLiveFirst: segments of a live, which are of use for seconds, go before
// those of films; those go on, though, so that nobody gives up.
func TestLiveFirst(t *testing.T) {
	t.Parallel()
	inWorld(t, 20, 300_000, true, func(t *testing.T, w *world) {
		w.gate.set(false, 400_000)
		live := &band{Shelf: w.shelf, first: 0, end: 20, untold: 20, extents: w.extents}
		films, lives := w.swarm, w.net.Join(Stream{Segments: live})
		gaps, lasts := make([]time.Duration, 4), make([]time.Time, 4)
		for i := range gaps {
			p := w.over(fmt.Sprint(i), &p2ptest.Line{}, &p2ptest.Line{})
			go func() {
				p.say(pml.Command{Kind: pml.Request, Segment: i, Request: 1})
				lasts[i] = time.Now()
				for {
					c, raw, ok := p.hear()
					if raw != nil {
						gaps[i] = max(gaps[i], time.Since(lasts[i]))
						lasts[i] = time.Now()
					}
					if !ok || raw == nil && c.Kind == pml.Completed {
						lasts[i] = time.Time{}
						return
					}
				}
			}()
		}
		time.Sleep(500 * time.Millisecond)
		w.swarm = lives
		p := w.over("live", &p2ptest.Line{}, &p2ptest.Line{})
		began := time.Now()
		if got := p.get(7, 1, 0); !bytes.Equal(got, w.data[7]) {
			t.Errorf("got %d bytes", len(got))
		}
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("the live's segment took %v, a fifth of the gate would be 3.7 s", took)
		}
		var greedy [3]int
		for i := range 2 {
			go w.over(fmt.Sprint("live", i), &p2ptest.Line{}, &p2ptest.Line{}).gorge(&greedy[i+1])
		}
		w.swarm = films
		go p.gorge(&greedy[0])
		time.Sleep(8 * time.Second)
		synctest.Wait()
		if all := greedy[0] + greedy[1] + greedy[2]; all < 8*200_000 {
			t.Errorf("the lives got %d bytes a second", all/8)
		}
		for i, gap := range gaps {
			if !lasts[i].IsZero() {
				gap = max(gap, time.Since(lasts[i]))
			}
			if gap > 1900*time.Millisecond || gap == 0 {
				t.Errorf("film %d: a gap of %v", i, gap)
			}
		}
	})
}

// TestPeerRate: one connection gets no more than its own rate, another is not
// held up by it.
func TestPeerRate(t *testing.T) {
	t.Parallel()
	inWorld(t, 20, 300_000, true, func(t *testing.T, w *world) {
		w.net.cfg.PeerRate = 100_000
		got := make([]int, 3)
		for i := range got {
			go w.over(fmt.Sprint(i), &p2ptest.Line{}, &p2ptest.Line{}).gorge(&got[i])
		}
		time.Sleep(20 * time.Second)
		synctest.Wait()
		for i, n := range got {
			if n < 90_000*20 || n > 102_000*20 {
				t.Errorf("peer %d got %d bytes a second", i, n/20)
			}
		}
	})
}

// TestNoWaste: who says that it holds a segment is not sent it, and what a
// cancelled upload cost is counted as of no use.
func TestNoWaste(t *testing.T) {
	t.Parallel()
	inWorld(t, 3, 1_000_000, true, func(t *testing.T, w *world) {
		p := w.stranger("seeder")
		p.holds(0, 1, 2)
		if got := p.get(1, 1, 0); got != nil {
			t.Errorf("sent %d bytes to who holds them", len(got))
		}
		p.holds(0, 2)
		if got := p.get(1, 2, 0); !bytes.Equal(got, w.data[1]) {
			t.Errorf("got %d bytes of what it lacks", len(got))
		}
		if st := w.swarm.Stats(); st.Vain != 0 || st.Usefulness() != 1 {
			t.Errorf("stats %+v", st)
		}
		w.gate.set(false, 500_000)
		p.say(pml.Command{Kind: pml.Request, Segment: 1, Request: 3})
		p.next(pml.Data)
		p.hear()
		p.say(pml.Command{Kind: pml.Cancel, Segment: 1, Request: 3})
		time.Sleep(time.Second)
		st := w.swarm.Stats()
		if st.Vain == 0 || st.Vain != st.Sent-int64(len(w.data[1])) || st.Usefulness() > 0.99 || st.Usefulness() < 0.8 {
			t.Errorf("then %+v, %.2f", st, st.Usefulness())
		}
	})
}

// TestFullLine: a line that is full although no rate was set is shared by so
// many that each of them gets what helps it; the others are sent elsewhere at
// once. Peers that are slow themselves do not make it full.
func TestFullLine(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		up, down    float64
		least, most int // uploads at one time, in the end
	}{
		"a full line":  {up: 250_000, least: 3, most: 11},
		"slow peers":   {up: 5_000_000, down: 20_000, least: 10, most: 20},
		"a large line": {up: 50_000_000, least: 1, most: 20},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inWorld(t, 20, 200_000, true, func(t *testing.T, w *world) {
				ours := &p2ptest.Line{Up: tt.up}
				gaps, bytes := make([]time.Duration, 20), make([]int, 20)
				for i := range gaps {
					p := w.over(fmt.Sprint(i), ours, &p2ptest.Line{Down: tt.down, Delay: 20 * time.Millisecond})
					go p.browse(i, &gaps[i], &bytes[i])
				}
				time.Sleep(20 * time.Second)
				clear(gaps)
				uploads := 0
				for range 100 {
					time.Sleep(200 * time.Millisecond)
					uploads += w.swarm.Stats().Serving
				}
				if n := uploads / 100; n < tt.least-1 || n > tt.most {
					t.Errorf("%d uploads at one time", n)
				}
				for i, gap := range gaps {
					if gap > 2*time.Second {
						t.Errorf("peer %d: a gap of %v", i, gap)
					}
				}
			})
		})
	}
}

// browse asks for segments, and rests a second when one cannot be had, as a
// browser does that goes elsewhere.
func (s *stranger) browse(from int, gap *time.Duration, got *int) {
	for n := from; ; n++ {
		s.say(pml.Command{Kind: pml.Request, Segment: n % 20, Request: n % 1000})
		last := time.Now()
		for {
			c, raw, ok := s.hear()
			if !ok {
				return
			}
			if raw != nil {
				*gap = max(*gap, time.Since(last))
				last = time.Now()
				*got += len(raw)
				continue
			}
			if c.Kind == pml.Absent {
				time.Sleep(time.Second) // in a bubble
			}
			if c.Kind == pml.Absent || c.Kind == pml.Completed {
				break
			}
		}
	}
}

// TestVainUploads: who gives up one upload after the other, as a browser does
// whose film is faster than our line, is sent elsewhere for a while, so that the
// line is of use to somebody; then it is served again.
func TestVainUploads(t *testing.T) {
	t.Parallel()
	inWorld(t, 20, 200_000, true, func(t *testing.T, w *world) {
		w.gate.set(false, 50_000)
		p := w.over("anna", &p2ptest.Line{}, &p2ptest.Line{})
		p.holds(19)
		absent := 0
		for began, n := time.Now(), 0; time.Since(began) < 2*time.Minute; n++ {
			p.say(pml.Command{Kind: pml.Request, Segment: n % 19, Request: n})
			for {
				if c, raw, _ := p.hear(); raw == nil && c.Kind == pml.Absent {
					absent++
					break
				} else if raw == nil && c.Kind == pml.Data {
					time.Sleep(1500 * time.Millisecond)
					p.say(pml.Command{Kind: pml.Cancel, Segment: n % 19, Request: n})
					break
				}
			}
			time.Sleep(2500 * time.Millisecond)
		}
		st := w.swarm.Stats()
		if st.Sent > 6*90_000 || absent < 20 || st.Banned != 0 {
			t.Errorf("%d bytes were sent in vain, and %d times it was sent elsewhere: %+v", st.Vain, absent, st)
		}
		if told := w.net.cfg.Ledger.ByTransport()[ledger.MediaLoader]; st.Vain == 0 || told.Vain != st.Vain || told.Sent != st.Sent {
			t.Errorf("the ledger says %+v, the swarm %+v", told, st)
		}
		w.gate.set(false, 500_000)
		time.Sleep(3 * time.Minute)
		p.say(pml.Command{Kind: pml.Request, Segment: 3, Request: 999})
		if got := p.next(pml.Completed); got.Request != 999 {
			t.Errorf("later: %+v", got)
		}
	})
}
