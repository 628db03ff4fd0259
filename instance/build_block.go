package instance

import (
	"context"

	"vidiverse/instance/api"
	"vidiverse/instance/block"
	"vidiverse/instance/db"
	"vidiverse/instance/event"
	"vidiverse/instance/notify"
	"vidiverse/instance/socket"
	"vidiverse/instance/video"
)

// told is what tells people of news.
type told struct {
	events  *event.Memory
	notices *notify.Service
	sockets *socket.Server
	door    *api.API
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

// liveChanged hints at a live of another server that went on air or off it.
func (i *Instance) liveChanged(ctx context.Context, id video.ID) {
	i.events.Publish(ctx, event.Event{Topic: socket.LiveTopic, ID: int64(id), Name: "state-change"})
}

func (i *Instance) buildSockets() {
	i.sockets = socket.New(socket.Config{
		Users: i.users, Events: i.events, Remote: i.remote, Log: i.log, Viewers: func(id int64) int { return i.stats.Watching(video.ID(id)) },
		State: func(ctx context.Context, id int64) (int, error) {
			state, err := i.videos.StateOf(ctx, video.ID(id))
			return int(state), err
		},
		Notification: func(ctx context.Context, id int64) ([]byte, error) {
			n, err := i.notices.Get(ctx, notify.ID(id))
			if err != nil {
				return nil, err
			}
			return i.door.Notification(ctx, n)
		},
	})
}
