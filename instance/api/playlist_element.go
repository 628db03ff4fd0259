package api

import (
	"math"
	"net/http"
	"strconv"

	"vidiverse/instance/fault"
	"vidiverse/instance/playlist"
	"vidiverse/instance/rest"
	"vidiverse/instance/user"
	"vidiverse/instance/video"
)

func (a *API) playlistVideos(r *http.Request, c user.Caller) (any, error) {
	p, err := parsePage(r)
	if err != nil {
		return nil, err
	}
	list, total, err := a.Playlists.Elements(r.Context(), c, playlistRef(r), p.Start, p.Count)
	if err != nil {
		return nil, err
	}
	out := make([]rest.PlaylistElement, len(list))
	for i, e := range list {
		out[i] = rest.PlaylistElement{ID: int64(e.ID), Position: e.Position, StartTimestamp: e.Start, StopTimestamp: e.Stop, Type: int(e.Is)}
		if e.Video != nil {
			out[i].Video = &a.renderVideos([]video.Item{*e.Video}, video.Filter{})[0]
		}
	}
	return rest.NewPage(total, out), nil
}

func (a *API) addToPlaylist(r *http.Request, c user.Caller) (any, error) {
	var in rest.PlaylistElementInput
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	id, err := a.Playlists.AddVideo(r.Context(), c, playlistRef(r), video.Ref(in.VideoID), second(in.StartTimestamp), second(in.StopTimestamp))
	var out rest.PlaylistElementCreated
	out.VideoPlaylistElement.ID = int64(id)
	return out, err
}

// second is nil for a time that was not said; the beginning is none.
func second(m rest.Maybe[rest.Int]) *int { return orNull(int(m.Value)) }

func (a *API) updateElement(r *http.Request, c user.Caller) (any, error) {
	id, err := elementID(r)
	if err != nil {
		return nil, err
	}
	var in rest.PlaylistElementInput
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	return nil, a.Playlists.UpdateElement(r.Context(), c, playlistRef(r), id, change(in.StartTimestamp), change(in.StopTimestamp))
}

// change is nil for what was not said, and a pointer to nil for null.
func change(m rest.Maybe[rest.Int]) **int {
	if !m.Given {
		return nil
	}
	at := int(m.Value)
	v := &at
	if m.Null {
		v = nil
	}
	return &v
}

func (a *API) removeElement(r *http.Request, c user.Caller) (any, error) {
	id, err := elementID(r)
	if err != nil {
		return nil, err
	}
	return nil, a.Playlists.RemoveElement(r.Context(), c, playlistRef(r), id)
}

func elementID(r *http.Request) (playlist.ElementID, error) {
	id, err := strconv.ParseInt(param(r, "elementId"), 10, 64)
	if err != nil || id <= 0 {
		return 0, fault.New(fault.Invalid, "").WithField("playlistElementId", param(r, "elementId"), "Should have an element id/uuid/short uuid", "params")
	}
	return playlist.ElementID(id), nil
}

// move reads which part of a list goes where.
func move(r *http.Request) (m playlist.Move, err error) {
	var in rest.PlaylistReorder
	if err := decode(r, &in); err != nil {
		return m, err
	}
	bad := fault.New(fault.Invalid, "")
	for _, f := range []struct {
		name     string
		value    *rest.Int
		to       *int
		least    int
		optional bool
	}{
		{"startPosition", in.StartPosition, &m.Start, 1, false}, {"insertAfterPosition", in.InsertAfterPosition, &m.After, 0, false},
		{"reorderLength", in.ReorderLength, &m.Length, 1, true},
	} {
		switch {
		case f.value == nil && f.optional:
		case f.value == nil || *f.value < rest.Int(f.least) || *f.value > math.MaxInt32:
			bad = bad.WithField(f.name, nil, "Invalid value", "body")
		default:
			*f.to = int(*f.value)
		}
	}
	if len(bad.Fields) > 0 {
		return m, bad
	}
	return m, nil
}

func (a *API) reorderPlaylist(r *http.Request, c user.Caller) (any, error) {
	m, err := move(r)
	if err != nil {
		return nil, err
	}
	return nil, a.Playlists.Reorder(r.Context(), c, playlistRef(r), m)
}

func (a *API) reorderChannelPlaylists(r *http.Request, c user.Caller) (any, error) {
	ch, err := a.Channels.ByHandle(r.Context(), param(r, "handle"))
	if err != nil {
		return nil, err
	}
	m, err := move(r)
	if err != nil {
		return nil, err
	}
	return nil, a.Playlists.ReorderInChannel(r.Context(), c, ch.ID, m)
}

func (a *API) videosInPlaylists(r *http.Request, c user.Caller) (any, error) {
	q := filterReader{q: r.URL.Query()}
	ids := numbers[videoNumber](&q, "videoIds")
	if q.err != nil {
		return nil, q.err
	}
	asked := make([]video.ID, len(ids))
	for i, id := range ids {
		asked[i] = video.ID(id)
	}
	found, err := a.Playlists.Exist(r.Context(), c, asked)
	if err != nil {
		return nil, err
	}
	out := map[int64][]rest.PlaylistWithVideo{}
	for _, id := range asked {
		list := make([]rest.PlaylistWithVideo, len(found[id]))
		for i, e := range found[id] {
			list[i] = rest.PlaylistWithVideo{
				PlaylistElementID: int64(e.Element), PlaylistID: int64(e.Playlist.ID), PlaylistDisplayName: e.Playlist.Name,
				PlaylistShortUUID: e.Playlist.ShortUUID(), StartTimestamp: e.Start, StopTimestamp: e.Stop,
			}
		}
		out[int64(id)] = list
	}
	return out, nil
}

// videoNumber is how a query names a video.
type videoNumber int
