package api

import (
	"context"
	"net/http"

	"vidiverse/instance/account"
	"vidiverse/instance/channel"
	"vidiverse/instance/fault"
	"vidiverse/instance/rest"
	"vidiverse/instance/user"
)

// QuotaFunc says how many bytes of video a user holds, in all and since a day.
type QuotaFunc func(ctx context.Context, id user.ID) (total, daily int64, err error)

func (a *API) me(r *http.Request, c user.Caller) (any, error) {
	ctx := r.Context()
	u, err := a.Users.Me(ctx, c.UserID)
	if err != nil {
		return nil, err
	}
	acc, err := a.Accounts.ByID(ctx, account.ID(u.AccountID))
	if err != nil {
		return nil, err
	}
	channels, _, err := a.Channels.List(ctx, channel.Query{Account: acc.ID, Count: maxCount, Sort: "createdAt"})
	if err != nil {
		return nil, err
	}
	me := rest.Me{
		User:                       a.renderUser(u, acc),
		VideoChannelCollaborations: []rest.OwnChannel{}, SpecialPlaylists: []rest.SpecialPlaylist{},
	}
	me.VideoChannels = a.renderOwnChannels(channels)
	if a.Playlists == nil {
		return me, nil
	}
	special, err := a.Playlists.Special(ctx, acc.ID)
	for _, p := range special {
		me.SpecialPlaylists = append(me.SpecialPlaylists, rest.SpecialPlaylist{ID: int64(p.ID), Name: p.Name, Type: int(p.Kind)})
	}
	return me, err
}

func (a *API) updateMe(r *http.Request, c user.Caller) (any, error) {
	var in rest.UserUpdateMe
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	p := user.Patch{
		DisplayName: in.DisplayName, Description: given(in.Description), Email: in.Email,
		Password: in.Password, CurrentPassword: in.CurrentPassword, Theme: in.Theme,
		NSFWPolicy: in.NSFWPolicy, NSFWFlagsDisplayed: in.NSFWFlagsDisplayed, NSFWFlagsHidden: in.NSFWFlagsHidden,
		NSFWFlagsWarned: in.NSFWFlagsWarned, NSFWFlagsBlurred: in.NSFWFlagsBlurred,
		P2PEnabled: in.P2PEnabled, VideosHistoryEnabled: in.VideosHistoryEnabled, AutoPlayVideo: in.AutoPlayVideo,
		AutoPlayNextVideo: in.AutoPlayNextVideo, AutoPlayNextVideoPlaylist: in.AutoPlayNextVideoPlaylist,
		Language: given(in.Language), NoInstanceConfigWarning: in.NoInstanceConfigWarning,
		NoWelcome: in.NoWelcome, NoAccountSetupWarning: in.NoAccountSetupWarning,
	}
	if in.VideoLanguages.Given {
		p.VideoLanguages = &in.VideoLanguages.Value
	}
	return nil, a.Users.UpdateMe(r.Context(), c, p)
}

// given is nil for an absent member, and a pointer to its value otherwise.
func given(o rest.Opt) **string {
	if !o.Given {
		return nil
	}
	return &o.Value
}

func (a *API) quotaUsed(r *http.Request, c user.Caller) (any, error) {
	total, daily, err := a.Quota(r.Context(), c.UserID)
	return rest.Quota{VideoQuotaUsed: total, VideoQuotaUsedDaily: daily}, err
}

func (a *API) createUser(r *http.Request, c user.Caller) (any, error) {
	var in rest.UserCreate
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	if in.Role == nil {
		return nil, fault.New(fault.Invalid, "role is missing").WithField("role", nil, "Invalid value", "body")
	}
	d := user.Draft{
		Username: in.Username, Password: in.Password, Email: in.Email, Role: user.Role(*in.Role),
		AdminFlags: int(in.AdminFlags), ChannelName: in.ChannelName,
		VideoQuota:      int64(orDefault(in.VideoQuota, rest.Int(a.Server.User.VideoQuota))),
		VideoQuotaDaily: int64(orDefault(in.VideoQuotaDaily, rest.Int(a.Server.User.VideoQuotaDaily))),
	}
	u, err := a.Users.Create(r.Context(), c, d)
	var out rest.UserCreated
	out.User.ID, out.User.Account.ID = int64(u.ID), u.AccountID
	return out, err
}

func (a *API) readFeature(r *http.Request, c user.Caller) (any, error) {
	var in rest.FeatureRead
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	if in.Feature == nil {
		return nil, fault.New(fault.Invalid, "").WithField("feature", nil, "Invalid value", "body")
	}
	return nil, a.Users.FeatureRead(r.Context(), c, int(*in.Feature))
}

func orDefault[T any](v *T, otherwise T) T {
	if v == nil {
		return otherwise
	}
	return *v
}
