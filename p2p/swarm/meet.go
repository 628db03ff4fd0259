package swarm

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"vidiverse/p2p/rtc"
	"vidiverse/p2p/signal"
)

// door is how the tracker client reaches a swarm: a signal.Peer.
type door struct{ s *Swarm }

// offer is one that nobody answered yet.
type offer struct {
	attempt *rtc.Attempt
	made    time.Time
}

// Errors of offers that are not answered: the other side asks somebody else.
var (
	errFull    = errors.New("swarm: no more peers")
	errKnown   = errors.New("swarm: connected to that peer")
	errAvoided = errors.New("swarm: not with that peer")
)

// Offers makes at most n offers, fewer when there is no room for their answers.
func (d door) Offers(ctx context.Context, n int) []signal.Offer {
	s := d.s
	var list []signal.Offer
	for range min(n, s.room()) {
		a, err := s.n.cfg.Host.Offer(ctx)
		if err != nil {
			break
		}
		id := rand.Text()[:20]
		s.mu.Lock()
		if s.left {
			s.mu.Unlock()
			a.Close()
			break
		}
		if s.offers == nil {
			s.offers = map[string]*offer{}
		}
		s.offers[id] = &offer{attempt: a, made: time.Now()}
		s.mu.Unlock()
		list = append(list, signal.Offer{ID: id, SDP: a.SDP()})
	}
	return list
}

// room is for how many more offers there is room.
func (s *Swarm) room() int {
	free := s.n.room()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.left {
		return 0
	}
	return max(0, min(free, s.n.cfg.MaxPeersPerSwarm-len(s.peers)-len(s.coming)-len(s.offers)))
}

// Offered answers an offer. A peer that is connected already is not answered:
// the browser would drop the second connection.
func (d door) Offered(ctx context.Context, from, sdp string) (answer string, err error) {
	s := d.s
	if s.n.room() == 0 {
		return "", errFull
	}
	who, err := s.expect(from, false)
	if err != nil {
		return "", err
	}
	a, err := s.n.cfg.Host.Accept(ctx, sdp)
	if err != nil {
		who.leave()
		return "", fmt.Errorf("swarm: answer: %w", err)
	}
	if !s.n.spawn(func(ctx context.Context) { s.meet(ctx, a, who) }) {
		a.Close()
		who.leave()
		return "", errDown
	}
	return a.SDP(), nil
}

// Answered connects to a peer that answered one of our offers.
func (d door) Answered(offerID, from, sdp string) {
	s := d.s
	a := s.takeOffer(offerID)
	if a == nil {
		return // expired, or never ours
	}
	who, err := s.expect(from, true)
	if err != nil {
		a.Close()
		return
	}
	meet := func(ctx context.Context) {
		if err := a.Answer(sdp); err != nil {
			a.Close()
			who.leave()
			return
		}
		s.meet(ctx, a, who)
	}
	if !s.n.spawn(meet) {
		a.Close()
		who.leave()
	}
}

// Expired forgets an offer that nobody answered.
func (d door) Expired(offerID string) {
	if a := d.s.takeOffer(offerID); a != nil {
		a.Close()
	}
}

func (s *Swarm) takeOffer(id string) *rtc.Attempt {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.offers[id]
	if o == nil {
		return nil
	}
	delete(s.offers, id)
	return o.attempt
}

// visitor is a peer from when it is expected until it has gone.
type visitor struct {
	s     *Swarm
	id    string
	ours  bool            // the offer was
	ctx   context.Context // ends when it is expected no more
	unask context.CancelFunc
}

// expect counts a peer in that is about to come, unless it is not welcome. When
// each side answered the other's offer, the offer of the smaller id stands, on
// both sides: browsers have smaller ids than we, and keep their own.
func (s *Swarm) expect(id string, ours bool) (*visitor, error) {
	ctx, err := s.n.context()
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.left || id == s.self || s.avoided.id(id) {
		return nil, errAvoided
	}
	other := s.coming[id]
	if s.knows(id) || other != nil && (other.ours || !ours || s.self > id) {
		return nil, errKnown
	}
	if other == nil && len(s.peers)+len(s.coming) >= s.n.cfg.MaxPeersPerSwarm || !s.n.enter() {
		return nil, errFull
	}
	if other != nil {
		other.unask()
	}
	if s.coming == nil {
		s.coming = map[string]*visitor{}
	}
	v := &visitor{s: s, id: id, ours: ours}
	v.ctx, v.unask = context.WithCancel(ctx)
	s.coming[id] = v
	return v, nil
}

// came ends a visitor's coming, and reports whether it is still expected.
func (v *visitor) came() bool {
	v.s.mu.Lock()
	defer v.s.mu.Unlock()
	expected := v.s.coming[v.id] == v
	if expected {
		delete(v.s.coming, v.id)
	}
	return expected
}

// leave counts a visitor out.
func (v *visitor) leave() {
	v.came()
	v.unask()
	v.s.n.leave()
}

// knows reports whether a peer with that id is connected. mu is held.
func (s *Swarm) knows(id string) bool {
	for _, p := range s.peers {
		if p.id == id {
			return true
		}
	}
	return false
}

// meet waits for the channel to open and serves the peer until it goes.
func (s *Swarm) meet(ctx context.Context, a *rtc.Attempt, who *visitor) {
	defer who.leave()
	patience, cancel := context.WithTimeout(who.ctx, meetTime)
	c, err := a.Conn(patience)
	cancel()
	if err != nil {
		a.Close()
		return
	}
	s.connected(ctx, who, c)
}

const (
	// meetTime is for a connection from both descriptions to its open channel.
	meetTime = 30 * time.Second
	// offerTime is when browsers, too, let an offer go.
	offerTime = 50 * time.Second
)
