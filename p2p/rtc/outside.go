package rtc

import (
	"context"
	"maps"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"vidiverse/p2p/guard"
	"vidiverse/p2p/router"
)

const maxServers = 2

// askOutside asks the STUN servers for our addresses as others see them, from
// each socket, again and again: the answers go into descriptions, and the
// questions keep the way in open. A description waits for them only once.
func (s *session) askOutside() {
	if len(s.cfg.STUN) == 0 {
		s.stopWaiting()
		return
	}
	patience := time.AfterFunc(gatherTime, s.stopWaiting)
	defer patience.Stop()
	for {
		servers := s.resolve()
		s.ask(servers, false)
		// What is lost is asked for again soon, and then not until the next time.
		for range 3 {
			if !s.pause(gatherTime / 4) {
				return
			}
			s.ask(servers, true)
		}
		if !s.pause(mappingTime) {
			return
		}
	}
}

func (s *session) stopWaiting() { s.once.Do(func() { close(s.heard) }) }

func (s *session) pause(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-s.ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// resolve finds the servers' addresses. One that may not be reached is not
// asked.
func (s *session) resolve() (servers []netip.AddrPort) {
	ctx, cancel := context.WithTimeout(s.ctx, gatherTime)
	defer cancel()
	for _, text := range s.cfg.STUN[:min(len(s.cfg.STUN), maxServers)] {
		host, port, err := net.SplitHostPort(strings.TrimPrefix(text, "stun:"))
		if err != nil {
			host, port = strings.TrimPrefix(text, "stun:"), "3478"
		}
		number, err := net.DefaultResolver.LookupPort(ctx, "udp", port)
		if err != nil {
			continue
		}
		addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		if err != nil {
			continue
		}
		for _, a := range addrs[:min(len(addrs), 4)] {
			if a = a.Unmap(); s.reachable(a) {
				servers = append(servers, netip.AddrPortFrom(a, uint16(number)))
			}
		}
	}
	return servers
}

// ask sends the questions, from all sockets or from those without an answer.
func (s *session) ask(servers []netip.AddrPort, missing bool) {
	s.mu.Lock()
	sockets := slices.Collect(maps.Values(s.sockets))
	s.mu.Unlock()
	for _, b := range sockets {
		if missing && b.outside().IsValid() {
			continue
		}
		for _, server := range servers {
			if server.Addr().Is4() == b.local.Addr().Is4() && server.Addr().IsLoopback() == b.local.Addr().IsLoopback() {
				b.ask(server)
			}
		}
	}
}

// outsides are a lane's public addresses that are not bound here themselves.
func (s *session) outsides(lane int) (list []netip.AddrPort) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, b := range s.hubs[lane] {
		known := []netip.AddrPort{b.outside()}
		if b.port != nil {
			known = append(known, b.port.Outside())
		}
		for _, at := range known {
			_, here := s.sockets[place{lane, at.Addr()}]
			if at.IsValid() && !here && s.reachable(at.Addr()) && !slices.Contains(list, at) {
				list = append(list, at)
			}
		}
	}
	slices.SortFunc(list, netip.AddrPort.Compare)
	return list
}

// passOn asks the router of a private network to pass a socket's port on, until
// the socket is closed. Other lanes' sockets are for few, and do without. mu is
// held.
func (s *session) passOn(b *socket) {
	a := b.local.Addr()
	if s.cfg.Router == nil || b.at.lane > 0 || !a.Is4() || guard.Public(a) {
		return
	}
	cfg := *s.cfg.Router
	if cfg.Log == nil {
		cfg.Log = s.cfg.Log
	}
	b.port = router.New(b.local, cfg)
	ctx, cancel := context.WithCancel(s.ctx)
	b.leave = cancel
	s.tasks.Go(func() { _ = b.port.Serve(ctx) }) // ended as it was told to
}

// gathered waits until the first description can name our outside.
func (s *session) gathered(ctx context.Context) error {
	select {
	case <-s.heard:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-s.ctx.Done():
		return ErrDown
	}
}
