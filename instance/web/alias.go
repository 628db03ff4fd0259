package web

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/go-chi/chi/v5"

	"vidiverse/instance/fault"
	"vidiverse/instance/rest"
)

// aliases are addresses that PeerTube has for what has another one here. Other
// servers show and store them: they are as good as the pages themselves.
func (d *Door) aliases() map[string]http.HandlerFunc {
	return map[string]http.HandlerFunc{
		"/videos/watch/{id}":             d.toWatch,
		"/videos/watch/playlist/{id}":    d.moved("/w/p/", "id"),
		"/video-playlists/{id}":          d.moved("/w/p/", "id"),
		"/video-playlists/embed/{id}":    d.embedPlaylist,
		"/accounts/{name}":               d.moved("/a/", "name"),
		"/accounts/{name}/{part}":        d.moved("/a/", "name"),
		"/a/{name}/{part}":               d.moved("/a/", "name"),
		"/video-channels/{name}":         d.moved("/c/", "name"),
		"/video-channels/{name}/{part}":  d.toChannel,
		"/c/{name}/{part}":               d.toChannel,
		"/@{name}":                       d.toActor,
		"/@{name}/{part}":                d.toActor,
		"/services/redirect/{kind}/{at}": d.toOrigin,
	}
}

// moved leads to the page of what an element of the path names.
func (d *Door) moved(to, element string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		d.lead(w, r, to+pathPart(chi.URLParam(r, element)), http.StatusMovedPermanently)
	}
}

// toChannel leads to a channel's page, and there to what its part of the address
// says.
func (d *Door) toChannel(w http.ResponseWriter, r *http.Request) {
	to := "/c/" + pathPart(chi.URLParam(r, "name"))
	switch chi.URLParam(r, "part") {
	case "video-playlists":
		to += "?show=playlists"
	case "about":
		to += "?show=about"
	}
	d.lead(w, r, to, http.StatusMovedPermanently)
}

// lead redirects; the query goes along, and caches know that objects of other
// kinds stand at the same address.
func (d *Door) lead(w http.ResponseWriter, r *http.Request, to string, status int) {
	if r.URL.RawQuery != "" {
		if strings.Contains(to, "?") {
			to += "&" + r.URL.RawQuery
		} else {
			to += "?" + r.URL.RawQuery
		}
	}
	w.Header().Set("Vary", "Accept")
	http.Redirect(w, r, to, status)
}

func (d *Door) toWatch(w http.ResponseWriter, r *http.Request) {
	id, thread, _ := strings.Cut(chi.URLParam(r, "id"), ";threadId=")
	to := "/w/" + pathPart(id)
	if thread != "" {
		to += "?threadId=" + url.QueryEscape(thread)
	}
	d.lead(w, r, to, http.StatusMovedPermanently)
}

// toActor leads to the account of that name, else to the channel.
func (d *Door) toActor(w http.ResponseWriter, r *http.Request) {
	name := pathPart(chi.URLParam(r, "name"))
	for _, at := range []struct{ api, page string }{{accountsPath, "/a/"}, {channelsPath, "/c/"}} {
		if _, err := d.cfg.Source.Read(r.Context(), at.api+name); err == nil {
			d.lead(w, r, at.page+name, http.StatusFound)
			return
		}
	}
	d.notFound(w, r)
}

const (
	accountsPath = "/api/v1/accounts/"
	channelsPath = "/api/v1/video-channels/"
)

// toOrigin leads to where an account, or any actor, has its home: a handle is
// written @name, @name@host or without the first sign. It asks no other server.
func (d *Door) toOrigin(w http.ResponseWriter, r *http.Request) {
	paths, ok := map[string][]string{"accounts": {accountsPath}, "actors": {accountsPath, channelsPath}}[chi.URLParam(r, "kind")]
	if !ok {
		d.notFound(w, r)
		return
	}
	at := pathPart(strings.TrimPrefix(chi.URLParam(r, "at"), "@"))
	for _, path := range paths {
		raw, err := d.cfg.Source.Read(r.Context(), path+at)
		if err != nil {
			continue
		}
		if a, err := parse[actor](raw); err == nil && a.URL != "" {
			http.Redirect(w, r, a.URL, http.StatusFound)
			return
		}
	}
	refuse(w, fault.New(fault.NotFound, "Account not found"))
}

// embedPlaylist shows a video of a playlist in a frame: that of the position
// which is asked for, else the first.
func (d *Door) embedPlaylist(w http.ResponseWriter, r *http.Request) {
	position, err := strconv.Atoi(r.URL.Query().Get("playlistPosition"))
	if err != nil || position < 1 {
		position = 1
	}
	path := playlistsPath + pathPart(chi.URLParam(r, "id")) + "/videos?count=1&start=" + strconv.Itoa(position-1)
	raw, err := d.cfg.Source.Read(r.Context(), path)
	if err == nil {
		var page struct {
			Data []struct {
				Video *struct {
					ShortUUID string `json:"shortUUID"`
				} `json:"video"`
			} `json:"data"`
		}
		if err = json.Unmarshal(raw, &page); err == nil && len(page.Data) == 1 && page.Data[0].Video != nil {
			d.lead(w, r, "/videos/embed/"+page.Data[0].Video.ShortUUID, http.StatusFound)
			return
		}
	}
	if err == nil {
		err = fault.New(fault.NotFound, "the playlist has no such video")
	}
	p := d.blank(r)
	p.Entry = d.assets.manifest.Embed
	d.describe(&p, err)
	d.send(w, r, d.pages.embed, p)
}

// refuse answers programs with a problem, as the REST door does.
func refuse(w http.ResponseWriter, err error) {
	status := map[fault.Kind]int{
		fault.Invalid: http.StatusBadRequest, fault.NotFound: http.StatusNotFound, fault.Gone: http.StatusGone, fault.Forbidden: http.StatusForbidden,
		fault.TooMany: http.StatusTooManyRequests, fault.Unavailable: http.StatusServiceUnavailable,
	}[fault.KindOf(err)]
	if status == 0 {
		status, err = http.StatusInternalServerError, nil
	}
	problem(w, status, err)
}

func problem(w http.ResponseWriter, status int, err error) {
	p := rest.Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: http.StatusText(status)}
	if f, ok := fault.As(err); ok {
		p.Detail = f.Message
		for _, fd := range f.Fields {
			p.InvalidParams = map[string]rest.BadParam{fd.Name: {Type: "field", Value: fd.Value, Msg: fd.Message, Path: fd.Name, Location: fd.Location}}
		}
	}
	w.Header().Set("Content-Type", "application/problem+json; charset=utf-8")
	w.Header().Set("Access-Control-Allow-Origin", "*")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(p) // a reader that went away is no error of ours
}
