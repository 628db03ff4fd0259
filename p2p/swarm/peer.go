package swarm

import (
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"vidiverse/p2p/ledger"
	"vidiverse/p2p/pml"
)

// Why a connection is ended. Those of the second group ban the peer.
var (
	errIdle  = errors.New("swarm: nothing is exchanged")
	errStuck = errors.New("swarm: the peer takes nothing")

	errRude    = errors.New("swarm: more commands than anybody needs")
	errGarbled = errors.New("swarm: commands that cannot be read")
	errStray   = errors.New("swarm: bytes that nobody asked for")
	errLied    = errors.New("swarm: other bytes than were asked for")
	errSlow    = errors.New("swarm: what is asked for does not come")
)

// peer is one connection. A reader and a writer run for it.
type peer struct {
	s      *Swarm
	id     string
	conn   Conn
	book   *ledger.Line
	since  time.Time
	ctx    context.Context // ends with the connection
	cancel context.CancelFunc
	wake   chan struct{} // tells the writer to look
	speak  chan struct{} // held while a command is sent: its chunks stay together

	sent, received atomic.Int64
	active         atomic.Int64 // UnixNano of the last message that meant something

	mu        sync.Mutex
	has       set  // what it announced
	coming    set  // what it fetches over HTTP, as it says
	announced bool // it said anything yet
	due       bool // our announcement is
	told      time.Time
	up        *upload
	given     int64 // bytes read for it
	first     int   // id of the window when it came
	down      *download
	last      int     // request number
	speed     float64 // bytes a second of what it sent us; 0 is unknown
	misses    int     // requests in a row that brought nothing
	tally     tally
	owed      int64     // bytes that requests lacked which were given up
	resting   time.Time // not asked before
	vains     int       // uploads in a row that it gave up
	muted     time.Time // nothing is sent to it before
	manners   bucket
	reason    error

	// Of the reader alone.
	joiner  pml.Joiner
	garbled int

	out   rate    // of the writer alone
	line  bucket  // what one connection may be sent, in bytes; of the writer alone
	place account // in the queue before the gate
}

// connected takes an open channel in and serves it until it ends. The caller
// counts the peer out.
func (s *Swarm) connected(ctx context.Context, who *visitor, c Conn) {
	defer c.Close()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	now := time.Now()
	p := &peer{
		s: s, id: who.id, conn: c, since: now, ctx: ctx, cancel: cancel,
		wake: make(chan struct{}, 1), speak: make(chan struct{}, 1), due: true,
		manners: bucket{rate: commandRate, most: commandBurst, left: commandBurst, at: now},
	}
	p.first, _ = s.span()
	if r := float64(s.n.cfg.PeerRate); r > 0 {
		p.line = bucket{rate: r, most: max(r/8, leastSlice), at: now}
	}
	p.active.Store(now.UnixNano())
	p.book = s.n.cfg.Ledger.Open(ledger.Use{Transport: ledger.MediaLoader, File: s.stream.File, Remote: c.Remote(), RTT: c.RTT})
	defer p.book.Close()
	if !s.admit(p, who) {
		return
	}
	defer s.dismiss(p)
	var reader sync.WaitGroup
	reader.Go(func() {
		defer cancel()
		p.read()
	})
	p.write()
	cancel()
	c.Close() // ends Read
	reader.Wait()
}

