package tracker

import (
	"sync"
	"time"
)

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

// size reports how many swarms, members, mirrors among them, and hosts there are.
func (r *registry) size() (swarms, members, mirrors, hosts int) {
	for i := range r {
		s := &r[i]
		s.mu.Lock()
		swarms += len(s.swarms)
		for _, w := range s.swarms {
			members += len(w.members)
			mirrors += len(w.mirrors)
			hosts += len(w.hosts)
		}
		s.mu.Unlock()
	}
	return swarms, members, mirrors, hosts
}
