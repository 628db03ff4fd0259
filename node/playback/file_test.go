package playback_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"vidiverse/node/control"
	"vidiverse/node/remote/remotetest"
)

// film is a file in memory, by the name that a stranger gave.
type film struct {
	data   []byte
	closed atomic.Int32
}

func (f *film) Type() string               { return "video/x-matroska" }
func (f *film) Progress() control.Progress { return control.Progress{Peers: 3} }
func (f *film) Close()                     { f.closed.Add(1) }
func (f *film) Open(context.Context) (io.ReadSeekCloser, error) {
	return struct {
		io.ReadSeeker
		io.Closer
	}{bytes.NewReader(f.data), io.NopCloser(nil)}, nil
}

// TestFile: a file is served to the player alone, by an address in which nothing
// is from outside, and is let go once, when its session ends.
func TestFile(t *testing.T) {
	t.Parallel()
	w := newWorld(t, remotetest.Media{})
	f := &film{data: []byte("0123456789")}
	s, err := w.Playback.OpenFile(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	res, body, err := w.get(s.Media, func(r *http.Request) { r.Header.Set("Range", "bytes=3-5") })
	if err != nil || res.StatusCode != http.StatusPartialContent || string(body) != "345" || res.Header.Get("Content-Type") != f.Type() {
		t.Fatalf("got %v, %q, %v", res, body, err)
	}
	parts := strings.Split(s.Media, "/") // http: "" host run session file media
	if len(parts) != 7 || parts[6] != "media" {
		t.Errorf("the address is %s", s.Media)
	}
	for name, change := range map[string]func(*http.Request){
		"without the run's secret": func(r *http.Request) {
			r.URL.Path = "/" + strings.Repeat("A", len(parts[3])) + "/" + strings.Join(parts[4:], "/")
		},
		"another name":               func(r *http.Request) { r.URL.Path = "/" + strings.Join(parts[3:6], "/") + "/../media" },
		"a page of somebody":         func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") },
		"a name that leads here":     func(r *http.Request) { r.Host = "evil.example" },
		"something to be done there": func(r *http.Request) { r.Method = http.MethodPost },
	} {
		if res, _, err := w.get(s.Media, change); err != nil || res.StatusCode < 400 {
			t.Errorf("%s: got %v, %v", name, res, err)
		}
	}
	if p, err := w.Playback.Progress(t.Context(), s.ID, 0); err != nil || p.Peers != 3 {
		t.Errorf("got %+v, %v", p, err)
	}
	if err := w.Playback.Close(t.Context(), s.ID); err != nil {
		t.Fatal(err)
	}
	if res, _, err := w.get(s.Media, func(*http.Request) {}); err != nil || res.StatusCode != http.StatusNotFound || f.closed.Load() != 1 {
		t.Errorf("after its end: got %v, %v, closed %d times", res, err, f.closed.Load())
	}
}
