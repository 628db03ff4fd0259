package web

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// The types here are the few REST members that a page's head and its part for
// readers without script show.

type video struct {
	UUID         string    `json:"uuid"`
	ShortUUID    string    `json:"shortUUID"`
	Name         string    `json:"name"`
	Description  string    `json:"description"`
	Duration     int       `json:"duration"`
	NSFW         bool      `json:"nsfw"`
	URL          string    `json:"url"`
	PublishedAt  time.Time `json:"publishedAt"`
	Tags         []string  `json:"tags"`
	PreviewPath  string    `json:"previewPath"`
	Thumbnails   []picture `json:"thumbnails"`
	EmbedPath    string    `json:"embedPath"`
	AspectRatio  float64   `json:"aspectRatio"`
	IsLocal      bool      `json:"isLocal"`
	Privacy      labelled  `json:"privacy"`
	Channel      actor     `json:"channel"`
	Account      actor     `json:"account"`
	Files        []media   `json:"files"`
	Playlists    []hls     `json:"streamingPlaylists"`
	EmbedAllowed labelled  `json:"embedPrivacyPolicy"`
}

type labelled struct {
	ID int `json:"id"`
}

type picture struct {
	Width       int    `json:"width"`
	Height      int    `json:"height"`
	AspectRatio string `json:"aspectRatio"`
	FileURL     string `json:"fileUrl"`
}

type media struct {
	FileURL    string `json:"fileUrl"`
	HasVideo   bool   `json:"hasVideo"`
	HasAudio   bool   `json:"hasAudio"`
	Width      int    `json:"width"`
	Height     int    `json:"height"`
	Resolution struct {
		ID int `json:"id"`
	} `json:"resolution"`
}

type hls struct {
	PlaylistURL string  `json:"playlistUrl"`
	Files       []media `json:"files"`
}

type actor struct {
	Name        string    `json:"name"`
	DisplayName string    `json:"displayName"`
	Description string    `json:"description"`
	URL         string    `json:"url"`
	Host        string    `json:"host"`
	Avatars     []picture `json:"avatars"`
}

type instanceConfig struct {
	Instance struct {
		Name             string `json:"name"`
		ShortDescription string `json:"shortDescription"`
	} `json:"instance"`
}

// bestPicture is the widest 16:9 thumbnail up to 1280 pixels: what sites show beside a link.
func (v video) bestPicture() picture {
	var best picture
	for _, p := range v.Thumbnails {
		if p.AspectRatio != "1:1" && p.Width <= 1280 && p.Width > best.Width {
			best = p
		}
	}
	return best
}

// file is one file a plain video element can play: the largest up to 720p that
// has sound and picture, else the smallest with both, else any.
func (v video) file() string {
	all := slices.Clone(v.Files)
	for _, p := range v.Playlists {
		all = append(all, p.Files...)
	}
	if len(all) == 0 {
		return ""
	}
	return slices.MaxFunc(all, func(a, b media) int { return cmp.Compare(a.fitness(), b.fitness()) }).FileURL
}

func (f media) fitness() int {
	switch {
	case !f.HasVideo || !f.HasAudio:
		return -1_000_000
	case f.Resolution.ID > 720:
		return -f.Resolution.ID
	}
	return f.Resolution.ID
}

// size is that of the embedded player for the video's shape.
func (v video) size() (width, height int) {
	if v.AspectRatio > 0 && v.AspectRatio < 1 {
		return 315, 560
	}
	return 560, 315
}

// plainText makes a description fit for a head: the first limit characters
// without marks of Markdown and without line breaks.
func plainText(s string, limit int) string {
	s = strings.Join(strings.Fields(strings.NewReplacer("**", "", "__", "", "`", "", "#", "").Replace(s)), " ")
	r := []rune(s)
	if len(r) > limit {
		return strings.TrimSpace(string(r[:limit-1])) + "…"
	}
	return s
}

func parse[T any](raw json.RawMessage) (T, error) {
	var v T
	if err := json.Unmarshal(raw, &v); err != nil {
		return v, fmt.Errorf("read facts of a page: %w", err)
	}
	return v, nil
}
