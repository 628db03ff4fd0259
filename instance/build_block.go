package instance

import (
	"context"

	"vidiverse/instance/block"
	"vidiverse/instance/db"
	"vidiverse/instance/event"
	"vidiverse/instance/notify"
)

// told is what tells people of news.
type told struct {
	events  *event.Memory
	notices *notify.Service
}

func (i *Instance) buildBlocks() {
	i.events = event.NewMemory()
	i.blocks = block.New(block.Config{
		DB: i.db, Actors: i.actors, Accounts: i.accounts, Now: i.now,
		// These stand on floors above; they are there before anyone asks.
		Muted:   func(ctx context.Context, tx db.Tx, m block.Muting) error { return i.notices.Muted(ctx, tx, m) },
		Changed: func() { i.videos.Forget() },
	})
}
