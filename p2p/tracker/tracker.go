package tracker

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
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
	// MaxSockets and MaxSocketsPerAddress bound connections: 65,536 and 4,096
	// by default.
	MaxSockets, MaxSocketsPerAddress int
	// Now is the clock, time.Now by default.
	Now func() time.Time
}

// Tracker serves /tracker/socket, /tracker/announce and /tracker/scrape. It may
// be used from several goroutines.
type Tracker struct {
	cfg      Config
	times    times
	allow    allowList
	clients  clients
	strict   strict
	swarms   registry
	upgrades gate
	stats    counters
	scratch  sync.Pool

	// tasks are the open sockets and their goroutines. New ones come only
	// while live, or from one of them.
	tasks sync.WaitGroup

	mu    sync.Mutex
	ctx   context.Context // of Serve: what sockets ask under
	poll  *poller         // nil before Serve
	live  bool
	open  int
	first *socket
}

// New makes a tracker. It answers 503 to sockets until Serve runs.
func New(cfg Config) *Tracker {
	if cfg.Interval <= 0 {
		cfg.Interval = 10 * time.Minute
	}
	if cfg.MaxSockets <= 0 {
		cfg.MaxSockets = 65_536
	}
	if cfg.MaxSocketsPerAddress <= 0 {
		cfg.MaxSocketsPerAddress = 4_096
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	t := &Tracker{cfg: cfg, times: usual}
	t.allow = allowList{ask: cfg.Allow, verdicts: map[id]verdict{}}
	t.clients.byAddr = map[netip.Addr]*client{}
	t.scratch.New = func() any { return &scratch{} }
	return t
}

// Serve keeps the tracker in order until ctx ends, then closes every socket and
// waits for what served them. It runs once.
func (t *Tracker) Serve(ctx context.Context) error {
	var g sync.WaitGroup
	if err := t.start(ctx, &g); err != nil {
		return err
	}
	sweep := time.NewTicker(time.Minute)
	defer sweep.Stop()
	patience := time.NewTicker(t.times.tick)
	defer patience.Stop()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-sweep.C:
			t.sweep()
		case now := <-patience.C:
			t.each(func(s *socket) { s.overdue(now) })
		}
	}
	t.mu.Lock()
	t.live = false
	t.mu.Unlock()
	t.each((*socket).part)
	t.tasks.Wait()
	t.poll.shut()
	g.Wait()
	return ctx.Err()
}

func (t *Tracker) start(ctx context.Context, g *sync.WaitGroup) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.poll != nil {
		return errors.New("tracker: already served")
	}
	poll, err := newPoller(g.Go)
	if err != nil {
		return fmt.Errorf("tracker: %w", err)
	}
	t.ctx, t.poll, t.live = ctx, poll, true
	return nil
}

func (t *Tracker) sweep() {
	now := t.cfg.Now()
	t.swarms.sweep(now)
	t.clients.sweep(now)
	t.allow.sweep(now)
}

// each calls f for every socket. f must not wait.
func (t *Tracker) each(f func(*socket)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for s := t.first; s != nil; s = s.next {
		f(s)
	}
}

