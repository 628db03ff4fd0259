package web

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
)

// playlist is what a page's head says of one.
type playlist struct {
	UUID        string    `json:"uuid"`
	ShortUUID   string    `json:"shortUUID"`
	URL         string    `json:"url"`
	DisplayName string    `json:"displayName"`
	Description string    `json:"description"`
	IsLocal     bool      `json:"isLocal"`
	Privacy     labelled  `json:"privacy"`
	Thumbnail   string    `json:"thumbnailPath"`
	EmbedPath   string    `json:"embedPath"`
	Thumbnails  []picture `json:"thumbnails"`
	Channel     *actor    `json:"videoChannel"`
	Owner       actor     `json:"ownerAccount"`
}

func (d *Door) playlist(w http.ResponseWriter, r *http.Request) {
	p := d.blank(r)
	if err := d.fillPlaylist(r, &p); err != nil {
		d.fail(w, r, p, err)
		return
	}
	d.send(w, r, d.pages.shell, p)
}

// fillPlaylist reads the playlist of the path into the page's head and first data.
func (d *Door) fillPlaylist(r *http.Request, p *page) error {
	path := playlistsPath + idPart(r)
	raw, err := d.cfg.Source.Read(r.Context(), path)
	if err != nil {
		return err
	}
	l, err := parse[playlist](raw)
	if err != nil {
		return err
	}
	p.First[path] = raw
	p.Head = d.playlistHead(l, p.Site)
	return nil
}

func (d *Door) playlistHead(l playlist, site string) head {
	short := d.cfg.URL + "/w/p/" + l.ShortUUID
	h := head{
		Name: l.DisplayName, Title: l.DisplayName + " · " + site, Description: plainText(l.Description, 250),
		Type: "video", Canonical: l.URL, NoIndex: l.Privacy.ID != 1 || !l.IsLocal,
		Image: video{Thumbnails: l.Thumbnails}.bestPicture(), Embed: d.cfg.URL + l.EmbedPath,
		OEmbed: d.cfg.URL + "/services/oembed?url=" + url.QueryEscape(short),
	}
	if l.IsLocal {
		h.Canonical = short
	}
	if h.Image.FileURL == "" && strings.HasPrefix(l.Thumbnail, "/") {
		h.Image = picture{FileURL: d.cfg.URL + l.Thumbnail}
	}
	h.Width, h.Height = video{}.size()
	return h
}

// framed is what is shown in a frame: a video, or a playlist as if it were one.
func framed(raw json.RawMessage, path string) (video, error) {
	if !strings.HasPrefix(path, playlistsPath) {
		return parse[video](raw)
	}
	p, err := parse[playlist](raw)
	if err != nil {
		return video{}, err
	}
	by := p.Owner
	if p.Channel != nil {
		by = *p.Channel
	}
	return video{Name: p.DisplayName, EmbedPath: p.EmbedPath, Thumbnails: p.Thumbnails, Channel: by}, nil
}
