package swarm

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"vidiverse/p2p"
	"vidiverse/p2p/p2ptest"
	"vidiverse/p2p/pml"
)

// asked notes the order in which a stranger is asked for segments, and answers.
func (s *stranger) asked(data [][]byte, order *[]int, mu *sync.Mutex) {
	for {
		c, raw, ok := s.hear()
		if !ok {
			return
		}
		if raw != nil || c.Kind != pml.Request {
			continue
		}
		mu.Lock()
		*order = append(*order, c.Segment)
		mu.Unlock()
		b := data[c.Segment]
		s.say(pml.Command{Kind: pml.Data, Segment: c.Segment, Request: c.Request, Size: int64(len(b))})
		s.raw(b)
		s.say(pml.Command{Kind: pml.Completed, Segment: c.Segment, Request: c.Request})
	}
}

// TestRarestFirst: of those who wait for a busy peer, first come those whose
// segment is needed soon, the soonest first, and then those whose segment the
// fewest hold.
func TestRarestFirst(t *testing.T) {
	t.Parallel()
	inWorld(t, 10, 50_000, false, func(t *testing.T, w *world) {
		var mu sync.Mutex
		var order []int
		only := w.over("only", &p2ptest.Line{}, &p2ptest.Line{Up: 50_000})
		only.holds(all(10)...)
		go only.asked(w.data, &order, &mu)
		// These hold some too, and are busy with something else for long.
		for i, has := range [][]int{{4, 5, 6}, {5, 6}} {
			w.stranger(fmt.Sprint("busy", i)).holds(has...)
		}
		w.swarm.mu.Lock()
		for _, p := range w.swarm.peers {
			if p.id != "only" {
				p.down = &download{done: make(chan struct{})}
			}
		}
		w.swarm.mu.Unlock()
		now := time.Now()
		var waiting sync.WaitGroup
		for _, wish := range []struct {
			i   int
			due time.Duration // 0: not said
		}{{0, 0}, {6, 0}, {4, 0}, {7, 0}, {5, time.Minute}, {8, 4 * time.Second}, {9, 3 * time.Second}} {
			waiting.Go(func() {
				due := time.Time{}
				if wish.due > 0 {
					due = now.Add(wish.due)
				}
				if got, err := w.swarm.FetchBy(t.Context(), wish.i, due); err != nil || !bytes.Equal(got, w.data[wish.i]) {
					t.Errorf("segment %d: %d bytes, %v", wish.i, len(got), err)
				}
			})
			synctest.Wait()
		}
		waiting.Wait()
		if want := []int{0, 9, 8, 7, 4, 6, 5}; !slices.Equal(order, want) {
			t.Errorf("asked for %v, want %v", order, want)
		}
	})
}

// TestHedge: when a peer gets late another is asked beside it; who is first
// wins, and the other is told.
func TestHedge(t *testing.T) {
	t.Parallel()
	inWorld(t, 4, 100_000, false, func(t *testing.T, w *world) {
		late := w.stranger("late")
		late.holds(0)
		done := make(chan time.Duration, 1)
		began := time.Now()
		go func() {
			got, err := w.swarm.Fetch(t.Context(), 0)
			if err != nil || !bytes.Equal(got, w.data[0]) {
				t.Errorf("got %d bytes, %v", len(got), err)
			}
			done <- time.Since(began)
		}()
		asked := late.next(pml.Request)
		quick := w.stranger("quick")
		quick.holds(0)
		go quick.answer(w.data)
		if took := <-done; took > 2*time.Second {
			t.Errorf("took %v", took)
		}
		if c := late.next(pml.Cancel); c.Request != asked.Request {
			t.Errorf("cancelled %+v", c)
		}
		synctest.Wait()
		if st := w.swarm.Stats(); st.Hedged != 1 || st.Fetched != 1 || st.Failed != 1 {
			t.Errorf("stats %+v", st)
		}
	})
}

// TestClaims: who brings a little, so that it is not sent away, and for the rest
// claims and does not bring, is asked no more; so is who says "absent" of all
// that it claims.
func TestClaims(t *testing.T) {
	t.Parallel()
	brings := map[string]func(n int) (absent, silent bool){
		"every fourth, silent":  func(n int) (bool, bool) { return false, n%4 != 0 },
		"none, says absent":     func(n int) (bool, bool) { return true, false },
		"two, and then nothing": func(n int) (bool, bool) { return false, n > 1 },
	}
	for name, how := range brings {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inWorld(t, 60, 10_000, false, func(t *testing.T, w *world) {
				p := w.stranger("mallory")
				p.holds(all(60)...)
				asked := 0
				go func() {
					for {
						c, raw, ok := p.hear()
						if !ok {
							return
						}
						if raw != nil || c.Kind != pml.Request {
							continue
						}
						absent, silent := how(asked)
						asked++
						switch b := w.data[c.Segment]; {
						case absent:
							p.say(pml.Command{Kind: pml.Absent, Segment: c.Segment, Request: c.Request})
						case !silent:
							p.say(pml.Command{Kind: pml.Data, Segment: c.Segment, Request: c.Request, Size: int64(len(b))})
							p.raw(b)
						}
					}
				}()
				for i := range 40 {
					_, _, _ = w.fetch(i)
				}
				synctest.Wait()
				if asked > 14 {
					t.Errorf("asked %d times", asked)
				}
				if w.swarm.Has(59) {
					t.Error("what it claims is believed still")
				}
			})
		})
	}
}

