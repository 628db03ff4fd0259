package instance

import (
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"vidiverse/instance/api"
)

// bounded is the limit as the REST door has it, which knows none that is none.
func (r Rate) bounded() api.Rate {
	if r.Max <= 0 {
		r.Max = 1 << 30
	}
	return api.Rate{Max: r.Max, Window: r.Window}
}

// maxAddresses bounds the memory of a limiter. Past it every window is begun
// anew, which only helps those who ask much.
const maxAddresses = 100_000

// limiter counts requests of an address, and of an IPv6 network of 64 bits, in
// fixed windows. It is safe for concurrent use.
type limiter struct {
	rate  Rate
	now   func() time.Time
	mu    sync.Mutex
	until time.Time
	seen  map[netip.Addr]int
}

// take counts one request and returns how long to wait when it is one too many.
func (l *limiter) take(from netip.Addr) (wait time.Duration, ok bool) {
	from = customer(from)
	now := l.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	if !now.Before(l.until) || len(l.seen) >= maxAddresses {
		l.until, l.seen = now.Add(l.rate.Window), map[netip.Addr]int{}
	}
	l.seen[from]++
	return l.until.Sub(now), l.seen[from] <= l.rate.Max
}

// left is how many more requests an address may make, and when its window ends.
func (l *limiter) left(from netip.Addr) (n int, until time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return max(l.rate.Max-l.seen[customer(from)], 0), l.until
}

// customer is the part of an address that one customer holds.
func customer(a netip.Addr) netip.Addr {
	if a.Is6() {
		if p, err := a.Prefix(64); err == nil {
			return p.Addr()
		}
	}
	return a
}

// gate makes a function that counts requests and answers those that are too
// many. PeerTube's headers tell how many are left.
func (i *Instance) gate(rate Rate) func(w http.ResponseWriter, r *http.Request) bool {
	if rate.Max <= 0 {
		return func(http.ResponseWriter, *http.Request) bool { return true }
	}
	l := &limiter{rate: rate, now: i.now}
	return func(w http.ResponseWriter, r *http.Request) bool {
		from := i.remote(r)
		wait, ok := l.take(from)
		left, until := l.left(from)
		h := w.Header()
		h.Set("X-RateLimit-Limit", strconv.Itoa(rate.Max))
		h.Set("X-RateLimit-Remaining", strconv.Itoa(left))
		h.Set("X-RateLimit-Reset", strconv.FormatInt(until.Add(time.Second-1).Unix(), 10))
		if !ok {
			h.Set("Retry-After", strconv.Itoa(int(wait.Seconds())+1))
			http.Error(w, "Too many requests, please try again later.", http.StatusTooManyRequests)
		}
		return ok
	}
}

// limited refuses requests of an address that has too many.
func (i *Instance) limited(h http.Handler, rate Rate) http.Handler {
	admits := i.gate(rate)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if admits(w, r) {
			h.ServeHTTP(w, r)
		}
	})
}
