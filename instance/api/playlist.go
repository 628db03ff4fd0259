package api

import (
	"context"
	"errors"
	"mime"
	"net/http"
	"net/url"

	"vidiverse/instance/account"
	"vidiverse/instance/channel"
	"vidiverse/instance/fault"
	"vidiverse/instance/playlist"
	"vidiverse/instance/rest"
	"vidiverse/instance/stream"
	"vidiverse/instance/user"
	"vidiverse/instance/video"
)

func (a *API) playlistRoutes() []route {
	if a.Playlists == nil {
		return nil
	}
	const get, post, put, del = http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete
	const all, one = "/api/v1/video-playlists", "/api/v1/video-playlists/{playlistId}"
	return []route{
		{method: get, path: all + "/privacies", handle: constant(playlist.Privacies())},
		{method: get, path: all, handle: a.listPlaylists},
		{method: post, path: all, auth: signedIn, handle: a.createPlaylist},
		{method: get, path: one, auth: optional, handle: a.playlist},
		{method: put, path: one, auth: signedIn, handle: a.updatePlaylist},
		{method: del, path: one, auth: signedIn, handle: a.deletePlaylist},
		{method: get, path: one + "/videos", auth: optional, handle: a.playlistVideos},
		{method: post, path: one + "/videos", auth: signedIn, handle: a.addToPlaylist},
		{method: post, path: one + "/videos/reorder", auth: signedIn, handle: a.reorderPlaylist},
		{method: put, path: one + "/videos/{elementId}", auth: signedIn, handle: a.updateElement},
		{method: del, path: one + "/videos/{elementId}", auth: signedIn, handle: a.removeElement},
		{method: get, path: "/api/v1/users/me/video-playlists/videos-exist", auth: signedIn, handle: a.videosInPlaylists},
		{method: get, path: "/api/v1/accounts/{handle}/video-playlists", auth: optional, handle: a.accountPlaylists},
		{method: get, path: "/api/v1/video-channels/{handle}/video-playlists", auth: optional, handle: a.channelPlaylists},
		{method: post, path: "/api/v1/video-channels/{handle}/video-playlists/reorder", auth: signedIn, handle: a.reorderChannelPlaylists},
	}
}

func playlistRef(r *http.Request) video.Ref { return video.Ref(param(r, "playlistId")) }

func (a *API) listPlaylists(r *http.Request, c user.Caller) (any, error) {
	return a.playlistPage(r, c, playlist.Query{Known: true})
}

func (a *API) accountPlaylists(r *http.Request, c user.Caller) (any, error) {
	owner, err := a.Accounts.ByName(r.Context(), param(r, "handle"))
	if err != nil {
		return nil, err
	}
	q := filterReader{q: r.URL.Query()}
	q.boolean("includeCollaborations") // channels have one owner each
	if q.err != nil {
		return nil, q.err
	}
	return a.playlistPage(r, c, playlist.Query{Account: owner.ID, Channels: q.list("channelNameOneOf"), Known: !c.SignedIn()})
}

func (a *API) channelPlaylists(r *http.Request, c user.Caller) (any, error) {
	ch, err := a.Channels.ByHandle(r.Context(), param(r, "handle"))
	if err != nil {
		return nil, err
	}
	return a.playlistPage(r, c, playlist.Query{Channel: ch.ID, Known: !c.SignedIn()})
}

// playlistPage answers one page of playlists; q says which list.
func (a *API) playlistPage(r *http.Request, c user.Caller, q playlist.Query, sorts ...string) (any, error) {
	if len(sorts) == 0 {
		sorts = []string{"-createdAt", "name", "displayName", "updatedAt", "videoChannelPosition"}
	}
	p, err := parsePage(r, sorts...)
	if err != nil {
		return nil, err
	}
	if q.Search, err = searched(r); err != nil {
		return nil, err
	}
	f := filterReader{q: r.URL.Query()}
	if q.Kind = playlist.Kind(f.number("playlistType")); f.err != nil {
		return nil, f.err
	}
	q.Start, q.Count, q.Sort = p.Start, p.Count, p.Sort
	list, total, err := a.Playlists.List(r.Context(), c, q)
	if err != nil {
		return nil, err
	}
	out, err := a.renderPlaylists(r.Context(), list)
	return rest.NewPage(total, out), err
}

func (a *API) playlist(r *http.Request, c user.Caller) (any, error) {
	p, err := a.Playlists.Get(r.Context(), c, playlistRef(r))
	if err != nil {
		return nil, err
	}
	out, err := a.renderPlaylists(r.Context(), []playlist.Playlist{p})
	if err != nil {
		return nil, err
	}
	return out[0], nil
}

