package playback

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"vidiverse/node/control"
	"vidiverse/node/playback/vmp4"
	"vidiverse/node/remote"
	"vidiverse/p2p"
	"vidiverse/p2p/blockstore"
)

// flight is one segment on its way. What may change belongs to stream.mu.
type flight struct {
	i       int
	due     time.Time // when it is needed
	waiting int       // readers
	trouble string
	cancel  context.CancelFunc
	poke    chan struct{} // due came nearer

	done chan struct{} // closed once body and err are there
	body []byte
	err  error
}

// hurry brings the time nearer at which it is needed. stream.mu is held.
func (f *flight) hurry(due time.Time) {
	if due.Before(f.due) {
		f.due = due
		select {
		case f.poke <- struct{}{}:
		default: // it will look anyway
		}
	}
}

// Rules of fetching.
const (
	urgent    = 15 * time.Second // browsers ask the server for what is needed sooner
	oneTry    = time.Minute      // for one source
	distrust  = 3                // late fetches in a row after which people are asked second
	wrongness = 3                // wrong segments from the server after which we say so
)

// serve gets a segment, whatever it takes: a player that is given an error or a
// short answer skips what it cannot read, and later seeks end in the wrong
// place. It gives up when the stream ends or nobody wants the segment.
func (s *stream) serve(ctx context.Context, f *flight) {
	wrong := 0
	for try := 0; ; try++ {
		data, source, err := s.obtain(ctx, f)
		if err == nil {
			s.store(f.i, data, source)
			var body []byte
			if body, err = vmp4.Body(data); err == nil {
				s.land(f, body, source, nil)
				return
			}
		}
		if errors.Is(err, p2p.ErrDigest) {
			wrong++
		}
		s.note(f, sentence(err, wrong))
		if errors.Is(err, vmp4.ErrShape) && s.verified() {
			<-ctx.Done() // it is what was published: asking again does not help
		}
		if !f.rest(ctx, try) {
			s.land(f, nil, "", context.Cause(ctx))
			return
		}
	}
}

// rest waits between two tries; it is false when the flight is over.
func (f *flight) rest(ctx context.Context, try int) bool {
	pause := min(200*time.Millisecond<<min(try, 10), 5*time.Second)
	timer := time.NewTimer(pause/2 + rand.N(pause/2))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
	return ctx.Err() == nil
}

func (s *stream) note(f *flight, trouble string) {
	s.mu.Lock()
	f.trouble = trouble
	s.mu.Unlock()
}

// sentence says to people what went wrong with a segment.
func sentence(err error, wrong int) string {
	switch {
	case errors.Is(err, vmp4.ErrShape):
		return "This part of the video has a form that cannot be played."
	case errors.Is(err, remote.ErrGone):
		return "The server no longer has this video."
	case errors.Is(err, remote.ErrClosed):
		return "The server no longer shows this video to everybody."
	case wrong >= wrongness:
		return "The server sends something other than what it published. Trying again."
	case wrong > 0:
		return "A part of the video came damaged. Trying again."
	default:
		return "The server does not answer. Trying again."
	}
}

// store keeps what can be checked; a full disk is no reason not to play.
func (s *stream) store(i int, data []byte, source string) {
	if s.disk == nil || source == control.FromDevice {
		return
	}
	err := s.disk.Put(i, data)
	s.mu.Lock()
	s.unkept = err != nil
	s.mu.Unlock()
	if err != nil && !errors.Is(err, blockstore.ErrFull) && !errors.Is(err, blockstore.ErrRemoved) {
		s.log.Warn("a segment is not kept", "err", err)
	}
}

// obtain tries each source once. What it returns is checked.
func (s *stream) obtain(ctx context.Context, f *flight) (data []byte, source string, err error) {
	if s.disk != nil && s.disk.Has(f.i) {
		if data, err := s.disk.Fetch(ctx, f.i); err == nil {
			return data, control.FromDevice, nil
		}
	}
	s.mu.Lock()
	need, late := time.Until(f.due), s.late
	s.mu.Unlock()
	peers := s.swarm()
	server := way{control.FromServer, s.telling(peers)}
	if peers == nil || !s.verified() || !peers.Has(f.i) {
		return s.race(ctx, f, server)
	}
	people := way{control.FromPeople, func(ctx context.Context, i int) ([]byte, error) {
		return peers.FetchBy(ctx, i, s.need(f))
	}}
	if s.peopleFirst(f.i, need, late) {
		return s.race(ctx, f, people, server)
	}
	return s.race(ctx, f, server, people)
}

