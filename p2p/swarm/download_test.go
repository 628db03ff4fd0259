package swarm

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"vidiverse/p2p"
	"vidiverse/p2p/p2ptest"
	"vidiverse/p2p/pml"
)

// answer serves requests as a good peer does, from data.
func (s *stranger) answer(data [][]byte) {
	for {
		c, raw, ok := s.hear()
		switch {
		case !ok:
			return
		case raw == nil && c.Kind == pml.Request:
			b := data[c.Segment]
			s.say(pml.Command{Kind: pml.Data, Segment: c.Segment, Request: c.Request, Size: int64(len(b))})
			s.raw(b)
			s.say(pml.Command{Kind: pml.Completed, Segment: c.Segment, Request: c.Request})
		}
	}
}

func all(n int) (ids []int) {
	for i := range n {
		ids = append(ids, i)
	}
	return ids
}

// TestSource: a swarm is a source of what its peers hold, and of nothing else.
func TestSource(t *testing.T) {
	t.Parallel()
	data, extents := p2ptest.Film(7, 6, 150_000)
	net := New(Config{Gate: &valve{}})
	stop := p2ptest.Serve(t, net.Serve)
	p2ptest.Until(t, "served", func() bool { return net.room() > 0 })
	giver, taker := net.Join(Stream{Segments: p2ptest.FullShelf(data[:5], extents)}), net.Join(Stream{Segments: p2ptest.NewShelf(extents)})
	a, b := link()
	(&world{t: t, net: net, swarm: giver}).connectNow("taker", a)
	(&world{t: t, net: net, swarm: taker}).connectNow("giver", b)
	p2ptest.Until(t, "announcement", func() bool { return taker.Has(0) })
	p2ptest.Sources(t, taker, append(append([][]byte{}, data[:5]...), nil))
	if taker.Has(5) || taker.Has(-1) || !taker.Has(4) {
		t.Error("it says that it has what it has not")
	}
	stop()
	if st := taker.Stats(); st.Peers != 0 || st.Received < 750_000 {
		t.Errorf("stats %+v", st)
	}
}

// fetch fetches a segment in false time.
func (w *world) fetch(i int) ([]byte, time.Duration, error) {
	began := time.Now()
	data, err := w.swarm.Fetch(w.t.Context(), i)
	return data, time.Since(began), err
}

// TestNobodyHasIt: a segment that nobody claims to hold costs no waiting.
func TestNobodyHasIt(t *testing.T) {
	t.Parallel()
	inWorld(t, 3, 1000, false, func(t *testing.T, w *world) {
		if _, took, err := w.fetch(0); !errors.Is(err, p2p.ErrAbsent) || took > 0 {
			t.Errorf("alone: %v after %v", err, took)
		}
		p := w.stranger("anna")
		p.holds(1)
		go p.answer(w.data)
		synctest.Wait()
		if _, took, err := w.fetch(0); !errors.Is(err, p2p.ErrAbsent) || took > 0 {
			t.Errorf("another: %v after %v", err, took)
		}
		if got, _, err := w.fetch(1); err != nil || !bytes.Equal(got, w.data[1]) {
			t.Errorf("got %d bytes, %v", len(got), err)
		}
	})
}

// TestCancelFetch: who wants a segment no more does not wait for it, and the
// peer is told.
func TestCancelFetch(t *testing.T) {
	t.Parallel()
	inWorld(t, 4, 100_000, false, func(t *testing.T, w *world) {
		s := w.stranger("anna")
		s.holds(0)
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := w.swarm.Fetch(ctx, 0); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		asked := s.next(pml.Request)
		if c := s.next(pml.Cancel); c.Segment != 0 || c.Request != asked.Request {
			t.Errorf("asked %+v, cancelled %+v", asked, c)
		}
		// It is no worse a peer for it: the next request goes there.
		go s.answer(w.data)
		if got, _, err := w.fetch(0); err != nil || !bytes.Equal(got, w.data[0]) {
			t.Errorf("got %d bytes, %v", len(got), err)
		}
	})
}

// TestManyFetches: a peer is asked for one segment at a time, and all together
// for three.
func TestManyFetches(t *testing.T) {
	t.Parallel()
	inWorld(t, 40, 60_000, false, func(t *testing.T, w *world) {
		for i := range 5 {
			ours, theirs := link()
			theirs.out.rate = 300_000
			w.connect(fmt.Sprint(i), ours)
			s := &stranger{t: t, conn: theirs}
			s.holds(all(40)...)
			go s.answer(w.data)
		}
		synctest.Wait()
		done := make(chan error, 40)
		for i := range 40 {
			go func() {
				got, _, err := w.fetch(i)
				if err == nil && !bytes.Equal(got, w.data[i]) {
					err = p2p.ErrDigest
				}
				done <- err
			}()
		}
		synctest.Wait()
		w.swarm.mu.Lock()
		if w.swarm.loads != maxLoads {
			t.Errorf("%d at once", w.swarm.loads)
		}
		w.swarm.mu.Unlock()
		for range 40 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		if st := w.swarm.Stats(); st.Fetched != 40 || st.Failed != 0 {
			t.Errorf("stats %+v", st)
		}
	})
}

// TestPrefersFast: of two peers the faster is asked more often.
func TestPrefersFast(t *testing.T) {
	t.Parallel()
	inWorld(t, 60, 100_000, false, func(t *testing.T, w *world) {
		peers := map[string]*pipe{}
		for name, rate := range map[string]int{"fast": 2_000_000, "slow": 100_000} {
			ours, theirs := link()
			theirs.out.rate = rate
			w.connect(name, ours)
			peers[name] = ours
			s := &stranger{t: t, conn: theirs}
			s.holds(all(60)...)
			go s.answer(w.data)
		}
		synctest.Wait()
		for i := range 60 {
			if _, _, err := w.fetch(i); err != nil {
				t.Fatal(err)
			}
		}
		var fast int64
		for _, p := range w.swarm.Peers() {
			if p.Remote == peers["fast"].remote {
				fast = p.Received
			}
		}
		if fast < 45*100_000 {
			t.Errorf("the fast one brought %d of 6000000 bytes", fast)
		}
	})
}
