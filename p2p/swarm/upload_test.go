package swarm

import (
	"bytes"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"vidiverse/p2p/pml"
)

// TestServe: a peer is told what there is, and gets what it asks for.
func TestServe(t *testing.T) {
	t.Parallel()
	inWorld(t, 5, 200_000, true, func(t *testing.T, w *world) {
		w.shelf.Drop(3)
		p := w.stranger("anna")
		if got := p.next(pml.Announcement); !slices.Equal(got.Loaded, []int{0, 1, 2, 4}) {
			t.Errorf("announced %v", got.Loaded)
		}
		for i := range 3 {
			if got := p.get(i, 7+i, 0); !bytes.Equal(got, w.data[i]) {
				t.Errorf("segment %d: got %d bytes", i, len(got))
			}
		}
		size := int64(len(w.data[4]))
		for _, from := range []int64{1, 65535, size - 1, size} {
			if got := p.get(4, 100, from); got == nil || !bytes.Equal(got, w.data[4][from:]) {
				t.Errorf("from byte %d: got %d bytes", from, len(got))
			}
		}
		for _, segment := range []int{3, 5, 1 << 40} {
			if got := p.get(segment, 9, 0); got != nil {
				t.Errorf("segment %d: got %d bytes", segment, len(got))
			}
		}
		if got := p.get(4, 9, size+1); got != nil {
			t.Error("got something beyond the end")
		}
		synctest.Wait()
		st := w.swarm.Stats()
		if st.Served != 7 || st.Refused != 4 || st.Peers != 1 || st.Serving != 0 || w.net.Stats().Sent != st.Sent {
			t.Errorf("stats %+v", st)
		}
		if all := int64(w.gate.total()); all < st.Sent+st.Sent*9/100 || all > st.Sent+st.Sent/10+4000 {
			t.Errorf("the gate saw %d bytes, of which %d of segments", all, st.Sent)
		}
	})
}

// TestAnnounces: what comes and goes is told soon, all of it, and not more
// often than once a second.
func TestAnnounces(t *testing.T) {
	t.Parallel()
	inWorld(t, 300, 10, false, func(t *testing.T, w *world) {
		p := w.stranger("anna")
		if got := p.next(pml.Announcement); len(got.Loaded) != 0 {
			t.Errorf("announced %v", got.Loaded)
		}
		began := time.Now()
		for i, b := range w.data {
			if err := w.shelf.Put(i, b); err != nil {
				t.Fatal(err)
			}
		}
		got := p.next(pml.Announcement)
		slices.Sort(got.Loaded)
		if len(got.Loaded) != 300 || got.Loaded[299] != 299 || time.Since(began) > time.Second {
			t.Errorf("announced %d after %v", len(got.Loaded), time.Since(began))
		}
		w.shelf.Drop(255)
		if got := p.next(pml.Announcement); len(got.Loaded) != 299 || time.Since(began) < 2*time.Second {
			t.Errorf("announced %d after %v", len(got.Loaded), time.Since(began))
		}
	})
}

// TestRottenIsNotSent: what is no longer what the origin published is absent.
func TestRottenIsNotSent(t *testing.T) {
	t.Parallel()
	inWorld(t, 3, 100_000, true, func(t *testing.T, w *world) {
		p := w.stranger("anna")
		p.next(pml.Announcement)
		w.shelf.Rot(1)
		if got := p.get(1, 5, 0); got != nil {
			t.Errorf("sent %d bytes of a rotten segment", len(got))
		}
		if got := p.next(pml.Announcement); slices.Contains(got.Loaded, 1) {
			t.Error("announces it still")
		}
	})
}

