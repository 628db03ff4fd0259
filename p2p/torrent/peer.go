package torrent

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	pp "github.com/anacrolix/torrent/peer_protocol"
	"golang.org/x/sync/errgroup"
)

// Line is a connection at the gate: *ledger.Line.
type Line interface {
	// Wait waits until n bytes may be sent, and counts them.
	Wait(ctx context.Context, n int) error
	Sent(n int)     // of media among them
	Received(n int) // of media
	Refused(why string)
	Close()
}

// peer is a connection that did its handshakes.
type peer struct {
	t      *Torrent
	c      conn
	via    string // ByTCP or ByWebRTC
	remote netip.AddrPort
	id     [20]byte
	speaks bool // BEP 10
	line   Line
	cancel context.CancelCauseFunc
	wake   chan struct{}
	since  time.Time

	// All below is guarded by t.mu.
	theirs      bits
	choked      bool // they choke us
	choking     bool // we choke them
	wants       bool // they want something of us
	interesting bool // they have what we want
	asked       map[block]time.Time
	depth       int
	queue       []block // what they asked for
	control     []pp.Message
	hello       hello
	port        int // where others reach it; 0: not known
	strange     int
	strikes     int
	given, told int64 // bytes of pieces and of the info that were read for it
	sent        int64 // of media
	last        time.Time
	free        time.Time // since when it is not choked
	pexed       time.Time
	meta        bool // it was asked for the info in vain
}

var (
	errFlood   = errors.New("torrent: a peer asks too much")
	errStrange = errors.New("torrent: a peer sends what nobody asked for")
)

// run talks to the peer until either ends it.
func (p *peer) run(ctx context.Context) error {
	ctx, p.cancel = context.WithCancelCause(ctx)
	defer p.cancel(nil)
	if err := p.t.enter(p); err != nil {
		p.line.Close()
		return err
	}
	defer p.t.leave(p)
	g, inner := errgroup.WithContext(ctx)
	stop := context.AfterFunc(inner, func() { _ = p.c.Close() }) // ends the reading
	defer stop()
	g.Go(func() error { return p.read(inner) })
	g.Go(func() error { return p.write(inner) })
	err := g.Wait()
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	_ = p.c.Close() // it may be closed already
	return err
}

func (p *peer) end(err error) { p.cancel(err) }

// say puts a message in line. t.mu is held.
func (p *peer) say(m pp.Message) {
	if len(p.control) >= maxControl {
		p.end(errFlood)
		return
	}
	p.control = append(p.control, m)
	p.nudge()
}

// tell says what could be written. t.mu is held.
func (p *peer) tell(m pp.Message, err error) {
	if err != nil {
		p.end(err)
		return
	}
	p.say(m)
}

func (p *peer) nudge() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// learn fits what the peer said it has to the number of pieces. t.mu is held.
func (p *peer) learn(pieces int) bool {
	if len(p.theirs) == 0 {
		p.theirs = newBits(pieces)
		return true
	}
	if need := (pieces + 7) / 8; len(p.theirs) < need { // it grew piece by piece
		p.theirs = append(p.theirs, make(bits, need-len(p.theirs))...)
	}
	return p.theirs.fits(pieces)
}

func (p *peer) read(ctx context.Context) error {
	r := newMessages(p.c)
	for {
		if err := p.c.SetReadDeadline(time.Now().Add(silentTime)); err != nil {
			return err
		}
		m, err := r.next()
		if err != nil {
			return err
		}
		if err := p.take(ctx, m); err != nil {
			return err
		}
	}
}

// take handles a message.
func (p *peer) take(ctx context.Context, m pp.Message) error {
	t := p.t
	t.mu.Lock()
	defer t.mu.Unlock()
	if m.Keepalive {
		return nil
	}
	switch m.Type {
	case pp.Choke:
		p.choked = true
		t.unask(p)
		t.fillAll()
	case pp.Unchoke:
		p.choked = false
		t.fill(p)
	case pp.Interested, pp.NotInterested:
		p.wants = m.Type == pp.Interested
		t.serve(time.Now())
	case pp.Have:
		return t.hasMore(p, int64(m.Index))
	case pp.Bitfield:
		return t.hasAll(p, packed(m.Bitfield))
	case pp.Request:
		return t.requested(p, blockOf(m))
	case pp.Cancel:
		p.drop(blockOf(m))
	case pp.Piece:
		return t.received(p, m)
	case pp.Extended:
		return t.extended(ctx, p, m)
	}
	return nil
}

func (t *Torrent) hasMore(p *peer, index int64) error {
	most := int64(maxPieces)
	if t.info != nil {
		most = int64(t.info.Pieces())
	}
	if index >= most {
		return fmt.Errorf("%w: it has piece %d", errMessage, index)
	}
	if need := int(index/8) + 1; len(p.theirs) < need {
		p.theirs = append(p.theirs, make(bits, need-len(p.theirs))...)
	}
	p.theirs.set(int(index))
	t.fill(p)
	return nil
}

