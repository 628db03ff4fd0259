package rest

import "encoding/json"

// Thumbnail is one size of a video's picture.
type Thumbnail struct {
	Height      int    `json:"height"`
	Width       int    `json:"width"`
	AspectRatio string `json:"aspectRatio"`
	FileURL     string `json:"fileUrl"`
}

// VideoAvatar is an avatar inside a list of videos: there it has no height.
type VideoAvatar struct {
	Width     int    `json:"width"`
	Path      string `json:"path"`
	FileURL   string `json:"fileUrl"`
	CreatedAt string `json:"createdAt"` // a Time, written once for all videos of a page
	UpdatedAt string `json:"updatedAt"`
}

// VideoOwner is the account or channel inside a list of videos.
type VideoOwner struct {
	ID          int64         `json:"id"`
	DisplayName string        `json:"displayName"`
	Name        string        `json:"name"`
	URL         string        `json:"url"`
	Host        string        `json:"host"`
	Avatars     []VideoAvatar `json:"avatars"`
}

// VideoBase is what every form of a video has. Nullable members are pointers.
type VideoBase struct {
	ID                    int64          `json:"id"`
	UUID                  string         `json:"uuid"`
	ShortUUID             string         `json:"shortUUID"`
	URL                   string         `json:"url"`
	Name                  string         `json:"name"`
	Category              Label[*int]    `json:"category"`
	Licence               Label[*int]    `json:"licence"`
	Language              Label[*string] `json:"language"`
	Privacy               Label[int]     `json:"privacy"`
	NSFW                  bool           `json:"nsfw"`
	NSFWFlags             int            `json:"nsfwFlags"`
	NSFWSummary           *string        `json:"nsfwSummary"`
	TruncatedDescription  *string        `json:"truncatedDescription"`
	Description           *string        `json:"description"`
	IsLocal               bool           `json:"isLocal"`
	Duration              int            `json:"duration"`
	AspectRatio           *float64       `json:"aspectRatio"`
	Views                 int64          `json:"views"`
	Viewers               int            `json:"viewers"`
	Downloads             int64          `json:"downloads"`
	Likes                 int64          `json:"likes"`
	Dislikes              int64          `json:"dislikes"`
	ThumbnailPath         *string        `json:"thumbnailPath"`
	PreviewPath           *string        `json:"previewPath"`
	Thumbnails            []Thumbnail    `json:"thumbnails"`
	EmbedPath             string         `json:"embedPath"`
	CreatedAt             Time           `json:"createdAt"`
	UpdatedAt             Time           `json:"updatedAt"`
	PublishedAt           Time           `json:"publishedAt"`
	OriginallyPublishedAt Time           `json:"originallyPublishedAt"`
	IsLive                bool           `json:"isLive"`
	Comments              int64          `json:"comments"`
	// TranscodingProgress, in percent, is ours: on the owner's videos whose
	// renditions are not all there.
	TranscodingProgress *int `json:"transcodingProgress,omitempty"`
}

// Video is a video in a list. The pointers at its end appear only where the
// request asked for them or the videos are the caller's own.
type Video struct {
	VideoBase
	Account VideoOwner `json:"account"`
	Channel VideoOwner `json:"channel"`
	VideoExtra
	*VideoFiles
	VideoSource     *Null[VideoSource]   `json:"videoSource,omitempty"`
	AutomaticTags   *[]string            `json:"automaticTags,omitempty"`
	Tags            *[]string            `json:"tags,omitempty"`
	ScheduledUpdate *VideoScheduleUpdate `json:"scheduledUpdate,omitempty"`
	LiveSchedules   *[]LiveSchedule      `json:"liveSchedules,omitempty"`
}

