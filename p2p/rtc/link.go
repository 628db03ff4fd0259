package rtc

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"github.com/pion/ice/v4"
)

// link is a connection from its first description to its end: what an Attempt
// and the Conn it becomes share.
//
//	offered ── Answer ──▶ being set up ──▶ open ──▶ taken by Attempt.Conn
//	                          ▲
//	Accept ───────────────────┘       a timer ends it in each state but the last
type link struct {
	s      *session
	agent  *ice.Agent
	lane   int
	ctx    context.Context // ends with the link
	cancel context.CancelFunc
	opened chan struct{} // closed when conn is set
	closed chan struct{} // closed when everything below is let go of
	once   sync.Once
	uses   []netip.AddrPort // of the peer; guarded by s.mu

	mu      sync.Mutex
	timer   *time.Timer
	offered bool
	taken   bool
	stack   stack
	conn    *Conn
	err     error
	remote  netip.AddrPort // what it proved to have, invalid before the handshake
	home    netip.Addr     // counted under, likewise
	ufrag   string         // our name in checks
	pwd     string         // what they are signed with
	secret  string         // what the peer's are signed with
	asked   time.Time      // when the peer was last asked whether it is there
	local   netip.Addr     // ours, on the way that ICE has chosen last
	there   netip.AddrPort // the peer's on it
}

// newLink counts a connection in and makes it. Its end counts it out.
func (s *session) newLink(offered bool, peer []candidate) (*link, error) {
	ctx, cancel := context.WithCancel(s.ctx)
	l := &link{
		s: s, ctx: ctx, cancel: cancel, offered: offered,
		opened: make(chan struct{}), closed: make(chan struct{}),
	}
	fresh, err := s.enter(l, offered, peer)
	if err != nil {
		cancel()
		return nil, err
	}
	if fresh {
		if _, err := s.rebind(); err != nil {
			l.end(err)
			return nil, fmt.Errorf("rtc: another port: %w", err)
		}
	}
	agent, err := s.newAgent(l.lane)
	if err != nil {
		l.end(err)
		return nil, fmt.Errorf("rtc: %w", err)
	}
	l.mu.Lock()
	l.agent = agent
	ended := l.err != nil
	l.mu.Unlock()
	if ended { // the session was closed meanwhile, and did not see the agent
		_ = agent.GracefulClose() // nothing was started
		return nil, ErrDown
	}
	if err := errors.Join(agent.OnConnectionStateChange(l.state), agent.OnSelectedCandidatePairChange(l.goes)); err != nil {
		l.end(err)
		return nil, fmt.Errorf("rtc: %w", err)
	}
	return l, nil
}

// enter lists a link. fresh tells that its lane has no sockets yet.
func (s *session) enter(l *link, offered bool, peer []candidate) (fresh bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed || s.ctx.Err() != nil:
		return false, ErrDown
	case len(s.links)-s.offered >= s.cfg.MaxPeers, offered && s.offered >= maxOffered:
		return false, ErrFull
	}
	if l.lane = s.freeLane(peer); l.lane < 0 {
		return false, ErrFull
	}
	if offered {
		s.offered++
	}
	s.links[l] = struct{}{}
	s.use(l, addressesOf(peer)...)
	fresh = l.lane >= s.lanes
	s.lanes = max(s.lanes, l.lane+1)
	return fresh, nil
}

// answered counts an offer as a set-up from now on.
func (s *session) answered(l *link, peer []candidate) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.links)-s.offered >= s.cfg.MaxPeers {
		return ErrFull
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.err != nil:
		return l.err
	case !l.offered:
		return ErrSDP // a second answer
	}
	l.offered = false
	s.offered--
	s.use(l, addressesOf(peer)...)
	return nil
}

// end begins the link's end; the first reason counts. It may be called from
// everywhere, and more than once.
func (l *link) end(err error) {
	l.once.Do(func() {
		l.mu.Lock()
		l.err = err
		agent, below, timer, ufrag := l.agent, l.stack, l.timer, l.ufrag
		l.mu.Unlock()
		l.s.yield(l, ufrag)
		if timer != nil {
			timer.Stop()
		}
		l.cancel()
		l.s.tasks.Go(func() {
			below.close()
			if agent != nil {
				_ = agent.GracefulClose() // it is over either way
			}
			l.s.leave(l)
			close(l.closed)
		})
	})
}

