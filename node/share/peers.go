package share

import (
	"context"
	"sync"
	"time"

	"vidiverse/p2p"
	"vidiverse/p2p/swarm"
)

// Peers are the people who have a stream, for somebody who plays it. They are a
// p2p.Source that has nothing while nothing is shared. Safe for several
// goroutines.
type Peers struct {
	share  *Share
	stream Stream

	mu   sync.Mutex
	want bool
	in   *network // where it was joined
}

// Peers returns the people who have a stream whose file the store knows, the
// same ones until nobody wants them, or nil while nothing is shared.
func (s *Share) Peers(stream Stream) *Peers {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.net == nil {
		return nil
	}
	p, known := s.wanted[stream.File]
	if !known {
		p = &Peers{share: s, stream: stream}
		s.wanted[stream.File] = p
	}
	return p
}

// Met is the people of a stream who are there anyhow, because something of it is
// held: nobody is looked for. Nil while nothing is shared.
func (s *Share) Met(stream Stream) *Peers {
	if s.running() == nil {
		return nil
	}
	return &Peers{share: s, stream: stream}
}

// Want says whether segments will be asked for: then people are looked for.
// A Peers that wanted has to stop wanting.
func (p *Peers) Want(active bool) {
	p.mu.Lock()
	p.want = active
	p.settle()
	p.mu.Unlock()
	if !active {
		p.share.mu.Lock()
		delete(p.share.wanted, p.stream.File)
		p.share.mu.Unlock()
	}
}

// settle joins where sharing goes on now. mu is held.
func (p *Peers) settle() {
	now := p.share.running()
	if p.in != nil && (!p.want || p.in != now) {
		p.in.play(p.stream, -1)
		p.in = nil
	}
	if p.want && p.in == nil && now != nil && now.play(p.stream, +1) {
		p.in = now
	}
}

// swarms are those of the stream, where sharing goes on now.
func (p *Peers) swarms() []*swarm.Swarm {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.settle()
	if now := p.share.running(); now != nil {
		return now.of(p.stream.File)
	}
	return nil
}

// Has tells whether somebody connected said that they have segment i.
func (p *Peers) Has(i int) bool {
	for _, s := range p.swarms() {
		if s.Has(i) {
			return true
		}
	}
	return false
}

// Count is how many are connected.
func (p *Peers) Count() (n int) {
	for _, s := range p.swarms() {
		n += s.Stats().Peers
	}
	return n
}

// Fetch implements p2p.Source: the bytes are verified.
func (p *Peers) Fetch(ctx context.Context, i int) ([]byte, error) {
	return p.FetchBy(ctx, i, time.Time{})
}

// FetchBy is Fetch of a segment that is needed at a time.
func (p *Peers) FetchBy(ctx context.Context, i int, due time.Time) ([]byte, error) {
	err := p2p.ErrAbsent
	for _, s := range p.swarms() {
		if !s.Has(i) {
			continue
		}
		var data []byte
		if data, err = s.FetchBy(ctx, i, due); err == nil || ctx.Err() != nil {
			return data, err
		}
	}
	return nil, err
}

// Fetching tells people that segment i is fetched from its origin and will be held,
// or no more.
func (p *Peers) Fetching(i int, on bool) {
	for _, s := range p.swarms() {
		s.Fetching(i, on)
	}
}

// play counts those who play a stream up or down. It reports whether the stream
// is joined.
func (n *network) play(s Stream, by int) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	m := n.members[s.File]
	if m == nil && by > 0 {
		m = n.join(s)
	}
	if m == nil {
		return false
	}
	m.playing = max(0, m.playing+by)
	for _, one := range m.swarms {
		one.Want(m.playing > 0)
	}
	n.leave(m)
	return true
}

func (n *network) of(id p2p.FileID) []*swarm.Swarm {
	n.mu.Lock()
	defer n.mu.Unlock()
	if m, in := n.members[id]; in {
		return m.swarms
	}
	return nil
}
