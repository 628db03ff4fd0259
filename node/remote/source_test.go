package remote_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"vidiverse/node/remote"
	"vidiverse/node/remote/remotetest"
	"vidiverse/p2p"
	"vidiverse/p2p/p2ptest"
)

// What is not exactly the part asked for is an error, never a segment.
func TestHostileRanges(t *testing.T) {
	t.Parallel()
	s := remotetest.Stock(t, remotetest.Media{})
	v := s.Videos()[0]
	c := ask(t, s)
	f, err := film(t, c, s, v)
	if err != nil {
		t.Fatal(err)
	}
	part, file := f.Renditions[0].Segments[0], v.Renditions()[0].Bytes
	good := file[part.Offset:part.End()]
	partial := func(w http.ResponseWriter, total int64, body []byte) {
		w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", part.Offset, part.End()-1, total))
		w.WriteHeader(http.StatusPartialContent)
		_, _ = w.Write(body) // the client may hang up
	}
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		want   error
	}{
		"the whole file":    {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(file) }, remote.ErrRefused},
		"the part as whole": {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(good) }, remote.ErrRefused},
		"another part": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Range", fmt.Sprintf("bytes 0-%d/%d", part.Length-1, len(file)))
			w.WriteHeader(http.StatusPartialContent)
			_, _ = w.Write(good)
		}, remote.ErrRefused},
		"no range": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusPartialContent)
			_, _ = w.Write(good)
		}, remote.ErrRefused},
		"of another file": {func(w http.ResponseWriter, _ *http.Request) { partial(w, 7, good) }, remote.ErrRefused},
		"short":           {func(w http.ResponseWriter, _ *http.Request) { partial(w, int64(len(file)), good[1:]) }, remote.ErrRefused},
		"long": {func(w http.ResponseWriter, _ *http.Request) {
			partial(w, int64(len(file)), append(good[:len(good):len(good)], 0))
		}, remote.ErrRefused},
		"endless": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", part.Offset, part.End()-1, len(file)))
			w.WriteHeader(http.StatusPartialContent)
			for r.Context().Err() == nil {
				if _, err := w.Write(good); err != nil {
					return
				}
			}
		}, remote.ErrRefused},
		"cut": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", fmt.Sprint(len(good)))
			partial(w, int64(len(file)), good[:len(good)/2])
			panic(http.ErrAbortHandler)
		}, remote.ErrUnavailable},
		"pressed": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			partial(w, int64(len(file)), good)
		}, remote.ErrRefused},
		"several parts": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "multipart/byteranges; boundary=x")
			w.WriteHeader(http.StatusPartialContent)
		}, remote.ErrRefused},
		"circles": {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path, http.StatusFound) }, remote.ErrRefused},
		"a cellar": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusFound)
		}, remote.ErrRefused},
		"gone":         {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusGone) }, p2p.ErrAbsent},
		"closed":       {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }, remote.ErrClosed},
		"no such part": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusRequestedRangeNotSatisfiable) }, remote.ErrUnavailable},
		"broken":       {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }, remote.ErrUnavailable},
		"right":        {func(w http.ResponseWriter, _ *http.Request) { partial(w, int64(len(file)), good) }, nil},
	} {
		s.Intercept(func(w http.ResponseWriter, r *http.Request) bool { test.answer(w, r); return true })
		b, err := c.Source(&f, 0).Fetch(t.Context(), 0)
		if !errors.Is(err, test.want) || (err == nil) != (test.want == nil) || (err == nil) != bytes.Equal(b, good) {
			t.Errorf("%s: got %d bytes, %v, want %v", name, len(b), err, test.want)
		}
	}
}

// A server and a copy give what every source of segments gives.
func TestSourcesKeepTheContract(t *testing.T) {
	t.Parallel()
	s := remotetest.Stock(t, remotetest.Media{Split: true})
	v := s.Videos()[0]
	c := ask(t, s)
	f, err := film(t, c, s, v)
	if err != nil {
		t.Fatal(err)
	}
	var want [][]byte
	r := v.Renditions()[0]
	for _, p := range r.Media.Segments {
		want = append(want, r.Bytes[p.Offset:p.End()])
	}
	p2ptest.Sources(t, c.Source(&f, 0), want)
	p2ptest.Sources(t, c.Mirror(&f, 0, s.URL+"/static/streaming-playlists/hls/"+v.UUID), want)
}

// A source is used by several goroutines, keeps its connections, and never has
// more than a few requests under way at one server.
func TestSourceIsModest(t *testing.T) {
	t.Parallel()
	s := remotetest.Stock(t, remotetest.Media{Segments: 12, Heights: []int{144}})
	v := s.Videos()[0]
	c := ask(t, s)
	f, err := film(t, c, s, v)
	if err != nil {
		t.Fatal(err)
	}
	var now, most atomic.Int32
	var seen sync.Map
	s.Intercept(func(_ http.ResponseWriter, r *http.Request) bool {
		if strings.HasSuffix(r.URL.Path, ".mp4") {
			seen.Store(r.RemoteAddr, true)
			n := now.Add(1)
			defer now.Add(-1)
			for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
			}
		}
		return false
	})
	s.Delay(5 * time.Millisecond)
	source := c.Source(&f, 0)
	var wg sync.WaitGroup
	for range 4 {
		for i := range f.Renditions[0].Segments {
			wg.Go(func() {
				b, err := source.Fetch(t.Context(), i)
				if err != nil || f.Renditions[0].Extents[i].Check(b) != nil {
					t.Errorf("segment %d: %v", i, err)
				}
			})
		}
	}
	wg.Wait()
	connections := 0
	seen.Range(func(any, any) bool { connections++; return true })
	if connections > 12 || most.Load() > 8 {
		t.Errorf("got %d requests at once over %d connections, want at most 8", most.Load(), connections)
	}
}

// A server that hangs is given up when the caller is, and one that drips when
// it is too slow to be of use.
func TestSlowServers(t *testing.T) {
	t.Parallel()
	s := remotetest.Stock(t, remotetest.Media{})
	c := ask(t, s)
	f, err := film(t, c, s, s.Videos()[0])
	if err != nil {
		t.Fatal(err)
	}
	s.Delay(time.Hour)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := c.Source(&f, 0).Fetch(ctx, 0); !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, remote.ErrUnavailable) {
		t.Errorf("got %v, want the caller's deadline", err)
	}
}

// Words of a server that is not there say which.
func TestNobodyThere(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	origin := "http://" + l.Addr().String()
	l.Close()
	c := ask(t)
	c.Trust(origin)
	if _, err := c.Instance(t.Context(), origin); !errors.Is(err, remote.ErrUnavailable) || !strings.Contains(err.Error(), l.Addr().String()) {
		t.Errorf("got %v", err)
	}
}