func (s *session) leave(l *link) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.links, l)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.offered {
		s.offered--
	}
	if n := s.peers[l.home]; n > 1 {
		s.peers[l.home] = n - 1
	} else {
		delete(s.peers, l.home)
	}
	if len(s.links) == 0 { // maps never get smaller
		s.links, s.peers, s.used = map[*link]struct{}{}, map[netip.Addr]int{}, map[there]int{}
	}
}

// expire ends the link after d unless it got further by then.
func (l *link) expire(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		return
	}
	if l.timer != nil {
		l.timer.Stop()
	}
	l.timer = time.AfterFunc(d, func() { l.end(ErrTimeout) })
}

func (l *link) isOpen() bool {
	select {
	case <-l.opened:
		return true
	default:
		return false
	}
}

func (l *link) state(state ice.ConnectionState) {
	if state == ice.ConnectionStateFailed || state == ice.ConnectionStateClosed {
		l.end(ErrFailed)
	}
}

// handshake is called when a way to the peer was found, and waits for a turn to
// make the DTLS handshake on it. The turn is for computing: whoever lets us wait
// gives it back early, so that dead handshakes do not hold up others, and two
// nodes whose turns fell to different connections do not wait for each other.
func (l *link) handshake() (ctx context.Context, done func(), ok bool) {
	queue, stop := context.WithTimeout(l.ctx, queueTime)
	defer stop()
	if !l.s.meet(l) || !turn(queue, l.s.turns) {
		return nil, nil, false
	}
	back := sync.OnceFunc(func() { <-l.s.turns })
	early := time.AfterFunc(turnTime, back)
	ctx, cancel := context.WithTimeout(l.ctx, dtlsTime)
	return ctx, func() {
		cancel()
		early.Stop()
		back()
	}, true
}

// turn takes a place in a queue of places, unless ctx ends first.
func turn(ctx context.Context, places chan struct{}) bool {
	select {
	case places <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

// meet counts the link under the address it found. It reports false if there
// are too many connections with it, or too many lately, or if another link has
// that very address and port: one port here and one there bear one link.
func (s *session) meet(l *link) bool {
	local, remote := l.ends()
	if !remote.IsValid() || !s.claim(l, local, remote) {
		return false
	}
	home := household(remote.Addr())
	s.mu.Lock()
	defer s.mu.Unlock()
	l.mu.Lock()
	defer l.mu.Unlock()
	if s.peers[home] >= s.cfg.MaxPerAddress || l.err != nil || !s.limits.meetings.allow(home, time.Now()) {
		return false
	}
	s.peers[home]++
	l.home, l.remote, l.asked = home, remote, time.Now()
	s.use(l, remote)
	return true
}

// claim makes an address the link's own; it reports false if it is another's.
func (s *session) claim(l *link, local, remote netip.AddrPort) bool {
	s.mu.Lock()
	sock := s.sockets[place{l.lane, local.Addr()}]
	s.mu.Unlock()
	if sock == nil {
		return false
	}
	l.mu.Lock()
	ufrag, pwd := l.ufrag, l.pwd
	l.mu.Unlock()
	p := sock.find(ufrag)
	if p == nil || !sock.claim(p, remote) {
		return false
	}
	p.trust(pwd)
	return true
}

// yield lets others have the addresses of a link that ends.
func (s *session) yield(l *link, ufrag string) {
	s.mu.Lock()
	h := s.hubs[l.lane]
	s.unuse(l)
	s.mu.Unlock()
	for _, sock := range h {
		sock.mu.Lock()
		if p := sock.paths[ufrag]; p != nil {
			p.leaving = true
		}
		sock.mu.Unlock()
	}
}

// ends are both ends of the path in use, invalid before there is one.
func (l *link) ends() (local, remote netip.AddrPort) {
	pair, err := l.agent.GetSelectedCandidatePair()
	if err != nil || pair == nil {
		return local, remote
	}
	here, err1 := netip.ParseAddr(pair.Local.Address())
	there, err2 := netip.ParseAddr(pair.Remote.Address())
	if err1 != nil || err2 != nil {
		return local, remote
	}
	return netip.AddrPortFrom(here.Unmap(), uint16(pair.Local.Port())), netip.AddrPortFrom(there.Unmap(), uint16(pair.Remote.Port()))
}
