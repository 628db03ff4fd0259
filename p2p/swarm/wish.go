package swarm

import (
	"context"
	"math/rand/v2"
	"slices"
	"time"
)

// wish is a segment that somebody waits for. Several may wait for few peers:
// then those go first that are needed soon, and of the others those that the
// fewest hold, because they may be gone tomorrow.
type wish struct {
	segment int
	size    int64     // 0: only who holds it knows
	due     time.Time // when it is needed, zero: nobody says
	tried   map[*peer]bool
	turn    chan grant // has room for one
}

// grant is a peer that was reserved for a wish; nil: nobody holds the segment.
type grant struct {
	p *peer
	d *download
}

// await returns a reserved peer as soon as it is the wish's turn.
func (s *Swarm) await(ctx context.Context, w *wish) (grant, error) {
	s.mu.Lock()
	s.wishes = append(s.wishes, w)
	s.assign()
	s.mu.Unlock()
	select {
	case g := <-w.turn:
		return g, nil
	case <-ctx.Done():
	}
	s.mu.Lock()
	s.wishes = slices.DeleteFunc(s.wishes, func(other *wish) bool { return other == w })
	s.mu.Unlock()
	select {
	case g := <-w.turn: // it came at the same moment
		if g.p != nil {
			g.p.settle(g.d, ctx.Err())
			s.freed()
		}
	default:
	}
	return grant{}, ctx.Err()
}

// assign gives idle peers to the wishes that need them most, and sends away
// those that nobody can fulfil. mu is held.
func (s *Swarm) assign() {
	if len(s.wishes) == 0 {
		return
	}
	s.wishes = slices.DeleteFunc(s.wishes, func(w *wish) bool {
		if s.rarity(w) > 0 {
			return false
		}
		w.turn <- grant{}
		return true
	})
	for s.loads < maxLoads {
		w, p := s.best()
		if w == nil {
			return
		}
		s.wishes = slices.DeleteFunc(s.wishes, func(other *wish) bool { return other == w })
		w.turn <- s.reserve(w, p)
	}
}

// best is the wish that goes first, of those for which a peer is idle. mu is
// held.
func (s *Swarm) best() (best *wish, with *peer) {
	soon, fewest := time.Time{}, 0
	for _, w := range s.wishes {
		p := s.pick(w)
		if p == nil {
			continue
		}
		due := w.pressing()
		few := s.rarity(w)
		switch {
		case best == nil:
		case due.IsZero() != soon.IsZero():
			if due.IsZero() {
				continue
			}
		case !due.IsZero():
			if !due.Before(soon) {
				continue
			}
		case few >= fewest:
			continue
		}
		best, with, soon, fewest = w, p, due, few
	}
	return best, with
}

// pressing is when the segment is needed, if that is soon.
func (w *wish) pressing() time.Time {
	if w.due.IsZero() || time.Until(w.due) > pressTime {
		return time.Time{}
	}
	return w.due
}

// rarity is how many hold the segment of a wish and were not tried. mu is held.
func (s *Swarm) rarity(w *wish) (n int) {
	for _, p := range s.peers {
		if s.useful(p, w) && p.offers(w.segment) {
			n++
		}
	}
	return n
}

// useful reports whether a peer may be asked for a wish at all. mu is held.
func (s *Swarm) useful(p *peer, w *wish) bool {
	return !w.tried[p] && s.askable(p, time.Now())
}

// askable reports whether a peer may be asked for anything. mu is held.
func (s *Swarm) askable(p *peer, now time.Time) bool {
	if p.ctx.Err() != nil || s.avoided.peer(p) {
		return false
	}
	p.mu.Lock()
	unknown, resting := p.tally.kept == 0, now.Before(p.resting)
	p.mu.Unlock()
	return !resting && (!unknown || s.trust.ask(now))
}

// pick is an idle peer for a wish, the faster ones more often. mu is held.
func (s *Swarm) pick(w *wish) (p *peer) {
	total := 0.0
	for _, other := range s.peers {
		if !s.useful(other, w) {
			continue
		}
		// Each is taken with the probability of its share of all so far.
		weight := other.weight(w.segment)
		if total += weight; weight > 0 && rand.Float64()*total < weight {
			p = other
		}
	}
	return p
}

// reserve keeps a peer for a wish. mu is held.
func (s *Swarm) reserve(w *wish, p *peer) grant {
	s.loads++
	w.tried[p] = true
	p.mu.Lock()
	defer p.mu.Unlock()
	return grant{p, p.ask(w.segment, w.size)}
}

// hedge reserves a second peer for a wish, if one is idle.
func (s *Swarm) hedge(w *wish) grant {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.loads >= maxLoads+maxHedges {
		return grant{}
	}
	p := s.pick(w)
	if p == nil {
		return grant{}
	}
	return s.reserve(w, p)
}

// weight is how much a peer is to be preferred: by its measured speed, and not
// too little, so that those not measured yet get a chance. It is 0 if the peer
// does not hold the segment, or is busy.
func (p *peer) weight(i int) float64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.down != nil || !p.has.contains(i):
		return 0
	case p.speed == 0:
		return unknownSpeed
	}
	return max(p.speed, floorRate) / (1 + p.tally.broken)
}

// freed counts a download out, and gives the peer to who waits.
func (s *Swarm) freed() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.loads--
	s.assign()
}

// rearrange looks again who can be asked for what.
func (s *Swarm) rearrange() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.assign()
}

const (
	// maxLoads of a swarm go on at one time, as in browsers, and a few more for
	// those that are late.
	maxLoads, maxHedges = 3, 2
	// pressTime before it is needed a segment goes before rarer ones.
	pressTime = 5 * time.Second
)
