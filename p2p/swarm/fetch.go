package swarm

import (
	"context"
	"errors"
	"math/rand/v2"

	"vidiverse/p2p"
)

// Fetch brings segment i from a connected peer, verified. It returns ErrAbsent
// at once if no connected peer holds it, and ErrDigest if all that came was
// wrong; other errors mean that peers were too slow or went. It is a p2p.Source.
func (s *Swarm) Fetch(ctx context.Context, i int) ([]byte, error) {
	e, err := s.stream.Segments.Extent(i)
	if err != nil {
		return nil, err
	}
	if e.Length <= 0 || e.Length > maxSegment {
		return nil, p2p.ErrAbsent
	}
	tried := map[*peer]bool{}
	last := error(p2p.ErrAbsent)
	for ctx.Err() == nil {
		p, d, wait := s.choose(i, e.Length, tried)
		switch {
		case p != nil:
			tried[p] = true
			data, err := p.fetch(ctx, d, e)
			s.freed()
			if err == nil {
				return data, nil
			}
			if !errors.Is(err, p2p.ErrAbsent) {
				last = err
			}
		case wait == nil:
			s.mu.Lock()
			alone := len(s.peers) == 0 && s.wanted
			s.mu.Unlock()
			if alone {
				s.hurry()
			}
			return nil, last
		default:
			select {
			case <-wait:
			case <-ctx.Done():
			}
		}
	}
	return nil, ctx.Err()
}

// choose reserves a peer that holds segment i and is idle. If all that hold it
// are busy, wait closes when to look again; if nobody holds it, wait is nil.
func (s *Swarm) choose(i int, size int64, tried map[*peer]bool) (p *peer, d *download, wait <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	holds := false
	total := 0.0
	for _, other := range s.peers {
		if tried[other] || other.ctx.Err() != nil || s.avoided.peer(other) {
			continue
		}
		weight, has := other.weight(i)
		holds = holds || has
		if weight == 0 || s.loads >= maxLoads {
			continue
		}
		// Each is taken with the probability of its share of all so far.
		if total += weight; rand.Float64()*total < weight {
			p = other
		}
	}
	switch {
	case p != nil:
		s.loads++
		p.mu.Lock()
		defer p.mu.Unlock()
		return p, p.ask(i, size), nil
	case holds:
		return nil, nil, s.listen()
	}
	return nil, nil, nil
}

// weight is how much a peer is to be preferred: by its measured speed, and not
// too little, so that those not measured yet get a chance. It is 0 while the
// peer is busy.
func (p *peer) weight(i int) (weight float64, has bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case !p.has.contains(i):
		return 0, false
	case p.down != nil:
		return 0, true
	case p.speed == 0:
		return unknownSpeed, true
	}
	return max(p.speed, floorRate) / float64(1+p.misses), true
}

// freed counts a download out, and lets those look again who wait for a peer.
func (s *Swarm) freed() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.loads--
	s.ring()
}

const (
	// maxLoads of a swarm go on at one time, as in browsers.
	maxLoads = 3
	// maxSegment bounds what a request may make us hold.
	maxSegment = 64 << 20
	// unknownSpeed is assumed of a peer that was not asked yet.
	unknownSpeed = 256 << 10
)
