// Package playback plays videos: it serves a session's media to a player on this
// computer, and gets each segment from wherever it comes in time.
//
//	player ── http://127.0.0.1:port/run/session/… ──▶ door ─▶ virtual file (vmp4)
//	                                                             │ segment i
//	                disk ─ else ─ peers, server: raced by need ◀─┘
//	                  ▲                   │
//	                  └──── digest checked ┘
//
// What has a digest is checked before it is kept or played. What has none comes
// from its own server only, and is neither kept nor shared. A live's playlists
// and segments pass through with every address in them replaced.
//
// Nobody but the player gets in: the listener is on 127.0.0.1, each path holds a
// secret of the run and one of the session, and what a web page could send is
// refused.
package playback

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"vidiverse/node/control"
	"vidiverse/node/remote"
	"vidiverse/p2p"
	"vidiverse/p2p/blockstore"
	"vidiverse/p2p/guard"
	"vidiverse/p2p/swarm/window"
)

// Peers are the people who watch the same rendition.
type Peers interface {
	// FetchBy is a p2p.Source's Fetch of a segment that is needed at a time.
	FetchBy(ctx context.Context, i int, due time.Time) ([]byte, error)
	Has(i int) bool   // somebody connected says that they hold it
	Want(active bool) // we play, and would like to meet more
	// Fetching says that segment i is on its way from the server and will be
	// held, or no more: others then need not fetch it there too.
	Fetching(i int, on bool)
}

// Remote is how servers are asked; *remote.Client is one.
type Remote interface {
	// Source gives a rendition's segments, unchecked.
	Source(film *remote.Film, rendition int) p2p.Source
	// Get fetches a file that a film from the origin names.
	Get(ctx context.Context, origin, url string, limits guard.Limits) ([]byte, error)
}

// Config of a Playback. Film and Remote are needed.
type Config struct {
	Film   func(ctx context.Context, ref control.Ref) (*remote.Film, error)
	Remote Remote
	Blocks *blockstore.Store // nil: nothing is kept
	// Swarm is asked often: it returns a nil interface while nothing is shared.
	// Nil: never.
	Swarm func(film *remote.Film, rendition int) Peers
	// Live is the same for a stream of a live, whose segments w holds.
	Live func(film *remote.Film, stream int, w *window.Window) Peers
	Log  *slog.Logger
	Now  func() time.Time
}

const (
	maxSessions = 8
	maxIdle     = 10 * time.Minute // without a question or a request
)

// Playback plays. It is a control.Playback, safe for several goroutines.
type Playback struct {
	cfg  Config
	pace *pace // of this computer's line, over all sessions

	mu  sync.Mutex
	run *run          // nil while Serve does not run
	up  chan struct{} // closed once run is there
}

// run is what one Serve owns.
type run struct {
	ctx   context.Context
	group *errgroup.Group // of all sessions' goroutines
	host  string          // 127.0.0.1:port
	token string

	handlers sync.WaitGroup

	mu       sync.Mutex
	closed   bool
	sessions map[string]*session // by token
	files    map[string]*fileSession
}

// New returns a Playback; sessions can be opened while Serve runs.
func New(cfg Config) *Playback {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Playback{cfg: cfg, pace: &pace{}, up: make(chan struct{})}
}

// Serve listens on loopback until ctx ends, and ends all sessions then.
func (p *Playback) Serve(ctx context.Context) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp4", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen for the player: %w", err)
	}
	group, ctx := errgroup.WithContext(ctx)
	r := &run{ctx: ctx, group: group, host: listener.Addr().String(), token: rand.Text(), sessions: map[string]*session{}, files: map[string]*fileSession{}}
	server := &http.Server{
		Handler:           r,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
		BaseContext:       func(net.Listener) context.Context { return ctx },
	}
	group.Go(func() error {
		if err := server.Serve(narrow(listener)); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	group.Go(func() error {
		<-ctx.Done()
		p.set(nil)
		r.close()
		err := server.Close()
		r.handlers.Wait()
		return err
	})
	group.Go(func() error { return p.reap(ctx, r) })
	p.set(r)
	if err := group.Wait(); err != nil && ctx.Err() == nil {
		return err
	}
	return nil
}

func (p *Playback) set(r *run) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if r == nil {
		p.up = make(chan struct{})
	} else {
		close(p.up)
	}
	p.run = r
}

// running waits a moment for Serve, which starts beside whoever asks.
func (p *Playback) running(ctx context.Context) (*run, error) {
	p.mu.Lock()
	r, up := p.run, p.up
	p.mu.Unlock()
	if r != nil {
		return r, nil
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	select {
	case <-up:
		return p.running(ctx)
	case <-ctx.Done():
		return nil, fmt.Errorf("%w: playback does not run", control.ErrUnavailable)
	}
}

// reap closes sessions that nobody uses any more.
func (p *Playback) reap(ctx context.Context, r *run) error {
	tick := time.NewTicker(30 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			p.sweep(r)
		}
	}
}

// sweep closes the sessions that are idle now.
func (p *Playback) sweep(r *run) {
	for _, s := range r.all() {
		if p.cfg.Now().Sub(s.lastUsed()) > maxIdle {
			r.remove(s)
		}
	}
	p.sweepFiles(r)
}

func (r *run) all() []*session {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []*session
	for _, s := range r.sessions {
		all = append(all, s)
	}
	return all
}

func (r *run) find(token string) (*session, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s, ok := r.sessions[token]
	return s, ok
}

// close lets no more sessions and requests in.
func (r *run) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
}

// enter tells whether a request may be answered; r.handlers.Done follows then.
func (r *run) enter() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.closed {
		r.handlers.Add(1)
	}
	return !r.closed
}

// add makes a session findable and starts it; there may be only so many.
func (r *run) add(s *session) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.sessions) >= maxSessions {
		return fmt.Errorf("%w: %d videos are open already", control.ErrUnavailable, maxSessions)
	}
	if r.closed {
		return fmt.Errorf("%w: playback is ending", control.ErrUnavailable)
	}
	r.sessions[s.token] = s
	s.start()
	return nil
}

func (r *run) remove(s *session) {
	r.mu.Lock()
	delete(r.sessions, s.token)
	r.mu.Unlock()
	s.end()
}
