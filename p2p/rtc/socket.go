package rtc

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// socket is a UDP socket of one local address. It stands between the network
// and pion's mux: whatever comes or goes passes here, so a limit that must hold
// whatever pion does belongs here.
type socket struct {
	conn   *net.UDPConn
	local  netip.AddrPort
	limits *limits
	reply  [44]byte // of the one goroutine that reads

	sent, received, answered, dropped atomic.Int64

	// ended is closed when the mux has been told that there is no more to read.
	ended   chan struct{}
	endOnce sync.Once

	mu     sync.Mutex
	asked  map[transaction]netip.AddrPort // STUN servers whose answer is due
	mapped netip.AddrPort                 // our address as one of them saw it
	heard  func()                         // called when mapped becomes known
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

const socketBuffer = 4 << 20

func listen(a netip.Addr, port int, l *limits) (*socket, error) {
	network := "udp4"
	if a.Is6() {
		network = "udp6"
	}
	conn, err := net.ListenUDP(network, net.UDPAddrFromAddrPort(netip.AddrPortFrom(a, uint16(port))))
	if err != nil {
		return nil, err
	}
	// The kernel gives what it allows: less is slower, not wrong.
	_ = conn.SetReadBuffer(socketBuffer)
	_ = conn.SetWriteBuffer(socketBuffer)
	bound := conn.LocalAddr().(*net.UDPAddr).AddrPort().Port()
	return &socket{
		conn: conn, local: netip.AddrPortFrom(a, bound), limits: l,
		ended: make(chan struct{}), asked: map[transaction]netip.AddrPort{},
	}, nil
}

// ReadFromAddrPort reads the next packet that is the mux's.
func (s *socket) ReadFromAddrPort(b []byte) (int, netip.AddrPort, error) {
	for failures := 0; ; {
		n, from, err := s.conn.ReadFromUDPAddrPort(b)
		if err != nil {
			// What an earlier packet met on its way is reported here on some
			// systems, and is no reason to stop.
			if failures++; errors.Is(err, net.ErrClosed) || failures > 100 {
				s.endOnce.Do(func() { close(s.ended) })
				return 0, netip.AddrPort{}, err
			}
			continue
		}
		failures = 0
		s.received.Add(int64(n))
		if !s.take(b[:n], from) {
			return n, from, nil
		}
	}
}

// WriteToAddrPort sends a packet. A connectivity check beyond its address's
// budget is lost, as on a network: descriptions name addresses that nobody
// has proved to be theirs. Every check that comes back gives one more.
func (s *socket) WriteToAddrPort(b []byte, to netip.AddrPort) (int, error) {
	if stunType(b) == stunRequest && !s.limits.checks.allow(to.Addr(), time.Now()) {
		s.dropped.Add(1)
		return len(b), nil
	}
	n, err := s.conn.WriteToUDPAddrPort(b, to)
	s.sent.Add(int64(n))
	return n, err
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
	n, _ := s.conn.WriteToUDPAddrPort(reply, from) // a lost answer is asked for again
	s.sent.Add(int64(n))
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
	n, _ := s.conn.WriteToUDPAddrPort(request, server) // asked again before long
	s.sent.Add(int64(n))
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
	if at, ok := mappedAddress(b); ok && server == netip.AddrPortFrom(from.Addr().Unmap(), from.Port()) {
		delete(s.asked, id)
		s.mapped, heard = netip.AddrPortFrom(at.Addr().Unmap(), at.Port()), s.heard
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

// The rest makes a socket a net.PacketConn; pion takes the forms above where
// it can, for they need no memory.

// ReadFrom is ReadFromAddrPort.
func (s *socket) ReadFrom(b []byte) (int, net.Addr, error) {
	n, from, err := s.ReadFromAddrPort(b)
	if err != nil {
		return n, nil, err
	}
	return n, net.UDPAddrFromAddrPort(from), nil
}

// WriteTo is WriteToAddrPort.
func (s *socket) WriteTo(b []byte, to net.Addr) (int, error) {
	u, ok := to.(*net.UDPAddr)
	if !ok {
		return 0, fmt.Errorf("rtc: not an address of UDP: %T", to)
	}
	return s.WriteToAddrPort(b, u.AddrPort())
}

func (s *socket) LocalAddr() net.Addr                { return net.UDPAddrFromAddrPort(s.local) }
func (s *socket) Close() error                       { return s.conn.Close() }
func (s *socket) SetDeadline(t time.Time) error      { return s.conn.SetDeadline(t) }
func (s *socket) SetReadDeadline(t time.Time) error  { return s.conn.SetReadDeadline(t) }
func (s *socket) SetWriteDeadline(t time.Time) error { return s.conn.SetWriteDeadline(t) }
