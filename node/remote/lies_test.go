package remote_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"vidiverse/instance/hls"
	"vidiverse/node/remote"
	"vidiverse/node/remote/remotetest"
)

// playlist is the HLS part of a REST answer.
func playlist(detail map[string]any) map[string]any {
	return detail["streamingPlaylists"].([]any)[0].(map[string]any)
}

func firstFile(detail map[string]any) map[string]any {
	return playlist(detail)["files"].([]any)[0].(map[string]any)
}

func link(object map[string]any, kind string) map[string]any {
	for _, l := range object["url"].([]any) {
		if l := l.(map[string]any); l["mediaType"] == kind {
			return l
		}
	}
	return nil
}

// A server that contradicts itself, or leads where it may not, is refused with
// a reason, and nothing of its answer is used.
func TestLies(t *testing.T) {
	t.Parallel()
	s := remotetest.Stock(t, remotetest.Media{})
	other := remotetest.Stock(t, remotetest.Media{})
	v := s.Videos()[0]
	media := v.Renditions()[0]
	stranger := other.Videos()[0]
	text := func(b []byte) string { return string(b) }
	for name, lie := range map[string]func(){
		"another video": func() { v.EditDetail(func(d map[string]any) { d["uuid"] = stranger.UUID }) },
		"another home":  func() { v.EditDetail(func(d map[string]any) { d["url"] = other.URL + "/videos/watch/" + v.UUID }) },
		"a master of a neighbour": func() {
			v.EditDetail(func(d map[string]any) { playlist(d)["playlistUrl"] = strings.Replace(v0(s), s.URL, other.URL, 1) })
		},
		"a master on this computer": func() {
			v.EditDetail(func(d map[string]any) { playlist(d)["playlistUrl"] = "https://127.0.0.1:1/x-master.m3u8" })
		},
		"a master of the cloud": func() {
			v.EditDetail(func(d map[string]any) { playlist(d)["playlistUrl"] = "https://169.254.169.254/x-master.m3u8" })
		},
		"a master that is a file": func() {
			v.EditDetail(func(d map[string]any) { playlist(d)["playlistUrl"] = "file:///etc/x-master.m3u8" })
		},
		"a master with a query": func() {
			v.EditDetail(func(d map[string]any) { p := playlist(d); p["playlistUrl"] = p["playlistUrl"].(string) + "?x=1" })
		},
		"digests of a neighbour": func() {
			v.EditDetail(func(d map[string]any) { playlist(d)["segmentsSha256Url"] = other.URL + "/digests.json" })
		},
		"a size that is too small": func() { v.EditDetail(func(d map[string]any) { firstFile(d)["size"] = 1000 }) },
		"a size below zero":        func() { v.EditDetail(func(d map[string]any) { firstFile(d)["size"] = -1 }) },
		"a size that is too large": func() {
			v.EditDetail(func(d map[string]any) { firstFile(d)["size"] = 1 << 40 })
		},
		"files of another video": func() {
			v.EditDetail(func(d map[string]any) { firstFile(d)["fileUrl"] = s.URL + "/static/x.mp4" })
		},
		"an object of another video": func() { v.EditObject(func(o map[string]any) { o["id"] = s.URL + "/videos/watch/" + stranger.UUID }) },
		"an object of another master": func() {
			v.EditObject(func(o map[string]any) { link(o, "application/x-mpegURL")["href"] = stranger.UUID })
		},
		"a million segments": func() {
			v.SetFile(media.Playlist, []byte("#EXTM3U\n"+strings.Repeat("#EXTINF:1,\n#EXT-X-BYTERANGE:1@1\nx\n", 30_000)))
		},
		"an endless playlist": func() { v.SetFile(media.Playlist, bytes.Repeat([]byte("#\n"), 1<<20)) },
		"a master in a master": func() {
			v.SetFile(media.Playlist, v.File(v.MasterName()))
		},
		"segments elsewhere": func() {
			v.SetFile(media.Playlist, []byte(strings.ReplaceAll(text(media.Media.Bytes()), media.Name, "https://elsewhere.example/x.mp4")))
		},
		"a path": func() {
			v.SetFile(media.Playlist, []byte(strings.ReplaceAll(text(media.Media.Bytes()), media.Name, "../"+media.Name)))
		},
		"segments that overlap": func() {
			m := media.Media
			m.Segments = append([]hls.Segment{m.Segments[0]}, m.Segments...)
			v.SetFile(media.Playlist, m.Bytes())
		},
		"a header that is a film": func() {
			m := media.Media
			m.Init.Length, m.Segments = 2<<20, []hls.Segment{{Range: hls.Range{Offset: 2 << 20, Length: 10}}}
			huge(s, v, media.Playlist, m)
		},
		"a segment that is a film": func() {
			m := media.Media
			m.Segments = []hls.Segment{{Range: hls.Range{Offset: m.Init.End(), Length: 100 << 20}}}
			huge(s, v, media.Playlist, m)
		},
		"variants elsewhere": func() {
			v.SetFile(v.MasterName(), []byte(strings.ReplaceAll(text(v.File(v.MasterName())), media.Playlist, "//127.0.0.1/x.m3u8")))
		},
		"digests of another file": func() {
			v.SetFile(v.DigestsName(), []byte(fmt.Sprintf(`{%q:{"7-9":"%064d"}}`, media.Name, 0)))
		},
		"digests that are none": func() { v.SetFile(v.DigestsName(), []byte(`{"x":{"0-1":"beef"}}`)) },
		"digests as in a live":  func() { v.SetFile(v.DigestsName(), []byte(`{"0-000001.ts":"abc"}`)) },
		"a redirect to a cellar": func() {
			s.Intercept(func(w http.ResponseWriter, r *http.Request) bool {
				if strings.HasSuffix(r.URL.Path, "-master.m3u8") {
					http.Redirect(w, r, other.URL+r.URL.Path, http.StatusFound)
					return true
				}
				return false
			})
		},
		"a redirect in circles": func() {
			s.Intercept(func(w http.ResponseWriter, r *http.Request) bool {
				if strings.HasSuffix(r.URL.Path, "-master.m3u8") {
					http.Redirect(w, r, r.URL.Path, http.StatusFound)
					return true
				}
				return false
			})
		},
	} {
		master, digests, list := v.File(v.MasterName()), v.File(v.DigestsName()), v.File(media.Playlist)
		c := ask(t, s) // only this one was typed
		video, err := c.Video(t.Context(), s.URL, v.UUID)
		if err != nil {
			t.Fatal(err)
		}
		lie()
		f, err := c.Film(t.Context(), video)
		if !errors.Is(err, remote.ErrRefused) || f.Master != "" || len(f.Renditions) > 0 {
			t.Errorf("%s: got %v, want ErrRefused", name, err)
		}
		v.EditDetail(nil)
		v.EditObject(nil)
		s.Intercept(nil)
		v.SetFile(v.MasterName(), master)
		v.SetFile(v.DigestsName(), digests)
		v.SetFile(media.Playlist, list)
		if _, err := c.Film(t.Context(), video); err != nil {
			t.Fatalf("%s: afterwards: %v", name, err)
		}
	}
	if n := other.Count("/"); n > 0 {
		t.Errorf("the neighbour got %d requests", n)
	}
}

