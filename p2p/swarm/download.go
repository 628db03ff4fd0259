package swarm

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"vidiverse/p2p"
	"vidiverse/p2p/pml"
)

// download is what we asked a peer for. It is guarded by peer.mu.
type download struct {
	segment, request int
	size             int64 // 0 until Data says it, if nobody else knows
	begun            bool  // its Data came
	data             []byte
	asked, moved     time.Time
	err              error
	done             chan struct{} // closed when data is whole, or err set
	over             bool
}

// end closes done. mu is held.
func (d *download) end(err error) {
	if !d.over {
		d.over, d.err = true, err
		close(d.done)
	}
}

// ask reserves the peer for a segment, unless it is busy. mu is held.
func (p *peer) ask(i int, size int64) *download {
	request := rand.IntN(requests - 1)
	if request >= p.last {
		request++ // never the last one: its leavings may still come
	}
	p.last = request
	p.down = &download{segment: i, request: request, size: size, done: make(chan struct{})}
	return p.down
}

// begin takes the words that segment bytes follow. Those about another request
// are late, and so are their bytes.
func (p *peer) begin(c pml.Command) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	d := p.down
	if d == nil || d.over || c.Segment != d.segment || c.Request != d.request {
		if d != nil {
			d.begun = false // what comes now belongs to nobody
		}
		return nil
	}
	if d.size == 0 && c.Size <= maxLive {
		d.size = c.Size // its digest alone is known
	}
	if d.begun || c.Size != d.size || c.Size <= 0 {
		d.end(p2p.ErrDigest)
		return fmt.Errorf("%w: %d bytes where there are %d", errLied, c.Size, d.size)
	}
	d.begun, d.moved = true, time.Now()
	d.data = make([]byte, 0, min(d.size, maxGuess))
	return nil
}

// payload takes raw bytes. Without a request they are the leavings of one that
// was cancelled: what it lacked, and little more.
func (p *peer) payload(b []byte) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	d := p.down
	if d == nil || !d.begun || d.over {
		if p.owed -= int64(len(b)); p.owed < -maxStray {
			return errStray
		}
		return nil
	}
	if int64(len(d.data)+len(b)) > d.size {
		d.end(p2p.ErrDigest)
		return fmt.Errorf("%w: more than announced", errLied)
	}
	now := time.Now()
	d.data, d.moved = append(d.data, b...), now
	p.active.Store(now.UnixNano())
	p.received.Add(int64(len(b)))
	p.s.count(func(c *counters) { c.received.Add(int64(len(b))) })
	if int64(len(d.data)) == d.size {
		d.end(nil)
	}
	return nil
}

// completed takes the word that all was sent. When all came it says nothing new.
func (p *peer) completed(c pml.Command) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	d := p.down
	if d == nil || !d.begun || d.over {
		return nil
	}
	d.end(p2p.ErrDigest)
	return fmt.Errorf("%w: fewer than announced", errLied)
}

// absent takes the word that a segment cannot be had.
func (p *peer) absent(c pml.Command) {
	p.mu.Lock()
	defer p.mu.Unlock()
	d := p.down
	if d == nil || c.Segment != d.segment || c.Request != d.request {
		return
	}
	p.has.remove(c.Segment)
	d.end(p2p.ErrAbsent)
}

// fetch carries out what was reserved, and frees the peer. The bytes are
// verified; a peer whose bytes are wrong is banned.
func (p *peer) fetch(ctx context.Context, d *download, e p2p.Extent) ([]byte, error) {
	err := p.send(ctx, pml.Command{Kind: pml.Request, Segment: d.segment, Request: d.request})
	if err == nil {
		err = p.await(ctx, d)
	}
	var data []byte
	if err == nil {
		data = d.data // nothing is added after its end
		if e.Length == 0 {
			e.Length = d.size
		}
		if err = e.Check(data); err != nil {
			p.ban(errLied)
		}
	}
	p.settle(d, err)
	if err == nil {
		return data, nil
	}
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	return nil, fmt.Errorf("swarm: segment %d: %w", d.segment, err)
}

