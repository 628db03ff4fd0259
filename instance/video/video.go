package video

import (
	"encoding/json"
	"time"

	"vidiverse/instance/account"
	"vidiverse/instance/channel"
)

// ID is the number of a video; it never returns after a deletion.
type ID int64

// Privacy says who may see a video. The integers are PeerTube's.
type Privacy int

// The privacies.
const (
	Public Privacy = iota + 1
	Unlisted
	Private
	Internal
	PasswordProtected
)

// Open reports whether the bytes may be read without a right: such files lie
// in the public folder.
func (p Privacy) Open() bool { return p == Public || p == Unlisted }

func (p Privacy) valid() bool { return p >= Public && p <= PasswordProtected }

// State is where a video stands in its life. The integers are PeerTube's.
type State int

// The states.
const (
	Published State = iota + 1
	ToTranscode
	ToImport
	WaitingForLive
	LiveEnded
	ToMoveToExternalStorage
	TranscodingFailed
	ToMoveToExternalStorageFailed
	ToEdit
	ToMoveToFileSystem
	ToMoveToFileSystemFailed
	ToImportFailed
)

func (s State) valid() bool { return s >= Published && s <= ToImportFailed }

// CommentsPolicy says whether comments are taken. The integers are PeerTube's.
type CommentsPolicy int

// The comment policies.
const (
	CommentsEnabled CommentsPolicy = iota + 1
	CommentsDisabled
	CommentsApproval
)

// NSFWFlags is a bit mask: 1 violent, 2 explicit sex.
type NSFWFlags int

// Include is a bit mask of what a list shows beyond the ordinary.
type Include int

// The bits of Include.
const (
	IncludeNotPublished Include = 1 << iota
	IncludeBlacklisted
	IncludeBlockedOwner
	IncludeFiles
	IncludeCaptions
	IncludeSource
	IncludeAutomaticTags
	IncludeTags
)

// Video is the row of a video with its counters. Optional numbers and strings
// are zero when absent.
type Video struct {
	ID           ID
	UUID         string
	URL          string
	Local        bool
	ChannelID    channel.ID
	AccountID    account.ID
	Name         string
	Description  string
	Support      string
	Category     int
	Licence      int
	Language     string
	Privacy      Privacy
	State        State
	NSFW         bool
	NSFWFlags    NSFWFlags
	NSFWSummary  string
	Comments     CommentsPolicy
	Downloadable bool
	Wait         bool // not shown before it is transcoded
	Duration     int  // seconds
	AspectRatio  float64
	IsLive       bool
	CreatedAt    time.Time
	UpdatedAt    time.Time
	PublishedAt  time.Time
	OriginallyAt time.Time // zero when unknown
	InputFileAt  time.Time // zero when the file was never replaced
	Counters     Counters
}

// ShortUUID is the 22 character form of the UUID.
func (v Video) ShortUUID() string { return ShortUUID(v.UUID) }

// Counters are what viewers did with a video.
type Counters struct {
	Views, Likes, Dislikes, Comments, Downloads int64
}

// Image is a thumbnail or avatar file.
type Image struct {
	Width, Height int
	File          string
	CreatedAt     time.Time
	UpdatedAt     time.Time
}

// Owner is the summary of the channel or account behind a video.
type Owner struct {
	ID          int64
	Name        string
	DisplayName string
	URL         string
	Host        string  // empty when local
	Avatars     []Image // narrowest first
}

// Item is a video as lists show it.
type Item struct {
	Video
	Channel    Owner
	Account    Owner
	Thumbnails []Image  // widest first
	Tags       []string // only when asked for
	Viewers    int      // watching now
	Schedule   *Schedule
	Progress   int // percent of the transcoding, -1 when none runs
	Playlist   *Playlist
	Source     *SourceInfo
}

// Schedule is a change of privacy at a later time.
type Schedule struct {
	UpdateAt time.Time `json:"updateAt"`
	Privacy  Privacy   `json:"privacy"` // 0 leaves it
}

// Playlist is the current HLS playlist of a video with its files.
type Playlist struct {
	ID         int64
	Master     string
	Sha256     string
	Private    bool // the folder the files lie in
	Renditions []Rendition
}

// SourceInfo describes the uploaded original.
type SourceInfo struct {
	Filename      string
	Key           string // empty once the file was removed
	Size          int64
	Resolution    int
	Width, Height int
	FPS           float64
	Metadata      json.RawMessage
	CreatedAt     time.Time
}
