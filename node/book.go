package node

import (
	"context"
	"errors"
	"time"

	"vidiverse/node/control"
	"vidiverse/node/store"
	"vidiverse/p2p/blockstore"
	"vidiverse/p2p/ledger"
)

// book writes down what was given of each video, and says of which files the
// room was well used.
type book struct {
	ledger *ledger.Ledger
	store  *store.Store
	blocks *blockstore.Store
	shelf  *shelf
}

const bookEvery = time.Minute

// Serve writes each minute, and once more when ctx ended.
func (b *book) Serve(ctx context.Context) error {
	tick := time.NewTicker(bookEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if err := b.write(); err != nil {
				return err
			}
		case <-ctx.Done():
			return errors.Join(b.write(), ctx.Err())
		}
	}
}

func (*book) String() string { return "what was given" }

// write passes on what the ledger counted. What could not be written stays
// there.
func (b *book) write() error {
	given := b.ledger.Drain()
	if len(given) == 0 {
		return nil
	}
	sent := map[control.Ref]int64{}
	for id, n := range given {
		k, _ := b.shelf.about(id)
		sent[k.ref] += n
	}
	if err := b.store.AddSent(sent); err != nil {
		b.ledger.Return(given)
		return err
	}
	for id, n := range given {
		b.blocks.Credit(id, n)
	}
	return nil
}

// unwritten is what was given of videos and is not written down yet.
func (b *book) unwritten() map[control.Ref]int64 {
	sent := map[control.Ref]int64{}
	for id, n := range b.ledger.Undrained() {
		k, _ := b.shelf.about(id)
		sent[k.ref] += n
	}
	return sent
}
