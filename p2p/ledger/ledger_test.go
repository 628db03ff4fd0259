package ledger_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"vidiverse/p2p"
	"vidiverse/p2p/ledger"
	"vidiverse/p2p/limit"
)

// gate lets everything pass until it is shut.
type gate struct {
	mu   sync.Mutex
	sum  int64
	shut error
}

func (g *gate) Wait(ctx context.Context, n int) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	if g.shut == nil {
		g.sum += int64(n)
	}
	return g.shut
}

var (
	river = p2p.FileID{Origin: "mare.video", Video: "a", Name: "720.mp4"}
	mill  = p2p.FileID{Origin: "mare.video", Video: "b", Name: "720.mp4"}
)

// TestSums: a byte that passed the gate stands once under its transport, once
// under its file and once under its connection, whatever happens meanwhile.
func TestSums(t *testing.T) {
	g := &gate{}
	l := ledger.New(g, ledger.Config{})
	var wg sync.WaitGroup
	for i, transport := range ledger.Transports() {
		for range 3 {
			wg.Go(func() {
				c := l.Open(ledger.Use{Transport: transport, File: river})
				defer c.Close()
				for n := range 100 {
					if n == 50 {
						c.Of(mill)
					}
					if err := c.Wait(t.Context(), 100+i); err != nil {
						t.Error(err)
					}
					c.Sent(90)
					c.Vain(9)
				}
			})
		}
	}
	wg.Wait()
	var line, sent, byFile int64
	for transport, s := range l.ByTransport() {
		line, sent = line+s.Line, sent+s.Sent
		if s.Open != 0 || s.Opened != 3 || s.Sent != 3*100*90 || s.Vain != s.Sent/10 {
			t.Errorf("%s: got %+v", transport, s)
		}
	}
	for _, s := range l.ByFile() {
		byFile += s.Line
	}
	if line != g.sum || byFile != g.sum || sent != 4*3*100*90 {
		t.Errorf("got %d by transport, %d by file, want the gate's %d; %d of media", line, byFile, g.sum, sent)
	}
	first := l.Drain()
	if first[river] != sent/2 || first[mill] != sent/2 || len(l.Drain()) != 0 {
		t.Errorf("drained: got %v, want half of %d each, once", first, sent)
	}
	l.Return(first)
	if l.Undrained()[river] != sent/2 {
		t.Error("what was given back is lost")
	}
}

// TestEvents: a person can read why and to whom; who asks a thousand times
// makes one line, and a long gift a few.
func TestEvents(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	g := &gate{}
	l := ledger.New(g, ledger.Config{Now: func() time.Time { return now }, Events: 8})
	c := l.Open(ledger.Use{Transport: ledger.MediaLoader, File: river})
	for range 25 {
		c.Sent(1000)
		now = now.Add(time.Second)
	}
	if got := l.Events(0, 100); len(got) != 4 || got[1].Kind != ledger.Gave || got[1].Bytes != 10_000 || got[3].Number != 0 || got[3].Bytes != 5000 {
		t.Errorf("while it is given: got %+v", got)
	}
	g.shut = &limit.Closed{Reason: limit.Cap}
	for range 1000 {
		if err := c.Wait(t.Context(), 1); !errors.Is(err, g.shut) {
			t.Fatal(err)
		}
	}
	c.Close()
	c.Close()
	got := l.Events(3, 100)
	want := []ledger.Kind{ledger.Refused, ledger.Gave, ledger.Closed}
	if len(got) != len(want) {
		t.Fatalf("got %+v", got)
	}
	for i, e := range got {
		if e.Kind != want[i] || e.Peer != c.Number() || e.File != river {
			t.Errorf("event %d: got %+v, want %s", i, e, want[i])
		}
	}
	if got[0].Reason != limit.Cap || got[0].Times != 1000 || got[2].Bytes != 25_000 {
		t.Errorf("got %+v", got)
	}
	for range 20 {
		l.Open(ledger.Use{Transport: ledger.HTTP}).Close()
	}
	if kept := l.Events(0, 100); len(kept) != 8 || kept[7].Number != 46 {
		t.Errorf("kept: got %d events, the last %+v", len(kept), kept[len(kept)-1])
	}
	if two := l.Events(44, 1); len(two) != 1 || two[0].Kind != ledger.Closed {
		t.Errorf("the newest: got %+v", two)
	}
}

// TestBounds: more files than are told apart cost no more memory and no byte of
// the sum.
func TestBounds(t *testing.T) {
	l := ledger.New(&gate{}, ledger.Config{Files: 10})
	c := l.Open(ledger.Use{Transport: ledger.BitTorrent})
	for i := range 1000 {
		c.Of(p2p.FileID{Video: string(rune('a' + i))})
		c.Sent(1)
	}
	sum := int64(0)
	for _, s := range l.ByFile() {
		sum += s.Sent
	}
	if n := len(l.ByFile()); n > 11 || sum != 1000 {
		t.Errorf("got %d files with %d bytes, want 11 at most with 1000", n, sum)
	}
}

// TestDelay: what packets wait is known while something is sent, from the
// connection that tells most of the household's own line, and never from one
// within the house.
func TestDelay(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	l := ledger.New(&gate{}, ledger.Config{Now: func() time.Time { return now }})
	trip := map[string]time.Duration{"far": 80 * time.Millisecond, "slow": 30 * time.Millisecond, "near": time.Millisecond}
	lines := map[string]*ledger.Line{}
	for name := range trip {
		lines[name] = l.Open(ledger.Use{Transport: ledger.MediaLoader, RTT: func() time.Duration { return trip[name] }})
	}
	if d, known := l.Delay(); known {
		t.Errorf("while nothing is sent: got %v", d)
	}
	want := func(what string, want time.Duration) {
		t.Helper()
		var d time.Duration
		known := false
		for range 4 { // a single long one is nothing
			now = now.Add(time.Second)
			for _, c := range lines {
				c.Sent(1000)
			}
			d, known = l.Delay()
		}
		if !known || d != want {
			t.Errorf("%s: got %v, %v, want %v", what, d, known, want)
		}
	}
	want("at best", 0)
	trip["slow"] = 900 * time.Millisecond
	want("one has a slow line of its own", 0)
	trip["far"] = 120 * time.Millisecond
	want("all wait", 40*time.Millisecond)
	now = now.Add(6 * time.Minute)
	want("the route may be another", 40*time.Millisecond)
	now = now.Add(6 * time.Minute)
	want("it is", 0)
	lines["far"].Close()
	lines["slow"].Close()
	delete(lines, "far")
	delete(lines, "slow")
	now = now.Add(time.Second)
	lines["near"].Sent(1)
	trip["near"] = time.Second
	if d, known := l.Delay(); known {
		t.Errorf("within the house: got %v", d)
	}
}
