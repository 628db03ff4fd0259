package instance

import (
	"log/slog"
	"net"
	"net/netip"
	"time"

	"vidiverse/instance/fault"
	"vidiverse/p2p/consent"
)

// Config is everything an operator may choose. app/config fills it from
// PeerTube's key names, environment and flags; each value there was checked
// by itself, Check looks at what concerns several.
type Config struct {
	Data         string // folder of database, control socket and, unless Files says otherwise, media
	Files        string // folder of media files, in PeerTube's layout
	Database     string // sqlite:path or postgres://…
	Listen       string // host:port
	URL          string // public address: scheme://host[:port], no final slash
	RequestLimit time.Duration
	TrustProxy   []netip.Prefix // whose X-Forwarded-For is believed
	// ProxyProtocol has connections of TrustProxy begin with who is behind them.
	ProxyProtocol bool
	Metrics       string // host:port that answers Prometheus; empty: none
	Client        bool   // serve the web client's pages
	Plugins       bool
	Version       string // of this program
	RootPassword  string // of the first account when it is made; empty generates one

	Logger   *slog.Logger                        // nil discards
	Listener net.Listener                        // taken instead of Listen; for tests
	Ready    func(url, generatedPassword string) // called once when requests are answered; may be nil

	Log        Log
	Limits     Limits
	Tokens     Tokens
	Tracker    Tracker
	Views      Views
	Trending   Trending
	Thumbnails Thumbnails
	STUN       []string
	AdminEmail string
	User       User
	Transcode  Transcode
	Site       Site
	Browser    Browser
	Publish    Publish
	Player     Player
	Broadcast  Broadcast
	Federation Federation
	Follows    Follows
	SignUp     SignUp
	Search     Search
}

// Log says what is written to the log.
type Log struct {
	Level       slog.Level
	Requests    bool // one line a request
	Pings       bool // … also for /api/v1/ping
	AnonymizeIP bool
}

// Rate is at most Max requests in Window from one address; a Max of 0 or less is
// no limit.
type Rate struct {
	Window time.Duration
	Max    int
}

// Limits are the rate limits of each kind of request.
type Limits struct {
	API, Login, Client Rate
	Objects            Rate // of ActivityPub, asked at the addresses of pages
	Found              Rate // of what lies below /.well-known/
}

// Tokens is how long sign-in tokens live.
type Tokens struct{ Access, Refresh time.Duration }

// Tracker is the WebTorrent tracker.
type Tracker struct {
	Enabled   bool
	Private   bool // only swarms of our own videos
	RejectMad bool // refuse peers that announce too many swarms
	// Introductions is "everyone", or "mirrors-only": viewers meet Nodes alone.
	Introductions string
	Nodes         []consent.Key // enrolled ones
}

// Views is how views are counted and how often players report.
type Views struct {
	Expire, CountAfter, Flush time.Duration
	EveryAnonymous, EveryUser time.Duration // pause between a player's reports
}

// Trending is how popular videos are ranked.
type Trending struct {
	Days       int
	Algorithms []string
	Default    string
}

// Size is a picture's width and height in pixels.
type Size struct{ Width, Height int }

// Thumbnails is which pictures are made of a video.
type Thumbnails struct {
	Sizes  []Size
	Frames int // frames looked at to choose one
}

// User is the limits of an account. Quotas are bytes, negative is no limit.
type User struct {
	Quota, DailyQuota int64
	ChannelName       string // of the first channel; $1 is the user's name
	PasswordMin       int
	MaxChannels       int
}

// Transcode is which renditions are made.
type Transcode struct {
	Enabled         bool
	KeepOriginal    bool
	AdditionalTypes bool // also containers that browsers cannot play
	AudioFiles      bool
	Threads         int // of one ffmpeg; 0 is one a core
	Concurrency     int // videos at once
	Resolutions     []int
	AlwaysOriginal  bool // also the source's own resolution
	MaxFPS          int
	HLS, SplitAudio bool
	WebVideos       bool // also, or without HLS, one progressive file a resolution
}

