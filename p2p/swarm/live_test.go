package swarm

import (
	"bytes"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"vidiverse/p2p"
	"vidiverse/p2p/p2ptest"
	"vidiverse/p2p/pml"
)

// band is a live's window in memory, as its user sees it: a Sliding.
type band struct {
	*p2ptest.Shelf
	first, end int
	untold     int // ids from here on have no digest yet
	extents    []p2p.Extent
}

func (b *band) Span() (first, end int) { return b.first, b.end }

func (b *band) Extent(i int) (p2p.Extent, error) {
	if i < b.first || i >= min(b.end, b.untold) {
		return p2p.Extent{}, p2p.ErrAbsent
	}
	e := b.extents[i]
	if !b.Has(i) {
		e.Length = 0
	}
	return e, nil
}

// inLive runs f in a bubble with the swarm of a live of n segments, whose
// window is first to end.
func inLive(t *testing.T, n, size, first, end int, f func(t *testing.T, w *world, b *band)) {
	inWorld(t, n, size, false, func(t *testing.T, w *world) {
		b := &band{Shelf: w.shelf, first: first, end: end, untold: end, extents: w.extents}
		w.swarm.Leave()
		w.swarm = w.net.Join(Stream{Segments: b})
		f(t, w, b)
	})
}

// TestLive: ids are media sequence numbers; what appears is announced at once,
// what has left the window is withdrawn and not given.
func TestLive(t *testing.T) {
	t.Parallel()
	inLive(t, 340, 10_000, 300, 315, func(t *testing.T, w *world, b *band) {
		for i := 300; i < 315; i++ {
			if err := b.Put(i, w.data[i]); err != nil {
				t.Fatal(err)
			}
		}
		p := w.stranger("anna")
		if got := p.next(pml.Announcement).Loaded; len(got) != 15 || slices.Min(got) != 300 || slices.Max(got) != 314 {
			t.Errorf("announced %v", got)
		}
		if got := p.get(314, 1, 0); !bytes.Equal(got, w.data[314]) {
			t.Errorf("got %d bytes", len(got))
		}
		began := time.Now()
		b.first, b.end, b.untold = 302, 317, 317
		b.Drop(300)
		b.Drop(301)
		if err := b.Put(315, w.data[315]); err != nil {
			t.Fatal(err)
		}
		if got := p.next(pml.Announcement).Loaded; len(got) != 14 || slices.Min(got) != 302 || slices.Max(got) != 315 || time.Since(began) > 300*time.Millisecond {
			t.Errorf("after %v announced %v", time.Since(began), got)
		}
		for _, gone := range []int{300, 301, 316, 299, 1 << 40} {
			if got := p.get(gone, 2, 0); got != nil {
				t.Errorf("segment %d: got %d bytes", gone, len(got))
			}
		}
	})
}

// TestLiveFetch: a segment of which only the digest is known comes from who
// saw it first, even before our own playlist named it.
func TestLiveFetch(t *testing.T) {
	t.Parallel()
	inLive(t, 340, 20_000, 300, 310, func(t *testing.T, w *world, b *band) {
		p := w.stranger("anna")
		p.holds(308, 309, 310, 311)
		go p.answer(w.data)
		synctest.Wait()
		if got, _, err := w.fetch(309); err != nil || !bytes.Equal(got, w.data[309]) {
			t.Errorf("got %d bytes, %v", len(got), err)
		}
		if w.swarm.Has(310) {
			t.Error("it has what our playlist does not name")
		}
		b.first, b.end, b.untold = 302, 312, 312
		if !w.swarm.Has(310) || !w.swarm.Has(311) {
			t.Error("what the peer saw before us is forgotten")
		}
		if got, _, err := w.fetch(311); err != nil || !bytes.Equal(got, w.data[311]) {
			t.Errorf("got %d bytes, %v", len(got), err)
		}
	})
}

// TestUnknownDigest: while the origin has not said a digest nobody is asked for
// the segment, and nobody waits for it: it comes from the origin.
func TestUnknownDigest(t *testing.T) {
	t.Parallel()
	inLive(t, 340, 10_000, 300, 310, func(t *testing.T, w *world, b *band) {
		b.untold = 309
		p := w.stranger("anna")
		p.holds(308, 309)
		synctest.Wait()
		if w.swarm.Has(309) {
			t.Error("it offers what cannot be checked")
		}
		if _, took, err := w.fetch(309); !errors.Is(err, p2p.ErrAbsent) || took > 0 || w.swarm.Stats().Failed != 0 {
			t.Errorf("%v after %v, %+v", err, took, w.swarm.Stats())
		}
	})
}

