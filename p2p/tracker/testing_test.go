package tracker

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"vidiverse/p2p/consent"
	"vidiverse/p2p/wsock"
)

// patience is how long a test waits for what must come.
const patience = 20 * time.Second

// hashes is an allow list for tests: a small working one.
type hashes struct {
	mu    sync.Mutex
	known map[id]bool
	asked int
	err   error
}

func (h *hashes) Allowed(_ context.Context, hash [20]byte) (bool, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.asked++
	return h.known[hash], h.err
}

func allow(names ...string) *hashes {
	h := &hashes{known: map[id]bool{}}
	for _, n := range names {
		h.known[idOf(n)] = true
	}
	return h
}

// idOf pads a name to twenty bytes.
func idOf(name string) (v id) {
	copy(v[:], fmt.Sprintf("%-20s", name))
	return v
}

// clock is a time that tests move.
type clock struct {
	still time.Time
	off   atomic.Int64
}

func (c *clock) now() time.Time          { return c.still.Add(time.Duration(c.off.Load())) }
func (c *clock) advance(d time.Duration) { c.off.Add(int64(d)) }

// serve runs a tracker behind a real HTTP server.
func serve(t *testing.T, cfg Config) (*Tracker, string) {
	t.Helper()
	return serveWith(t, cfg, usual)
}

func serveWith(t *testing.T, cfg Config, limits wsock.Limits) (*Tracker, string) {
	t.Helper()
	tr := New(cfg)
	tr.sockets = wsock.New(limits)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- tr.Serve(ctx) }()
	srv := httptest.NewServer(tr)
	await(t, "the tracker to be live", tr.sockets.Live)
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-done:
			if !errors.Is(err, context.Canceled) {
				t.Errorf("Serve: got %v, want %v", err, context.Canceled)
			}
		case <-time.After(patience):
			t.Error("Serve does not end: a socket's goroutine is left")
		}
		srv.Close()
	})
	return tr, srv.URL
}

func await(t *testing.T, what string, cond func() bool) {
	t.Helper()
	end := time.Now().Add(patience)
	for tick := time.NewTicker(2 * time.Millisecond); ; <-tick.C {
		if cond() {
			tick.Stop()
			return
		}
		if time.Now().After(end) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// browser is a websocket client. Frames are read as they come.
type browser struct {
	t      *testing.T
	ws     *websocket.Conn
	frames chan string // closed when the connection ends
	status websocket.StatusCode
	over   bool // the end was seen
}

func dial(t *testing.T, url string) *browser { t.Helper(); return dialAs(t, url, "") }

// dialAs connects with an X-Forwarded-For.
func dialAs(t *testing.T, url, forwarded string) *browser {
	t.Helper()
	b, status := tryDial(t, url, forwarded)
	if b == nil {
		t.Fatalf("upgrade: got status %d, want 101", status)
	}
	return b
}

func tryDial(t *testing.T, url, forwarded string) (*browser, int) {
	t.Helper()
	h := http.Header{}
	if forwarded != "" {
		h.Set("X-Forwarded-For", forwarded)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	ws, resp, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(url, "http")+"/tracker/socket", &websocket.DialOptions{HTTPHeader: h})
	if err != nil {
		if resp == nil {
			t.Fatalf("dial: %v", err)
		}
		return nil, resp.StatusCode
	}
	return listen(t, ws), http.StatusSwitchingProtocols
}

func listen(t *testing.T, ws *websocket.Conn) *browser {
	ws.SetReadLimit(1 << 20)
	b := &browser{t: t, ws: ws, frames: make(chan string, 256)}
	go func() {
		defer close(b.frames)
		for {
			_, data, err := ws.Read(t.Context())
			if err != nil {
				b.status = websocket.CloseStatus(err)
				return
			}
			b.frames <- string(data)
		}
	}()
	t.Cleanup(func() { _ = ws.CloseNow() })
	return b
}

func (b *browser) send(frame string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), patience)
	defer cancel()
	if err := b.ws.Write(ctx, websocket.MessageText, []byte(frame)); err != nil {
		b.t.Fatalf("send: %v", err)
	}
}

func (b *browser) receive() string {
	b.t.Helper()
	select {
	case f, ok := <-b.frames:
		if !ok {
			b.t.Fatalf("connection ended with %d, want a frame", b.status)
		}
		return f
	case <-time.After(patience):
		b.t.Fatal("no frame came")
	}
	return ""
}

// closed waits for the end and reports its status, skipping frames.
func (b *browser) closed() websocket.StatusCode {
	b.t.Helper()
	end := time.After(patience)
	for {
		select {
		case _, ok := <-b.frames:
			if !ok {
				return b.status
			}
		case <-end:
			b.t.Fatal("the connection stays open")
		}
	}
}

// idle proves that nothing but want came: a scrape is answered in order.
func (b *browser) idle() {
	b.t.Helper()
	b.send(`{"action":"scrape"}`)
	if got := b.receive(); !strings.HasPrefix(got, `{"action":"scrape"`) {
		b.t.Fatalf("got %s, want nothing", got)
	}
}

// settle waits until all that was sent is handled, and forgets the answers.
func (b *browser) settle() {
	b.t.Helper()
	b.send(`{"action":"scrape"}`)
	for !strings.HasPrefix(b.receive(), `{"action":"scrape"`) {
	}
}

// announceOf writes an announce with n offers, named by the peer.
func announceOf(hash, peer string, n int, more string) string {
	var offers []string
	for i := range n {
		offers = append(offers, fmt.Sprintf(`{"offer":{"type":"offer","sdp":"v=0 %s %d"},"offer_id":%s}`, peer, i, name(fmt.Sprint(peer, i))))
	}
	return fmt.Sprintf(`{"action":"announce","info_hash":%s,"peer_id":%s,"numwant":%d,"offers":[%s]%s}`,
		name(hash), name(peer), n, strings.Join(offers, ","), more)
}

func answerOf(hash, peer, to, offer string) string {
	return fmt.Sprintf(`{"action":"announce","info_hash":%s,"peer_id":%s,"to_peer_id":%s,"offer_id":%s,"answer":{"type":"answer","sdp":"v=0 %s"}}`,
		name(hash), name(peer), name(to), name(offer), peer)
}

func name(s string) string { v := idOf(s); return string(appendBinary(nil, &v)) }

// join announces without offers and checks the counts of the reply.
func (b *browser) join(hash, peer string, incomplete int) {
	b.t.Helper()
	b.send(announceOf(hash, peer, 0, ""))
	want := fmt.Sprintf(`{"complete":0,"incomplete":%d,"action":"announce","interval":120,"info_hash":%s}`, incomplete, name(hash))
	if got := b.receive(); got != want {
		b.t.Fatalf("announce of %s: got %s, want %s", peer, got, want)
	}
}

// revocable is an Enroller that changes its mind.
type revocable struct {
	mu   sync.Mutex
	keys Keys
}

func (r *revocable) Enrolled(key consent.Key) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.keys.Enrolled(key)
}

func (r *revocable) revoke() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.keys = nil
}
