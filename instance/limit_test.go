package instance

import (
	"math/rand/v2"
	"net/http"
	"net/netip"
	"strconv"
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

// An address that asks for object after object is refused after so many, for a
// while, whatever it says of itself; pages, other limits and what other servers
// deliver go on.
func TestEachKindHasItsLimit(t *testing.T) {
	cfg := testConfig(t)
	cfg.Client = true
	cfg.Federation.Enabled = true
	hour := time.Hour
	cfg.Limits = Limits{Objects: Rate{hour, 3}, Found: Rate{hour, 2}, Client: Rate{hour, 4}, API: Rate{hour, 5}, Login: Rate{hour, 0}}
	address, stop := serving(t, cfg)
	ask := func(method, path, accept string) *http.Response {
		r, err := http.NewRequestWithContext(t.Context(), method, "http://"+address+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Accept", accept)
		r.Header.Set("X-Forwarded-For", "192.0.2."+strconv.Itoa(rand.IntN(250))) // who asks is no proxy
		res, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		return res
	}
	const activity = "application/activity+json"
	for _, kind := range []struct {
		method, path, accept string
		most, otherwise      int
	}{
		{"GET", "/accounts/peertube", activity, 3, 200}, {"GET", "/.well-known/nodeinfo", "*/*", 2, 200},
		{"GET", "/about", "text/html", 4, 200}, {"GET", "/nodeinfo/2.0.json", "*/*", 5, 200}, {"GET", "/api/v1/config", "*/*", 5, 200},
	} {
		for n := range kind.most {
			res := ask(kind.method, kind.path, kind.accept)
			if left := strconv.Itoa(kind.most - n - 1); res.StatusCode != kind.otherwise || res.Header.Get("X-RateLimit-Remaining") != left {
				t.Errorf("%s, request %d: got %s, %v, want %s left", kind.path, n, res.Status, res.Header, left)
			}
		}
		if res := ask(kind.method, kind.path, kind.accept); res.StatusCode != http.StatusTooManyRequests || res.Header.Get("Retry-After") == "" {
			t.Errorf("%s: got %s, %v", kind.path, res.Status, res.Header)
		}
	}
	if res := ask("GET", "/accounts/peertube/outbox", "*/*"); res.StatusCode != http.StatusTooManyRequests {
		t.Errorf("another object: got %s", res.Status)
	}
	if res := ask("POST", "/inbox", activity); res.StatusCode == http.StatusTooManyRequests {
		t.Errorf("the inbox: got %s", res.Status)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}
