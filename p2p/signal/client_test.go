package signal

import (
	"strings"
	"testing"
	"time"

	trackers "vidiverse/p2p/tracker"
)

// TestMeet breaks when two nodes of one swarm do not find each other through our
// own tracker, or when one that is alone bothers it with offers.
func TestMeet(t *testing.T) {
	t.Parallel()
	tr, url := serveTracker(t, trackers.Config{Public: true})
	a, _ := serve(t, quick())
	b, stopB := serve(t, quick())
	alice, bob := &party{name: "alice"}, &party{name: "bob"}
	hash := hashOf("meet\x00\xff\x80\"\\é")
	ma := a.Join([]string{"https://one.test/tracker/announce", url}, hash, alice)
	until(t, "the first announce", func() bool { return tr.Stats().Announces == 1 && a.Stats().Announces == 1 })
	if got := tr.Stats().Offers; got != 0 {
		t.Errorf("offers of one who is alone: got %d", got)
	}
	mb := b.Join([]string{url}, hash, bob)
	until(t, "an answer", func() bool { return bob.seen().answers == 1 })
	if got, want := alice.offered[0], mb.PeerID()+" offer of bob"; got != want {
		t.Errorf("alice was offered %q, want %q", got, want)
	}
	if got := bob.answers[0]; got != "answer of alice" {
		t.Errorf("bob was answered %q", got)
	}
	if mb.Others() != 1 || ma.Others() != 0 {
		t.Errorf("others: got %d and %d, want 1 and 0", mb.Others(), ma.Others())
	}
	if id := ma.PeerID(); len(id) != 20 || !strings.HasPrefix(id, "-VD0001-") || id == mb.PeerID() {
		t.Errorf("peer id %q", id)
	}
	if s := b.Stats(); s.Pending != 0 || s.Offers != 1 || s.Answers != 1 || s.Sockets != 1 || s.Members != 1 {
		t.Errorf("stats: %+v", s)
	}
	mb.Leave()
	until(t, "the leaving to be told", func() bool { return tr.Stats().Members == 1 })
	stopB()
	until(t, "the socket's end", func() bool { return tr.Stats().Sockets == 1 })
}

// TestUnknownHash breaks when one hash that an origin does not know shuts us out
// for good: it must be told once, then no more, and the origin left in peace.
func TestUnknownHash(t *testing.T) {
	t.Parallel()
	good, bad := hashOf("good"), hashOf("bad")
	tr, url := serveTracker(t, trackers.Config{Allow: known{good: true}})
	c, _ := serve(t, quick())
	mb := c.Join([]string{url}, bad, &party{})
	until(t, "the refusal", mb.Dead)
	mg := c.Join([]string{url}, good, &party{})
	until(t, "the socket's end", func() bool { return c.Stats().Sockets == 0 })
	if c.Stats().Dead != 1 || mg.Dead() {
		t.Errorf("dead: got %d, and the good one %v", c.Stats().Dead, mg.Dead())
	}
	c.mu.Lock()
	wait := time.Until(mb.entries[0].t.origin.until)
	c.mu.Unlock()
	if wait < 3*time.Minute-patience {
		t.Errorf("the origin is left alone for %v, want three minutes", wait)
	}
	mb.Leave()
	again := c.Join([]string{url}, bad, &party{})
	if !again.Dead() {
		t.Error("the hash is announced again once it is joined again")
	}
	if got := tr.Stats().Announces; got != 0 {
		t.Errorf("announces: got %d", got)
	}
}
