package swarm

import (
	"context"
	"errors"
	"time"

	"vidiverse/p2p"
)

// Fetch brings segment i from a connected peer, verified. It returns ErrAbsent
// at once if no connected peer holds it or its digest is not known, and
// ErrDigest if all that came was wrong; other errors mean that peers were too
// slow or went. It is a p2p.Source.
func (s *Swarm) Fetch(ctx context.Context, i int) ([]byte, error) {
	return s.FetchBy(ctx, i, time.Time{})
}

// FetchBy is Fetch of a segment that is needed at a time: it goes before others
// when that is near, and a second peer is asked sooner.
func (s *Swarm) FetchBy(ctx context.Context, i int, due time.Time) ([]byte, error) {
	e, err := s.extent(i)
	if err != nil {
		return nil, err
	}
	w := &wish{segment: i, size: e.Length, due: due, tried: map[*peer]bool{}, turn: make(chan grant, 1)}
	last := error(p2p.ErrAbsent)
	for ctx.Err() == nil {
		g, err := s.await(ctx, w)
		if err != nil {
			return nil, err
		}
		if g.p == nil {
			s.hurryAlone()
			return nil, last
		}
		data, err := s.chase(ctx, w, e, g)
		if err == nil {
			return data, nil
		}
		if !errors.Is(err, p2p.ErrAbsent) {
			last = err
		}
	}
	return nil, ctx.Err()
}

// answer is what became of a request to a peer.
type answer struct {
	data   []byte
	err    error
	second bool // of the one that was asked second
}

// chase fetches from a peer and, when that gets late, from another beside it.
// The first right answer wins, and ends the other.
func (s *Swarm) chase(ctx context.Context, w *wish, e p2p.Extent, first grant) ([]byte, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	answers := make(chan answer, 2) // so that the loser can end
	if !s.fetchFrom(ctx, first, e, answers, false) {
		return nil, errDown
	}
	late := time.NewTimer(w.patience(first.p))
	defer late.Stop()
	open, hedged := 1, false
	for {
		select {
		case a := <-answers:
			if a.err == nil {
				s.judge(a)
				return a.data, nil
			}
			if open--; open == 0 {
				return nil, a.err
			}
		case <-late.C:
			if hedged || first.p.nearly(first.d) {
				continue
			}
			second := s.hedge(w)
			if second.p == nil {
				late.Reset(hedgePause)
			} else if s.fetchFrom(ctx, second, e, answers, true) {
				open, hedged = open+1, true
			}
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// judge counts who won.
func (s *Swarm) judge(a answer) {
	if a.second {
		s.count(func(c *counters) { c.hedged.Add(1) })
	}
}

// fetchFrom carries a grant out and sends what became of it. It reports whether
// it began.
func (s *Swarm) fetchFrom(ctx context.Context, g grant, e p2p.Extent, answers chan<- answer, second bool) bool {
	began := s.n.spawn(func(context.Context) {
		data, err := g.p.fetch(ctx, g.d, e)
		s.freed()
		answers <- answer{data, err, second}
	})
	if !began {
		g.p.settle(g.d, errDown)
		s.freed()
	}
	return began
}

// patience is how long a peer is left alone with a wish: twice as long as it
// should take, and half of the time that there is.
func (w *wish) patience(p *peer) time.Duration {
	p.mu.Lock()
	speed := p.speed
	p.mu.Unlock()
	if speed == 0 {
		speed = unknownSpeed
	}
	size := w.size
	if size == 0 {
		size = usualSize
	}
	d := min(max(time.Duration(2*float64(size)/speed*float64(time.Second)), leastPatience), mostPatience)
	if !w.due.IsZero() {
		d = min(d, max(time.Until(w.due)/2, leastPatience/2))
	}
	return d
}

// nearly reports whether most of a download is there.
func (p *peer) nearly(d *download) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return d.size > 0 && int64(len(d.data)) > d.size*3/4
}

// hurryAlone looks for peers when there is none and one is wanted.
func (s *Swarm) hurryAlone() {
	s.mu.Lock()
	alone := len(s.peers) == 0 && s.wanted
	s.mu.Unlock()
	if alone {
		s.hurry()
	}
}

const (
	// A second peer is asked after these, and then as soon as one is idle.
	leastPatience, mostPatience = 600 * time.Millisecond, 4 * time.Second
	hedgePause                  = 250 * time.Millisecond
	// maxSegment bounds what a request may make us hold, maxLive one whose
	// length only the peer says.
	maxSegment = 64 << 20
	maxLive    = 16 << 20
	// unknownSpeed is assumed of a peer that was not asked yet, usualSize of a
	// segment.
	unknownSpeed = 256 << 10
	usualSize    = 512 << 10
)
