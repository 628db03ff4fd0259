package media

import (
	"net/netip"
	"sync"
	"time"

	"vidiverse/instance/fault"
)

// Rate is at most Max requests in Window from one address. The zero value is 20
// in a minute; a negative Max is no limit.
type Rate struct {
	Window time.Duration
	Max    int
}

// rate counts requests of addresses in windows. Addresses of IPv6 count by
// their /64, which is what one customer gets.
type rate struct {
	Rate
	mu    sync.Mutex
	since time.Time
	seen  map[netip.Addr]int
}

func newRate(r Rate) *rate {
	if r.Max == 0 {
		r = Rate{Window: time.Minute, Max: 20}
	}
	return &rate{Rate: r, seen: map[netip.Addr]int{}}
}

// maxSeen bounds the addresses that are remembered in one window; beyond it
// all others share one count.
const maxSeen = 20_000

// admit refuses the request that is one too many.
func (r *rate) admit(from netip.Addr, now time.Time) error {
	if r.Max < 0 {
		return nil
	}
	if from.Is6() {
		if p, err := from.WithZone("").Prefix(64); err == nil {
			from = p.Addr()
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if now.Sub(r.since) >= r.Window {
		r.since = now
		clear(r.seen)
	}
	if _, known := r.seen[from]; !known && len(r.seen) >= maxSeen {
		from = netip.Addr{}
	}
	r.seen[from]++
	if r.seen[from] > r.Max {
		return fault.New(fault.TooMany, "Too many downloads, please try again later.").WithRetry(r.since.Add(r.Window).Sub(now))
	}
	return nil
}
