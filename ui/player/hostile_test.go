package player

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// TestAddresses: whatever a title or a playlist made of an address, only a
// node on this computer is ever asked.
func TestAddresses(t *testing.T) {
	good := []string{
		"http://127.0.0.1:9000/0123456789abcdef/film.mp4",
		"http://[::1]:9000/s/0123456789-_ABCDEF/live.m3u8?x=1",
	}
	bad := []string{
		"", "film.mp4", "/etc/passwd", "file:///etc/passwd", "-", "--script=/tmp/x.lua",
		"https://127.0.0.1:9000/0123456789abcdef/x", "http://127.0.0.1/0123456789abcdef/x", "http://localhost:9000/0123456789abcdef/x",
		"http://127.0.0.2:9000/0123456789abcdef/x", "http://0.0.0.0:9000/0123456789abcdef/x", "http://192.168.1.1:80/0123456789abcdef/x",
		"http://[::ffff:127.0.0.1]:9000/0123456789abcdef/x", "http://127.0.0.1.example:9000/0123456789abcdef/x", "http://127.1:9000/0123456789abcdef/x",
		"http://a@127.0.0.1:9000/0123456789abcdef/x", "http://127.0.0.1:9000@mare.video/0123456789abcdef/x", "http://127.0.0.1:9000/short/x",
		"http://127.0.0.1:9000/?0123456789abcdef", "http://127.0.0.1:9000/0123456789abcdef/x#y", "http:127.0.0.1:9000/0123456789abcdef/x",
		"http://127.0.0.1:9000/0123456789abcdef/x y", "http://127.0.0.1:9000/0123456789abcdef/x,--ytdl", "http://127.0.0.1:9000/0123456789abcdef/\nx",
		"edl://http://127.0.0.1:9000/0123456789abcdef/x", "ytdl://0123456789abcdef", "lavf://http://127.0.0.1:9000/0123456789abcdef/x",
		"http://127.0.0.1:9000/0123456789abcdef/" + strings.Repeat("x", maxURL),
	}
	each(t, func(t *testing.T, kind Kind) {
		v := watch(t, Options{Kind: kind})
		for _, u := range good {
			if err := checkURL(u); err != nil {
				t.Errorf("%s: %v", u, err)
			}
		}
		for _, u := range bad {
			for _, s := range []Source{{Media: u}, {Media: good[0], Sound: u}, {Media: good[0], Captions: []string{u}}} {
				if u == "" && s.Media == good[0] && len(s.Captions) == 0 {
					continue // there is no sound apart
				}
				if err := v.Open(s); !errors.Is(err, ErrAddress) || strings.Contains(err.Error(), "0123456789abcdef") {
					t.Errorf("%.80q: got %v", u, err)
				}
				if err := v.Reload(s); !errors.Is(err, ErrAddress) {
					t.Errorf("%.80q: Reload got %v", u, err)
				}
			}
		}
		if err := v.Open(Source{Media: good[0], Captions: make([]string, maxCaptions+1)}); !errors.Is(err, ErrAddress) {
			t.Errorf("got %v for too many captions", err)
		}
	})
}

