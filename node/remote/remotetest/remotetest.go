// Package remotetest is a stock PeerTube 8.2 to ask in tests: its captured
// answers with the names of a local server, over real HLS files that ffmpeg
// made, with a real tracker.
//
//	s := remotetest.Stock(t, remotetest.Media{}, remotetest.Media{Split: true})
//	client.Trust(s.URL)
//	s.Videos()[0].SetPrivacy(remotetest.Private)
//
// It is a small working server, not a recorder: what a test changes, all of its
// answers show. Knobs may be turned while requests are under way.
package remotetest

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"vidiverse/p2p/tracker"
)

// PeerTube's numbers of who may watch.
const (
	Public   = 1
	Unlisted = 2
	Private  = 3
	Internal = 4
	Password = 5
)

// Server is a PeerTube.
type Server struct {
	URL     string // "http://127.0.0.1:port", an origin
	Tracker *tracker.Tracker

	t    testing.TB
	http *httptest.Server

	mu        sync.Mutex
	videos    []*Video // newest last
	dead      bool
	delay     time.Duration
	intercept func(w http.ResponseWriter, r *http.Request) bool
	requests  []string
	sent      int64
}

// Stock starts a server with a public video for each Media; it ends with the
// test.
func Stock(t testing.TB, media ...Media) *Server {
	t.Helper()
	s := &Server{t: t}
	s.Tracker = tracker.New(tracker.Config{Allow: s})
	s.http = httptest.NewServer(s)
	s.URL = s.http.URL
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Tracker.Serve(ctx) }()
	t.Cleanup(func() {
		cancel()
		s.http.CloseClientConnections()
		s.http.Close()
		if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
	for _, m := range media {
		s.Add(m)
	}
	return s
}

// Host is host:port of the server.
func (s *Server) Host() string { return strings.TrimPrefix(s.URL, "http://") }

// Videos are all that were added, in that order, also those that are closed.
func (s *Server) Videos() []*Video {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.videos)
}

// Die closes every connection and answers no more, until Revive.
func (s *Server) Die() {
	s.set(func() { s.dead = true })
	s.http.CloseClientConnections()
}

// Revive ends Die.
func (s *Server) Revive() { s.set(func() { s.dead = false }) }

// Delay is how long each answer of a media file waits; what is not media does
// not.
func (s *Server) Delay(d time.Duration) { s.set(func() { s.delay = d }) }

// Intercept is asked before everything else, and answers itself if it returns
// true; nil ends that.
func (s *Server) Intercept(f func(w http.ResponseWriter, r *http.Request) bool) {
	s.set(func() { s.intercept = f })
}

func (s *Server) set(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

// Count is how many requests there were whose path and query contain part.
func (s *Server) Count(part string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, r := range s.requests {
		if strings.Contains(r, part) {
			n++
		}
	}
	return n
}

// MediaBytes is how much was sent of media files.
func (s *Server) MediaBytes() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sent
}

// Allowed implements tracker.Allower: the hashes of videos that are open.
func (s *Server) Allowed(_ context.Context, hash [20]byte) (bool, error) {
	for _, v := range s.Videos() {
		s.mu.Lock()
		ok := v.open() && slices.Contains(v.hashes(), hash)
		for _, r := range v.renditions {
			ok = ok || v.open() && v.torrent(r).hash == hash
		}
		s.mu.Unlock()
		if ok {
			return true, nil
		}
	}
	return false, nil
}

// find returns a video by UUID or short UUID.
func (s *Server) find(id string) *Video {
	for _, v := range s.Videos() {
		if v.UUID == id || v.Short == id {
			return v
		}
	}
	return nil
}
