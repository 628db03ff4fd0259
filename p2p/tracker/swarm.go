package tracker

import (
	"math/rand/v2"
	"net/netip"
	"sync"
	"time"
)

// member is one peer id of one socket in one swarm. sock, swarm and id never
// change; the fields up to pending are guarded by the shard's lock, next and
// prev by the socket's.
type member struct {
	sock  *socket
	swarm *swarm
	id    id
	index int32 // in swarm.members
	seen  int32 // Unix seconds of the last announce
	seed  bool
	gone  bool // no longer in the swarm
	rate  meter
	met   meter
	// pending are prints of the offers of this member that were relayed and
	// not answered: the oldest is forgotten first.
	pending []uint32

	next, prev *member
}

// host is a torrent program met over HTTP.
type host struct {
	id   id
	seen int32
	seed bool
}

// swarm is who watches one stream.
type swarm struct {
	hash    id
	members []*member
	byID    map[id]*member
	hosts   map[netip.AddrPort]host
	seeds   int // among members and hosts
}

// counts reports the swarm as an announce does. It may be nil.
func (w *swarm) counts() (complete, incomplete int) {
	if w == nil {
		return 0, 0
	}
	return w.seeds, len(w.members) + len(w.hosts) - w.seeds
}

func (w *swarm) setSeed(was *bool, now bool) {
	if *was != now {
		*was = now
		if now {
			w.seeds++
		} else {
			w.seeds--
		}
	}
}

func (w *swarm) insert(m *member) {
	m.index = int32(len(w.members))
	w.members = append(w.members, m)
	w.byID[m.id] = m
}

// remove takes a member out; another takes its place in the list.
func (w *swarm) remove(m *member) {
	w.setSeed(&m.seed, false)
	last := len(w.members) - 1
	moved := w.members[last]
	w.members[m.index], moved.index = moved, m.index
	w.members[last] = nil
	w.members = w.members[:last]
	if cap(w.members) > 64 && last < cap(w.members)/4 {
		w.members = append(make([]*member, 0, 2*last), w.members...)
	}
	delete(w.byID, m.id)
	m.gone = true
}

// pick chooses up to n distinct random members that are on another socket than
// from and may be introduced to somebody now.
func (w *swarm) pick(dst []*member, from *socket, n int, now time.Time) []*member {
	size := len(w.members)
	// Distinct: a random starting point and a step without common divisor walk
	// through all members once in an order that differs every time.
	step, at := coprime(size), 0
	if size > 0 {
		at = rand.IntN(size)
	}
	// A swarm whose members were all met enough is not searched to its end.
	for tries := min(size, 4*n+8); tries > 0 && len(dst) < n; tries-- {
		m := w.members[at]
		at = (at + step) % size
		if m.sock != from && m.met.allow(now, meetRate) {
			dst = append(dst, m)
		}
	}
	return dst
}

// coprime draws a step below n that visits every index.
func coprime(n int) int {
	if n <= 2 {
		return 1
	}
	for {
		if step := 1 + rand.IntN(n-1); gcd(step, n) == 1 {
			return step
		}
	}
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// expect remembers that an offer went to a member.
func (m *member) expect(print uint32) {
	if len(m.pending) == maxPending {
		copy(m.pending, m.pending[1:])
		m.pending = m.pending[:maxPending-1]
	}
	m.pending = append(m.pending, print)
}

// answered forgets an offer; it reports false when there was none.
func (m *member) answered(print uint32) bool {
	for i, p := range m.pending {
		if p == print {
			m.pending = append(m.pending[:i], m.pending[i+1:]...)
			return true
		}
	}
	return false
}

// printOf is FNV-1a over an offer id and the peer it was given to. A collision
// would only let an answer through that its receiver ignores.
func printOf(offer, peer *id) uint32 {
	h := uint32(2166136261)
	for _, c := range offer {
		h = (h ^ uint32(c)) * 16777619
	}
	for _, c := range peer {
		h = (h ^ uint32(c)) * 16777619
	}
	return h
}

// shard is a part of the swarms, by hash.
type shard struct {
	mu     sync.Mutex
	swarms map[id]*swarm
}

const shards = 64

// registry is every swarm of the tracker.
type registry [shards]shard

func (r *registry) shard(hash *id) *shard {
	// Hashes of one operator's videos are uniform; a stranger cannot choose
	// them where the tracker is private.
	return &r[(hash[0]^hash[7]*31^hash[13]*7)%shards]
}

// swarm returns the swarm of a hash, made if needed. mu is held.
func (s *shard) swarm(hash *id) *swarm {
	w := s.swarms[*hash]
	if w == nil {
		if s.swarms == nil {
			s.swarms = map[id]*swarm{}
		}
		w = &swarm{hash: *hash, byID: map[id]*member{}}
		s.swarms[*hash] = w
	}
	return w
}

// tidy forgets a swarm that nobody is in. mu is held.
func (s *shard) tidy(w *swarm) {
	if len(w.members) == 0 && len(w.hosts) == 0 {
		delete(s.swarms, w.hash)
	}
}

// drop ends a membership; a second time does nothing. mu is held.
func (s *shard) drop(m *member) {
	if !m.gone {
		m.swarm.remove(m)
		m.sock.unlink(m)
		s.tidy(m.swarm)
	}
}

// scrape reports the counts of hashes; one that nobody is in has none.
func (r *registry) scrape(dst []count, hashes []id) []count {
	for i := range hashes {
		c := count{hash: hashes[i]}
		s := r.shard(&c.hash)
		s.mu.Lock()
		c.complete, c.incomplete = s.swarms[c.hash].counts()
		s.mu.Unlock()
		dst = append(dst, c)
	}
	return dst
}

// sweep ends what was not announced for idleTime.
func (r *registry) sweep(now time.Time) {
	oldest := int32(now.Add(-idleTime).Unix())
	for i := range r {
		s := &r[i]
		s.mu.Lock()
		for _, w := range s.swarms {
			for j := len(w.members) - 1; j >= 0; j-- {
				if m := w.members[j]; m.seen < oldest {
					w.remove(m)
					m.sock.unlink(m)
				}
			}
			for addr, h := range w.hosts {
				if h.seen < oldest {
					w.forget(addr)
				}
			}
			s.tidy(w)
		}
		s.mu.Unlock()
	}
}

// size reports how many swarms, members and hosts there are.
func (r *registry) size() (swarms, members, hosts int) {
	for i := range r {
		s := &r[i]
		s.mu.Lock()
		swarms += len(s.swarms)
		for _, w := range s.swarms {
			members += len(w.members)
			hosts += len(w.hosts)
		}
		s.mu.Unlock()
	}
	return swarms, members, hosts
}
