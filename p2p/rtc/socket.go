package rtc

import (
	"errors"
	"maps"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"vidiverse/p2p/router"
)

// socket is a UDP socket of one local address. Whatever comes or goes passes
// here: a limit that must hold whatever pion does belongs here.
type socket struct {
	conn   udp
	at     place
	local  netip.AddrPort
	limits *limits
	reply  [44]byte // of the one goroutine that reads

	sent, received, answered, dropped atomic.Int64

	ended chan struct{} // closed when nothing is read any more
	port  *router.Port  // that our router passes on, nil if it is not asked
	leave func()        // ends that

	mu     sync.Mutex
	closed bool
	paths  map[string]*path // by our name in checks
	owners map[netip.AddrPort]*path
	checks map[transaction]check
	pruned time.Time                      // checks without an answer were forgotten
	asked  map[transaction]netip.AddrPort // STUN servers whose answer is due
	mapped netip.AddrPort                 // our address as one of them saw it
	heard  func()                         // called when mapped becomes known
}

// check is a connectivity check that waits for its answer.
type check struct {
	path *path
	at   time.Time
}

// limits are what one session allows strangers, on all of its sockets.
type limits struct {
	answers    budget // binding requests answered
	all        budget // of these, of all addresses together
	handshakes budget // DTLS handshake records received
	checks     budget // connectivity checks sent
	meetings   budget // connections begun
}

// newLimits: a hundred honest peers behind one address stay below these. The
// answers are for nodes that ask each other for their public addresses.
func newLimits() *limits {
	return &limits{
		answers:    budget{every: time.Second / 2, burst: 8},
		all:        budget{every: time.Second / 100, burst: 200},
		handshakes: budget{every: 10 * time.Millisecond, burst: 1000},
		checks:     budget{every: 20 * time.Millisecond, burst: 400},
		meetings:   budget{every: time.Second / 4, burst: 240},
	}
}

// ground is where sockets stand: this machine's kernel, or a test's network.
type ground interface {
	// Addresses are all there are, of interfaces that are up.
	Addresses() ([]netip.Addr, error)
	Listen(at netip.AddrPort) (udp, error)
}

// udp is a socket as a ground gives it.
type udp interface {
	ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error)
	WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error)
	LocalAddr() net.Addr
	Close() error
}

// kernel is the ground of everything but tests.
type kernel struct{}

const socketBuffer = 4 << 20

// Listen binds an address.
func (kernel) Listen(at netip.AddrPort) (udp, error) {
	network := "udp4"
	if at.Addr().Is6() {
		network = "udp6"
	}
	conn, err := net.ListenUDP(network, net.UDPAddrFromAddrPort(at))
	if err != nil {
		return nil, err
	}
	// The kernel gives what it allows: less is slower, not wrong.
	_ = conn.SetReadBuffer(socketBuffer)
	_ = conn.SetWriteBuffer(socketBuffer)
	return conn, nil
}

func listen(g ground, at place, port int, l *limits) (*socket, error) {
	conn, err := g.Listen(netip.AddrPortFrom(at.addr, uint16(port)))
	if err != nil {
		return nil, err
	}
	bound := conn.LocalAddr().(*net.UDPAddr).AddrPort().Port()
	return &socket{
		conn: conn, at: at, local: netip.AddrPortFrom(at.addr, bound), limits: l, leave: func() {},
		ended: make(chan struct{}), asked: map[transaction]netip.AddrPort{},
		paths: map[string]*path{}, owners: map[netip.AddrPort]*path{}, checks: map[transaction]check{},
	}, nil
}

// serve reads until the socket is closed, or broken.
func (s *socket) serve() {
	defer close(s.ended)
	defer s.Close()
	data := packets.Get().(*[packetSize]byte)
	for failures := 0; ; {
		n, from, err := s.conn.ReadFromUDPAddrPort(data[:])
		if err != nil {
			// What an earlier packet met on its way is reported here on some
			// systems, and is no reason to stop.
			if failures++; errors.Is(err, net.ErrClosed) || failures > 100 {
				return
			}
			continue
		}
		failures = 0
		from = unmapped(from)
		s.received.Add(int64(n))
		if s.take(data[:n], from) {
			continue
		}
		if p := s.route(data[:n], from); p != nil && !p.echo(data[:n], from) {
			p.put(packet{data, n, from})
			data = packets.Get().(*[packetSize]byte)
		}
	}
}

func (s *socket) send(b []byte, to netip.AddrPort) (int, error) {
	n, err := s.conn.WriteToUDPAddrPort(b, to)
	s.sent.Add(int64(n))
	return n, err
}

// Close closes the socket and ends every link's view of it.
func (s *socket) Close() error {
	s.mu.Lock()
	s.closed = true
	paths := slices.Collect(maps.Values(s.paths))
	s.mu.Unlock()
	for _, p := range paths {
		_ = p.Close() // never fails
	}
	return s.conn.Close()
}

// take looks at a packet and reports whether it needs go no further.
func (s *socket) take(b []byte, from netip.AddrPort) bool {
	switch stunType(b) {
	case stunRequest:
		_, named, whole := stunAttribute(b, attrUsername)
		if !whole {
			return true
		}
		if !named {
			s.answer(b, from)
			return true
		}
		s.limits.checks.refund(from.Addr())
	case stunSuccess:
		if s.learn(b, from) {
			return true
		}
		s.limits.checks.refund(from.Addr())
	}
	// A record of a DTLS handshake's clear part: type 22, epoch 0.
	if len(b) >= 13 && b[0] == 22 && b[3] == 0 && b[4] == 0 && !s.limits.handshakes.allow(from.Addr(), time.Now()) {
		s.dropped.Add(1)
		return true
	}
	return false
}

// answer tells a stranger its address.
func (s *socket) answer(request []byte, from netip.AddrPort) {
	now := time.Now()
	if !s.limits.answers.allow(from.Addr(), now) || !s.limits.all.allow(netip.IPv4Unspecified(), now) {
		s.dropped.Add(1)
		return
	}
	s.answered.Add(1)
	reply := appendBinding(s.reply[:0], request, from)
	_, _ = s.send(reply, from) // a lost answer is asked for again
}

// ask sends a binding request to a STUN server.
func (s *socket) ask(server netip.AddrPort) {
	request, id := newQuestion()
	s.mu.Lock()
	if len(s.asked) >= 16 { // unanswered ones: the servers are dead
		clear(s.asked)
	}
	s.asked[id] = server
	s.mu.Unlock()
	_, _ = s.send(request, server) // asked again before long
}

// learn reads a STUN server's answer; it reports false when b is none.
func (s *socket) learn(b []byte, from netip.AddrPort) bool {
	id := transaction(b[8:stunHeader])
	s.mu.Lock()
	server, ours := s.asked[id]
	if !ours {
		s.mu.Unlock()
		return false
	}
	var heard func()
	if at, ok := mappedAddress(b); ok && server == from {
		delete(s.asked, id)
		s.mapped, heard = unmapped(at), s.heard
	}
	s.mu.Unlock()
	if heard != nil {
		heard()
	}
	return true
}

// outside is our address as STUN servers see it, invalid if unknown.
func (s *socket) outside() netip.AddrPort {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mapped
}
