package media_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"vidiverse/instance/job"
	"vidiverse/instance/user"
	"vidiverse/instance/video"
	"vidiverse/p2p/metainfo"
)

// settle runs the jobs until none is left.
func (h *house) settle(t *testing.T) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- h.Jobs.Serve(ctx) }()
	defer func() {
		stop()
		if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for limit := time.After(time.Minute); ; {
		_, n, err := h.Jobs.List(t.Context(), job.Filter{States: []job.State{job.Waiting, job.Active, job.Delayed}})
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			return
		}
		select {
		case <-tick.C:
		case <-limit:
			t.Fatal("jobs do not end")
		}
	}
}

// torrents are both addresses of each torrent of a video.
func (h *house) torrents(t *testing.T, f film) (paths []string) {
	t.Helper()
	v, err := h.Videos.Get(t.Context(), user.Caller{UserID: 1, Role: user.Administrator}, video.Ref(f.uuid), video.Credentials{})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range append(v.WebVideos, v.Playlist.Renditions...) {
		if r.Torrent.Name == "" {
			t.Fatalf("%s has no torrent", r.File)
		}
		paths = append(paths, "/lazy-static/torrents/"+r.Torrent.Name, "/download/torrents/"+r.Torrent.Name)
	}
	return paths
}

// A torrent comes as PeerTube sends it, to keep under the video's name.
func TestTorrents(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	f := h.film(t, video.Public, "")
	h.settle(t)
	for _, path := range h.torrents(t, f) {
		res, body := h.get(t, "GET", path)
		tor, err := metainfo.Read(body)
		if res.StatusCode != 200 || err != nil || tor.Length != int64(len(f.bytes)) {
			t.Fatalf("%s: got %d, %+v, %v", path, res.StatusCode, tor, err)
		}
		if got := res.Header.Get("Content-Type"); got != "application/x-bittorrent" {
			t.Errorf("%s: got Content-Type %q", path, got)
		}
		if got := res.Header.Get("Cache-Control"); got != "public, max-age=31536000" {
			t.Errorf("%s: got Cache-Control %q", path, got)
		}
		want := ""
		if strings.HasPrefix(path, "/download/") {
			want = `attachment; filename="_n_ted _film_ _ 1-180p.torrent"; filename*=UTF-8''%C3%9Cn%C3%AFted%20_film_%20_%201-180p.torrent`
		}
		if got := res.Header.Get("Content-Disposition"); got != want {
			t.Errorf("%s: got %s, want %s", path, got, want)
		}
		again, _ := h.get(t, "GET", path, "If-None-Match", res.Header.Get("ETag"))
		if again.StatusCode != http.StatusNotModified {
			t.Errorf("%s: unchanged: got %d", path, again.StatusCode)
		}
		if res, _ := h.get(t, "GET", path+"x"); res.StatusCode != 404 {
			t.Errorf("%sx: got %d", path, res.StatusCode)
		}
	}
}
