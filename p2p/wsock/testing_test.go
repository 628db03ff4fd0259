package wsock

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"
)

// patience is how long a test waits for what must come.
const patience = 20 * time.Second

// count is what happened to the handlers of a server.
type count struct{ opened, left, closed, slow, controls int }

// world is a server whose handlers send back what they get.
type world struct {
	*httptest.Server
	sockets *Server
	stop    func() // ends Serve and waits for it

	mu    sync.Mutex
	count count
	conns []*Conn
	mute  bool // controls have no effect
}

func (w *world) now() count {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.count
}

func (w *world) add(n *int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	*n++
}

// echo is a handler that sends messages back; two words are orders.
type echo struct {
	world *world
	conn  *Conn
	left  bool
}

func (e *echo) Message(data []byte) {
	if string(data) != "silence" {
		e.conn.Welcome()
	}
	e.conn.Send(Text(append(Begin(nil), data...)))
	if string(data) == "close" {
		e.conn.Close(StatusPolicy)
		e.conn.Close(StatusGoing)
	}
}

func (e *echo) Control() bool {
	e.world.add(&e.world.count.controls)
	return !e.world.mute
}

func (e *echo) Leave() {
	e.left = true
	e.world.add(&e.world.count.left)
}

func (e *echo) Closed(slow bool) {
	if !e.left {
		panic("closed before it was left")
	}
	if slow {
		e.world.add(&e.world.count.slow)
	}
	e.world.add(&e.world.count.closed)
}

// both runs a test over plain TCP and over TLS: the two kinds of link.
func both(t *testing.T, l Limits, test func(*testing.T, *world)) {
	t.Helper()
	for name, start := range map[string]func(*httptest.Server){
		"plain": (*httptest.Server).Start, "tls": (*httptest.Server).StartTLS,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, serve(t, l, start))
		})
	}
}

func plain(t *testing.T, l Limits) *world {
	t.Helper()
	return serve(t, l, (*httptest.Server).Start)
}

func serve(t *testing.T, l Limits, start func(*httptest.Server)) *world {
	t.Helper()
	w := &world{sockets: New(l)}
	w.Server = httptest.NewUnstartedServer(w)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- w.sockets.Serve(ctx) }()
	w.stop = sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-done:
			if !errors.Is(err, context.Canceled) {
				t.Errorf("Serve: got %v, want %v", err, context.Canceled)
			}
		case <-time.After(patience):
			t.Error("Serve does not end: a connection is left")
		}
		if c := w.now(); c.left != c.opened || c.closed != c.opened {
			t.Errorf("got %+v, want every connection left and closed once", c)
		}
	})
	start(w.Server)
	t.Cleanup(w.Server.Close)
	t.Cleanup(w.stop)
	await(t, "the server to be live", w.sockets.Live)
	return w
}

func (w *world) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	// An error is the client's: what it got is looked at there.
	_ = w.sockets.Upgrade(rw, r, func(c *Conn) Handler {
		w.add(&w.count.opened)
		w.mu.Lock()
		w.conns = append(w.conns, c)
		w.mu.Unlock()
		return &echo{world: w, conn: c}
	})
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

// client is a connection without a library, for frames none would send.
type client struct {
	net.Conn
	br *bufio.Reader
}

const request = "GET / HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
	"Sec-WebSocket-Extensions: permessage-deflate\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

// dial upgrades; early goes out together with the request.
func (w *world) dial(t *testing.T, early string) *client {
	t.Helper()
	conn, err := net.Dial("tcp", w.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if w.TLS != nil {
		conn = tls.Client(conn, &tls.Config{InsecureSkipVerify: true}) // our own server
	}
	fmt.Fprint(conn, request+early)
	c := &client{conn, bufio.NewReader(conn)}
	resp, err := http.ReadResponse(c.br, nil)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusSwitchingProtocols || resp.Header.Get("Sec-WebSocket-Accept") != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" {
		t.Fatalf("got %s, %v, want RFC 6455's own example", resp.Status, resp.Header)
	}
	if got := resp.Header.Get("Sec-WebSocket-Extensions"); got != "" {
		t.Errorf("agreed to %s, which nobody here speaks", got)
	}
	return c
}

// say sends a text message and waits for its echo.
func (c *client) say(t *testing.T, text string) {
	t.Helper()
	if _, err := c.Write(masked(opText, true, text)); err != nil {
		t.Fatal(err)
	}
	c.expect(t, string(Text(append(Begin(nil), text...))))
}

// expect reads exactly these bytes.
func (c *client) expect(t *testing.T, want string) {
	t.Helper()
	got := make([]byte, len(want))
	if n, err := io.ReadFull(c.br, got); err != nil || string(got) != want {
		t.Fatalf("got %.80q, %v, want %.80q", got[:n], err, want)
	}
}

// pour writes pieces, the last again and again if so asked, until it cannot.
func (c *client) pour(pieces []string, again bool) {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for i := 0; len(pieces) > 0; i++ {
		if i >= len(pieces) && !again {
			return
		}
		<-tick.C
		if _, err := io.WriteString(c, pieces[min(i, len(pieces)-1)]); err != nil {
			return
		}
	}
}

// masked is a client's frame under a mask that changes every byte.
func masked(opcode byte, fin bool, payload string) []byte {
	if fin {
		opcode |= 0x80
	}
	b := []byte{opcode}
	if n := len(payload); n < 126 {
		b = append(b, 0x80|byte(n))
	} else {
		b = append(b, 0x80|126, byte(n>>8), byte(n))
	}
	const mask = "\x37\xfa\x21\x3d"
	b = append(b, mask...)
	for i := range len(payload) {
		b = append(b, payload[i]^mask[i%4])
	}
	return b
}

// text is a whole text message of a client.
func text(payload string) string { return string(masked(opText, true, payload)) }
