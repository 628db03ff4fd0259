// Package activitypub is the ActivityPub JSON that servers exchange, as plain
// structs: what stands on the wire and nothing else. Whom to believe is not
// decided here.
//
//	Activity ─ object ─┬─ address alone      Announce, Like, Delete, Follow
//	                   ├─ Video, Note, Playlist, CacheFile, WatchAction,
//	                   │  ActorDocument, PlayerSettings
//	                   └─ Activity           Accept, Reject, Undo
//	Video.url ─┬─ text/html              pages, for people; the first counts
//	           ├─ application/x-mpegURL  the master playlist
//	           │    └─ tag ─┬─ Infohash  a swarm that its tracker allows
//	           │            ├─ sha256    the digest list
//	           │            └─ video/mp4 files
//	           └─ rel tracker            sockets
//
// Read… takes what anyone may have sent: sizes, counts and depth are capped
// before anything is parsed (bounds.go), odd types are left out, contexts are
// never fetched, and nothing panics. Other software writes lists, addresses and
// texts in other ways than PeerTube; they are read alike. JSON() writes what
// PeerTube 8.2 writes, @context and all.
package activitypub

import (
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
)

// Public is the audience that is everybody.
const Public = "https://www.w3.org/ns/activitystreams#Public"

// ContentType is what servers answer with.
const ContentType = "application/activity+json; charset=utf-8"

// Video is PeerTube's object of a video. Members that PeerTube writes as null
// are pointers; those that it leaves out have omitempty.
type Video struct {
	Context               json.RawMessage `json:"@context,omitempty"`
	To                    List[string]    `json:"to"`
	CC                    List[string]    `json:"cc"`
	Type                  string          `json:"type"`
	ID                    string          `json:"id"`
	Name                  string          `json:"name"`
	Duration              string          `json:"duration"` // "PT10S"
	UUID                  string          `json:"uuid"`
	Category              *Label          `json:"category,omitempty"`
	Licence               *Label          `json:"licence,omitempty"`
	Language              *Label          `json:"language,omitempty"`
	Views                 int64           `json:"views"`
	Downloads             int64           `json:"downloads"`
	Sensitive             bool            `json:"sensitive"`
	Summary               *string         `json:"summary"` // why it is sensitive
	WaitTranscoding       bool            `json:"waitTranscoding"`
	State                 int             `json:"state"` // 1 published, 4 live to come, 5 live over
	CanReply              *string         `json:"canReply"`
	CommentsPolicy        int             `json:"commentsPolicy"`
	DownloadEnabled       bool            `json:"downloadEnabled"`
	Published             string          `json:"published"`
	OriginallyPublishedAt *string         `json:"originallyPublishedAt"`
	Schedules             List[Schedule]  `json:"schedules"`
	Updated               string          `json:"updated"`
	Tag                   List[Tag]       `json:"tag"`
	MediaType             string          `json:"mediaType"` // of Content
	Content               *string         `json:"content"`
	Support               *string         `json:"support"`
	SubtitleLanguage      List[Subtitle]  `json:"subtitleLanguage"`
	Icon                  List[Image]     `json:"icon"`
	Preview               List[Preview]   `json:"preview,omitempty"`
	AspectRatio           *float64        `json:"aspectRatio"`
	URL                   List[Link]      `json:"url"`
	Likes                 string          `json:"likes"`
	Dislikes              string          `json:"dislikes"`
	Shares                string          `json:"shares"`
	Comments              string          `json:"comments"`
	HasParts              Ref             `json:"hasParts"` // chapters
	PlayerSettings        Ref             `json:"playerSettings"`
	EmbedURL              *string         `json:"embedUrl"`
	AttributedTo          List[Actor]     `json:"attributedTo"`
	Audience              Ref             `json:"audience"`
	IsLiveBroadcast       bool            `json:"isLiveBroadcast"`
	LiveSaveReplay        *bool           `json:"liveSaveReplay"`
	PermanentLive         *bool           `json:"permanentLive"`
	LatencyMode           *int            `json:"latencyMode"`
	DVRWindow             *string         `json:"dvrWindow"`
}

// Label is a code with its name.
type Label struct {
	Identifier string `json:"identifier"`
	Name       string `json:"name"`
}

// Tag is a hashtag, a kind of what is sensitive, or who is mentioned.
type Tag struct {
	Type string `json:"type"` // Hashtag, SensitiveTag, Mention
	Href string `json:"href,omitempty"`
	Name string `json:"name"`
}

