package torrent_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	mrand "math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync"
	"testing"
	"time"

	"vidiverse/p2p"
	"vidiverse/p2p/guard"
	"vidiverse/p2p/ledger"
	"vidiverse/p2p/metainfo"
	"vidiverse/p2p/torrent"
)

// patience is for what takes a second on a machine that does nothing else.
const patience = 30 * time.Second

// gate counts what goes out, and may be shut.
type gate struct {
	mu   sync.Mutex
	sent int64
	most int64 // then it is shut; 0: it never is
}

var errShut = errors.New("the gate is shut")

func (g *gate) Wait(_ context.Context, n int) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.most > 0 && g.sent+int64(n) > g.most {
		return errShut
	}
	g.sent += int64(n)
	return nil
}

func (g *gate) total() int64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.sent
}

// home is an engine that runs.
type home struct {
	*torrent.Engine
	t     *testing.T
	gate  *gate
	books *ledger.Ledger
	spool *torrent.Spool
	log   *slog.Logger
}

func loopbackHTTP() func(string) *guard.Client {
	c := guard.New(guard.Config{Policy: guard.Policy{Plain: true, Allow: guard.Loopback()}})
	return func(string) *guard.Client { return c }
}

func room() int64                  { return 1 << 30 }
func free() (int64, error)         { return 1 << 40, nil }
func anyAddress(a netip.Addr) bool { return a.IsLoopback() }

func newHome(t *testing.T, change func(*torrent.Config)) *home {
	t.Helper()
	spool, err := torrent.OpenSpool(t.TempDir(), room, free)
	if err != nil {
		t.Fatal(err)
	}
	h := &home{t: t, gate: &gate{}, spool: spool, log: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))}
	h.books = ledger.New(h.gate, ledger.Config{})
	cfg := torrent.Config{HTTP: loopbackHTTP(), Spool: spool, Log: h.log}
	if change != nil {
		change(&cfg)
	}
	h.Engine = torrent.New(cfg)
	h.run("the engine", h.Engine.Serve)
	return h
}

// run serves something until the test ends, and reports how it ended.
func (h *home) run(what string, serve func(context.Context) error) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- serve(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-done:
			if err != nil && ctx.Err() == nil {
				h.t.Errorf("%s: %v", what, err)
			}
		case <-time.After(patience):
			h.t.Errorf("%s did not end", what)
		}
	})
	h.t.Cleanup(stop)
	return stop
}

// meet lets the engine meet peers over TCP on loopback, and returns its address.
func (h *home) meet(change func(*torrent.Network)) (address string, stop func()) {
	h.t.Helper()
	cfg := torrent.Network{Line: func(u ledger.Use) torrent.Line { return h.books.Open(u) }, Listen: "127.0.0.1:0",
		Dial: new(net.Dialer).DialContext, May: anyAddress}
	if change != nil {
		change(&cfg)
	}
	stop = h.run("the meeting", func(ctx context.Context) error { return h.Meet(ctx, cfg) })
	if cfg.Listen != "" {
		until(h.t, "it listens", func() bool { return h.Port() != 0 })
	}
	return fmt.Sprintf("127.0.0.1:%d", h.Port()), stop
}

func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	limit := time.Now().Add(patience)
	for !holds() {
		if time.Now().After(limit) {
			t.Fatalf("waited in vain until %s", what)
		}
		<-time.After(5 * time.Millisecond)
	}
}

// film is n bytes that do not compress.
func film(n int) []byte {
	b := make([]byte, n)
	_, _ = mrand.NewChaCha8([32]byte{byte(n)}).Read(b) // never fails
	return b
}

// made is the torrent of one file.
func made(t *testing.T, data []byte, o metainfo.Options) *metainfo.Torrent {
	t.Helper()
	if o.Name == "" {
		o.Name = "film.mp4"
	}
	raw, _, err := metainfo.Make(bytes.NewReader(data), int64(len(data)), o)
	if err != nil {
		t.Fatal(err)
	}
	info, err := metainfo.Read(raw)
	if err != nil {
		t.Fatal(err)
	}
	return &info
}

// memory is a store of bytes.
type memory struct {
	info *metainfo.Torrent
	data []byte
}

func (m memory) Has(int) bool          { return true }
func (m memory) Put(int, []byte) error { return nil }
func (m memory) Close() error          { return nil }
func (m memory) Piece(_ context.Context, i int) ([]byte, error) {
	_, at, n := m.info.Piece(i)
	return bytes.Clone(m.data[at : at+n]), nil
}

// holder is an engine that gives on what a store has.
func holder(t *testing.T, info *metainfo.Torrent, store torrent.Store, trackers ...string) *home {
	t.Helper()
	h := newHome(t, func(c *torrent.Config) {
		c.Find = func(_ context.Context, hash [20]byte) (*metainfo.Torrent, torrent.Store, error) {
			if hash != info.Hash {
				return nil, nil, p2p.ErrAbsent
			}
			return info, store, nil
		}
	})
	h.Hold([]torrent.Listing{{Hash: info.Hash, Trackers: trackers}})
	return h
}

// open opens a torrent until the test ends.
func (h *home) open(s torrent.Spec) *torrent.Torrent {
	h.t.Helper()
	one, err := h.Open(h.t.Context(), s)
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(one.Close)
	return one
}

// all reads a file of a torrent.
func (h *home) all(one *torrent.Torrent, file int) []byte {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(h.t.Context(), patience)
	defer cancel()
	if _, err := one.Info(ctx); err != nil {
		h.t.Fatalf("no info: %v", err)
	}
	r, err := one.NewReader(ctx, file)
	if err != nil {
		h.t.Fatal(err)
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil {
		h.t.Fatalf("after %d bytes: %v; %+v", len(b), err, one.Progress())
	}
	return b
}

// announcer is an HTTP tracker that tells everybody of everybody.
func announcer(t *testing.T) string {
	var mu sync.Mutex
	known := map[string]bool{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		host, _, _ := net.SplitHostPort(r.RemoteAddr)
		a, port := netip.MustParseAddr(host).As4(), 0
		_, _ = fmt.Sscan(r.URL.Query().Get("port"), &port)
		known[string(a[:])+string([]byte{byte(port >> 8), byte(port)})] = true
		peers := ""
		for p := range known {
			peers += p
		}
		_, _ = fmt.Fprintf(w, "d8:intervali60e5:peers%d:%se", len(peers), peers)
	}))
	t.Cleanup(s.Close)
	return s.URL + "/announce"
}

func randomHash() (h [20]byte) {
	_, _ = rand.Read(h[:]) // never fails
	return h
}

// loopback dials what the tests serve.
func loopback(ctx context.Context, network, address string) (net.Conn, error) {
	return guard.Policy{Allow: guard.Loopback()}.Dial(net.Dialer{Timeout: patience})(ctx, network, address)
}

// pointer is an HTTP tracker that tells of one peer.
func pointer(t *testing.T, address string) string {
	t.Helper()
	p := netip.MustParseAddrPort(address)
	ip := p.Addr().As4()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintf(w, "d8:intervali60e5:peers6:%s%se", ip[:], []byte{byte(p.Port() >> 8), byte(p.Port())})
	}))
	t.Cleanup(s.Close)
	return s.URL + "/announce"
}
