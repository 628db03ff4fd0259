package rtc

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"vidiverse/p2p/router"
)

// Errors of this package, for errors.Is.
var (
	ErrDown    = errors.New("rtc: not served")
	ErrFull    = errors.New("rtc: too many connections")
	ErrBusy    = errors.New("rtc: too many set-ups")
	ErrSDP     = errors.New("rtc: unusable session description")
	ErrTimeout = errors.New("rtc: the other side did not come in time")
	ErrFailed  = errors.New("rtc: no connection could be made")
)

// Config of a Host. Zero fields mean the default.
type Config struct {
	// Port is the UDP port of every socket; by default one that is free.
	Port int
	// Addresses are the local addresses to use, as far as this machine has
	// them; by default all that can be reached by somebody. An address that goes
	// takes its socket along, so that nothing leaves another way.
	Addresses []netip.Addr
	// LAN uses addresses of private networks that others name. Without it a
	// peer of the same network is met only if it comes to us.
	LAN bool
	// Loopback uses this machine's loopback addresses, too: tests.
	Loopback bool
	// MaxPeers bounds connections with those being made, 256 by default;
	// MaxPerAddress those with one address, an eighth of it by default.
	MaxPeers, MaxPerAddress int
	// STUN are servers, "stun:host:port", that tell our public addresses. At
	// most two are asked.
	STUN []string
	// Router has the routers of private networks pass our port on, as long as
	// Serve runs; nil asks none.
	Router *router.Config
	Log    *slog.Logger
}

// Host makes connections while Serve runs. It may be used from several
// goroutines.
type Host struct {
	cfg    Config
	cert   func() (*certificate, error)
	ground ground

	serving atomic.Bool

	mu    sync.Mutex
	run   *session      // nil while Serve does not run
	ready chan struct{} // closed when run has bound its sockets
}

// New makes a Host. It opens nothing.
func New(cfg Config) *Host {
	if cfg.MaxPeers <= 0 {
		cfg.MaxPeers = 256
	}
	if cfg.MaxPerAddress <= 0 {
		cfg.MaxPerAddress = max(cfg.MaxPeers/8, 4)
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Host{cfg: cfg, cert: sync.OnceValues(newCertificate), ground: kernel{}, ready: make(chan struct{})}
}

// Serve binds the sockets and keeps them bound to the addresses that the
// machine has, until ctx ends. When it returns every socket and connection is
// closed, and it may be called again.
func (h *Host) Serve(ctx context.Context) error {
	s, err := h.begin(ctx)
	if err != nil {
		return err
	}
	defer h.end()
	if err := s.bind(); err != nil {
		s.close()
		return err
	}
	h.mu.Lock()
	h.run = s
	close(h.ready)
	h.mu.Unlock()
	s.watch()
	h.mu.Lock()
	h.run, h.ready = nil, make(chan struct{})
	h.mu.Unlock()
	s.close()
	return ctx.Err()
}

func (h *Host) begin(ctx context.Context) (*session, error) {
	cert, err := h.cert()
	if err != nil {
		return nil, fmt.Errorf("rtc: certificate: %w", err)
	}
	if !h.serving.CompareAndSwap(false, true) {
		return nil, errors.New("rtc: already served")
	}
	return newSession(ctx, h.cfg, cert, h.ground), nil
}

func (h *Host) end() { h.serving.Store(false) }

// Ready is closed once Serve has bound its sockets. After Serve has returned it
// is another channel.
func (h *Host) Ready() <-chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.ready
}

func (h *Host) session() *session {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.run
}

// Addresses are the bound sockets' addresses, none while Serve does not run.
func (h *Host) Addresses() []netip.AddrPort {
	if s := h.session(); s != nil {
		return s.addresses()
	}
	return nil
}

// Stats are counts since Serve began, those of sockets in bytes of UDP payload.
type Stats struct {
	Conns    int // open
	Attempts int // offered, or being set up
	Sent     int64
	Received int64
	Answered int64 // binding requests of strangers
	Dropped  int64 // packets beyond a budget
}

// Stats reports what happens now.
func (h *Host) Stats() Stats {
	if s := h.session(); s != nil {
		return s.stats()
	}
	return Stats{}
}

// Offer makes an offer for a peer yet unknown. It waits, a few seconds at most,
// for the first answer of the STUN servers after Serve began. The offer expires
// after a minute without Answer.
func (h *Host) Offer(ctx context.Context) (*Attempt, error) {
	s := h.session()
	if s == nil {
		return nil, ErrDown
	}
	return s.offer(ctx)
}

// Accept answers an offer. The peer has 15 seconds to come.
func (h *Host) Accept(ctx context.Context, offerSDP string) (*Attempt, error) {
	s := h.session()
	if s == nil {
		return nil, ErrDown
	}
	remote, err := parseSDP(offerSDP, s.reachable)
	if err != nil {
		return nil, err
	}
	return s.accept(ctx, remote)
}

const (
	maxOffered   = 256                   // offers that nobody answered yet
	offerTime    = time.Minute           // an offer lives; a browser answers within 50 s or never
	connectTime  = 15 * time.Second      // from both descriptions to the open channel
	dtlsTime     = 10 * time.Second      // of these for the DTLS handshake
	queueTime    = 5 * time.Second       // a set-up waits for its turn
	turnTime     = time.Second / 4       // of computing, before a set-up's turn goes on to another
	acceptTime   = 50 * time.Millisecond // for a better way to the peer to be found
	setups       = 24                    // at once: more are slower for each of them
	watchTime    = 5 * time.Second       // between looks at the machine's addresses
	gatherTime   = 3 * time.Second       // for the first STUN answer
	mappingTime  = 25 * time.Second      // between questions to STUN servers: NATs forget after 30 s
	maxAddresses = 8
)
