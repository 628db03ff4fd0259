package share

import (
	"context"
	"hash/maphash"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"vidiverse/p2p"
	"vidiverse/p2p/blockstore"
	"vidiverse/p2p/rtc"
	"vidiverse/p2p/signal"
	"vidiverse/p2p/swarm"
)

// network is everything that can send to others, from the gate's opening to its
// shutting.
type network struct {
	blocks  *blockstore.Store
	host    *rtc.Host
	signals *signal.Client
	swarms  *swarm.Net

	mu      sync.Mutex
	over    bool // leaveAll was called
	members map[p2p.FileID]*member
}

// member is a stream that was joined.
type member struct {
	Stream
	swarms  []*swarm.Swarm // one a hash: players of different generations never meet
	held    bool           // wanted because something of it is on disk
	playing int            // wanted because so many play it
}

func newNetwork(cfg Config) *network {
	host := rtc.New(cfg.Network())
	signals := signal.New(signal.Config{Dial: cfg.Dial, Key: cfg.Key, Log: cfg.Log})
	return &network{
		blocks: cfg.Blocks, host: host, signals: signals,
		swarms:  swarm.New(swarm.Config{Host: host, Signal: signals, Gate: cfg.Gate, Ledger: cfg.Ledger, Log: cfg.Log}),
		members: map[p2p.FileID]*member{},
	}
}

const (
	// settle is how often all that is held is looked at again without a nudge.
	settle = time.Minute
	// glance is how often it is looked whether there are new files: who just
	// got one should be found soon by those who want it.
	glance = 2 * time.Second
)

// serve runs until ctx ends, and leaves nothing behind.
func (n *network) serve(ctx context.Context, cfg Config, nudge <-chan struct{}) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return n.host.Serve(ctx) })
	g.Go(func() error {
		select { // an announce that cannot be answered wastes a tracker's time
		case <-n.host.Ready():
		case <-ctx.Done():
			return ctx.Err()
		}
		g.Go(func() error { return n.signals.Serve(ctx) })
		g.Go(func() error { return n.swarms.Serve(ctx) })
		if cfg.Meet != nil {
			g.Go(func() error { return cfg.Meet(ctx, n.host, n.signals) })
		}
		return n.keep(ctx, cfg, nudge)
	})
	err := g.Wait()
	n.leaveAll()
	return err
}

// keep holds the joined streams to what is on disk.
func (n *network) keep(ctx context.Context, cfg Config, nudge <-chan struct{}) error {
	tick := time.NewTicker(settle)
	defer tick.Stop()
	for {
		before := n.holding() // what comes from now on is news
		held, err := cfg.Held(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			return err
		}
		n.sync(held)
		if err := n.idle(ctx, before, tick.C, nudge); err != nil {
			return err
		}
	}
}

// idle returns when it is time to look again.
func (n *network) idle(ctx context.Context, before uint64, tick <-chan time.Time, nudge <-chan struct{}) error {
	quick := time.NewTicker(glance)
	defer quick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick:
			return nil
		case <-nudge:
			return nil
		case <-quick.C:
			if n.holding() != before {
				return nil
			}
		}
	}
}

var seed = maphash.MakeSeed()

// holding stands for the set of files of which there is something. Counting them
// would not show that one took another's place.
func (n *network) holding() (set uint64) {
	for _, f := range n.blocks.Files() {
		if f.Bytes > 0 {
			set ^= maphash.Comparable(seed, f.ID)
		}
	}
	return set
}

// sync joins what is held and leaves what is not any more.
func (n *network) sync(held []Stream) {
	n.mu.Lock()
	defer n.mu.Unlock()
	still := make(map[p2p.FileID]bool, len(held))
	for _, s := range held {
		still[s.File] = true
		if m := n.join(s); m != nil {
			m.Stream, m.held = s, true // who plays knows less of it
		}
	}
	for id, m := range n.members {
		if !still[id] {
			m.held = false
			n.leave(m)
		}
	}
}

// join returns the member for a stream, or nil if its file is not there, or the
// network is over.
func (n *network) join(s Stream) *member {
	if m, in := n.members[s.File]; in {
		return m
	}
	segments, known := n.segments(s)
	if !known || n.over {
		return nil
	}
	m := &member{Stream: s}
	for _, hash := range s.Hashes {
		m.swarms = append(m.swarms, n.swarms.Join(swarm.Stream{Trackers: s.Trackers, Hash: hash, Segments: segments, File: s.File}))
	}
	n.members[s.File] = m
	return m
}

// segments are what is held of a stream, and what comes to be.
func (n *network) segments(s Stream) (swarm.Segments, bool) {
	if s.Window != nil {
		return s.Window, true
	}
	return n.blocks.Find(s.File)
}

// leave forgets a member that nobody needs any more.
func (n *network) leave(m *member) {
	if m.held || m.playing > 0 {
		return
	}
	for _, s := range m.swarms {
		s.Leave()
	}
	delete(n.members, m.File)
}

func (n *network) leaveAll() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.over = true
	for _, m := range n.members {
		m.held, m.playing = false, 0
		n.leave(m)
	}
}
