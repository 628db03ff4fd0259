package swarm

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"vidiverse/p2p/ledger"
	"vidiverse/p2p/pml"
	"vidiverse/p2p/rtc"
	"vidiverse/p2p/signal"
)

// Gate is the only way out.
type Gate interface {
	// Wait waits until n bytes may be sent, and counts them. An error other than
	// ctx's means that nothing may be sent for now.
	Wait(ctx context.Context, n int) error
}

// Config of a Net. Zero fields mean the default, but Gate is needed.
type Config struct {
	// Host makes the connections. It is served by the caller.
	Host *rtc.Host
	// Signal finds peers. It is served by the caller; nil finds nobody.
	Signal *signal.Client
	Gate   Gate
	// Ledger counts what passes the gate, of which it must be; nil: nobody asks.
	Ledger *ledger.Ledger
	// MaxPeers and MaxPeersPerSwarm bound connections, those being made
	// included: 256 and 64 by default.
	MaxPeers, MaxPeersPerSwarm int
	// MaxUploads bounds uploads at one time, MaxUploadBytes the size of the
	// segments that they hold in memory: 32 and 64 MiB by default.
	MaxUploads     int
	MaxUploadBytes int64
	// PeerRate bounds what one connection is sent, in bytes a second; 0 is no
	// bound but the gate's.
	PeerRate int64
	Log      *slog.Logger
}

// Net is all swarms of a node. It may be used from several goroutines.
type Net struct {
	cfg   Config
	queue queue // of slices before the gate

	counts counters // of all swarms, those that were left included

	mu      sync.Mutex
	run     *run // nil while Serve does not run
	swarms  map[*Swarm]struct{}
	peers   int // connected or being connected, all swarms
	uploads int
	bytes   int64 // of segments that uploads hold
	flow    flow  // of the gate
	line    capacity
	shut    time.Time // the gate is not asked again before
}

// run is one time of Serve.
type run struct {
	ctx   context.Context
	tasks sync.WaitGroup
}

var errDown = errors.New("swarm: not served")

// New makes a Net. It starts nothing.
func New(cfg Config) *Net {
	if cfg.MaxPeers <= 0 {
		cfg.MaxPeers = 256
	}
	if cfg.MaxPeersPerSwarm <= 0 {
		cfg.MaxPeersPerSwarm = 64
	}
	if cfg.MaxUploads <= 0 {
		cfg.MaxUploads = 32
	}
	if cfg.MaxUploadBytes <= 0 {
		cfg.MaxUploadBytes = 64 << 20
	}
	if cfg.Ledger == nil {
		cfg.Ledger = ledger.New(cfg.Gate, ledger.Config{})
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Net{cfg: cfg, swarms: map[*Swarm]struct{}{}}
}

// Serve lets peers come until ctx ends. When it returns every connection is
// closed and nothing runs; the swarms stay joined, and it may be called again.
func (n *Net) Serve(ctx context.Context) error {
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	r := &run{ctx: inner}
	n.mu.Lock()
	if n.run != nil {
		n.mu.Unlock()
		return errors.New("swarm: already served")
	}
	n.run = r
	n.mu.Unlock()

	n.sweepUntil(ctx)

	n.mu.Lock()
	n.run = nil
	n.mu.Unlock()
	cancel()
	for _, s := range n.all() {
		s.empty()
	}
	r.tasks.Wait()
	return ctx.Err()
}

// spawn runs f while Serve runs, which waits for it. It reports whether it did.
func (n *Net) spawn(f func(ctx context.Context)) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	r := n.run
	if r == nil {
		return false
	}
	r.tasks.Go(func() { f(r.ctx) })
	return true
}

// context is Serve's.
func (n *Net) context() (context.Context, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.run == nil {
		return nil, errDown
	}
	return n.run.ctx, nil
}

func (n *Net) all() []*Swarm {
	n.mu.Lock()
	defer n.mu.Unlock()
	list := make([]*Swarm, 0, len(n.swarms))
	for s := range n.swarms {
		list = append(list, s)
	}
	return list
}

// enter counts one more peer, if there is room.
func (n *Net) enter() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.run == nil || n.peers >= n.cfg.MaxPeers {
		return false
	}
	n.peers++
	return true
}

func (n *Net) leave() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.peers--
}

// room is how many more peers there may be, none while the gate is closed:
// a peer to whom nothing may be said is of no use to anyone.
func (n *Net) room() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.run == nil || time.Now().Before(n.shut) {
		return 0
	}
	return n.cfg.MaxPeers - n.peers
}

// closed notes that the gate let nothing through.
func (n *Net) closed() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.shut = time.Now().Add(shutTime)
}

// beginUpload counts an upload of size bytes in. It refuses one whose share of
// what the gate lets through, or the line bears, would be of no use: an honest "absent" sends the
// peer elsewhere at once, and what little there is helps somebody.
func (n *Net) beginUpload(size int64) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	now := time.Now()
	full := n.uploads >= n.cfg.MaxUploads || n.bytes+size > n.cfg.MaxUploadBytes
	if n.uploads > 0 && (full || n.flow.share(n.uploads+1) < leastShare || !n.line.bears(now)) {
		return false
	}
	n.uploads++
	n.line.change(n.uploads, now)
	n.bytes += size
	return true
}

func (n *Net) endUpload(size int64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.uploads--
	n.line.change(n.uploads, time.Now())
	n.bytes -= size
}

// pass takes a slice of size bytes through the gate, when its turn has come.
func (n *Net) pass(ctx context.Context, line *ledger.Line, a *account, size int, urgent bool) error {
	if err := n.queue.enter(ctx, a, size, urgent); err != nil {
		return err
	}
	began := time.Now()
	err := n.wait(ctx, line, size)
	n.queue.leave(a, size, err == nil)
	if err != nil {
		return err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.flow.note(size, time.Since(began))
	n.line.count(size)
	return nil
}

// slice is the longest message that the gate lets through in an eighth of a
// second: longer ones would keep others waiting.
func (n *Net) slice() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return int(min(max(n.flow.share(8), leastSlice), pml.MaxMessage))
}

// wait asks the gate, for a message of size bytes and all that it takes to send it.
func (n *Net) wait(ctx context.Context, line *ledger.Line, size int) error {
	err := line.Wait(ctx, onLine(size))
	if err != nil && ctx.Err() == nil {
		n.closed()
	}
	return err
}

// onLine is how many bytes go over the line for a message: 1,200 of them share a
// packet with the headers of IPv6, UDP, DTLS and SCTP.
func onLine(size int) int {
	const payload, headers = 1200, 40 + 8 + 37 + 28
	return size + (size+payload-1)/payload*headers
}

// counters are totals since the beginning.
type counters struct {
	sent, received             atomic.Int64
	served, cancelled, refused atomic.Int64
	fetched, failed, banned    atomic.Int64
	vain, spilled, hedged      atomic.Int64
}

const (
	// shutTime is how long nobody is met after the gate refused.
	shutTime = 30 * time.Second
	// leastShare in bytes a second is of use to a viewer.
	leastShare = 48 << 10
)
