// Package crowd lets hundreds of people watch one stream over a simulated
// network: real swarms over lines with a rate, a delay and losses, in a bubble
// of testing/synctest, so that an hour takes seconds and a busy machine changes
// nothing.
//
//	origin ── Line ──┐            ┌── Line ── viewer: player, shelf, swarm.Net
//	                 ├── network ─┤── Line ── node: holds all of it
//	    introducer ──┘            └── Line ── stranger: lies, drips, floods
//
// What a viewer does is a Manner: that of PeerTube's page, or that of a node's
// playback. Whether it is fed in time is measured against deadlines.
package crowd

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"sync"
	"testing/synctest"
	"time"

	"vidiverse/p2p"
	"vidiverse/p2p/p2ptest"
	"vidiverse/p2p/swarm"
)

// Rates of a line, in bytes a second; 0 for no limit.
type Rates struct{ Up, Down float64 }

// Plan says who watches what over which lines.
type Plan struct {
	Segments             int
	Length               time.Duration // of each
	Size                 int           // of each, in bytes
	Live                 bool          // one appears every Length
	Viewers              int
	Arrive               time.Duration // over which they come
	Nodes                int           // hold everything from the beginning
	Strangers            int           // of ill will
	Manner               Manner
	Origin, Viewer, Node Rates
	Delay                time.Duration // from each line to the middle
	Loss                 float64       // on viewers' lines
	Alone                bool          // nobody is introduced: the origin serves all
	// Cut is when every connection between people ends, and nobody is introduced
	// any more: a tracker and a network that died. 0 is never.
	Cut  time.Duration
	Seed uint64
}

// Result is what came of it. Bytes are those of segments.
type Result struct {
	Watched    int64         // bytes that viewers got
	FromOrigin int64         // of them, and
	FromPeople int64         // of them
	NodesTook  int64         // that nodes got from the origin
	Stalls     time.Duration // of all viewers, the wait for the first segment included
	Worst      time.Duration // of one viewer
	Bad        int           // segments that swarms gave and that are wrong
	Unfinished int           // viewers who did not see the end
	Swarms     swarm.Stats   // of all viewers
	Took       time.Duration // in the bubble
}

// Offload is the part of what viewers watched that the origin did not send them.
func (r Result) Offload() float64 {
	if r.Watched == 0 {
		return 0
	}
	return 1 - float64(r.FromOrigin)/float64(r.Watched)
}

// crowd is a plan that goes on.
type crowd struct {
	Plan
	data    [][]byte
	extents []p2p.Extent
	began   time.Time
	origin  *p2ptest.Line
	meeting *meeting
	ctx     context.Context
	group   sync.WaitGroup

	mu     sync.Mutex
	result Result
	hosts  int
}

// Run plays a plan out. It is for the inside of a bubble.
func Run(ctx context.Context, plan Plan) Result {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	c := &crowd{Plan: plan, began: time.Now(), ctx: ctx, meeting: &meeting{}}
	c.meeting.chance = rand.New(rand.NewPCG(plan.Seed, 1))
	c.data, c.extents = p2ptest.Film(plan.Seed, plan.Segments, plan.Size)
	c.origin = &p2ptest.Line{Up: plan.Origin.Up, Delay: plan.Delay}
	for i := range plan.Nodes {
		c.node(i)
	}
	for i := range plan.Strangers {
		c.stranger(i)
	}
	if plan.Cut > 0 {
		c.group.Go(func() {
			if c.rest(plan.Cut) {
				c.meeting.cut()
			}
		})
	}
	synctest.Wait()
	var watching sync.WaitGroup
	for i := range plan.Viewers {
		v := c.viewer(i)
		watching.Go(func() { v.watch(c.arrival(i)) })
	}
	watching.Wait()
	c.result.Took = time.Since(c.began)
	cancel()
	c.group.Wait()
	return c.result
}

