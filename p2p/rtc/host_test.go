package rtc

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
)

// TestMessages breaks when two nodes cannot talk, or when what one wrote as a
// message arrives in other pieces: the protocol above frames by message.
func TestMessages(t *testing.T) {
	t.Parallel()
	a, b := serve(t, loopback()), serve(t, loopback())
	ca, cb := mustConnect(t, a, b)
	sizes := []int{1, 2, 1190, 1200, 16384, 40000, MaxMessage - 1, MaxMessage, 1, MaxMessage}
	if err := exchange(ca, cb, sizes...); err != nil {
		t.Errorf("offerer to answerer: %v", err)
	}
	if err := exchange(cb, ca, sizes...); err != nil {
		t.Errorf("answerer to offerer: %v", err)
	}
	if got := ca.Remote(); !got.Addr().IsLoopback() || got.Port() != b.Addresses()[0].Port() {
		t.Errorf("remote: got %v, want one of %v", got, b.Addresses())
	}
	if got := ca.RTT(); got <= 0 || got > time.Second {
		t.Errorf("round trip: got %v", got)
	}
	for _, n := range []int{0, MaxMessage + 1} {
		if err := ca.Write(make([]byte, n)); err == nil {
			t.Errorf("a message of %d bytes is written", n)
		}
	}
	if err := ca.Close(); err != nil {
		t.Error(err)
	}
	if _, err := cb.Read(make([]byte, MaxMessage)); err == nil {
		t.Error("the other side reads on after close")
	}
	select {
	case <-cb.Done():
	case <-time.After(patience):
		t.Error("the other side does not end")
	}
	if err := ca.Write([]byte("x")); !errors.Is(err, net.ErrClosed) {
		t.Errorf("write after close: got %v, want net.ErrClosed", err)
	}
}

// TestDrained breaks when an uploader is not woken once the network has taken
// what it wrote.
func TestDrained(t *testing.T) {
	t.Parallel()
	a, b := serve(t, loopback()), serve(t, loopback())
	ca, cb := mustConnect(t, a, b)
	var g errgroup.Group
	const messages = 200
	g.Go(func() error {
		buf := make([]byte, MaxMessage)
		for range messages {
			if _, err := cb.Read(buf); err != nil {
				return err
			}
		}
		return nil
	})
	most := 0
	for range messages {
		if err := ca.Write(pattern(1, MaxMessage)); err != nil {
			t.Fatal(err)
		}
		most = max(most, ca.Buffered())
		if err := ca.Drained(within(t), 256<<10); err != nil {
			t.Fatal(err)
		}
	}
	if err := ca.Drained(within(t), 0); err != nil || ca.Buffered() != 0 {
		t.Errorf("drained: %v, %d bytes left", err, ca.Buffered())
	}
	if most > 256<<10+MaxMessage {
		t.Errorf("buffered: got %d bytes", most)
	}
	if err := g.Wait(); err != nil {
		t.Error(err)
	}
	// Nobody reads: the buffer has an end, and a waiter is freed by Close.
	var err error
	for err == nil {
		err = ca.Write(pattern(1, MaxMessage))
	}
	if !errors.Is(err, ErrFull) {
		t.Errorf("write without end: got %v, want ErrFull", err)
	}
	g.Go(func() error { return ca.Drained(t.Context(), 0) })
	ca.Close()
	if err := g.Wait(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("waiting for a closed connection: got %v, want net.ErrClosed", err)
	}
}

