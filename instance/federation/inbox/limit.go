package inbox

import (
	"net/netip"
	"sync"
	"time"
)

// clients bounds how many keys a client may make us read: each is a request to
// an address that it chose, before it proved anything.
type clients struct {
	most int // in a minute

	mu    sync.Mutex
	since time.Time
	asked map[netip.Addr]int
}

// maxClients bounds the memory; beyond it nobody new is served in that minute.
const maxClients = 50_000

// take reports whether the client may make us read one more.
func (c *clients) take(a netip.Addr, now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.asked == nil || now.Sub(c.since) >= time.Minute || now.Before(c.since) {
		c.asked, c.since = map[netip.Addr]int{}, now
	}
	if a = a.Unmap(); a.Is6() { // one customer has a whole network
		a = netip.PrefixFrom(a.WithZone(""), 64).Masked().Addr()
	}
	if _, known := c.asked[a]; !known && len(c.asked) >= maxClients {
		return false
	}
	c.asked[a]++
	return c.asked[a] <= c.most
}

// graves bounds how many graves a server digs between two sweeps, and how many
// it has in all.
type graves struct {
	most int // of a host, between sweeps

	mu  sync.Mutex
	dug map[string]int
}

// allGraves is how many times most a server has in all; of more the oldest go.
const allGraves = 10

// take reports whether a host may dig one more.
func (g *graves) take(host string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.dug == nil {
		g.dug = map[string]int{}
	}
	g.dug[host]++
	return g.dug[host] <= g.most
}

func (g *graves) forget() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.dug = nil
}
