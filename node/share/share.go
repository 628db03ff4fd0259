// Package share gives to others what the node holds, while the user lets it.
//
//	limit.Gate open ──▶ rtc + signal + swarm run, and every held file is in its swarms
//	limit.Gate shut ──▶ none of them exists: no socket, no announce, no packet
//
// The gate decides at every byte; this package makes sure that nothing is left
// that could even try. Which files are held, and what their swarms are called,
// it is told; how peers are met and served is p2p's.
package share

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"vidiverse/node/control"
	"vidiverse/node/remote"
	"vidiverse/p2p"
	"vidiverse/p2p/blockstore"
	"vidiverse/p2p/ledger"
	"vidiverse/p2p/limit"
	"vidiverse/p2p/rtc"
	"vidiverse/p2p/signal"
	"vidiverse/p2p/swarm/window"
)

// Stream is a rendition that may be shared: only what its origin federates.
type Stream struct {
	Ref      control.Ref
	Title    string
	File     p2p.FileID
	Trackers []string
	Hashes   [][20]byte
	Torrent  *remote.Torrent // nil if its origin published none
	Fetched  time.Time       // when the origin said so
	Window   *window.Window  // of a live; nil: File is in the store
}

// undigested is the version of a file that has no digests: it is played from
// its server alone.
var undigested = p2p.VersionOf(nil)

// OfLive is one stream of a live for somebody who watches it: what w holds is
// given on. Each who watches has a stream of their own.
func OfLive(ref control.Ref, film *remote.Film, i int, w *window.Window) Stream {
	from := film.Streams[i]
	s := Stream{Ref: ref, Title: film.Title, File: from.Stream, Trackers: film.Trackers, Fetched: film.Fetched, Window: w}
	s.File.Name += fmt.Sprintf("#%p", w)
	for _, swarm := range from.Swarms {
		s.Hashes = append(s.Hashes, swarm.Hash)
	}
	return s
}

// Of is the streams of a film, as it was found. An outline of it is enough.
func Of(ref control.Ref, film *remote.Film) []Stream {
	var all []Stream
	for _, r := range film.Renditions {
		s := Stream{Ref: ref, Title: film.Title, File: r.File, Trackers: film.Trackers, Torrent: r.Torrent, Fetched: film.Fetched}
		for _, swarm := range r.Swarms {
			s.Hashes = append(s.Hashes, swarm.Hash)
		}
		if len(s.Hashes) > 0 && r.File.Version != undigested {
			all = append(all, s)
		}
	}
	return all
}

// Config of a Share.
type Config struct {
	Gate    *limit.Gate
	Ledger  *ledger.Ledger // of that gate; nil counts for nobody
	Blocks  *blockstore.Store
	Network func() rtc.Config // asked each time sharing begins
	// Key, if given, is what it proves to trackers with that it wants to be met.
	Key ed25519.PrivateKey
	// Dial connects to a tracker that a film found at an origin names.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Held lists the streams of which something is on disk.
	Held func(ctx context.Context) ([]Stream, error)
	// Meet meets peers of torrents until ctx ends; nil: nobody does.
	Meet func(ctx context.Context, host *rtc.Host, signals *signal.Client) error
	Log  *slog.Logger
}

// Share is the part of a node that meets others. It is safe for several
// goroutines.
type Share struct {
	cfg   Config
	nudge chan struct{} // what is held has changed

	mu     sync.Mutex
	net    *network // nil while nothing is shared
	fault  error    // why the network could not be opened though the gate is open
	wanted map[p2p.FileID]*Peers
}

// New returns a Share that does nothing until Serve.
func New(cfg Config) *Share {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Share{cfg: cfg, nudge: make(chan struct{}, 1), wanted: map[p2p.FileID]*Peers{}}
}

// Refresh says that what is held may have changed.
func (s *Share) Refresh() {
	select {
	case s.nudge <- struct{}{}:
	default: // one is waiting already
	}
}

// retry is how long a network that could not be opened is left alone: cables
// come back by themselves.
const retry = 30 * time.Second

// Serve shares whenever the gate is open, until ctx ends.
func (s *Share) Serve(ctx context.Context) error {
	changed := make(chan struct{}, 1)
	stop := s.cfg.Gate.Notify(func() {
		select {
		case changed <- struct{}{}:
		default:
		}
	})
	defer stop()
	for ctx.Err() == nil {
		if !s.cfg.Gate.State().Open {
			wait(ctx, changed, nil)
			continue
		}
		err := s.while(ctx, changed)
		if err == nil || ctx.Err() != nil {
			continue
		}
		s.cfg.Log.Warn("sharing stopped and will be tried again", "err", err)
		s.mu.Lock()
		s.fault = err
		s.mu.Unlock()
		wait(ctx, changed, time.After(retry))
	}
	return nil
}

func wait(ctx context.Context, changed <-chan struct{}, late <-chan time.Time) {
	select {
	case <-ctx.Done():
	case <-changed:
	case <-late:
	}
}

// while runs a network for as long as the gate is open.
func (s *Share) while(ctx context.Context, changed <-chan struct{}) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	n := newNetwork(s.cfg)
	done := make(chan error, 1)
	go func() { done <- n.serve(ctx, s.cfg, s.nudge) }()
	s.set(n)
	defer s.set(nil)
	for {
		select {
		case <-changed:
			if !s.cfg.Gate.State().Open {
				cancel()
				return ended(<-done)
			}
		case err := <-done:
			return ended(err)
		}
	}
}

// ended forgets that somebody asked for the end.
func ended(err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return nil
	}
	return fmt.Errorf("share: %w", err)
}

func (s *Share) set(n *network) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.net, s.fault = n, nil
}

// Fault is why nothing is shared though the gate is open, or nil.
func (s *Share) Fault() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fault
}

func (s *Share) running() *network {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.net
}
