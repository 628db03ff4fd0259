package uitest

import (
	"sync"
	"testing"
	"time"
)

// Loop is a UI goroutine for tests: what is dispatched runs when the test asks.
type Loop struct {
	mu    sync.Mutex
	queue []func()
	news  chan struct{}
}

// NewLoop returns an empty loop.
func NewLoop() *Loop { return &Loop{news: make(chan struct{}, 1)} }

// Dispatch queues a function.
func (l *Loop) Dispatch(do func()) {
	l.mu.Lock()
	l.queue = append(l.queue, do)
	l.mu.Unlock()
	select {
	case l.news <- struct{}{}:
	default:
	}
}

// Run runs what is queued, and reports whether there was anything.
func (l *Loop) Run() bool {
	l.mu.Lock()
	queue := l.queue
	l.queue = nil
	l.mu.Unlock()
	for _, do := range queue {
		do()
	}
	return len(queue) > 0
}

// Until runs what is dispatched until a condition holds.
func (l *Loop) Until(t testing.TB, what string, holds func() bool) {
	t.Helper()
	limit := time.NewTimer(20 * time.Second)
	defer limit.Stop()
	for {
		l.Run()
		if holds() {
			return
		}
		select {
		case <-l.news:
		case <-limit.C:
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

// Settle runs what is dispatched until nothing was for a while, or for a second.
func (l *Loop) Settle(quiet time.Duration) {
	end := time.NewTimer(time.Second)
	defer end.Stop()
	for {
		for l.Run() {
		}
		select {
		case <-l.news:
		case <-time.After(quiet):
			return
		case <-end.C:
			return
		}
	}
}

// For runs what is dispatched for some time.
func (l *Loop) For(d time.Duration) {
	end := time.NewTimer(d)
	defer end.Stop()
	for {
		l.Run()
		select {
		case <-l.news:
		case <-end.C:
			return
		}
	}
}
