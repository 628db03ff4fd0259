package tracker

// A socket lists its memberships, so that its end is theirs.

// link counts a membership; it reports false when the socket has too many.
func (s *socket) link(m *member) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.left || s.count == maxPerSocket || s.used(m.swarm) >= maxPerSwarm {
		return false
	}
	if m.next = s.members; m.next != nil {
		m.next.prev = m
	}
	s.members = m
	s.count++
	m.met = s.met
	return true
}

// used counts the socket's memberships in a swarm, whichever way is shorter.
// mu and the shard are held.
func (s *socket) used(w *swarm) (n int) {
	if s.count > len(w.members) {
		for _, m := range w.members {
			if m.sock == s {
				n++
			}
		}
		return n
	}
	for m := s.members; m != nil; m = m.next {
		if m.swarm == w {
			n++
		}
	}
	return n
}

func (s *socket) unlink(m *member) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m.prev != nil {
		m.prev.next = m.next
	} else {
		s.members = m.next
	}
	if m.next != nil {
		m.next.prev = m.prev
	}
	m.next, m.prev = nil, nil
	s.count--
	s.met = max(s.met, m.met)
}

// Leave implements wsock.Handler: it ends all memberships. The socket takes no
// new ones from here on.
func (s *socket) Leave() {
	for {
		s.mu.Lock()
		s.left = true
		m := s.members
		s.mu.Unlock()
		if m == nil {
			return
		}
		sh := s.tracker.swarms.shard(&m.swarm.hash)
		sh.mu.Lock()
		sh.drop(m)
		sh.mu.Unlock()
	}
}
