package signal

import (
	"context"
	"encoding/hex"
	"math/rand/v2"
	"strings"
	"time"
)

// What a tracker says, by kind. Each reports false for a frame that came
// unasked.

// counted takes the reply to an announce.
func (s *socket) counted(h heard) bool {
	now := time.Now()
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	list := s.t.byHash[*h.InfoHash]
	if len(list) == 0 {
		return s.left(*h.InfoHash)
	}
	for _, e := range list {
		if !e.started {
			continue
		}
		e.others = int(min(max(h.Complete, 0)+max(h.Incomplete, 0), 1e6)) - 1
		e.others = max(e.others, 0)
		interval := intervalUsual
		if h.Interval > 0 {
			interval = time.Duration(min(h.Interval, intervalMost.Seconds()) * float64(time.Second))
		}
		interval = max(interval, intervalLeast)
		switch {
		case e.others == 0:
			e.hurry = false
			e.next = e.last.Add(max(interval, idleLeast+rand.N(idleMost-idleLeast)))
		case e.bare:
			// Now that others are known to be there, they are offered something.
			e.next = now.Add(followTime + rand.N(followTime))
		default:
			e.next = e.last.Add(interval + rand.N(interval/10))
		}
		if e.hurry && e.others > 0 && e.bare {
			e.next = now
		}
	}
	s.t.forgiven()
	s.t.poke()
	return true
}

// left reports whether a hash was announced on this socket and left since: what
// comes of it now was asked for. mu is held.
func (s *socket) left(hash id) bool {
	_, known := s.gone[hash]
	return known
}

// offered passes an offer on to the member, and its answer back.
func (s *socket) offered(ctx context.Context, h heard) bool {
	now := time.Now()
	s.c.mu.Lock()
	list := s.t.byHash[*h.InfoHash]
	if len(list) == 0 {
		defer s.c.mu.Unlock()
		return s.left(*h.InfoHash)
	}
	m := list[0].m
	ours := false
	for _, e := range list {
		ours = ours || e.m.self == *h.PeerID
	}
	if !list[0].started || ours {
		s.c.mu.Unlock()
		return false
	}
	s.c.stats.Offered++
	if s.c.offered >= maxOffered || !s.offers.allow(now, offerRate) {
		s.c.stats.Dropped++
		s.c.mu.Unlock()
		return true
	}
	s.c.offered++
	s.c.mu.Unlock()
	s.answers.Go(func() error {
		s.answer(ctx, m, h)
		s.c.mu.Lock()
		s.c.offered--
		s.c.mu.Unlock()
		return nil
	})
	return true
}

func (s *socket) answer(ctx context.Context, m *Member, h heard) {
	patience, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	sdp, err := m.peer.Offered(patience, string(h.PeerID[:]), h.Offer.SDP)
	if err != nil || sdp == "" {
		return // whoever offered asks somebody else
	}
	// A failed write ends the socket, which its reader notices.
	_ = s.write(ctx, reply{
		Action: "announce", InfoHash: m.hash, PeerID: m.self, ToPeerID: *h.PeerID,
		Answer: description{"answer", sdp}, OfferID: *h.OfferID,
	})
}

// answered passes an answer on to who made the offer.
func (s *socket) answered(h heard) bool {
	s.c.mu.Lock()
	var to *Member
	list := s.t.byHash[*h.InfoHash]
	known := len(list) == 0 && s.left(*h.InfoHash)
	for _, e := range list {
		if _, ours := e.pending[*h.OfferID]; ours && e.m.self != *h.PeerID {
			delete(e.pending, *h.OfferID)
			s.c.pending--
			s.c.stats.Answers++
			to = e.m
			break
		}
	}
	if to == nil {
		_, late := s.late[*h.OfferID]
		known = known || late
	}
	s.c.mu.Unlock()
	if to == nil {
		return known
	}
	to.peer.Answered(string(h.OfferID[:]), string(h.PeerID[:]), h.Answer.SDP)
	return true
}

// refused takes a failure. PeerTube closes the socket of who announces a hash that
// it does not know, and shuts the address out for a while; coming back early
// would make that longer.
func (s *socket) refused(h heard) (sense bool) {
	hash := h.InfoHash
	words, unknown := strings.CutPrefix(h.Failure, "Unknown infoHash")
	if unknown && hash == nil {
		hash = hashIn(words)
	}
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	if hash == nil || len(s.t.byHash[*hash]) == 0 {
		return hash != nil && s.left(*hash)
	}
	now := time.Now()
	for _, e := range s.t.byHash[*hash] {
		e.dead = e.dead || unknown
		e.others = 0
		e.next = now.Add(refusedTime + rand.N(refusedTime))
	}
	if unknown {
		s.c.bury(deadKey{s.t.host, *hash}, now)
		s.t.suspect = true
		s.t.shun(now)
	}
	return true
}

// bury remembers a hash that a tracker does not know. mu is held.
func (c *Client) bury(key deadKey, now time.Time) {
	for k, until := range c.dead {
		if now.After(until) {
			delete(c.dead, k)
		}
	}
	for k := range c.dead {
		if len(c.dead) < maxKeyed {
			break
		}
		delete(c.dead, k)
	}
	c.dead[key] = now.Add(deadTime)
}

// hashIn finds the hash in PeerTube's words, "<40 hex digits> requested by …".
func hashIn(words string) *id {
	f := strings.Fields(words)
	if len(f) == 0 {
		return nil
	}
	raw, err := hex.DecodeString(f[0])
	if err != nil || len(raw) != len(id{}) {
		return nil
	}
	hash := id(raw)
	return &hash
}
