package swarm

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"testing"
	"time"

	"vidiverse/p2p"
	"vidiverse/p2p/p2ptest"
	"vidiverse/p2p/pml"
	"vidiverse/p2p/rtc"
)

// node is a Net with real connections.
type node struct {
	*Net
	host *rtc.Host
	gate *valve
	stop func()
}

func newNode(t testing.TB) node {
	t.Helper()
	n := node{host: p2ptest.Host(t), gate: &valve{}}
	n.Net = New(Config{Host: n.host, Gate: n.gate})
	n.stop = p2ptest.Serve(t, n.Serve)
	p2ptest.Until(t, "served", func() bool { return n.room() > 0 })
	return n
}

// introduce lets a offer and b answer, as a tracker would.
func introduce(t testing.TB, a, b *Swarm, nameA, nameB string) {
	t.Helper()
	offers := door{a}.Offers(t.Context(), 1)
	if len(offers) != 1 {
		t.Fatal("no offer")
	}
	answer, err := door{b}.Offered(t.Context(), nameA, offers[0].SDP)
	if err != nil {
		t.Fatal(err)
	}
	door{a}.Answered(offers[0].ID, nameB, answer)
}

// TestTransfer: two nodes over real connections; 300 segments, which is more
// than a group of an announcement holds; one offers, then the other.
func TestTransfer(t *testing.T) {
	t.Parallel()
	data, extents := p2ptest.Film(3, 300, 30_000)
	for _, offering := range []string{"giver", "taker"} {
		t.Run(offering+" offers", func(t *testing.T) {
			t.Parallel()
			a, b := newNode(t), newNode(t)
			giver := a.Join(Stream{Segments: p2ptest.FullShelf(data, extents)})
			shelf := p2ptest.NewShelf(extents)
			taker := b.Join(Stream{Segments: shelf})
			if offering == "giver" {
				introduce(t, giver, taker, "giver", "taker")
			} else {
				introduce(t, taker, giver, "taker", "giver")
			}
			p2ptest.Until(t, "announcement", func() bool { return taker.Has(299) })
			for i := range data {
				if !taker.Has(i) {
					t.Fatalf("segment %d is not announced", i)
				}
				got, err := taker.Fetch(t.Context(), i)
				if err == nil {
					err = shelf.Put(i, got)
				}
				if err != nil {
					t.Fatalf("segment %d: %v", i, err)
				}
			}
			peers := giver.Peers()
			if len(peers) != 1 || !peers[0].Remote.IsValid() || peers[0].Sent != taker.Stats().Received {
				t.Errorf("peers %+v, %+v", peers, taker.Stats())
			}
			p2ptest.Until(t, "the taker's own announcement", func() bool { return giver.Has(0) && giver.Has(299) })
			b.stop()
			p2ptest.Until(t, "the giver alone", func() bool { return giver.Stats().Peers == 0 })
		})
	}
}

// TestRealSource: the contract of sources over a real connection.
func TestRealSource(t *testing.T) {
	t.Parallel()
	data, extents := p2ptest.Film(4, 5, 300_000)
	a, b := newNode(t), newNode(t)
	giver := a.Join(Stream{Segments: p2ptest.FullShelf(data[:4], extents)})
	taker := b.Join(Stream{Segments: p2ptest.NewShelf(extents)})
	introduce(t, giver, taker, "giver", "taker")
	p2ptest.Until(t, "announcement", func() bool { return taker.Has(3) })
	p2ptest.Sources(t, taker, append(slices.Clone(data[:4]), nil))
}

