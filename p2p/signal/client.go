package signal

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"log/slog"
	"net"
	"sync"
	"time"

	"vidiverse/p2p/consent"
	"vidiverse/p2p/guard"
)

// Peer is who makes and answers offers for a hash. Its methods may be called
// from several goroutines. Offer ids are twenty bytes, peer ids too.
type Peer interface {
	// Offers makes up to n offers.
	Offers(ctx context.Context, n int) []Offer
	// Offered answers the offer of a peer; an error leaves it unanswered.
	Offered(ctx context.Context, from, sdp string) (answer string, err error)
	// Answered is told the answer to one of its offers. It must not wait.
	Answered(offerID, from, sdp string)
	// Expired is told that an offer will not be answered any more.
	Expired(offerID string)
}

// Counter is a Peer that keeps a whole torrent: torrent clients tell trackers how
// far they are, players of streams do not.
type Counter interface {
	// Progress is asked before each announce. It must not wait.
	Progress() Progress
}

// Progress is in bytes. When Left comes down to nought the next announce says
// that the torrent is complete: Member.Hurry brings that forward.
type Progress struct{ Uploaded, Downloaded, Left int64 }

// Offer is one that was made for a peer yet unknown.
type Offer struct{ ID, SDP string }

// Config of a Client. Zero fields mean the default.
type Config struct {
	// Dial connects to trackers, and refuses what must not be reached. By
	// default only public addresses are.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Plain allows ws:// to public addresses. Where Dial lets us reach this
	// machine or the private network it is allowed anyway.
	Plain bool
	Roots *x509.CertPool // default: the system's
	// Key, if given, is the secret of which each tracker's own key is made. It
	// signs that we want to be introduced, in each announce: see p2p/consent.
	// Trackers that do not know the field pass over it.
	Key ed25519.PrivateKey
	// RetryBase and RetryJitter are for lost sockets: 10 s, doubled at each
	// failure, and up to 5 min at random, as browsers do.
	RetryBase, RetryJitter time.Duration
	Log                    *slog.Logger
}

// Client announces while Serve runs. It may be used from several goroutines.
type Client struct {
	cfg Config

	mu       sync.Mutex
	run      *run // nil while Serve does not run
	trackers map[string]*tracker
	origins  map[string]*origin
	dead     map[deadKey]time.Time // until when
	members  int
	seq      int // of joins
	pending  int // offers
	offered  int // offers of others being answered
	stats    Stats
}

type run struct {
	ctx    context.Context
	tasks  sync.WaitGroup
	ending bool // no more tasks
}

// origin is a tracker's host: several URLs of it are one.
type origin struct {
	next  time.Time // the next announce
	until time.Time // it refused us: nothing before
	users int       // trackers
}

type deadKey struct {
	host string
	hash id
}

// Stats are counts; those of events since New.
type Stats struct {
	Sockets   int // connected now
	Members   int
	Pending   int // offers that wait for answers
	Dead      int // hashes that their tracker does not know
	Announces int64
	Offers    int64 // made
	Answers   int64 // to ours
	Offered   int64 // by others
	Strange   int64 // frames that made no sense, or came unasked
	Dropped   int64 // offers of others beyond what is answered at once
}

// New makes a Client. It opens nothing.
func New(cfg Config) *Client {
	if cfg.Dial == nil {
		cfg.Dial = guard.Policy{}.Dial(net.Dialer{Timeout: dialTime})
	}
	if cfg.RetryBase <= 0 {
		cfg.RetryBase = retryBase
	}
	if cfg.RetryJitter <= 0 {
		cfg.RetryJitter = retryJitter
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Client{cfg: cfg, trackers: map[string]*tracker{}, origins: map[string]*origin{}, dead: map[deadKey]time.Time{}}
}

// Serve connects and announces until ctx ends. When it returns every socket is
// closed; members stay, and it may be called again.
func (c *Client) Serve(ctx context.Context) error {
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	r := &run{ctx: inner}
	c.mu.Lock()
	if c.run != nil {
		c.mu.Unlock()
		return errors.New("signal: already served")
	}
	c.run = r
	for _, t := range c.trackers {
		r.tasks.Go(func() { t.serve(inner) })
	}
	c.mu.Unlock()
	<-ctx.Done()
	c.mu.Lock()
	r.ending = true
	c.mu.Unlock()
	r.tasks.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.run = nil
	for _, t := range c.trackers {
		c.disuse(t)
	}
	return ctx.Err()
}

// Stats reports what happens now.
func (c *Client) Stats() Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.stats
	s.Members, s.Pending, s.Dead = c.members, c.pending, len(c.dead)
	return s
}

// Join announces a hash at those of the trackers that are WebSockets, four at
// most, for peer, until Leave. Join only hashes that the trackers' origin
// published: a tracker shuts out who asks for others.
func (c *Client) Join(trackers []string, hash [20]byte, peer Peer) *Member {
	m := &Member{c: c, hash: hash, self: newPeerID(), peer: peer}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.members++
	for _, text := range trackers {
		host, ok := consent.TrackerOf(text)
		if !ok || len(m.entries) == maxTrackers {
			continue
		}
		t := c.trackers[text]
		if t == nil {
			t = c.newTracker(text, host)
		}
		if _, twice := t.entries[m]; twice {
			continue // the same tracker, named twice
		}
		c.seq++
		e := &entry{t: t, m: m, seq: c.seq, told: -1, pending: map[id]time.Time{}}
		e.dead = time.Now().Before(c.dead[deadKey{host, m.hash}])
		t.entries[m] = e
		t.byHash[m.hash] = append(t.byHash[m.hash], e)
		m.entries = append(m.entries, e)
		t.poke()
	}
	return m
}

// newTracker makes a tracker and serves it if Serve runs. mu is held.
func (c *Client) newTracker(text, host string) *tracker {
	o := c.origins[host]
	if o == nil {
		c.forgetOrigins(time.Now())
		o = &origin{}
		c.origins[host] = o
	}
	o.users++
	t := &tracker{c: c, url: text, host: host, origin: o, entries: map[*Member]*entry{}, byHash: map[id][]*entry{}, news: make(chan struct{}, 1)}
	if c.cfg.Key != nil {
		t.key = consent.At(c.cfg.Key, host)
	}
	c.trackers[text] = t
	if r := c.run; r != nil && !r.ending {
		r.tasks.Go(func() { t.serve(r.ctx) })
	}
	return t
}

// forgetOrigins drops what nobody uses and nothing needs to be remembered of.
// mu is held.
func (c *Client) forgetOrigins(now time.Time) {
	if len(c.origins) < maxKeyed {
		return
	}
	for host, o := range c.origins {
		if o.users == 0 && now.After(o.until) {
			delete(c.origins, host)
		}
	}
}

// newPeerID is one for a hash and start: a browser that holds a dead connection
// to us refuses the same id until it has noticed.
func newPeerID() (v id) {
	copy(v[:], "-VD0001-"+rand.Text())
	return v
}
