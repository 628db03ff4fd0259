package copies_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"vidiverse/node/copies"
	"vidiverse/p2p"
	"vidiverse/p2p/blockstore"
	"vidiverse/p2p/ledger"
	"vidiverse/p2p/limit"
)

// patience is for what takes a second on a machine that does nothing else.
const patience = 30 * time.Second

const (
	host  = "mare.video:9000"
	video = "e6b078bc-3feb-4c72-8f4f-aff5828507e1"
	name  = "720-fragmented.mp4"
	other = "https://mare.video/static/720-fragmented.mp4"
	hole  = 9 // the extent that is not held
)

// film is a header and twelve extents.
var film, extents = func() (data []byte, list []p2p.Extent) {
	r := rand.NewChaCha8([32]byte{9})
	data = make([]byte, 1000)
	_, _ = r.Read(data) // cannot fail
	for range 12 {
		segment := make([]byte, 100_000)
		_, _ = r.Read(segment)
		list = append(list, p2p.Extent{Offset: int64(len(data)), Length: int64(len(segment)), Sum: sha256.Sum256(segment)})
		data = append(data, segment...)
	}
	return data, list
}()

var id = p2p.FileID{Origin: host, Video: video, Name: name, Version: p2p.VersionOf(extents)}

// world is a server over a store.
type world struct {
	t      *testing.T
	gate   *limit.Gate
	book   *ledger.Ledger
	blocks *blockstore.Store
	dir    string
	server *copies.Server
	mu     sync.Mutex
	copy   copies.Copy
	url    string
	http   http.Client
}

func serve(t *testing.T, change func(*copies.Config)) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir()}
	db, err := bbolt.Open(filepath.Join(w.dir, "db"), 0o600, nil)
	w.must(err)
	t.Cleanup(func() { _ = db.Close() })
	w.blocks, err = blockstore.Open(filepath.Join(w.dir, "media"), blockstore.Config{})
	w.must(err)
	t.Cleanup(func() { _ = w.blocks.Close() })
	f, err := w.blocks.File(id, extents)
	w.must(err)
	for i, e := range extents {
		if i != hole {
			w.must(f.Put(i, film[e.Offset:e.Offset+e.Length]))
		}
	}
	w.gate, err = limit.Open(db, limit.Config{})
	w.must(err)
	w.must(w.gate.Set(limit.Limits{Asked: true, On: true}))
	w.book = ledger.New(w.gate, ledger.Config{})
	w.copy = copies.Copy{File: f, Head: film[:1000], Size: int64(len(film)), Rate: 250_000, Origin: other}
	cfg := copies.Config{Listen: "127.0.0.1:0", Gate: w.gate, Ledger: w.book, Find: func(o, v, n string) (copies.Copy, error) {
		w.mu.Lock()
		defer w.mu.Unlock()
		if o == host && v == video && n == name {
			return w.copy, nil
		}
		return copies.Copy{}, p2p.ErrAbsent
	}}
	if change != nil {
		change(&cfg)
	}
	w.server = copies.New(cfg)
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { _ = w.gate.Serve(ctx) }) // ends with ctx
	wg.Go(func() { _ = w.server.Serve(ctx) })
	t.Cleanup(func() { cancel(); wg.Wait() })
	w.http = http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, Timeout: patience}
	w.await("it listens", func() bool { return w.server.Addr() != nil })
	w.url = fmt.Sprintf("http://%s%s%s/%s/%s", w.server.Addr(), copies.Root, host, video, name)
	return w
}

// is changes what there is to be found.
func (w *world) is(change func(*copies.Copy)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change(&w.copy)
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) await(what string, holds func() bool) {
	w.t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); !holds(); <-tick.C {
		if time.Now().After(end) {
			w.t.Fatalf("after %v still not: %s", patience, what)
		}
	}
}

// ask makes a request of pairs of header fields.
func (w *world) ask(method, url string, header ...string) (*http.Response, []byte) {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), method, url, nil)
	w.must(err)
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := w.http.Do(req)
	w.must(err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	w.must(err)
	return res, body
}

