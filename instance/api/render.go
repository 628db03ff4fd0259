package api

import (
	"net/http"
	"time"

	"vidiverse/instance/account"
	"vidiverse/instance/actor"
	"vidiverse/instance/channel"
	"vidiverse/instance/rest"
	"vidiverse/instance/user"
)

// images turns pictures into their wire form; folder is "avatars" or "banners".
func (a *API) images(folder string, list []actor.Image) []rest.ActorImage {
	out := make([]rest.ActorImage, len(list))
	for i, img := range list {
		path := "/lazy-static/" + folder + "/" + img.File
		out[i] = rest.ActorImage{
			Width: img.Width, Height: img.Height, Path: path, FileURL: a.Actors.Base() + path,
			CreatedAt: rest.Time(img.CreatedAt), UpdatedAt: rest.Time(img.UpdatedAt),
		}
	}
	return out
}

// seen has what is known of somebody of another server read again when it is old.
func (a *API) seen(r *http.Request, url string, fetched time.Time) {
	if a.Seen != nil && !fetched.IsZero() {
		a.Seen(r.Context(), url, fetched)
	}
}

func (a *API) renderAccount(v account.Account) rest.Account {
	out := rest.Account{
		ActorSummary:   a.accountActor(v),
		FollowingCount: v.Following, FollowersCount: v.Followers,
		CreatedAt: rest.Time(v.CreatedAt), UpdatedAt: rest.Time(v.UpdatedAt),
		DisplayName: v.DisplayName, Description: v.Description,
	}
	if v.UserID != 0 {
		id := int64(v.UserID)
		out.UserID = &id
	}
	return out
}

func (a *API) renderAccountSummary(v account.Account) rest.AccountSummary {
	return rest.AccountSummary{ActorSummary: a.accountActor(v), DisplayName: v.DisplayName}
}

func (a *API) accountActor(v account.Account) rest.ActorSummary {
	return rest.ActorSummary{
		URL: v.URL, Name: v.Name, Host: v.Host, ID: int64(v.ID),
		Avatars: a.images("avatars", v.Images.Avatars), HostRedundancyAllowed: v.RedundancyAllowed,
	}
}

func (a *API) renderChannel(v channel.Channel) rest.ChannelBase {
	return rest.ChannelBase{
		ActorSummary: rest.ActorSummary{
			URL: v.URL, Name: v.Name, Host: v.Host, ID: int64(v.ID),
			Avatars: a.images("avatars", v.Images.Avatars), HostRedundancyAllowed: v.RedundancyAllowed,
		},
		FollowingCount: v.Following, FollowersCount: v.Followers,
		CreatedAt: rest.Time(v.CreatedAt), UpdatedAt: rest.Time(v.UpdatedAt),
		Banners:     a.images("banners", v.Images.Banners),
		DisplayName: v.DisplayName, Description: v.Description, Support: v.Support, IsLocal: v.Local,
	}
}

func (a *API) renderOwnChannels(list []channel.Channel) []rest.OwnChannel {
	out := make([]rest.OwnChannel, len(list))
	for i, c := range list {
		out[i] = rest.OwnChannel{ChannelBase: a.renderChannel(c)}
	}
	return out
}

func (a *API) renderUser(u user.Account, acc account.Account) rest.User {
	p := u.Preferences
	out := rest.User{
		ID: int64(u.ID), Username: u.Username, Email: u.Email, EmailVerified: u.EmailVerified, Theme: p.Theme,
		NSFWPolicy: p.NSFWPolicy, NSFWFlagsDisplayed: p.NSFWFlagsDisplayed, NSFWFlagsHidden: p.NSFWFlagsHidden,
		NSFWFlagsWarned: p.NSFWFlagsWarned, NSFWFlagsBlurred: p.NSFWFlagsBlurred,
		P2PEnabled: p.P2PEnabled, VideosHistoryEnabled: p.VideosHistoryEnabled, AutoPlayVideo: p.AutoPlayVideo,
		AutoPlayNextVideo: p.AutoPlayNextVideo, AutoPlayNextVideoPlaylist: p.AutoPlayNextVideoPlaylist,
		VideoLanguages: p.VideoLanguages, Language: p.Language,
		Role:       rest.Label[int]{ID: int(u.Role), Label: u.Role.String()},
		VideoQuota: u.VideoQuota, VideoQuotaDaily: u.VideoQuotaDaily,
		NoInstanceConfigWarning: p.NoInstanceConfigWarning, NoWelcome: p.NoWelcome, NoAccountSetupWarning: p.NoAccountSetupWarning,
		Blocked: u.Blocked, Account: a.renderAccount(acc), NotificationSettings: rest.NotificationSettings(p.Notifications),
		VideoChannels: []rest.OwnChannel{}, CreatedAt: rest.Time(u.CreatedAt), LastLoginDate: rest.Time(u.LastLogin),
		NewFeaturesInfoRead: p.NewFeaturesInfoRead, AdminFlags: u.AdminFlags,
	}
	if u.BlockedReason != "" {
		out.BlockedReason = &u.BlockedReason
	}
	return out
}
