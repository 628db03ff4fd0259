package swarm

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"vidiverse/p2p"
	"vidiverse/p2p/pml"
)

// TestHostilePeers: what strangers do instead of serving, and what becomes of
// them and of the segment. A good peer is there as well, and in each case it
// must bring the segment.
func TestHostilePeers(t *testing.T) {
	t.Parallel()
	const size = 200_000
	data := func(s *stranger, c pml.Command, size int64) {
		s.say(pml.Command{Kind: pml.Data, Segment: c.Segment, Request: c.Request, Size: size})
	}
	tests := []struct {
		name   string
		do     func(s *stranger, c pml.Command, b []byte)
		within time.Duration // until the good peer's bytes are there
		banned bool
	}{
		{name: "flips a bit", banned: true, do: func(s *stranger, c pml.Command, b []byte) {
			b = bytes.Clone(b)
			b[1000] ^= 4
			data(s, c, int64(len(b)))
			s.raw(b)
		}},
		{name: "sends another segment", banned: true, do: func(s *stranger, c pml.Command, b []byte) {
			data(s, c, int64(len(b)))
			s.raw(bytes.Repeat([]byte{7}, len(b)))
		}},
		{name: "says another size", banned: true, do: func(s *stranger, c pml.Command, b []byte) {
			data(s, c, int64(len(b)-1))
			s.raw(b[1:])
		}},
		{name: "says a size that no memory holds", banned: true, do: func(s *stranger, c pml.Command, b []byte) {
			data(s, c, 1<<52)
		}},
		{name: "sends more than it said", banned: true, do: func(s *stranger, c pml.Command, b []byte) {
			data(s, c, int64(len(b)))
			s.raw(b[:len(b)-1])
			s.raw(b)
		}},
		{name: "completes too soon", banned: true, do: func(s *stranger, c pml.Command, b []byte) {
			data(s, c, int64(len(b)))
			s.raw(b[:len(b)/2])
			s.say(pml.Command{Kind: pml.Completed, Segment: c.Segment, Request: c.Request})
		}},
		{name: "begins twice", banned: true, do: func(s *stranger, c pml.Command, b []byte) {
			data(s, c, int64(len(b)))
			s.raw(b[:len(b)/2])
			data(s, c, int64(len(b)))
		}},
		{name: "never answers", within: 2 * time.Second, do: func(s *stranger, c pml.Command, b []byte) {}},
		{name: "stops halfway", within: 2 * time.Second, do: func(s *stranger, c pml.Command, b []byte) {
			data(s, c, int64(len(b)))
			s.raw(b[:len(b)/2])
		}},
		{name: "answers another request", within: 2 * time.Second, do: func(s *stranger, c pml.Command, b []byte) {
			c.Request++
			data(s, c, int64(len(b)))
			s.raw(b)
			s.say(pml.Command{Kind: pml.Completed, Segment: c.Segment, Request: c.Request})
		}},
		{name: "drips", within: 6 * time.Second, do: func(s *stranger, c pml.Command, b []byte) {
			data(s, c, int64(len(b)))
			for ; len(b) > 0; b = b[1000:] {
				if s.conn.Write(b[:1000]) != nil {
					return
				}
				time.Sleep(1900 * time.Millisecond)
			}
		}},
		{name: "says that it is absent", do: func(s *stranger, c pml.Command, b []byte) {
			s.say(pml.Command{Kind: pml.Absent, Segment: c.Segment, Request: c.Request})
		}},
		{name: "vanishes in the middle", do: func(s *stranger, c pml.Command, b []byte) {
			data(s, c, int64(len(b)))
			s.raw(b[:len(b)/2])
			s.conn.Close()
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			inWorld(t, 20, size, false, func(t *testing.T, w *world) {
				bad := w.stranger("mallory")
				bad.holds(all(20)...)
				asked := make(chan bool, 100)
				go func() {
					for {
						c, raw, ok := bad.hear()
						if !ok {
							return
						}
						if raw == nil && c.Kind == pml.Request {
							asked <- true
							tt.do(bad, c, w.data[c.Segment])
						}
					}
				}()
				synctest.Wait()
				// Alone it brings nothing.
				if got, took, err := w.fetch(0); err == nil || took > tt.within || len(asked) != 1 {
					t.Fatalf("alone: got %d bytes after %v, %v, asked %d times", len(got), took, err, len(asked))
				}
				good := w.stranger("anna")
				good.holds(all(20)...)
				go good.answer(w.data)
				synctest.Wait()
				for i := range 20 {
					got, took, err := w.fetch(i)
					if err != nil || !bytes.Equal(got, w.data[i]) || took > tt.within {
						t.Fatalf("segment %d: %d bytes after %v: %v", i, len(got), took, err)
					}
				}
				st := w.swarm.Stats()
				if tt.banned && (st.Banned != 1 || st.Peers != 1 || len(asked) != 1) {
					t.Errorf("asked %d times, then %+v", len(asked), st)
				}
				if st.Fetched != 20 {
					t.Errorf("stats %+v", st)
				}
				if _, err := w.swarm.expect("mallory", false); tt.banned && !errors.Is(err, errAvoided) {
					t.Errorf("it may come again: %v", err)
				}
				w.cancel()
				<-w.ended
			})
		})
	}
}

