package remote

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"
	"time"

	"vidiverse/instance/rest"
)

// PeerTube's numbers of what anybody may watch.
const (
	public   = 1
	unlisted = 2
)

var uuidForm = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// listed is a video of a list.
func listed(origin string, v rest.Video) (Video, error) {
	out, err := base(origin, v.VideoBase)
	var pictures []rest.ActorImage
	for _, a := range v.Channel.Avatars {
		pictures = append(pictures, rest.ActorImage{Width: a.Width, Path: a.Path, FileURL: a.FileURL})
	}
	out.Channel = channel(origin, v.Channel.DisplayName, v.Channel.Name, v.Channel.Host, pictures)
	return out, err
}

// detailed is a video asked for by its id.
func detailed(origin string, d rest.VideoDetails) (Video, error) {
	out, err := base(origin, d.VideoBase)
	out.Channel = channel(origin, d.Channel.DisplayName, d.Channel.Name, d.Channel.Host, d.Channel.Avatars)
	for _, t := range d.Tags[:min(len(d.Tags), 50)] {
		out.Tags = append(out.Tags, short(t, 100))
	}
	return out, err
}

func base(origin string, v rest.VideoBase) (Video, error) {
	uuid := strings.ToLower(v.UUID)
	home, ok := originOf(v.URL)
	if !ok || !uuidForm.MatchString(uuid) {
		return Video{}, fmt.Errorf("%w: %s lists a video without address or UUID", ErrRefused, HostOf(origin))
	}
	out := Video{
		Origin: origin, Home: home, UUID: uuid, ShortUUID: idOf(v.ShortUUID), Title: short(v.Name, 500), Page: v.URL,
		Duration: time.Duration(min(max(v.Duration, 0), 100*86400)) * time.Second,
		Views:    max(v.Views, 0), Likes: max(v.Likes, 0), Watching: max(v.Viewers, 0),
		Published: time.Time(v.PublishedAt), Updated: time.Time(v.UpdatedAt),
		Live: v.IsLive, Sensitive: v.NSFW, Privacy: v.Privacy.ID,
	}
	if d := cmp.Or(v.Description, v.TruncatedDescription); d != nil {
		out.Description = short(*d, 20_000)
	}
	out.Thumbnail, out.Poster = pictures(origin, v)
	return out, nil
}

// pictures are the two sizes that a window shows. Before 8.0 there was a path
// for each.
func pictures(origin string, v rest.VideoBase) (small, large string) {
	const card = 400 // pixels: what a card needs
	var s, l rest.Thumbnail
	for _, t := range v.Thumbnails {
		if t.AspectRatio == "1:1" || t.Width <= 0 {
			continue
		}
		if s.Width == 0 || t.Width >= card && (s.Width < card || t.Width < s.Width) || s.Width < card && t.Width > s.Width {
			s = t
		}
		if t.Width > l.Width && t.Width <= 1920 {
			l = t
		}
	}
	small, large = absolute(origin, s.FileURL), absolute(origin, l.FileURL)
	if small == "" && v.ThumbnailPath != nil {
		small = absolute(origin, *v.ThumbnailPath)
	}
	if large == "" && v.PreviewPath != nil {
		large = absolute(origin, *v.PreviewPath)
	}
	return cmp.Or(small, large), cmp.Or(large, small)
}

func channel(origin, display, handle, host string, avatars []rest.ActorImage) Channel {
	return Channel{
		Name: short(cmp.Or(display, handle), 200), Handle: short(handle, 200), Host: short(host, 260), Avatar: avatar(origin, avatars),
	}
}

// avatar is the smallest picture that is sharp at 60 points on dense screens.
func avatar(origin string, list []rest.ActorImage) string {
	var best rest.ActorImage
	for _, a := range list {
		if best.Path == "" && best.FileURL == "" || a.Width >= 120 && (best.Width < 120 || a.Width < best.Width) || best.Width < 120 && a.Width > best.Width {
			best = a
		}
	}
	return cmp.Or(absolute(origin, best.FileURL), absolute(origin, best.Path))
}

// absolute is the URL that an answer names, by path or whole; empty if it is
// neither.
func absolute(origin, s string) string {
	if strings.HasPrefix(s, "/") && !strings.HasPrefix(s, "//") {
		s = origin + s
	}
	if _, ok := originOf(s); !ok || len(s) > 2000 {
		return ""
	}
	return s
}

// short cuts a text to n characters, and drops what no window can show.
func short(s string, n int) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == 0x7f {
			return -1
		}
		return r
	}, s)
	if len(s) <= n {
		return s
	}
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}
