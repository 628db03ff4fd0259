// Package playlist holds lists of videos: in what order, from which second to
// which, in which channel, and who may see them. Everybody has one named "Watch
// later", which nobody else sees and its owner cannot delete.
//
//	Create ──▶ playlist ── AddVideo, Reorder ──▶ elements 1, 2, 3 …
//	              │
//	              └── its picture: chosen, or that of its first video
//
// Those of other servers come and go by SaveRemote and RemoveRemote. Whether a
// channel may hold a playlist is one function for both ways. Private ones are
// told to nobody.
package playlist

import (
	"time"

	"vidiverse/instance/access"
	"vidiverse/instance/account"
	"vidiverse/instance/channel"
	"vidiverse/instance/fault"
	"vidiverse/instance/video"
)

// ID is the number of a playlist; it never returns.
type ID int64

// ElementID is the number of a video in a playlist.
type ElementID int64

// Privacy says who may see a playlist. The integers are PeerTube's.
type Privacy int

// The privacies.
const (
	Public Privacy = iota + 1
	Unlisted
	Private
)

// Valid reports whether p is one of the privacies.
func (p Privacy) Valid() bool { return p >= Public && p <= Private }

func (p Privacy) String() string {
	if !p.Valid() {
		return "Unknown"
	}
	return Privacies()[int(p)]
}

// Privacies are the numbers of all privacies with their names.
func Privacies() map[int]string { return map[int]string{1: "Public", 2: "Unlisted", 3: "Private"} }

// Kind is what a playlist is for. The integers are PeerTube's.
type Kind int

// The kinds.
const (
	Regular Kind = iota + 1
	WatchLater
)

func (k Kind) String() string {
	if k == WatchLater {
		return "Watch later"
	}
	return "Regular"
}

// Playlist is a playlist without its elements.
type Playlist struct {
	ID          ID
	UUID        string
	URL         string
	Local       bool
	Owner       account.ID
	Channel     channel.ID // 0 is none
	Position    int        // in the channel, from 1; 0 is none
	Name        string
	Description string
	Privacy     Privacy
	Kind        Kind
	Length      int         // elements
	Thumbnails  []Thumbnail // narrowest first
	FetchedAt   time.Time   // of remote ones: when it was last read
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// ShortUUID is the 22 character form of the UUID.
func (p Playlist) ShortUUID() string { return access.ShortUUID(p.UUID) }

// Thumbnail is one size of a picture, stored under thumbnails/.
type Thumbnail struct {
	Width, Height int
	File          string
}

// Draft is a playlist to make.
type Draft struct {
	Name        string
	Description string
	Privacy     Privacy // 0 is private
	Channel     channel.ID
}

// Patch is a change: what is nil stays as it is, what points to a zero value is
// cleared.
type Patch struct {
	Name        *string
	Description *string
	Privacy     *Privacy
	Channel     *channel.ID
}

// Query asks for a part of a list of playlists.
type Query struct {
	Start, Count int        // Count 0 asks for the total alone
	Sort         string     // name, displayName, match, createdAt, updatedAt, videoChannelPosition, with - for descending; else -createdAt
	Kind         Kind       // 0 is all
	Search       string     // like the name; empty is all
	Account      account.ID // 0 is all
	Channel      channel.ID // 0 is all
	Channels     []string   // names of channels of this instance; empty is all
	Host         string     // of whose server; empty is all
	UUIDs        []string   // nil is all
	Filled       bool       // with a video at least
	Known        bool       // leave out servers that this one does not follow
	here         bool       // Host is this instance
	found        []int64    // whose names resemble Search; nil is all
}

// Availability is what a viewer gets of a video in a playlist. The integers are
// PeerTube's.
type Availability int

// What a viewer gets.
const (
	Shown       Availability = iota
	Deleted                  // the video is gone
	Hidden                   // the viewer may not see it
	Unavailable              // its owner is muted
)

// Element is a video, or a part of it, in a playlist.
type Element struct {
	ID          ElementID
	Position    int  // from 1
	Start, Stop *int // seconds
	Is          Availability
	Video       *video.Item // only when shown
}

// Existing says where a video stands in one of its viewer's playlists.
type Existing struct {
	Playlist    Playlist // ID, UUID and Name only
	Element     ElementID
	Start, Stop *int
}

// Remote is a playlist of another server. The caller knows that who sent it may
// say this of the owner's playlists; whether the channel is the owner's is checked
// here.
type Remote struct {
	URL, UUID, Name, Description string
	Unlisted                     bool
	Owner                        account.ID
	Channel                      channel.ID // 0 is none
	Thumbnail                    string     // address of its picture; empty is none
	Position                     int        // in the channel; 0 is none
	Published, Updated           time.Time
	Elements                     []RemoteElement
	Told                         bool // the elements are read later: those that are known stay
}

// RemoteElement is a video in such a playlist.
type RemoteElement struct {
	URL         string
	Video       video.ID
	Position    int
	Start, Stop *int // seconds
}

// PeerTube's limits, and ours where it has none.
const (
	maxCount          = 100
	maxStart          = 1 << 31
	maxSearch         = 1000
	maxChoices        = 100
	maxElements       = 5000
	maxRemoteElements = 1000
	maxURL            = 2000
	maxSeconds        = 1<<31 - 1
	maxExist          = 1000 // videos that are looked for at once
	listTimeout       = 5 * time.Second
)

func notFound() error { return fault.New(fault.NotFound, "Video playlist not found") }
