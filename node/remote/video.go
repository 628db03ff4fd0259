package remote

import "time"

// Instance is what a server says of itself.
type Instance struct {
	Origin      string   `json:"origin"` // where it answered: behind a redirect not what was asked
	Host        string   `json:"host"`
	Name        string   `json:"name"`
	Description string   `json:"description"`
	Version     string   `json:"version"` // "8.2.1"
	Avatar      string   `json:"avatar"`  // URL for Picture; may be empty
	STUN        []string `json:"stun"`    // "stun:host[:port]"
}

// Query chooses a part of a server's list. The zero Query is its newest videos.
type Query struct {
	Search string
	Sort   string // as REST has it: "-publishedAt" (default), "-trending", "-views"
	Start  int
	Count  int  // 1 to 100; 0 is 24
	Local  bool // only what the server itself published
}

// Page is a part of a list. Videos that could not be understood are missing.
type Page struct {
	Videos []Video
	Total  int // of the list, as the server says
}

// Video is what a server says of a video. Pictures are absolute URLs for
// Picture, empty if there are none.
type Video struct {
	Origin      string        `json:"origin"` // of the server that was asked
	Home        string        `json:"home"`   // of the server that published it
	UUID        string        `json:"uuid"`
	ShortUUID   string        `json:"shortUUID"`
	Title       string        `json:"title"`
	Description string        `json:"description"` // Markdown; shortened in lists
	Page        string        `json:"page"`        // at its home
	Channel     Channel       `json:"channel"`
	Thumbnail   string        `json:"thumbnail"`
	Poster      string        `json:"poster"`
	Duration    time.Duration `json:"duration"`
	Views       int64         `json:"views"`
	Likes       int64         `json:"likes"`
	Watching    int           `json:"watching"`
	Published   time.Time     `json:"published"`
	Updated     time.Time     `json:"updated"`
	Live        bool          `json:"live"`
	Sensitive   bool          `json:"sensitive"`
	Privacy     int           `json:"privacy"` // 1 public, 2 unlisted
	Tags        []string      `json:"tags"`    // of a Video, not in lists
}

// Channel is who published a video.
type Channel struct {
	Name   string `json:"name"` // for people
	Handle string `json:"handle"`
	Host   string `json:"host"`
	Avatar string `json:"avatar"`
}
