package p2ptest

import (
	"context"
	"errors"
	"testing"
	"time"

	"vidiverse/p2p/rtc"
)

// Host makes real connections on this machine until the test ends.
func Host(t testing.TB) *rtc.Host {
	t.Helper()
	h := rtc.New(rtc.Config{Loopback: true, LAN: true, MaxPerAddress: 200})
	Serve(t, h.Serve)
	select {
	case <-h.Ready():
	case <-time.After(patience):
		t.Fatal("no sockets")
	}
	return h
}

// Serve runs serve until the test ends, and requires that it ends then.
func Serve(t testing.TB, serve func(ctx context.Context) error) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- serve(ctx) }()
	stop = func() {
		cancel()
		select {
		case err, ok := <-ended:
			if ok && err != nil && !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
			if ok {
				close(ended)
			}
		case <-time.After(patience):
			t.Error("it does not end")
		}
	}
	t.Cleanup(stop)
	return stop
}

// Until waits until done, looking often.
func Until(t testing.TB, what string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); !done(); <-tick.C {
		if time.Now().After(end) {
			t.Fatalf("%s: not after %v", what, patience)
		}
	}
}