// TestTooLong breaks when a peer can send a message longer than it was told to.
func TestTooLong(t *testing.T) {
	t.Parallel()
	a, b := serve(t, loopback()), serve(t, loopback())
	ca, cb := mustConnect(t, a, b)
	if err := ca.Write(pattern(1, 5000)); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, MaxMessage)
	if n, err := cb.Read(buf[:4999]); !errors.Is(err, io.ErrShortBuffer) {
		t.Fatalf("got %d bytes, %v, want io.ErrShortBuffer", n, err)
	}
	if n, err := cb.Read(buf); err != nil || n != 5000 {
		t.Fatalf("with more room: got %d bytes, %v", n, err)
	}
	// A peer that keeps to no limit: pion would refuse to send it.
	long := pattern(1, MaxMessage+1)
	if _, err := ca.raw.Write(long); err == nil {
		if n, err := cb.Read(buf); err == nil {
			t.Errorf("a message too long is read: %d bytes", n)
		}
		<-cb.Done()
	}
}

// TestFingerprint breaks when somebody who comes in a peer's stead is taken for
// the peer, whichever side is deceived.
func TestFingerprint(t *testing.T) {
	t.Parallel()
	a, b := serve(t, loopback()), serve(t, loopback())
	forge := func(sdp string) string {
		i := strings.Index(sdp, "sha-256 ") + len("sha-256 ")
		other := byte('0')
		if sdp[i] == other {
			other = '1'
		}
		return sdp[:i] + string(other) + sdp[i+1:]
	}
	for _, deceived := range []string{"answerer", "offerer"} {
		offer, err := a.Offer(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		there, back := offer.SDP(), func(s string) string { return s }
		if deceived == "answerer" {
			there = forge(there)
		} else {
			back = forge
		}
		answer, err := b.Accept(t.Context(), there)
		if err != nil {
			t.Fatal(err)
		}
		if err := offer.Answer(back(answer.SDP())); err != nil {
			t.Fatal(err)
		}
		side := answer
		if deceived == "offerer" {
			side = offer
		}
		if _, err := side.Conn(within(t)); err == nil {
			t.Errorf("the %s talks to somebody else", deceived)
		}
		offer.Close()
		answer.Close()
	}
}

// TestMany breaks when connections leave something behind, or when many at once
// do not come to be.
func TestMany(t *testing.T) {
	a, b := serve(t, loopback()), serve(t, loopback())
	ca, cb := mustConnect(t, a, b) // what is made once is made now
	ca.Close()
	cb.Close()
	settled(t, a, b)
	before := ours()
	start := time.Now()
	for range 50 {
		ca, cb := mustConnect(t, a, b)
		if err := exchange(ca, cb, 100); err != nil {
			t.Fatal(err)
		}
		ca.Close()
		<-cb.Done()
	}
	sequence := time.Since(start)
	settled(t, a, b)
	start = time.Now()
	var g errgroup.Group
	others := []*Host{b}
	for range 99 {
		others = append(others, New(loopback()))
	}
	stops := make([]func(), len(others))
	for i, o := range others[1:] {
		stops[i] = run(t, o)
	}
	for _, b := range others {
		g.Go(func() error {
			ca, cb, err := connect(within(t), a, b)
			if err != nil {
				return err
			}
			defer ca.Close()
			defer cb.Close()
			return exchange(cb, ca, 100, MaxMessage)
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	t.Logf("50 in sequence: %v; 100 at once: %v", sequence, time.Since(start))
	for _, stop := range stops[:99] {
		stop()
	}
	settled(t, a, b)
	until(t, "the goroutines' end", func() bool { return ours() <= before })
}

// TestChurn breaks when peers that come and go leave memory or goroutines
// behind, whoever ends the connection, and whether it was one at all.
func TestChurn(t *testing.T) {
	a, b := serve(t, loopback()), serve(t, loopback())
	churn := func(rounds int) (heap uint64) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*patience)
		defer cancel()
		for i := range rounds {
			ca, cb, err := connect(ctx, a, b) // whatever is kept is ours, not the test's
			if err != nil {
				t.Fatal(err)
			}
			switch i % 4 {
			case 0:
				ca.Close()
			case 1:
				if err := exchange(ca, cb, MaxMessage); err != nil {
					t.Fatal(err)
				}
				cb.Close()
			case 2: // an end without a word
				cb.l.agent.Close()
				ca.Close()
			case 3: // one that never comes, too
				o, err := a.Offer(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				o.Close()
				ca.Close()
			}
			<-ca.Done()
			cb.Close()
		}
		settled(t, a, b)
		runtime.GC()
		runtime.GC() // pools are emptied by the second
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := churn(40)
	goroutines := ours()
	after := churn(200)
	until(t, "the goroutines' end", func() bool { return ours() <= goroutines })
	t.Logf("heap: %d KiB, then %d KiB", before>>10, after>>10)
	if float64(after) > 1.05*float64(before)+512<<10 {
		t.Errorf("the heap grew from %d to %d bytes", before, after)
	}
}

func settled(t *testing.T, hosts ...*Host) {
	t.Helper()
	for _, h := range hosts {
		until(t, "the connections' end", func() bool { s := h.Stats(); return s.Conns+s.Attempts == 0 })
	}
}

// TestTwice breaks when two nodes that share several videos disturb one link by
// making another.
func TestTwice(t *testing.T) {
	t.Parallel()
	a, b := serve(t, loopback()), serve(t, loopback())
	var g errgroup.Group
	var mu sync.Mutex
	var pairs [][2]*Conn
	for _, hosts := range [][2]*Host{{a, b}, {b, a}} {
		for range maxLanes / 2 {
			g.Go(func() error {
				cx, cy, err := connect(within(t), hosts[0], hosts[1])
				mu.Lock()
				defer mu.Unlock()
				pairs = append(pairs, [2]*Conn{cx, cy})
				return err
			})
		}
		if err := g.Wait(); err != nil {
			t.Fatal(err)
		}
	}
	for _, p := range pairs {
		g.Go(func() error { return exchange(p[0], p[1], 1, MaxMessage, 20000) })
		g.Go(func() error { return exchange(p[1], p[0], 1, MaxMessage, 20000) })
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
}

// TestServeAgain breaks when switching sharing off leaves a socket or goroutine,
// or when it cannot be switched on again.
func TestServeAgain(t *testing.T) {
	other := serve(t, loopback())
	baseline := ours()
	h := New(loopback())
	if _, err := h.Offer(t.Context()); !errors.Is(err, ErrDown) {
		t.Errorf("offer before Serve: got %v, want ErrDown", err)
	}
	for range 3 {
		stop := run(t, h)
		addrs := h.Addresses()
		if len(addrs) == 0 {
			t.Fatal("no address")
		}
		ca, cb := mustConnect(t, h, other)
		open, err := h.Offer(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		stop()
		for _, d := range []<-chan struct{}{ca.Done(), open.Done()} {
			select {
			case <-d:
			default:
				t.Error("something lives on after Serve")
			}
		}
		if _, err := open.Conn(t.Context()); !errors.Is(err, ErrDown) {
			t.Errorf("an attempt after Serve: got %v, want ErrDown", err)
		}
		if err := exchange(ca, cb, 1); err == nil {
			t.Error("a connection after Serve works")
		}
		cb.Close()
		for _, a := range addrs {
			conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(a))
			if err != nil {
				t.Errorf("the socket is still bound: %v", err)
				continue
			}
			conn.Close()
		}
		settled(t, other)
		until(t, "the goroutines' end", func() bool { return ours() <= baseline })
		if h.Addresses() != nil || h.Stats() != (Stats{}) {
			t.Error("a stopped host has addresses or counts")
		}
	}
}

// TestLimits breaks when somebody can make us hold any number of connections.
func TestLimits(t *testing.T) {
	t.Parallel()
	cfg := loopback()
	cfg.MaxPeers = 2
	a, b := serve(t, cfg), serve(t, loopback())
	var offers []*Attempt
	for range 3 {
		o, err := b.Offer(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		offers = append(offers, o)
	}
	mustConnect(t, a, b)
	mine, err := a.Offer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	second, err := a.Accept(t.Context(), offers[0].SDP())
	if err != nil {
		t.Fatalf("the second of two: %v", err)
	}
	if _, err := a.Accept(t.Context(), offers[1].SDP()); !errors.Is(err, ErrFull) {
		t.Errorf("the third of two: got %v, want ErrFull", err)
	}
	if _, err := a.Offer(t.Context()); !errors.Is(err, ErrFull) {
		t.Errorf("an offer of a full host: got %v, want ErrFull", err)
	}
	theirs, err := b.Accept(t.Context(), mine.SDP())
	if err != nil {
		t.Fatal(err)
	}
	if err := mine.Answer(theirs.SDP()); !errors.Is(err, ErrFull) {
		t.Errorf("an answer to a full host: got %v, want ErrFull", err)
	}
	second.Close()
	until(t, "room", func() bool { return mine.Answer(theirs.SDP()) == nil })
	if _, err := mine.Conn(within(t)); err != nil {
		t.Errorf("once there is room: %v", err)
	}
	if err := mine.Answer(theirs.SDP()); err == nil {
		t.Error("an offer takes two answers")
	}
}

// TestPerAddress breaks when one address can take all places.
func TestPerAddress(t *testing.T) {
	t.Parallel()
	cfg := loopback()
	cfg.MaxPerAddress = 2
	cfg.Addresses = cfg.Addresses[:1]
	a, b := serve(t, cfg), serve(t, loopback())
	first, _ := mustConnect(t, a, b)
	mustConnect(t, b, a)
	if _, _, err := connect(within(t), a, b); err == nil {
		t.Error("the third of two connections with one address opens")
	}
	first.Close()
	until(t, "a place", func() bool { _, _, err := connect(within(t), a, b); return err == nil })
}

// TestInterfaces breaks when nodes of one network do not meet, or when a
// description names an address that was not chosen: what a VPN's user fears.
func TestInterfaces(t *testing.T) {
	t.Parallel()
	all, err := localAddresses(kernel{}, Config{})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) == 0 {
		t.Log("this machine has no address but loopback")
		return
	}
	for _, addr := range all {
		cfg := Config{LAN: true, Addresses: []netip.Addr{addr}}
		a, b := serve(t, cfg), serve(t, cfg)
		ca, cb := mustConnect(t, a, b)
		if err := exchange(ca, cb, 1, MaxMessage); err != nil {
			t.Errorf("over an interface: %v", err)
		}
		if got := ca.Remote(); got != b.Addresses()[0] || got.Addr() != addr {
			t.Errorf("remote: got %v, want %v", got, b.Addresses())
		}
		offer, err := a.Offer(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		answer, err := b.Accept(t.Context(), offer.SDP())
		if err != nil {
			t.Fatal(err)
		}
		checkNames(t, offer.SDP(), a)
		checkNames(t, answer.SDP(), b)
	}
}

// checkNames requires a description to name the host's bound addresses alone.
func checkNames(t *testing.T, sdp string, h *Host) {
	t.Helper()
	want := map[netip.Addr]bool{}
	for _, a := range h.Addresses() {
		want[a.Addr()] = true
	}
	named := 0
	for line := range strings.Lines(sdp) {
		for f := range strings.FieldsSeq(strings.ReplaceAll(line, ":candidate:", " ")) {
			if a, err := netip.ParseAddr(f); err == nil && !a.IsUnspecified() && !strings.HasPrefix(line, "a=candidate") {
				t.Errorf("an address outside of the candidates: %q", line)
			}
		}
		if value, ok := strings.CutPrefix(line, "a=candidate:"); ok {
			f := strings.Fields(value)
			at, err := netip.ParseAddr(f[4])
			if err != nil || !want[at] || f[7] != "host" {
				t.Errorf("candidate %q is none of %v", line, h.Addresses())
			}
			named++
		}
	}
	if named != len(want) {
		t.Errorf("candidates: got %d, want %d in\n%s", named, len(want), sdp)
	}
}
