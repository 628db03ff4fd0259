package rtc

import (
	"net/netip"
	"slices"
)

// One port here and one port there bear one link: packets are told apart by
// where they come from. Browsers have a port for each connection; a node has
// one for all, and may meet us in several swarms. So the one who answers uses
// another port of its own, the next lane, for a second link with a node. The
// first lane has the configured port, and all offers.
const maxLanes = 8

// place is one of the session's sockets.
type place struct {
	lane int
	addr netip.Addr
}

// freeLane finds the first lane on which none of a peer's addresses is in use,
// -1 if there is none. mu is held.
func (s *session) freeLane(peer []candidate) int {
	var used [maxLanes]bool
	for l := range s.links {
		used[l.lane] = used[l.lane] || l.meets(peer)
	}
	return slices.Index(used[:], false)
}

// meets reports whether the link's peer is at one of these addresses, or says
// so.
func (l *link) meets(peer []candidate) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		return false
	}
	for _, c := range peer {
		if c.addr == l.remote || slices.ContainsFunc(l.peer, func(own candidate) bool { return own.addr == c.addr }) {
			return true
		}
	}
	return false
}
