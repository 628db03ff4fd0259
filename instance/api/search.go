package api

import (
	"context"
	"net/http"
	"strconv"

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

func (a *API) searchVideos(r *http.Request, c user.Caller) (any, error) {
	if err := target(r); err != nil {
		return nil, err
	}
	one, err := a.Search.Video(r.Context(), c, r.URL.Query().Get("search"))
	if err != nil {
		return nil, err
	}
	if !one.Means {
		return a.videoPage(r, c, video.Filter{})
	}
	if one.ID == 0 {
		return rest.NewPage(0, []rest.Video{}), nil
	}
	f := video.Filter{IDs: []video.ID{one.ID}, Far: true}
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
	one, err := a.Search.Channel(r.Context(), c, r.URL.Query().Get("search"))
	if err != nil {
		return nil, err
	}
	switch {
	case !one.Means:
		return a.channelPage(r, channel.Query{Host: r.URL.Query().Get("host"), Near: true})
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

func (a *API) searchPlaylists(r *http.Request, c user.Caller) (any, error) {
	if err := target(r); err != nil {
		return nil, err
	}
	one, err := a.Search.Playlist(r.Context(), c, r.URL.Query().Get("search"))
	if err != nil {
		return nil, err
	}
	if !one.Means {
		return a.playlistPage(r, c, playlist.Query{Filled: true, Known: true})
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
