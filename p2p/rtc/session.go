package rtc

import (
	"context"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/transport/v4/stdnet"
)

// session is one run of a Host: its sockets and all that goes through them.
type session struct {
	cfg    Config
	ctx    context.Context
	cancel context.CancelFunc
	cert   *certificate
	ground ground
	net    *stdnet.Net
	limits *limits
	writes chan struct{} // turns to make a description
	turns  chan struct{} // turns to make a handshake
	tasks  sync.WaitGroup
	heard  chan struct{} // closed when every socket knows its outside, or none will
	once   sync.Once

	mu      sync.Mutex
	closed  bool
	lanes   int // in use, at least 1
	ports   [maxLanes]int
	sockets map[place]*socket
	hubs    [maxLanes]hub
	links   map[*link]struct{}
	used    map[there]int // addresses of their peers
	offered int
	peers   map[netip.Addr]int // connections by household
	past    Stats              // of sockets that are gone
}

func newSession(ctx context.Context, cfg Config, cert *certificate, g ground) *session {
	ctx, cancel := context.WithCancel(ctx)
	return &session{
		cfg: cfg, ctx: ctx, cancel: cancel, cert: cert, ground: g, lanes: 1, ports: [maxLanes]int{cfg.Port},
		limits: newLimits(), heard: make(chan struct{}),
		writes: make(chan struct{}, setups), turns: make(chan struct{}, setups),
		sockets: map[place]*socket{}, links: map[*link]struct{}{}, used: map[there]int{}, peers: map[netip.Addr]int{},
	}
}

func (s *session) reachable(a netip.Addr) bool { return reachable(a, s.cfg) }

// bind opens the first sockets. A machine without any address is not an error:
// it may get one.
func (s *session) bind() (err error) {
	if s.net, err = stdnet.NewNet(); err != nil {
		return fmt.Errorf("rtc: %w", err)
	}
	found, err := s.rebind()
	if err != nil && found > 0 && len(s.addresses()) == 0 {
		return fmt.Errorf("rtc: bind port %d: %w", s.cfg.Port, err)
	}
	return nil
}

// rebind opens sockets for addresses that came and closes those of addresses
// that went, or that broke. It reports how many addresses there are.
func (s *session) rebind() (found int, err error) {
	addrs, err := localAddresses(s.ground, s.cfg)
	if err != nil {
		return 0, err
	}
	gone := false
	defer func() {
		if gone {
			s.endLost()
		}
	}()
	s.mu.Lock()
	defer s.mu.Unlock()
	for at, b := range s.sockets {
		if !slices.Contains(addrs, at.addr) || b.broken() {
			s.drop(b)
			gone = true
		}
	}
	for lane := range s.lanes {
		// Links keep the hub they began with. The order is the candidates'.
		h := make(hub, 0, len(addrs))
		for _, a := range addrs {
			b, open := s.sockets[place{lane, a}]
			if !open {
				var e error
				if b, e = s.open(place{lane, a}); e != nil {
					err = e
					continue
				}
			}
			h = append(h, b)
		}
		s.hubs[lane] = h
	}
	return len(addrs), err
}

// open binds an address to the port that the others of its lane have. mu is
// held.
func (s *session) open(at place) (*socket, error) {
	b, err := listen(s.ground, at, s.ports[at.lane], s.limits)
	if err != nil {
		return nil, err
	}
	s.ports[at.lane] = int(b.local.Port())
	b.heard = s.stopWaiting // the others often have no way out at all
	s.sockets[at] = b
	go b.serve() // drop waits for it
	s.passOn(b)
	s.cfg.Log.Debug("bound", "sockets", len(s.sockets))
	return b, nil
}

// endLost ends the links whose socket is gone: their peers have to be met anew,
// and need not wait for timeouts first.
func (s *session) endLost() {
	s.mu.Lock()
	links := slices.Collect(maps.Keys(s.links))
	open := map[place]bool{}
	for at := range s.sockets {
		open[at] = true
	}
	s.mu.Unlock()
	for _, l := range links {
		if !l.isOpen() {
			continue // it has a time limit, and other ways
		}
		if local, _ := l.ends(); local.IsValid() && !open[place{l.lane, local.Addr()}] {
			l.end(ErrFailed)
		}
	}
}

// drop closes a socket; endLost ends what went over it. mu is held.
func (s *session) drop(b *socket) {
	delete(s.sockets, b.at)
	b.leave()
	_ = b.Close() // it is over either way
	<-b.ended
	s.past.add(b)
}

func (s *socket) broken() bool {
	select {
	case <-s.ended:
		return true
	default:
		return false
	}
}

// watch follows the machine's addresses, asks the STUN servers, and asks peers
// whether they are there, until the session ends.
func (s *session) watch() {
	tick, ask := time.NewTicker(watchTime), time.NewTicker(askTime/10)
	defer tick.Stop()
	defer ask.Stop()
	s.tasks.Go(s.askOutside)
	for {
		select {
		case <-s.ctx.Done():
			return
		case now := <-ask.C:
			s.askAll(now)
		case <-tick.C:
			if _, err := s.rebind(); err != nil {
				s.cfg.Log.Debug("bind", "err", err)
			}
		}
	}
}

// close ends every connection, then the sockets.
func (s *session) close() {
	s.cancel()
	s.mu.Lock()
	s.closed = true
	links := slices.Collect(maps.Keys(s.links))
	s.mu.Unlock()
	for _, l := range links {
		l.end(ErrDown)
	}
	s.tasks.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, b := range s.sockets {
		s.drop(b)
	}
}

func (s *session) addresses() []netip.AddrPort {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []netip.AddrPort
	for _, b := range s.hubs[0] {
		list = append(list, b.local)
	}
	slices.SortFunc(list, netip.AddrPort.Compare)
	return list
}

func (s *session) stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.past
	for _, b := range s.sockets {
		st.add(b)
	}
	for l := range s.links {
		if l.isOpen() {
			st.Conns++
		} else {
			st.Attempts++
		}
	}
	return st
}

func (st *Stats) add(s *socket) {
	st.Sent += s.sent.Load()
	st.Received += s.received.Load()
	st.Answered += s.answered.Load()
	st.Dropped += s.dropped.Load()
}

// newAgent makes a link's own part of ICE, on a lane's sockets.
func (s *session) newAgent(lane int) (*ice.Agent, error) {
	s.mu.Lock()
	mux := s.hubs[lane]
	s.mu.Unlock()
	opts := []ice.AgentOption{
		ice.WithUDPMux(mux), ice.WithNet(s.net), ice.WithLoggerFactory(silent{}),
		ice.WithCandidateTypes([]ice.CandidateType{ice.CandidateTypeHost}),
		ice.WithNetworkTypes([]ice.NetworkType{ice.NetworkTypeUDP4, ice.NetworkTypeUDP6}),
		ice.WithMulticastDNSMode(ice.MulticastDNSModeDisabled), ice.WithDisableActiveTCP(),
		ice.WithDisconnectedTimeout(15 * time.Second), ice.WithFailedTimeout(30 * time.Second), ice.WithKeepaliveInterval(0), // see echo.go
		// Browsers hide their addresses behind names: most peers are known only by
		// where they came from, and waiting for something better is in vain.
		ice.WithPrflxAcceptanceMinWait(acceptTime), ice.WithSrflxAcceptanceMinWait(acceptTime),
	}
	if s.cfg.Loopback {
		opts = append(opts, ice.WithIncludeLoopback())
	}
	return ice.NewAgentWithOptions(opts...)
}
