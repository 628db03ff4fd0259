package playback

import (
	"errors"
	"time"
)

// What is fetched before the player asks.
const (
	aheadTime  = time.Minute
	aheadBytes = 64 << 20
	unkept     = 6                      // segments ahead of what only memory holds
	hold       = 700 * time.Millisecond // a read elsewhere may hold up a seek
	slack      = 250 * time.Millisecond // between the announcement of a seek and the seek
	before     = 200 * time.Millisecond
	watchFor   = 5 * time.Second // how long after a seek such reads are looked for
)

// start lets the session fetch ahead until it ends. run.mu is held.
func (s *session) start() {
	if s.live != nil {
		return
	}
	s.group.Go(func() error {
		s.plan()
		return nil
	})
}

// plan starts and ends fetches whenever something changes.
func (s *session) plan() {
	timer := time.NewTimer(0)
	defer timer.Stop()
	met := map[*stream]Peers{}
	defer func() { meet(met, nil, 0) }()
	for {
		select {
		case <-s.ctx.Done():
			return
		case <-s.wake:
		case <-timer.C:
		}
		now, seeking := s.look()
		for _, st := range now.streams() {
			s.ahead(st, seeking)
		}
		meet(met, now.streams(), s.position())
		pause := time.Second
		if seeking {
			s.cutOthers()
			pause = 100 * time.Millisecond
		}
		timer.Reset(pause)
	}
}

// meet tells the people of each stream whether we play it. Who they are changes
// when sharing is switched off or on.
func meet(met map[*stream]Peers, streams []*stream, at time.Duration) {
	playing := map[*stream]Peers{}
	for _, st := range streams {
		if p := st.swarm(); p != nil && st.verified() && st.settled(at, time.Now()) {
			playing[st] = p
		}
	}
	for st, p := range met {
		if playing[st] != p {
			p.Want(false)
			delete(met, st)
		}
	}
	for st, p := range playing {
		if met[st] == nil {
			p.Want(true)
			met[st] = p
		}
	}
}

// settled tells whether people may be met: once enough is in store that no ill
// will of theirs can stop the film, or the server brings so little that there is
// nothing to spoil.
func (s *stream) settled(at time.Duration, now time.Time) bool {
	times := s.times()
	stored := times.At(at)
	for stored < times.Len() && times.Start(stored) < at+urgent && s.ready(stored) {
		stored++
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.begun.IsZero() {
		s.begun = now
	}
	s.calm = s.calm || stored == times.Len() || times.Start(stored) >= at+urgent || s.tight(1) || s.troubled() || now.Sub(s.begun) > 2*urgent
	return s.calm
}

// troubled tells whether the server failed to bring something. mu is held.
func (s *stream) troubled() bool {
	for _, f := range s.flights {
		if f.trouble != "" {
			return true
		}
	}
	return false
}

// tight tells whether the server takes for a segment more than that part of the
// time that it lasts.
func (s *stream) tight(part float64) bool {
	bytes, times := int64(0), s.times()
	for _, segment := range s.Segments {
		bytes += segment.Length
	}
	each := times.Start(times.Len()-1) / time.Duration(max(times.Len()-1, 1))
	takes, known := s.pace.server.takes(bytes / int64(max(len(s.Segments), 1)))
	return known && each > 0 && takes > time.Duration(part*float64(each))
}

// look returns what is played, and whether a seek was announced lately.
func (s *session) look() (k pick, seeking bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pick, !s.prepared.IsZero() && time.Since(s.prepared) < watchFor
}

// position is where the player is, as it moved on since somebody said so.
func (s *session) position() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.at
}

// ahead starts what is needed next of a stream, and ends what is not needed any
// more. The first segment comes alone, then two at a time; later ones singly.
func (s *session) ahead(st *stream, seeking bool) {
	at, times := s.position(), st.times()
	first := times.At(at - before) // a player that seeks begins to read a little earlier
	last, size, kept := first, int64(0), st.kept()
	for ; last < times.Len() && times.Start(last) < at+aheadTime && size < aheadBytes; last++ {
		if size += st.Segments[last].Length; !kept && last-first >= unkept {
			break
		}
	}
	flying := st.keep(func(i int) bool { return i >= first-1 && i < last })
	for i := first; i < last; i++ {
		until := times.Start(i) - at
		room := 1
		if until < urgent && (seeking || st.ready(first)) {
			room = 2
		}
		if flying >= room && !st.flying(i) {
			return
		}
		if !st.flying(i) && st.fetch(i, time.Now().Add(until)) {
			flying++
		}
	}
}

// errCut is why a read ends that holds up a seek.
var errCut = errors.New("playback: the player seeks elsewhere")

// cutOthers ends the reads that wait for what is not near the position. FFmpeg
// does not seek before a read has ended; a file whose read was cut must be
// opened again.
func (s *session) cutOthers() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for r := range s.readers {
		earlier := r.began.Before(s.prepared) && r.since.Before(s.prepared.Add(slack))
		if r.since.IsZero() || time.Since(r.since) < hold || !earlier {
			continue // what began later is where the player went
		}
		if target := r.file.At(s.target); r.segment < target-1 || r.segment > target+3 {
			r.cut(errCut)
			s.stuck = true
		}
	}
}

// follow moves the position to where a player reads that tells nothing.
func (s *session) follow(to time.Duration) {
	s.mu.Lock()
	silent := time.Since(s.told) > 10*time.Second
	if silent {
		s.at = to
	}
	s.mu.Unlock()
	if silent {
		s.wakeUp()
	}
}

// due is when the player will be at a time.
func (s *session) due(at time.Duration) time.Time {
	return time.Now().Add(max(0, at-s.position()))
}