// TestRanges: what is held is given exactly as a static server would, and every
// byte stands in the sums.
func TestRanges(t *testing.T) {
	t.Parallel()
	w := serve(t, nil)
	size, gap := int64(len(film)), extents[hole]
	res, _ := w.ask("GET", w.url, "Range", "bytes=0-0")
	tag := res.Header.Get("ETag")
	for _, c := range []struct {
		name   string
		ask    string
		header []string
		status int
		from   int64
		to     int64 // not included
	}{
		{"the header", "bytes=0-999", nil, 206, 0, 1000},
		{"over its end", "bytes=990-1009", nil, 206, 990, 1010},
		{"over many extents", "bytes=50000-750001", nil, 206, 50000, 750002},
		{"to the end", fmt.Sprintf("bytes=%d-", gap.Offset+gap.Length), nil, 206, gap.Offset + gap.Length, size},
		{"the last", "bytes=-5", nil, 206, size - 5, size},
		{"more than there is", fmt.Sprintf("bytes=%d-%d", size-3, size*3), nil, 206, size - 3, size},
		{"the same version", "bytes=1-2", []string{"If-Range", tag}, 206, 1, 3},
		{"another version", "bytes=1-2", []string{"If-Range", `"other"`}, 307, 0, 0},
		{"an unknown unit", "frames=1-2", nil, 307, 0, 0},
		{"with a hole", fmt.Sprintf("bytes=%d-%d", gap.Offset-1, gap.Offset), nil, 307, 0, 0},
		{"the whole, with a hole", "", nil, 307, 0, 0},
		{"behind the end", fmt.Sprintf("bytes=%d-", size), nil, 416, 0, 0},
		{"backwards", "bytes=9-3", nil, 416, 0, 0},
		{"nothing", "bytes=-0", nil, 416, 0, 0},
		{"several", "bytes=0-1,5-6", nil, 416, 0, 0},
		{"signs", "bytes=+1-+2", nil, 416, 0, 0},
		{"a huge number", "bytes=99999999999999999999-", nil, 416, 0, 0},
		{"known already", "", []string{"If-None-Match", `W/"x", ` + tag}, 304, 0, 0},
	} {
		header := c.header
		if c.ask != "" {
			header = append(header, "Range", c.ask)
		}
		res, body := w.ask("GET", w.url, header...)
		if res.StatusCode != c.status || !bytes.Equal(body, film[c.from:c.to]) {
			t.Errorf("%s: got %d with %d bytes, want %d with %d", c.name, res.StatusCode, len(body), c.status, c.to-c.from)
		}
		if c.status == 206 && (res.Header.Get("Content-Range") != fmt.Sprintf("bytes %d-%d/%d", c.from, c.to-1, size) || res.Header.Get("Content-Type") != "video/mp4") {
			t.Errorf("%s: got %v", c.name, res.Header)
		}
		if c.status == 307 && (res.Header.Get("Location") != other || res.Header.Get("Cache-Control") != "no-store") {
			t.Errorf("%s: got %v, want the way to the origin", c.name, res.Header)
		}
		if c.status == 416 && res.Header.Get("Content-Range") != fmt.Sprintf("bytes */%d", size) {
			t.Errorf("%s: got %v", c.name, res.Header)
		}
		if res.Header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s: no page may read it", c.name)
		}
	}
	sums := w.book.ByTransport()[ledger.HTTP]
	if month := w.gate.State().Month; sums.Line != month || sums.Sent >= sums.Line || sums.Sent < 700_000 {
		t.Errorf("got %+v, want all of the gate's %d bytes", sums, month)
	}
}

// TestDoor: other methods, other paths.
func TestDoor(t *testing.T) {
	t.Parallel()
	w := serve(t, nil)
	e := extents[hole]
	f, _ := w.blocks.Find(id)
	w.must(f.Put(hole, film[e.Offset:e.Offset+e.Length]))
	if res, body := w.ask("GET", w.url); res.StatusCode != 200 || !bytes.Equal(body, film) {
		t.Errorf("the whole file: got %d with %d bytes", res.StatusCode, len(body))
	}
	if res, body := w.ask("HEAD", w.url, "Range", "bytes=0-1"); res.StatusCode != 200 || len(body) != 0 || res.ContentLength != int64(len(film)) {
		t.Errorf("HEAD: got %d, %d bytes announced", res.StatusCode, res.ContentLength)
	}
	if res, _ := w.ask("OPTIONS", w.url, "Origin", "https://a.example", "Access-Control-Request-Headers", "range"); res.StatusCode != 204 || res.Header.Get("Access-Control-Allow-Headers") == "" {
		t.Errorf("OPTIONS: got %d %v", res.StatusCode, res.Header)
	}
	for _, method := range []string{"POST", "PUT", "DELETE", "TRACE", "WHAT"} {
		if res, _ := w.ask(method, w.url); res.StatusCode != 405 || res.Header.Get("Allow") == "" {
			t.Errorf("%s: got %d", method, res.StatusCode)
		}
	}
	base := "http://" + w.server.Addr().String()
	for _, path := range []string{"/", "/redundancy/", "/redundancy/a/b", "/redundancy/a/b/c/d", "/redundancy/../node.db", "/redundancy/" + host + "/" + video + "/other.mp4", "/files"} {
		if res, _ := w.ask("GET", base+path); res.StatusCode != 404 {
			t.Errorf("%s: got %d, want 404", path, res.StatusCode)
		}
	}
}

// TestDamaged: a byte that the disk turned ends the answer, and the next who
// asks is sent to the origin.
func TestDamaged(t *testing.T) {
	t.Parallel()
	w := serve(t, nil)
	w.spoil(extents[3].Offset + 5)
	req, err := http.NewRequestWithContext(t.Context(), "GET", w.url, nil)
	w.must(err)
	req.Header.Set("Range", "bytes=1000-500000")
	res, err := w.http.Do(req)
	w.must(err)
	body, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	if err == nil || !bytes.HasPrefix(film[1000:], body) || len(body) > 300_000 {
		t.Errorf("got %d bytes, %v: want those before the damage and a broken connection", len(body), err)
	}
	if res, _ := w.ask("GET", w.url, "Range", "bytes=1000-500000"); res.StatusCode != 307 {
		t.Errorf("the next: got %d, want 307", res.StatusCode)
	}
}
