package swarm

import (
	"net/netip"
	"time"
)

// avoided are the peers of a swarm that are not met again, or not asked. Ids
// are cheap: an address that sent wrong bytes under several of them is asked
// for nothing more, but still served, as others may share it. It is guarded by
// Swarm.mu.
type avoided struct {
	ids   map[string]time.Time // until
	lies  map[netip.Addr]int
	since time.Time // of the first lie that counts
}

// ban avoids an id for long, or, if it was no more than slow, for a while.
func (a *avoided) ban(id string, addr netip.Addr, lied, slow bool) {
	d := banTime
	if slow {
		d = slowTime
	}
	a.until(id, time.Now().Add(d))
	if !lied || !addr.IsValid() {
		return
	}
	if a.lies == nil || len(a.lies) >= maxAvoided || time.Since(a.since) > banTime {
		a.lies, a.since = map[netip.Addr]int{}, time.Now()
	}
	a.lies[household(addr)]++
}

// until avoids an id for a while. When there are too many, any is forgotten.
func (a *avoided) until(id string, t time.Time) {
	if a.ids == nil {
		a.ids = map[string]time.Time{}
	}
	for other, until := range a.ids {
		if len(a.ids) < maxAvoided {
			break
		}
		if t.After(until) {
			delete(a.ids, other)
		}
	}
	a.ids[id] = t
}

func (a *avoided) id(id string) bool { return time.Now().Before(a.ids[id]) }

// peer reports whether a peer's address makes it one not to be asked.
func (a *avoided) peer(p *peer) bool {
	return len(a.lies) > 0 && a.lies[household(p.conn.Remote().Addr())] >= maxLies && time.Since(a.since) < banTime
}

// household is the address, or an IPv6 address's network, which is one line's.
func household(a netip.Addr) netip.Addr {
	if a = a.Unmap(); a.Is6() {
		if p, err := a.Prefix(64); err == nil {
			return p.Addr()
		}
	}
	return a
}

const (
	banTime    = 6 * time.Hour
	slowTime   = 10 * time.Minute
	maxAvoided = 256
	maxLies    = 3
)
