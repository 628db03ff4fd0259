package playback

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"vidiverse/node/control"
)

// File is a media file that is played as it is: of a torrent. It is safe for
// several goroutines, and closed once, when its session ends.
type File interface {
	// Type is its media type.
	Type() string
	// Open returns the bytes. A read waits until they are there; what it needs
	// next is fetched, until the reader is closed or ctx ends.
	Open(ctx context.Context) (io.ReadSeekCloser, error)
	Progress() control.Progress
	Close()
}

// fileName is what the player sees: nothing of the outside is in an address.
const fileName = "media"

// fileSession is a file being played.
type fileSession struct {
	p      *Playback
	file   File
	token  string
	base   string
	ctx    context.Context
	cancel context.CancelCauseFunc
	once   sync.Once

	mu   sync.Mutex
	used time.Time
}

// OpenFile starts a session of a file, which it takes over.
func (p *Playback) OpenFile(ctx context.Context, f File) (control.Session, error) {
	r, err := p.running(ctx)
	if err != nil {
		f.Close()
		return control.Session{}, err
	}
	p.sweep(r)
	s := &fileSession{p: p, file: f, token: rand.Text(), used: p.cfg.Now()}
	s.base = "http://" + r.host + "/" + r.token + "/" + s.token
	s.ctx, s.cancel = context.WithCancelCause(r.ctx)
	r.mu.Lock()
	switch {
	case r.closed:
		err = fmt.Errorf("%w: playback is ending", control.ErrUnavailable)
	case len(r.sessions)+len(r.files) >= maxSessions:
		err = fmt.Errorf("%w: %d videos are open already", control.ErrUnavailable, maxSessions)
	default:
		r.files[s.token] = s
	}
	r.mu.Unlock()
	if err != nil {
		s.end()
		return control.Session{}, err
	}
	r.group.Go(func() error {
		<-s.ctx.Done()
		s.end()
		return nil
	})
	return s.value(), nil
}

func (s *fileSession) value() control.Session {
	return control.Session{ID: s.token, Media: s.base + "/file/" + fileName}
}

// end stops everything of the session.
func (s *fileSession) end() {
	s.cancel(errEnded)
	s.once.Do(s.file.Close)
}

func (s *fileSession) touch() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.used = s.p.cfg.Now()
}

func (s *fileSession) lastUsed() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.used
}

// answer serves the file, with ranges.
func (s *fileSession) answer(w http.ResponseWriter, req *http.Request, folder, name string) {
	if folder != "file" || name != fileName {
		http.NotFound(w, req)
		return
	}
	ctx, cut := context.WithCancelCause(req.Context())
	defer cut(nil)
	stop := context.AfterFunc(s.ctx, func() { cut(errEnded) })
	defer stop()
	reader, err := s.file.Open(ctx)
	if err != nil {
		s.p.cfg.Log.Info("a file cannot be played", "err", err)
		http.Error(w, "the file cannot be read", http.StatusBadGateway)
		return
	}
	defer reader.Close()
	w.Header().Set("Content-Type", s.file.Type())
	http.ServeContent(w, req, "", time.Time{}, reader)
}

// fileOf returns the session of a file.
func (p *Playback) fileOf(ctx context.Context, id string) (*run, *fileSession) {
	r, err := p.running(ctx)
	if err != nil {
		return nil, nil
	}
	s := r.findFile(id)
	if s != nil {
		s.touch()
	}
	return r, s
}

func (r *run) findFile(token string) *fileSession {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.files[token]
}

func (r *run) removeFile(s *fileSession) {
	r.mu.Lock()
	delete(r.files, s.token)
	r.mu.Unlock()
	s.end()
}

// sweepFiles closes the files that nobody uses any more.
func (p *Playback) sweepFiles(r *run) {
	r.mu.Lock()
	var idle []*fileSession
	for _, s := range r.files {
		if p.cfg.Now().Sub(s.lastUsed()) > maxIdle {
			idle = append(idle, s)
		}
	}
	r.mu.Unlock()
	for _, s := range idle {
		r.removeFile(s)
	}
}
