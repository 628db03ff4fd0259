package player

import "sync/atomic"

// bell rings once, and again only after it was answered: a flood of news is
// one call for whoever is slow.
type bell struct {
	rung   atomic.Bool
	listen func()
}

func (b *bell) ring() {
	if b.listen != nil && b.rung.CompareAndSwap(false, true) {
		b.listen()
	}
}

// answer comes before what is new is read, so that nothing newer stays unheard.
func (b *bell) answer() { b.rung.Store(false) }
