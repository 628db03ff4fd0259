package instance

import (
	"net/netip"
	"testing"
	"time"
)

func TestLimiter(t *testing.T) {
	now := time.Unix(0, 0)
	l := &limiter{rate: Rate{Window: 10 * time.Second, Max: 2}, now: func() time.Time { return now }}
	ask := func(from string) bool {
		_, ok := l.take(netip.MustParseAddr(from))
		return ok
	}
	for n, want := range []bool{true, true, false} {
		if got := ask("192.0.2.1"); got != want {
			t.Errorf("request %d: got %v, want %v", n, got, want)
		}
	}
	if !ask("192.0.2.2") {
		t.Error("one address used up another's limit")
	}
	ask("2001:db8::1")
	ask("2001:db8::2")
	if ask("2001:db8::3") {
		t.Error("a network of one customer is one address")
	}
	now = now.Add(10 * time.Second)
	if !ask("192.0.2.1") {
		t.Error("a new window did not begin")
	}
}