// VideoExtra is what its owner and moderators see of a video in a list, each part
// where it was asked for.
type VideoExtra struct {
	State             *Label[int]   `json:"state,omitempty"`
	WaitTranscoding   *bool         `json:"waitTranscoding,omitempty"`
	Blacklisted       *bool         `json:"blacklisted,omitempty"`
	BlacklistedReason *Null[string] `json:"blacklistedReason,omitempty"`
	BlockedOwner      *bool         `json:"blockedOwner,omitempty"`
	BlockedServer     *bool         `json:"blockedServer,omitempty"`
}

// VideoFiles are the media of a video.
type VideoFiles struct {
	StreamingPlaylists []StreamingPlaylist `json:"streamingPlaylists"`
	Files              []VideoFile         `json:"files"`
}

// Null is a member that is written as null when it has no value.
type Null[T any] struct{ Value *T }

// MarshalJSON writes the value or null.
func (n Null[T]) MarshalJSON() ([]byte, error) { return json.Marshal(n.Value) }

// UnmarshalJSON reads the value or null.
func (n *Null[T]) UnmarshalJSON(b []byte) error { return json.Unmarshal(b, &n.Value) }

// VideoDetails answers GET /videos/{id}.
type VideoDetails struct {
	VideoBase
	Account           Account `json:"account"`
	Channel           Channel `json:"channel"`
	Blacklisted       bool    `json:"blacklisted"`
	BlacklistedReason *string `json:"blacklistedReason"`
	VideoFiles
	LiveSchedules      []LiveSchedule       `json:"liveSchedules"`
	Support            *string              `json:"support"`
	Tags               []string             `json:"tags"`
	CommentsPolicy     Label[int]           `json:"commentsPolicy"`
	DownloadEnabled    bool                 `json:"downloadEnabled"`
	WaitTranscoding    bool                 `json:"waitTranscoding"`
	InputFileUpdatedAt Time                 `json:"inputFileUpdatedAt"`
	State              Label[int]           `json:"state"`
	TrackerURLs        []string             `json:"trackerUrls"`
	EmbedPrivacyPolicy Label[int]           `json:"embedPrivacyPolicy"`
	ScheduledUpdate    *VideoScheduleUpdate `json:"scheduledUpdate,omitempty"`
}

// StreamingPlaylist is the HLS form of a video.
type StreamingPlaylist struct {
	ID                int64        `json:"id"`
	Type              int          `json:"type"` // 1 is HLS
	PlaylistURL       string       `json:"playlistUrl"`
	SegmentsSHA256URL string       `json:"segmentsSha256Url"`
	Redundancies      []Redundancy `json:"redundancies"`
	Files             []VideoFile  `json:"files"`
}

// Redundancy is a mirror of a playlist's folder.
type Redundancy struct {
	BaseURL string `json:"baseUrl"`
}

// VideoFile is one media file. Strict clients want every string to be there:
// a magnet or torrent that does not exist is an empty string.
type VideoFile struct {
	ID                 int64      `json:"id"`
	Resolution         Label[int] `json:"resolution"`
	Width              int        `json:"width"`
	Height             int        `json:"height"`
	MagnetURI          string     `json:"magnetUri"`
	Size               int64      `json:"size"`
	FPS                int        `json:"fps"`
	TorrentURL         string     `json:"torrentUrl"`
	TorrentDownloadURL string     `json:"torrentDownloadUrl"`
	FileURL            string     `json:"fileUrl"`
	FileDownloadURL    string     `json:"fileDownloadUrl"`
	MetadataURL        string     `json:"metadataUrl"`
	HasAudio           bool       `json:"hasAudio"`
	HasVideo           bool       `json:"hasVideo"`
	PlaylistURL        string     `json:"playlistUrl,omitempty"` // HLS only
	Storage            *int       `json:"storage"`               // 0 file system, 1 object storage; null on another server
}

// VideoSource answers GET /videos/{id}/source.
type VideoSource struct {
	InputFilename   string          `json:"inputFilename"`
	FileDownloadURL *string         `json:"fileDownloadUrl"`
	Resolution      Label[int]      `json:"resolution"`
	Size            int64           `json:"size"`
	Width           int             `json:"width"`
	Height          int             `json:"height"`
	FPS             float64         `json:"fps"`
	Metadata        json.RawMessage `json:"metadata"`
	CreatedAt       Time            `json:"createdAt"`
}

