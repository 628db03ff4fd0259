// Package cache remembers answers for a few seconds, so that a flood of one
// question costs one answer. Whoever changes the truth empties it.
package cache

import (
	"sync"
	"time"
)

// Cache holds answers. The zero value is ready; it is safe for concurrent use.
type Cache[K comparable, V any] struct {
	Max   int           // entries; 0 is 10,000; not to be changed in use
	Life  time.Duration // of an answer; 0 is 5 s; likewise
	mu    sync.RWMutex
	known map[K]answer[V]
}

type answer[V any] struct {
	value V
	until time.Time
}

const (
	ttl        = 5 * time.Second
	defaultMax = 10_000
)

// Get returns the answer if there is one that is young enough.
func (c *Cache[K, V]) Get(key K, now time.Time) (V, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	e, ok := c.known[key]
	return e.value, ok && now.Before(e.until)
}

// Put remembers an answer. It empties a full cache: everything in it is young.
func (c *Cache[K, V]) Put(key K, value V, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	limit := c.Max
	if limit == 0 {
		limit = defaultMax
	}
	if c.known == nil || len(c.known) >= limit {
		c.known = map[K]answer[V]{}
	}
	life := c.Life
	if life == 0 {
		life = ttl
	}
	c.known[key] = answer[V]{value, now.Add(life)}
}

// Drop forgets one answer.
func (c *Cache[K, V]) Drop(key K) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.known, key)
}

// Clear forgets everything.
func (c *Cache[K, V]) Clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.known = nil
}
