package remotetest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.requests = append(s.requests, r.URL.RequestURI())
	dead, intercept := s.dead, s.intercept
	s.mu.Unlock()
	if dead {
		panic(http.ErrAbortHandler) // cuts the connection
	}
	if intercept != nil && intercept(w, r) {
		return
	}
	w.Header().Set("Access-Control-Allow-Origin", "*")
	p := r.URL.Path
	id, sub, _ := strings.Cut(strings.TrimPrefix(p, "/api/v1/videos/"), "/")
	switch {
	case p == "/api/v1/config":
		s.json(w, r, http.StatusOK, s.template("config.json", nil))
	case p == "/api/v1/videos" || p == "/api/v1/search/videos":
		s.list(w, r)
	case strings.HasPrefix(p, "/api/v1/videos/"):
		s.video(w, r, id, sub)
	case strings.HasPrefix(p, "/videos/watch/") || strings.HasPrefix(p, "/w/"):
		s.page(w, r, path.Base(p))
	case strings.HasPrefix(p, "/static/streaming-playlists/hls/"):
		s.file(w, r)
	case strings.HasPrefix(p, "/lazy-static/torrents/"):
		s.torrentFile(w, r)
	case strings.HasPrefix(p, "/lazy-static/"):
		s.picture(w, r)
	case strings.HasPrefix(p, "/tracker/"):
		s.Tracker.ServeHTTP(w, r)
	default:
		s.json(w, r, http.StatusNotFound, s.template("gone.json", nil))
	}
}

func (s *Server) json(w http.ResponseWriter, r *http.Request, status int, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		s.t.Error(err)
	}
	etag := fmt.Sprintf(`W/"%x-%x"`, len(b), crc32.ChecksumIEEE(b))
	w.Header().Set("ETag", etag)
	if status == http.StatusOK && r.Header.Get("If-None-Match") == etag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b) // the client may have gone
}

// list answers newest first, like PeerTube by default.
func (s *Server) list(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	start, _ := strconv.Atoi(q.Get("start"))
	count, err := strconv.Atoi(q.Get("count"))
	if err != nil {
		count = 15
	}
	all := s.Videos()
	slices.Reverse(all)
	s.mu.Lock()
	found := []any{}
	for i, v := range all {
		text := strings.Contains(strings.ToLower(v.title), strings.ToLower(q.Get("search")))
		if v.privacy == Public && !v.deleted && text {
			found = append(found, v.listed(len(all)-i))
		}
	}
	s.mu.Unlock()
	total := len(found)
	found = found[min(start, total):]
	s.json(w, r, http.StatusOK, map[string]any{"total": total, "data": found[:min(count, len(found))]})
}

func (s *Server) video(w http.ResponseWriter, r *http.Request, id, sub string) {
	v := s.find(id)
	switch {
	case v == nil || s.state(v) == http.StatusNotFound:
		s.json(w, r, http.StatusNotFound, s.template("gone.json", nil))
	case s.state(v) != http.StatusOK:
		s.json(w, r, s.state(v), s.template("closed.json", nil))
	case sub == "":
		s.mu.Lock()
		m := v.detailed(1 + slices.Index(s.videos, v))
		s.mu.Unlock()
		s.json(w, r, http.StatusOK, m)
	case sub == "captions":
		s.json(w, r, http.StatusOK, s.template("captions.json", v))
	default:
		s.json(w, r, http.StatusNotFound, s.template("gone.json", nil))
	}
}

// state is the status of a video for a stranger.
func (s *Server) state(v *Video) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case v.deleted:
		return http.StatusNotFound
	case !v.open():
		return http.StatusUnauthorized
	}
	return http.StatusOK
}

// page is the object for other servers, and HTML for browsers.
func (s *Server) page(w http.ResponseWriter, r *http.Request, id string) {
	v := s.find(id)
	if !strings.Contains(r.Header.Get("Accept"), "application/activity+json") {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, "<!doctype html><title>PeerTube</title>")
		return
	}
	if v == nil || s.state(v) != http.StatusOK {
		s.json(w, r, http.StatusNotFound, s.template("gone.json", nil))
		return
	}
	s.mu.Lock()
	m := v.federated()
	s.mu.Unlock()
	s.json(w, r, http.StatusOK, m)
}

// file is one of the HLS folder of an open video. A closed one's lie elsewhere.
func (s *Server) file(w http.ResponseWriter, r *http.Request) {
	dir, name := path.Split(r.URL.Path)
	v := s.find(path.Base(dir))
	if v == nil || s.state(v) != http.StatusOK {
		s.json(w, r, http.StatusNotFound, s.template("gone.json", nil))
		return
	}
	s.mu.Lock()
	content, ok := v.files[name]
	delay := s.delay
	s.mu.Unlock()
	if !ok {
		s.json(w, r, http.StatusNotFound, s.template("gone.json", nil))
		return
	}
	w.Header().Set("Content-Type", map[string]string{
		".m3u8": "application/vnd.apple.mpegurl", ".mp4": "video/mp4", ".ts": "video/mp2t", ".json": "application/json",
	}[path.Ext(name)])
	if path.Ext(name) != ".mp4" {
		http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(content))
		return
	}
	if delay > 0 {
		t := time.NewTimer(delay)
		defer t.Stop()
		select {
		case <-t.C:
		case <-r.Context().Done():
			return
		}
	}
	http.ServeContent(&metered{w, s}, r, name, time.Time{}, bytes.NewReader(content))
}

// metered counts the bytes of media.
type metered struct {
	http.ResponseWriter
	s *Server
}

func (m *metered) Write(p []byte) (int, error) {
	n, err := m.ResponseWriter.Write(p)
	m.s.mu.Lock()
	defer m.s.mu.Unlock()
	m.s.sent += int64(n)
	return n, err
}

// picture is a real image whose colour follows its name, or a caption.
func (s *Server) picture(w http.ResponseWriter, r *http.Request) {
	sum := crc32.ChecksumIEEE([]byte(r.URL.Path))
	img := image.NewUniform(color.RGBA{byte(sum), byte(sum >> 8), byte(sum >> 16), 255})
	flat := &cropped{img, image.Rect(0, 0, 32, 18)}
	var err error
	switch path.Ext(r.URL.Path) {
	case ".jpg":
		w.Header().Set("Content-Type", "image/jpeg")
		err = jpeg.Encode(w, flat, nil)
	case ".png":
		w.Header().Set("Content-Type", "image/png")
		err = png.Encode(w, flat)
	case ".vtt":
		w.Header().Set("Content-Type", "text/vtt")
		fmt.Fprint(w, "WEBVTT\n\n00:00.000 --> 00:01.000\nHello\n")
	default:
		http.NotFound(w, r)
	}
	_ = err // the client may have gone
}

type cropped struct {
	image.Image
	bounds image.Rectangle
}

// Bounds implements image.Image.
func (c *cropped) Bounds() image.Rectangle { return c.bounds }