// Schedule is when a live is to begin.
type Schedule struct {
	StartDate string `json:"startDate"`
}

// Subtitle is a caption with its files.
type Subtitle struct {
	Label
	AutomaticallyGenerated bool       `json:"automaticallyGenerated"`
	URL                    List[Link] `json:"url"`
}

// Image is one size of a thumbnail.
type Image struct {
	Type      string `json:"type"`
	URL       string `json:"url"`
	MediaType string `json:"mediaType"`
	Width     int    `json:"width"`
	Height    int    `json:"height"`
}

// Preview is a storyboard.
type Preview struct {
	Type string       `json:"type"`
	Rel  List[string] `json:"rel"`
	URL  List[Sheet]  `json:"url"`
}

// Sheet is a picture of many small ones.
type Sheet struct {
	MediaType    string `json:"mediaType"`
	Href         string `json:"href"`
	Width        int    `json:"width"`
	Height       int    `json:"height"`
	TileWidth    int    `json:"tileWidth"`
	TileHeight   int    `json:"tileHeight"`
	TileDuration string `json:"tileDuration"`
}

// Link is an address of the video: a page, a file, a playlist, a tracker. In
// the Tag of a playlist it is also an Infohash, which has only a name.
type Link struct {
	Type       string         `json:"type"`
	Name       string         `json:"name,omitempty"`
	Rel        List[string]   `json:"rel,omitempty"`
	MediaType  string         `json:"mediaType,omitempty"`
	Href       string         `json:"href,omitempty"`
	Height     *int           `json:"height,omitempty"`
	Width      *int           `json:"width,omitempty"`
	Size       *int64         `json:"size,omitempty"`
	FPS        *int           `json:"fps,omitempty"`
	Attachment List[Property] `json:"attachment,omitempty"`
	Tag        List[Link]     `json:"tag,omitempty"`
}

// Property is a name with a value.
type Property struct {
	Type  string `json:"type"`
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Actor is who published.
type Actor struct {
	Type string `json:"type"` // Person, Group
	ID   string `json:"id"`
}

// Media types of links that are no plain files.
const (
	HLS     = "application/x-mpegURL"
	Torrent = "application/x-bittorrent"
	Magnet  = "application/x-bittorrent;x-scheme-handler/magnet"
)

// JSON writes the object, with the context of PeerTube if it has none.
func (v Video) JSON() ([]byte, error) {
	if v.Context == nil {
		v.Context = VideoContext
	}
	return Marshal(v)
}

// Page is the first page for people, empty if none is named: PeerTube names its
// short address first, for Mastodon, which shows it.
func (v Video) Page() string { return page(v.URL) }

// playlist is the first HLS link.
func (v Video) playlist() Link {
	for _, l := range v.URL {
		if l.MediaType == HLS {
			return l
		}
	}
	return Link{}
}

// MasterURL is the address of the master playlist, which names the swarms;
// empty if there is none.
func (v Video) MasterURL() string { return v.playlist().Href }

// DigestsURL is the address of the segments' digests; empty if there is none.
func (v Video) DigestsURL() string {
	for _, t := range v.playlist().Tag {
		if t.Name == "sha256" && t.MediaType == "application/json" {
			return t.Href
		}
	}
	return ""
}

// Hashes are the swarms of the master playlist, as the server federates them:
// its tracker knows no other. A hash stands in hexadecimal.
func (v Video) Hashes() [][20]byte {
	var all [][20]byte
	for _, t := range v.playlist().Tag {
		b, err := hex.DecodeString(t.Name)
		if t.Type == "Infohash" && err == nil && len(b) == 20 && !slices.Contains(all, [20]byte(b)) {
			all = append(all, [20]byte(b))
		}
	}
	return all
}

// Infohash is the tag of a swarm.
func Infohash(hash [20]byte) Link {
	return Link{Type: "Infohash", Name: hex.EncodeToString(hash[:])}
}

// Trackers are the addresses of the WebSocket trackers.
func (v Video) Trackers() []string {
	var all []string
	for _, l := range v.URL {
		socket := strings.HasPrefix(l.Href, "wss://") || strings.HasPrefix(l.Href, "ws://")
		if socket && slices.Contains(l.Rel, "tracker") && !slices.Contains(all, l.Href) {
			all = append(all, l.Href)
		}
	}
	return all
}
