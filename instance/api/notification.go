package api

import (
	"context"
	"encoding/json"
	"net/http"

	"vidiverse/instance/access"
	"vidiverse/instance/account"
	"vidiverse/instance/actor"
	"vidiverse/instance/channel"
	"vidiverse/instance/fault"
	"vidiverse/instance/notify"
	"vidiverse/instance/rest"
	"vidiverse/instance/user"
)

func (a *API) notificationRoutes() []route {
	if a.Notices == nil {
		return nil
	}
	const mine = "/api/v1/users/me/notifications"
	return []route{
		{method: http.MethodGet, path: mine, auth: signedIn, handle: a.notifications},
		{method: http.MethodPost, path: mine + "/read", auth: signedIn, handle: a.readNotifications},
		{method: http.MethodPost, path: mine + "/read-all", auth: signedIn, handle: a.readAllNotifications},
		{method: http.MethodPut, path: "/api/v1/users/me/notification-settings", auth: signedIn, handle: a.notificationSettings},
	}
}

// maxTypes bounds how many types a list may be narrowed to.
const maxTypes = 100

func (a *API) notifications(r *http.Request, c user.Caller) (any, error) {
	p, err := parsePage(r, "-createdAt", "read")
	if err != nil {
		return nil, err
	}
	q := notify.Query{Start: p.Start, Count: p.Count, Sort: p.Sort}
	if v := r.URL.Query().Get("unread"); v == "true" || v == "false" { // anything else is no filter
		unread := v == "true"
		q.Unread = &unread
	}
	f := filterReader{q: r.URL.Query()}
	q.Types = numbers[notify.Type](&f, "typeOneOf")
	if len(q.Types) > maxTypes {
		f.refuse("typeOneOf", "")
	}
	if f.err != nil {
		return nil, f.err
	}
	list, total, err := a.Notices.List(r.Context(), c, q)
	if err != nil {
		return nil, err
	}
	out, err := a.renderNotifications(r.Context(), list)
	return rest.NewPage(total, out), err
}

func (a *API) readNotifications(r *http.Request, c user.Caller) (any, error) {
	var in rest.NotificationsRead
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	ids := make([]notify.ID, len(in.IDs))
	for i, id := range in.IDs {
		ids[i] = notify.ID(id)
	}
	return nil, a.Notices.MarkRead(r.Context(), c, ids)
}

func (a *API) readAllNotifications(r *http.Request, c user.Caller) (any, error) {
	return nil, a.Notices.MarkAllRead(r.Context(), c)
}

func (a *API) notificationSettings(r *http.Request, c user.Caller) (any, error) {
	var in rest.NotificationSettingsUpdate
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	n := user.Notifications{AutomaticBlocklist: 1}
	bad := fault.New(fault.Invalid, "")
	for _, v := range []struct {
		name     string
		in       *int
		into     *int
		optional bool
	}{
		{"newCommentOnMyVideo", in.NewCommentOnMyVideo, &n.NewCommentOnMyVideo, false},
		{"newVideoFromSubscription", in.NewVideoFromSubscription, &n.NewVideoFromSubscription, false},
		{"abuseAsModerator", in.AbuseAsModerator, &n.AbuseAsModerator, false},
		{"videoAutoBlacklistAsModerator", in.VideoAutoBlacklistAsModerator, &n.VideoAutoBlacklistAsModerator, false},
		{"blacklistOnMyVideo", in.BlacklistOnMyVideo, &n.BlacklistOnMyVideo, false},
		{"myVideoPublished", in.MyVideoPublished, &n.MyVideoPublished, false},
		{"myVideoImportFinished", in.MyVideoImportFinished, &n.MyVideoImportFinished, false},
		{"newUserRegistration", in.NewUserRegistration, &n.NewUserRegistration, false},
		{"commentMention", in.CommentMention, &n.CommentMention, false},
		{"newFollow", in.NewFollow, &n.NewFollow, false},
		{"newInstanceFollower", in.NewInstanceFollower, &n.NewInstanceFollower, false},
		{"autoInstanceFollowing", in.AutoInstanceFollowing, &n.AutoInstanceFollowing, false},
		{"abuseNewMessage", in.AbuseNewMessage, &n.AbuseNewMessage, false},
		{"abuseStateChange", in.AbuseStateChange, &n.AbuseStateChange, false},
		{"newPeerTubeVersion", in.NewPeerTubeVersion, &n.NewPeerTubeVersion, false},
		{"myVideoStudioEditionFinished", in.MyVideoStudioEditionFinished, &n.MyVideoStudioEditionFinished, false},
		{"myVideoTranscriptionGenerated", in.MyVideoTranscriptionGenerated, &n.MyVideoTranscriptionGenerated, false},
		{"newPluginVersion", in.NewPluginVersion, &n.NewPluginVersion, false},
		{"automaticBlocklist", in.AutomaticBlocklist, &n.AutomaticBlocklist, true},
	} {
		switch {
		case v.in != nil:
			*v.into = *v.in
		case !v.optional:
			bad = bad.WithField(v.name, nil, "Invalid value", "body")
		}
	}
	if len(bad.Fields) > 0 {
		return nil, bad
	}
	return nil, a.Users.SetNotifications(r.Context(), c, n)
}

// Notification is one notification as JSON, for its user.
func (a *API) Notification(ctx context.Context, n notify.Notification) ([]byte, error) {
	out, err := a.renderNotifications(ctx, []notify.Notification{n})
	if err != nil {
		return nil, err
	}
	return json.Marshal(out[0])
}