// Site is how the instance describes itself.
type Site struct {
	Name, ShortDescription, Description, Terms, CodeOfConduct string
	ModerationInformation, CreationReason, Administrator      string
	MaintenanceLifetime, BusinessModel, HardwareInformation   string
	Language                                                  string
	Languages                                                 []string
	Categories                                                []int
	DefaultRoute                                              string
	NSFW                                                      bool
	NSFWPolicy                                                string
	Country, Support, Link, Mastodon, Bluesky, X              string
	Robots, SecurityText                                      string // files at their fixed addresses; empty: our own
}

// Browser is what the web client is told.
type Browser struct {
	HideName, PreferAuthorName bool
	MaxChunk                   int64 // bytes of an upload's chunk; 0 lets the client choose
	Sort, Scope                string
}

// Publish is what a new video starts with.
type Publish struct {
	Download          bool
	Comments, Privacy int
	Licence           int // 0 is none
}

// Player is what a player starts with.
type Player struct {
	AutoPlay, P2P, EmbedP2P bool
	Theme                   string
}

// Broadcast is a message at the top of every page.
type Broadcast struct {
	Enabled, Dismissable bool
	Message, Level       string
}

// Federation is what other servers hear, and how they are asked.
type Federation struct {
	Enabled        bool // false closes the instance to all others
	PreventSSRF    bool // refuse addresses that are not of the open internet
	SignFetches    bool
	Unlisted       bool // also videos that are not listed
	AccountOnly    bool // videos are attributed to their account alone, as FEP-1b12 has it
	CleanRemote    bool // ask now and then whether what others did here still stands
	RemoteComments bool // take comments of other servers' people
	// AcceptMirrors says whose copies of our videos viewers are told of: nobody,
	// followings or anybody.
	AcceptMirrors string
	Every         Intervals
}

// Intervals are how often federation does what it does by itself. 0 is never.
type Intervals struct {
	Refresh  time.Duration // age at which what is known of other servers' things is read again
	Scores   time.Duration // how reliable followers are
	Follows  time.Duration // look for own follows that are to be sent again
	Clean    time.Duration // see CleanRemote
	Expire   time.Duration // copies whose time is over
	FollowUp time.Duration // new instances of the index, with Follows.Index
	Deliver  time.Duration // look for deliveries that were left over
	Viewers  time.Duration // tell who watches
}

// Follows is who may follow this instance, and whom it follows by itself.
type Follows struct {
	Instance, Channels bool
	ManualApproval     bool   // of followers of the instance
	Back               bool   // follow instances that follow this one
	Index              string // address of a list of instances to follow; empty: none
}

// SignUp is who may make an account.
type SignUp struct {
	Enabled       bool
	Limit         int // accounts, negative for no limit
	MinimumAge    int // years
	Approval      bool
	VerifyEmail   bool
	Allow, Refuse []netip.Prefix // addresses; an empty Allow is everybody
	Rate          Rate
}

// Search is who may look for things of other servers by their address.
type Search struct{ RemoteUsers, RemoteAnonymous bool }

// Check looks at values that only make sense together.
func (c Config) Check() error {
	if c.Transcode.Enabled && !c.Transcode.AlwaysOriginal && len(c.Transcode.Resolutions) == 0 {
		return fault.New(fault.Invalid, "transcoding.resolutions are all false and transcoding.always_transcode_original_resolution is too: no video could ever be published; switch one on, or transcoding.enabled off")
	}
	if c.Transcode.Enabled && !c.Transcode.HLS && !c.Transcode.WebVideos {
		return fault.New(fault.Invalid, "transcoding.hls.enabled and transcoding.web_videos.enabled are both false: nothing would be made; switch one on, or transcoding.enabled off")
	}
	if c.Tokens.Refresh < c.Tokens.Access {
		return fault.New(fault.Invalid, "oauth2.token_lifetime.refresh_token is shorter than access_token: people would be signed out early; make it longer")
	}
	return nil
}
