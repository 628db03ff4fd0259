package web

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"vidiverse/instance/fault"
)

// The client asks for exactly these paths first; their answers are inlined.
const (
	configPath = "/api/v1/config"
	aboutPath  = "/api/v1/config/about"
	recentPath = "/api/v1/videos?start=0&count=24&sort=-publishedAt"
)

// blank is a page of the client's program with the instance's facts in it.
func (d *Door) blank(r *http.Request) page {
	p := page{Entry: d.assets.manifest.App, First: map[string]json.RawMessage{}, Site: "Vidiverse"}
	raw, err := d.cfg.Source.Read(r.Context(), configPath)
	if err != nil {
		d.cfg.Log.Warn("page without the instance's facts", "err", err)
		return p
	}
	c, err := parse[instanceConfig](raw)
	if err != nil {
		d.cfg.Log.Warn("page without the instance's facts", "err", err)
		return p
	}
	p.First[configPath] = raw
	if c.Instance.Name != "" {
		p.Site = c.Instance.Name
	}
	p.Head = head{Title: p.Site, Description: c.Instance.ShortDescription, Type: "website"}
	return p
}

func (d *Door) home(w http.ResponseWriter, r *http.Request) {
	p := d.blank(r)
	p.Head.Canonical = d.cfg.URL + "/"
	if raw, err := d.cfg.Source.Read(r.Context(), recentPath); err == nil {
		p.First[recentPath] = raw
	}
	d.send(w, r, d.pages.shell, p)
}

// about is a plain page with the text it shows, so that nothing moves when it comes.
func (d *Door) about(w http.ResponseWriter, r *http.Request) {
	p := d.blank(r)
	p.Head.Title = "About · " + p.Site
	p.Head.Canonical = d.cfg.URL + "/about"
	if raw, err := d.cfg.Source.Read(r.Context(), aboutPath); err == nil {
		p.First[aboutPath] = raw
	}
	d.send(w, r, d.pages.shell, p)
}

// plain serves a page whose content is the client's alone.
func (d *Door) plain(title string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		p := d.blank(r)
		p.Head.Title = title + " · " + p.Site
		p.Head.Canonical = d.cfg.URL + r.URL.EscapedPath()
		p.Head.NoIndex = true
		d.send(w, r, d.pages.shell, p)
	}
}

func (d *Door) watch(w http.ResponseWriter, r *http.Request) {
	if strings.Contains(chi.URLParam(r, "id"), ";threadId=") {
		d.toWatch(w, r)
		return
	}
	p := d.blank(r)
	p.Player = d.assets.manifest.Player
	if err := d.fillVideo(r, &p); err != nil {
		d.fail(w, r, p, err)
		return
	}
	d.send(w, r, d.pages.shell, p)
}

func (d *Door) embed(w http.ResponseWriter, r *http.Request) {
	p := d.blank(r)
	p.Entry, p.Player = d.assets.manifest.Embed, d.assets.manifest.Player
	err := d.fillVideo(r, &p)
	p.Head.NoIndex = true
	if err != nil {
		d.describe(&p, err)
	}
	d.send(w, r, d.pages.embed, p)
}

// fillVideo reads the video of the path into the page's head and first data.
func (d *Door) fillVideo(r *http.Request, p *page) error {
	path := videosPath + idPart(r)
	raw, err := d.cfg.Source.Read(r.Context(), path)
	if err != nil {
		return err
	}
	v, err := parse[video](raw)
	if err != nil {
		return err
	}
	p.First[path] = raw
	p.Video, p.File = &v, v.file()
	p.Head = d.videoHead(v, p.Site)
	return nil
}

func (d *Door) videoHead(v video, site string) head {
	h := head{
		Name: v.Name, Title: v.Name + " · " + site, Description: plainText(v.Description, 250), Type: "video",
		Canonical: v.URL, Image: v.bestPicture(), Embed: d.cfg.URL + v.EmbedPath,
		Duration: v.Duration, Tags: v.Tags, NoIndex: v.Privacy.ID != 1 || !v.IsLocal,
		Published: v.PublishedAt.UTC().Format(time.RFC3339),
	}
	if v.IsLocal {
		h.Canonical = d.cfg.URL + "/w/" + v.ShortUUID
	}
	if len(v.Playlists) > 0 {
		h.Stream = v.Playlists[0].PlaylistURL
	}
	h.Width, h.Height = v.size()
	h.OEmbed = d.cfg.URL + "/services/oembed?url=" + url.QueryEscape(d.cfg.URL+"/w/"+v.ShortUUID)
	return h
}

func (d *Door) channel(w http.ResponseWriter, r *http.Request) {
	d.actor(w, r, "/api/v1/video-channels/", "/c/")
}

func (d *Door) account(w http.ResponseWriter, r *http.Request) {
	d.actor(w, r, "/api/v1/accounts/", "/a/")
}

func (d *Door) actor(w http.ResponseWriter, r *http.Request, api, short string) {
	p := d.blank(r)
	name := pathPart(chi.URLParam(r, "name"))
	raw, err := d.cfg.Source.Read(r.Context(), api+name)
	if err != nil {
		d.fail(w, r, p, err)
		return
	}
	a, err := parse[actor](raw)
	if err != nil {
		d.fail(w, r, p, err)
		return
	}
	p.First[api+name] = raw
	p.Head = head{
		Name: a.DisplayName, Title: a.DisplayName + " · " + p.Site, Description: plainText(a.Description, 250),
		Type: "website", Canonical: d.cfg.URL + short + a.Name,
	}
	if !strings.HasPrefix(a.URL, d.cfg.URL+"/") { // its own server has the page to find
		p.Head.Canonical, p.Head.NoIndex = a.URL, true
	}
	for _, avatar := range a.Avatars {
		if avatar.Width <= 600 && avatar.Width > p.Head.Image.Width {
			p.Head.Image = avatar
		}
	}
	d.send(w, r, d.pages.shell, p)
}

func (d *Door) notFound(w http.ResponseWriter, r *http.Request) {
	d.fail(w, r, d.blank(r), fault.New(fault.NotFound, "no page at this address"))
}

// fail sends the client's error page with the status that fits.
func (d *Door) fail(w http.ResponseWriter, r *http.Request, p page, err error) {
	d.describe(&p, err)
	d.send(w, r, d.pages.shell, p)
}

// describe puts an error into a page. Its own text goes to the log alone.
func (d *Door) describe(p *page, err error) {
	switch fault.KindOf(err) {
	case fault.NotFound, fault.Invalid:
		p.Status, p.Message = http.StatusNotFound, "There is nothing at this address."
	case fault.Gone:
		p.Status, p.Message = http.StatusGone, "What was here has been deleted."
	case fault.Unauthorized, fault.Forbidden:
		// What is private is not told from what is not there. A password is asked for by the page itself.
		p.Status, p.Message = http.StatusNotFound, "There is nothing at this address, or it is private."
		if f, ok := fault.As(err); ok && f.Code == "video_requires_password" {
			p.Status, p.Message = http.StatusOK, "This video needs a password."
		}
	case fault.TooMany:
		p.Status, p.Message = http.StatusTooManyRequests, "Too many requests. Try again in a minute."
	case fault.Unavailable:
		p.Status, p.Message = http.StatusServiceUnavailable, "The server cannot answer now. Try again in a minute."
	default:
		p.Status, p.Message = http.StatusInternalServerError, "The server made an error."
		d.cfg.Log.Error("page failed", "err", err)
	}
	if f, ok := fault.As(err); ok {
		p.Code = f.Code
	}
	p.Head = head{Title: p.Site, Type: "website", NoIndex: true}
}
