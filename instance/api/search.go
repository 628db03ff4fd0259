package api

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"vidiverse/instance/channel"
	"vidiverse/instance/fault"
	"vidiverse/instance/playlist"
	"vidiverse/instance/rest"
	"vidiverse/instance/search"
	"vidiverse/instance/user"
	"vidiverse/instance/video"
)

// Search understands addresses and handles; it is a *search.Service.
type Search interface {
	Video(ctx context.Context, c user.Caller, text string) (search.One[video.ID], error)
	Channel(ctx context.Context, c user.Caller, text string) (search.One[channel.ID], error)
	Playlist(ctx context.Context, c user.Caller, text string) (search.One[playlist.ID], error)
}

func (a *API) searchRoutes() []route {
	if a.Search == nil {
		return nil
	}
	const get, path = http.MethodGet, "/api/v1/search"
	return []route{
		{method: get, path: path + "/videos", auth: optional, docs: "searchVideos", handle: a.searchVideos},
		{method: get, path: path + "/video-channels", auth: optional, docs: "searchChannels", handle: a.searchChannels},
		{method: get, path: path + "/video-playlists", auth: optional, docs: "searchPlaylists", handle: a.searchPlaylists},
	}
}

// target refuses what asks for an index of other servers: none is configured.
func target(r *http.Request) error {
	switch t := r.URL.Query().Get("searchTarget"); t {
	case "", "local":
		return nil
	default:
		return fault.New(fault.Invalid, "").WithField("searchTarget", t, "Invalid value", "query")
	}
}

// The orders of what is found, the default first.
var (
	foundVideos = []string{"-match", "name", "duration", "createdAt", "publishedAt", "originallyPublishedAt", "views", "likes", "hot"}
	foundOthers = []string{"-match", "displayName", "createdAt"}
)

func (a *API) searchVideos(r *http.Request, c user.Caller) (any, error) {
	if err := target(r); err != nil {
		return nil, err
	}
	q := filterReader{q: r.URL.Query()}
	text := q.words("search")
	f := video.Filter{
		PublishedAfter: q.date("startDate", "start"), PublishedBefore: q.date("endDate", "end"),
		OriginallyAfter:  q.date("originallyPublishedStartDate", "published start"),
		OriginallyBefore: q.date("originallyPublishedEndDate", "published end"),
		DurationMin:      q.optionalNumber("durationMin"), DurationMax: q.optionalNumber("durationMax"), UUIDs: q.uuids("uuids"),
	}
	if q.err != nil {
		return nil, q.err
	}
	one, err := a.Search.Video(r.Context(), c, text)
	if err != nil {
		return nil, err
	}
	if !one.Means {
		return a.videoPage(r, c, f, foundVideos...)
	}
	if one.ID == 0 {
		return rest.NewPage(0, []rest.Video{}), nil
	}
	f = video.Filter{IDs: []video.ID{one.ID}, Far: true, Addressed: true}
	list, err := a.Video.Service.List(r.Context(), c, f)
	if err != nil {
		return nil, err
	}
	return rest.NewPage(list.Total, a.renderVideos(list.Items, f)), nil
}

func (a *API) searchChannels(r *http.Request, c user.Caller) (any, error) {
	if err := target(r); err != nil {
		return nil, err
	}
	q := filterReader{q: r.URL.Query()}
	text := q.words("search")
	by := channel.Query{Host: q.host("host"), Near: true, Search: strings.TrimPrefix(text, "@")}
	handles := q.list("handles")
	if slices.Contains(handles, "") {
		q.refuseAs("handles", "", "Should have valid array of handles")
	}
	if q.err != nil {
		return nil, q.err
	}
	one, err := a.Search.Channel(r.Context(), c, text)
	if err != nil {
		return nil, err
	}
	switch {
	case !one.Means && len(handles) > 0:
		return a.channelsOf(r, by, handles)
	case !one.Means:
		return a.channelPage(r, by, foundOthers...)
	case one.ID == 0:
		return rest.NewPage(0, []rest.ListedChannel{}), nil
	}
	ch, err := a.Channels.ByID(r.Context(), one.ID)
	if err != nil {
		return nil, err
	}
	owner, err := a.Accounts.ByID(r.Context(), ch.AccountID)
	if err != nil {
		return nil, err
	}
	listed := rest.ListedChannel{ChannelBase: a.renderChannel(ch), OwnerAccount: a.renderAccountSummary(owner)}
	return rest.NewPage(1, []rest.ListedChannel{listed}), nil
}

// channelsOf answers those of some handles that are known.
func (a *API) channelsOf(r *http.Request, by channel.Query, handles []string) (any, error) {
	for _, h := range handles[:min(len(handles), maxCount)] {
		ch, err := a.Channels.ByHandle(r.Context(), h)
		switch {
		case err == nil:
			by.IDs = append(by.IDs, ch.ID)
		case fault.KindOf(err) != fault.NotFound:
			return nil, err
		}
	}
	if len(by.IDs) == 0 {
		return rest.NewPage(0, []rest.ListedChannel{}), nil
	}
	return a.channelPage(r, by, foundOthers...)
}

func (a *API) searchPlaylists(r *http.Request, c user.Caller) (any, error) {
	if err := target(r); err != nil {
		return nil, err
	}
	q := filterReader{q: r.URL.Query()}
	text := q.words("search")
	by := playlist.Query{Filled: true, Known: true, Host: q.host("host"), UUIDs: q.uuids("uuids")}
	if q.err != nil {
		return nil, q.err
	}
	one, err := a.Search.Playlist(r.Context(), c, text)
	if err != nil {
		return nil, err
	}
	if !one.Means {
		return a.playlistPage(r, c, by, foundOthers...)
	}
	var found []playlist.Playlist
	if one.ID != 0 {
		p, err := a.Playlists.Get(r.Context(), c, video.Ref(strconv.FormatInt(int64(one.ID), 10)))
		switch {
		case err == nil:
			found = append(found, p)
		case fault.KindOf(err) != fault.NotFound: // hidden ones are not found by their number
			return nil, err
		}
	}
	out, err := a.renderPlaylists(r.Context(), found)
	return rest.NewPage(len(out), out), err
}
