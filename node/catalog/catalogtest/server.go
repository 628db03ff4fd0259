// Package catalogtest is a small PeerTube on loopback for tests of what follows
// one: lists, videos, playlists, digests and ranges of media, all computed from
// a few words about each video, so that there may be thousands.
package catalogtest

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"vidiverse/instance/hls"
	"vidiverse/instance/rest"
)

// Video is what the server has. Zero Privacy is public.
type Video struct {
	UUID      string
	Title     string
	Published time.Time
	Updated   time.Time
	Views     int64
	Privacy   int
	Sensitive bool
	Live      bool
	Status    int    // if not 0, its page answers so
	Version   int    // of its files: another one has other names and bytes
	Sums      int    // of its digests alone: the same name, other bytes
	Spoiled   bool   // its media are not what the digests say
	Segments  int    // of each of its three files; 0 is 2
	Bytes     int    // of a segment; 0 is 1,000
	Search    string // what finds it
}

// Server answers at URL. Counters are of requests.
type Server struct {
	URL string

	mu      sync.Mutex
	server  *httptest.Server
	videos  []*Video
	status  int
	sold    bool
	lists   int
	details map[string]int
	ranges  map[string]int // by URL path and Range
	sent    int64
	hold    chan struct{}
}

// New starts a server that ends with the test.
func New(t testing.TB) *Server {
	s := &Server{details: map[string]int{}, ranges: map[string]int{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v1/config", s.config)
	mux.HandleFunc("GET /api/v1/videos", s.list)
	mux.HandleFunc("GET /api/v1/search/videos", s.list)
	mux.HandleFunc("GET /api/v1/videos/{id}", s.video)
	mux.HandleFunc("GET /api/v1/videos/{id}/captions", func(w http.ResponseWriter, r *http.Request) { answer(w, rest.Page[int]{Data: []int{}}) })
	mux.HandleFunc("GET /files/{id}/{name}", s.file)
	s.server = httptest.NewServer(s.gate(mux))
	s.URL = s.server.URL
	t.Cleanup(s.server.Close)
	return s
}

// Close kills the server: nothing answers at its address from now on.
func (s *Server) Close() { s.server.CloseClientConnections(); s.server.Close() }

// Refuse makes every request fail with a status; 0 ends that.
func (s *Server) Refuse(status int) { s.locked(func() { s.status = status }) }

// Sell turns the server into the page of a dealer in domains.
func (s *Server) Sell(sold bool) { s.locked(func() { s.sold = sold }) }

// Hold lets no media through until the returned function is called.
func (s *Server) Hold() (release func()) {
	held := make(chan struct{})
	s.locked(func() { s.hold = held })
	return sync.OnceFunc(func() {
		s.locked(func() { s.hold = nil })
		close(held)
	})
}

func (s *Server) locked(fn func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fn()
}

// Lists is how many pages of lists were asked for.
func (s *Server) Lists() (n int) { s.locked(func() { n = s.lists }); return n }

// Details is how often a video was asked for by id.
func (s *Server) Details(id string) (n int) { s.locked(func() { n = s.details[id] }); return n }

// Sent is how many bytes of segments were sent.
func (s *Server) Sent() (n int64) { s.locked(func() { n = s.sent }); return n }

// Twice lists the segments that were asked for more than once.
func (s *Server) Twice() (all []string) {
	s.locked(func() {
		for what, n := range s.ranges {
			if n > 1 {
				all = append(all, what)
			}
		}
	})
	return all
}

// Day is when the first video was published; each later one came an hour later.
var Day = time.Date(2026, 10, 1, 12, 0, 0, 0, time.UTC)

// Add publishes n videos after those that are there, and returns their UUIDs,
// the oldest first. Change, which may be nil, is applied to each.
func (s *Server) Add(n int, change func(*Video)) (ids []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for range n {
		i := len(s.videos) + 1
		v := &Video{UUID: fmt.Sprintf("c0ffee00-0000-4000-8000-%012x", i), Title: fmt.Sprint("Film ", i), Published: Day.Add(time.Duration(i) * time.Hour)}
		v.Updated = v.Published
		if change != nil {
			change(v)
		}
		s.videos = append(s.videos, v)
		ids = append(ids, v.UUID)
	}
	return ids
}

// Edit changes a video, which becomes updated a minute later than it was.
func (s *Server) Edit(id string, change func(*Video)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, v := range s.videos {
		if v.UUID == id {
			v.Updated = v.Updated.Add(time.Minute)
			change(v)
		}
	}
}

func (s *Server) find(id string) (Video, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, v := range s.videos {
		if v.UUID == id {
			return *v, true
		}
	}
	return Video{}, false
}

func (s *Server) gate(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		status, sold := s.status, s.sold
		s.mu.Unlock()
		switch {
		case sold && r.URL.Path == "/api/v1/config":
			fmt.Fprint(w, "<html>Buy this name!</html>")
		case sold:
			http.NotFound(w, r)
		case status != 0:
			refuse(w, status)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// refuse answers in PeerTube's words: a page of the same status is some
// proxy's.
func refuse(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Type", "application/problem+json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"type": "about:blank", "status": status}) // who asked may have gone
}

func answer(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(value) // who asked may have gone
}

func (s *Server) config(w http.ResponseWriter, _ *http.Request) {
	answer(w, map[string]any{"serverVersion": "8.2.0", "instance": map[string]any{"name": "Mare", "shortDescription": "Of the sea"},
		"webrtc": map[string]any{"stunServers": []string{"stun:stun.example"}}})
}

func (s *Server) list(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	start, _ := strconv.Atoi(q.Get("start"))
	count, _ := strconv.Atoi(q.Get("count"))
	s.mu.Lock()
	s.lists++
	var all []Video
	for _, v := range s.videos {
		if v.Privacy <= 1 && v.Status == 0 && (q.Get("search") == "" || v.Search == q.Get("search")) {
			all = append(all, *v)
		}
	}
	s.mu.Unlock()
	slices.SortFunc(all, func(a, b Video) int {
		if q.Get("sort") == "-views" {
			return cmp.Compare(b.Views, a.Views)
		}
		return b.Published.Compare(a.Published)
	})
	page := rest.Page[rest.Video]{Total: len(all), Data: []rest.Video{}}
	for _, v := range all[min(start, len(all)):min(start+count, len(all))] {
		page.Data = append(page.Data, rest.Video{VideoBase: s.base(v)})
	}
	answer(w, page)
}

func (s *Server) base(v Video) rest.VideoBase {
	return rest.VideoBase{
		UUID: v.UUID, ShortUUID: v.UUID, URL: s.URL + "/videos/watch/" + v.UUID, Name: v.Title, Privacy: rest.Label[int]{ID: max(v.Privacy, 1)},
		NSFW: v.Sensitive, IsLive: v.Live, IsLocal: true, Duration: 8, Views: v.Views,
		CreatedAt: rest.Time(v.Published), UpdatedAt: rest.Time(v.Updated), PublishedAt: rest.Time(v.Published),
	}
}

func (s *Server) video(w http.ResponseWriter, r *http.Request) {
	s.locked(func() { s.details[r.PathValue("id")]++ })
	v, ok := s.find(r.PathValue("id"))
	switch {
	case !ok:
		refuse(w, http.StatusNotFound)
		return
	case v.Status != 0:
		refuse(w, v.Status)
		return
	case v.Privacy > 2 && v.Privacy != 100: // 100: a server that answers, and says that it is private
		refuse(w, http.StatusUnauthorized)
		return
	}
	d := rest.VideoDetails{VideoBase: s.base(v), State: rest.Label[int]{ID: 1}}
	list := rest.StreamingPlaylist{Type: 1, PlaylistURL: s.at(v, "master.m3u8"), SegmentsSHA256URL: s.at(v, "sums.json")}
	for _, name := range names {
		m, data := v.media(name)
		list.Files = append(list.Files, rest.VideoFile{FileURL: s.at(v, m.File), Size: int64(len(data))})
	}
	d.StreamingPlaylists = []rest.StreamingPlaylist{list}
	answer(w, d)
}

func (s *Server) at(v Video, name string) string { return s.URL + "/files/" + v.UUID + "/" + name }

// names of the three renditions: two pictures and their sound.
var names = []string{"240", "480", "sound"}

// media is a file with its playlist.
func (v Video) media(name string) (hls.Media, []byte) {
	count, size := cmp.Or(v.Segments, 2), cmp.Or(v.Bytes, 1000)
	seed := sha256.Sum256(fmt.Append(nil, v.UUID, name, v.Version, v.Sums))
	data := make([]byte, 64+count*size)
	_, _ = rand.NewChaCha8(seed).Read(data) // it never fails
	m := hls.Media{File: fmt.Sprintf("v%d-%s-fragmented.mp4", v.Version, name), Init: hls.Range{Length: 64}}
	for i := range count {
		m.Segments = append(m.Segments, hls.Segment{Range: hls.Range{Offset: int64(64 + i*size), Length: int64(size)}, Duration: 4 * time.Second})
	}
	return m, data
}

func (v Video) master() hls.Master {
	m := hls.Master{Audio: []hls.Track{{Name: "sound", URI: "sound.m3u8"}}}
	for i, height := range []int{240, 480} {
		m.Variants = append(m.Variants, hls.Variant{URI: names[i] + ".m3u8", Resolution: height, Bandwidth: int64(height) * 1000,
			Width: height * 16 / 9, Height: height, FrameRate: 25, Codecs: "avc1.64001f,mp4a.40.2", UsesAudio: true})
	}
	return m
}

func (v Video) sums() (all hls.Digests) {
	for _, name := range names {
		m, data := v.media(name)
		d := hls.FileDigests{File: m.File}
		for _, s := range m.Segments {
			d.Extents = append(d.Extents, hls.Extent{Range: s.Range, Sum: sha256.Sum256(data[s.Offset:s.End()])})
		}
		all = append(all, d)
	}
	return all
}

func (s *Server) file(w http.ResponseWriter, r *http.Request) {
	v, ok := s.find(r.PathValue("id"))
	if !ok || v.Status != 0 {
		http.NotFound(w, r)
		return
	}
	switch name := r.PathValue("name"); {
	case name == "master.m3u8":
		_, _ = w.Write(v.master().Bytes()) // who asked may have gone
	case name == "sums.json":
		_, _ = w.Write(v.sums().Bytes()) // as above
	case path.Ext(name) == ".m3u8":
		m, _ := v.media(strings.TrimSuffix(name, ".m3u8"))
		_, _ = w.Write(m.Bytes()) // as above
	default:
		s.bytes(w, r, v, name)
	}
}

func (s *Server) bytes(w http.ResponseWriter, r *http.Request, v Video, file string) {
	for _, name := range names {
		m, data := v.media(name)
		if m.File != file {
			continue
		}
		if want := r.Header.Get("Range"); want != "bytes=0-63" {
			s.mu.Lock()
			s.ranges[r.URL.Path+" "+want]++
			s.sent += int64(cmp.Or(v.Bytes, 1000))
			hold := s.hold
			s.mu.Unlock()
			if hold != nil {
				select {
				case <-hold:
				case <-r.Context().Done():
				}
			}
			if v.Spoiled {
				data[len(data)-1]++
				data[64]++
			}
		}
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
		return
	}
	http.NotFound(w, r)
}
