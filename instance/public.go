package instance

import (
	"strings"

	"vidiverse/instance/rest"
)

// clientConfig is what the configuration looks like to clients.
func (c Config) clientConfig() rest.ServerConfig {
	r := rest.NewServerConfig()
	c.tellSite(&r)
	c.tellVideos(&r)
	c.tellPeople(&r)
	return r
}

func (c Config) tellSite(r *rest.ServerConfig) {
	site, in := c.Site, &r.Instance
	in.Name, in.ShortDescription = site.Name, site.ShortDescription
	in.IsNSFW, in.DefaultNSFWPolicy = site.NSFW, site.NSFWPolicy
	in.DefaultClientRoute, in.DefaultLanguage = site.DefaultRoute, site.Language
	in.ServerCountry, in.Support.Text = site.Country, site.Support
	in.Social.ExternalLink, in.Social.MastodonLink = site.Link, site.Mastodon
	in.Social.BlueskyLink, in.Social.XLink = site.Bluesky, site.X
	r.Client.Header.HideInstanceName = c.Browser.HideName
	r.Client.Videos.Miniature.PreferAuthorDisplayName = c.Browser.PreferAuthorName
	r.Client.Videos.ResumableUpload.MaxChunkSize = c.Browser.MaxChunk
	r.Client.BrowseVideos.DefaultSort, r.Client.BrowseVideos.DefaultScope = c.Browser.Sort, c.Browser.Scope
	r.Trending.Videos.IntervalDays = int64(c.Trending.Days)
	r.Trending.Videos.Algorithms.Enabled = c.Trending.Algorithms
	r.Trending.Videos.Algorithms.Default = c.Trending.Default
	r.BroadcastMessage.Enabled, r.BroadcastMessage.Dismissable = c.Broadcast.Enabled, c.Broadcast.Dismissable
	r.BroadcastMessage.Message, r.BroadcastMessage.Level = c.Broadcast.Message, c.Broadcast.Level
}

func (c Config) tellVideos(r *rest.ServerConfig) {
	r.Defaults.Publish.DownloadEnabled = c.Publish.Download
	r.Defaults.Publish.CommentsPolicy, r.Defaults.Publish.Privacy = int64(c.Publish.Comments), int64(c.Publish.Privacy)
	if c.Publish.Licence != 0 {
		r.Defaults.Publish.Licence = &c.Publish.Licence
	}
	r.Defaults.P2P.Webapp.Enabled, r.Defaults.P2P.Embed.Enabled = c.Player.P2P, c.Player.EmbedP2P
	r.Defaults.Player.Theme, r.Defaults.Player.AutoPlay = c.Player.Theme, c.Player.AutoPlay
	r.Tracker.Enabled = c.Tracker.Enabled
	r.WebRTC.STUNServers = c.STUN
	r.Transcoding.HLS.Enabled = c.Transcode.Enabled && c.Transcode.HLS
	r.Transcoding.HLS.SplitAudioAndVideo = c.Transcode.SplitAudio
	r.Transcoding.WebVideos.Enabled = c.Transcode.Enabled && c.Transcode.WebVideos
	r.Transcoding.AlwaysTranscodeOriginalResolution = c.Transcode.AlwaysOriginal
	if c.Transcode.Enabled {
		r.Transcoding.EnabledResolutions = c.Transcode.Resolutions
	}
	r.Video.File.Extensions = c.extensions(r.Video.File.Extensions)
	r.Views.Videos.WatchingInterval.Anonymous = c.Views.EveryAnonymous.Milliseconds()
	r.Views.Videos.WatchingInterval.Users = c.Views.EveryUser.Milliseconds()
}

// audio are the extensions of files without pictures.
const audio = " .mp3 .wma .wav .flac .aac .m4a .m4b .ac3 "

// extensions narrows all that could be uploaded to what is.
func (c Config) extensions(all []string) []string {
	out := []string{}
	for _, ext := range all {
		switch {
		case strings.Contains(audio, " "+ext+" "):
			if !c.Transcode.Enabled || !c.Transcode.AudioFiles || !c.Transcode.AdditionalTypes {
				continue
			}
		case !c.Transcode.Enabled || !c.Transcode.AdditionalTypes:
			if !strings.Contains(" .mp4 .ogv .webm ", " "+ext+" ") {
				continue
			}
		}
		out = append(out, ext)
	}
	return out
}

func (c Config) tellPeople(r *rest.ServerConfig) {
	r.User.VideoQuota, r.User.VideoQuotaDaily = c.User.Quota, c.User.DailyQuota
	r.VideoChannels.MaxPerUser = int64(c.User.MaxChannels)
	r.Federation.Enabled = c.Federation.Enabled
	r.Followings.Instance.AutoFollowIndex.IndexURL = c.Follows.Index
	r.Search.RemoteURI.Users = c.Federation.Enabled && c.Search.RemoteUsers
	r.Search.RemoteURI.Anonymous = c.Federation.Enabled && c.Search.RemoteAnonymous
	r.FieldsConstraints.Users.Password.MinLength = int64(c.User.PasswordMin)
	r.Signup.MinimumAge = int64(c.SignUp.MinimumAge)
	r.Signup.RequiresApproval, r.Signup.RequiresEmailVerification = c.SignUp.Approval, c.SignUp.VerifyEmail
}

func (c Config) about() rest.About {
	a, site := rest.NewAbout(), c.Site
	in := &a.Instance
	in.Name, in.ShortDescription, in.Description = site.Name, site.ShortDescription, site.Description
	in.Terms, in.CodeOfConduct, in.ModerationInformation = site.Terms, site.CodeOfConduct, site.ModerationInformation
	in.CreationReason, in.Administrator, in.MaintenanceLifetime = site.CreationReason, site.Administrator, site.MaintenanceLifetime
	in.BusinessModel, in.HardwareInformation = site.BusinessModel, site.HardwareInformation
	in.Languages = append(in.Languages, site.Languages...)
	in.Categories = append(in.Categories, site.Categories...)
	return a
}
