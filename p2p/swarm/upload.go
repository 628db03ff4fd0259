package swarm

import (
	"context"
	"errors"
	"time"

	"vidiverse/p2p/ledger"
	"vidiverse/p2p/pml"
)

// upload is a request that a peer made and that is to be answered.
type upload struct {
	segment, request int
	from             int64
	ctx              context.Context // ends when the peer wants it no more
	stop             context.CancelFunc
	begun            bool  // the writer has it
	sent             int64 // bytes of it; of the writer alone
}

// request takes a peer's request; what it asked for before is stopped. Asking
// and not waiting costs us a read each time, and so costs manners.
func (p *peer) request(c pml.Command) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.up != nil {
		p.up.stop()
		if !p.manners.spend(abortCost, time.Now()) {
			return errRude
		}
	}
	p.up = &upload{segment: c.Segment, request: c.Request, from: c.From}
	p.up.ctx, p.up.stop = context.WithCancel(p.ctx)
	p.look()
	return nil
}

// stopUpload takes a peer's cancel. One that names another request is late.
func (p *peer) stopUpload(request int) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.up == nil || p.up.request != request {
		return nil
	}
	p.up.stop()
	p.up = nil
	if !p.manners.spend(abortCost, time.Now()) {
		return errRude
	}
	return nil
}

func (p *peer) nextUpload() *upload {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.up == nil || p.up.begun {
		return nil
	}
	p.up.begun = true
	return p.up
}

func (p *peer) serving() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.up != nil
}

// forget makes room for the next request, which may come as soon as the last
// word on this one is sent.
func (p *peer) forget(u *upload) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.up == u {
		p.up = nil
	}
}

// serve answers a request. An error ends the connection; a peer that lost its
// interest is none.
func (p *peer) serve(u *upload) error {
	defer u.stop()
	defer p.forget(u)
	size, ok := p.sizeOf(u)
	why := ledger.Absent
	if ok {
		why = ledger.Busy
	}
	if ok && p.worthwhile() && p.s.n.beginUpload(size) {
		defer p.s.n.endUpload(size)
		why = ledger.Greedy
		if p.charge(size) {
			data, err := p.s.readSegment(u.ctx, u.segment)
			if err == nil && int64(len(data)) == size {
				return p.transmit(u, data[u.from:])
			}
			why = ledger.Failed
		}
	}
	if u.ctx.Err() != nil {
		return nil
	}
	p.forget(u)
	p.book.Refused(why)
	p.s.count(func(c *counters) { c.refused.Add(1) })
	return p.send(u.ctx, pml.Command{Kind: pml.Absent, Segment: u.segment, Request: u.request})
}

// sizeOf returns the size of the segment if it is here to be given. To who says
// that it holds it too it would be of no use.
func (p *peer) sizeOf(u *upload) (size int64, ok bool) {
	segments := p.s.stream.Segments
	first, end := p.s.span()
	if u.segment < first || u.segment >= end || !segments.Has(u.segment) || p.offers(u.segment) {
		return 0, false
	}
	e, err := segments.Extent(u.segment)
	return e.Length, err == nil && u.from >= 0 && u.from <= e.Length
}

