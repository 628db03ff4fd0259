package media_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"vidiverse/instance/fault"
	"vidiverse/instance/media"
)

// Captions, storyboards and copies of torrents are served as what they are, and
// never as a page.
func TestAttributes(t *testing.T) {
	find := func(key string) media.Picture {
		return func(_ context.Context, file string) (string, error) {
			if file == "gone.vtt" || file == "gone.jpg" {
				return "", fault.New(fault.NotFound, "none")
			}
			return key, nil
		}
	}
	h := open(t, func(c *media.Config) {
		c.Caption, c.Storyboard = find("cache/video-captions/a.vtt"), find("cache/storyboards/a.jpg")
		c.Torrent = func(_ context.Context, file string) (string, string, error) {
			if file != "a.torrent" {
				return "", "", fault.New(fault.NotFound, "none")
			}
			return "cache/torrents/a.torrent", "Film-360p.torrent", nil
		}
	})
	for key, body := range map[string]string{"cache/video-captions/a.vtt": "WEBVTT\n", "cache/storyboards/a.jpg": "\xff\xd8\xff", "cache/torrents/a.torrent": "d4:infodee"} {
		if _, err := h.Blob.Put(t.Context(), key, strings.NewReader(body)); err != nil {
			t.Fatal(err)
		}
	}
	for path, kind := range map[string]string{
		"/lazy-static/video-captions/a.vtt": "text/vtt; charset=utf-8", "/lazy-static/storyboards/a.jpg": "image/jpeg",
		"/lazy-static/torrents/a.torrent": "application/x-bittorrent", "/download/torrents/a.torrent": "application/x-bittorrent",
	} {
		res, _ := h.get(t, "GET", path)
		if got := res.Header.Get("Content-Type"); res.StatusCode != http.StatusOK || got != kind || res.Header.Get("X-Content-Type-Options") != "nosniff" ||
			res.Header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s: status %d, %q, %v", path, res.StatusCode, got, res.Header)
		}
		if attached := strings.Contains(res.Header.Get("Content-Disposition"), "Film-360p.torrent"); attached != strings.HasPrefix(path, "/download/") {
			t.Errorf("%s: disposition %q", path, res.Header.Get("Content-Disposition"))
		}
	}
	for _, path := range []string{
		"/lazy-static/video-captions/gone.vtt", "/lazy-static/storyboards/gone.jpg", "/lazy-static/torrents/gone.torrent", "/lazy-static/video-captions/a.html",
		"/lazy-static/video-captions/a.jpg", "/lazy-static/storyboards/a.vtt", "/lazy-static/storyboards/a.svg", "/lazy-static/video-captions/..%2fa.vtt",
	} {
		if res, _ := h.get(t, "GET", path); res.StatusCode != http.StatusNotFound {
			t.Errorf("%s: status %d, want 404", path, res.StatusCode)
		}
	}
}
