package api

import (
	"net/http"

	"vidiverse/instance/rest"
	"vidiverse/instance/user"
	"vidiverse/instance/video"
)

// partRoutes are of what belongs to a video besides its row: chapters, and how
// its player looks.
func (a *API) partRoutes() []route {
	if a.Video.Service == nil {
		return nil
	}
	const get, put, settings = http.MethodGet, http.MethodPut, "/api/v1/player-settings"
	return []route{
		{method: get, path: "/api/v1/videos/{videoId}/chapters", auth: optional, docs: "getVideoChapters", handle: a.chapters},
		{method: put, path: "/api/v1/videos/{videoId}/chapters", auth: signedIn, handle: a.setChapters},
		{method: get, path: settings + "/videos/{videoId}", auth: optional, handle: a.theme},
		{method: put, path: settings + "/videos/{videoId}", auth: signedIn, handle: a.setTheme},
		{method: get, path: settings + "/video-channels/{handle}", auth: optional, handle: a.themeOfChannel},
		{method: put, path: settings + "/video-channels/{handle}", auth: signedIn, handle: a.setThemeOfChannel},
	}
}

func (a *API) chapters(r *http.Request, c user.Caller) (any, error) {
	list, err := a.Video.Service.Chapters(r.Context(), c, ref(r), shown(r))
	if err != nil {
		return nil, err
	}
	out := rest.Chapters{Chapters: make([]rest.Chapter, len(list))}
	for i, ch := range list {
		out.Chapters[i] = rest.Chapter{Timecode: ch.At, Title: ch.Title}
	}
	return out, nil
}

func (a *API) setChapters(r *http.Request, c user.Caller) (any, error) {
	var in rest.Chapters
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	list := make([]video.Chapter, len(in.Chapters))
	for i, ch := range in.Chapters {
		list[i] = video.Chapter{At: ch.Timecode, Title: ch.Title}
	}
	return nil, a.Video.Service.SetChapters(r.Context(), c, ref(r), list)
}

// raw reads whether the choice itself is asked for, not what follows from it.
func raw(r *http.Request) (bool, error) {
	q := filterReader{q: r.URL.Query()}
	yes := q.boolean("raw")
	return yes != nil && *yes, q.err
}

func (a *API) theme(r *http.Request, c user.Caller) (any, error) {
	itself, err := raw(r)
	if err != nil {
		return nil, err
	}
	theme, err := a.Video.Service.Theme(r.Context(), c, ref(r), itself)
	return rest.PlayerSettings{Theme: theme}, err
}

func (a *API) setTheme(r *http.Request, c user.Caller) (any, error) {
	var in rest.PlayerSettings
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	return in, a.Video.Service.SetTheme(r.Context(), c, ref(r), in.Theme)
}

func (a *API) themeOfChannel(r *http.Request, c user.Caller) (any, error) {
	itself, err := raw(r)
	if err != nil {
		return nil, err
	}
	if itself {
		id, _, err := a.Channels.Managed(r.Context(), c, param(r, "handle"))
		if err != nil {
			return nil, err
		}
		theme, err := a.Video.Service.ThemeOfChannel(r.Context(), id, true)
		return rest.PlayerSettings{Theme: theme}, err
	}
	ch, err := a.Channels.ByHandle(r.Context(), param(r, "handle"))
	if err != nil {
		return nil, err
	}
	theme, err := a.Video.Service.ThemeOfChannel(r.Context(), ch.ID, false)
	return rest.PlayerSettings{Theme: theme}, err
}

func (a *API) setThemeOfChannel(r *http.Request, c user.Caller) (any, error) {
	var in rest.PlayerSettings
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	id, _, err := a.Channels.Managed(r.Context(), c, param(r, "handle"))
	if err != nil {
		return nil, err
	}
	return in, a.Video.Service.SetThemeOfChannel(r.Context(), id, in.Theme)
}