func v0(s *remotetest.Server) string { return s.URL + "/static/x-master.m3u8" }

// huge has the video's files be of a gigabyte, with m as one of their
// playlists, and nothing else wrong.
func huge(s *remotetest.Server, v *remotetest.Video, name string, m hls.Media) {
	v.SetFile(name, m.Bytes())
	v.SetFile(v.DigestsName(), []byte("{}"))
	v.EditDetail(func(d map[string]any) {
		for _, f := range playlist(d)["files"].([]any) {
			f.(map[string]any)["size"] = 1 << 30
		}
	})
	s.Intercept(func(w http.ResponseWriter, r *http.Request) bool {
		var from, to int
		if _, err := fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-%d", &from, &to); err != nil {
			return false
		}
		w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, to, 1<<30))
		w.WriteHeader(http.StatusPartialContent)
		_, _ = w.Write(make([]byte, to-from+1)) // the client may hang up
		return true
	})
}

// A film must not bring us among the viewers of another server's video: there
// its own server's word on digests is worth nothing.
func TestForeignTrackersAreLeftAlone(t *testing.T) {
	t.Parallel()
	s := remotetest.Stock(t, remotetest.Media{})
	v := s.Videos()[0]
	v.EditObject(func(o map[string]any) {
		for _, href := range []string{"wss://victim.example/tracker/socket", "ws://localhost:1/x", "ws://127.0.0.1:1/x", "ws://" + s.Host() + "/second", "http://x", "wss://"} {
			o["url"] = append(o["url"].([]any), map[string]any{"type": "Link", "rel": []any{"tracker", "websocket"}, "href": href})
		}
	})
	f, err := film(t, ask(t, s), s, v)
	if err != nil || len(f.Trackers) != 2 || f.Trackers[1] != "ws://"+s.Host()+"/second" {
		t.Errorf("got %q %v", f.Trackers, err)
	}
	v.EditObject(func(o map[string]any) { o["url"] = []any{link(o, "application/x-mpegURL")} })
	f, err = film(t, ask(t, s), s, v)
	if err != nil || len(f.Trackers) != 1 || f.Trackers[0] != "ws://"+s.Host()+"/tracker/socket" {
		t.Errorf("without any: got %q %v, want PeerTube's usual place", f.Trackers, err)
	}
}

