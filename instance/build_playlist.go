package instance

import (
	"context"

	"vidiverse/instance/account"
	"vidiverse/instance/channel"
	"vidiverse/instance/db"
	"vidiverse/instance/playlist"
	"vidiverse/instance/user"
	"vidiverse/instance/video"
)

func (i *Instance) buildPlaylists() {
	i.playlists = playlist.New(playlist.Config{
		DB: i.db, Blob: i.files, Jobs: i.jobs, Videos: i.videos, PublicURL: i.public, News: i.news, Log: i.log, Now: i.now,
		Still: i.gallery.Still, Pictures: i.engine.Thumbnails, TempDir: i.files.TempDir(),
		Looked: func(ctx context.Context, p playlist.Playlist) {
			if i.fetch != nil {
				i.fetch.PlaylistSeen(ctx, p.URL, p.FetchedAt)
			}
		},
	})
}

// household settles people with all that everybody has.
type household struct {
	*channel.Service
	instance *Instance
}

// Settle implements user.Households.
func (h household) Settle(ctx context.Context, tx db.Tx, id user.ID, home user.Home) (int64, error) {
	of, err := h.Service.Settle(ctx, tx, id, home)
	if err != nil {
		return 0, err
	}
	return of, h.instance.playlists.MakeWatchLater(ctx, tx, account.ID(of))
}

// contents are what is in a channel.
type contents struct {
	*video.Service
	playlists *playlist.Service
}

// RemoveOfChannel implements channel.Videos: videos go with their channel,
// playlists leave it.
func (c contents) RemoveOfChannel(ctx context.Context, tx db.Tx, id channel.ID) error {
	if err := c.playlists.LeaveChannel(ctx, tx, id); err != nil {
		return err
	}
	return c.Service.RemoveOfChannel(ctx, tx, id)
}