// TestCancel: a peer that wants no more gets no more than what is under way.
func TestCancel(t *testing.T) {
	t.Parallel()
	inWorld(t, 3, 4_000_000, true, func(t *testing.T, w *world) {
		w.gate.set(false, 500_000)
		p := w.stranger("anna")
		p.say(pml.Command{Kind: pml.Request, Segment: 0, Request: 1})
		p.next(pml.Data)
		for range 3 {
			p.hear()
		}
		p.say(pml.Command{Kind: pml.Cancel, Segment: 0, Request: 99}) // of another request: late
		synctest.Wait()
		if w.swarm.Stats().Serving != 1 {
			t.Error("a cancel of another request ended it")
		}
		before := w.swarm.Stats().Sent
		p.say(pml.Command{Kind: pml.Cancel, Segment: 0, Request: 1})
		time.Sleep(30 * time.Second)
		if st := w.swarm.Stats(); st.Sent-before > pml.MaxMessage || st.Cancelled != 1 || st.Served != 0 || st.Serving != 0 {
			t.Errorf("then sent %d more: %+v", st.Sent-before, st)
		}
		w.gate.set(false, 0)
		// What is under way still comes, and then the next answer.
		p.say(pml.Command{Kind: pml.Request, Segment: 1, Request: 2})
		if got := p.next(pml.Data); got.Segment != 1 || got.Request != 2 {
			t.Errorf("got %+v", got)
		}
		if got := p.next(pml.Completed); got.Segment != 1 {
			t.Errorf("completed %+v", got)
		}
	})
}

// TestReplace: a new request ends the one before, which is never completed.
func TestReplace(t *testing.T) {
	t.Parallel()
	inWorld(t, 3, 1_000_000, true, func(t *testing.T, w *world) {
		w.gate.set(false, 500_000)
		p := w.stranger("anna")
		p.say(pml.Command{Kind: pml.Request, Segment: 0, Request: 1})
		p.next(pml.Data)
		p.hear()
		p.say(pml.Command{Kind: pml.Request, Segment: 1, Request: 2})
		if got := p.next(pml.Data); got.Segment != 1 {
			t.Errorf("got %+v", got)
		}
		var got []byte
		for {
			c, raw, ok := p.hear()
			if !ok || raw == nil {
				if c.Kind != pml.Completed || c.Segment != 1 || c.Request != 2 {
					t.Errorf("then %+v", c)
				}
				break
			}
			got = append(got, raw...)
		}
		if !bytes.Equal(got, w.data[1]) {
			t.Errorf("got %d bytes", len(got))
		}
	})
}

// TestGateCloses: when the gate closes in the middle, nothing more leaves, and
// nobody is met for a while.
func TestGateCloses(t *testing.T) {
	t.Parallel()
	inWorld(t, 3, 2_000_000, true, func(t *testing.T, w *world) {
		w.gate.set(false, 500_000)
		p := w.stranger("anna")
		p.say(pml.Command{Kind: pml.Request, Segment: 0, Request: 1})
		p.next(pml.Data)
		p.hear()
		w.gate.set(true, 0)
		sent := 0
		for {
			_, raw, ok := p.hear()
			if !ok {
				break
			}
			sent += len(raw)
		}
		if sent > pml.MaxMessage {
			t.Errorf("%d bytes left after the gate closed", sent)
		}
		if w.net.room() != 0 || len(door{w.swarm}.Offers(t.Context(), 5)) != 0 {
			t.Error("looks for peers to whom nothing may be said")
		}
		time.Sleep(2 * shutTime)
		if w.net.room() == 0 {
			t.Error("looks for nobody for ever")
		}
	})
}

// TestBackpressure: what is under way to a slow peer stays below two seconds'
// worth, and below two megabytes.
func TestBackpressure(t *testing.T) {
	t.Parallel()
	for _, rate := range []int{12_000, 60_000, 300_000, 5_000_000} {
		inWorld(t, 8, 3_000_000, true, func(t *testing.T, w *world) {
			ours, theirs := link()
			ours.out.rate = rate
			w.connect("anna", ours)
			p := &stranger{t: t, conn: theirs}
			p.next(pml.Announcement)
			began, most := time.Now(), 0
			for i := 0; i < 8 && time.Since(began) < time.Minute; i++ {
				p.say(pml.Command{Kind: pml.Request, Segment: i, Request: i})
				for time.Since(began) < time.Minute {
					c, raw, ok := p.hear()
					if !ok {
						t.Fatal("closed")
					}
					if raw == nil && c.Kind == pml.Completed {
						break
					}
					if time.Since(began) > 10*time.Second || i > 0 {
						most = max(most, ours.Buffered())
					}
				}
			}
			if limit := 2 * rate; most > limit || most > 2<<20+pml.MaxMessage {
				t.Errorf("at %d bytes a second %d were under way", rate, most)
			}
		})
	}
}