func (a *API) createPlaylist(r *http.Request, c user.Caller) (any, error) {
	in, pictures, err := a.playlistInput(r)
	if err != nil {
		return nil, err
	}
	p, err := a.Playlists.Create(r.Context(), c, playlist.Draft{
		Name: in.DisplayName.Value, Description: in.Description.Value, Privacy: playlist.Privacy(in.Privacy.Value),
		Channel: channel.ID(in.VideoChannelID.Value),
	}, pictures)
	var out rest.PlaylistCreated
	out.VideoPlaylist.ID, out.VideoPlaylist.UUID, out.VideoPlaylist.ShortUUID = int64(p.ID), p.UUID, p.ShortUUID()
	return out, err
}

func (a *API) updatePlaylist(r *http.Request, c user.Caller) (any, error) {
	if err := a.Playlists.MayEdit(r.Context(), c, playlistRef(r)); err != nil {
		return nil, err // before any picture is read
	}
	in, pictures, err := a.playlistInput(r)
	if err != nil {
		return nil, err
	}
	var change playlist.Patch
	if m := in.DisplayName; m.Given {
		change.Name = &m.Value
	}
	if m := in.Description; m.Given {
		change.Description = &m.Value
	}
	if m := in.Privacy; m.Given && !m.Null {
		p := playlist.Privacy(m.Value)
		change.Privacy = &p
	}
	if m := in.VideoChannelID; m.Given {
		ch := channel.ID(m.Value)
		change.Channel = &ch
	}
	return nil, a.Playlists.Update(r.Context(), c, playlistRef(r), change, pictures)
}

func (a *API) deletePlaylist(r *http.Request, c user.Caller) (any, error) {
	return nil, a.Playlists.Delete(r.Context(), c, playlistRef(r))
}

// playlistInput reads the members of a playlist from JSON, a form, or a multipart
// form that may bring a picture, of which it makes all sizes.
func (a *API) playlistInput(r *http.Request) (in rest.PlaylistInput, pictures []stream.Thumbnail, err error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || (kind != "multipart/form-data" && kind != "application/x-www-form-urlencoded") {
		return in, nil, decode(r, &in)
	}
	var values url.Values
	var pic picture
	if kind == "multipart/form-data" {
		values, pic, err = a.readParts(r)
		defer func() { pic.remove() }()
	} else {
		values, err = form(r)
	}
	if err == nil {
		in, err = rest.ParsePlaylistForm(values)
	}
	var bad *rest.BadInput
	if errors.As(err, &bad) {
		err = fault.New(fault.Invalid, "").WithField(bad.Field, bad.Value, "Invalid value", "body")
	}
	if err != nil {
		return in, nil, err
	}
	pictures, err = a.thumbnails(r.Context(), pic)
	return in, pictures, err
}

func (a *API) renderPlaylists(ctx context.Context, list []playlist.Playlist) ([]rest.Playlist, error) {
	var owners []account.ID
	var within []channel.ID
	for _, p := range list {
		owners = append(owners, p.Owner)
		if p.Channel != 0 {
			within = append(within, p.Channel)
		}
	}
	accounts, err := a.Accounts.ByIDs(ctx, owners)
	if err != nil {
		return nil, err
	}
	channels, err := a.Channels.ByIDs(ctx, within)
	if err != nil {
		return nil, err
	}
	out := make([]rest.Playlist, len(list))
	for i, p := range list {
		out[i] = a.renderPlaylist(p, a.accountBrief(accounts[p.Owner]))
		if ch, ok := channels[p.Channel]; ok {
			summary := a.channelSummary(ch)
			out[i].VideoChannel = &summary
		}
	}
	return out, nil
}

func (a *API) accountBrief(v account.Account) rest.Summary {
	return rest.Summary{
		ID: int64(v.ID), Name: v.Name, DisplayName: v.DisplayName, URL: v.URL, Host: v.Host, Avatars: a.images("avatars", v.Images.Avatars),
	}
}

func (a *API) renderPlaylist(p playlist.Playlist, owner rest.Summary) rest.Playlist {
	out := rest.Playlist{
		ID: int64(p.ID), UUID: p.UUID, ShortUUID: p.ShortUUID(), IsLocal: p.Local, URL: p.URL, DisplayName: p.Name, Description: optionalText(p.Description),
		Privacy: rest.Label[int]{ID: int(p.Privacy), Label: p.Privacy.String()}, Type: rest.Label[int]{ID: int(p.Kind), Label: p.Kind.String()},
		EmbedPath: "/video-playlists/embed/" + p.ShortUUID(), VideosLength: p.Length, CreatedAt: rest.Time(p.CreatedAt), UpdatedAt: rest.Time(p.UpdatedAt),
		OwnerAccount: owner, VideoChannelPosition: orNull(p.Position), Thumbnails: make([]rest.Thumbnail, len(p.Thumbnails)),
	}
	for i, t := range p.Thumbnails {
		path := thumbnailFolder + t.File
		out.Thumbnails[i] = rest.Thumbnail{Height: t.Height, Width: t.Width, AspectRatio: aspectName(t.Width, t.Height), FileURL: a.base() + path}
		if out.ThumbnailPath == nil {
			out.ThumbnailPath = &path
		}
	}
	return out
}