func (t *Torrent) hasAll(p *peer, b bits) error {
	if t.info != nil && !b.fits(t.info.Pieces()) || len(b) > maxPieces/8 {
		return fmt.Errorf("%w: a bitfield of %d bytes", errMessage, len(b))
	}
	p.theirs = b
	t.fill(p)
	return nil
}

// requested puts a request in line. t.mu is held.
func (t *Torrent) requested(p *peer, b block) error {
	if t.info == nil || b.piece < 0 || b.piece >= t.info.Pieces() {
		return fmt.Errorf("%w: a request of piece %d", errMessage, b.piece)
	}
	_, _, length := t.info.Piece(b.piece)
	if b.length < 1 || b.length > blockSize || b.begin > length-b.length {
		return fmt.Errorf("%w: a request of %d bytes at %d", errMessage, b.length, b.begin)
	}
	if p.choking {
		return nil // it asked before it heard of it
	}
	if len(p.queue) >= maxQueue {
		return errFlood
	}
	if p.given += b.length; p.given > max(maxCopies*t.info.Length, leastGiven) {
		p.line.Refused("greedy")
		return errFlood
	}
	p.queue = append(p.queue, b)
	p.nudge()
	return nil
}

// drop forgets a request. t.mu is held.
func (p *peer) drop(b block) {
	for i, q := range p.queue {
		if q == b {
			p.queue = append(p.queue[:i], p.queue[i+1:]...)
			return
		}
	}
}

// received takes a block. t.mu is held, and given up while a piece is checked.
func (t *Torrent) received(p *peer, m pp.Message) error {
	b := blockOf(m)
	asked, whole := t.got(p, b, m.Piece)
	if !asked {
		if p.strange++; p.strange > maxStrange {
			return errStrange
		}
		return nil
	}
	p.last = time.Now()
	p.depth = depth
	if whole != nil {
		givers := whole.givers()
		t.mu.Unlock()
		t.keep(b.piece, whole.data, "", givers)
		t.mu.Lock()
	}
	t.fill(p)
	return nil
}

// write sends what is in line, through the gate.
func (p *peer) write(ctx context.Context) error {
	quiet := time.NewTimer(aliveTime)
	defer quiet.Stop()
	var frame bytes.Buffer
	for {
		frame.Reset()
		media, err := p.next(ctx, &frame)
		if err != nil {
			return err
		}
		if frame.Len() == 0 {
			select {
			case <-p.wake:
				continue
			case <-ctx.Done():
				return ctx.Err()
			case <-quiet.C:
				if err := (&pp.Message{Keepalive: true}).WriteTo(&frame); err != nil {
					return err
				}
			}
		}
		if err := p.line.Wait(ctx, frame.Len()+overhead*(1+frame.Len()/1400)); err != nil {
			return err
		}
		if err := p.c.Write(ctx, frame.Bytes()); err != nil {
			return err
		}
		if media > 0 {
			p.line.Sent(media)
			p.t.mu.Lock()
			p.sent += int64(media)
			p.t.mu.Unlock()
		}
		quiet.Reset(aliveTime)
	}
}

// next writes to b what is to be sent now: control messages first, then a block.
func (p *peer) next(ctx context.Context, b *bytes.Buffer) (media int, err error) {
	p.t.mu.Lock()
	n := 0
	for n < len(p.control) && b.Len() < blockSize && err == nil {
		err = p.control[n].WriteTo(b)
		n++
	}
	if p.control = p.control[n:]; len(p.control) == 0 {
		p.control = nil
	}
	if err != nil || b.Len() > 0 || p.choking || len(p.queue) == 0 {
		p.t.mu.Unlock()
		return 0, err
	}
	one := p.queue[0]
	p.queue = append(p.queue[:0:0], p.queue[1:]...)
	store := p.t.store
	p.t.mu.Unlock()
	if !store.Has(one.piece) {
		p.line.Refused("absent")
		return p.next(ctx, b)
	}
	data, err := p.t.piece(ctx, one.piece)
	if err != nil {
		p.line.Refused("failed")
		return p.next(ctx, b)
	}
	m := asks(pp.Piece, one)
	m.Piece = data[one.begin : one.begin+one.length]
	return int(one.length), m.WriteTo(b)
}

// enter adds a peer to its torrent.
func (t *Torrent) enter(p *peer) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.gone {
		return ErrClosed
	}
	if len(t.peers) >= maxPerTorrent {
		return errFull
	}
	for o := range t.peers {
		if o.id == p.id {
			return errKnown
		}
	}
	p.choked, p.choking, p.depth, p.wake = true, true, depth, make(chan struct{}, 1)
	p.asked, p.since, p.last = map[block]time.Time{}, time.Now(), time.Now()
	t.peers[p] = struct{}{}
	t.greet(p)
	return nil
}

// leave forgets it.
func (t *Torrent) leave(p *peer) {
	t.mu.Lock()
	t.unask(p)
	delete(t.peers, p)
	if t.meta != nil && t.meta.from == p {
		t.meta = nil
	}
	if len(t.peers) == 0 {
		t.idle = time.Now()
		t.reading.Lock()
		t.cached = nil
		t.reading.Unlock()
	}
	t.fillAll()
	t.mu.Unlock()
	p.line.Close()
}
