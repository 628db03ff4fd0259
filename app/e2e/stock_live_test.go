package e2e

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vidiverse/app/e2e/browser"
	"vidiverse/app/e2e/stock"
	"vidiverse/instance/hls"
	"vidiverse/p2p"
	"vidiverse/p2p/p2ptest"
	"vidiverse/p2p/swarm"
	"vidiverse/p2p/swarm/window"
	"vidiverse/p2p/tracker"
)

// A live of two-second segments that begins at sequence number firstID, as a
// plain HTTP server gives it: ten of them are in the playlist.
const (
	firstID  = 300
	liveSize = 10
	lasting  = 2 * time.Second
)

// broadcast is that server, and a tracker.
type broadcast struct {
	*httptest.Server
	files [][]byte
	began time.Time
}

// TestStockLive: a page of PeerTube 8.2's player watches a live. What a node of
// ours has of it the page takes, and what the page has the node takes.
func TestStockLive(t *testing.T) {
	t.Parallel()
	files := makeLive(t)
	b := browser.Start(t)
	t.Run("gives", func(t *testing.T) {
		t.Parallel()
		live := newBroadcast(t, files)
		s, w := live.join(t)
		live.follow(t, w, live.fromServer)
		page := b.Page(t)
		page.Patience(time.Minute)
		page.Goto(live.page())
		page.Wait(`() => stats.p2pSegments >= 3 && document.querySelector("video").currentTime > 1`, nil)
		live.check(t, page)
		if st := s.Stats(); st.Served < 3 || st.Banned > 0 {
			t.Errorf("the node: %+v", st)
		}
	})
	t.Run("takes", func(t *testing.T) {
		t.Parallel()
		live := newBroadcast(t, files)
		s, w := live.join(t)
		s.Want(true)
		live.follow(t, w, fromPeople(s))
		page := b.Page(t)
		page.Patience(time.Minute)
		page.Goto(live.page())
		page.Wait(`() => stats.uploaded > 0 && document.querySelector("video").currentTime > 1`, nil)
		p2ptest.Until(t, "segments from the page", func() bool { return s.Stats().Fetched >= 3 })
		live.check(t, page)
	})
}

// makeLive makes the segments of a live of eighty seconds.
func makeLive(t *testing.T) (files [][]byte) {
	t.Helper()
	folder := t.TempDir()
	args := []string{"-v", "error", "-f", "lavfi", "-i", "testsrc2=size=160x90:rate=5", "-t", "80", "-c:v", "libx264", "-preset", "ultrafast",
		"-pix_fmt", "yuv420p", "-g", "10", "-sc_threshold", "0", "-f", "hls", "-hls_time", "2", "-hls_playlist_type", "vod",
		"-hls_segment_filename", filepath.Join(folder, "%03d.ts"), filepath.Join(folder, "list.m3u8")}
	if out, err := exec.CommandContext(t.Context(), "ffmpeg", args...).CombinedOutput(); err != nil {
		t.Fatalf("ffmpeg: %v\n%s", err, out)
	}
	for i := range 40 {
		data, err := os.ReadFile(filepath.Join(folder, fmt.Sprintf("%03d.ts", i)))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, data)
	}
	return files
}

func newBroadcast(t *testing.T, files [][]byte) *broadcast {
	t.Helper()
	b := &broadcast{files: files, began: time.Now()}
	tr := tracker.New(tracker.Config{Public: true})
	mux := http.NewServeMux()
	mux.Handle("/tracker/", tr)
	mux.Handle("/stock/", stock.Handler(t, browser.Packages(t)))
	mux.HandleFunc("/hls/master.m3u8", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-STREAM-INF:BANDWIDTH=100000,RESOLUTION=160x90\n0.m3u8\n")
	})
	mux.HandleFunc("/hls/0.m3u8", b.playlist)
	mux.HandleFunc("/hls/sha256.json", b.digests)
	mux.HandleFunc("/hls/{file}", b.segment)
	b.Server = httptest.NewServer(mux)
	t.Cleanup(b.Close)
	p2ptest.Serve(t, tr.Serve)
	return b
}

// span is the numbers of the segments that are in the playlist now.
func (b *broadcast) span() (first, end int) {
	end = min(len(b.files), liveSize+int(time.Since(b.began)/lasting))
	return max(0, end-liveSize), end
}

func name(i int) string { return fmt.Sprintf("0-%06d.ts", i) }

func (b *broadcast) playlist(w http.ResponseWriter, _ *http.Request) {
	first, end := b.span()
	fmt.Fprintf(w, "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:%d\n", firstID+first)
	for i := first; i < end; i++ {
		fmt.Fprintf(w, "#EXTINF:2.000000,\n%s\n", name(i))
	}
}

