package rest

// CompatibleVersion is the version of PeerTube whose interface this is.
// Clients choose what they ask for by it.
const CompatibleVersion = "8.2.1"

// NewServerConfig is PeerTube's default configuration, with every feature off
// that this program does not have: clients hide what is off.
func NewServerConfig() ServerConfig {
	var c ServerConfig
	c.ServerVersion = CompatibleVersion
	c.client()
	c.site()
	c.media()
	c.limits()
	return c
}

// NewAbout is the description of an instance that nobody described.
func NewAbout() About {
	return About{Instance: AboutInstance{
		Languages: []string{}, Categories: []int{}, Banners: []ActorImage{}, Avatars: []ActorImage{},
	}}
}

func (c *ServerConfig) client() {
	c.Client.BrowseVideos.DefaultSort = "-publishedAt"
	c.Client.BrowseVideos.DefaultScope = "federated"
	c.Defaults.Publish.DownloadEnabled = true
	c.Defaults.Publish.CommentsPolicy = 1
	c.Defaults.Publish.Privacy = 1
	c.Defaults.P2P.Webapp.Enabled = true
	c.Defaults.P2P.Embed.Enabled = true
	c.Defaults.Player.Theme = "lucide"
	c.Defaults.Player.AutoPlay = true
	c.Trending.Videos.IntervalDays = 7
	c.Trending.Videos.Algorithms.Enabled = []string{"hot", "most-viewed", "most-liked"}
	c.Trending.Videos.Algorithms.Default = "hot"
	c.BroadcastMessage.Level = "info"
	c.OpenTelemetry.Metrics.PlaybackStatsInterval = 15_000
	c.Views.Videos.Remote.MaxAge = 30 * 24 * 3_600_000
	c.Views.Videos.Local.MaxAge = -1
	c.Views.Videos.WatchingInterval.Anonymous = 5_000
	c.Views.Videos.WatchingInterval.Users = 5_000
	c.WebRTC.STUNServers = []string{}
	c.NSFWFlagsSettings.Enabled = true
}

func (c *ServerConfig) site() {
	c.Instance.DefaultNSFWPolicy = "do_not_list"
	c.Instance.DefaultClientRoute = "/videos/browse"
	c.Instance.DefaultLanguage = "en"
	c.Instance.Avatars, c.Instance.Banners, c.Instance.Logo = []ActorImage{}, []ActorImage{}, []Logo{}
	c.Plugin.Registered = []struct{}{}
	c.Plugin.RegisteredExternalAuths = []struct{}{}
	c.Plugin.RegisteredIdAndPassAuths = []struct{}{}
	c.Theme.Registered, c.Theme.BuiltIn = []struct{}{}, []ThemeName{}
	c.Theme.Default = "default"
	c.Signup.RequiresApproval = true
	c.Signup.MinimumAge = 16
}

func (c *ServerConfig) media() {
	c.Transcoding.HLS.Enabled = true
	c.Transcoding.AlwaysTranscodeOriginalResolution = true
	c.Transcoding.EnabledResolutions = []int{}
	c.Transcoding.Profile, c.Transcoding.AvailableProfiles = "default", []string{"default"}
	c.Live.MaxDuration, c.Live.MaxInstanceLives, c.Live.MaxUserLives = -1, 20, 3
	c.Live.Transcoding.EnabledResolutions = []int{}
	c.Live.Transcoding.Profile, c.Live.Transcoding.AvailableProfiles = "default", []string{"default"}
	c.Live.RTMP.Port = 1935
	c.Tracker.Enabled = true
	c.Export.Users.ExportExpiration = 2 * 24 * 3_600_000
	c.Export.Users.MaxUserVideoQuota = 10 << 30
	images := []string{".png", ".jpeg", ".jpg", ".webp"}
	c.Avatar = fileRules(8<<20, append([]string{".gif"}, images...)...)
	c.Banner = fileRules(8<<20, append([]string{".gif"}, images...)...)
	c.Logo = fileRules(8<<20, append([]string{".svg", ".gif"}, images...)...)
	c.VideoCaption = fileRules(20<<20, ".vtt", ".srt")
	c.Video.Image.Extensions = images
	c.Video.Image.Size.Max = 8 << 20
	c.Video.File.Extensions = VideoExtensions()
}

func (c *ServerConfig) limits() {
	c.User.VideoQuota, c.User.VideoQuotaDaily = -1, -1
	c.VideoChannels.MaxPerUser = 20
	c.FieldsConstraints.Users.Password.MinLength = 8
	c.FieldsConstraints.Users.Password.MaxLength = 50
}

func fileRules(size int64, extensions ...string) (f FileRules) {
	f.File.Size.Max = size
	f.File.Extensions = extensions
	return f
}

// VideoExtensions are the names of files that may be uploaded while
// transcoding takes more than browsers can play, audio included.
func VideoExtensions() []string {
	return []string{
		".webm", ".ogv", ".ogg", ".mp4", ".mkv", ".mov", ".qt", ".mqv", ".m4v", ".flv", ".f4v", ".wmv", ".avi",
		".3gp", ".3gpp", ".3g2", ".3gpp2", ".nut", ".mts", ".ts", ".m2ts", ".mpv", ".m2v", ".m1v", ".mpg", ".mpe",
		".mpeg", ".vob", ".mxf", ".mp3", ".wma", ".wav", ".flac", ".aac", ".m4a", ".m4b", ".ac3",
	}
}
