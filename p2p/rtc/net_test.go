package rtc

import (
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// internet is a network in memory: machines with an address each, lines to
// them, and routers that translate addresses. In a bubble its time is exact.
type internet struct {
	mu       sync.Mutex
	random   *rand.Rand
	machines map[netip.Addr]*machine
}

func newInternet(seed uint64) *internet {
	return &internet{random: rand.New(rand.NewPCG(seed, 7)), machines: map[netip.Addr]*machine{}}
}

// machine is a ground.
type machine struct {
	in       *internet
	up, down wire

	// Guarded by in.mu.
	addrs   []netip.Addr
	routers []*translator // from the nearest
	sockets map[netip.AddrPort]*memory
}

// wire is one direction of a machine's way to the others.
type wire struct {
	delay time.Duration
	loss  float64
	mixed float64 // of packets that come late, behind others
	rate  float64 // bytes a second, 0 for any
	queue int     // bytes that wait for it at most
	burst int     // packets that the receiver bears at once, 0 for any

	free    time.Time // when it has sent what it has
	held    time.Time // nothing arrives before
	waiting []sending
	lost    int
}

type sending struct {
	at   time.Time
	done func()
}

func (in *internet) machine(addr string, up, down wire) *machine {
	m := &machine{in: in, up: up, down: down, addrs: []netip.Addr{netip.MustParseAddr(addr)}, sockets: map[netip.AddrPort]*memory{}}
	in.machines[m.addrs[0]] = m
	return m
}

// move gives the machine another address.
func (m *machine) move(addr string) {
	m.in.mu.Lock()
	defer m.in.mu.Unlock()
	for _, a := range m.addrs {
		delete(m.in.machines, a)
	}
	m.addrs = nil
	if addr != "" {
		m.addrs = []netip.Addr{netip.MustParseAddr(addr)}
		m.in.machines[m.addrs[0]] = m
	}
}

func (m *machine) Addresses() ([]netip.Addr, error) {
	m.in.mu.Lock()
	defer m.in.mu.Unlock()
	return slices.Clone(m.addrs), nil
}

func (m *machine) Listen(at netip.AddrPort) (udp, error) {
	m.in.mu.Lock()
	defer m.in.mu.Unlock()
	for at.Port() == 0 || m.sockets[at] != nil {
		at = netip.AddrPortFrom(at.Addr(), uint16(20000+m.in.random.IntN(40000)))
	}
	s := &memory{m: m, at: at, came: make(chan struct{}, 1), ended: make(chan struct{})}
	m.sockets[at] = s
	return s, nil
}

// pass puts a packet on a wire; in.mu is held.
func (l *wire) pass(in *internet, size int, done func()) {
	now := time.Now()
	if l.loss > 0 && in.random.Float64() < l.loss {
		l.lost++
		return
	}
	at := now
	if l.rate > 0 {
		if l.free.Before(now) {
			l.free = now
		}
		if int(l.free.Sub(now).Seconds()*l.rate)+size > l.queue {
			l.lost++
			return
		}
		l.free = l.free.Add(time.Duration(float64(size+28) / l.rate * float64(time.Second)))
		at = l.free
	}
	if l.mixed > 0 && in.random.Float64() < l.mixed {
		time.AfterFunc(time.Until(at.Add(l.delay+3*time.Millisecond)), func() {
			in.mu.Lock()
			defer in.mu.Unlock()
			done()
		})
		return
	}
	l.waiting = append(l.waiting, sending{at.Add(l.delay), done})
	if len(l.waiting) == 1 {
		time.AfterFunc(time.Until(l.waiting[0].at), func() { l.arrive(in) })
	}
}

// set changes a line.
func (in *internet) set(l *wire, change func(*wire)) {
	in.mu.Lock()
	defer in.mu.Unlock()
	change(l)
}

// arrive delivers what is due, in the order it was sent.
func (l *wire) arrive(in *internet) {
	in.mu.Lock()
	defer in.mu.Unlock()
	now := time.Now()
	for n := 0; len(l.waiting) > 0 && !l.waiting[0].at.After(now) && !l.held.After(now); n++ {
		done := l.waiting[0].done
		l.waiting = l.waiting[1:]
		if l.burst > 0 && n >= l.burst {
			l.lost++
			continue
		}
		done()
	}
	if len(l.waiting) > 0 {
		at := l.waiting[0].at
		if l.held.After(at) {
			at = l.held
		}
		time.AfterFunc(time.Until(at), func() { l.arrive(in) })
	}
}

// send takes a packet on its way; in.mu is held.
func (in *internet) send(m *machine, b []byte, from, to netip.AddrPort) {
	m.up.pass(in, len(b), func() {
		for _, r := range m.routers {
			from = r.out(from, to)
		}
		in.deliver(b, from, to)
	})
}

// deliver takes a packet to an address, through the routers that have it.
func (in *internet) deliver(b []byte, from, to netip.AddrPort) {
	for hops := 0; hops < 4; hops++ {
		if there := in.machines[to.Addr()]; there != nil {
			there.down.pass(in, len(b), func() {
				if s := there.sockets[to]; s != nil {
					s.put(b, from)
				}
			})
			return
		}
		next, ok := in.through(from, to)
		if !ok {
			return
		}
		to = next
	}
}

// through asks the routers whose address it is.
func (in *internet) through(from, to netip.AddrPort) (netip.AddrPort, bool) {
	for _, m := range in.machines {
		for _, r := range m.routers {
			if r.addr == to.Addr() {
				return r.in(from, to)
			}
		}
	}
	return to, false
}

// translator is a router that translates addresses.
type translator struct {
	addr netip.Addr
	kind translation
	maps map[flowKey]uint16
	back map[uint16]*mapping
	next uint16
}

type translation int

const (
	fullCone translation = iota
	addressRestricted
	portRestricted
	symmetric
)

type flowKey struct{ from, to netip.AddrPort }

type mapping struct {
	inside netip.AddrPort
	met    map[netip.AddrPort]bool
}

func newTranslator(addr string, kind translation) *translator {
	return &translator{addr: netip.MustParseAddr(addr), kind: kind, maps: map[flowKey]uint16{}, back: map[uint16]*mapping{}, next: 40000}
}

func (r *translator) out(from, to netip.AddrPort) netip.AddrPort {
	key := flowKey{from: from}
	if r.kind == symmetric {
		key.to = to
	}
	port, ok := r.maps[key]
	if !ok {
		r.next += 7
		port = r.next
		r.maps[key] = port
		r.back[port] = &mapping{from, map[netip.AddrPort]bool{}}
	}
	r.back[port].met[to] = true
	r.back[port].met[netip.AddrPortFrom(to.Addr(), 0)] = true
	return netip.AddrPortFrom(r.addr, port)
}

func (r *translator) in(from, to netip.AddrPort) (netip.AddrPort, bool) {
	m := r.back[to.Port()]
	if m == nil {
		return to, false
	}
	switch r.kind {
	case addressRestricted:
		return m.inside, m.met[netip.AddrPortFrom(from.Addr(), 0)]
	case portRestricted, symmetric:
		return m.inside, m.met[from]
	}
	return m.inside, true
}

// memory is a socket of a machine.
type memory struct {
	m    *machine
	at   netip.AddrPort
	came chan struct{}

	mu    sync.Mutex
	queue []letter
	ended chan struct{}
	once  sync.Once
}

type letter struct {
	b    []byte
	from netip.AddrPort
}

func (s *memory) put(b []byte, from netip.AddrPort) {
	s.mu.Lock()
	if len(s.queue) < 4096 {
		s.queue = append(s.queue, letter{b, from})
	}
	s.mu.Unlock()
	select {
	case s.came <- struct{}{}:
	default:
	}
}

func (s *memory) ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error) {
	for {
		s.mu.Lock()
		if len(s.queue) > 0 {
			l := s.queue[0]
			s.queue = s.queue[1:]
			s.mu.Unlock()
			return copy(b, l.b), l.from, nil
		}
		s.mu.Unlock()
		select {
		case <-s.came:
		case <-s.ended:
			return 0, netip.AddrPort{}, net.ErrClosed
		}
	}
}

func (s *memory) WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error) {
	in := s.m.in
	in.mu.Lock()
	defer in.mu.Unlock()
	if !slices.Contains(s.m.addrs, s.at.Addr()) {
		return 0, net.ErrClosed // the address went
	}
	in.send(s.m, slices.Clone(b), s.at, to)
	return len(b), nil
}

func (s *memory) LocalAddr() net.Addr { return net.UDPAddrFromAddrPort(s.at) }

func (s *memory) Close() error {
	s.once.Do(func() { close(s.ended) })
	s.m.in.mu.Lock()
	defer s.m.in.mu.Unlock()
	delete(s.m.sockets, s.at)
	return nil
}