// await waits for the bytes, as long as they come at a bearable rate.
func (p *peer) await(ctx context.Context, d *download) error {
	p.mu.Lock()
	d.asked = time.Now()
	d.moved = d.asked
	p.mu.Unlock()
	timer := time.NewTimer(quietTime)
	defer timer.Stop()
	for {
		select {
		case <-d.done:
			p.mu.Lock()
			defer p.mu.Unlock()
			return d.err
		case <-p.ctx.Done():
			return p.over(d)
		case <-ctx.Done():
			p.cancelRequest(d)
			return ctx.Err()
		case <-timer.C:
			left := p.patience(d)
			if left <= 0 {
				p.cancelRequest(d)
				return errSlow
			}
			timer.Reset(left)
		}
	}
}

// over says what a closed connection means for a download.
func (p *peer) over(d *download) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case d.over:
		return d.err
	case p.reason != nil:
		return p.reason
	}
	return context.Cause(p.ctx)
}

// patience is how long to wait on: until nothing came for a while, or what
// comes is a drip that keeps the segment from everybody who would bring it.
func (p *peer) patience(d *download) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if took := now.Sub(d.asked); took >= floorTime && float64(len(d.data)) < floorRate*took.Seconds() {
		return 0
	}
	return min(quietTime-now.Sub(d.moved), floorTime)
}

// cancelRequest tells the peer that no more is wanted. What it is asked next
// may arrive before; it stops then as well.
func (p *peer) cancelRequest(d *download) {
	p.s.n.spawn(func(ctx context.Context) {
		_ = p.send(ctx, pml.Command{Kind: pml.Cancel, Segment: d.segment, Request: d.request}) // it is only polite
	})
}

// settle frees the peer and remembers how it did. Who claims to hold what it
// does not bring keeps others from fetching it elsewhere: it is sent away, or
// left alone for a while if it once brought something.
func (p *peer) settle(d *download, err error) {
	p.mu.Lock()
	took, brought := time.Since(d.asked), len(d.data)
	if d.asked.IsZero() {
		took = 0 // it was never asked
	}
	if p.down == d {
		p.down = nil
	}
	if err != nil && !d.asked.IsZero() {
		lacking := d.size - int64(brought)
		if d.size == 0 {
			lacking = maxOwed
		}
		p.owed = min(max(p.owed, 0)+lacking, maxOwed)
	}
	speed := float64(brought) / max(took.Seconds(), 1e-3)
	switch {
	case err == nil:
		p.misses = 0
		p.manners.give(exchangeWorth)
		p.speed = average(p.speed, speed)
	case errors.Is(err, errSlow):
		p.misses++
		p.speed = average(p.speed, speed)
	case took > leastPatience:
		p.speed = average(p.speed, speed)
	}
	p.tally.note(err, took, brought)
	never := p.tally.kept == 0
	useless := p.misses >= maxMisses || p.tally.useless()
	if useless {
		p.misses, p.resting = 0, time.Now().Add(restTime)
	}
	p.mu.Unlock()
	if useless && never {
		p.ban(errSlow)
	}
	if err == nil {
		p.book.Received(brought)
	}
	p.s.trusting(never, took, err)
	p.s.count(func(c *counters) {
		if err == nil {
			c.fetched.Add(1)
		} else {
			c.failed.Add(1)
			c.spilled.Add(int64(brought))
		}
	})
}

// average weighs what is new and what was. A speed is never 0, which would say
// that none was measured.
func average(old, now float64) float64 {
	if old == 0 {
		return max(now, 1)
	}
	return max((old+now)/2, 1)
}

const (
	requests = 1000 // request numbers are below
	// maxGuess is how much room is made for bytes that are only announced.
	maxGuess = 1 << 20
	// maxStray bytes may come that nobody asked for, and maxOwed after cancels,
	// of what was under way.
	maxStray = 16 << 10
	maxOwed  = 4 << 20
	// restTime is how long one is not asked that brought too little.
	restTime = time.Minute
	// quietTime without a byte, the library's own measure, ends a request.
	quietTime = 2 * time.Second
	// floorRate in bytes a second is too little to watch; it is asked for after
	// floorTime.
	floorRate = 32 << 10
	floorTime = 4 * time.Second
)
