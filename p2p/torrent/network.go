package torrent

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"vidiverse/p2p/guard"
	"vidiverse/p2p/ledger"
	"vidiverse/p2p/rtc"
	"vidiverse/p2p/signal"
)

// Host makes data channels: *rtc.Host.
type Host interface {
	Offer(ctx context.Context) (*rtc.Attempt, error)
	Accept(ctx context.Context, offerSDP string) (*rtc.Attempt, error)
}

// Network is how peers are met. Line is needed.
type Network struct {
	Host   Host // nil: not over WebRTC
	Signal *signal.Client
	// Line opens a connection at the gate.
	Line func(ledger.Use) Line
	// Listen is where peers reach us over TCP; empty: nowhere.
	Listen string
	// Dial connects to peers over TCP, and refuses what must not be reached;
	// nil: to public addresses alone.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// May tells which addresses that others name are tried at all; nil: public.
	May func(netip.Addr) bool
}

var (
	errFull  = errors.New("torrent: no more peers")
	errKnown = errors.New("torrent: connected to that peer")
	errSelf  = errors.New("torrent: that is us")
)

// network is what one Meet owns.
type network struct {
	e     *Engine
	cfg   Network
	ctx   context.Context
	id    [20]byte
	port  atomic.Int32
	tasks sync.WaitGroup
	nudge chan struct{}
	dials chan struct{}

	mu      sync.Mutex
	over    bool
	members map[[20]byte]*member
	peers   int
	from    map[netip.Addr]int // connections
}

