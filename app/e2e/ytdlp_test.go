package e2e

import (
	"encoding/json"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// famous is a host that yt-dlp knows to be a PeerTube: it lists channels of
// such hosts only. strange is one that it must find out about.
const (
	famous  = "peertube.cpy.re"
	strange = "video.one.test"
)

// TestDownloader: yt-dlp, as thousands of scripts use it, lists a channel and
// downloads its videos, by the extractor's own scheme, by a famous instance's
// page and by a page it has never heard of.
func TestDownloader(t *testing.T) {
	t.Parallel()
	s := newServer(t, gentle, "https://"+famous)
	s.start()
	root := s.signIn()
	film := load(t, clip)
	first, second := root.upload("first.mp4", film, nil), root.upload("second.mp4", film, map[string]string{"language": "en", "tags[0]": "walk"})
	v := root.settle(first)
	root.settle(second)
	network := loopback(t, s.addr)

	var list struct {
		Title   string
		Entries []struct{ ID, Title string }
	}
	ask(t, network, &list, "--flat-playlist", "https://"+famous+"/c/root_channel/videos")
	titles := []string{}
	for _, e := range list.Entries {
		titles = append(titles, e.Title)
	}
	if slices.Sort(titles); !slices.Equal(titles, []string{"first", "second"}) {
		t.Errorf("yt-dlp lists %q, want both videos of the channel", titles)
	}
	ask(t, network, &list, "--flat-playlist", "https://"+famous+"/a/root/videos")
	if len(list.Entries) != 2 {
		t.Errorf("yt-dlp lists %d videos of the account, want 2", len(list.Entries))
	}
	var told struct {
		ID, Title, Uploader, Channel, Language, Thumbnail string
		Duration                                          int
		Tags                                              []string
		Extractor                                         string
	}
	ask(t, network, &told, "https://"+strange+"/w/"+second)
	if told.Extractor != "PeerTube" {
		t.Errorf("yt-dlp takes a page of ours for one of %q", told.Extractor)
	}
	ask(t, network, &told, "peertube:"+strange+":"+second)
	if told.Title != "second" || told.Duration != clipSeconds || told.Channel == "" || told.Uploader == "" || told.Language != "en" || !slices.Equal(told.Tags, []string{"walk"}) {
		t.Errorf("yt-dlp is told %+v", told)
	}
	for name, place := range map[string]string{
		"scheme":  "peertube:" + famous + ":" + first,
		"famous":  "https://" + famous + "/w/" + v.ShortUUID,
		"strange": "https://" + strange + "/w/" + first,
		"channel": "https://" + famous + "/c/root_channel/videos",
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			ytdlp(t, network, "-P", folder, "-o", "%(title)s.%(ext)s", "-q", place)
			files, err := filepath.Glob(filepath.Join(folder, "*.mp4"))
			if want := 1 + strings.Count(name, "channel"); err != nil || len(files) != want {
				t.Fatalf("got files %q, want %d", files, want)
			}
			for _, file := range files {
				p := probeOf(t, file)
				slices.Sort(p.kinds)
				if math.Abs(p.seconds-clipSeconds) > 0.2 || !slices.Equal(p.kinds, []string{"audio", "video"}) {
					t.Errorf("%s: got %+v, want picture and sound of %d s", filepath.Base(file), p, clipSeconds)
				}
			}
		})
	}
}

// ask decodes the description that yt-dlp makes of a place.
func ask(t *testing.T, network string, into any, args ...string) {
	t.Helper()
	out := ytdlp(t, network, append([]string{"-J"}, args...)...)
	if err := json.Unmarshal(out, into); err != nil {
		t.Fatalf("yt-dlp says %q: %v", out, err)
	}
}

func ytdlp(t *testing.T, network string, args ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "yt-dlp", append([]string{"--ignore-config", "--no-cache-dir", "--no-check-certificates", "--proxy", network}, args...)...)
	cmd.WaitDelay = 5 * time.Second
	var complaints strings.Builder
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("yt-dlp %v: %v\n%s", args, err, &complaints)
	}
	return out
}

// loopback is a proxy in whose world every host's port 443 is a TLS server
// before the one at addr, and nothing else exists. The extractor insists on
// https without a port; this gives it one without the right to take port 443.
func loopback(t *testing.T, addr string) string {
	t.Helper()
	to := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: addr})
	tls := httptest.NewTLSServer(to)
	t.Cleanup(tls.Close)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect || r.URL.Port() != "443" {
			http.Error(w, "there is no such server", http.StatusBadGateway)
			return
		}
		far, err := net.Dial("tcp", tls.Listener.Addr().String())
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		defer far.Close()
		near, ahead, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer near.Close()
		if _, err := io.WriteString(near, "HTTP/1.1 200 OK\r\n\r\n"); err != nil {
			return
		}
		join(near, ahead, far)
	}))
	t.Cleanup(proxy.Close)
	return proxy.URL
}

// join passes bytes both ways until both sides have ended.
func join(near net.Conn, ahead io.Reader, far net.Conn) {
	var both sync.WaitGroup
	both.Go(func() {
		_, _ = io.Copy(far, ahead) // either end may hang up
		_ = far.(*net.TCPConn).CloseWrite()
	})
	both.Go(func() {
		_, _ = io.Copy(near, far)
		_ = near.(*net.TCPConn).CloseWrite()
	})
	both.Wait()
}
