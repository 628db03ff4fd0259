package swarm

import (
	"bytes"
	"slices"
	"testing"

	"vidiverse/p2p/p2ptest"
)

// meeting is a node that finds others through a tracker.
func meeting(t testing.TB) node {
	t.Helper()
	n := node{host: p2ptest.Host(t), gate: &valve{}}
	n.Net = New(Config{Host: n.host, Signal: p2ptest.Signal(t), Gate: n.gate})
	n.stop = p2ptest.Serve(t, n.Serve)
	p2ptest.Until(t, "served", func() bool { return n.room() > 0 })
	return n
}

// TestThroughTracker: three nodes meet at a tracker. What one holds comes to the
// second, which gives it on to the third.
func TestThroughTracker(t *testing.T) {
	t.Parallel()
	data, extents := p2ptest.Film(11, 270, 20_000)
	stream := Stream{Trackers: []string{p2ptest.Tracker(t)}, Hash: [20]byte([]byte("yu4nZlrjK/1zxQxbmo0Q"))}
	a, b := meeting(t), meeting(t)
	stream.Segments = p2ptest.FullShelf(data, extents)
	giver := a.Join(stream)
	second := p2ptest.NewShelf(extents)
	stream.Segments = second
	taker := b.Join(stream)
	if taker.member != nil {
		t.Error("it looks for peers with nothing to give or to take")
	}
	taker.Want(true)
	p2ptest.Until(t, "announcement", func() bool { return taker.Has(269) })
	for i := range data {
		got, err := taker.Fetch(t.Context(), i)
		if err == nil {
			err = second.Put(i, got)
		}
		if err != nil {
			t.Fatalf("segment %d: %v", i, err)
		}
	}
	taker.Want(false)
	if taker.member == nil {
		t.Error("it holds something and looks for nobody")
	}
	giver.Leave()
	p2ptest.Until(t, "nobody", func() bool { return taker.Stats().Peers == 0 })

	c := meeting(t)
	stream.Segments = p2ptest.NewShelf(extents)
	third := c.Join(stream)
	third.Want(true)
	p2ptest.Until(t, "announcement", func() bool { return third.Has(269) })
	for _, i := range []int{0, 255, 256, 269} {
		if got, err := third.Fetch(t.Context(), i); err != nil || !bytes.Equal(got, data[i]) {
			t.Errorf("segment %d: got %d bytes, %v", i, len(got), err)
		}
	}
	if st := taker.Stats(); st.Served != 4 || st.Fetched != 270 {
		t.Errorf("the one in the middle: %+v", st)
	}
	if !slices.Equal(second.Held(), all(270)) {
		t.Error("it does not hold what it fetched")
	}
}
