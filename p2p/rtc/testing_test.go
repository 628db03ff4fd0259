package rtc

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
)

// patience is ten times what anything here should take.
const patience = 30 * time.Second

// loopback is a Config for tests that stay on this machine.
func loopback() Config {
	return Config{
		Loopback: true, MaxPeers: 512, MaxPerAddress: 512,
		Addresses: []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("::1")},
	}
}

// serve runs a host until the test ends.
func serve(t testing.TB, cfg Config) *Host {
	t.Helper()
	h := New(cfg)
	stop := run(t, h)
	t.Cleanup(stop)
	return h
}

// run runs a host until stop, which waits for it.
func run(t testing.TB, h *Host) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	ready := h.Ready()
	go func() { done <- h.Serve(ctx) }()
	select {
	case <-ready:
	case err := <-done:
		t.Fatalf("serve: %v", err)
	}
	var stopped bool
	return func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		select {
		case err := <-done:
			if !errors.Is(err, context.Canceled) {
				t.Errorf("serve: got %v, want context.Canceled", err)
			}
		case <-time.After(patience):
			t.Errorf("serve does not end:\n%s", stacks())
		}
	}
}

func within(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// connect makes a connection that a offers.
func connect(ctx context.Context, a, b *Host) (ca, cb *Conn, err error) {
	offer, err := a.Offer(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("offer: %w", err)
	}
	answer, err := b.Accept(ctx, offer.SDP())
	if err != nil {
		return nil, nil, fmt.Errorf("accept: %w", err)
	}
	if err := offer.Answer(answer.SDP()); err != nil {
		return nil, nil, fmt.Errorf("answer: %w", err)
	}
	var g errgroup.Group
	g.Go(func() (err error) { ca, err = offer.Conn(ctx); return err })
	g.Go(func() (err error) { cb, err = answer.Conn(ctx); return err })
	return ca, cb, g.Wait()
}

func mustConnect(t testing.TB, a, b *Host) (ca, cb *Conn) {
	t.Helper()
	ca, cb, err := connect(within(t), a, b)
	if err != nil {
		t.Fatal(err)
	}
	return ca, cb
}

// exchange sends messages of these sizes and requires them to arrive as sent.
func exchange(from, to *Conn, sizes ...int) error {
	var g errgroup.Group
	g.Go(func() error {
		for i, n := range sizes {
			if err := from.Write(pattern(i, n)); err != nil {
				return err
			}
		}
		return nil
	})
	buf := make([]byte, MaxMessage)
	for i, n := range sizes {
		got, err := to.Read(buf)
		if err != nil {
			return fmt.Errorf("read message %d: %w", i, err)
		}
		if !bytes.Equal(buf[:got], pattern(i, n)) {
			return fmt.Errorf("message %d: got %d bytes, want the %d that were sent", i, got, n)
		}
	}
	return g.Wait()
}

func pattern(i, n int) []byte {
	return bytes.Repeat([]byte{byte(i), byte(i >> 8), byte(n), byte(n >> 8), 7}, n/5+1)[:n]
}

func until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-deadline:
			t.Fatalf("%s does not happen\n%s", what, stacks())
		case <-tick.C:
		}
	}
}

// ours counts the goroutines that this package or pion runs for it, the test's
// own aside.
func ours() (n int) {
	for _, g := range strings.Split(stacks(), "\n\n") {
		if strings.Contains(g, "github.com/pion/") || strings.Contains(g, "rtc.(*session)") || strings.Contains(g, "rtc.(*link)") {
			n++
		}
	}
	return n
}

func stacks() string {
	buf := make([]byte, 16<<20)
	return string(buf[:runtime.Stack(buf, true)])
}
