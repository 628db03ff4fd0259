package fetch

import (
	"context"
	"time"

	"vidiverse/instance/account"
	"vidiverse/instance/channel"
	"vidiverse/instance/db"
	"vidiverse/instance/video"
)

// Playlists keeps the playlists of other servers.
type Playlists interface {
	SaveRemote(ctx context.Context, tx db.Tx, p Playlist) error
	RemoveRemote(ctx context.Context, tx db.Tx, url string) error
	KnowsURL(ctx context.Context, url string) (bool, error)
	MarkFetched(ctx context.Context, tx db.Tx, url string) error
}

// Playlist is a playlist of another server, as it is kept.
type Playlist struct {
	URL, UUID, Name, Description string
	Unlisted                     bool
	Owner                        account.ID
	Channel                      channel.ID // 0 is none
	Thumbnail                    string     // address of its picture
	Position                     int        // in the channel; 0 is none
	Published, Updated           time.Time
	Elements                     []Element
}

// Element is a video, or a part of it, in a playlist.
type Element struct {
	URL         string
	Video       video.ID
	Position    int
	Start, Stop *int // seconds
}