// TestRealGlare: both offer at the same moment; there is one connection in the
// end, and it works.
func TestRealGlare(t *testing.T) {
	t.Parallel()
	data, extents := p2ptest.Film(5, 4, 30_000)
	a, b := newNode(t), newNode(t)
	giver := a.Join(Stream{Segments: p2ptest.FullShelf(data, extents)})
	taker := b.Join(Stream{Segments: p2ptest.NewShelf(extents)})
	giver.self, taker.self = "giver", "taker"
	mine, theirs := door{giver}.Offers(t.Context(), 1), door{taker}.Offers(t.Context(), 1)
	answer1, err1 := door{taker}.Offered(t.Context(), "giver", mine[0].SDP)
	answer2, err2 := door{giver}.Offered(t.Context(), "taker", theirs[0].SDP)
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	door{giver}.Answered(mine[0].ID, "taker", answer1)
	door{taker}.Answered(theirs[0].ID, "giver", answer2)
	p2ptest.Until(t, "announcement", func() bool { return taker.Has(3) })
	p2ptest.Until(t, "one connection", func() bool { return giver.Stats().Peers == 1 && taker.Stats().Peers == 1 && a.Stats().Peers == 1 })
	if got, err := taker.Fetch(t.Context(), 2); err != nil || !bytes.Equal(got, data[2]) {
		t.Errorf("got %d bytes, %v", len(got), err)
	}
}

// TestTwoSwarms: two nodes that share several streams have a connection for each.
func TestTwoSwarms(t *testing.T) {
	t.Parallel()
	a, b := newNode(t), newNode(t)
	for seed := range 6 {
		data, extents := p2ptest.Film(uint64(seed), 4, 100_000)
		giver := a.Join(Stream{Segments: p2ptest.FullShelf(data, extents)})
		taker := b.Join(Stream{Segments: p2ptest.NewShelf(extents)})
		introduce(t, giver, taker, "giver", "taker")
		p2ptest.Until(t, "announcement", func() bool { return taker.Has(3) })
		defer func() {
			for i := range data {
				if got, err := taker.Fetch(t.Context(), i); err != nil || !bytes.Equal(got, data[i]) {
					t.Errorf("stream %d: got %d bytes, %v", seed, len(got), err)
				}
			}
		}()
	}
}

