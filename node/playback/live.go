package playback

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"sync"
	"time"

	"vidiverse/node/control"
	"vidiverse/p2p/guard"
)

// live passes the playlists and segments of a live on. Each file that a playlist
// names gets a number here; nothing else can be asked for.
type live struct {
	s       *session
	streams map[string]*relay // by URL of the playlist: those that are shared

	mu    sync.Mutex
	names map[string]string // by URL
	urls  map[string]string // by name
	order []string          // names, oldest first
	next  int
	bytes map[string]int64 // by where they came from
	fault string           // why the last request brought nothing
}

const (
	maxNames = 5000     // files remembered: more than an hour of every rendition
	maxLive  = 64 << 20 // bytes of a segment
	liveTry  = 3
)

func newLive(s *session) *live {
	l := &live{s: s, names: map[string]string{}, urls: map[string]string{liveMaster: s.film.LiveURL}, bytes: map[string]int64{}}
	l.streams = l.relays()
	context.AfterFunc(s.ctx, l.leave)
	return l
}

// name gives a file its number, always the same one.
func (l *live) name(file *url.URL) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	u := file.String()
	if name, ok := l.names[u]; ok {
		return name
	}
	l.next++
	name := strconv.Itoa(l.next) + path.Ext(file.Path)
	l.names[u], l.urls[name] = name, u
	if l.order = append(l.order, name); len(l.order) > maxNames {
		old := l.order[0]
		l.order = l.order[1:]
		delete(l.names, l.urls[old])
		delete(l.urls, old)
	}
	return name
}

func (l *live) url(name string) (string, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	u, ok := l.urls[name]
	return u, ok
}

// answer with a playlist or a segment.
func (l *live) answer(w http.ResponseWriter, req *http.Request, name string) {
	u, ok := l.url(name)
	if !ok {
		http.NotFound(w, req)
		return
	}
	ctx, cut := context.WithCancelCause(req.Context())
	defer cut(nil)
	stop := context.AfterFunc(l.s.ctx, func() { cut(errEnded) })
	defer stop()
	var body []byte
	var err error
	from := control.FromServer
	if path.Ext(name) == ".m3u8" {
		body, err = l.playlist(ctx, u)
	} else {
		body, from, err = l.segment(ctx, u)
	}
	l.note(len(body), from, err)
	if err != nil {
		l.s.p.cfg.Log.Info("a part of a live is missing", "err", err)
		http.Error(w, "the server does not give it", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", mediaType(path.Ext(name)))
	http.ServeContent(w, req, "", time.Time{}, bytes.NewReader(body))
}

// playlist gets one, and rewrites it.
func (l *live) playlist(ctx context.Context, u string) ([]byte, error) {
	body, err := l.fetch(ctx, u, guard.Limits{Bytes: maxPlaylist, Total: 10 * time.Second}, nil)
	if err != nil {
		return nil, err
	}
	base, err := url.Parse(u)
	if err != nil {
		return nil, err
	}
	own, err := rewrite(body, base, l.name)
	if r := l.streams[u]; r != nil && err == nil {
		r.see(body)
	}
	l.tidy()
	return own, err
}

// segment gets one from wherever it comes in time.
func (l *live) segment(ctx context.Context, u string) (body []byte, from string, err error) {
	r, id := l.relayOf(u)
	keep := func([]byte) error { return nil }
	if r != nil {
		if body, from = r.give(ctx, id); body != nil {
			return body, from, nil
		}
		defer r.telling(id)()
		keep = func(data []byte) error { return r.keep(id, data) }
	}
	body, err = l.fetch(ctx, u, guard.Limits{Bytes: maxLive, Total: 30 * time.Second}, keep)
	return body, control.FromServer, err
}

// fetch gets a file from the server, again if what came is not accepted.
func (l *live) fetch(ctx context.Context, u string, limits guard.Limits, accept func([]byte) error) (body []byte, err error) {
	for try := range liveTry {
		if try > 0 {
			pause(ctx, time.Duration(try)*500*time.Millisecond)
		}
		body, err = l.s.p.cfg.Remote.Get(ctx, l.s.film.Origin, u, limits)
		if err == nil && accept != nil {
			err = accept(body)
		}
		if err == nil || ctx.Err() != nil {
			break
		}
	}
	return body, err
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

func mediaType(extension string) string {
	switch extension {
	case ".m3u8":
		return "application/vnd.apple.mpegurl"
	case ".ts":
		return "video/mp2t"
	case ".aac":
		return "audio/aac"
	case ".vtt":
		return "text/vtt; charset=utf-8"
	default:
		return "video/mp4"
	}
}

func (l *live) note(n int, from string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err == nil {
		l.bytes[from] += int64(n)
	}
	if l.fault = ""; err != nil {
		l.fault = sentence(err, 0)
		if errors.Is(err, errPlaylist) {
			l.fault = "The server's live has a form that is not accepted."
		}
	}
}

func (l *live) progress(v *control.Progress) {
	l.mu.Lock()
	defer l.mu.Unlock()
	maps.Copy(v.Bytes, l.bytes)
	v.Waiting = l.fault
}