func (b *broadcast) digests(w http.ResponseWriter, _ *http.Request) {
	_, end := b.span()
	list := map[string]string{}
	for i := range end {
		sum := sha256.Sum256(b.files[i])
		list[name(i)] = hex.EncodeToString(sum[:])
	}
	_ = json.NewEncoder(w).Encode(list) // who asks sees it
}

func (b *broadcast) segment(w http.ResponseWriter, r *http.Request) {
	var i int
	if _, err := fmt.Sscanf(r.PathValue("file"), "0-%06d.ts", &i); err != nil || i < 0 || i >= len(b.files) {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "video/mp2t")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(b.files[i]))
}

func (b *broadcast) master() string { return b.URL + "/hls/master.m3u8" }

func (b *broadcast) socket() string {
	return "ws" + strings.TrimPrefix(b.URL, "http") + "/tracker/socket"
}

func (b *broadcast) page() string {
	return b.URL + "/stock/" + stock.Query(b.master(), b.URL+"/hls/sha256.json", b.socket()) + "&live=1"
}

// anybody is a gate that is open.
type anybody struct{}

func (anybody) Wait(ctx context.Context, _ int) error { return ctx.Err() }

// join joins a node to the live's swarm, with nothing in its window yet.
func (b *broadcast) join(t *testing.T) (*swarm.Swarm, *window.Window) {
	t.Helper()
	n := swarm.New(swarm.Config{Host: p2ptest.Host(t), Signal: p2ptest.Signal(t), Gate: anybody{}})
	p2ptest.Serve(t, n.Serve)
	w := &window.Window{}
	return n.Join(swarm.Stream{Trackers: []string{b.socket()}, Hash: hls.SwarmHashG2(b.master(), hls.Main, 0), Segments: w}), w
}

// follow slides the window as the server's playlist and list of digests say,
// and lets take look for what is new, until the test ends.
func (b *broadcast) follow(t *testing.T, w *window.Window, take func(ctx context.Context, w *window.Window) error) {
	t.Helper()
	p2ptest.Serve(t, func(ctx context.Context) error {
		tick := time.NewTicker(lasting / 4)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return nil
			case <-tick.C:
			}
			err := b.slide(ctx, w)
			if err == nil {
				err = take(ctx, w)
			}
			if err != nil && ctx.Err() == nil {
				return err
			}
		}
	})
}

// slide reads what the server says.
func (b *broadcast) slide(ctx context.Context, w *window.Window) error {
	playlist, err1 := b.get(ctx, "0.m3u8")
	list, err2 := b.get(ctx, "sha256.json")
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	live, err1 := hls.ReadLive(bytes.NewReader(playlist))
	sums, err2 := hls.ReadLiveDigests(bytes.NewReader(list))
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	var segments []window.Segment
	for _, s := range live.Segments {
		sum, told := sums[s.Name]
		segments = append(segments, window.Segment{Name: s.Name, Sum: sum, Told: told})
	}
	return w.Slide(live.First, segments)
}

func (b *broadcast) get(ctx context.Context, file string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, b.URL+"/hls/"+file, nil)
	if err != nil {
		return nil, err
	}
	resp, err := b.Client().Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	return io.ReadAll(resp.Body)
}

// fromServer takes what is new from the server.
func (b *broadcast) fromServer(ctx context.Context, w *window.Window) error {
	first, end := w.Span()
	for i := first; i < end; i++ {
		if w.Has(i) {
			continue
		}
		data, err := b.get(ctx, name(i-firstID))
		if err == nil {
			err = w.Put(i, data)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// fromPeople takes what is new from whoever has it.
func fromPeople(s *swarm.Swarm) func(ctx context.Context, w *window.Window) error {
	return func(ctx context.Context, w *window.Window) error {
		first, end := w.Span()
		for i := first; i < end; i++ {
			if w.Has(i) || !s.Has(i) {
				continue
			}
			data, err := s.Fetch(ctx, i)
			if err != nil {
				continue // it may have left the page's store meanwhile
			}
			if err := w.Put(i, data); err != nil && !errors.Is(err, p2p.ErrAbsent) {
				return err
			}
		}
		return nil
	}
}

// check requires that the page saw nothing wrong.
func (b *broadcast) check(t *testing.T, page *browser.Page) {
	t.Helper()
	var st stock.Stats
	page.Eval(`() => stats`, nil, &st)
	t.Logf("%+v", st)
	if len(st.Invalid)+len(st.Warnings) > 0 {
		t.Errorf("the page: %v, %v", st.Invalid, st.Warnings)
	}
}