// Only what the user typed may be on this computer; what a server names may not.
func TestStrangersDoNotLeadInside(t *testing.T) {
	t.Parallel()
	s := remotetest.Stock(t, remotetest.Media{})
	v := s.Videos()[0]
	c := ask(t)
	for name, do := range map[string]func() error{
		"instance": func() error { _, err := c.Instance(t.Context(), s.URL); return err },
		"list":     func() error { _, err := c.Videos(t.Context(), s.URL, remote.Query{}); return err },
		"video":    func() error { _, err := c.Video(t.Context(), s.URL, v.UUID); return err },
		"film": func() error {
			_, err := c.Film(t.Context(), remote.Video{Origin: "https://peertube.example", Home: s.URL, UUID: v.UUID})
			return err
		},
		"picture": func() error {
			_, err := c.Picture(t.Context(), "https://peertube.example", s.URL+"/lazy-static/a.jpg")
			return err
		},
		"dial": func() error {
			conn, err := c.Dial(s.URL)(t.Context(), "tcp", s.Host())
			if err == nil {
				conn.Close()
				return nil
			}
			return fmt.Errorf("%w: %w", remote.ErrRefused, err)
		},
	} {
		if err := do(); !errors.Is(err, remote.ErrRefused) {
			t.Errorf("%s: got %v, want ErrRefused", name, err)
		}
	}
	if n := s.Count("/"); n > 0 {
		t.Errorf("%d requests came through", n)
	}
	c.Trust(s.URL)
	conn, err := c.Dial(s.URL)(t.Context(), "tcp", s.Host())
	if err != nil {
		t.Fatalf("typed: %v", err)
	}
	conn.Close()
	other := remotetest.Stock(t)
	if conn, err := c.Dial(s.URL)(t.Context(), "tcp", other.Host()); err == nil {
		conn.Close()
		t.Error("the neighbour of a typed address was reached")
	}
	if _, err := c.Picture(t.Context(), s.URL, other.URL+"/lazy-static/a.jpg"); !errors.Is(err, remote.ErrRefused) {
		t.Errorf("a picture at the neighbour's: got %v", err)
	}
}

// A copy's bytes are asked for by the same rules.
func TestMirrors(t *testing.T) {
	t.Parallel()
	s := remotetest.Stock(t, remotetest.Media{})
	v := s.Videos()[0]
	v.EditDetail(func(d map[string]any) {
		playlist(d)["redundancies"] = []any{
			map[string]any{"baseUrl": "https://mirror.example/static/redundancy/hls/" + v.UUID + "/"}, map[string]any{"baseUrl": "http://127.0.0.1/x"}, map[string]any{"baseUrl": 7},
		}
	})
	c := ask(t, s)
	f, err := film(t, c, s, v)
	if want := "https://mirror.example/static/redundancy/hls/" + v.UUID; err != nil || len(f.Mirrors) != 1 || f.Mirrors[0] != want {
		t.Errorf("got %q %v, want %q", f.Mirrors, err, want)
	}
	b, err := c.Mirror(&f, 0, s.URL+"/static/streaming-playlists/hls/"+v.UUID).Fetch(t.Context(), 1)
	if err != nil || f.Renditions[0].Extents[1].Check(b) != nil {
		t.Errorf("a copy at a typed address: %v", err)
	}
	if _, err := c.Mirror(&f, 0, "https://127.0.0.1:1/x").Fetch(t.Context(), 0); !errors.Is(err, remote.ErrRefused) {
		t.Errorf("a copy on this computer: got %v", err)
	}
}