// admit adds the peer unless it is not welcome, or not expected any more.
func (s *Swarm) admit(p *peer, who *visitor) bool {
	if !who.came() {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.left || s.knows(p.id) || s.avoided.id(p.id) {
		return false
	}
	s.peers = append(s.peers, p)
	return true
}

func (s *Swarm) dismiss(p *peer) {
	p.mu.Lock()
	reason, up := p.reason, p.up
	p.mu.Unlock()
	if up != nil {
		up.stop()
	}
	s.mu.Lock()
	for i, other := range s.peers {
		if other == p {
			s.peers = append(s.peers[:i:i], s.peers[i+1:]...)
			break
		}
	}
	if len(s.peers) == 0 {
		s.peers = nil
	}
	s.assign()
	s.mu.Unlock()
	s.n.cfg.Log.Debug("peer left", "seconds", int(time.Since(p.since).Seconds()), "sent", p.sent.Load(), "received", p.received.Load(), "err", reason)
}

// end closes the connection; the first reason counts.
func (p *peer) end(reason error) {
	p.mu.Lock()
	if p.reason == nil {
		p.reason = reason
	}
	p.mu.Unlock()
	p.cancel()
}

// ban closes the connection and does not meet the peer again in this swarm.
func (p *peer) ban(reason error) {
	remote := p.conn.Remote().Addr()
	p.s.mu.Lock()
	p.s.avoided.ban(p.id, remote, errors.Is(reason, errLied), errors.Is(reason, errSlow))
	p.s.mu.Unlock()
	p.s.count(func(c *counters) { c.banned.Add(1) })
	p.end(reason)
}

// read takes what the peer sends until the connection ends. Idle peers wait
// with little buffers: there may be hundreds.
func (p *peer) read() {
	small := make([]byte, smallMessage)
	for {
		err := p.readInto(small)
		if errors.Is(err, io.ErrShortBuffer) {
			big := messages.Get().(*[pml.MaxMessage]byte)
			err = p.readInto(big[:])
			messages.Put(big)
		}
		if err != nil {
			return
		}
	}
}

// readInto reads and handles one message.
func (p *peer) readInto(buf []byte) error {
	n, err := p.conn.Read(buf)
	switch {
	case errors.Is(err, io.ErrShortBuffer) && len(buf) < pml.MaxMessage:
		return io.ErrShortBuffer
	case err != nil:
		p.end(err)
		return err
	}
	if err := p.take(buf[:n]); err != nil {
		p.ban(err)
		return err
	}
	return nil
}

var messages = sync.Pool{New: func() any { return new([pml.MaxMessage]byte) }}

// take handles one message. An error ends the connection.
func (p *peer) take(message []byte) error {
	if !pml.IsCommand(message) {
		return p.payload(message)
	}
	p.mu.Lock()
	polite := p.manners.spend(1, time.Now())
	p.mu.Unlock()
	if !polite {
		return errRude
	}
	c, whole, err := p.joiner.Add(message)
	if err != nil {
		if p.garbled++; p.garbled > maxGarbled {
			return errGarbled
		}
		return nil // as browsers do
	}
	if !whole {
		return nil
	}
	p.active.Store(time.Now().UnixNano())
	switch c.Kind {
	case pml.Announcement:
		p.heard(c)
	case pml.Request:
		return p.request(c)
	case pml.Cancel:
		return p.stopUpload(c.Request)
	case pml.Data:
		return p.begin(c)
	case pml.Completed:
		return p.completed(c)
	case pml.Absent:
		p.absent(c)
	}
	return nil
}

// heard replaces what the peer holds, and what it is about to.
func (p *peer) heard(c pml.Command) {
	first, end := p.s.span()
	if p.s.sliding() {
		first, end = first-margin, end+margin
	}
	p.mu.Lock()
	p.announced = true
	p.has.reset(first, end)
	for _, id := range c.Loaded {
		p.has.add(id)
	}
	p.coming.reset(first, end)
	for _, id := range c.Loading {
		p.coming.add(id)
	}
	p.mu.Unlock()
	p.s.rearrange()
}

// offers reports whether the peer said that it holds segment i.
func (p *peer) offers(i int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.has.contains(i)
}

// fetches reports whether the peer said that it gets segment i from the origin.
func (p *peer) fetches(i int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.coming.contains(i)
}

const (
	// smallMessage has room for most commands.
	smallMessage = 512
	// Commands that may come without anything being exchanged. A browser sends
	// an announcement and a request a segment, and both are given back when the
	// segment was sent.
	commandRate  = 30 // a second
	commandBurst = 300
	// maxGarbled commands of another version, or of a bad sender, are passed over.
	maxGarbled = 16
)
