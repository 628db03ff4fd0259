package user

import (
	"sync"
	"time"
)

const (
	// sessionAge bounds how long another process of the same instance may
	// believe a token that was revoked here. In this process a revocation is
	// seen at once.
	sessionAge = 900 * time.Millisecond
	// maxSessions bounds the memory; a full cache is emptied.
	maxSessions = 50_000
)

// sessions remembers for a moment whose access tokens were shown, so that a
// page full of requests asks the database once.
type sessions struct {
	now func() time.Time

	watchers []func(gone func(Caller) bool)

	mu   sync.RWMutex
	gen  uint64 // grows with every revocation
	seen map[string]cached
}

type cached struct {
	caller Caller
	until  time.Time
}

func newSessions(now func() time.Time) *sessions {
	return &sessions{now: now, seen: make(map[string]cached)}
}

func (s *sessions) get(hash string) (Caller, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	c, ok := s.seen[hash]
	return c.caller, ok && s.now().Before(c.until)
}

// generation is read before the database is asked; put refuses what was read
// before a revocation.
func (s *sessions) generation() uint64 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.gen
}

func (s *sessions) put(gen uint64, hash string, c Caller, ends time.Time) {
	until := s.now().Add(sessionAge)
	if ends.Before(until) {
		until = ends
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if gen != s.gen {
		return
	}
	if len(s.seen) >= maxSessions {
		clear(s.seen)
	}
	s.seen[hash] = cached{c, until}
}

func (s *sessions) forgetUser(id ID) {
	s.forget(func(c Caller) bool { return c.UserID == id })
}

func (s *sessions) forgetFamily(family string) {
	s.forget(func(c Caller) bool { return c.Family == family })
}

// rotated forgets the tokens of a log-in that goes on with new ones.
func (s *sessions) rotated(family string) {
	s.drop(func(c Caller) bool { return c.Family == family })
}

func (s *sessions) forget(gone func(Caller) bool) {
	s.drop(gone)
	for _, tell := range s.watchers {
		tell(gone)
	}
}

func (s *sessions) drop(gone func(Caller) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gen++
	for hash, c := range s.seen {
		if gone(c.caller) {
			delete(s.seen, hash)
		}
	}
}