// ask asks the Allower under Serve's context: a socket outlives its request.
func (t *Tracker) ask(hash id, now time.Time) (bool, error) {
	t.mu.Lock()
	ctx := t.ctx
	t.mu.Unlock()
	if ctx == nil {
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

func (t *Tracker) serveSocket(w http.ResponseWriter, r *http.Request) {
	if r.URL.RawQuery != "" {
		http.NotFound(w, r)
		return
	}
	if r.Header.Get("Upgrade") == "" {
		w.Header().Set("Upgrade", "websocket")
		w.WriteHeader(http.StatusUpgradeRequired)
		return
	}
	src := sourceOf(r, t.cfg.TrustProxy)
	if status := t.enter(src); status != 0 {
		if status == http.StatusServiceUnavailable {
			w.Header().Set("Retry-After", "30")
		}
		http.Error(w, http.StatusText(status), status)
		return
	}
	t.upgrade(w, r, src)
}

// enter counts a socket in; leave must follow unless it reports a status.
func (t *Tracker) enter(src source) int {
	now := t.cfg.Now()
	t.mu.Lock()
	no := !t.live || t.open >= t.cfg.MaxSockets
	if !no {
		t.open++
		// Held open for Wait by this count until the goroutine's own.
		t.tasks.Add(1)
	}
	t.mu.Unlock()
	switch {
	case no:
		t.refused(full)
		return http.StatusServiceUnavailable
	case !t.upgrades.allow(now, upgradeRate):
		t.refused(ramp)
		t.exit()
		return http.StatusServiceUnavailable
	}
	status := t.clients.enter(src.addr, now, t.cfg.MaxSocketsPerAddress)
	switch status {
	case http.StatusForbidden:
		t.refused(blocked)
		t.exit()
	case http.StatusTooManyRequests:
		t.refused(crowded)
		t.exit()
	}
	return status
}

func (t *Tracker) exit() {
	t.mu.Lock()
	t.open--
	t.mu.Unlock()
	t.tasks.Done()
}

// upgrade takes over the connection, so that the HTTP server's memory for it is
// freed.
func (t *Tracker) upgrade(w http.ResponseWriter, r *http.Request, src source) {
	answer, ok := handshake(r)
	if !ok {
		t.turnAway(src)
		http.Error(w, "not a websocket upgrade", http.StatusBadRequest)
		return
	}
	nc, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		t.turnAway(src)
		http.Error(w, "websockets need HTTP/1.1", http.StatusHTTPVersionNotSupported)
		return
	}
	early, _ := buffered.Reader.Peek(buffered.Reader.Buffered()) // what is there cannot fail
	_ = nc.SetDeadline(time.Now().Add(t.times.close))            // shows in Write
	if _, err := nc.Write([]byte(answer)); err != nil {
		t.turnAway(src)
		_ = nc.Close() // nothing to save
		return
	}
	_ = nc.SetDeadline(time.Time{})
	t.own(nc, src, early)
}

// own makes a socket of an upgraded connection.
func (t *Tracker) own(nc net.Conn, src source, early []byte) {
	s := &socket{tracker: t, src: src}
	s.within(t.times.hello)
	c := t.poll.adopt(nc, s)
	if c == nil {
		st := &stream{net: nc, sock: s}
		s.conn = st
		t.keep(s)
		s.feed(early)
		go st.serve() // counted by enter, ends in lose
		return
	}
	s.conn = c
	t.keep(s)
	s.feed(early)
	if s.ended() || t.poll.watch(c) != nil {
		s.end()
	}
}

// turnAway undoes enter.
func (t *Tracker) turnAway(src source) {
	t.clients.leave(src.addr)
	t.exit()
}

// keep lists a socket; one that came too late is ended at once.
func (t *Tracker) keep(s *socket) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if s.next = t.first; s.next != nil {
		s.next.prev = s
	}
	t.first = s
	if !t.live {
		s.part()
	}
}

// lose is the end of a socket.
func (t *Tracker) lose(s *socket) {
	t.mu.Lock()
	if s.prev != nil {
		s.prev.next = s.next
	} else {
		t.first = s.next
	}
	if s.next != nil {
		s.next.prev = s.prev
	}
	t.mu.Unlock()
	t.turnAway(s.src)
}

// refusal is why something was not done.
type refusal int

const (
	unknownHash refusal = iota
	blocked
	crowded
	full
	ramp
	flood
	tooMany
	slowReader
	taken
	stray
	malformed
	failed
	refusals
)

var refusalNames = [refusals]string{
	"unknown_hash", "blocked_address", "sockets_per_address", "sockets", "admission_ramp", "flood",
	"announce_rate", "slow_reader", "peer_id_taken", "stray_answer", "malformed", "allow_list_error",
}

type counters struct {
	announces, answers, offers, relayed, scrapes atomic.Int64
	refused                                      [refusals]atomic.Int64
}

func (t *Tracker) refused(r refusal) { t.stats.refused[r].Add(1) }

// Stats are the tracker's numbers. Members and Hosts are now; the rest counts
// since New.
type Stats struct {
	Sockets, Swarms int
	Members         int // peers over websocket: (hash, peer id) pairs
	Hosts           int // peers over HTTP

	Announces int64 // of both sorts, without answers
	Answers   int64
	Offers    int64 // that came with announces
	Relayed   int64 // offers and answers that were passed on
	Scrapes   int64
	Refused   map[string]int64 // by reason
}

// Stats reports the numbers; it walks all swarms.
func (t *Tracker) Stats() Stats {
	st := Stats{
		Announces: t.stats.announces.Load(),
		Answers:   t.stats.answers.Load(),
		Offers:    t.stats.offers.Load(),
		Relayed:   t.stats.relayed.Load(),
		Scrapes:   t.stats.scrapes.Load(),
		Refused:   make(map[string]int64, refusals),
	}
	for i, name := range refusalNames {
		st.Refused[name] = t.stats.refused[i].Load()
	}
	st.Swarms, st.Members, st.Hosts = t.swarms.size()
	t.mu.Lock()
	defer t.mu.Unlock()
	st.Sockets = t.open
	return st
}
