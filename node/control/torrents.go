package control

import "context"

// TorrentOrigin is the Ref.Origin of a torrent; its Video is the info-hash in
// hex. Library.Video and Playback.Open take such a Ref as any other.
const TorrentOrigin = "torrent:"

// Torrents takes torrents from outside. Nothing is fetched before
// Playback.Open, and nothing is given to others that sharing does not allow.
type Torrents interface {
	// Link reads a magnet link. ErrInvalid: it is none.
	Link(ctx context.Context, link string) (Ref, error)
	// File reads a .torrent of at most 10 MiB. ErrInvalid: it is none, or one
	// with nothing that can be played.
	File(ctx context.Context, file []byte) (Ref, error)
}

// Torrent is what is known of one that is played.
type Torrent struct {
	Name     string `json:"name"` // of the file that is played
	Files    int    `json:"files"`
	Length   int64  `json:"length"`   // bytes of that file
	Held     int64  `json:"held"`     // of them, on this computer
	Rate     int64  `json:"rate"`     // bytes a second that come, lately
	Sent     int64  `json:"sent"`     // to those who are connected
	Browsers int    `json:"browsers"` // connected over WebRTC
	Programs int    `json:"programs"` // connected over TCP
	Servers  int    `json:"servers"`  // that have it, too
	Alone    bool   `json:"alone"`    // sharing is off: it comes from servers only
}
