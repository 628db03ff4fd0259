package rest

import (
	"encoding/json"
	"net/url"
)

// Playlist is a playlist without its videos.
type Playlist struct {
	ID                   int64       `json:"id"`
	UUID                 string      `json:"uuid"`
	ShortUUID            string      `json:"shortUUID"`
	IsLocal              bool        `json:"isLocal"`
	URL                  string      `json:"url"`
	DisplayName          string      `json:"displayName"`
	Description          *string     `json:"description"`
	Privacy              Label[int]  `json:"privacy"`
	ThumbnailPath        *string     `json:"thumbnailPath"`
	Thumbnails           []Thumbnail `json:"thumbnails"`
	EmbedPath            string      `json:"embedPath"`
	Type                 Label[int]  `json:"type"`
	VideosLength         int         `json:"videosLength"`
	CreatedAt            Time        `json:"createdAt"`
	UpdatedAt            Time        `json:"updatedAt"`
	OwnerAccount         Summary     `json:"ownerAccount"`
	VideoChannelPosition *int        `json:"videoChannelPosition"`
	VideoChannel         *Summary    `json:"videoChannel"`
}

// PlaylistCreated answers POST /video-playlists.
type PlaylistCreated struct {
	VideoPlaylist struct {
		ID        int64  `json:"id"`
		ShortUUID string `json:"shortUUID"`
		UUID      string `json:"uuid"`
	} `json:"videoPlaylist"`
}

// PlaylistElement is a video in a playlist; null where the viewer gets none.
type PlaylistElement struct {
	ID             int64  `json:"id"`
	Position       int    `json:"position"`
	StartTimestamp *int   `json:"startTimestamp"`
	StopTimestamp  *int   `json:"stopTimestamp"`
	Type           int    `json:"type"` // 0 shown, 1 deleted, 2 private, 3 unavailable
	Video          *Video `json:"video"`
}

// PlaylistElementCreated answers POST /video-playlists/{id}/videos.
type PlaylistElementCreated struct {
	VideoPlaylistElement struct {
		ID int64 `json:"id"`
	} `json:"videoPlaylistElement"`
}

// PlaylistWithVideo is one line of GET /users/me/video-playlists/videos-exist.
type PlaylistWithVideo struct {
	PlaylistElementID   int64  `json:"playlistElementId"`
	PlaylistID          int64  `json:"playlistId"`
	PlaylistDisplayName string `json:"playlistDisplayName"`
	PlaylistShortUUID   string `json:"playlistShortUUID"`
	StartTimestamp      *int   `json:"startTimestamp"`
	StopTimestamp       *int   `json:"stopTimestamp"`
}

// PlaylistInput is what a client may say of a playlist. It is the whole list: its
// owner, kind and place in the channel are not in it.
type PlaylistInput struct {
	DisplayName    Maybe[string] `json:"displayName"`
	Description    Maybe[string] `json:"description"`
	Privacy        Maybe[int]    `json:"privacy"`
	VideoChannelID Maybe[int64]  `json:"videoChannelId"`
}

// ParsePlaylistForm reads the members from a form; an empty text, like "null",
// clears. The error is a *BadInput.
func ParsePlaylistForm(form url.Values) (PlaylistInput, error) {
	f := formReader{form: form}
	in := PlaylistInput{
		DisplayName: f.text("displayName", false), Description: f.text("description", true),
		Privacy: formNumber[int](&f, "privacy"), VideoChannelID: formNumber[int64](&f, "videoChannelId"),
	}
	return in, f.err
}

// PlaylistElementInput is the body of the routes that add and change an element.
type PlaylistElementInput struct {
	VideoID        Ref        `json:"videoId"` // only to add one
	StartTimestamp Maybe[Int] `json:"startTimestamp"`
	StopTimestamp  Maybe[Int] `json:"stopTimestamp"`
}

// PlaylistReorder is the body of the routes that change an order.
type PlaylistReorder struct {
	StartPosition       *Int `json:"startPosition"`
	InsertAfterPosition *Int `json:"insertAfterPosition"`
	ReorderLength       *Int `json:"reorderLength"`
}

// Ref names something by its number, its UUID or its short UUID; clients send
// numbers as such or as texts.
type Ref string

// UnmarshalJSON reads a text or a number.
func (r *Ref) UnmarshalJSON(b []byte) error {
	if len(b) > 1 && b[0] == '"' {
		var text string
		err := json.Unmarshal(b, &text)
		*r = Ref(text)
		return err
	}
	var n json.Number
	if err := json.Unmarshal(b, &n); err != nil {
		return err
	}
	*r = Ref(n.String())
	return nil
}
