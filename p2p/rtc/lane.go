package rtc

import "net/netip"

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

// there is an address of a peer, as a lane sees it.
type there struct {
	lane int
	addr netip.AddrPort
}

// freeLane finds the first lane on which none of a peer's addresses is in use,
// -1 if there is none. mu is held.
func (s *session) freeLane(peer []candidate) int {
	for lane := range maxLanes {
		used := false
		for _, c := range peer {
			used = used || s.used[there{lane, c.addr}] > 0
		}
		if !used {
			return lane
		}
	}
	return -1
}

// use notes that a link's peer is at an address, or says so. mu is held.
func (s *session) use(l *link, addrs ...netip.AddrPort) {
	for _, a := range addrs {
		s.used[there{l.lane, a}]++
		l.uses = append(l.uses, a)
	}
}

// unuse lets other links have a link's addresses. mu is held.
func (s *session) unuse(l *link) {
	for _, a := range l.uses {
		if at := (there{l.lane, a}); s.used[at] > 1 {
			s.used[at]--
		} else {
			delete(s.used, at)
		}
	}
	l.uses = nil
}

func addressesOf(list []candidate) []netip.AddrPort {
	addrs := make([]netip.AddrPort, len(list))
	for i, c := range list {
		addrs[i] = c.addr
	}
	return addrs
}