// Meet meets peers until ctx ends: it listens, announces and connects. When it
// returns, every connection is closed. ErrListen: nothing was begun.
func (e *Engine) Meet(ctx context.Context, cfg Network) error {
	if cfg.Dial == nil {
		cfg.Dial = guard.Policy{}.Dial(net.Dialer{Timeout: shakeTime})
	}
	if cfg.May == nil {
		cfg.May = guard.Public
	}
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	n := &network{e: e, cfg: cfg, ctx: inner, nudge: make(chan struct{}, 1), dials: make(chan struct{}, maxDials),
		members: map[[20]byte]*member{}, from: map[netip.Addr]int{}}
	copy(n.id[:], "-VD0001-"+rand.Text())
	var l net.Listener
	if cfg.Listen != "" {
		var err error
		if l, err = new(net.ListenConfig).Listen(ctx, "tcp", cfg.Listen); err != nil {
			return fmt.Errorf("%w: %w", ErrListen, err)
		}
		n.port.Store(int32(l.Addr().(*net.TCPAddr).Port))
	}
	if !e.net.CompareAndSwap(nil, n) {
		if l != nil {
			_ = l.Close()
		}
		return errors.New("torrent: peers are met already")
	}
	g, inner := errgroup.WithContext(inner)
	if l != nil {
		g.Go(func() error { return n.accept(l) })
		g.Go(func() error { <-inner.Done(); return l.Close() })
	}
	g.Go(func() error { return n.keep(inner) })
	g.Go(func() error { return n.ask(inner) })
	err := g.Wait()
	e.net.Store(nil)
	n.leaveAll()
	cancel()
	n.tasks.Wait()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// Port is the TCP port on which peers reach us, 0 if there is none.
func (e *Engine) Port() int { return e.port() }

func (n *network) settle() {
	select {
	case n.nudge <- struct{}{}:
	default:
	}
}

// member is a torrent that is announced.
type member struct {
	l    Listing
	door *door
	urls map[string]*tracker
}

// keep holds what is announced to what is open or held.
func (n *network) keep(ctx context.Context) error {
	for {
		now := n.e.listings()
		n.mu.Lock()
		for hash, m := range n.members {
			if _, still := now[hash]; !still {
				n.leave(hash, m)
			}
		}
		for hash, l := range now {
			if n.members[hash] == nil && len(n.members) < maxMembers {
				n.join(hash, l)
			}
		}
		n.mu.Unlock()
		select {
		case <-n.nudge:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// maxMembers bounds what is announced; what is held beyond is not.
const maxMembers = 512

// join announces a torrent. mu is held.
func (n *network) join(hash [20]byte, l Listing) {
	m := &member{l: l, urls: map[string]*tracker{}}
	if n.cfg.Host != nil && n.cfg.Signal != nil {
		m.door = &door{n: n, hash: hash, offers: map[string]*rtc.Attempt{}}
		m.door.ready.Add(1)
		m.door.member = n.cfg.Signal.Join(l.Trackers, hash, m.door)
		m.door.ready.Done()
	}
	for _, u := range l.Trackers {
		if isHTTP(u) && len(m.urls) < 4 {
			m.urls[u] = &tracker{}
		}
	}
	n.members[hash] = m
}

// leave ends it. mu is held.
func (n *network) leave(hash [20]byte, m *member) {
	if m.door != nil {
		m.door.member.Leave()
		m.door.close()
	}
	delete(n.members, hash)
}

func (n *network) leaveAll() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.over = true
	for hash, m := range n.members {
		n.leave(hash, m)
	}
}

// admit counts a connection in, if there is room.
func (n *network) admit(a netip.Addr) bool {
	if n.e.isBanned(a) {
		return false
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.over || n.peers >= maxPeers || n.from[a] >= maxPerAddress {
		return false
	}
	n.peers++
	n.from[a]++
	return true
}

func (n *network) dismiss(a netip.Addr) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.peers--
	if n.from[a]--; n.from[a] == 0 {
		delete(n.from, a)
	}
}

// accept takes connections over TCP.
func (n *network) accept(l net.Listener) error {
	for {
		c, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			n.e.cfg.Log.Warn("torrent: accept", "err", err)
			if !rest(n.ctx, nil, time.Second) { // too many open files, say
				return nil
			}
			continue
		}
		remote := remoteOf(c)
		if !n.admit(remote.Addr()) {
			_ = c.Close() // nothing was promised
			continue
		}
		n.tasks.Go(func() {
			defer n.dismiss(remote.Addr())
			n.done(n.talk(arrival{c: socket{c}, via: ByTCP, remote: remote, self: n.id}))
		})
	}
}

// dial connects to an address that somebody named.
func (n *network) dial(t *Torrent, a netip.AddrPort) {
	select {
	case n.dials <- struct{}{}:
	default:
		return // later
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.over {
		return
	}
	n.tasks.Go(func() {
		ctx, cancel := context.WithTimeout(n.ctx, shakeTime)
		c, err := n.cfg.Dial(ctx, "tcp", a.String())
		cancel()
		<-n.dials
		if err != nil {
			return
		}
		if !n.admit(a.Addr()) {
			_ = c.Close() // nothing was promised
			return
		}
		defer n.dismiss(a.Addr())
		err = n.talk(arrival{c: socket{c}, via: ByTCP, remote: a, self: n.id, hash: &t.hash, port: int(a.Port())})
		if errors.Is(err, errSelf) { // trackers tell us of ourselves
			t.mu.Lock()
			t.meets[a] = time.Now().Add(24 * time.Hour)
			t.mu.Unlock()
		}
		n.done(err)
	})
}

func (n *network) done(err error) {
	if err != nil {
		n.e.cfg.Log.Debug("torrent peer left", "err", err)
	}
}

// arrival is a connection before its handshakes.
type arrival struct {
	c      conn
	via    string
	remote netip.AddrPort
	self   [20]byte
	hash   *[20]byte // nil: they say what for
	port   int       // where they listen, if known
}

// talk does the handshakes and talks to the peer until the end.
func (n *network) talk(a arrival) error {
	defer a.c.Close()
	ctx, cancel := context.WithCancel(n.ctx)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = a.c.Close() })
	defer stop()
	if err := a.c.SetReadDeadline(time.Now().Add(shakeTime)); err != nil {
		return err
	}
	var theirs handshake
	var err error
	if a.hash == nil {
		if theirs, err = readHash(a.c); err != nil {
			return err
		}
		a.hash = &theirs.hash
	}
	t, err := n.e.summon(ctx, *a.hash)
	if err != nil {
		return err
	}
	defer n.e.leave(t)
	line := n.cfg.Line(ledger.Use{Transport: transportOf(a.via), File: t.file, Remote: a.remote})
	ours := handshake{hash: *a.hash, peer: a.self, extended: true}.encode()
	if err = line.Wait(ctx, len(ours)+overhead); err == nil {
		err = a.c.Write(ctx, ours)
	}
	if err == nil && theirs.hash != *a.hash {
		theirs, err = readHash(a.c)
	}
	if err == nil {
		err = theirs.readPeer(a.c)
	}
	switch {
	case err != nil:
	case theirs.hash != *a.hash:
		err = errProtocol
	case theirs.peer == a.self:
		err = errSelf
	}
	if err != nil {
		line.Close()
		return err
	}
	p := &peer{t: t, c: a.c, via: a.via, remote: a.remote, id: theirs.peer, speaks: theirs.extended, port: a.port, line: line}
	return p.run(ctx)
}

func transportOf(via string) ledger.Transport {
	if via == ByWebRTC {
		return ledger.WebTorrent
	}
	return ledger.BitTorrent
}
