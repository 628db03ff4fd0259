package video

import (
	"time"

	"vidiverse/instance/access"
	"vidiverse/instance/account"
	"vidiverse/instance/channel"
	"vidiverse/instance/label"
	"vidiverse/instance/stream"
)

// What is said of rights is told in the words of access.
type (
	// ID is the number of a video; it never returns after a deletion.
	ID = access.VideoID
	// Ref names a video in a request: its number, its UUID or its short UUID.
	Ref = access.Ref
	// Privacy says who may see a video.
	Privacy = access.Privacy
	// Credentials are what a stranger may show for one video.
	Credentials = access.Credentials
)

// The privacies.
const (
	Public            = access.Public
	Unlisted          = access.Unlisted
	Private           = access.Private
	Internal          = access.Internal
	PasswordProtected = access.PasswordProtected
)

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

func (s State) String() string { return label.State(int(s)) }

func (s State) valid() bool { return s >= Published && s <= ToImportFailed }

// CommentsPolicy says whether comments are taken. The integers are PeerTube's.
type CommentsPolicy int

// The comment policies.
const (
	CommentsEnabled CommentsPolicy = iota + 1
	CommentsDisabled
	CommentsApproval
)

func (c CommentsPolicy) valid() bool { return c >= CommentsEnabled && c <= CommentsApproval }

func (c CommentsPolicy) String() string { return label.Comments(int(c)) }

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
func (v Video) ShortUUID() string { return access.ShortUUID(v.UUID) }

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
	Channel                 Owner
	Account                 Owner
	Thumbnails              []Image  // widest first
	Tags                    []string // only when asked for
	Viewers                 int      // watching now
	Schedule                *Schedule
	Starts                  []time.Time // of lives, where asked for: when they are to begin
	OwnerMuted, ServerMuted bool        // only when asked for
	Progress                int         // percent of the transcoding, -1 when none runs
	Playlist                *stream.Playlist
	WebVideos               []stream.Rendition // best first
	Source                  *stream.SourceInfo
	Remote                  *RemoteMedia // of videos of other servers, where files were asked for
	Mirrors                 []string     // base addresses of copies of the HLS files, likewise
}

// Schedule is a change of privacy at a later time.
type Schedule struct {
	UpdateAt time.Time `json:"updateAt"`
	Privacy  Privacy   `json:"privacy"` // 0 leaves it
}
