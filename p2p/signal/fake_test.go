package signal

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// fake is a small working tracker, or a hostile one: it counts announces, says
// what it is told to say, and needs no network.
type fake struct {
	conns   chan net.Conn
	closed  chan struct{}
	others  int
	onOpen  func(ctx context.Context, ws *websocket.Conn)
	refuses int    // status for upgrades, 0 lets them in
	later   string // Retry-After of a refusal

	mu    sync.Mutex
	heard []note
	opens []time.Time
}

type note struct {
	at time.Time
	announce
	Answer *description `json:"answer"`
	To     *id          `json:"to_peer_id"`
	size   int
}

// serveFake runs f until the test ends. It works in a synctest bubble.
func serveFake(t testing.TB, f *fake) (cfg Config, url string) {
	t.Helper()
	f.conns, f.closed = make(chan net.Conn), make(chan struct{})
	srv := &http.Server{Handler: f}
	done := make(chan struct{})
	go func() { defer close(done); _ = srv.Serve(f) }()
	t.Cleanup(func() { _ = srv.Close(); <-done })
	cfg = quick()
	cfg.Dial = f.dial
	return cfg, "ws://tracker.test/tracker/socket"
}

func (f *fake) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case f.conns <- there:
		return here, nil
	case <-f.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (f *fake) Accept() (net.Conn, error) {
	select {
	case c := <-f.conns:
		return c, nil
	case <-f.closed:
		return nil, net.ErrClosed
	}
}

func (f *fake) Close() error   { close(f.closed); return nil }
func (f *fake) Addr() net.Addr { return &net.TCPAddr{} }

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	f.opens = append(f.opens, time.Now())
	f.mu.Unlock()
	if f.refuses != 0 {
		if f.later != "" {
			w.Header().Set("Retry-After", f.later)
		}
		w.WriteHeader(f.refuses)
		return
	}
	ws, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer ws.CloseNow()
	ws.SetReadLimit(1 << 20)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if f.onOpen != nil {
		go f.onOpen(ctx, ws)
	}
	for {
		_, frame, err := ws.Read(ctx)
		if err != nil {
			return
		}
		if err := f.answer(ctx, ws, frame); err != nil {
			return
		}
	}
}

func (f *fake) answer(ctx context.Context, ws *websocket.Conn, frame []byte) error {
	n := note{at: time.Now(), size: len(frame)}
	if err := json.Unmarshal(frame, &n); err != nil {
		return err
	}
	f.mu.Lock()
	f.heard = append(f.heard, n)
	others := f.others
	f.mu.Unlock()
	if n.Answer != nil {
		return nil
	}
	return say(ctx, ws, map[string]any{
		"action": "announce", "info_hash": n.InfoHash, "interval": 120, "complete": 1, "incomplete": others,
	})
}

func say(ctx context.Context, ws *websocket.Conn, message any) error {
	return ws.Write(ctx, websocket.MessageText, encode(message))
}

func (f *fake) notes() []note {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]note(nil), f.heard...)
}

func (f *fake) opened() []time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]time.Time(nil), f.opens...)
}