// TestLeadsAway serves files that name others, as a hostile video may: nothing
// that they name is asked or opened.
func TestLeadsAway(t *testing.T) {
	t.Parallel()
	film := long.mp4(t)
	var away atomic.Int32
	elsewhere := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		away.Add(1)
		http.ServeFile(w, r, film)
	}))
	bodies := map[string]string{
		"playlist":  elsewhere.URL + "/x.mp4\n",
		"m3u":       "#EXTM3U\n#EXTINF:10,\n" + elsewhere.URL + "/x.mp4\n",
		"hls":       "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n" + elsewhere.URL + "/x.ts\n#EXT-X-ENDLIST\n",
		"edl":       "# mpv EDL v0\n" + elsewhere.URL + "/x.mp4\n",
		"cue":       "FILE \"" + film + "\" WAVE\n  TRACK 01 AUDIO\n    INDEX 01 00:00:00\n",
		"ffconcat":  "ffconcat version 1.0\nfile '" + film + "'\n",
		"concaturl": "ffconcat version 1.0\nfile '" + elsewhere.URL + "/x.mp4'\n",
		"sdp":       "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n",
	}
	srv := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, _, _ := strings.Cut(r.URL.Path[len(secret):], ".")
		http.ServeContent(w, r, "", time.Time{}, strings.NewReader(bodies[name]))
	}))
	each(t, func(t *testing.T, kind Kind) {
		v := watch(t, Options{Kind: kind})
		for name := range bodies {
			for _, ext := range []string{"", ".mp4", ".m3u8", ".edl"} {
				v.open(Source{Media: srv.URL + secret + name + ext})
				if s := v.until("refusal of "+name, func(s State) bool { return s.Err != nil || s.Width > 0 }); s.Err == nil {
					t.Errorf("%s%s plays: %+v", name, ext, s)
				}
			}
		}
	})
	if n := away.Load(); n != 0 {
		t.Errorf("a file of the video led to %d requests elsewhere", n)
	}
}

// TestHome plays in a home folder with a user's mpv: its configuration, scripts
// and the files beside a video change nothing here, and a proxy of the
// environment never sees a token.
func TestHome(t *testing.T) {
	if media := os.Getenv("PLAYER_TEST_MEDIA"); media != "" {
		each(t, func(t *testing.T, kind Kind) {
			v := watch(t, Options{Kind: kind})
			v.open(Source{Media: media, Paused: true})
			v.see("of the film", func(n int) bool { return n == long.first })
			if s := v.State(); s.Volume != 100 {
				t.Errorf("got %+v", s)
			}
		})
		return
	}
	long.mp4(t)
	var proxied atomic.Int32
	proxy := serve(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { proxied.Add(1) }))
	home := t.TempDir()
	mark := filepath.Join(home, "mark")
	for name, body := range map[string]string{
		"mpv.conf":       "start=5\nvolume=7\nvf=negate\n",
		"scripts/a.lua":  fmt.Sprintf("io.open(%q, 'w'):close()", mark),
		"scripts/b.js":   "mp.set_property('pause', 'no')",
		"input.conf":     "q run touch " + mark,
		"lua-settings/x": "",
	} {
		path := filepath.Join(home, ".config", "mpv", name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(body), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestHome$", "-test.v")
	cmd.Env = append(os.Environ(), "HOME="+home, "XDG_CONFIG_HOME="+home+"/.config", "MPV_HOME="+home+"/.config/mpv",
		"http_proxy="+proxy.URL, "HTTP_PROXY="+proxy.URL, "all_proxy="+proxy.URL, "no_proxy=",
		"PLAYER_TEST_MEDIA="+server(t).URL+secret+long.name)
	if out, err := cmd.CombinedOutput(); err != nil || bytes.Contains(out, []byte("no tests to run")) {
		t.Errorf("%v\n%s", err, out)
	}
	if _, err := os.Stat(mark); err == nil {
		t.Error("a script of the user's ran")
	}
	if n := proxied.Load(); n != 0 {
		t.Errorf("%d requests went through a proxy", n)
	}
}

// TestPrograms looks at what another program is called with.
func TestPrograms(t *testing.T) {
	s := Source{Media: "http://127.0.0.1:9000/0123456789abcdef/v.mp4", Sound: "http://127.0.0.1:9000/0123456789abcdef/a.mp4"}
	for _, p := range programs {
		args := p.args(s)
		if args[len(args)-1] != s.Media {
			t.Errorf("%s: got %q last", p.name, args[len(args)-1])
		}
		if p.name == "mpv" && args[len(args)-2] != "--" {
			t.Errorf("%s: options do not end before the address", p.name)
		}
		if p.sounds && !slices.ContainsFunc(args, func(a string) bool { return strings.HasSuffix(a, "="+s.Sound) }) {
			t.Errorf("%s: no sound in %q", p.name, args)
		}
	}
}
