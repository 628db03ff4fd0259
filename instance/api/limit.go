package api

import (
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"vidiverse/instance/fault"
)

// Rate is how many requests one address may make in a window. The zero value
// means the default.
type Rate struct {
	Max    int
	Window time.Duration
}

// Limits are the rate limits, by the names of PeerTube's rates_limit.
type Limits struct {
	API    Rate // default 50 in 10 s
	Login  Rate // default 15 in 5 min
	Signup Rate // default 2 in 5 min, of those that succeed
}

func (l Limits) withDefaults() Limits {
	if l.API.Max == 0 {
		l.API.Max = 50
	}
	if l.API.Window == 0 {
		l.API.Window = 10 * time.Second
	}
	if l.Login.Max == 0 {
		l.Login.Max = 15
	}
	if l.Login.Window == 0 {
		l.Login.Window = 5 * time.Minute
	}
	if l.Signup.Max == 0 {
		l.Signup.Max = 2
	}
	if l.Signup.Window == 0 {
		l.Signup.Window = 5 * time.Minute
	}
	return l
}

// maxTracked bounds the memory of a limiter. When it is full the window of
// everybody ends early: the flood that fills it comes from more addresses than
// an address limit can hold back.
const maxTracked = 100_000

// limiter counts requests by address in fixed windows, as PeerTube does.
type limiter struct {
	rate Rate
	now  func() time.Time

	mu    sync.Mutex
	seen  map[netip.Addr]*window
	swept time.Time
}

type window struct {
	hits int
	ends time.Time
}

func newLimiter(r Rate, now func() time.Time) *limiter {
	return &limiter{rate: r, now: now, seen: make(map[netip.Addr]*window)}
}

// hit counts one request and returns how many are left, -1 when there were
// none, and when the window ends.
func (l *limiter) hit(ip netip.Addr) (left int, ends time.Time) {
	ip = network(ip)
	now := l.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	if now.Sub(l.swept) > l.rate.Window || len(l.seen) >= maxTracked {
		l.sweep(now)
	}
	w := l.seen[ip]
	if w == nil || !now.Before(w.ends) {
		w = &window{ends: now.Add(l.rate.Window)}
		l.seen[ip] = w
	}
	w.hits++
	return max(l.rate.Max-w.hits, -1), w.ends
}

// giveBack undoes one hit.
func (l *limiter) giveBack(ip netip.Addr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if w := l.seen[network(ip)]; w != nil && w.hits > 0 {
		w.hits--
	}
}

func (l *limiter) sweep(now time.Time) {
	l.swept = now
	for ip, w := range l.seen {
		if !now.Before(w.ends) {
			delete(l.seen, ip)
		}
	}
	if len(l.seen) >= maxTracked {
		clear(l.seen)
	}
}

// network is the part of an address that one customer holds: the whole of an
// IPv4 address, 64 bits of an IPv6 address.
func network(ip netip.Addr) netip.Addr {
	if ip = ip.Unmap(); ip.Is6() {
		if p, err := ip.WithZone("").Prefix(64); err == nil {
			return p.Addr()
		}
	}
	return ip
}

// admit counts the request against the route's limit and writes the headers
// that say so. Moderators and administrators are let through, as in PeerTube.
func (a *API) admit(w http.ResponseWriter, r *http.Request, rt route) error {
	name := rt.limit
	if name == "" {
		name = limitAPI
	}
	l := a.buckets[name]
	if l == nil {
		return nil
	}
	left, ends := l.hit(a.clientIP(r))
	h := w.Header()
	h.Set("X-RateLimit-Limit", strconv.Itoa(l.rate.Max))
	h.Set("X-RateLimit-Remaining", strconv.Itoa(max(left, 0)))
	h.Set("X-RateLimit-Reset", strconv.FormatInt(ends.Add(time.Second-1).Unix(), 10))
	if left >= 0 {
		return nil
	}
	if name != limitLogin {
		if c, err := a.bearer(r); err == nil && c.Moderator() {
			return nil
		}
	}
	return fault.New(fault.TooMany, "Too many requests, please try again later.").WithRetry(ends.Sub(l.now()))
}
