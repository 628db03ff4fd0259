package node

import (
	"context"
	"sync"
	"time"

	"vidiverse/p2p/blockstore"
)

const (
	mostUnasked = 50e9 // bytes that are kept without the user having said how much
	quotaPause  = 10 * time.Minute
)

// quota bounds what is kept: to what the user chose, or to half of what the
// disk has to give.
type quota struct {
	blocks  *blockstore.Store
	besides func() int64 // bytes that are kept elsewhere

	mu     sync.Mutex
	chosen int64
}

// set takes the user's choice; 0 is none.
func (q *quota) set(bytes int64) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.chosen = bytes
	return q.apply()
}

// apply is called with mu held.
func (q *quota) apply() error {
	most := q.chosen
	if most == 0 {
		free, err := q.blocks.Free()
		if err != nil {
			return err
		}
		most = min(mostUnasked, (free+q.blocks.Used())/2)
	}
	q.blocks.SetQuota(max(1, most-q.besides())) // 0 would be no bound at all
	return nil
}

// Serve looks again at the disk now and then, until ctx ends.
func (q *quota) Serve(ctx context.Context) error {
	tick := time.NewTicker(quotaPause)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
		q.mu.Lock()
		err := q.apply()
		q.mu.Unlock()
		if err != nil {
			return err
		}
	}
}

func (*quota) String() string { return "room for media" }
