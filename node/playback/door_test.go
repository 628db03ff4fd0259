package playback_test

import (
	"errors"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"vidiverse/node/remote/remotetest"
)

// TestWebPagesGetNothing: what a page in a browser can send is refused, though it
// knew the secret address: requests from elsewhere, forms, and a name of its own
// that leads to this computer (DNS rebinding).
func TestWebPagesGetNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, remotetest.Media{})
	s := w.open(0)
	head := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	at, err := url.Parse(s.Media)
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		change func(*http.Request)
		want   int
	}{
		"the player":           {func(*http.Request) {}, 200},
		"a user's browser":     {head("Sec-Fetch-Site", "none"), 200},
		"another page":         {head("Sec-Fetch-Site", "cross-site"), 403},
		"a page on this host":  {head("Sec-Fetch-Site", "same-site"), 403},
		"fetch from a page":    {head("Origin", "https://evil.example"), 403},
		"a sandboxed page":     {head("Origin", "null"), 403},
		"rebound name":         {func(r *http.Request) { r.Host = "evil.example:" + at.Port() }, 403},
		"localhost":            {func(r *http.Request) { r.Host = "localhost:" + at.Port() }, 403},
		"another port":         {func(r *http.Request) { r.Host = "127.0.0.1:80" }, 403},
		"no port":              {func(r *http.Request) { r.Host = "127.0.0.1" }, 403},
		"a form":               {func(r *http.Request) { r.Method = http.MethodPost }, 405},
		"preflight":            {func(r *http.Request) { r.Method = http.MethodOptions }, 405},
		"preflight of a page":  {func(r *http.Request) { r.Method = http.MethodOptions; r.Header.Set("Origin", "https://evil.example") }, 403},
		"removal":              {func(r *http.Request) { r.Method = http.MethodDelete }, 405},
		"an address for files": {func(r *http.Request) { r.URL.Path = "/../../etc/passwd" }, 404},
	} {
		res, _, err := w.get(s.Media, test.change)
		if err != nil || res.StatusCode != test.want {
			t.Errorf("%s: got %v, %v, want %d", name, res, err, test.want)
			continue
		}
		for h := range res.Header {
			if strings.HasPrefix(h, "Access-Control-") {
				t.Errorf("%s: got header %s", name, h)
			}
		}
		if res.Header.Get("Cross-Origin-Resource-Policy") != "same-origin" || res.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: got %v", name, res.Header)
		}
	}
}

// TestSecrets: both secrets of an address are needed, and are long enough that
// nobody guesses them.
func TestSecrets(t *testing.T) {
	t.Parallel()
	w := newWorld(t, remotetest.Media{})
	s, other := w.open(0), w.open(0)
	at, err := url.Parse(s.Media)
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(at.Path, "/")
	if len(parts) != 5 || len(parts[1])*5 < 128 || len(parts[2])*5 < 128 || parts[1] == parts[2] { // base32: 5 bits a letter
		t.Fatalf("got path %q", at.Path)
	}
	if s.Media == other.Media {
		t.Error("two sessions have one address")
	}
	wrong := strings.Repeat("A", len(parts[1]))
	for _, path := range []string{
		"/", "/" + parts[1], "/" + parts[1] + "/" + parts[2], "/" + wrong + "/" + parts[2] + "/1/video.mp4", "/" + parts[1] + "/" + wrong + "/1/video.mp4",
		"//" + parts[2] + "/1/video.mp4", "/" + parts[1] + "//1/video.mp4", at.Path + "/", at.Path + "x", "/" + parts[1] + "/" + parts[2] + "/2/video.mp4",
		"/" + parts[1] + "/" + parts[2] + "/captions/99.vtt", "/" + parts[1] + "/" + parts[2] + "/live/live.m3u8",
	} {
		res, _, err := w.get("http://" + at.Host + path)
		if err != nil || res.StatusCode != 404 {
			t.Errorf("%s: got %v, %v, want 404", path, res, err)
		}
	}
}

// TestLoopbackOnly: the listener is not reachable from the network.
func TestLoopbackOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t, remotetest.Media{})
	at, err := url.Parse(w.open(0).Media)
	if err != nil {
		t.Fatal(err)
	}
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range addresses {
		n, ok := a.(*net.IPNet)
		if !ok || n.IP.IsLoopback() || n.IP.IsLinkLocalUnicast() {
			continue
		}
		if c, err := net.DialTimeout("tcp", net.JoinHostPort(n.IP.String(), at.Port()), time.Second); err == nil {
			c.Close()
			t.Errorf("%s answers", n.IP)
		}
	}
}

// TestCrowdAtTheDoor: connections that say nothing do not add up.
func TestCrowdAtTheDoor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, remotetest.Media{})
	s := w.open(0)
	at, err := url.Parse(s.Media)
	if err != nil {
		t.Fatal(err)
	}
	for range 200 {
		c, err := net.Dial("tcp", at.Host)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
	}
	last, err := net.Dial("tcp", at.Host)
	if err != nil {
		t.Fatal(err)
	}
	defer last.Close()
	_ = last.SetReadDeadline(time.Now().Add(5 * time.Second)) // less than a silent one is borne
	if _, err := last.Read(make([]byte, 1)); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("everybody was let in")
	}
}
