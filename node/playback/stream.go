package playback

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"vidiverse/node/control"
	"vidiverse/node/playback/vmp4"
	"vidiverse/node/remote"
	"vidiverse/p2p"
	"vidiverse/p2p/blockstore"
)

// stream is one media file of a session. Virtual files of both its tracks read
// the same segments.
type stream struct {
	*remote.Rendition
	disk   *blockstore.File // nil: nothing is kept of it
	origin p2p.Source
	swarm  func() Peers // its answer may be nil
	pace   *pace
	log    *slog.Logger
	ctx    context.Context // ends with the stream
	stop   context.CancelFunc
	group  *errgroup.Group
	moved  func() // tells the session that a segment came

	picture *vmp4.File // nil: it has no picture
	sound   *vmp4.File // nil: it has no sound

	mu      sync.Mutex
	flights map[int]*flight
	cache   cache
	marks   []mark
	bytes   map[string]int64
	refused int
	late    int  // fetches from people in a row that the server overtook
	unkept  bool // the disk did not take the last segment
	begun   time.Time
	calm    bool // people may be met
}

// mark is what is known of a segment that was loaded.
type mark struct {
	source  string // empty: it was not
	refused bool
}

// lay makes the virtual files of the tracks.
func (s *stream) lay() error {
	for i, e := range s.Extents {
		if i >= len(s.Segments) || e.Length != s.Segments[i].Length || e.Offset != s.Segments[i].Offset {
			return fmt.Errorf("%w: segment %d and its digest are of different bytes", remote.ErrRefused, i)
		}
	}
	tracks, err := vmp4.Tracks(s.Init)
	if err != nil {
		return err
	}
	for _, t := range tracks {
		f, err := vmp4.New(s.Init, t, s.Segments)
		switch {
		case err != nil:
			return err
		case t.Video && s.picture == nil:
			s.picture = f
		case t.Sound && s.sound == nil:
			s.sound = f
		}
	}
	return nil
}

// times of the segments: both tracks have the same.
func (s *stream) times() *vmp4.File {
	if s.picture != nil {
		return s.picture
	}
	return s.sound
}

// verified tells whether its bytes can be checked.
func (s *stream) verified() bool { return len(s.Extents) == len(s.Segments) }

// ready tells whether segment i is here.
func (s *stream) ready(i int) bool {
	s.mu.Lock()
	cached := s.cache.has(i)
	s.mu.Unlock()
	return cached || s.disk != nil && s.disk.Has(i)
}

// load returns the body of segment i, which is needed at a time; it waits until
// it is here, ctx ends or the stream does.
func (s *stream) load(ctx context.Context, i int, due time.Time) ([]byte, error) {
	s.mu.Lock()
	if body, ok := s.cache.get(i); ok {
		s.mu.Unlock()
		return body, nil
	}
	f := s.fly(i, due)
	f.waiting++
	s.mu.Unlock()
	select {
	case <-f.done:
		return f.body, f.err
	case <-ctx.Done():
		s.mu.Lock()
		f.waiting--
		s.mu.Unlock()
		return nil, context.Cause(ctx)
	}
}

// kept tells whether what is loaded can be found again on disk.
func (s *stream) kept() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.disk != nil && !s.unkept
}

// fetch starts to load segment i unless it is here or under way. It tells
// whether it is under way.
func (s *stream) fetch(i int, due time.Time) bool {
	if s.ready(i) {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fly(i, due)
	return true
}

// fly returns the flight of segment i, which it starts if there is none. mu is
// held.
func (s *stream) fly(i int, due time.Time) *flight {
	if f := s.flights[i]; f != nil {
		f.hurry(due)
		return f
	}
	ctx, cancel := context.WithCancel(s.ctx)
	f := &flight{i: i, due: due, cancel: cancel, done: make(chan struct{}), poke: make(chan struct{}, 1)}
	s.flights[i] = f
	s.group.Go(func() error {
		defer cancel()
		s.serve(ctx, f)
		return nil
	})
	return f
}

// keep ends the flights that nobody waits for and that are not wanted, and
// returns how many of the wanted ones there are.
func (s *stream) keep(wanted func(i int) bool) (flying int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, f := range s.flights {
		switch {
		case wanted(i):
			flying++
		case f.waiting == 0:
			f.cancel()
			delete(s.flights, i) // who wants it from now on starts anew
		}
	}
	return flying
}

func (s *stream) flying(i int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.flights[i] != nil
}

// land ends a flight with a body or with the end of the stream.
func (s *stream) land(f *flight, body []byte, source string, err error) {
	s.mu.Lock()
	if err == nil {
		s.cache.put(f.i, body)
		s.marks[f.i].source = source
		s.bytes[source] += int64(len(body))
	}
	if s.flights[f.i] == f {
		delete(s.flights, f.i)
	}
	f.body, f.err = body, err
	close(f.done)
	s.mu.Unlock()
	s.moved()
}

// trouble is why segment i is not here yet, in words; empty if there is none.
func (s *stream) trouble(i int) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f := s.flights[i]; f != nil {
		return f.trouble
	}
	return ""
}

// state copies what is known of the segments, and which are on disk.
func (s *stream) state() (marks []mark, bytes map[string]int64, refused int) {
	var held []int
	if s.disk != nil {
		held = s.disk.Held()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	marks = append(marks, s.marks...)
	for _, i := range held {
		if i < len(marks) && marks[i].source == "" {
			marks[i].source = control.FromDevice
		}
	}
	bytes = map[string]int64{}
	for source, n := range s.bytes {
		bytes[source] = n
	}
	return marks, bytes, s.refused
}
