// Package control is what a window, a command line or a phone may ask of a
// node: its noun services, in process or over a local socket.
//
//	ui/viewmodel ─▶ Services ─┬─ in process: package node's own
//	                          └─ Dial(socket) ── HTTP ── Server(Services)
//
// It holds the questions, their values and the wire between two processes of
// the same user; no rule of a node is here. The socket can be opened by its
// owner alone, and both ends say which Version they speak before anything else.
package control

import (
	"context"
	"errors"
	"time"
)

// Version of the questions. Ends that differ do not talk.
const Version = 3

// Errors that a caller tells apart, with errors.Is, also over the socket. Each
// comes wrapped in a sentence for people.
var (
	ErrInvalid     = errors.New("control: not valid")
	ErrNotFound    = errors.New("control: not found")
	ErrForbidden   = errors.New("control: not allowed")
	ErrUnavailable = errors.New("control: not available now") // offline, a server that does not answer
	ErrVersion     = errors.New("control: the other end is another version")
)

// Services are all that a node offers. They may be used from several
// goroutines, and end with the node.
type Services struct {
	Library  Library
	Playback Playback
	Sharing  Sharing
	Mirrors  Mirrors
	Settings Settings
	Torrents Torrents
	Links    Links
}

// Ref names a video: the instance through which it was found, as
// Instance.Origin, and the video's UUID.
type Ref struct {
	Origin string `json:"origin"`
	Video  string `json:"video"`
}

// Instance is a PeerTube or Vidiverse server.
type Instance struct {
	Origin      string `json:"origin"` // "https://mare.video", without a slash at the end
	Host        string `json:"host"`   // "mare.video"
	Name        string `json:"name"`
	Description string `json:"description"`
	Problem     Word   `json:"problem,omitzero"` // why it could not be asked lately
	Key         string `json:"key,omitempty"`    // by which its operator enrols this node, another for each
}

// Card is a video in a list.
type Card struct {
	Ref
	Title     string        `json:"title"`
	Channel   string        `json:"channel"` // display name
	Host      string        `json:"host"`    // where the channel lives
	Avatar    string        `json:"avatar"`  // for Library.Picture; empty if there is none
	Thumbnail string        `json:"thumbnail"`
	Duration  time.Duration `json:"duration"`
	Views     int64         `json:"views"`
	Watching  int           `json:"watching"` // of a live
	Published time.Time     `json:"published"`
	Live      bool          `json:"live"`
	Sensitive bool          `json:"sensitive"`
	Kept      bool          `json:"kept"` // all of one rendition is on this computer
}

// Video is all that a watch page shows.
type Video struct {
	Card
	Poster      string    `json:"poster"`      // for Library.Picture, larger than Thumbnail
	Description string    `json:"description"` // Markdown as the author wrote it
	Likes       int64     `json:"likes"`
	Tags        []string  `json:"tags"`
	Page        string    `json:"page"` // the video's web page
	Captions    []Caption `json:"captions"`
}

// Caption is a subtitle track.
type Caption struct {
	Language string `json:"language"` // "fr"
	Label    string `json:"label"`    // "French"
	URL      string `json:"url"`      // in a Session: loopback WebVTT; empty otherwise
}

// Query chooses a page of a list. The zero Query is the newest videos of all
// instances.
type Query struct {
	Origin string `json:"origin,omitempty"` // one instance only
	Search string `json:"search,omitempty"`
	Sort   string `json:"sort,omitempty"` // "-publishedAt" (default), "-trending", "-views"
	Start  int    `json:"start,omitempty"`
	Count  int    `json:"count,omitempty"` // 1 to 100; 0 means 24
}

// Page is a part of a list.
type Page struct {
	Cards    []Card `json:"cards"`
	Total    int    `json:"total"`
	Problems []Word `json:"problems,omitempty"` // of instances that did not answer
}

// Library is the instances that are followed and their videos.
type Library interface {
	// Add asks the server at an address as people type it ("mare.video", a link
	// to one of its videos) and follows it. ErrInvalid: not an address, or no
	// PeerTube there; ErrUnavailable: no answer.
	Add(ctx context.Context, address string) (Instance, error)
	// Remove unfollows. What was kept for the instance is dropped.
	Remove(ctx context.Context, origin string) error
	Instances(ctx context.Context) ([]Instance, error)
	List(ctx context.Context, q Query) (Page, error)
	Video(ctx context.Context, ref Ref) (Video, error)
	// Resolve says which video a pasted link means.
	Resolve(ctx context.Context, link string) (Ref, error)
	// Picture is an image file of at most 8 MiB that a Card or Video names.
	Picture(ctx context.Context, ref Ref, name string) ([]byte, error)
}

