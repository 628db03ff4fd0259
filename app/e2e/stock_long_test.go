package e2e

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"vidiverse/app/e2e/browser"
	"vidiverse/app/e2e/stock"
	"vidiverse/instance/hls"
	"vidiverse/p2p"
	"vidiverse/p2p/p2ptest"
	"vidiverse/p2p/swarm"
	"vidiverse/p2p/tracker"
)

// TestStockLong: a film of 3,000 segments, of which a node holds all. Pages of
// both generations of the loader take them from it, at the beginning, where ids
// begin to need two groups, and near the end.
func TestStockLong(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	list := makeLong(t, folder)
	shelf := shelfOf(t, folder, "video")
	b := browser.Start(t)
	for name, page := range map[string]func(testing.TB, string) http.Handler{"2.2.2": stock.Handler, "2.3.1": stock.Newer} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			site := newSite(t, folder, page(t, browser.Packages(t)))
			swarms := site.give(t, list, shelf, anybody{})
			p := b.Page(t)
			p.Patience(time.Minute)
			p.Goto(site.page())
			for _, at := range []int{0, 250, 2900} {
				p.Eval(`(at) => { window.before = stats.p2pSegments; if (at) document.querySelector("video").currentTime = at }`, at, nil)
				p.Wait(`() => stats.p2pSegments >= window.before + 10`, nil)
			}
			var st stock.Stats
			p.Eval(`() => stats`, nil, &st)
			t.Logf("%+v", st)
			if len(st.Invalid)+len(st.Warnings) > 0 || slices.ContainsFunc(st.Errors, func(e string) bool { return strings.HasPrefix(e, "p2p") }) {
				t.Errorf("the page: %v, %v, %v", st.Invalid, st.Warnings, st.Errors)
			}
			if sum := sumOf(swarms); sum.Served < 30 || sum.Banned > 0 {
				t.Errorf("the node: %+v", sum)
			}
		})
	}
}

// TestStockSlow: over a slow line every gap is shorter than a browser's patience,
// and a segment that is not wanted any more is not sent to its end.
func TestStockSlow(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	list := makeHLS(t, folder)
	shelf := shelfOf(t, folder, "video")
	b := browser.Start(t)
	site := newSite(t, folder, stock.Handler(t, browser.Packages(t)))
	swarms := site.give(t, list, shelf, &trickle{rate: 70_000})
	p := b.Page(t)
	p.Patience(time.Minute)
	p.Goto(site.page())
	p.Wait(`() => stats.p2pSegments >= 2`, nil)
	var st stock.Stats
	p.Eval(`() => stats`, nil, &st)
	if slices.ContainsFunc(st.Errors, func(e string) bool { return strings.HasPrefix(e, "p2p") }) || len(st.Left) > 0 {
		t.Errorf("the page lost its patience: %v, left %v", st.Errors, st.Left)
	}
	p2ptest.Until(t, "an upload", func() bool { return sumOf(swarms).Serving > 0 })
	p.Eval(`() => { document.querySelector("video").currentTime = 45 }`, nil, nil)
	p2ptest.Until(t, "a cancel", func() bool { return sumOf(swarms).Cancelled > 0 })
	sum := sumOf(swarms)
	t.Logf("%+v, %+v", st, sum)
	if sum.Banned > 0 {
		t.Errorf("the node: %+v", sum)
	}
}

// trickle is a gate with a rate.
type trickle struct {
	rate float64
	mu   sync.Mutex
	free time.Time
}

