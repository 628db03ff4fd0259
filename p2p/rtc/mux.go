package rtc

import (
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/pion/ice/v4"
)

// The mux finds the link that a packet belongs to. pion's own gives an address
// to whichever link wrote to it last; so a stranger who offers a candidate with
// a viewer's address would cut that viewer off, and two nodes with several links
// would mix them up. Here
//
//	a check              goes by the name in it, which we gave out
//	an answer to a check goes to the link that asked
//	everything else      goes to the link that the address has proved itself to:
//	                     the first whose checks it passed, while that one lives

// hub is the mux of several sockets, as pion wants it.
type hub []*socket

// GetConn returns a link's own view of the socket bound to addr.
func (h hub) GetConn(ufrag string, addr net.Addr) (net.PacketConn, error) {
	for _, s := range h {
		if u, ok := addr.(*net.UDPAddr); ok && s.local == unmapped(u.AddrPort()) {
			return s.path(ufrag)
		}
	}
	return nil, fmt.Errorf("rtc: not bound: %w", net.ErrClosed)
}

// RemoveConnByUfrag closes a link's views.
func (h hub) RemoveConnByUfrag(ufrag string) {
	for _, s := range h {
		if p := s.find(ufrag); p != nil {
			_ = p.Close() // never fails
		}
	}
}

// GetListenAddresses are what candidates are made of.
func (h hub) GetListenAddresses() []net.Addr {
	list := make([]net.Addr, len(h))
	for i, s := range h {
		list[i] = net.UDPAddrFromAddrPort(s.local)
	}
	return list
}

// Close does nothing: the sockets are the session's.
func (h hub) Close() error { return nil }

var _ ice.UDPMux = hub(nil)

const (
	maxWaiting = 512              // packets of a link that are not read yet; more are lost
	maxChecks  = 8192             // checks of a socket without an answer
	checkTime  = 5 * time.Second  // after which an answer is too late
	maxOwned   = 16               // addresses of a link
	aliveTime  = 25 * time.Second // since the last check of a link that lives; they come every ten
	packetSize = 2048             // browsers and we keep to 1200
)

// path is what one link sees of a socket.
type path struct {
	s     *socket
	ufrag string
	wake  chan struct{}
	ended chan struct{}

	mu     sync.Mutex
	queue  []packet
	closed bool
	since  time.Time // when the peer was first heard of
	secret []byte    // the link's password, once it met the peer
	check  []byte    // what pion said last when it asked for the peer

	pending, answered question // the peer's

	// These are guarded by s.mu.
	owned   []netip.AddrPort
	seen    time.Time // the last check or answer to one
	leaving bool      // the link ends: others may have its addresses
}

type packet struct {
	data *[packetSize]byte
	size int
	from netip.AddrPort
}

var packets = sync.Pool{New: func() any { return new([packetSize]byte) }}

func (s *socket) path(ufrag string) (*path, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, net.ErrClosed
	}
	if p := s.paths[ufrag]; p != nil {
		return p, nil
	}
	p := &path{s: s, ufrag: ufrag, wake: make(chan struct{}, 1), ended: make(chan struct{})}
	s.paths[ufrag] = p
	return p, nil
}

func (s *socket) find(ufrag string) *path {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.paths[ufrag]
}

// route finds whose packet it is, nil if nobody's.
func (s *socket) route(b []byte, from netip.AddrPort) *path {
	s.mu.Lock()
	defer s.mu.Unlock()
	var p *path
	switch stunType(b) {
	case stunRequest:
		name, _, _ := stunAttribute(b, attrUsername)
		for i, c := range name {
			if c == ':' {
				p = s.paths[string(name[:i])]
				break
			}
		}
	case stunSuccess, stunError:
		id := transaction(b[8:stunHeader])
		p = s.checks[id].path
		delete(s.checks, id)
	default:
		return s.owners[from]
	}
	if p != nil {
		p.seen = time.Now()
	}
	return p
}

// expect remembers who asked. mu is held.
func (s *socket) expect(p *path, id transaction, now time.Time) {
	if len(s.checks) >= maxChecks || now.Sub(s.pruned) > checkTime {
		s.pruned = now
		for id, c := range s.checks {
			if now.Sub(c.at) > checkTime {
				delete(s.checks, id)
			}
		}
		for id := range s.checks {
			if len(s.checks) < maxChecks {
				break
			}
			delete(s.checks, id)
		}
	}
	s.checks[id] = check{p, now}
}

