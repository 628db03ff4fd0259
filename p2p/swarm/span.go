package swarm

import (
	"vidiverse/p2p"
)

// Sliding is what the Segments of a live are too. Their ids are media sequence
// numbers: the window in which they lie moves on, and Len is its length. Their
// origin says the digests of segments, but not their lengths: Extent.Length is
// 0 until one is held. Extent returns an error for a segment whose digest is
// not known yet, and then it is neither asked for nor given.
type Sliding interface {
	// Span is the first id of the window, and the one behind its last.
	Span() (first, end int)
}

// span is the ids that there are now.
func (s *Swarm) span() (first, end int) {
	if live, ok := s.stream.Segments.(Sliding); ok {
		return live.Span()
	}
	return 0, s.stream.Segments.Len()
}

func (s *Swarm) sliding() bool {
	_, ok := s.stream.Segments.(Sliding)
	return ok
}

// extent describes a segment that may be asked for: its digest is known, and
// its length bearable; a length of 0 is one that only who holds it knows.
func (s *Swarm) extent(i int) (p2p.Extent, error) {
	e, err := s.stream.Segments.Extent(i)
	if err != nil {
		return e, err
	}
	if e.Length < 0 || e.Length > maxSegment || e.Length == 0 && !s.sliding() {
		return e, p2p.ErrAbsent
	}
	return e, nil
}

// margin is how many ids beyond the window, as we know it, are remembered of a
// peer's announcement: it may have seen the playlist before us.
const margin = 64
