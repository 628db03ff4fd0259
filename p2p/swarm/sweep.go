package swarm

import (
	"context"
	"time"

	"vidiverse/p2p/rtc"
)

// sweepUntil ends what nobody needs, every few seconds, until ctx ends.
func (n *Net) sweepUntil(ctx context.Context) {
	tick := time.NewTicker(sweepTime)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			full := n.room() == 0
			for _, s := range n.all() {
				s.sweep(now, full)
			}
		}
	}
}

// sweep lets offers expire and ends connections over which nothing is exchanged.
func (s *Swarm) sweep(now time.Time, full bool) {
	s.mu.Lock()
	var stale []*rtc.Attempt
	for id, o := range s.offers {
		if now.Sub(o.made) > offerTime {
			stale = append(stale, o.attempt)
			delete(s.offers, id)
		}
	}
	ends := map[*peer]error{}
	for _, p := range s.peers {
		if err := s.needless(p, now, full); err != nil {
			ends[p] = err
		}
	}
	s.mu.Unlock()
	for _, a := range stale {
		a.Close()
	}
	for p, err := range ends {
		p.end(err)
	}
}

// needless says why a connection is to be ended, nil if it is not. mu is held.
func (s *Swarm) needless(p *peer, now time.Time, full bool) error {
	idle := now.Sub(time.Unix(0, p.active.Load()))
	p.mu.Lock()
	busy, announced := p.up != nil || p.down != nil, p.announced
	sated := !s.sliding() && p.has.all(s.span())
	p.mu.Unlock()
	switch {
	case busy:
		return nil
	case !announced && idle > silentTime, idle > idleTime, full && idle > silentTime:
		return errIdle
	case sated && idle > satedTime && len(s.stream.Segments.Held()) == s.stream.Segments.Len():
		// Both hold everything. It may come back when it forgot something.
		s.avoided.until(p.id, now.Add(satedPause))
		return errIdle
	}
	return nil
}

const (
	sweepTime = 5 * time.Second
	// A peer is ended that never said anything, or has said nothing for long.
	silentTime = 2 * time.Minute
	idleTime   = 10 * time.Minute
	// satedTime after the last exchange two that hold everything part.
	satedTime  = 30 * time.Second
	satedPause = 10 * time.Minute
)
