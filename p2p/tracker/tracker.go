package tracker

import (
	"context"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"vidiverse/p2p/consent"
	"vidiverse/p2p/wsock"
)

// Config is what an operator and the instance say. Zero fields mean the default.
type Config struct {
	// Disabled refuses every announce, in PeerTube's words.
	Disabled bool
	// Public lets any hash be announced. The default is to ask Allow.
	Public bool
	// Allow is the allow list; it is needed unless Public or Disabled is set.
	Allow Allower
	// TrustProxy are the proxies whose X-Forwarded-For is believed.
	TrustProxy []netip.Prefix
	// RejectTooManyAnnounces refuses the sixteenth announce of a hash from one
	// address within five minutes, answers included, as PeerTube's setting of
	// that name does. It shuts out busy seeders and shared addresses: the other
	// limits hold without it.
	RejectTooManyAnnounces bool
	// Interval is how often HTTP clients should announce, 10 minutes by
	// default; browsers are told a fifth of it.
	Interval time.Duration
	// Introductions is who may meet whom, Everyone by default.
	Introductions Introductions
	// Nodes says which nodes' proofs of consent count; nil is none.
	Nodes Enroller
	// Socket is our own public address, as nodes know it: a proof is for one
	// tracker. Without it none counts.
	Socket string
	// MaxSockets and MaxSocketsPerAddress bound connections: by default 131,072,
	// or half of what the process may have open if that is less, so that files
	// are still opened when the tracker is full; and 4,096.
	MaxSockets, MaxSocketsPerAddress int
	// Now is the clock, time.Now by default.
	Now func() time.Time
}

// Tracker serves /tracker/socket, /tracker/announce and /tracker/scrape. It may
// be used from several goroutines.
type Tracker struct {
	cfg     Config
	name    string // in proofs
	allow   allowList
	clients clients
	strict  strict
	swarms  registry
	ramp    ramp
	proofs  proofs
	stats   counters
	scratch sync.Pool
	sockets *wsock.Server

	mu   sync.Mutex
	ctx  context.Context // of Serve, nil before: what sockets ask under
	open int             // sockets, upgrades under way included
}

// New makes a tracker. It answers 503 to sockets until Serve runs.
func New(cfg Config) *Tracker {
	if cfg.Interval <= 0 {
		cfg.Interval = 10 * time.Minute
	}
	if cfg.MaxSockets <= 0 {
		cfg.MaxSockets = min(1<<17, max(descriptors()/2, 256))
	}
	if cfg.MaxSocketsPerAddress <= 0 {
		cfg.MaxSocketsPerAddress = 4_096
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	t := &Tracker{cfg: cfg, sockets: wsock.New(usual)}
	t.name, _ = consent.TrackerOf(cfg.Socket)
	t.allow = allowList{ask: cfg.Allow, verdicts: map[id]verdict{}}
	t.clients.byAddr = map[netip.Addr]*client{}
	t.scratch.New = func() any { return &scratch{} }
	return t
}

// ask asks the Allower under Serve's context: a socket outlives its request.
func (t *Tracker) ask(hash id, from netip.Addr, now time.Time) (bool, error) {
	t.mu.Lock()
	ctx := t.ctx
	t.mu.Unlock()
	if ctx == nil || !t.clients.ask(from, now) {
		return false, errBusy
	}
	return t.allow.allowed(ctx, hash, now)
}

// Forget drops what is remembered of a hash's permission: the next announce
// asks again. Call it when a video appears or goes.
func (t *Tracker) Forget(hash [20]byte) { t.allow.forget(hash) }

// ServeHTTP routes by path. The socket is served at exactly its path and
// without a query, as PeerTube does.
func (t *Tracker) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/tracker/socket":
		t.serveSocket(w, r)
	case "/tracker/announce":
		t.serveAnnounce(w, r)
	case "/tracker/scrape":
		t.serveScrape(w, r)
	default:
		http.NotFound(w, r)
	}
}