// claim gives an address to a link that has heard from it what only the link's
// peer knows. It reports false if the address is another's who lives.
func (s *socket) claim(p *path, a netip.AddrPort) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	owner := s.owners[a]
	if owner == p {
		return true
	}
	if s.paths[p.ufrag] != p || owner != nil && !owner.leaving && time.Since(owner.seen) < aliveTime {
		return false
	}
	if owner != nil {
		owner.owned = slices.DeleteFunc(owner.owned, func(o netip.AddrPort) bool { return o == a })
	}
	if len(p.owned) == maxOwned {
		delete(s.owners, p.owned[0])
		p.owned = slices.Delete(p.owned, 0, 1)
	}
	s.owners[a] = p
	p.owned = append(p.owned, a)
	return true
}

// put queues a packet; what the link does not read in time is lost, as on a
// network.
func (p *path) put(k packet) {
	p.mu.Lock()
	full := p.closed || len(p.queue) >= maxWaiting
	if !full {
		p.queue = append(p.queue, k)
	}
	p.mu.Unlock()
	if full {
		packets.Put(k.data)
		return
	}
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// ReadFromAddrPort waits for a packet; io.EOF is the end.
func (p *path) ReadFromAddrPort(b []byte) (int, netip.AddrPort, error) {
	for {
		p.mu.Lock()
		if len(p.queue) > 0 {
			k := p.queue[0]
			if p.queue = p.queue[1:]; len(p.queue) == 0 {
				p.queue = nil
			}
			p.mu.Unlock()
			n := copy(b, k.data[:k.size])
			packets.Put(k.data)
			return n, k.from, nil
		}
		p.mu.Unlock()
		select {
		case <-p.wake:
		case <-p.ended:
			return 0, netip.AddrPort{}, io.EOF
		}
	}
}

// WriteToAddrPort sends a packet. A connectivity check beyond its address's
// budget is lost: descriptions name addresses that nobody has proved to be
// theirs. Every check that comes back gives one more.
func (p *path) WriteToAddrPort(b []byte, to netip.AddrPort) (int, error) {
	to = unmapped(to)
	switch kind := stunType(b); kind {
	case stunRequest:
		p.remember(b)
		if !p.mayAsk(transaction(b[8:stunHeader]), to, time.Now()) {
			return len(b), nil
		}
	case stunSuccess:
		p.s.claim(p, to) // pion answers only what was signed with our password
		p.met(time.Now())
		p.heard(b, to)
	}
	return p.s.send(b, to)
}

// mayAsk reports whether a check may be sent, and expects its answer.
func (p *path) mayAsk(id transaction, to netip.AddrPort, now time.Time) bool {
	if !p.s.limits.checks.allow(to.Addr(), now) {
		p.s.dropped.Add(1)
		return false
	}
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	p.s.expect(p, id, now)
	return true
}

// met notes that the peer came, from wherever.
func (p *path) met(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.since.IsZero() {
		p.since = now
	}
}

// Close ends the link's reads and forgets its addresses.
func (p *path) Close() error {
	p.mu.Lock()
	again := p.closed
	p.closed = true
	queue := p.queue
	p.queue = nil
	p.mu.Unlock()
	if again {
		return nil
	}
	for _, k := range queue {
		packets.Put(k.data)
	}
	close(p.ended)
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	if p.s.paths[p.ufrag] == p {
		delete(p.s.paths, p.ufrag)
	}
	for _, a := range p.owned {
		delete(p.s.owners, a)
	}
	p.owned = nil
	if len(p.s.paths) == 0 { // maps never get smaller
		p.s.paths, p.s.owners, p.s.checks = map[string]*path{}, map[netip.AddrPort]*path{}, map[transaction]check{}
	}
	return nil
}

// The rest makes a path a net.PacketConn; pion takes the forms above, which
// need no memory.

// ReadFrom is ReadFromAddrPort.
func (p *path) ReadFrom(b []byte) (int, net.Addr, error) {
	n, from, err := p.ReadFromAddrPort(b)
	if err != nil {
		return n, nil, err
	}
	return n, net.UDPAddrFromAddrPort(from), nil
}

// WriteTo is WriteToAddrPort.
func (p *path) WriteTo(b []byte, to net.Addr) (int, error) {
	u, ok := to.(*net.UDPAddr)
	if !ok {
		return 0, fmt.Errorf("rtc: not an address of UDP: %T", to)
	}
	return p.WriteToAddrPort(b, u.AddrPort())
}

// Deadlines are not needed: a write never waits, and Close ends a read.
func (p *path) SetDeadline(time.Time) error      { return nil }
func (p *path) SetReadDeadline(time.Time) error  { return nil }
func (p *path) SetWriteDeadline(time.Time) error { return nil }
func (p *path) LocalAddr() net.Addr              { return net.UDPAddrFromAddrPort(p.s.local) }

func unmapped(a netip.AddrPort) netip.AddrPort { return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()) }