// notified are the accounts and channels of a page of notifications.
type notified struct {
	accounts map[account.ID]account.Account
	channels map[channel.ID]channel.Channel
}

func (a *API) renderNotifications(ctx context.Context, list []notify.Notification) ([]rest.Notification, error) {
	var accounts []account.ID
	var channels []channel.ID
	for _, n := range list {
		accounts = append(accounts, n.Account)
		if n.Video != nil {
			channels = append(channels, n.Video.Channel)
		}
		if n.Comment != nil {
			accounts = append(accounts, n.Comment.Account)
		}
		if n.Report != nil {
			accounts = append(accounts, n.Report.Of)
		}
		if n.Follow != nil {
			accounts, channels = append(accounts, n.Follow.Follower.Account), append(channels, n.Follow.Follower.Channel)
		}
	}
	var seen notified
	var err error
	if seen.accounts, err = a.Accounts.ByIDs(ctx, accounts); err != nil {
		return nil, err
	}
	if seen.channels, err = a.Channels.ByIDs(ctx, channels); err != nil {
		return nil, err
	}
	out := make([]rest.Notification, len(list))
	for i, n := range list {
		out[i] = a.renderNotification(n, seen)
	}
	return out, nil
}

func (a *API) renderNotification(n notify.Notification, seen notified) rest.Notification {
	out := rest.Notification{
		ID: int64(n.ID), Type: int(n.Type), Read: n.Read, CreatedAt: rest.Time(n.CreatedAt), UpdatedAt: rest.Time(n.UpdatedAt),
		Account: a.notifiedAccount(seen, n.Account),
	}
	if v := n.Video; v != nil {
		ch := seen.channels[v.Channel]
		out.Video = &rest.NotifiedVideo{
			NotificationVideo: notifiedVideo(*v),
			Channel:           a.notifiedActor(int64(ch.ID), ch.Name, ch.Host, ch.DisplayName, ch.Images.Avatars),
		}
	}
	if c := n.Comment; c != nil {
		if by := a.notifiedAccount(seen, c.Account); by != nil {
			out.Comment = &rest.NotifiedComment{
				ID: int64(c.ID), ThreadID: int64(c.Thread), Account: *by, Video: notifiedVideo(c.Video), HeldForReview: c.Held,
			}
		}
	}
	if r := n.Report; r != nil {
		out.Abuse = &rest.NotifiedAbuse{ID: int64(r.ID), State: int(r.State), Account: a.notifiedAccount(seen, r.Of)}
		if r.Video != nil {
			v := notifiedVideo(*r.Video)
			if r.Thread != 0 {
				out.Abuse.Comment = &rest.NotifiedAbuseComment{ThreadID: int64(r.Thread), Video: v}
			} else {
				out.Abuse.Video = &v
			}
		}
	}
	if f := n.Follow; f != nil {
		out.ActorFollow = a.notifiedFollow(*f, seen)
	}
	return out
}

func notifiedVideo(v notify.Video) rest.NotificationVideo {
	return rest.NotificationVideo{
		ID: int64(v.ID), UUID: v.UUID, ShortUUID: access.ShortUUID(v.UUID), Name: v.Name,
		State: rest.Label[int]{ID: int(v.State), Label: v.State.String()},
	}
}

func (a *API) notifiedAccount(seen notified, id account.ID) *rest.NotificationActor {
	v, ok := seen.accounts[id]
	if !ok {
		return nil
	}
	out := a.notifiedActor(int64(v.ID), v.Name, v.Host, v.DisplayName, v.Images.Avatars)
	return &out
}

func (a *API) notifiedActor(id int64, name, host, display string, avatars []actor.Image) rest.NotificationActor {
	out := rest.NotificationActor{ID: id, Name: name, Host: host, DisplayName: display, Avatars: make([]rest.NotificationAvatar, len(avatars))}
	for i, img := range a.images("avatars", avatars) {
		out.Avatars[i] = rest.NotificationAvatar{FileURL: img.FileURL, Path: img.Path, Width: img.Width}
		out.Avatar = &out.Avatars[i] // they are sorted by width
	}
	return out
}

func (a *API) notifiedFollow(f notify.Follow, seen notified) *rest.NotificationFollow {
	out := &rest.NotificationFollow{ID: int64(f.ID), State: string(f.State)}
	if by := a.notifiedAccount(seen, f.Follower.Account); by != nil {
		out.Follower = *by
	} else if ch, ok := seen.channels[f.Follower.Channel]; ok {
		out.Follower = a.notifiedActor(int64(ch.ID), ch.Name, ch.Host, ch.DisplayName, ch.Images.Avatars)
	} else {
		out.Follower = a.notifiedActor(int64(f.Follower.Actor), f.Follower.Name, a.hostOf(f.Follower), f.Follower.Name, nil)
	}
	to := &out.Following
	to.Name, to.Host, to.DisplayName = f.Target.Name, a.hostOf(f.Target), f.Target.Display
	if to.DisplayName == "" {
		to.DisplayName = f.Target.Name
	}
	switch f.Target.Kind {
	case actor.Application:
		to.Type = "instance"
	case actor.Group:
		to.Type = "channel"
	default:
		to.Type = "account"
	}
	return out
}

func (a *API) hostOf(s notify.Side) string {
	if s.Host == "" {
		return a.Actors.Host()
	}
	return s.Host
}