func (g *trickle) Wait(ctx context.Context, n int) error {
	g.mu.Lock()
	now := time.Now()
	if g.free.Before(now) {
		g.free = now
	}
	g.free = g.free.Add(time.Duration(float64(n) / g.rate * float64(time.Second)))
	wait := g.free.Sub(now)
	g.mu.Unlock()
	select {
	case <-time.After(wait):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// site is a folder behind plain HTTP, with a tracker and a stock page.
type site struct{ *httptest.Server }

func newSite(t *testing.T, folder string, page http.Handler) site {
	t.Helper()
	tr := tracker.New(tracker.Config{Public: true})
	mux := http.NewServeMux()
	mux.Handle("/tracker/", tr)
	mux.Handle("/hls/", http.StripPrefix("/hls/", http.FileServer(http.Dir(folder))))
	mux.Handle("/stock/", page)
	s := site{httptest.NewServer(mux)}
	t.Cleanup(s.Close)
	p2ptest.Serve(t, tr.Serve)
	return s
}

func (s site) master() string { return s.URL + "/hls/master.m3u8" }

func (s site) socket() string {
	return "ws" + strings.TrimPrefix(s.URL, "http") + "/tracker/socket"
}

func (s site) page() string {
	return s.URL + "/stock/" + stock.Query(s.master(), s.URL+"/hls/sha256.json", s.socket())
}

// give joins a node to the swarms of the first variant, as it is named by both
// generations.
func (s site) give(t *testing.T, list hls.Master, shelf *p2ptest.Shelf, gate swarm.Gate) (swarms []*swarm.Swarm) {
	t.Helper()
	n := swarm.New(swarm.Config{Host: p2ptest.Host(t), Signal: p2ptest.Signal(t), Gate: gate})
	p2ptest.Serve(t, n.Serve)
	for _, one := range list.StreamSwarms(s.master(), hls.Main, 0) {
		swarms = append(swarms, n.Join(swarm.Stream{Trackers: []string{s.socket()}, Hash: one.Hash, Segments: shelf}))
	}
	return swarms
}

func sumOf(swarms []*swarm.Swarm) (sum swarm.Stats) {
	for _, s := range swarms {
		st := s.Stats()
		sum.Served += st.Served
		sum.Serving += st.Serving
		sum.Cancelled += st.Cancelled
		sum.Banned += st.Banned
		sum.Sent += st.Sent
		sum.Vain += st.Vain
	}
	return sum
}

// makeLong makes fifty minutes of a picture of a few bytes, a segment a second.
func makeLong(t *testing.T, folder string) hls.Master {
	t.Helper()
	args := []string{"-v", "error", "-f", "lavfi", "-i", "testsrc2=size=64x36:rate=1", "-t", "3000", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p",
		"-g", "1", "-f", "hls", "-hls_time", "1", "-hls_playlist_type", "vod", "-hls_segment_type", "fmp4", "-hls_flags", "single_file",
		"-hls_segment_filename", filepath.Join(folder, "video.mp4"), filepath.Join(folder, "video.m3u8")}
	if out, err := exec.CommandContext(t.Context(), "ffmpeg", args...).CombinedOutput(); err != nil {
		t.Fatalf("ffmpeg: %v\n%s", err, out)
	}
	digests := digestsOf(t, folder, "video")
	if n := len(digests.Extents); n != 3000 {
		t.Fatalf("%d segments", n)
	}
	m := hls.Master{Variants: []hls.Variant{{URI: "video.m3u8", Resolution: 36, Bandwidth: 60_000, Width: 64, Height: 36, FrameRate: 1, Codecs: "avc1.42c00a"}}}
	write(t, folder, "master.m3u8", m.Bytes())
	write(t, folder, "sha256.json", hls.Digests{digests}.Bytes())
	return m
}

// shelfOf holds all segments of a file.
func shelfOf(t *testing.T, folder, name string) *p2ptest.Shelf {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(folder, name+".mp4"))
	if err != nil {
		t.Fatal(err)
	}
	var data [][]byte
	var extents []p2p.Extent
	for _, e := range digestsOf(t, folder, name).Extents {
		data = append(data, raw[e.Offset:e.End()])
		extents = append(extents, p2p.Extent{Offset: e.Offset, Length: e.Length, Sum: e.Sum})
	}
	return p2ptest.FullShelf(data, extents)
}