// VideoScheduleUpdate is a change of privacy at a later time.
type VideoScheduleUpdate struct {
	UpdateAt Time `json:"updateAt"`
	Privacy  int  `json:"privacy,omitempty"`
}

// VideoCreated answers the uploads.
type VideoCreated struct {
	Video struct {
		ID        int64  `json:"id"`
		ShortUUID string `json:"shortUUID"`
		UUID      string `json:"uuid"`
	} `json:"video"`
}

// VideoRating answers GET /users/me/videos/{id}/rating.
type VideoRating struct {
	VideoID int64  `json:"videoId"`
	Rating  string `json:"rating"` // like, dislike, none
}

// AccountRating is one line of GET /accounts/{handle}/ratings.
type AccountRating struct {
	Video  Video  `json:"video"`
	Rating string `json:"rating"`
}

// VideoToken answers POST /videos/{id}/token.
type VideoToken struct {
	Files struct {
		Token   string `json:"token"`
		Expires Time   `json:"expires"`
	} `json:"files"`
}

// VideoPassword is one password of a protected video.
type VideoPassword struct {
	ID        int64  `json:"id"`
	Password  string `json:"password"`
	VideoID   int64  `json:"videoId"`
	CreatedAt Time   `json:"createdAt"`
	UpdatedAt Time   `json:"updatedAt"`
}

// VideoCaption is one subtitle of a video.
type VideoCaption struct {
	Language               Label[string] `json:"language"`
	AutomaticallyGenerated bool          `json:"automaticallyGenerated"`
	CaptionPath            string        `json:"captionPath"`
	FileURL                string        `json:"fileUrl"`
	M3U8URL                *string       `json:"m3u8Url"`
	UpdatedAt              Time          `json:"updatedAt"`
}

// VideoStoryboards answers GET /videos/{id}/storyboards.
type VideoStoryboards struct {
	Storyboards []VideoStoryboard `json:"storyboards"`
}

// VideoStoryboard is a sheet of small pictures for the seek bar.
type VideoStoryboard struct {
	FileURL        string `json:"fileUrl"`
	StoryboardPath string `json:"storyboardPath"`
	TotalHeight    int    `json:"totalHeight"`
	TotalWidth     int    `json:"totalWidth"`
	SpriteWidth    int    `json:"spriteWidth"`
	SpriteHeight   int    `json:"spriteHeight"`
	SpriteDuration int    `json:"spriteDuration"`
}

// LiveSchedule is when a live is to begin.
type LiveSchedule struct {
	StartAt Time `json:"startAt"`
}

// LiveVideo answers GET /videos/live/{id}, with what anybody may know.
type LiveVideo struct {
	PermanentLive bool           `json:"permanentLive"`
	SaveReplay    bool           `json:"saveReplay"`
	LatencyMode   int            `json:"latencyMode"` // 1 default, 2 high, 3 small
	DVRWindow     int            `json:"dvrWindow"`   // seconds
	Schedules     []LiveSchedule `json:"schedules"`
}

// VideoDescription answers GET /videos/{id}/description.
type VideoDescription struct {
	Description string `json:"description"`
}

// VideoViewInput is the body of POST /videos/{id}/views.
type VideoViewInput struct {
	CurrentTime *float64 `json:"currentTime"` // seconds
	ViewEvent   string   `json:"viewEvent"`   // seek or empty
	SessionID   string   `json:"sessionId"`
}

// VideoRateInput is the body of PUT /videos/{id}/rate.
type VideoRateInput struct {
	Rating string `json:"rating"`
}

// VideoPasswordsInput is the body of PUT and POST /videos/{id}/passwords.
type VideoPasswordsInput struct {
	Passwords []string `json:"passwords"`
	Password  string   `json:"password"`
}
