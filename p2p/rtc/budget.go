package rtc

import (
	"net/netip"
	"sync"
	"time"
)

// budget allows each address one event in every, and burst at once. A
// household's IPv6 network is one address. The zero time means full.
type budget struct {
	every time.Duration
	burst int

	mu   sync.Mutex
	used map[netip.Addr]time.Time // when it will be full again
}

// maxBudgets bounds an address map's memory. When it is full of addresses that
// have spent something, one of them starts anew.
const maxBudgets = 4096

// allow spends one event of an address and reports whether there was one.
func (b *budget) allow(a netip.Addr, now time.Time) bool {
	key := household(a)
	b.mu.Lock()
	defer b.mu.Unlock()
	at, known := b.used[key]
	if at.Before(now) {
		at = now
	}
	if at.Sub(now) > b.every*time.Duration(b.burst-1) {
		return false
	}
	if !known && len(b.used) >= maxBudgets {
		b.evict(now)
	}
	if b.used == nil {
		b.used = map[netip.Addr]time.Time{}
	}
	b.used[key] = at.Add(b.every)
	return true
}

// refund gives one event back.
func (b *budget) refund(a netip.Addr) {
	key := household(a)
	b.mu.Lock()
	defer b.mu.Unlock()
	if at, known := b.used[key]; known {
		b.used[key] = at.Add(-b.every)
	}
}

// evict forgets some addresses whose budget is full, or else any. mu is held.
func (b *budget) evict(now time.Time) {
	looked, forgotten := 0, 0
	for key, at := range b.used {
		if !at.After(now) {
			delete(b.used, key)
			forgotten++
		}
		if looked++; looked == 64 {
			break
		}
	}
	if forgotten == 0 {
		for key := range b.used {
			delete(b.used, key)
			return
		}
	}
}

func household(a netip.Addr) netip.Addr {
	a = a.Unmap()
	if a.Is6() {
		if p, err := a.WithZone("").Prefix(64); err == nil {
			return p.Addr()
		}
	}
	return a
}
