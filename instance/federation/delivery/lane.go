package delivery

import (
	"context"
	"maps"
	"sync"
	"time"
)

// lanes are the places of requests under way. A request begins in the fast lane
// and, when it is not answered soon, gives its place there to another: so hosts
// that nobody knew to be slow hold up the others for a moment only.
type lanes struct{ fast, slow chan struct{} }

func newLanes(fast, slow int) lanes {
	return lanes{make(chan struct{}, fast), make(chan struct{}, slow)}
}

// enter waits for a place in the fast lane. leave gives back whichever is held.
func (l lanes) enter(ctx context.Context, patience time.Duration) (leave func(), err error) {
	select {
	case l.fast <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	var mu sync.Mutex
	held, gone := l.fast, make(chan struct{})
	move := func() {
		select {
		case l.slow <- struct{}{}:
		case <-gone:
			return
		}
		mu.Lock()
		defer mu.Unlock()
		select {
		case <-gone: // it ended just now, and gave back the fast place
			<-l.slow
		default:
			<-l.fast
			held = l.slow
		}
	}
	timer := time.AfterFunc(patience, move)
	return func() {
		timer.Stop()
		mu.Lock()
		defer mu.Unlock()
		close(gone)
		<-held
	}, nil
}

const (
	maxSlow  = 100_000 // hosts remembered as slow
	slowFor  = time.Hour
	slowness = time.Second // an answer after this makes a host slow
)

// Bounds of what usual may grow to: when this machine is busy all answers come
// late, and to begin yet more requests then would make them later.
const (
	firstUsual   = 20 * time.Millisecond
	longestUsual = 500 * time.Millisecond
)

// answered notes how long an answer took. usual follows the median: a few slow
// hosts do not move it.
func (s *Service) answered(took time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if took > s.usual {
		s.usual = min(s.usual+s.usual/16+1, longestUsual)
	} else {
		s.usual = max(s.usual-s.usual/16, time.Millisecond)
	}
}

// patience is how long a request may keep its place in the fast lane: as
// configured, or longer where four times that is usual now.
func (s *Service) patience() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return max(s.cfg.Patience, 4*s.usual)
}

// measured remembers whether a host took its time.
func (s *Service) measured(host int64, took time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if took < slowness {
		delete(s.slow, host)
		return
	}
	now := s.cfg.Now()
	if len(s.slow) >= maxSlow {
		maps.DeleteFunc(s.slow, func(_ int64, until time.Time) bool { return now.After(until) })
	}
	if len(s.slow) < maxSlow {
		s.slow[host] = now.Add(slowFor)
	}
}

func (s *Service) isSlow(host int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cfg.Now().Before(s.slow[host])
}
