package inbox

import (
	"context"
	"sync"
)

// batch has many who write at once write in one transaction: the disk is what
// takes long, and it takes as long for a hundred rows as for one. Whoever comes
// first writes for those who came meanwhile, then another of them does.
type batch struct {
	mu      sync.Mutex
	waiting []*entry
	writing bool
}

// entry is one who waits for the transaction.
type entry struct {
	item item
	lead chan struct{} // it is to write
	done chan error
}

// most rows of one transaction; who comes behind waits for the next.
const mostRows = 200

// add writes an item with others and returns once it is durable.
func (b *batch) add(ctx context.Context, i item, write func(ctx context.Context, items []item) error) error {
	own := &entry{item: i, lead: make(chan struct{}, 1), done: make(chan error, 1)}
	b.mu.Lock()
	b.waiting = append(b.waiting, own)
	if !b.writing {
		b.writing = true
		own.lead <- struct{}{}
	}
	b.mu.Unlock()
	// A client that goes away changes nothing: others depend on who leads.
	select {
	case err := <-own.done:
		return err
	case <-own.lead:
	}
	b.mu.Lock()
	n := min(len(b.waiting), mostRows)
	round := b.waiting[:n:n]
	b.waiting = b.waiting[n:]
	b.mu.Unlock()
	items := make([]item, n)
	for k, e := range round {
		items[k] = e.item
	}
	err := write(context.WithoutCancel(ctx), items)
	b.mu.Lock()
	if b.writing = len(b.waiting) > 0; b.writing {
		b.waiting[0].lead <- struct{}{}
	}
	b.mu.Unlock()
	for _, e := range round {
		e.done <- err
	}
	return <-own.done
}
