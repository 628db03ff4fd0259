package api

import (
	"net/http"

	"vidiverse/instance/access"
	"vidiverse/instance/account"
	"vidiverse/instance/channel"
	"vidiverse/instance/report"
	"vidiverse/instance/rest"
	"vidiverse/instance/video"
)

// abuseFaces are the accounts and channels that a page of reports names.
type abuseFaces struct {
	accounts map[account.ID]account.Account
	channels map[channel.ID]channel.Channel
}

func (a *API) abuseFaces(r *http.Request, list []report.Item) (seen abuseFaces, err error) {
	var accounts []account.ID
	var channels []channel.ID
	for _, it := range list {
		accounts = append(accounts, it.Reporter, it.Flagged)
		if it.Kind == report.OfVideo {
			channels = append(channels, it.Of.ChannelID)
		}
	}
	if seen.accounts, err = a.Accounts.ByIDs(r.Context(), accounts); err != nil {
		return seen, err
	}
	seen.channels, err = a.Channels.ByIDs(r.Context(), channels)
	return seen, err
}

// renderFace is an account's summary, or nothing when it is gone.
func (a *API) renderFace(known map[account.ID]account.Account, id account.ID) *rest.AccountSummary {
	v, ok := known[id]
	if !ok {
		return nil
	}
	s := a.renderAccountSummary(v)
	return &s
}

func (a *API) renderAbuse(it report.Item, seen abuseFaces) rest.UserAbuse {
	out := rest.UserAbuse{
		ID: int64(it.ID), Reason: it.Reason, PredefinedReasons: it.Reasons, CountMessages: it.Messages,
		FlaggedAccount: a.renderFace(seen.accounts, it.Flagged), State: rest.Label[int]{ID: int(it.State), Label: it.State.String()},
		CreatedAt: rest.Time(it.CreatedAt), UpdatedAt: rest.Time(it.UpdatedAt),
	}
	switch {
	case it.Kind == report.OfVideo:
		out.Video = a.renderAbuseVideo(it, seen)
	case it.Of.CommentID != 0:
		out.Comment = &rest.AbuseComment{
			ID: int64(it.Of.CommentID), ThreadID: int64(it.Of.ThreadID), Text: it.Of.CommentText, Deleted: it.Of.Deleted,
			Video: rest.NamedUUID{ID: int64(it.Of.VideoID), Name: it.Of.Name, UUID: it.Of.UUID},
		}
	}
	return out
}

func (a *API) renderAbuseVideo(it report.Item, seen abuseFaces) *rest.AbuseVideo {
	var pictures rest.VideoBase
	a.renderThumbnails(&video.Item{Thumbnails: it.Of.Pictures}, &pictures)
	out := &rest.AbuseVideo{
		ID: int64(it.Of.VideoID), UUID: it.Of.UUID, ShortUUID: access.ShortUUID(it.Of.UUID), Name: it.Of.Name, NSFW: it.Of.NSFW,
		StartAt: it.StartAt, EndAt: it.EndAt, Deleted: it.Of.Deleted,
		ThumbnailPath: pictures.ThumbnailPath, Thumbnails: pictures.Thumbnails,
	}
	if ch, ok := seen.channels[it.Of.ChannelID]; ok {
		base := a.renderChannel(ch)
		out.Channel = &rest.AbuseChannel{
			ActorSummary: base.ActorSummary, Banners: base.Banners, DisplayName: base.DisplayName,
			Description: base.Description, IsLocal: base.IsLocal,
		}
	}
	return out
}
