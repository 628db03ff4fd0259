package web

import (
	"bytes"
	"encoding/json"
	"html/template"
	"net/http"
	"net/url"
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

// oembed answers for addresses of this instance's videos alone.
func (d *Door) oembed(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if f := q.Get("format"); f != "" && f != "json" {
		http.Error(w, "only json is spoken here", http.StatusNotImplemented)
		return
	}
	path, ok := d.sourceOf(q.Get("url"))
	if !ok {
		http.Error(w, "url is not a video or playlist of this instance", http.StatusBadRequest)
		return
	}
	raw, err := d.cfg.Source.Read(r.Context(), path)
	if err != nil {
		status := http.StatusNotFound
		if k := fault.KindOf(err); k == fault.Unauthorized || k == fault.Forbidden {
			status = http.StatusForbidden
		}
		http.Error(w, "video not available", status)
		return
	}
	v, err := framed(raw, path)
	if err != nil {
		d.cfg.Log.Error("oembed failed", "err", err)
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	d.sendOEmbed(w, v, q)
}

func (d *Door) sendOEmbed(w http.ResponseWriter, v video, q url.Values) {
	width, height := v.size()
	width, height = atMost(width, q.Get("maxwidth")), atMost(height, q.Get("maxheight"))
	src := d.cfg.URL + v.EmbedPath
	var html bytes.Buffer
	err := frame.Execute(&html, struct {
		Width, Height int
		Title, Src    string
	}{width, height, v.Name, src})
	if err != nil {
		d.cfg.Log.Error("oembed failed", "err", err)
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	p := v.bestPicture()
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Access-Control-Allow-Origin", "*")
	// A reader that went away is no error of ours.
	_ = json.NewEncoder(w).Encode(oembedAnswer{
		Type: "video", Version: "1.0", HTML: html.String(), Width: width, Height: height, Title: v.Name,
		AuthorName: v.Channel.DisplayName, AuthorURL: v.Channel.URL,
		ProviderName: "PeerTube", ProviderURL: d.cfg.URL,
		ThumbnailURL: p.FileURL, ThumbnailWidth: p.Width, ThumbnailHeight: p.Height,
	})
}

// framed is what is shown in a frame: a video, or a playlist as if it were one.
func framed(raw json.RawMessage, path string) (video, error) {
	if !strings.HasPrefix(path, playlistsPath) {
		return parse[video](raw)
	}
	p, err := parse[struct {
		DisplayName string    `json:"displayName"`
		EmbedPath   string    `json:"embedPath"`
		Thumbnails  []picture `json:"thumbnails"`
		Channel     *actor    `json:"videoChannel"`
		Owner       actor     `json:"ownerAccount"`
	}](raw)
	if err != nil {
		return video{}, err
	}
	by := p.Owner
	if p.Channel != nil {
		by = *p.Channel
	}
	return video{Name: p.DisplayName, EmbedPath: p.EmbedPath, Thumbnails: p.Thumbnails, Channel: by}, nil
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

func atMost(n int, limit string) int {
	if l, err := strconv.Atoi(limit); err == nil && l >= 100 && l < n {
		return l
	}
	return n
}
