package tracker

import (
	"net/netip"
	"time"
)

// ask is one HTTP announce.
type ask struct {
	hash, peer id
	addr       netip.AddrPort
	event      event
	seeder     bool
	want       int
	compact    bool
}

// found is one peer of the answer to it.
type found struct {
	addr netip.AddrPort
	id   id
}

// join counts a torrent program in and reports others, itself included, as
// bittorrent-tracker does.
func (r *registry) join(a *ask, now time.Time) (complete, incomplete int, peers []found) {
	s := r.shard(&a.hash)
	s.mu.Lock()
	defer s.mu.Unlock()
	w := s.swarm(&a.hash)
	defer s.tidy(w)
	if a.event == stopped {
		w.forget(a.addr)
	} else {
		w.put(a, now)
	}
	for addr, h := range w.hosts {
		if len(peers) >= a.want {
			break
		}
		peers = append(peers, found{addr, h.id})
	}
	complete, incomplete = w.counts()
	return complete, incomplete, peers
}

func (w *swarm) put(a *ask, now time.Time) {
	h, known := w.hosts[a.addr]
	if !known {
		if len(w.hosts) >= maxHosts {
			w.forgetOldest()
		}
		if w.hosts == nil {
			w.hosts = map[netip.AddrPort]host{}
		}
	}
	h.id, h.seen = a.peer, int32(now.Unix())
	w.setSeed(&h.seed, h.seed || a.seeder || a.event == completed)
	w.hosts[a.addr] = h
}

func (w *swarm) forget(addr netip.AddrPort) {
	if h, ok := w.hosts[addr]; ok {
		w.setSeed(&h.seed, false)
		delete(w.hosts, addr)
	}
}

func (w *swarm) forgetOldest() {
	var victim netip.AddrPort
	oldest := int32(1<<31 - 1)
	for addr, h := range w.hosts {
		if h.seen < oldest {
			victim, oldest = addr, h.seen
		}
	}
	w.forget(victim)
}
