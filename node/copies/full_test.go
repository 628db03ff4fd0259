package copies_test

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"vidiverse/node/copies"
	"vidiverse/p2p/ledger"
	"vidiverse/p2p/limit"
)

func (w *world) spoil(at int64) {
	w.t.Helper()
	names, err := filepath.Glob(filepath.Join(w.dir, "media", "files", "*"))
	w.must(err)
	f, err := os.OpenFile(names[0], os.O_RDWR, 0)
	w.must(err)
	defer f.Close()
	_, err = f.WriteAt([]byte("turned"), at)
	w.must(err)
}

// open begins an answer and leaves it half read.
func (w *world) open() *http.Response {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), "GET", w.url, nil)
	w.must(err)
	req.Header.Set("Range", "bytes=1000-900000")
	res, err := (&http.Client{Transport: &http.Transport{}}).Do(req)
	w.must(err)
	w.t.Cleanup(func() { _ = res.Body.Close() })
	_, err = io.ReadFull(res.Body, make([]byte, 1000))
	w.must(err)
	return res
}

// TestSaturated: a home line that is full says so at once. A player that asked
// here by chance is with the origin before its viewer notices.
func TestSaturated(t *testing.T) {
	t.Parallel()
	w := serve(t, nil)
	// 2 Mbit/s: room for none who plays at that rate.
	w.must(w.gate.Set(limit.Limits{Asked: true, On: true, Rate: 250_000}))
	began := time.Now()
	res, _ := w.ask("GET", w.url, "Range", "bytes=1000-400000")
	if took := time.Since(began); res.StatusCode != 307 || res.Header.Get("Location") != other || took > 2*time.Second {
		t.Errorf("got %d after %v, want the way to the origin at once", res.StatusCode, took)
	}
	w.is(func(c *copies.Copy) { c.Origin = "" })
	if res, _ := w.ask("GET", w.url, "Range", "bytes=1000-400000"); res.StatusCode != 503 || res.Header.Get("Retry-After") == "" {
		t.Errorf("without an origin: got %d, want 503", res.StatusCode)
	}
	if s := w.book.ByTransport()[ledger.HTTP]; s.Refused != 2 || s.Sent != 0 || s.Line < 2*100 {
		t.Errorf("got %+v", s)
	}
	// Room for one, which is taken by whatever transport.
	w.must(w.gate.Set(limit.Limits{Asked: true, On: true, Rate: 500_000}))
	if res, body := w.ask("GET", w.url, "Range", "bytes=1000-10999"); res.StatusCode != 206 || len(body) != 10_000 {
		t.Errorf("with room: got %d", res.StatusCode)
	}
	line := w.book.Open(ledger.Use{Transport: ledger.MediaLoader})
	defer line.Close()
	line.Sent(1)
	if res, _ := w.ask("GET", w.url, "Range", "bytes=1000-10999"); res.StatusCode != 503 {
		t.Errorf("beside another: got %d, want 503", res.StatusCode)
	}
}

// TestCrowd: nobody takes all places.
func TestCrowd(t *testing.T) {
	t.Parallel()
	w := serve(t, func(c *copies.Config) { c.Each = 2 })
	w.must(w.gate.Set(limit.Limits{Asked: true, On: true, Rate: 2_000_000}))
	w.is(func(c *copies.Copy) { c.Rate = 0 })
	a, _ := w.open(), w.open()
	if res, _ := w.ask("GET", w.url, "Range", "bytes=0-9"); res.StatusCode != 307 {
		t.Errorf("the third of one address: got %d, want 307", res.StatusCode)
	}
	_ = a.Body.Close()
	w.await("a place is free again", func() bool {
		res, _ := w.ask("GET", w.url, "Range", "bytes=0-9")
		return res.StatusCode == 206
	})
}

// TestShut: who switches sharing off is not found by HTTP any more, and what was
// under way ends.
func TestShut(t *testing.T) {
	t.Parallel()
	w := serve(t, nil)
	w.must(w.gate.Set(limit.Limits{Asked: true, On: true, Rate: 200_000}))
	w.is(func(c *copies.Copy) { c.Rate = 0 })
	res := w.open()
	before := w.gate.State().Month
	w.must(w.gate.Set(limit.Limits{Asked: true}))
	if n, err := io.Copy(io.Discard, res.Body); err == nil || n > 700_000 {
		t.Errorf("%d bytes more came, %v", n, err)
	}
	w.await("nobody listens", func() bool { return w.server.Addr() == nil })
	if after := w.gate.State().Month; after != before && after > before+64<<10+4096 {
		t.Errorf("%d bytes left after the end", after-before)
	}
	if _, err := http.Get(w.url); err == nil {
		t.Error("somebody answers")
	}
	w.await("the connection is forgotten", func() bool { return len(w.book.Lines()) == 0 })
	w.must(w.gate.Set(limit.Limits{Asked: true, On: true}))
	w.await("it listens again", func() bool { return w.server.Addr() != nil })
}
