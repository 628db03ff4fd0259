package p2ptest

import (
	"net"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"vidiverse/p2p/signal"
	"vidiverse/p2p/tracker"
)

// Tracker serves a tracker that takes every hash, until the test ends. It
// returns the address of its socket.
func Tracker(t testing.TB) string {
	t.Helper()
	tr := tracker.New(tracker.Config{Public: true})
	server := httptest.NewServer(tr)
	t.Cleanup(server.Close)
	Serve(t, tr.Serve) // ends before the server, whose sockets it has
	return "ws" + strings.TrimPrefix(server.URL, "http") + "/tracker/socket"
}

// Signal asks trackers on this machine until the test ends.
func Signal(t testing.TB) *signal.Client {
	t.Helper()
	c := signal.New(signal.Config{
		Dial:      (&net.Dialer{Timeout: patience}).DialContext,
		RetryBase: 50 * time.Millisecond, RetryJitter: 50 * time.Millisecond,
	})
	Serve(t, c.Serve)
	return c
}
