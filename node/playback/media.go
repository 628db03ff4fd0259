package playback

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"vidiverse/node/playback/vmp4"
)

// reader is one request for a virtual file. It never reads ahead of the player.
type reader struct {
	s      *session
	st     *stream
	file   *vmp4.File
	ctx    context.Context
	cut    context.CancelCauseFunc
	began  time.Time
	offset int64

	// Below belongs to session.mu.
	segment int
	since   time.Time // zero: it does not wait
}

// media answers with a virtual file of a pick.
func (s *session) media(w http.ResponseWriter, req *http.Request, number int, name string) {
	st, file := s.find(number, name)
	if file == nil {
		http.NotFound(w, req)
		return
	}
	ctx, cut := context.WithCancelCause(req.Context())
	defer cut(nil)
	stop := context.AfterFunc(st.ctx, func() { cut(errEnded) })
	defer stop()
	r := &reader{s: s, st: st, file: file, ctx: ctx, cut: cut, began: time.Now()}
	s.enter(r, number, fromStart(req))
	defer s.leave(r)
	w.Header().Set("Content-Type", "video/mp4")
	http.ServeContent(w, req, "", time.Time{}, r)
}

// fromStart tells whether a request opens the file, as opposed to seeking in it.
func fromStart(req *http.Request) bool {
	spec := req.Header.Get("Range")
	return req.Method == http.MethodGet && (spec == "" || strings.HasPrefix(spec, "bytes=0-"))
}

// find returns the virtual file of a name, or nil.
func (s *session) find(number int, name string) (*stream, *vmp4.File) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range []pick{s.pick, s.last} {
		if k.main == nil || k.number != number {
			continue
		}
		switch {
		case name == videoFile:
			return k.main, k.main.picture
		case name == soundFile && k.sound != nil:
			return k.sound, k.sound.sound
		}
	}
	return nil, nil
}

// enter registers a reader. The first of a new pick ends what was played before;
// one that opens a file ends being stuck.
func (s *session) enter(r *reader, number int, opens bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.readers[r] = true
	if opens {
		s.stuck = false
	}
	if number == s.pick.number && !s.pick.opened {
		s.pick.opened = true
		s.retire(s.last, s.pick)
		s.last = pick{}
	}
}

func (s *session) leave(r *reader) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.readers, r)
}

// Seek is for http.ServeContent.
func (r *reader) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += r.offset
	case io.SeekEnd:
		offset += r.file.Size()
	}
	if offset < 0 {
		return 0, fmt.Errorf("offset %d: %w", offset, errors.ErrUnsupported)
	}
	r.offset = offset
	return offset, nil
}

// Read gives what is there of one segment, and waits for it if it has to.
func (r *reader) Read(p []byte) (int, error) {
	n, err := r.file.ReadAt(p, r.offset, r.load)
	r.offset += int64(n)
	return n, err
}

func (r *reader) load(i int) ([]byte, error) {
	if err := r.ctx.Err(); err != nil {
		return nil, context.Cause(r.ctx)
	}
	r.wait(i, time.Now())
	defer r.wait(i, time.Time{})
	at := r.file.Start(i)
	r.s.follow(at)
	return r.st.load(r.ctx, i, r.s.due(at))
}

func (r *reader) wait(segment int, since time.Time) {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	r.segment, r.since = segment, since
}