// Origins of bytes, in the order of every meter.
const (
	FromDevice = "device"
	FromPeople = "people"
	FromMirror = "mirror"
	FromServer = "server"
)

// Quality is a rendition that can be chosen.
type Quality struct {
	Height    int   `json:"height"` // 0: sound alone
	FPS       int   `json:"fps"`
	Bandwidth int64 `json:"bandwidth"` // bits a second
}

// Session is a video being played. Its URLs are on loopback, carry a token that
// is worthless after Close, and are all that a player ever gets.
type Session struct {
	ID        string        `json:"id"`
	Live      bool          `json:"live"`
	Duration  time.Duration `json:"duration"` // 0 of a live
	Media     string        `json:"media"`    // MP4 with an index, or a live HLS playlist
	Sound     string        `json:"sound"`    // MP4 of the sound where it is apart; else empty
	Qualities []Quality     `json:"qualities"`
	Quality   int           `json:"quality"` // height of Media
	Auto      bool          `json:"auto"`
	Captions  []Caption     `json:"captions"`
}

// Progress is what is known of a session's bytes.
type Progress struct {
	Bytes    map[string]int64 `json:"bytes"` // by origin of bytes
	Spans    []Span           `json:"spans"` // loaded, in order
	Verified int              `json:"verified"`
	Refused  int              `json:"refused"` // segments that came wrong and were replaced
	Peers    int              `json:"peers"`
	Waiting  string           `json:"waiting"`           // for what, in words; empty if not
	Stuck    bool             `json:"stuck"`             // a read was cut: open Media again at the position
	Suggest  int              `json:"suggest"`           // height that Auto would play now
	Torrent  *Torrent         `json:"torrent,omitempty"` // of a session of one
}

// Span is a loaded part of the video.
type Span struct {
	From    time.Duration `json:"from"`
	To      time.Duration `json:"to"`
	Source  string        `json:"source"`
	Refused bool          `json:"refused,omitempty"`
}

// Playback plays videos.
type Playback interface {
	// Open starts a session. Quality 0 is Auto.
	Open(ctx context.Context, ref Ref, quality int) (Session, error)
	// Prepare tells where the player is about to seek: what it needs there is
	// fetched at once, and a read that is stuck elsewhere is cut (Progress says
	// Stuck then).
	Prepare(ctx context.Context, id string, at time.Duration) error
	// Choose switches to a height, or to Auto with 0. The answer has a new
	// Media to open at the position.
	Choose(ctx context.Context, id string, quality int) (Session, error)
	// Progress also says where the player is, which decides what is fetched.
	Progress(ctx context.Context, id string, at time.Duration) (Progress, error)
	Close(ctx context.Context, id string) error
}

// Mirror is how much of an instance is kept for others.
type Mirror struct {
	Origin string `json:"origin"`
	Limit  int64  `json:"limit"` // bytes; 0: nothing is kept
	Videos int    `json:"videos"`
	Bytes  int64  `json:"bytes"`
	Doing  Word   `json:"doing,omitzero"` // what it fetches, or why it does not
}

// Holding is a video on this computer.
type Holding struct {
	Ref
	Title  string  `json:"title"`
	Bytes  int64   `json:"bytes"`
	Part   float64 `json:"part"` // 0 to 1 of its renditions together
	Sent   int64   `json:"sent"`
	Mirror bool    `json:"mirror"` // kept by a rule, not because it was watched
}

// Mirrors keeps the newest videos of instances.
type Mirrors interface {
	List(ctx context.Context) ([]Mirror, error)
	Set(ctx context.Context, origin string, limit int64) error
	Holdings(ctx context.Context) ([]Holding, error)
}

// Preferences are what the user sets. Rates are bytes a second, sizes bytes.
type Preferences struct {
	UploadRate int64  `json:"uploadRate"` // 0: no limit
	MonthCap   int64  `json:"monthCap"`   // 0: none
	Disk       int64  `json:"disk"`       // for all that is kept; 0: a default by free space
	From       string `json:"from"`       // "23:00"; empty From and To: always
	To         string `json:"to"`
	Metered    bool   `json:"metered"` // share on metered networks too
	Folder     string `json:"folder"`  // where media are kept; empty: beside the node's data
	Language   string `json:"language"`
	Theme      string `json:"theme"` // "", "light", "dark"
}

// Settings are the preferences.
type Settings interface {
	Preferences(ctx context.Context) (Preferences, error)
	// Set checks and stores; ErrInvalid names the field.
	Set(ctx context.Context, p Preferences) error
}
