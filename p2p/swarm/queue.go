package swarm

import (
	"context"
	"sync"
	"time"
)

// queue decides whose slice goes through the gate next. Each upload waits with
// one slice at most, so that a peer's bytes wait here, where its cancel reaches
// them, and not in a channel.
//
//	first   who would give up: no byte for so long that its patience ends soon
//	then    lives, whose segments are of use for seconds only
//	then    who got the least, counted from when it began to wait
type queue struct {
	mu      sync.Mutex
	busy    bool
	waiting []*ticket
	served  float64 // the account of who went last
}

// ticket is a slice that waits.
type ticket struct {
	account *account
	size    int
	urgent  bool
	turn    chan struct{} // closed when its turn has come
}

// account is what a peer got. It is guarded by queue.mu.
type account struct {
	bytes float64
	last  time.Time // when a slice of it went last, or its upload began
}

// enter waits for a turn, which leave ends.
func (q *queue) enter(ctx context.Context, a *account, size int, urgent bool) error {
	t := &ticket{account: a, size: size, urgent: urgent, turn: make(chan struct{})}
	q.mu.Lock()
	// Who was away has no claim to what it did not ask for.
	a.bytes = max(a.bytes, q.served)
	q.waiting = append(q.waiting, t)
	q.next()
	q.mu.Unlock()
	select {
	case <-t.turn:
		return nil
	case <-ctx.Done():
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	for i, other := range q.waiting {
		if other == t {
			q.waiting = append(q.waiting[:i], q.waiting[i+1:]...)
			return ctx.Err()
		}
	}
	q.busy = false // the turn came at the same moment
	q.next()
	return ctx.Err()
}

// leave ends a turn; sent says whether the slice went through.
func (q *queue) leave(a *account, size int, sent bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if sent {
		q.served = a.bytes
		a.bytes += float64(size)
		a.last = time.Now()
	}
	q.busy = false
	q.next()
}

// begin says that an upload begins: its peer's patience is new.
func (q *queue) begin(a *account) {
	q.mu.Lock()
	defer q.mu.Unlock()
	a.last = time.Now()
}

// next gives the turn to who has the best claim. mu is held.
func (q *queue) next() {
	if q.busy || len(q.waiting) == 0 {
		return
	}
	now, best := time.Now(), 0
	for i := range q.waiting {
		if q.waiting[i].before(q.waiting[best], now) {
			best = i
		}
	}
	t := q.waiting[best]
	q.waiting = append(q.waiting[:best], q.waiting[best+1:]...)
	q.busy = true
	close(t.turn)
}

// before reports whether t goes before other.
func (t *ticket) before(other *ticket, now time.Time) bool {
	if a, b := t.starving(now), other.starving(now); a != b {
		return a
	} else if a {
		return t.account.last.Before(other.account.last)
	}
	if t.urgent != other.urgent {
		return t.urgent
	}
	return t.account.bytes < other.account.bytes
}

// starving tells that the peer gives up before long.
func (t *ticket) starving(now time.Time) bool { return now.Sub(t.account.last) > starveTime }

// starveTime without a byte is half of a browser's patience.
const starveTime = time.Second