// wild connects a peer that the test speaks for, over a real connection.
func wild(t *testing.T, s *Swarm, id string) *rtc.Conn {
	t.Helper()
	h := p2ptest.Host(t)
	a, err := h.Offer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	answer, err := door{s}.Offered(t.Context(), id, a.SDP())
	if err == nil {
		err = a.Answer(answer)
	}
	if err != nil {
		t.Fatal(err)
	}
	c, err := a.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func tell(t *testing.T, c *rtc.Conn, command pml.Command) {
	t.Helper()
	for _, chunk := range command.Chunks(pml.MaxMessage) {
		if err := c.Write(chunk); err != nil {
			t.Fatal(err)
		}
	}
}

// TestRealPollution: a peer that sends a segment with one bit flipped loses the
// connection at once, and the bytes reach nobody.
func TestRealPollution(t *testing.T) {
	t.Parallel()
	data, extents := p2ptest.Film(6, 3, 200_000)
	n := newNode(t)
	shelf := p2ptest.NewShelf(extents)
	s := n.Join(Stream{Segments: shelf})
	c := wild(t, s, "mallory")
	tell(t, c, pml.Command{Kind: pml.Announcement, Loaded: []int{0, 1, 2}})
	p2ptest.Until(t, "announcement", func() bool { return s.Has(2) })
	go func() {
		buf := make([]byte, pml.MaxMessage)
		var j pml.Joiner
		for {
			got, err := c.Read(buf)
			if err != nil {
				return
			}
			if m, whole, _ := j.Add(buf[:got]); whole && m.Kind == pml.Request {
				b := bytes.Clone(data[m.Segment])
				b[len(b)-1] ^= 1
				_ = c.Write(pml.Command{Kind: pml.Data, Segment: m.Segment, Request: m.Request, Size: int64(len(b))}.Chunks(pml.MaxMessage)[0])
				for len(b) > 0 {
					k := min(len(b), pml.MaxMessage)
					_ = c.Write(b[:k])
					b = b[k:]
				}
			}
		}
	}()
	if got, err := s.Fetch(t.Context(), 1); !errors.Is(err, p2p.ErrDigest) || got != nil {
		t.Errorf("got %d bytes, %v", len(got), err)
	}
	select {
	case <-c.Done():
	case <-time.After(30 * time.Second):
		t.Error("the connection stays")
	}
	if _, err := (door{s}).Offered(t.Context(), "mallory", "v=0"); !errors.Is(err, errAvoided) {
		t.Errorf("it may come again: %v", err)
	}
	if len(shelf.Held()) != 0 || s.Stats().Banned != 1 {
		t.Errorf("held %v, %+v", shelf.Held(), s.Stats())
	}
}

// TestRealGateCloses: when the gate closes in the middle of an upload no more
// of it leaves this machine's socket.
func TestRealGateCloses(t *testing.T) {
	t.Parallel()
	data, extents := p2ptest.Film(7, 1, 20_000_000)
	n := newNode(t)
	n.gate.set(false, 2_000_000)
	s := n.Join(Stream{Segments: p2ptest.FullShelf(data, extents)})
	c := wild(t, s, "anna")
	tell(t, c, pml.Command{Kind: pml.Request, Segment: 0, Request: 1})
	buf := make([]byte, pml.MaxMessage)
	got := 0
	for got < 500_000 {
		k, err := c.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		got += k
	}
	n.gate.set(true, 0)
	atClose := n.host.Stats().Sent
	for {
		k, err := c.Read(buf)
		if err != nil {
			if !errors.Is(err, io.EOF) {
				t.Log(err)
			}
			break
		}
		got += k
	}
	// What was under way, one slice, and the words of parting.
	if more := n.host.Stats().Sent - atClose; more > 600_000 {
		t.Errorf("%d bytes left after the gate closed", more)
	}
	if st := s.Stats(); st.Sent > int64(n.gate.total()) {
		t.Errorf("sent %d, the gate let %d through", st.Sent, n.gate.total())
	}
}

// TestVanishes: a node that dies in the middle of sending is noticed, and
// another brings the segment.
func TestVanishes(t *testing.T) {
	t.Parallel()
	data, extents := p2ptest.Film(8, 2, 3_000_000)
	a, b, c := newNode(t), newNode(t), newNode(t)
	a.gate.set(false, 1_000_000)
	dying, other := a.Join(Stream{Segments: p2ptest.FullShelf(data, extents)}), c.Join(Stream{Segments: p2ptest.FullShelf(data, extents)})
	taker := b.Join(Stream{Segments: p2ptest.NewShelf(extents)})
	introduce(t, taker, dying, "taker", "dying")
	p2ptest.Until(t, "announcement", func() bool { return taker.Has(1) })
	type result struct {
		data []byte
		err  error
	}
	done := make(chan result, 1)
	go func() {
		got, err := taker.Fetch(t.Context(), 1)
		done <- result{got, err}
	}()
	p2ptest.Until(t, "bytes", func() bool { return taker.Stats().Received > 100_000 })
	introduce(t, taker, other, "taker", "other")
	p2ptest.Until(t, "another", func() bool { hold, _ := taker.Holders(1); return hold == 2 })
	a.stop()
	if r := <-done; r.err != nil || !bytes.Equal(r.data, data[1]) {
		t.Errorf("got %d bytes, %v", len(r.data), r.err)
	}
}

// TestOffersExpire: offers that nobody answers are let go, and there are never
// more than there is room for their answers.
func TestOffersExpire(t *testing.T) {
	t.Parallel()
	data, extents := p2ptest.Film(9, 1, 10)
	n := newNode(t)
	s := n.Join(Stream{Segments: p2ptest.FullShelf(data, extents)})
	n.cfg.MaxPeersPerSwarm = 12
	offers := append(door{s}.Offers(t.Context(), 10), door{s}.Offers(t.Context(), 10)...)
	if len(offers) != 12 || n.host.Stats().Attempts != 12 {
		t.Errorf("%d offers, %+v", len(offers), n.host.Stats())
	}
	door{s}.Expired(offers[0].ID)
	door{s}.Expired("nothing of ours")
	if again := (door{s}).Offers(t.Context(), 10); len(again) != 1 {
		t.Errorf("%d more", len(again))
	}
	s.sweep(time.Now().Add(offerTime+time.Second), false)
	p2ptest.Until(t, "none", func() bool { return n.host.Stats().Attempts == 0 })
	door{s}.Answered(offers[1].ID, "late", "v=0")
	if _, err := (door{s}).Offered(context.Background(), "rude", "no description"); err == nil || s.n.peers != 0 || len(s.coming) != 0 {
		t.Errorf("an offer of rubbish: %v, %d counted", err, s.n.peers)
	}
}
