package node

import (
	"context"
	"time"
)

// feelEvery is how often it is felt whether others in the house wait for what is
// sent here.
const feelEvery = 250 * time.Millisecond

// yields tells the gate how long packets wait, until ctx ends.
func (n *Node) yields(ctx context.Context) error {
	tick := time.NewTicker(feelEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
		if added, known := n.ledger.Delay(); known {
			n.gate.Felt(added)
		}
	}
}
