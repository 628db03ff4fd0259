package inbox_test

import (
	"context"

	"vidiverse/instance/activitypub"
	"vidiverse/instance/actor"
	"vidiverse/instance/db"
	"vidiverse/instance/federation/inbox"
	"vidiverse/instance/video"
)

func (c *counted) note(tx db.Tx, do func()) error {
	tx.AfterCommit(func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		do()
	})
	return nil
}

func (c *counted) RemoteView(_ context.Context, tx db.Tx, v inbox.View) error {
	return c.note(tx, func() {
		if v.Viewers > 0 {
			c.viewers = v.Viewers
		} else {
			c.views++
		}
	})
}

func (c *counted) RemoteDownload(_ context.Context, tx db.Tx, _ video.ID, _ actor.Actor) error {
	return c.note(tx, func() { c.downloads++ })
}

func (c *counted) RemoteWatch(_ context.Context, tx db.Tx, _ video.ID, _ actor.Actor, _ activitypub.WatchAction) error {
	return c.note(tx, func() { c.watched++ })
}
