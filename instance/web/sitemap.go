package web

import (
	"bytes"
	"context"
	"encoding/xml"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Bounds of a sitemap: search engines ask rarely, others may ask often.
const (
	mapPages = 10 // of a hundred videos
	mapLife  = 10 * time.Second
)

// sitemap is all that search engines shall find here, as PeerTube lists it: pages
// about the instance, public videos of ours, and who made those.
type sitemap struct {
	mu   sync.Mutex // guards the next two; held while it is made, so that one reads for all
	body []byte
	made time.Time
}

// mapped is one page for search engines.
type mapped struct {
	Loc   string       `xml:"loc"`
	Video *mappedVideo `xml:"video:video"`
}

type mappedVideo struct {
	Thumbnail   string   `xml:"video:thumbnail_loc,omitempty"`
	Title       string   `xml:"video:title"`
	Description string   `xml:"video:description"`
	Player      string   `xml:"video:player_loc"`
	Duration    int      `xml:"video:duration,omitempty"`
	Rating      float64  `xml:"video:rating"`
	Views       int      `xml:"video:view_count"`
	Published   string   `xml:"video:publication_date"`
	Family      string   `xml:"video:family_friendly"`
	Uploader    uploader `xml:"video:uploader"`
	Live        string   `xml:"video:live"`
}

type uploader struct {
	Info string `xml:"info,attr"`
	Name string `xml:",chardata"`
}

type urlset struct {
	XMLName xml.Name `xml:"urlset"`
	Schema  string   `xml:"xmlns,attr"`
	Videos  string   `xml:"xmlns:video,attr"`
	URLs    []mapped `xml:"url"`
}

func (d *Door) sitemap(w http.ResponseWriter, r *http.Request) {
	d.mapped.mu.Lock()
	defer d.mapped.mu.Unlock()
	if now := time.Now(); d.mapped.body == nil || now.Sub(d.mapped.made) > mapLife {
		body, err := d.makeSitemap(r.Context())
		if err != nil {
			d.refuseFrame(w, err)
			return
		}
		d.mapped.body, d.mapped.made = body, now
	}
	h := w.Header()
	h.Set("Content-Type", "application/xml")
	h.Set("Cache-Control", "max-age=86400")
	h.Set("Access-Control-Allow-Origin", "*")
	if r.Method != http.MethodHead {
		_, _ = w.Write(d.mapped.body) // a reader that went away is no error of ours
	}
}

func (d *Door) makeSitemap(ctx context.Context) ([]byte, error) {
	all := urlset{Schema: "http://www.sitemaps.org/schemas/sitemap/0.9", Videos: "http://www.google.com/schemas/sitemap-video/1.1"}
	all.URLs = []mapped{{Loc: d.cfg.URL + "/about/instance/home"}, {Loc: d.cfg.URL + "/videos/browse?scope=local"}}
	var channels, accounts []mapped
	for n := range mapPages {
		raw, err := d.cfg.Source.Read(ctx, fmt.Sprintf("/api/v1/videos?isLocal=true&nsfw=false&sort=-publishedAt&skipCount=true&count=100&start=%d", 100*n))
		if err != nil {
			return nil, err
		}
		page, err := parse[struct {
			Data []mappable `json:"data"`
		}](raw)
		if err != nil {
			return nil, err
		}
		for _, v := range page.Data {
			all.URLs = append(all.URLs, d.mapVideo(v))
			channels = once(channels, d.cfg.URL+"/c/"+v.Channel.Name+"/videos")
			accounts = once(accounts, d.cfg.URL+"/a/"+v.Account.Name+"/video-channels")
		}
		if len(page.Data) < 100 {
			break
		}
	}
	all.URLs = slices.Concat(all.URLs, channels, accounts)
	var b bytes.Buffer
	b.WriteString(strings.TrimSpace(xml.Header))
	err := xml.NewEncoder(&b).Encode(all)
	return b.Bytes(), err
}

func once(list []mapped, loc string) []mapped {
	if slices.ContainsFunc(list, func(m mapped) bool { return m.Loc == loc }) {
		return list
	}
	return append(list, mapped{Loc: loc})
}

// mappable is a video with what only lists say.
type mappable struct {
	video
	Views    int  `json:"views"`
	Likes    int  `json:"likes"`
	Dislikes int  `json:"dislikes"`
	IsLive   bool `json:"isLive"`
}

func (d *Door) mapVideo(v mappable) mapped {
	m := &mappedVideo{
		Thumbnail: v.bestPicture().FileURL, Title: cutText(v.Name, 100), Description: cutText(v.Description, 2048), Player: d.cfg.URL + v.EmbedPath,
		Duration: v.Duration, Views: v.Views, Published: v.PublishedAt.UTC().Format("2006-01-02T15:04:05.000Z"),
		Family: "YES", Live: "NO", Uploader: uploader{Info: d.cfg.URL + "/c/" + v.Channel.Name + "/videos", Name: v.Channel.DisplayName},
	}
	if m.Description == "" {
		m.Description = m.Title
	}
	if n := v.Likes + v.Dislikes; n > 0 {
		m.Rating = 5 * float64(v.Likes) / float64(n)
	}
	if v.NSFW {
		m.Family = "NO"
	}
	if v.IsLive {
		m.Live = "YES"
	}
	return mapped{Loc: d.cfg.URL + "/w/" + v.ShortUUID, Video: m}
}

// cutText is the beginning of a text, in PeerTube's manner.
func cutText(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most-3]) + "..."
	}
	return s
}
