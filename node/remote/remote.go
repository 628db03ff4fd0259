// Package remote asks PeerTube and Vidiverse servers: their lists, their videos,
// what a video's files are, and the files themselves.
//
//	ParseAddress ─▶ Trust ─▶ Instance ─▶ Videos ─▶ Video ─▶ Film ─▶ Source
//	(as typed)                (REST lists)          │        │
//	                       REST detail ─────────────┤        └▶ HTTP ranges
//	                       master, playlists, digests┤
//	                       ActivityPub: hashes, trackers
//
// Every answer is a stranger's. Requests go through p2p/guard: public https
// addresses alone, but for the one origin that the user typed, which may be
// plain and at home. Authority follows origin: what a video is, its own server
// says, not the one that lists it. Nothing is kept here but what a server's
// ETag lets us not fetch again, and nothing that came is checked against
// digests: whoever keeps or plays bytes does that.
package remote

import (
	"context"
	"crypto/x509"
	"errors"
	"log/slog"
	"net"
	"sync"
	"time"

	"vidiverse/p2p/guard"
)

// Errors that a caller tells apart, with errors.Is. Each comes with words.
var (
	ErrAddress     = errors.New("remote: not an address")
	ErrGone        = errors.New("remote: gone")                          // 404, 410
	ErrClosed      = errors.New("remote: not public")                    // 401, 403
	ErrUnavailable = errors.New("remote: no usable answer now")          // network, 429, 5xx, too slow
	ErrBusy        = errors.New("asked too often lately")                // by us: no turn soon; also an ErrUnavailable
	ErrNotPeerTube = errors.New("remote: no PeerTube there")             // something else answers
	ErrRefused     = errors.New("remote: the answer cannot be true")     // contradicts itself, or names what it may not
	ErrUnsupported = errors.New("remote: the video has no form we play") // no HLS
)

// Config of a Client. Zero fields mean the default.
type Config struct {
	Roots     *x509.CertPool // default: the system's
	UserAgent string         // default: "Vidiverse"
	Now       func() time.Time
	Log       *slog.Logger // nil discards
	Lists     int          // requests for lists a minute and origin; default 6
}

// Client asks servers. It is safe for several goroutines.
type Client struct {
	cfg    Config
	strict *guard.Client // for all origins that nobody typed
	etags  etags

	mu    sync.Mutex
	sites map[string]*site // by origin; guarded by mu
}

// maxSites bounds what is remembered of origins; those of the user's own do not
// count.
const maxSites = 1000

// New returns a client. It starts nothing.
func New(cfg Config) *Client {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.UserAgent == "" {
		cfg.UserAgent = "Vidiverse"
	}
	if cfg.Lists == 0 {
		cfg.Lists = 6
	}
	c := &Client{cfg: cfg, sites: map[string]*site{}}
	c.strict = c.guard("")
	return c
}

func (c *Client) guard(home string) *guard.Client {
	return guard.New(guard.Config{Policy: guard.Policy{Home: home}, Roots: c.cfg.Roots, UserAgent: c.cfg.UserAgent})
}

// Close closes idle connections.
func (c *Client) Close() {
	c.strict.Close()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.sites {
		s.http.Close()
	}
}

// Trust says that the user typed the origin, an Address.Origin: it may be plain
// and inside the private network. What it names may not, unless it is at the
// very same host and port.
func (c *Client) Trust(origin string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s, ok := c.sites[origin]; ok && s.trusted {
		return
	}
	c.sites[origin] = newSite(origin, c.guard(origin), true, c.cfg)
}

// site is what is known of an origin.
func (c *Client) site(origin string) *site {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s, ok := c.sites[origin]; ok {
		return s
	}
	if len(c.sites) >= maxSites { // a list may name any number of hosts
		for name, s := range c.sites {
			if !s.trusted {
				delete(c.sites, name)
			}
		}
	}
	s := newSite(origin, c.strict, false, c.cfg)
	c.sites[origin] = s
	return s
}

// Dial returns a function that connects under the origin's policy, for
// protocols that are not HTTP requests: trackers.
func (c *Client) Dial(origin string) func(ctx context.Context, network, address string) (net.Conn, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var p guard.Policy
	if s, ok := c.sites[origin]; ok && s.trusted {
		p.Home = origin
	}
	return p.Dial(net.Dialer{Timeout: 10 * time.Second})
}
