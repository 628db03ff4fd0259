package web

import (
	"bytes"
	"encoding/json"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"vidiverse/instance/fault"
)

// oembedAnswer is the format of oembed.com for type "video".
type oembedAnswer struct {
	Type            string `json:"type"`
	Version         string `json:"version"`
	HTML            string `json:"html"`
	Width           int    `json:"width"`
	Height          int    `json:"height"`
	Title           string `json:"title"`
	AuthorName      string `json:"author_name"`
	AuthorURL       string `json:"author_url"`
	ProviderName    string `json:"provider_name"`
	ProviderURL     string `json:"provider_url"`
	ThumbnailURL    string `json:"thumbnail_url,omitempty"`
	ThumbnailWidth  int    `json:"thumbnail_width,omitempty"`
	ThumbnailHeight int    `json:"thumbnail_height,omitempty"`
}

var frame = template.Must(template.New("frame").Parse(
	`<iframe width="{{.Width}}" height="{{.Height}}" sandbox="allow-same-origin allow-scripts allow-popups allow-forms" ` +
		`title="{{.Title}}" src="{{.Src}}" style="border: none" allow="fullscreen"></iframe>`))

// asked is a request for the code of a frame.
type asked struct {
	path       string // of REST
	query      string // of the page, as far as a player understands it; with its question mark
	maxW, maxH int    // 0 is no limit
}

// playerWords are what addresses of pages may say to a player.
var playerWords = map[string]bool{
	"start": true, "stop": true, "loop": true, "autoplay": true, "muted": true, "controls": true, "controlBar": true, "title": true, "api": true,
	"warningTitle": true, "peertubeLink": true, "p2p": true, "subtitle": true, "bigPlayBackgroundColor": true, "mode": true, "foregroundColor": true,
	"playbackRate": true, "waitPasswordFromEmbedAPI": true, "playlistPosition": true,
}

// readAsked takes a query apart, by PeerTube's rules.
func (d *Door) readAsked(q url.Values) (a asked, err error) {
	bad := func(name string) error {
		return fault.New(fault.Invalid, "Incorrect request parameters: %s", name).WithField(name, q.Get(name), "Invalid value", "query")
	}
	page, err := url.Parse(q.Get("url"))
	if err != nil || page.Host == "" {
		return a, bad("url")
	}
	for name, at := range map[string]*int{"maxwidth": &a.maxW, "maxheight": &a.maxH} {
		if *at, err = strconv.Atoi(q.Get(name)); q.Has(name) && (err != nil || *at < 1) {
			return a, bad(name)
		}
	}
	if f := q.Get("format"); q.Has("format") && f != "json" && f != "xml" {
		return a, bad("format")
	}
	var ok bool
	if a.path, ok = d.sourceOf(q.Get("url")); !ok {
		return a, fault.New(fault.Invalid, "Invalid url.")
	}
	var said []string // in the page's order
	for part := range strings.SplitSeq(page.RawQuery, "&") {
		name, value, _ := strings.Cut(part, "=")
		if value, err := url.QueryUnescape(value); err == nil && playerWords[name] {
			said = append(said, name+"="+url.QueryEscape(value))
		}
	}
	if len(said) > 0 {
		a.query = "?" + strings.Join(said, "&")
	}
	return a, nil
}

// oembed answers for addresses of this instance's videos alone.
func (d *Door) oembed(w http.ResponseWriter, r *http.Request) {
	a, err := d.readAsked(r.URL.Query())
	if err != nil {
		refuse(w, err)
		return
	}
	if r.URL.Query().Get("format") == "xml" {
		problem(w, http.StatusNotImplemented, fault.New(fault.Invalid, "Requested format is not implemented on server."))
		return
	}
	raw, err := d.cfg.Source.Read(r.Context(), a.path)
	if fault.KindOf(err) == fault.Unauthorized {
		err = fault.New(fault.Forbidden, "Video is not publicly available")
	}
	var v video
	if err == nil {
		v, err = framed(raw, a.path)
	}
	if err != nil {
		d.refuseFrame(w, err)
		return
	}
	d.sendOEmbed(w, v, a)
}

func (d *Door) refuseFrame(w http.ResponseWriter, err error) {
	if fault.KindOf(err) == fault.Internal {
		d.cfg.Log.Error("oembed failed", "err", err)
	}
	refuse(w, err)
}

// playlistPicture is the width that PeerTube shows of a playlist.
const playlistPicture = 280

// shown is the picture beside a frame; none where it is larger than was asked for.
func (a asked) shown(v video) picture {
	p := v.bestPicture()
	if strings.HasPrefix(a.path, playlistsPath) {
		if i := slices.IndexFunc(v.Thumbnails, func(t picture) bool { return t.Width == playlistPicture }); i >= 0 {
			p = v.Thumbnails[i]
		}
	}
	if a.maxW > 0 && a.maxW < p.Width || a.maxH > 0 && a.maxH < p.Height {
		return picture{}
	}
	return p
}

func (d *Door) sendOEmbed(w http.ResponseWriter, v video, a asked) {
	width, height := v.size()
	width, height = atMost(width, a.maxW), atMost(height, a.maxH)
	var html bytes.Buffer
	err := frame.Execute(&html, struct {
		Width, Height int
		Title, Src    string
	}{width, height, v.Name, d.cfg.URL + v.EmbedPath})
	if err != nil {
		d.refuseFrame(w, err)
		return
	}
	// Behind the address, as it is: it was escaped for addresses, and is compared.
	code := strings.Replace(html.String(), `" style="`, a.query+`" style="`, 1)
	p := a.shown(v)
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Access-Control-Allow-Origin", "*")
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	// A reader that went away is no error of ours.
	_ = out.Encode(oembedAnswer{
		Type: "video", Version: "1.0", HTML: code, Width: width, Height: height, Title: v.Name,
		AuthorName: v.Channel.DisplayName, AuthorURL: v.Channel.URL,
		ProviderName: "PeerTube", ProviderURL: d.cfg.URL,
		ThumbnailURL: p.FileURL, ThumbnailWidth: p.Width, ThumbnailHeight: p.Height,
	})
}

const (
	videosPath    = "/api/v1/videos/"
	playlistsPath = "/api/v1/video-playlists/"
)

// sourceOf finds the REST path of what one of our watch pages shows.
func (d *Door) sourceOf(address string) (string, bool) {
	rest, ok := strings.CutPrefix(address, d.cfg.URL+"/")
	if !ok {
		return "", false
	}
	rest, _, _ = strings.Cut(rest, "?")
	for _, page := range []struct{ prefix, path string }{
		{"w/p/", playlistsPath}, {"videos/watch/playlist/", playlistsPath}, {"video-playlists/embed/", playlistsPath},
		{"w/", videosPath}, {"videos/watch/", videosPath}, {"videos/embed/", videosPath},
	} {
		if id, ok := strings.CutPrefix(rest, page.prefix); ok && id != "" && !strings.Contains(id, "/") {
			return page.path + url.PathEscape(id), true
		}
	}
	return "", false
}

func atMost(n, limit int) int {
	if limit > 0 {
		return min(n, limit)
	}
	return n
}
