package router

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

var local = netip.MustParseAddrPort("127.0.0.1:31337")

// serve keeps a port until stop, which waits for its end.
func serve(t *testing.T, cfg Config) (p *Port, stop func()) {
	t.Helper()
	p = New(local, cfg)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- p.Serve(ctx) }()
	var once atomic.Bool
	stop = func() {
		if once.Swap(true) {
			return
		}
		cancel()
		select {
		case err := <-done:
			if !errors.Is(err, context.Canceled) {
				t.Errorf("serve: got %v, want context.Canceled", err)
			}
		case <-time.After(30 * time.Second):
			t.Error("serve does not end")
		}
	}
	t.Cleanup(stop)
	return p, stop
}

// TestPMP breaks when a router that speaks NAT-PMP does not pass the port on,
// or goes on after the end.
func TestPMP(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	p, stop := serve(t, h.config())
	h.until(t, "the port", func() bool { return h.lent[local.Port()] == 1200 && p.Outside().IsValid() })
	if want := netip.MustParseAddrPort("9.9.9.9:31338"); p.Outside() != want { // the port it chose
		t.Errorf("outside: got %v, want %v", p.Outside(), want)
	}
	stop()
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.lent) > 0 || p.Outside().IsValid() {
		t.Error("the port is still passed on")
	}
	if len(h.open) > 0 {
		t.Error("two ways were opened")
	}
}

// TestUPnP breaks when a router that obeys UPnP does not pass the port on: one
// that has given it away, and one that knows no leases, too.
func TestUPnP(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		prepare func(*home)
		port    string
		lease   string
	}{
		{"plain", func(*home) {}, "31337", "1200"},
		{"taken", func(h *home) { h.taken = "31337" }, "31438", "1200"},
		{"forever", func(h *home) { h.forever = true }, "31337", "0"},
		{"taken and forever", func(h *home) { h.taken, h.forever = "31337", true }, "31438", "0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := newHome(t)
			h.pmp.Close()
			h.mu.Lock()
			c.prepare(h)
			h.mu.Unlock()
			p, stop := serve(t, h.config())
			want := local.String() + " UDP " + c.lease
			h.until(t, "the port", func() bool { return h.open[c.port] == want && p.Outside().IsValid() })
			if got := p.Outside().String(); got != "9.9.9.9:"+c.port {
				t.Errorf("outside: got %s, want port %s", got, c.port)
			}
			stop()
			h.mu.Lock()
			defer h.mu.Unlock()
			if len(h.open) > 0 {
				t.Errorf("still passed on: %v", h.open)
			}
		})
	}
}

// TestRenewed breaks when a port is lost at its lease's end, or when a router
// that forgets it is not asked anew; renew is what Serve does then.
func TestRenewed(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	p := New(local, h.config())
	g, got, err := p.ask(t.Context(), nil, 0)
	if err != nil || got.lease != 20*time.Minute {
		t.Fatalf("got %v, %v", got, err)
	}
	h.mu.Lock()
	clear(h.lent) // it was switched off and on
	h.mu.Unlock()
	if _, got, err = p.ask(t.Context(), g, got.outside.Port()); err != nil {
		t.Fatal(err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.lent[local.Port()] != 1200 || h.asked != 2 {
		t.Errorf("not renewed: %v", h.lent)
	}
}

// TestHostile breaks when whoever answers first can send us to somebody else,
// fill our memory, or keep us waiting.
func TestHostile(t *testing.T) {
	t.Parallel()
	var victim atomic.Int64
	other := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		victim.Add(1)
		fmt.Fprint(w, document("/control"))
	}))
	ln, err := net.Listen("tcp4", "127.0.0.2:0") // the router is at 127.0.0.1
	if err != nil {
		t.Fatal(err)
	}
	other.Listener.Close()
	other.Listener = ln
	other.Start()
	t.Cleanup(other.Close)
	_, port, _ := strings.Cut(strings.TrimPrefix(other.URL, "http://"), ":")
	var unread atomic.Bool
	for name, prepare := range map[string]func(*home){
		"location elsewhere":   func(h *home) { h.location = other.URL + "/igd.xml" },
		"location of a name":   func(h *home) { h.location = "http://localhost:" + port + "/igd.xml" },
		"location of a file":   func(h *home) { h.location = "file:///etc/hostname" },
		"credentials":          func(h *home) { h.location = strings.Replace(other.URL, "http://", "http://a:b@", 1) },
		"redirect":             func(h *home) { h.describe = http.RedirectHandler(other.URL, http.StatusFound).ServeHTTP },
		"control elsewhere":    func(h *home) { h.describe = text(document(other.URL + "/control")) },
		"no service":           func(h *home) { h.describe = text("<root></root>") },
		"no XML":               func(h *home) { h.describe = text(strings.Repeat("<a>", 1<<14)) },
		"without end":          func(h *home) { h.describe = endless(&unread) },
		"an address of nobody": func(h *home) { h.external = "0.0.0.0" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHome(t)
			h.pmp.Close()
			h.mu.Lock()
			prepare(h)
			h.mu.Unlock()
			p := New(local, h.config())
			begin := time.Now()
			if _, got, err := p.ask(t.Context(), nil, 0); err == nil {
				t.Errorf("believed: %v", got)
			}
			if d := time.Since(begin); d > 3*askTime {
				t.Errorf("it took %v", d)
			}
			h.mu.Lock()
			defer h.mu.Unlock()
			if len(h.open) > 0 {
				t.Errorf("asked to open %v", h.open)
			}
		})
	}
	t.Cleanup(func() {
		if victim.Load() > 0 {
			t.Error("somebody else was asked")
		}
		if unread.Load() {
			t.Error("a description without end is read on")
		}
	})
}

func text(s string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, s) }
}

// endless sends a description that never ends, and tells if it is read on.
func endless(unread *atomic.Bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "<root><a>")
		block := strings.Repeat("x", 1<<14)
		for sent := 0; r.Context().Err() == nil; sent += len(block) {
			if _, err := fmt.Fprint(w, block); err != nil {
				return
			}
			if sent > 256*maxDocument { // more than sockets keep
				unread.Store(true)
				return
			}
		}
	}
}

// FuzzAnswers breaks when an answer crashes us, or sends us to a stranger.
func FuzzAnswers(f *testing.F) {
	f.Add([]byte("HTTP/1.1 200 OK\r\nLOCATION: http://192.168.1.1:80/igd.xml\r\n\r\n"))
	f.Add([]byte{0, 129, 0, 0, 0, 0, 0, 9, 1, 2, 3, 4, 0, 0, 0, 9})
	from := netip.MustParseAddr("192.168.1.1")
	f.Fuzz(func(t *testing.T, b []byte) {
		if at := location(b, from); at != nil && at.Hostname() != from.String() {
			t.Errorf("a stranger: %v", at)
		}
		if checkPMP(b, pmpUDP, 16) == nil && len(b) < 16 {
			t.Error("too short")
		}
	})
}
