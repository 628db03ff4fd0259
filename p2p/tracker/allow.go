package tracker

import (
	"context"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

// Allower says which hashes may be announced. It may be called from several
// goroutines; what it says is believed for a minute, an error is not kept.
type Allower interface {
	Allowed(ctx context.Context, hash [20]byte) (bool, error)
}

// maxVerdicts bounds the memory of the allow list's answers.
const maxVerdicts = 65_536

type verdict struct {
	allowed bool
	until   time.Time
}

// allowList remembers what the Allower said.
type allowList struct {
	ask    Allower
	flight singleflight.Group

	mu       sync.Mutex
	verdicts map[id]verdict
}

// cached reports what is known of a hash.
func (l *allowList) cached(hash id, now time.Time) (allowed, known bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	v, ok := l.verdicts[hash]
	return v.allowed, ok && now.Before(v.until)
}

// allowed asks. A new video's viewers come together: one of them asks for all.
func (l *allowList) allowed(ctx context.Context, hash id, now time.Time) (bool, error) {
	got, err, _ := l.flight.Do(string(hash[:]), func() (any, error) {
		ctx, cancel := context.WithTimeout(ctx, askTime)
		defer cancel()
		allowed, err := l.ask.Allowed(ctx, hash)
		if err == nil {
			l.put(hash, verdict{allowed, now.Add(allowTime)})
		}
		return allowed, err
	})
	if err != nil {
		return false, err
	}
	return got.(bool), nil
}

func (l *allowList) put(hash id, v verdict) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.verdicts) >= maxVerdicts {
		for h := range l.verdicts {
			delete(l.verdicts, h)
			break
		}
	}
	l.verdicts[hash] = v
}

func (l *allowList) forget(hash id) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.verdicts, hash)
}

func (l *allowList) sweep(now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for h, v := range l.verdicts {
		if !now.Before(v.until) {
			delete(l.verdicts, h)
		}
	}
}

// strict counts announces by address and hash in windows of five minutes, as
// PeerTube does when tracker.reject_too_many_announces is set.
type strict struct {
	mu    sync.Mutex
	start time.Time
	seen  map[strictKey]int
}

type strictKey struct {
	client netip.Addr
	hash   id
}

// count reports how many announces of the hash the client has made.
func (s *strict) count(client netip.Addr, hash id, now time.Time) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.Sub(s.start) >= strictFor {
		s.start, s.seen = now, map[strictKey]int{}
	}
	key := strictKey{client, hash}
	if n := s.seen[key]; n > 0 || len(s.seen) < maxClients {
		s.seen[key] = n + 1
		return n + 1
	}
	return 0
}
