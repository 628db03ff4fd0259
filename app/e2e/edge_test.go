package e2e

import (
	"bytes"
	"fmt"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"vidiverse/app/e2e/browser"
	"vidiverse/app/e2e/stock"
	"vidiverse/instance/hls"
)

// evening is ten minutes of picture and sound, made once; lecture is twice as
// long: 300 segments. Both fit as they are, and are not encoded again.
var (
	evening = sync.OnceValues(func() ([]byte, error) { return longFilm("evening.mp4", 600) })
	lecture = sync.OnceValues(func() ([]byte, error) { return longFilm("lecture.mp4", 1200) })
)

// longFilm repeats a minute.
func longFilm(name string, seconds int) ([]byte, error) {
	minute, long := filepath.Join(shared, "minute-"+name), filepath.Join(shared, name)
	steps := [][]string{
		{"-f", "lavfi", "-i", "testsrc2=size=256x144:rate=10", "-f", "lavfi", "-i", "sine=frequency=440", "-t", "60",
			"-c:v", "libx264", "-preset", "ultrafast", "-b:v", "100k", "-maxrate", "100k", "-bufsize", "100k", "-g", "40", "-sc_threshold", "0", "-bf", "0",
			"-pix_fmt", "yuv420p", "-c:a", "aac", "-b:a", "48k", minute},
		{"-stream_loop", fmt.Sprint(seconds/60 - 1), "-i", minute, "-c", "copy", long},
	}
	for _, args := range steps {
		if out, err := exec.Command("ffmpeg", append([]string{"-v", "error"}, args...)...).CombinedOutput(); err != nil {
			return nil, &os.PathError{Op: string(out), Path: name, Err: err}
		}
	}
	return os.ReadFile(long)
}

// single is a configuration of one rendition, and an access log.
const single = `
rates_limit: {api: {max: 100000}, login: {max: 1000}, client: {max: 100000}}
log: {log_http_requests: true}
trust_proxy: [loopback]
transcoding:
  resolutions: {144p: false, 240p: false, 360p: false, 480p: false, 720p: false, 1080p: false}
`

// singleApart is single with the sound in a file of its own.
const singleApart = single + `  hls: {split_audio_and_video: true}
`

// lone is somebody alone with a video.
type lone struct {
	viewer
	name string
	page string // address
	film public
	late bool // the node comes when the page is there: it offers, and the page answers
}

// house is an instance with a node beside it.
type house struct {
	*server
	*edge
	person person
}

// housed starts the instance alone.
func housed(t *testing.T, config string) house {
	s := newServer(t, config, "")
	s.start()
	return house{server: s, edge: newEdge(t), person: s.signIn()}
}

// holds starts the node and waits until it has all of so many videos.
func (h house) holds(videos int) {
	h.edge.Helper()
	h.edge.start("--follow", h.server.url)
	h.edge.holds(videos)
}

// TestLoneViewer: people alone with a video in the player of PeerTube get nearly
// all of it from a node, without noticing: a minute at real speed, a jump, and
// on. Each has a video of their own, and all watch at the same time.
func TestLoneViewer(t *testing.T) {
	t.Parallel()
	muxed, apart, later := housed(t, single), housed(t, singleApart), housed(t, single)
	b := browser.Start(t)
	stocked := httptest.NewServer(stock.Handler(t, browser.Packages(t)))
	newer := httptest.NewServer(stock.Newer(t, browser.Packages(t)))
	t.Cleanup(func() { stocked.Close(); newer.Close() })

	var all []lone
	invite := func(name string, h house, film func() ([]byte, error), player *httptest.Server, late bool) {
		f := h.person.publish(name+".mp4", load(t, film))
		v := newViewer(h.server, b, len(all)+1)
		all = append(all, lone{v, name, player.URL + stock.Query(f.master, f.sha256, f.tracker), f, late})
	}
	invite("the page offers", muxed, evening, stocked, false)
	invite("the next generation of players", muxed, evening, newer, false)
	invite("300 segments", muxed, lecture, stocked, false)
	invite("the sound apart", apart, evening, stocked, false)
	invite("the node offers", later, evening, stocked, true)

	muxed.holds(3)
	apart.holds(1)
	later.holds(1)
	later.edge.stop()
	for _, v := range all {
		v.Goto(v.page)
	}
	all[len(all)-1].until(5)
	later.edge.start()
	for _, v := range all {
		v.until(60)
	}
	for _, v := range all {
		v.Eval(`() => { document.querySelector("video").currentTime = 400 }`, nil, nil)
	}
	for _, v := range all {
		v.until(425)
		v.carried()
		v.leave()
	}
	if status := muxed.status(); !strings.Contains(status, "Holds    3 videos") {
		t.Errorf("the node says\n%s\nwant that it holds the videos", status)
	}
	muxed.edge.stop()
}

// until waits for a position, at the speed of life.
func (v viewer) until(seconds float64) {
	v.Helper()
	v.Page.Wait(`(at) => document.querySelector("video").currentTime >= at`, seconds)
}

// carried requires that the server sent at most a quarter of what the page has
// beyond the first fifteen seconds after its start and after its jump, that
// nothing was wrong with the rest, and that the picture never waited.
func (v lone) carried() {
	v.Helper()
	f := v.film
	var got stock.Stats
	v.Eval(`() => stats`, nil, &got)
	server := 0
	for file, n := range v.server.sent(f.folder, v.address) {
		if strings.HasSuffix(file, ".mp4") {
			server += n
		}
	}
	first := f.window(v.server, 0, 15) + f.window(v.server, 400, 415)
	if v.late {
		first += f.window(v.server, 15, 20) // the node was not there yet
	}
	all := server + got.P2P
	beyond, carried := all-first, all-max(server, first)
	v.Logf("%s: %d bytes: %d from the server, %d from the node; beyond the first seconds %d, of which the node carried %.1f %%; stalls %d",
		v.name, all, server, got.P2P, beyond, 100*float64(carried)/float64(beyond), got.Stalls)
	if beyond <= 0 || carried*4 < beyond*3 {
		v.Errorf("%s: the node carried %d of %d bytes, want three quarters", v.name, carried, beyond)
	}
	// Of two connections that each side began towards the other, one ends before
	// it was made; the tracker's client warns of that too.
	got.Warnings = slices.DeleteFunc(got.Warnings, func(w string) bool { return strings.Contains(w, "Connection failed") })
	if len(got.Invalid)+len(got.Warnings) > 0 || got.Stalls > 0 {
		v.Errorf("%s: got %d stalls, invalid %v, warnings %v, want none", v.name, got.Stalls, got.Invalid, got.Warnings)
	}
}

// window is how many bytes of all renditions lie between two moments of the
// film, in whole segments.
func (f public) window(s *server, from, to float64) (bytesInside int) {
	s.Helper()
	for file := range f.size {
		name := strings.TrimSuffix(file, "-fragmented.mp4")
		list := s.get(f.playlist(s, name))
		media, err := hls.ReadMedia(bytes.NewReader(list.body))
		if err != nil {
			s.Fatalf("playlist of %s: %v", name, err)
		}
		at := 0.0
		for _, segment := range media.Segments {
			end := at + segment.Duration.Seconds()
			if end > from && at < to {
				bytesInside += int(segment.Length)
			}
			at = end
		}
	}
	return bytesInside
}

// playlist is the address of the media playlist of a file, as the master has it.
func (f public) playlist(s *server, name string) string {
	s.Helper()
	u, err := url.Parse(f.master)
	if err != nil {
		s.Fatal(err)
	}
	return path.Join(path.Dir(u.Path), name+".m3u8")
}
