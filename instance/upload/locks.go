package upload

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"vidiverse/instance/fault"
)

// locks gives each key to one holder at a time. A holder whose client has
// fallen silent is interrupted for the sake of the next: a phone that changed
// networks must not wait for its dead connection to time out.
type locks struct {
	stall time.Duration

	mu   sync.Mutex
	held map[string]*hold
}

type hold struct {
	locks     *locks
	key       string
	done      chan struct{}
	moved     atomic.Int64 // when the last byte came, Unix nanoseconds
	busy      atomic.Bool  // nobody may wait for this holder
	interrupt func()
}

func newLocks(stall time.Duration) *locks {
	return &locks{stall: stall, held: map[string]*hold{}}
}

// try takes the key if nobody holds it, else returns who does.
func (l *locks) try(key string, interrupt func()) (mine, other *hold) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if h, ok := l.held[key]; ok {
		return nil, h
	}
	h := &hold{locks: l, key: key, done: make(chan struct{}), interrupt: interrupt}
	h.touch()
	l.held[key] = h
	return h, nil
}

// take waits for the key, at most six times as long as a silent holder is
// suffered. interrupt makes the holder's reading return; nil is allowed.
func (l *locks) take(ctx context.Context, key string, interrupt func()) (*hold, error) {
	patience := time.NewTimer(6 * l.stall)
	defer patience.Stop()
	tick := time.NewTicker(l.stall / 8)
	defer tick.Stop()
	for {
		mine, other := l.try(key, interrupt)
		if mine != nil {
			return mine, nil
		}
		if other.busy.Load() {
			return nil, errBusy
		}
		select {
		case <-other.done:
		case <-tick.C:
			if other.interrupt != nil && time.Since(time.Unix(0, other.moved.Load())) > l.stall {
				other.interrupt()
			}
		case <-patience.C:
			return nil, fault.New(fault.Unavailable, "Another connection is sending this upload.").WithRetry(l.stall)
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (h *hold) touch() { h.moved.Store(time.Now().UnixNano()) }

func (h *hold) release() {
	h.locks.mu.Lock()
	delete(h.locks.held, h.key)
	h.locks.mu.Unlock()
	close(h.done)
}
