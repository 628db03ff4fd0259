package e2e

import (
	"context"
	"crypto/sha256"
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
	"vidiverse/p2p/tracker"
)

// TestStockPlayers: two pages of the player that PeerTube 8.2 has meet through
// our tracker, and what the second page did not fetch it got from the first.
func TestStockPlayers(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	list := makeHLS(t, folder)
	mux := http.NewServeMux()
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	master := srv.URL + "/hls/master.m3u8"

	tr := tracker.New(tracker.Config{Allow: only(list.Swarms(master))})
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { _ = tr.Serve(ctx) }) // ends with ctx
	t.Cleanup(func() { cancel(); wg.Wait() })

	mux.Handle("/tracker/", tr)
	mux.Handle("/hls/", http.StripPrefix("/hls/", http.FileServer(http.Dir(folder))))
	mux.Handle("/stock/", stock.Handler(t, browser.Packages(t)))
	page := srv.URL + "/stock/" + stock.Query(master, srv.URL+"/hls/sha256.json", "ws"+strings.TrimPrefix(srv.URL, "http")+"/tracker/socket")

	b := browser.Start(t)
	first, second := b.Page(t), b.Page(t)
	first.Patience(time.Minute)
	second.Patience(time.Minute)
	first.Goto(page)
	// It holds more than what a player fetches from the server in any case.
	first.Wait(`() => stats.httpSegments >= 6 && document.querySelector("video").currentTime > 0.5`, nil)
	second.Goto(page)
	second.Wait(`() => stats.p2p > 0 && stats.p2pSegments >= 1`, nil)
	second.Wait(`() => document.querySelector("video").currentTime > 2`, nil)

	var a, z stock.Stats
	first.Eval(`() => stats`, nil, &a)
	second.Eval(`() => stats`, nil, &z)
	t.Logf("first %+v", a)
	t.Logf("second %+v", z)
	if z.P2P == 0 || a.Uploaded == 0 {
		t.Errorf("bytes from the first page: got %d, want some (it sent %d)", z.P2P, a.Uploaded)
	}
	if len(z.Invalid)+len(a.Invalid) > 0 {
		t.Errorf("segments that do not match their digest: %v %v", a.Invalid, z.Invalid)
	}
	for name, s := range map[string]stock.Stats{"first": a, "second": z} {
		if len(s.Warnings) > 0 {
			t.Errorf("%s page: the tracker client warns: %v", name, s.Warnings)
		}
	}
	if got := tr.Stats(); got.Members != 4 || got.Answers == 0 {
		t.Errorf("tracker: got %+v, want each page in the swarms of picture and sound, and an answer", got)
	}
	if errs := append(first.Errors(), second.Errors()...); len(errs) > 0 {
		t.Errorf("the pages reported %q", errs)
	}
}

// only allows the swarms of one master.
type only []hls.Swarm

func (o only) Allowed(_ context.Context, hash [20]byte) (bool, error) {
	return slices.ContainsFunc(o, func(s hls.Swarm) bool { return s.Hash == hash }), nil
}

// makeHLS makes a minute of moving picture and tone in PeerTube's shape: a
// rendition a file, the sound apart, byte ranges, a digest list.
func makeHLS(t *testing.T, folder string) hls.Master {
	t.Helper()
	var digests hls.Digests
	for name, args := range map[string][]string{
		"video": {"-f", "lavfi", "-i", "testsrc2=size=320x180:rate=10", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "40", "-sc_threshold", "0"},
		"audio": {"-f", "lavfi", "-i", "sine=frequency=440", "-c:a", "aac", "-b:a", "64k"},
	} {
		args = append([]string{"-v", "error"}, args...)
		args = append(args, "-t", "60", "-f", "hls", "-hls_time", "4", "-hls_playlist_type", "vod", "-hls_segment_type", "fmp4",
			"-hls_flags", "single_file", "-hls_segment_filename", filepath.Join(folder, name+".mp4"), filepath.Join(folder, name+".m3u8"))
		if out, err := exec.CommandContext(t.Context(), "ffmpeg", args...).CombinedOutput(); err != nil {
			t.Fatalf("ffmpeg: %v\n%s", err, out)
		}
		digests = append(digests, digestsOf(t, folder, name))
	}
	m := hls.Master{
		Variants: []hls.Variant{{URI: "video.m3u8", Resolution: 180, Bandwidth: 400_000, Width: 320, Height: 180, FrameRate: 10, Codecs: "avc1.42c00c,mp4a.40.2", UsesAudio: true}},
		Audio:    []hls.Track{{Name: "audio", URI: "audio.m3u8"}},
	}
	write(t, folder, "master.m3u8", m.Bytes())
	write(t, folder, "sha256.json", digests.Bytes())
	return m
}

func digestsOf(t *testing.T, folder, name string) hls.FileDigests {
	t.Helper()
	list, err := os.Open(filepath.Join(folder, name+".m3u8"))
	if err != nil {
		t.Fatal(err)
	}
	defer list.Close()
	media, err := hls.ReadMedia(list)
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(folder, name+".mp4"))
	if err != nil {
		t.Fatal(err)
	}
	d := hls.FileDigests{File: name + ".mp4"}
	for _, s := range media.Segments {
		d.Extents = append(d.Extents, hls.Extent{Range: s.Range, Sum: sha256.Sum256(data[s.Offset:s.End()])})
	}
	return d
}

func write(t *testing.T, folder, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(folder, name), data, 0o600); err != nil {
		t.Fatal(err)
	}
}