// charge counts what is read for the peer. Over one connection it is given a
// file a few times over, or all that a live brought since it came; and no more.
func (p *peer) charge(size int64) bool {
	whole := int64(0)
	if first, end := p.s.span(); p.s.sliding() {
		whole = size * int64(end-min(p.first, first))
	} else if last, err := p.s.stream.Segments.Extent(end - 1); err == nil {
		whole = last.Offset + last.Length
	} else {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.given += size
	return p.given <= max(maxCopies*whole, leastGiven)
}

// transmit sends the answer to a request.
func (p *peer) transmit(u *upload, data []byte) error {
	err := p.send(u.ctx, pml.Command{Kind: pml.Data, Segment: u.segment, Request: u.request, Size: int64(len(data))})
	if err == nil {
		p.out.begin(p.arrived())
		err = p.slices(u, data)
		p.out.end(p.arrived())
	}
	if err == nil {
		p.forget(u)
		err = p.send(u.ctx, pml.Command{Kind: pml.Completed, Segment: u.segment, Request: u.request})
	}
	if u.ctx.Err() != nil {
		p.spent(u.sent)
		p.book.Vain(int(u.sent))
		p.s.count(func(c *counters) {
			c.cancelled.Add(1)
			c.vain.Add(u.sent)
		})
		return nil // the peer wants it no more, or has gone
	}
	if err == nil {
		p.s.count(func(c *counters) { c.served.Add(1) })
		p.mu.Lock()
		p.vains = 0
		p.manners.give(exchangeWorth)
		p.mu.Unlock()
	}
	return err
}

// spent notes that a peer gave an upload up on which so much was spent. A line
// that is slower than a film sends only what comes too late: browsers ask for
// what they need next, and take it from the origin when its time is near. After
// two in a row the peer is sent elsewhere for a while, and then longer.
func (p *peer) spent(n int64) {
	if n < leastSpent {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.vains++; p.vains >= maxVains {
		p.muted = time.Now().Add(vainTime << min(p.vains-maxVains, 3))
	}
}

// worthwhile reports whether what is sent to the peer is of use at present.
func (p *peer) worthwhile() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !time.Now().Before(p.muted)
}

// slices sends raw bytes. Between two of them the peer may change its mind.
func (p *peer) slices(u *upload, data []byte) error {
	urgent := p.s.sliding()
	p.s.n.queue.begin(&p.place)
	for len(data) > 0 {
		if _, err := p.announce(); err != nil {
			return err
		}
		if err := p.drain(u.ctx, p.out.mark(p.conn.RTT())); err != nil {
			return err
		}
		slice, rest := pml.Slice(data, min(p.out.slice(), p.s.n.slice(), p.allowance()))
		if err := p.pace(u.ctx, len(slice)); err != nil {
			return err
		}
		if err := p.s.n.pass(u.ctx, p.book, &p.place, len(slice), urgent); err != nil {
			return err
		}
		if u.ctx.Err() != nil {
			return u.ctx.Err()
		}
		if err := p.conn.Write(slice); err != nil {
			return err
		}
		data = rest
		u.sent += int64(len(slice))
		p.sent.Add(int64(len(slice)))
		p.book.Sent(len(slice))
		p.s.count(func(c *counters) { c.sent.Add(int64(len(slice))) })
		p.active.Store(time.Now().UnixNano())
		p.out.sample(p.arrived())
	}
	return nil
}

// allowance is the longest message for a connection with a rate of its own.
func (p *peer) allowance() int {
	if p.line.rate == 0 {
		return pml.MaxMessage
	}
	return int(min(p.line.most, pml.MaxMessage))
}

// pace waits until the connection's own rate allows size bytes.
func (p *peer) pace(ctx context.Context, size int) error {
	if p.line.rate == 0 || p.line.spend(float64(size), time.Now()) {
		return ctx.Err()
	}
	timer := time.NewTimer(time.Duration(-p.line.left / p.line.rate * float64(time.Second)))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// drain waits until little enough is under way. A peer that takes nothing for
// long has gone without a word.
func (p *peer) drain(ctx context.Context, mark int) error {
	ctx, cancel := context.WithTimeoutCause(ctx, stuckTime, errStuck)
	defer cancel()
	err := p.conn.Drained(ctx, mark)
	if err != nil && errors.Is(context.Cause(ctx), errStuck) {
		return errStuck
	}
	return err
}

// arrived is how much of what was sent is known to have arrived.
func (p *peer) arrived() int64 { return p.sent.Load() - int64(p.conn.Buffered()) }

const (
	// abortCost is what an unfinished request costs in commands.
	abortCost = 10
	// exchangeWorth is what a segment exchanged gives back: its request, the
	// announcement of it, and a little.
	exchangeWorth = 4
	// maxCopies of a file go over one connection, of a small one a few more.
	maxCopies  = 3
	leastGiven = 16 << 20
	stuckTime  = 20 * time.Second
	// maxVains uploads in a row on which leastSpent bytes were spent for nothing
	// are followed by a pause of vainTime, doubled each time up to eight times.
	maxVains   = 2
	leastSpent = 32 << 10
	vainTime   = 20 * time.Second
)
