// Package copies gives what the node holds to whoever asks by HTTP: to players
// that know it as a mirror, web seeds of torrents, other nodes.
//
//	GET /redundancy/{origin host}/{video}/{file}   a file as its origin has it
//	Range, If-Range, If-None-Match, HEAD           as a static file server
//
// Only bytes that match the origin's digests leave, each through the gate and
// on the line of its connection. A mirror that is slow hurts: a player chooses
// its servers blindly. So what is not held, or cannot come in time, is answered
// at once with the address of the same file at its origin. While the gate is
// shut nobody listens.
package copies

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"vidiverse/node/door"
	"vidiverse/p2p/blockstore"
	"vidiverse/p2p/ledger"
	"vidiverse/p2p/limit"
)

// Copy is a file that can be asked for.
type Copy struct {
	File   *blockstore.File
	Head   []byte // what comes before the first extent, as the origin gave it
	Size   int64
	Rate   int64  // bytes a second that who plays it needs; 0: not known
	Origin string // URL of the same file; empty: none to send people to
}

// Config of a Server. Zero fields of the last group are defaults.
type Config struct {
	Listen string // HOST:PORT
	Gate   *limit.Gate
	Ledger *ledger.Ledger
	// Find returns p2p.ErrAbsent for what is not here.
	Find func(origin, video, name string) (Copy, error)

	Answers int // at a time; 32
	Each    int // of them, to one address; 8
	Conns   int // connections; 256
	Log     *slog.Logger
}

// Server is safe for several goroutines.
type Server struct {
	cfg Config

	mu      sync.Mutex
	at      net.Addr // nil: nobody listens
	answers int
	each    map[netip.Addr]int
}

// New returns a server that does nothing until Serve.
func New(cfg Config) *Server {
	cfg.Answers, cfg.Each, cfg.Conns = cmp.Or(cfg.Answers, 32), cmp.Or(cfg.Each, 8), cmp.Or(cfg.Conns, 256)
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Server{cfg: cfg, each: map[netip.Addr]int{}}
}

// Addr is where it listens now, or nil.
func (s *Server) Addr() net.Addr {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.at
}

// retry is how long a port that another has is left alone.
const retry = 30 * time.Second

// Serve listens whenever the gate is open, until ctx ends.
func (s *Server) Serve(ctx context.Context) error {
	changed := make(chan struct{}, 1)
	stop := s.cfg.Gate.Notify(func() {
		select {
		case changed <- struct{}{}:
		default: // it is to look anyhow
		}
	})
	defer stop()
	for ctx.Err() == nil {
		var late <-chan time.Time
		if s.cfg.Gate.State().Open {
			if err := s.while(ctx, changed); err != nil {
				s.cfg.Log.Warn("files cannot be given by HTTP, and it is tried again", "err", err)
				late = time.After(retry)
			}
			if late == nil {
				continue
			}
		}
		select {
		case <-ctx.Done():
		case <-changed:
		case <-late:
		}
	}
	return ctx.Err()
}

func (*Server) String() string { return "copies by HTTP" }

// while serves for as long as the gate is open.
func (s *Server) while(ctx context.Context, changed <-chan struct{}) error {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.cfg.Listen)
	if err != nil {
		return err
	}
	s.listens(l.Addr())
	defer s.listens(nil)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	lines := &lines{book: s.cfg.Ledger}
	srv := &http.Server{
		Handler: s, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 20 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 8 << 10,
		BaseContext: func(net.Listener) context.Context { return ctx },
		ConnContext: lines.open, ConnState: lines.changed,
		ErrorLog: slog.NewLogLogger(s.cfg.Log.Handler(), slog.LevelDebug),
	}
	done := make(chan error, 1)
	go func() { done <- srv.Serve(door.Bounded(l, s.cfg.Conns, nil)) }()
	for {
		select {
		case err := <-done:
			return errors.Join(err, srv.Close())
		case <-ctx.Done():
		case <-changed:
			if s.cfg.Gate.State().Open {
				continue
			}
		}
		cancel() // answers end where they are: nothing may leave any more
		_ = srv.Close()
		<-done
		lines.ended.Wait()
		return nil
	}
}

func (s *Server) listens(at net.Addr) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.at = at
}

// enter counts an answer in, unless there are enough.
func (s *Server) enter(who netip.Addr) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.answers >= s.cfg.Answers || s.each[who] >= s.cfg.Each {
		return false
	}
	s.answers++
	s.each[who]++
	return true
}

func (s *Server) leave(who netip.Addr) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers--
	if s.each[who]--; s.each[who] == 0 {
		delete(s.each, who)
	}
}

// inTime tells whether one more can be sent what it plays, beside all who are
// sent something now by whatever transport.
func (s *Server) inTime(c Copy, line *ledger.Line) bool {
	rate := s.cfg.Gate.Limits().Rate
	return rate == 0 || c.Rate == 0 || float64(rate)/float64(s.cfg.Ledger.Active(line)+1) >= ease*float64(c.Rate)
}

// ease is how much faster than played a file has to come: a viewer's buffer
// grows, and a rate is an average.
const ease = 1.5
