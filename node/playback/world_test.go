package playback_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"vidiverse/node/control"
	"vidiverse/node/playback"
	"vidiverse/node/remote"
	"vidiverse/node/remote/remotetest"
	"vidiverse/p2p/blockstore"
)

// patience is tenfold what anything here takes.
const patience = 30 * time.Second

// world is a stock server, a disk and a node's playback.
type world struct {
	testing.TB
	*playback.Playback
	server *remotetest.Server
	client *remote.Client
	blocks *blockstore.Store
	film   *remote.Film
	end    func()

	mu    sync.Mutex
	peers map[int]playback.Peers // by rendition
}

// newWorld has a server with one video. Change may alter the configuration.
func newWorld(t testing.TB, m remotetest.Media, change ...func(*world, *playback.Config)) *world {
	t.Helper()
	w := &world{TB: t, server: remotetest.Stock(t, m), client: remote.New(remote.Config{}), peers: map[int]playback.Peers{}}
	t.Cleanup(w.client.Close)
	w.client.Trust(w.server.URL)
	w.film = w.ask(w.server.Videos()[0].UUID)
	var err error
	if w.blocks, err = blockstore.Open(filepath.Join(t.TempDir(), "blocks"), blockstore.Config{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.blocks.Close() })
	cfg := playback.Config{
		Film:   func(context.Context, control.Ref) (*remote.Film, error) { return w.film, nil },
		Remote: w.client, Blocks: w.blocks, Swarm: w.swarm,
	}
	for _, f := range change {
		f(w, &cfg)
	}
	w.Playback = playback.New(cfg)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.Serve(ctx) }()
	w.end = sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(patience):
			t.Error("Serve does not end")
		}
	})
	t.Cleanup(w.end)
	return w
}

func (w *world) ask(uuid string) *remote.Film {
	w.Helper()
	v, err := w.client.Video(w.Context(), w.server.URL, uuid)
	if err != nil {
		w.Fatal(err)
	}
	film, err := w.client.Film(w.Context(), v)
	if err != nil {
		w.Fatal(err)
	}
	return &film
}

func (w *world) swarm(_ *remote.Film, rendition int) playback.Peers {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.peers[rendition]
}

// meet gives a rendition people.
func (w *world) meet(rendition int, p playback.Peers) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.peers[rendition] = p
}

func (w *world) open(quality int) control.Session {
	w.Helper()
	s, err := w.Open(w.Context(), control.Ref{Origin: w.film.Origin, Video: w.film.UUID}, quality)
	if err != nil {
		w.Fatal(err)
	}
	return s
}

func (w *world) progress(id string, at time.Duration) control.Progress {
	w.Helper()
	p, err := w.Progress(w.Context(), id, at)
	if err != nil {
		w.Fatal(err)
	}
	return p
}

// await asks for the progress until it is as wanted.
func (w *world) await(id string, at time.Duration, what string, ok func(control.Progress) bool) control.Progress {
	w.Helper()
	for end := time.Now().Add(patience); ; {
		p := w.progress(id, at)
		if ok(p) {
			return p
		}
		if time.Now().After(end) {
			w.Fatalf("%s: got %+v", what, p)
		}
		<-time.After(20 * time.Millisecond)
	}
}

// get asks the loopback server; change may alter the request.
func (w *world) get(url string, change ...func(*http.Request)) (*http.Response, []byte, error) {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.Context(), patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		w.Fatal(err)
	}
	for _, f := range change {
		f(req)
	}
	res, err := plain.Do(req)
	if err != nil {
		return nil, nil, err
	}
	b, err := io.ReadAll(res.Body)
	return res, b, errors.Join(err, res.Body.Close())
}

var plain = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}

func ranged(spec string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set("Range", "bytes="+spec) }
}

func run(t testing.TB, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	defer cancel()
	var failed strings.Builder
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stderr = &failed
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %q: %v\n%s", name, args, err, &failed)
	}
	return string(out)
}

// frames are the times and digests that ffmpeg decodes from a file or URL.
func frames(t testing.TB, from, kind string) string {
	t.Helper()
	return run(t, "ffmpeg", "-v", "error", "-nostdin", "-copyts", "-i", from, "-map", "0:"+kind, "-fps_mode", "passthrough", "-f", "framemd5", "-")
}
