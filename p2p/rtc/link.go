package rtc

import (
	"context"
	"net/netip"
	"sync"
	"time"

	"github.com/pion/webrtc/v4"
)

// link is a connection from its first description to its end: what an Attempt
// and the Conn it becomes share.
//
//	offered ── Answer ──▶ being set up ──▶ open ──▶ taken by Attempt.Conn
//	                          ▲
//	Accept ───────────────────┘       a timer ends it in each state but the last
type link struct {
	s      *session
	pc     *webrtc.PeerConnection
	ctx    context.Context // ends with the link
	cancel context.CancelFunc
	opened chan struct{} // closed when conn is set
	closed chan struct{} // closed when pion has let go of everything
	once   sync.Once

	mu      sync.Mutex
	timer   *time.Timer
	offered bool
	taken   bool
	channel bool // the peer opened its channel
	conn    *Conn
	err     error
	home    netip.Addr // counted under, invalid before the handshake
}

// newLink counts a connection in and makes it. Its end counts it out.
func (s *session) newLink(offered bool) (*link, error) {
	ctx, cancel := context.WithCancel(s.ctx)
	l := &link{
		s: s, ctx: ctx, cancel: cancel, offered: offered,
		opened: make(chan struct{}), closed: make(chan struct{}),
	}
	if err := s.enter(l, offered); err != nil {
		cancel()
		return nil, err
	}
	pc, err := s.api(l.handshake).NewPeerConnection(webrtc.Configuration{Certificates: []webrtc.Certificate{s.cert}})
	if err != nil {
		l.end(err)
		return nil, err
	}
	l.mu.Lock()
	l.pc = pc
	ended := l.err != nil
	l.mu.Unlock()
	if ended { // the session was closed meanwhile, and did not see pc
		_ = pc.GracefulClose() // nothing was started
		return nil, ErrDown
	}
	pc.OnConnectionStateChange(l.state)
	pc.OnDataChannel(l.accepted)
	return l, nil
}

func (s *session) enter(l *link, offered bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed || s.ctx.Err() != nil:
		return ErrDown
	case len(s.links)-s.offered >= s.cfg.MaxPeers, offered && s.offered >= maxOffered:
		return ErrFull
	case offered:
		s.offered++
	}
	s.links[l] = struct{}{}
	return nil
}

// answered counts an offer as a set-up from now on.
func (s *session) answered(l *link) error {
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
	return nil
}

// end begins the link's end; the first reason counts. It may be called from
// everywhere, and more than once.
func (l *link) end(err error) {
	l.once.Do(func() {
		l.mu.Lock()
		l.err = err
		pc, timer := l.pc, l.timer
		l.mu.Unlock()
		if timer != nil {
			timer.Stop()
		}
		l.cancel()
		l.s.tasks.Go(func() {
			if pc != nil {
				_ = pc.GracefulClose() // it is over either way
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

func (l *link) state(state webrtc.PeerConnectionState) {
	if state == webrtc.PeerConnectionStateFailed || state == webrtc.PeerConnectionStateClosed {
		l.end(ErrFailed)
	}
}

// accepted is called for each channel that the peer opens. It may open one, and
// only if we did not: whoever opens more wants to see how many we bear.
func (l *link) accepted(dc *webrtc.DataChannel) {
	l.mu.Lock()
	second := l.channel
	l.channel = true
	l.mu.Unlock()
	if second || !dc.Ordered() || dc.MaxRetransmits() != nil || dc.MaxPacketLifeTime() != nil {
		l.end(ErrFailed)
		return
	}
	l.await(dc)
}

// await makes the Conn when the channel is open.
func (l *link) await(dc *webrtc.DataChannel) {
	dc.OnOpen(func() {
		raw, err := dc.DetachWithDeadline()
		if err != nil {
			l.end(err)
			return
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.err == nil && l.conn == nil {
			l.conn = newConn(l, dc, raw)
			close(l.opened)
		}
	})
}

// handshake is called when a way to the peer was found, and waits for a turn to
// make the DTLS handshake on it. The turn is for computing: whoever lets us wait
// gives it back early, so that dead handshakes do not hold up others, and two
// nodes whose turns fell to different connections do not wait for each other.
func (l *link) handshake() (context.Context, func()) {
	queue, stop := context.WithTimeout(l.ctx, queueTime)
	defer stop()
	if !l.s.meet(l) || !turn(queue, l.s.turns) {
		l.end(ErrBusy)
		return l.ctx, nil
	}
	back := sync.OnceFunc(func() { <-l.s.turns })
	early := time.AfterFunc(turnTime, back)
	ctx, cancel := context.WithTimeout(l.ctx, dtlsTime)
	return ctx, func() {
		cancel()
		early.Stop()
		back()
	}
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
// are too many connections with it, or too many lately.
func (s *session) meet(l *link) bool {
	remote := l.remote()
	if !remote.IsValid() {
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
	l.home = home
	return true
}

// remote is the peer's end of the path in use, invalid before there is one.
func (l *link) remote() netip.AddrPort {
	pair, err := l.pc.SCTP().Transport().ICETransport().GetSelectedCandidatePair()
	if err != nil || pair == nil {
		return netip.AddrPort{}
	}
	a, err := netip.ParseAddr(pair.Remote.Address)
	if err != nil {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(a.Unmap(), pair.Remote.Port)
}