// arrival is when a viewer comes: they come evenly.
func (c *crowd) arrival(i int) time.Duration {
	return time.Duration(i) * c.Arrive / time.Duration(max(c.Viewers, 1))
}

// line is a new host's.
func (c *crowd) line(r Rates, loss float64) *p2ptest.Line {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.hosts++
	addr := netip.AddrFrom4([4]byte{10, byte(c.hosts >> 16), byte(c.hosts >> 8), byte(c.hosts)})
	return &p2ptest.Line{Up: r.Up, Down: r.Down, Delay: c.Delay, Loss: loss, Addr: netip.AddrPortFrom(addr, 4000)}
}

// edge is how many segments there are by now.
func (c *crowd) edge() int {
	if !c.Live {
		return c.Segments
	}
	return min(c.Segments, backlog+int(time.Since(c.began)/c.Length))
}

// backlog is how many segments of a live there are when everything begins.
const backlog = 5

// peer is somebody with a swarm.
type peer struct {
	c     *crowd
	id    string
	line  *p2ptest.Line
	shelf *shelf
	net   *swarm.Net
	swarm *swarm.Swarm
}

// open is a gate that lets everything through: lines bound what leaves.
type open struct{}

func (open) Wait(ctx context.Context, _ int) error { return ctx.Err() }

// join makes a peer and serves it until the crowd ends.
func (c *crowd) join(id string, line *p2ptest.Line) *peer {
	p := &peer{c: c, id: id, line: line, shelf: &shelf{c: c, held: make([]bool, c.Segments)}}
	p.net = swarm.New(swarm.Config{Gate: open{}})
	c.group.Go(func() { _ = p.net.Serve(c.ctx) }) // ends with ctx
	var segments swarm.Segments = p.shelf
	if c.Live {
		segments = window{p.shelf}
	}
	p.swarm = p.net.Join(swarm.Stream{Segments: segments})
	return p
}

// node holds everything; of a live it takes its share of the segments from the
// origin, and what it lacks a segment later.
func (c *crowd) node(i int) {
	p := c.join(fmt.Sprint("node-", i), c.line(c.Node, 0))
	c.group.Go(func() {
		c.meeting.keep(p)
	})
	if !c.Live {
		p.shelf.fill()
		return
	}
	c.group.Go(func() {
		for n := 0; n < c.Segments && c.ctx.Err() == nil; n++ {
			for n >= c.edge() && c.rest(c.Length/16) {
			}
			if n%c.Nodes == i {
				p.fromOrigin(c.ctx, n)
				c.mu.Lock()
				c.result.NodesTook += int64(len(c.data[n]))
				c.mu.Unlock()
				continue
			}
			c.group.Go(func() { p.follow(n) })
		}
	})
}

// follow takes a segment from who has it first.
func (p *peer) follow(n int) {
	for try := 0; try < 40 && p.c.rest(p.c.Length/8); try++ {
		if p.swarm.Has(n) {
			if data, err := p.swarm.Fetch(p.c.ctx, n); err == nil {
				p.shelf.put(n, data)
				return
			}
		}
	}
}

// rest waits, and reports whether the crowd goes on.
func (c *crowd) rest(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-c.ctx.Done():
	}
	return c.ctx.Err() == nil
}

// fromOrigin fetches a segment over HTTP, and reports whether it came.
func (p *peer) fromOrigin(ctx context.Context, n int) bool {
	const piece = 32 << 10
	at := time.Now().Add(p.c.origin.Delay + p.line.Delay) // the request
	for left := p.c.Size; left > 0; left -= piece {
		if !until(ctx, at) {
			return false
		}
		at = p2ptest.Carry(p.c.origin, p.line, min(left, piece))
	}
	if !until(ctx, at) {
		return false
	}
	p.shelf.put(n, p.c.data[n])
	return true
}

func until(ctx context.Context, at time.Time) bool {
	timer := time.NewTimer(time.Until(at))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
	return ctx.Err() == nil
}