// TestUseless: who claims to hold everything and brings nothing is sent away,
// because others do not fetch elsewhere what it claims.
func TestUseless(t *testing.T) {
	t.Parallel()
	inWorld(t, 10, 100_000, false, func(t *testing.T, w *world) {
		bad := w.stranger("mallory")
		bad.holds(all(10)...)
		requests, cancels := 0, 0
		for range 3 {
			_, took, err := w.fetch(0)
			if err == nil || errors.Is(err, p2p.ErrAbsent) || took > 3*time.Second {
				t.Errorf("%v after %v", err, took)
			}
		}
		for {
			c, _, ok := bad.hear()
			if !ok {
				break
			}
			switch c.Kind {
			case pml.Request:
				requests++
			case pml.Cancel:
				cancels++
			}
		}
		synctest.Wait()
		if requests != 3 || cancels < 2 || w.swarm.Stats().Banned != 1 || w.swarm.Has(0) {
			t.Errorf("%d requests, %d cancels, %+v", requests, cancels, w.swarm.Stats())
		}
	})
}

// TestManyNames: an address that lies under one name after another is asked for
// nothing more, and is still served.
func TestManyNames(t *testing.T) {
	t.Parallel()
	inWorld(t, 10, 50_000, false, func(t *testing.T, w *world) {
		if err := w.shelf.Put(3, w.data[3]); err != nil {
			t.Fatal(err)
		}
		asked := 0
		for n := range 8 {
			ours, theirs := link()
			ours.remote = netip.MustParseAddrPort("192.0.2.77:4000")
			w.connect(fmt.Sprint("mallory", n), ours)
			s := &stranger{t: t, conn: theirs}
			s.holds(0, 1, 2)
			synctest.Wait()
			go func() { _, _ = w.swarm.Fetch(t.Context(), 0) }()
			synctest.Wait()
			if n >= maxLies {
				if got := s.get(3, 1, 0); !bytes.Equal(got, w.data[3]) {
					t.Errorf("the %d.: not served", n)
				}
				continue
			}
			c := s.next(pml.Request)
			asked++
			s.say(pml.Command{Kind: pml.Data, Segment: 0, Request: c.Request, Size: 1})
			s.closed()
			synctest.Wait()
		}
		if asked != maxLies || w.swarm.Stats().Failed != maxLies {
			t.Errorf("asked %d times: %+v", asked, w.swarm.Stats())
		}
	})
}

// TestFloods: what no peer of good will sends ends the connection, and costs
// little until then.
func TestFloods(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		count int
		flood func(s *stranger) error
	}{
		{"commands", 1000, func(s *stranger) error {
			return s.conn.Write(pml.Command{Kind: pml.Announcement}.Chunks(pml.MaxMessage)[0])
		}},
		{"garbled commands", 100, func(s *stranger) error { return s.conn.Write([]byte("cstr\x07\xffcend")) }},
		{"continuations", 100, func(s *stranger) error { return s.conn.Write([]byte("dstr\x07\xffdend")) }},
		{"bytes that nobody asked for", 1000, func(s *stranger) error { return s.conn.Write(make([]byte, 60_000)) }},
		{"requests that it does not wait for", 100, func(s *stranger) error {
			return s.conn.Write(pml.Command{Kind: pml.Request, Segment: 1, Request: 3}.Chunks(pml.MaxMessage)[0])
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			inWorld(t, 10, 500_000, true, func(t *testing.T, w *world) {
				s := w.stranger("mallory")
				go func() {
					for range tt.count {
						if tt.flood(s) != nil {
							return
						}
					}
				}()
				s.closed()
				synctest.Wait()
				if st := w.swarm.Stats(); st.Banned != 1 || st.Sent > 3<<20 || w.shelf.Reads() > 60 {
					t.Errorf("%d readings, %+v", w.shelf.Reads(), st)
				}
			})
		})
	}
}

// TestGreed: over one connection a file goes a few times, and no more.
func TestGreed(t *testing.T) {
	t.Parallel()
	inWorld(t, 4, 2_000_000, true, func(t *testing.T, w *world) {
		s := w.stranger("mallory")
		got := 0
		for i := range 30 {
			if s.get(i%4, i, 0) != nil {
				got++
			}
		}
		if got < 8 || got > 13 {
			t.Errorf("got %d segments of a file of 4", got)
		}
	})
}
