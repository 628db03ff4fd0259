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
	id, ok := d.videoOf(q.Get("url"))
	if !ok {
		http.Error(w, "url is not a video of this instance", http.StatusBadRequest)
		return
	}
	raw, err := d.cfg.Source.Read(r.Context(), "/api/v1/videos/"+url.PathEscape(id))
	if err != nil {
		status := http.StatusNotFound
		if k := fault.KindOf(err); k == fault.Unauthorized || k == fault.Forbidden {
			status = http.StatusForbidden
		}
		http.Error(w, "video not available", status)
		return
	}
	v, err := parse[video](raw)
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

// videoOf finds the video's name in an address of one of our watch pages.
func (d *Door) videoOf(address string) (string, bool) {
	rest, ok := strings.CutPrefix(address, d.cfg.URL+"/")
	if !ok {
		return "", false
	}
	rest, _, _ = strings.Cut(rest, "?")
	for _, prefix := range []string{"w/", "videos/watch/", "videos/embed/"} {
		if id, ok := strings.CutPrefix(rest, prefix); ok && id != "" && !strings.Contains(id, "/") {
			return id, true
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
