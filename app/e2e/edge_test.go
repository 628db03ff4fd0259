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
	"strings"
	"sync"
	"testing"

	"vidiverse/app/e2e/browser"
	"vidiverse/app/e2e/stock"
	"vidiverse/instance/hls"
)

// evening is ten minutes of picture and sound, made once; lecture is half as
// long again per piece and twice as long in all: 300 segments.
var (
	evening = sync.OnceValues(func() ([]byte, error) { return longFilm("evening.mp4", 600) })
	lecture = sync.OnceValues(func() ([]byte, error) { return longFilm("lecture.mp4", 1200) })
)

// longFilm repeats a minute of moving noise, which no encoder makes small.
func longFilm(name string, seconds int) ([]byte, error) {
	minute, long := filepath.Join(shared, "minute-"+name), filepath.Join(shared, name)
	steps := [][]string{
		{"-f", "lavfi", "-i", "testsrc2=size=320x180:rate=10,noise=alls=12:allf=t", "-f", "lavfi", "-i", "sine=frequency=440", "-t", "60",
			"-c:v", "libx264", "-preset", "ultrafast", "-b:v", "300k", "-g", "40", "-sc_threshold", "0", "-pix_fmt", "yuv420p", "-c:a", "aac", "-b:a", "64k", minute},
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

// evenings are the ways in which a lone viewer meets a node.
var evenings = []struct {
	name   string
	config string
	film   func() ([]byte, error)
	newer  bool // p2p-media-loader 2.3.1, whose swarms are named by scheme G3
	late   bool // the node comes when the page is there: it offers, and the page answers
}{
	{name: "the page offers", config: single, film: evening},
	{name: "the node offers", config: single, film: evening, late: true},
	{name: "the next generation of players", config: single, film: evening, newer: true},
	{name: "the sound apart", config: singleApart, film: evening},
	{name: "300 segments", config: single, film: lecture},
}

// TestLoneViewer: somebody alone with a video in the player of PeerTube gets
// nearly all of it from a node, without noticing: a minute at real speed, a
// jump, and on.
func TestLoneViewer(t *testing.T) {
	b := browser.Start(t)
	for _, e := range evenings {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t, e.config, "")
			s.start()
			film := s.signIn().publish("Evening.mp4", load(t, e.film))
			n := newEdge(t)
			n.start("--follow", s.url)
			n.holds(1)

			handler := stock.Handler
			if e.newer {
				handler = stock.Newer
			}
			theirs := httptest.NewServer(handler(t, browser.Packages(t)))
			t.Cleanup(theirs.Close)
			v := newViewer(s, b, 1)
			open := func() { v.Goto(theirs.URL + stock.Query(film.master, film.sha256, film.tracker)) }
			if e.late {
				n.stop()
				open()
				v.until(5)
				n.start()
			} else {
				open()
			}
			v.until(60)
			v.Eval(`() => { document.querySelector("video").currentTime = 400 }`, nil, nil)
			v.until(430)
			v.carried(film, e.late)
			if status := n.status(); !strings.Contains(status, "1 video") {
				t.Errorf("the node says\n%s\nwant that it holds the video", status)
			}
			v.leave()
			n.stop()
		})
	}
}

// until waits for a position, at the speed of life.
func (v viewer) until(seconds float64) {
	v.Helper()
	v.Page.Wait(`(at) => document.querySelector("video").currentTime >= at`, seconds)
}

// carried requires that the server sent at most a quarter of what the page has
// beyond the first fifteen seconds after its start and after its jump, that
// nothing was wrong with the rest, and that the picture never waited.
func (v viewer) carried(f public, late bool) {
	v.Helper()
	var got stock.Stats
	v.Eval(`() => stats`, nil, &got)
	server := 0
	for file, n := range v.server.sent(f.folder, v.address) {
		if strings.HasSuffix(file, ".mp4") {
			server += n
		}
	}
	first := f.window(v.server, 0, 15) + f.window(v.server, 400, 415)
	if late {
		first += f.window(v.server, 15, 20) // the node was not there yet
	}
	all := server + got.P2P
	beyond, carried := all-first, all-max(server, first)
	v.Logf("%d bytes: %d from the server, %d from the node; beyond the first seconds %d, of which the node carried %.1f %%; stalls %d",
		all, server, got.P2P, beyond, 100*float64(carried)/float64(beyond), got.Stalls)
	if beyond <= 0 || carried*4 < beyond*3 {
		v.Errorf("the node carried %d of %d bytes, want three quarters", carried, beyond)
	}
	if len(got.Invalid)+len(got.Warnings) > 0 || got.Stalls > 0 {
		v.Errorf("got %d stalls, invalid %v, warnings %v, want none", got.Stalls, got.Invalid, got.Warnings)
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
