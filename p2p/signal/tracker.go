package signal

import (
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/coder/websocket"

	"vidiverse/p2p/guard"
)

// tracker is one URL and the hashes announced there. Its fields but the first
// rows are guarded by c.mu.
type tracker struct {
	c    *Client
	url  string
	host string
	key  ed25519.PrivateKey // nil: nothing is signed
	news chan struct{}      // something may be due earlier

	origin  *origin
	entries map[*Member]*entry
	byHash  map[id][]*entry
	stops   []*Member // that left, and are to be told so
	turn    int       // of announces
	suspect bool      // it may have shut us out: its next reply says no
}

func (t *tracker) poke() {
	select {
	case t.news <- struct{}{}:
	default:
	}
}

// serve keeps a socket while there are members, until ctx ends. It ends, and is
// forgotten, when there are none.
func (t *tracker) serve(ctx context.Context) {
	for failures := 0; ; {
		if !t.ready(ctx) {
			return
		}
		start := time.Now()
		err := t.connect(ctx)
		t.reset()
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			continue // there was nobody left to announce
		}
		if time.Since(start) > settledTime {
			failures = 0
		}
		wait := retryWait(t.c.cfg, failures)
		if later, advised := errors.AsType[laterError](err); advised && failures < maxAdvised {
			wait = max(time.Duration(later), t.c.cfg.RetryBase) + rand.N(t.c.cfg.RetryBase)
		}
		failures++
		t.c.cfg.Log.Debug("tracker lost", "failures", failures)
		t.c.mu.Lock()
		if until := time.Now().Add(wait); t.origin.until.Before(until) {
			t.origin.until = until
		}
		t.c.mu.Unlock()
	}
}

func retryWait(cfg Config, failures int) time.Duration {
	wait := cfg.RetryBase
	for range failures {
		wait = min(2*wait, retryMost)
	}
	return wait + rand.N(cfg.RetryJitter)
}

// ready waits until somebody is to be announced and the origin may be asked. It
// reports false when the tracker is not needed any more.
func (t *tracker) ready(ctx context.Context) bool {
	for {
		t.c.mu.Lock()
		alive := false
		for _, e := range t.entries {
			alive = alive || !e.dead
		}
		if len(t.entries) == 0 && ctx.Err() == nil {
			delete(t.c.trackers, t.url)
			t.origin.users--
			t.c.mu.Unlock()
			return false
		}
		wait := time.Until(t.origin.until)
		t.c.mu.Unlock()
		if alive && wait <= 0 && ctx.Err() == nil {
			return true
		}
		if !alive {
			wait = idleMost // Join and Leave poke
		}
		if !t.rest(ctx, wait) {
			return false
		}
	}
}

// rest waits for the time, news or the end; it reports false at the end.
func (t *tracker) rest(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-t.news:
	case <-ctx.Done():
		return false
	}
	return true
}

// reset forgets what held for the lost socket.
func (t *tracker) reset() {
	t.c.mu.Lock()
	type gone struct {
		m      *Member
		offers []id
	}
	var list []gone
	for _, e := range t.entries {
		e.started, e.others, e.told, e.next, e.last = false, 0, -1, time.Time{}, time.Time{}
		if due := t.c.expire(e, time.Time{}); len(due) > 0 {
			list = append(list, gone{e.m, due})
		}
	}
	t.stops, t.suspect = nil, false
	t.c.mu.Unlock()
	for _, g := range list {
		g.m.expired(g.offers)
	}
}

// connect runs one socket. It returns nil when nobody is left to be announced.
func (t *tracker) connect(ctx context.Context) error {
	ws, err := t.dial(ctx)
	if err != nil {
		return err
	}
	defer ws.CloseNow()
	t.count(func(s *Stats) { s.Sockets++ })
	defer t.count(func(s *Stats) { s.Sockets-- })
	s := &socket{t: t, c: t.c, ws: ws, gone: map[id]struct{}{}, late: map[id]struct{}{}}
	return s.serve(ctx)
}

func (t *tracker) count(f func(*Stats)) {
	t.c.mu.Lock()
	defer t.c.mu.Unlock()
	f(&t.c.stats)
}

func (t *tracker) dial(ctx context.Context) (*websocket.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTime)
	defer cancel()
	transport := &http.Transport{
		DialContext:            t.reach,
		TLSClientConfig:        &tls.Config{RootCAs: t.c.cfg.Roots, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    dialTime,
		MaxResponseHeaderBytes: 64 << 10,
		DisableKeepAlives:      true,
	}
	ws, res, err := websocket.Dial(ctx, t.url, &websocket.DialOptions{
		HTTPClient: &http.Client{
			Transport: transport,
			// A redirect would lead to somebody whom the origin did not name.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	})
	if err != nil {
		return nil, fmt.Errorf("signal: dial: %w", t.why(res, err))
	}
	ws.SetReadLimit(maxFrame)
	return ws, nil
}

// laterError is a tracker's word that it is full, and when to come back.
type laterError time.Duration

func (laterError) Error() string { return "the tracker is full" }

// why looks at the answer to an upgrade that failed; res may be nil.
func (t *tracker) why(res *http.Response, err error) error {
	switch {
	case res == nil:
	case res.StatusCode == http.StatusForbidden:
		t.block()
	case res.StatusCode == http.StatusServiceUnavailable:
		if n, bad := strconv.Atoi(res.Header.Get("Retry-After")); bad == nil && n >= 0 {
			return laterError(time.Duration(min(n, int(retryMost.Seconds()))) * time.Second)
		}
	}
	return err
}

// reach dials, and refuses to speak in the clear with the open internet.
func (t *tracker) reach(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := t.c.cfg.Dial(ctx, network, address)
	if err != nil || t.c.cfg.Plain || !strings.HasPrefix(t.url, "ws:") {
		return conn, err
	}
	if at, err := netip.ParseAddrPort(conn.RemoteAddr().String()); err == nil && guard.Public(at.Addr()) {
		_ = conn.Close() // unused
		return nil, fmt.Errorf("signal: plain socket to a public address: %w", guard.ErrAddress)
	}
	return conn, nil
}

// block leaves the origin alone for as long as PeerTube shuts an address out.
func (t *tracker) block() {
	t.c.mu.Lock()
	defer t.c.mu.Unlock()
	t.shun(time.Now())
}

// shun is block with mu held.
func (t *tracker) shun(now time.Time) {
	until := now.Add(blockTime + time.Second + rand.N(blockTime/4))
	if t.origin.until.Before(until) {
		t.origin.until = until
	}
}

// forgiven takes that back: a tracker that still answers has not shut us out.
// mu is held.
func (t *tracker) forgiven() {
	if t.suspect {
		t.suspect, t.origin.until = false, time.Time{}
	}
}
