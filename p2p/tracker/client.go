package tracker

import (
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"
)

// source is where a request came from.
type source struct {
	addr netip.Addr
	// proxy says that addr is a trusted proxy that named no client: its
	// clients must not be shut out for one of them.
	proxy bool
}

// sourceOf finds the client of a request. X-Forwarded-For is believed from
// right to left, as far as trusted proxies wrote it.
func sourceOf(r *http.Request, trusted []netip.Prefix) source {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return source{}
	}
	src := source{addr: peer.Addr().Unmap()}
	names := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(names) - 1; i >= 0 && within(src.addr, trusted); i-- {
		name := strings.TrimSpace(names[i])
		if name == "" {
			continue
		}
		addr, err := netip.ParseAddr(name)
		if err != nil {
			src.proxy = true
			break
		}
		src.addr = addr.Unmap().WithZone("")
	}
	return src
}

func within(a netip.Addr, prefixes []netip.Prefix) bool {
	for _, p := range prefixes {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// client counts what one address does; a household's IPv6 network is one.
// Its fields are guarded by clients.mu.
type client struct {
	sockets int
	welcome int // of these, that announced something of ours
	meter   meter
	knocks  meter
	asks    meter
	forged  meter
	blocked time.Time // until then
}

// idle reports whether nothing needs to be remembered.
func (c *client) idle(now time.Time) bool {
	n := meter(now.UnixNano())
	return max(c.meter, c.knocks, c.asks, c.forged) <= n
}

// clients are the addresses seen lately.
type clients struct {
	mu     sync.Mutex
	byAddr map[netip.Addr]*client
}

func clientKey(a netip.Addr) netip.Addr {
	if a.Is6() {
		if p, err := a.Prefix(64); err == nil {
			return p.Addr()
		}
	}
	return a
}

// of returns the counter of an address. mu is held.
func (cs *clients) of(a netip.Addr) *client {
	key := clientKey(a)
	c := cs.byAddr[key]
	if c == nil {
		if len(cs.byAddr) >= maxClients {
			cs.evict()
		}
		c = &client{}
		cs.byAddr[key] = c
	}
	return c
}

// evict forgets one address that has no socket: the first the map offers,
// which is a different one each time. With none, every counter is in use and
// the sockets' own number bounds them.
func (cs *clients) evict() {
	looked := 0
	for key, c := range cs.byAddr {
		if c.sockets == 0 {
			delete(cs.byAddr, key)
			return
		}
		if looked++; looked == 64 {
			return
		}
	}
}

// request counts one frame or request of an address.
func (cs *clients) request(a netip.Addr, now time.Time) bool {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	return cs.of(a).meter.allow(now, addressRate)
}

// ask counts one question to the allow list.
func (cs *clients) ask(a netip.Addr, now time.Time) bool {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	return cs.of(a).asks.allow(now, askRate)
}

// forger counts a forged proof, or only reports whether there is room for one.
func (cs *clients) forger(a netip.Addr, now time.Time, count bool) bool {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if c := cs.of(a); count {
		return c.forged.allow(now, forgeRate)
	} else {
		return c.forged.room(now, forgeRate)
	}
}

// enter counts one more socket. It reports why there may be none: the status
// for the client, 0 when it is welcome.
func (cs *clients) enter(a netip.Addr, now time.Time, most int) int {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	c := cs.of(a)
	switch {
	case now.Before(c.blocked):
		return http.StatusForbidden
	case c.sockets >= most || !c.knocks.allow(now, knockRate):
		return http.StatusTooManyRequests
	}
	c.sockets++
	return 0
}

// greet counts a socket as one that came for something of ours, or not any more.
func (cs *clients) greet(a netip.Addr, by int) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	cs.of(a).welcome += by
}

func (cs *clients) leave(a netip.Addr) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	cs.of(a).sockets--
}

// block shuts an address out, unless it is that of others too who watch: a
// school is not to pay for one of its own. self is how many of those who were
// greeted are who is to be blocked.
func (cs *clients) block(a netip.Addr, until time.Time, self int) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if c := cs.of(a); c.welcome <= self {
		c.blocked = until
	}
}

// sweep forgets the addresses of which nothing needs to be remembered.
func (cs *clients) sweep(now time.Time) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	for key, c := range cs.byAddr {
		if c.sockets == 0 && now.After(c.blocked) && c.idle(now) {
			delete(cs.byAddr, key)
		}
	}
}