// TestSlowGate: at a rate that is asked for by many, some get what helps them
// and nobody waits 2 seconds for bytes: the others are sent elsewhere at once.
func TestSlowGate(t *testing.T) {
	t.Parallel()
	inWorld(t, 4, 300_000, true, func(t *testing.T, w *world) {
		w.gate.set(false, 200_000)
		type result struct {
			gap    time.Duration
			absent bool
		}
		results := make(chan result)
		for i := range 20 {
			p := w.stranger(string(rune('a' + i)))
			go func() {
				var r result
				p.say(pml.Command{Kind: pml.Request, Segment: i % 4, Request: i})
				last := time.Now()
				for {
					c, raw, ok := p.hear()
					if !ok {
						t.Error("closed")
						break
					}
					if c.Kind == pml.Announcement && raw == nil {
						continue
					}
					r.gap = max(r.gap, time.Since(last))
					last = time.Now()
					if r.absent = c.Kind == pml.Absent; raw == nil && c.Kind != pml.Data {
						break
					}
				}
				results <- r
			}()
			time.Sleep(500 * time.Millisecond)
		}
		absent := 0
		for range 20 {
			r := <-results
			if r.gap > 2*time.Second {
				t.Errorf("a gap of %v", r.gap)
			}
			if r.absent {
				absent++
			}
		}
		if absent == 0 || absent > 18 {
			t.Errorf("%d of 20 were sent elsewhere", absent)
		}
	})
}

// TestFairShare: a peer with a fast line does not starve one with another.
func TestFairShare(t *testing.T) {
	t.Parallel()
	inWorld(t, 20, 1_000_000, true, func(t *testing.T, w *world) {
		w.gate.set(false, 1_000_000)
		got := [2]int{}
		for i := range 2 {
			p := w.stranger(string(rune('a' + i)))
			go func() {
				for n := 0; ; n++ {
					p.say(pml.Command{Kind: pml.Request, Segment: n % 20, Request: n % 1000})
					for {
						c, raw, ok := p.hear()
						if !ok {
							return
						}
						if raw == nil && c.Kind == pml.Completed {
							break
						}
						got[i] += len(raw)
					}
				}
			}()
		}
		time.Sleep(20 * time.Second)
		synctest.Wait()
		if a, b := got[0], got[1]; a+b < 15_000_000 || a > b*5/4 || b > a*5/4 {
			t.Errorf("got %d and %d bytes", a, b)
		}
	})
}

// TestSharedReads: viewers of the same moment cost one reading of the disk.
func TestSharedReads(t *testing.T) {
	t.Parallel()
	inWorld(t, 2, 1_000_000, true, func(t *testing.T, w *world) {
		w.gate.set(false, 2_000_000)
		done := make(chan bool)
		for i := range 5 {
			p := w.stranger(string(rune('a' + i)))
			go func() { done <- bytes.Equal(p.get(0, 1, 0), w.data[0]) }()
		}
		for range 5 {
			if !<-done {
				t.Error("other bytes")
			}
		}
		synctest.Wait()
		if w.shelf.Reads() != 1 || len(w.swarm.reads) != 0 || w.net.bytes != 0 || w.net.uploads != 0 {
			t.Errorf("%d readings, %d kept, %d bytes counted", w.shelf.Reads(), len(w.swarm.reads), w.net.bytes)
		}
	})
}
