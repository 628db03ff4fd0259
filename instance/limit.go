package instance

import (
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"time"
)

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
	if from.Is6() {
		if p, err := from.Prefix(64); err == nil {
			from = p.Addr()
		}
	}
	now := l.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	if !now.Before(l.until) || len(l.seen) >= maxAddresses {
		l.until, l.seen = now.Add(l.rate.Window), map[netip.Addr]int{}
	}
	l.seen[from]++
	return l.until.Sub(now), l.seen[from] <= l.rate.Max
}

// limited refuses pages to an address that asks for too many.
func (i *Instance) limited(h http.Handler, rate Rate) http.Handler {
	if rate.Max == 0 {
		return h
	}
	l := &limiter{rate: rate, now: i.now}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if wait, ok := l.take(i.remote(r)); !ok {
			w.Header().Set("Retry-After", strconv.Itoa(int(wait.Seconds())+1))
			http.Error(w, "Too many requests: try again in a moment.", http.StatusTooManyRequests)
			return
		}
		h.ServeHTTP(w, r)
	})
}
