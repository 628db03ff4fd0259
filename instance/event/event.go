// Package event passes hints between packages: a video was published, a job
// moved on. A hint may be lost, doubled or late; what must happen is a job.
// An event carries ids, never data: who hears it asks the database.
package event

import (
	"context"
	"slices"
	"sync"
)

// Event is one hint.
type Event struct {
	Topic string // the noun: "video", "job"
	ID    int64  // of the row, 0 when there is none
	Name  string // what happened: "published", "progress"
}

// Bus carries events from publishers to whoever subscribes. It is safe for
// several goroutines.
type Bus interface {
	// Publish never waits for a subscriber: one whose queue is full misses it.
	Publish(ctx context.Context, e Event)
	// Subscribe returns the events of the topics from now on; no topic means
	// all of them. The channel is closed when ctx ends.
	Subscribe(ctx context.Context, topics ...string) <-chan Event
}

// depth is how many unread events a subscriber may have before it misses some.
const depth = 64

// Memory is the Bus of one process.
type Memory struct {
	mu   sync.Mutex
	subs map[*subscription]struct{}
}

type subscription struct {
	topics []string
	out    chan Event
}

// NewMemory returns a Bus without subscribers.
func NewMemory() *Memory {
	return &Memory{subs: map[*subscription]struct{}{}}
}

// Publish implements Bus.
func (m *Memory) Publish(_ context.Context, e Event) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for s := range m.subs {
		if len(s.topics) > 0 && !slices.Contains(s.topics, e.Topic) {
			continue
		}
		select {
		case s.out <- e:
		default: // full: events are hints
		}
	}
}

// Subscribe implements Bus.
func (m *Memory) Subscribe(ctx context.Context, topics ...string) <-chan Event {
	s := &subscription{topics: slices.Clone(topics), out: make(chan Event, depth)}
	m.mu.Lock()
	m.subs[s] = struct{}{}
	m.mu.Unlock()
	context.AfterFunc(ctx, func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		delete(m.subs, s)
		close(s.out) // under the lock: Publish sends under it
	})
	return s.out
}