// TestTrust: a swarm of liars costs a few segments, and then one now and then,
// however many they are; who proves good is asked as before.
func TestTrust(t *testing.T) {
	t.Parallel()
	const size = 100_000
	inWorld(t, 200, size, false, func(t *testing.T, w *world) {
		good := w.stranger("good")
		good.holds(0, 100)
		go good.answer(w.data)
		synctest.Wait()
		if _, _, err := w.fetch(0); err != nil {
			t.Fatal(err)
		}
		for i := range 40 {
			p := w.stranger(fmt.Sprint("mallory", i))
			p.holds(all(90)...)
			go func() {
				for {
					c, raw, ok := p.hear()
					if !ok {
						return // most are never asked
					}
					if raw == nil && c.Kind == pml.Request {
						b := bytes.Repeat([]byte{9}, len(w.data[c.Segment]))
						p.say(pml.Command{Kind: pml.Data, Segment: c.Segment, Request: c.Request, Size: int64(len(b))})
						p.raw(b)
					}
				}
			}()
		}
		synctest.Wait()
		began := time.Now()
		for i := 1; time.Since(began) < 2*time.Minute; i++ {
			if got, _, err := w.fetch(i % 90); err == nil && !bytes.Equal(got, w.data[i%90]) {
				t.Fatal("a bad segment")
			}
			time.Sleep(time.Second)
		}
		if lost := w.swarm.Stats().Spilled / size; lost < mostTrust || lost > mostTrust+8 {
			t.Errorf("%d segments were lost", lost)
		}
		if got, _, err := w.fetch(100); err != nil || !bytes.Equal(got, w.data[100]) {
			t.Errorf("who is good: %d bytes, %v", len(got), err)
		}
	})
}

// TestSlowRests: an honest peer whose line is full is left alone for a while,
// and not sent away; then it is asked again.
func TestSlowRests(t *testing.T) {
	t.Parallel()
	inWorld(t, 30, 200_000, false, func(t *testing.T, w *world) {
		line := &p2ptest.Line{Up: 400_000}
		p := w.over("anna", &p2ptest.Line{}, line)
		p.holds(all(30)...)
		go p.answer(w.data)
		synctest.Wait()
		if _, _, err := w.fetch(0); err != nil {
			t.Fatal(err)
		}
		line.Change(10_000, 0)
		for i := 1; i <= maxMisses; i++ {
			if _, took, err := w.fetch(i); err == nil || took > 2*floorTime {
				t.Errorf("%v after %v", err, took)
			}
		}
		if w.swarm.Has(5) || w.swarm.Stats().Peers != 1 {
			t.Errorf("it is asked still, or gone: %+v", w.swarm.Stats())
		}
		line.Change(400_000, 0)
		time.Sleep(restTime)
		if got, _, err := w.fetch(5); err != nil || !bytes.Equal(got, w.data[5]) {
			t.Errorf("later: %d bytes, %v", len(got), err)
		}
	})
}

// TestWishEnds: who gives up waiting for a busy peer leaves nothing behind.
func TestWishEnds(t *testing.T) {
	t.Parallel()
	inWorld(t, 10, 100_000, false, func(t *testing.T, w *world) {
		p := w.stranger("silent")
		p.holds(all(10)...)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var waiting sync.WaitGroup
		for i := range 10 {
			waiting.Go(func() {
				if _, err := w.swarm.Fetch(ctx, i); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("segment %d: %v", i, err)
				}
			})
		}
		waiting.Wait()
		synctest.Wait()
		if s := w.swarm; len(s.wishes) != 0 || s.loads != 0 {
			t.Errorf("%d wishes, %d loads", len(s.wishes), s.loads)
		}
		p.conn.Close()
		synctest.Wait()
		if _, took, err := w.fetch(0); !errors.Is(err, p2p.ErrAbsent) || took > 0 {
			t.Errorf("%v after %v", err, took)
		}
	})
}
