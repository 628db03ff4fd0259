package swarm

import (
	"net/netip"
	"time"
)

// Stats of a swarm, or of all of them. Counts are since the beginning.
type Stats struct {
	Peers   int // connected
	Serving int // of them, being sent a segment now
	// Sent and Received are bytes of segments.
	Sent, Received int64
	// Served are segments sent whole, Cancelled those that the peer, or its
	// going, cut short, and Refused those we did not begin.
	Served, Cancelled, Refused int64
	// Fetched are segments received and verified, Failed requests that brought
	// none, and Banned the peers that were sent away for what they did.
	Fetched, Failed, Banned int64
	// Vain are the bytes of Sent that helped nobody, because the upload was cut
	// short; Spilled those of Received that were thrown away; Hedged the
	// segments that a second peer brought before the first.
	Vain, Spilled, Hedged int64
}

// Usefulness is the part of what was sent that helped somebody, 1 if nothing
// was.
func (s Stats) Usefulness() float64 {
	if s.Sent == 0 {
		return 1
	}
	return 1 - float64(s.Vain)/float64(s.Sent)
}

// PeerInfo is one connection.
type PeerInfo struct {
	Remote         netip.AddrPort
	Sent, Received int64 // bytes of segments
	Since          time.Time
}

func (c *counters) stats() Stats {
	return Stats{
		Sent: c.sent.Load(), Received: c.received.Load(),
		Served: c.served.Load(), Cancelled: c.cancelled.Load(), Refused: c.refused.Load(),
		Fetched: c.fetched.Load(), Failed: c.failed.Load(), Banned: c.banned.Load(),
		Vain: c.vain.Load(), Spilled: c.spilled.Load(), Hedged: c.hedged.Load(),
	}
}

// count changes the swarm's counters and those of all.
func (s *Swarm) count(change func(c *counters)) {
	change(&s.counts)
	change(&s.n.counts)
}

// Stats reports what the swarm did and does.
func (s *Swarm) Stats() Stats {
	st := s.counts.stats()
	s.mu.Lock()
	defer s.mu.Unlock()
	st.Peers = len(s.peers)
	for _, p := range s.peers {
		if p.serving() {
			st.Serving++
		}
	}
	return st
}

// Stats reports what all swarms did and do.
func (n *Net) Stats() Stats {
	st := n.counts.stats()
	for _, s := range n.all() {
		one := s.Stats()
		st.Peers += one.Peers
		st.Serving += one.Serving
	}
	return st
}

// Peers lists the connections, the oldest first.
func (s *Swarm) Peers() []PeerInfo {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]PeerInfo, 0, len(s.peers))
	for _, p := range s.peers {
		list = append(list, PeerInfo{Remote: p.conn.Remote(), Sent: p.sent.Load(), Received: p.received.Load(), Since: p.since})
	}
	return list
}
