package crowd

import (
	"bytes"
	"context"
	"sync"

	"vidiverse/p2p"
)

// shelf is what one peer holds. All of them hold the same bytes, so it keeps
// only which: a thousand viewers fit into memory.
type shelf struct {
	c *crowd

	mu      sync.Mutex
	held    []bool
	callers []func()
}

// window is the shelf of a live.
type window struct{ *shelf }

// Span is what a playlist names now.
func (w window) Span() (first, end int) {
	end = w.c.edge()
	return max(0, end-listed), end
}

// Extent is without length until the segment is held: playlists of lives do not
// say it.
func (w window) Extent(i int) (p2p.Extent, error) {
	first, end := w.Span()
	if i < first || i >= end {
		return p2p.Extent{}, p2p.ErrAbsent
	}
	e := w.c.extents[i]
	if !w.Has(i) {
		e.Length = 0
	}
	return e, nil
}

// Held leaves out what has left the playlist.
func (w window) Held() []int {
	first, end := w.Span()
	return w.list(first, end)
}

// listed segments are in the playlist of a live.
const listed = 15

func (s *shelf) Len() int { return len(s.held) }

func (s *shelf) Extent(i int) (p2p.Extent, error) {
	if i < 0 || i >= len(s.held) {
		return p2p.Extent{}, p2p.ErrAbsent
	}
	return s.c.extents[i], nil
}

func (s *shelf) Has(i int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return i >= 0 && i < len(s.held) && s.held[i]
}

func (s *shelf) Held() []int { return s.list(0, len(s.held)) }

func (s *shelf) list(first, end int) (list []int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := first; i < end; i++ {
		if s.held[i] {
			list = append(list, i)
		}
	}
	return list
}

// Fetch gives the film's own bytes: nobody in a swarm writes to them.
func (s *shelf) Fetch(_ context.Context, i int) ([]byte, error) {
	if !s.Has(i) {
		return nil, p2p.ErrAbsent
	}
	return s.c.data[i], nil
}

func (s *shelf) Notify(fn func()) (stop func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.callers = append(s.callers, fn)
	return func() {}
}

// put holds a segment. It reports whether the bytes are right.
func (s *shelf) put(i int, data []byte) bool {
	if !bytes.Equal(data, s.c.data[i]) {
		return false
	}
	s.mu.Lock()
	news := !s.held[i]
	s.held[i] = true
	calls := s.callers
	s.mu.Unlock()
	if news {
		for _, fn := range calls {
			fn()
		}
	}
	return true
}

func (s *shelf) fill() {
	s.mu.Lock()
	for i := range s.held {
		s.held[i] = true
	}
	calls := s.callers
	s.mu.Unlock()
	for _, fn := range calls {
		fn()
	}
}