// peopleFirst tells whether people are asked before the server: if there is
// time, or if they have shown that they are fast.
func (s *stream) peopleFirst(i int, need time.Duration, late int) bool {
	if late >= distrust {
		return false
	}
	store := urgent
	if s.tight(0.6) {
		store *= 2 // what an attempt costs comes back slowly
	}
	if need > store {
		return true
	}
	takes, known := s.pace.people.takes(s.Segments[i].Length)
	return known && takes < max(need/2, 400*time.Millisecond)
}

// need is when a flight's segment is needed.
func (s *stream) need(f *flight) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return f.due
}

// telling fetches from the server, and tells people meanwhile what they will be
// given.
func (s *stream) telling(peers Peers) func(context.Context, int) ([]byte, error) {
	if peers == nil || !s.verified() || !s.kept() {
		return s.origin.Fetch
	}
	return func(ctx context.Context, i int) ([]byte, error) {
		peers.Fetching(i, true)
		defer peers.Fetching(i, false)
		return s.origin.Fetch(ctx, i)
	}
}

// way is a source of a segment by its name in meters.
type way struct {
	name  string
	fetch func(ctx context.Context, i int) ([]byte, error) // as p2p.Source's
}

type answer struct {
	way
	data []byte
	err  error
}

// race asks the first way and, when it fails or gets late, the second beside it.
// The first right answer wins.
func (s *stream) race(flight context.Context, f *flight, ways ...way) ([]byte, string, error) {
	ctx, cancel := context.WithCancelCause(flight)
	defer cancel(errOvertaken)
	answers := make(chan answer, len(ways)) // so that a loser can end
	asked, open := 0, 0
	ask := func() {
		w := ways[asked]
		asked, open = asked+1, open+1
		s.group.Go(func() error {
			data, err := s.ask(ctx, w, f.i)
			answers <- answer{w, data, err}
			return nil
		})
	}
	ask()
	late := time.NewTimer(s.patience(f, ways[0]))
	defer late.Stop()
	var failed error
	for {
		select {
		case a := <-answers:
			if open--; a.err == nil {
				s.judge(ways[0].name, a.name)
				return a.data, a.name, nil
			}
			failed = errors.Join(failed, a.err)
			switch {
			case asked < len(ways):
				ask()
			case open == 0:
				return nil, "", failed
			}
		case <-late.C:
			if asked < len(ways) {
				ask()
			}
		case <-f.poke:
			late.Reset(s.patience(f, ways[0]))
		case <-ctx.Done():
			return nil, "", context.Cause(ctx)
		}
	}
}

// patience is how long the first way is left alone: so long that the other can
// still bring the segment in time.
func (s *stream) patience(f *flight, first way) time.Duration {
	need := time.Until(s.need(f))
	other, least := &s.pace.server, 400*time.Millisecond
	if first.name == control.FromServer {
		other, least = &s.pace.people, time.Second // a server is slower to begin, but rarely silent
	}
	takes, known := other.takes(s.Segments[f.i].Length)
	if !known {
		takes = time.Second
	}
	wait := min(max(need-2*takes-time.Second, least), 20*time.Second)
	if own, known := s.pace.server.takes(s.Segments[f.i].Length); known && first.name == control.FromServer {
		wait = max(wait, min(2*own, 20*time.Second)) // two at once on one line are each half as fast
	}
	return wait
}

// judge remembers whether people delivered when they were asked first.
func (s *stream) judge(first, winner string) {
	if first != control.FromPeople {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.late++; winner == control.FromPeople {
		s.late = 0
	}
}

// errOvertaken ends a fetch because the other way was faster.
var errOvertaken = errors.New("the other source was faster")

// ask fetches from one way, measures and checks.
func (s *stream) ask(ctx context.Context, w way, i int) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, oneTry)
	defer cancel()
	line := &s.pace.server
	if w.name == control.FromPeople {
		line = &s.pace.people
	}
	line.begin()
	data, err := w.fetch(ctx, i)
	if err == nil {
		err = s.check(i, data)
	}
	switch cause := context.Cause(ctx); {
	case err == nil:
		line.end(len(data))
	case errors.Is(cause, context.Canceled) || errors.Is(err, p2p.ErrAbsent):
		line.forget()
	default:
		line.end(0)
	}
	if errors.Is(err, p2p.ErrDigest) {
		s.mu.Lock()
		s.refused++
		s.marks[i].refused = true
		s.mu.Unlock()
	}
	if err != nil {
		return nil, fmt.Errorf("segment %d from %s: %w", i, w.name, err)
	}
	return data, nil
}

// check refuses whatever is not the published segment; where nothing more is
// known than its length, that.
func (s *stream) check(i int, data []byte) error {
	if s.verified() {
		return s.Extents[i].Check(data)
	}
	if int64(len(data)) != s.Segments[i].Length {
		return fmt.Errorf("%w: %d bytes of %d", p2p.ErrDigest, len(data), s.Segments[i].Length)
	}
	return nil
}