// TestLivePollution: where only the peer says how long a segment is, it may not
// say much, and what it sends is checked like all else: an old segment, another
// rendition's, one with a bit flipped.
func TestLivePollution(t *testing.T) {
	t.Parallel()
	sends := map[string]func(w *world, i int) (size int64, data []byte){
		"an old segment":    func(w *world, i int) (int64, []byte) { return int64(len(w.data[i-7])), w.data[i-7] },
		"half of it":        func(w *world, i int) (int64, []byte) { return 5000, w.data[i][:5000] },
		"no bytes":          func(w *world, i int) (int64, []byte) { return 0, nil },
		"endless bytes":     func(w *world, i int) (int64, []byte) { return 1 << 40, w.data[i] },
		"a little too much": func(w *world, i int) (int64, []byte) { return maxLive + 1, w.data[i] },
		"a bit flipped": func(w *world, i int) (int64, []byte) {
			b := bytes.Clone(w.data[i])
			b[77] ^= 1
			return int64(len(b)), b
		},
	}
	for name, send := range sends {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inLive(t, 340, 10_000, 300, 310, func(t *testing.T, w *world, b *band) {
				p := w.stranger("mallory")
				p.holds(305)
				go func() {
					c := p.next(pml.Request)
					size, data := send(w, c.Segment)
					p.say(pml.Command{Kind: pml.Data, Segment: c.Segment, Request: c.Request, Size: size})
					p.raw(data)
					p.closed()
				}()
				if got, took, err := w.fetch(305); err == nil || took > time.Second {
					t.Errorf("got %d bytes after %v", len(got), took)
				}
				synctest.Wait()
				if st := w.swarm.Stats(); st.Banned != 1 || st.Peers != 0 {
					t.Errorf("stats %+v", st)
				}
			})
		})
	}
}

// TestLiveGreed: whoever stays for a live is given each of its segments, but
// none again and again.
func TestLiveGreed(t *testing.T) {
	t.Parallel()
	inLive(t, 120, 200_000, 0, 10, func(t *testing.T, w *world, b *band) {
		good, bad := w.stranger("anna"), w.stranger("mallory")
		got := [2]int{}
		for i := range 100 {
			if err := b.Put(i, w.data[i]); err != nil {
				t.Fatal(err)
			}
			if i >= 10 {
				b.first, b.end, b.untold = i-9, i+1, i+1
				b.Drop(i - 10)
			}
			if good.get(i, 1, 0) != nil {
				got[0]++
			}
			for n := range 5 {
				if i < 30 && bad.get(i, n, 0) != nil {
					got[1]++
				}
			}
			time.Sleep(4 * time.Second)
		}
		if got[0] != 100 || got[1] > 3*(30+10)+5 {
			t.Errorf("who watches got %d, who hoards %d", got[0], got[1])
		}
	})
}

// TestFetching: what is being fetched from the origin is told to peers, who then
// do not fetch it too, and is heard from them.
func TestFetching(t *testing.T) {
	t.Parallel()
	inWorld(t, 300, 10, false, func(t *testing.T, w *world) {
		p := w.stranger("anna")
		p.next(pml.Announcement)
		w.swarm.Fetching(7, true)
		w.swarm.Fetching(7, true)
		w.swarm.Fetching(290, true)
		if got := p.next(pml.Announcement); !slices.Equal(got.Loading, []int{7, 290}) || len(got.Loaded) > 0 {
			t.Errorf("announced %+v", got)
		}
		w.swarm.Fetching(7, false)
		w.swarm.Fetching(290, false)
		if got := p.next(pml.Announcement); !slices.Equal(got.Loading, []int{7}) {
			t.Errorf("then announced %+v", got)
		}
		p.say(pml.Command{Kind: pml.Announcement, Loaded: []int{3}, Loading: []int{4, 999}})
		synctest.Wait()
		for i, want := range map[int][2]int{3: {1, 0}, 4: {0, 1}, 5: {0, 0}, 999: {0, 0}} {
			if hold, fetch := w.swarm.Holders(i); [2]int{hold, fetch} != want {
				t.Errorf("segment %d: %d hold it, %d fetch it", i, hold, fetch)
			}
		}
		if w.swarm.Has(4) {
			t.Error("what is on its way there can be asked for")
		}
	})
}

// TestSet: numbers out of bounds are nowhere.
func TestSet(t *testing.T) {
	t.Parallel()
	var s set
	s.add(3) // there is no room yet
	s.reset(300, 315)
	for _, i := range []int{-1, 0, 299, 300, 314, 1 << 62, -1 << 62} {
		s.add(i)
	}
	if s.contains(299) || !s.contains(300) || !s.contains(314) || s.contains(1<<62) || s.all(300, 315) || len(s.bits) != 1 {
		t.Errorf("got %v", s)
	}
	s.remove(300)
	s.remove(1 << 62)
	if s.contains(300) || !s.all(314, 315) {
		t.Error("removed, and still there")
	}
}
