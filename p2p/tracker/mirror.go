package tracker

import (
	"sync"
	"time"

	"vidiverse/p2p/consent"
)

// Enroller says which nodes' proofs of consent count. It is asked at each of
// their announces, from several goroutines, and must not wait.
type Enroller interface {
	Enrolled(key consent.Key) bool
}

// Keys is an Enroller of nodes that are known beforehand.
type Keys map[consent.Key]bool

// Enrolled implements Enroller.
func (k Keys) Enrolled(key consent.Key) bool { return k[key] }

// mirror decides whether an announce is one of an enrolled node that wants to be
// met. A proof that fails is no reason to refuse its sender: it is a viewer then.
func (t *Tracker) mirror(s *socket, m *message, now time.Time) bool {
	if len(m.proof) == 0 || m.event == stopped || t.cfg.Nodes == nil || t.name == "" {
		return false
	}
	if s.node != nil && t.swarms.mirrored(s, m) {
		return t.cfg.Nodes.Enrolled(*s.node) // it was proven, and may have been revoked
	}
	p, err := consent.Read(m.proof)
	if err != nil {
		t.refused(badProof)
		return false
	}
	if !t.cfg.Nodes.Enrolled(p.Key) {
		return false // as most nodes are not: they prove it to everybody
	}
	claim := consent.Claim{Tracker: t.name, Hash: m.hash, Peer: m.peer, At: p.At}
	if !t.proven(s, p, claim, now) {
		t.refused(badProof)
		return false
	}
	s.node = &p.Key
	return true
}

// proven reports whether a proof is good, of now, and new. Keys are public: who
// knows one can make us verify, so failures are counted.
func (t *Tracker) proven(s *socket, p *consent.Proof, claim consent.Claim, now time.Time) bool {
	if off := now.UnixMilli() - p.At; off > skew.Milliseconds() || off < -skew.Milliseconds() {
		return false
	}
	if !t.clients.forger(s.src.addr, now, false) || !p.Proves(claim) {
		t.clients.forger(s.src.addr, now, true)
		return false
	}
	return t.proofs.take(claim, now)
}

// proofs are those that were taken lately.
type proofs struct {
	mu    sync.Mutex
	taken map[claimed]int64 // until when, in Unix milliseconds
}

// claimed is what is told apart: the tracker is always ours.
type claimed struct {
	hash, peer id
	at         int64
}

// take reports whether the proof is new.
func (p *proofs) take(c consent.Claim, now time.Time) bool {
	key := claimed{c.Hash, c.Peer, c.At}
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, used := p.taken[key]; used || len(p.taken) >= maxProofs {
		return false
	}
	if p.taken == nil {
		p.taken = map[claimed]int64{}
	}
	p.taken[key] = c.At + skew.Milliseconds()
	return true
}

// sweep forgets the proofs that are too old to be good anyway.
func (p *proofs) sweep(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for key, until := range p.taken {
		if now.UnixMilli() > until {
			delete(p.taken, key)
		}
	}
}

// mirrored reports whether the sender is a mirror already.
func (r *registry) mirrored(s *socket, m *message) bool {
	sh := r.shard(&m.hash)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	w := sh.swarms[m.hash]
	if w == nil {
		return false
	}
	me := w.byID[m.peer]
	return me != nil && me.sock == s && me.mirror
}
