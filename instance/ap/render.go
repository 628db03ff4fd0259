package ap

import (
	"fmt"
	"path"
	"strconv"
	"time"

	"vidiverse/instance/activitypub"
	"vidiverse/instance/label"
	"vidiverse/instance/rest"
	"vidiverse/instance/stream"
	"vidiverse/instance/video"
	"vidiverse/p2p/tracker"
)

// render is the video as PeerTube 8.2 describes it. Addresses of what this
// server does not have yet (likes, comments, chapters) are named all the same:
// they belong to the object's shape, and answer 404.
func (d *Door) render(v video.Details, hashes [][20]byte) activitypub.Video {
	embed := d.base + "/videos/embed/" + v.ShortUUID()
	o := activitypub.Video{
		Type: "Video", ID: v.URL, Name: v.Name, UUID: v.UUID, Duration: fmt.Sprintf("PT%dS", v.Duration),
		Category: named(v.Category, label.Category), Licence: named(v.Licence, label.Licence),
		Views: v.Counters.Views, Downloads: v.Counters.Downloads,
		Sensitive: v.NSFW, Summary: optional(v.NSFWSummary), WaitTranscoding: v.Wait, State: int(v.State),
		CommentsPolicy: int(v.Comments), DownloadEnabled: v.Downloadable,
		Published: stamp(v.PublishedAt), OriginallyPublishedAt: optional(stamp(v.OriginallyAt)), Updated: stamp(v.UpdatedAt),
		MediaType: "text/markdown", Content: optional(v.Description), Support: optional(v.Support),
		Tag: tags(v), Icon: d.icons(v), URL: d.links(v, hashes),
		Likes: v.URL + "/likes", Dislikes: v.URL + "/dislikes", Shares: v.URL + "/announces", Comments: v.URL + "/comments",
		HasParts: activitypub.Ref(v.URL + "/chapters"), PlayerSettings: activitypub.Ref(v.URL + "/player-settings"), EmbedURL: &embed,
		AttributedTo: activitypub.List[activitypub.Actor]{{Type: "Person", ID: v.By.URL}, {Type: "Group", ID: v.In.URL}},
		Audience:     activitypub.Ref(v.In.URL), IsLiveBroadcast: v.IsLive,
	}
	if v.Language != "" {
		o.Language = &activitypub.Label{Identifier: v.Language, Name: label.Language(v.Language)}
	}
	if v.AspectRatio != 0 {
		o.AspectRatio = &v.AspectRatio
	}
	if v.Comments != video.CommentsEnabled {
		o.CanReply = optional(activitypub.Public)
	}
	if v.Privacy == video.Public {
		o.To, o.CC = activitypub.List[string]{activitypub.Public, v.In.URL}, activitypub.List[string]{v.By.URL + "/followers"}
	} else {
		o.CC = activitypub.List[string]{activitypub.Public}
	}
	return o
}

func named(id int, name func(int) string) *activitypub.Label {
	if id == 0 {
		return nil
	}
	return &activitypub.Label{Identifier: strconv.Itoa(id), Name: name(id)}
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// stamp is a time, empty for none.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return rest.Time(t).String()
}

func tags(v video.Details) (all activitypub.List[activitypub.Tag]) {
	for _, t := range v.Tags {
		all = append(all, activitypub.Tag{Type: "Hashtag", Name: t})
	}
	for i, name := range []string{"violent", "explicitSex"} {
		if v.NSFWFlags&(1<<i) != 0 {
			all = append(all, activitypub.Tag{Type: "SensitiveTag", Name: name})
		}
	}
	return all
}

func (d *Door) icons(v video.Details) (all activitypub.List[activitypub.Image]) {
	for _, t := range v.Thumbnails {
		all = append(all, activitypub.Image{
			Type: "Image", URL: d.base + "/lazy-static/thumbnails/" + t.File, MediaType: "image/jpeg", Width: t.Width, Height: t.Height,
		})
	}
	return all
}

// links are the addresses of the video: its pages, the short one first, its web
// videos, its playlist, the trackers.
func (d *Door) links(v video.Details, hashes [][20]byte) activitypub.List[activitypub.Link] {
	all := activitypub.List[activitypub.Link]{
		{Type: "Link", MediaType: "text/html", Href: d.base + "/w/" + v.ShortUUID()},
		{Type: "Link", MediaType: "text/html", Href: v.URL},
	}
	for _, r := range v.WebVideos {
		all = append(all, d.file(v, r)...)
	}
	if p := v.Playlist; p != nil {
		all = append(all, d.playlist(v, p, hashes))
	}
	announce, socket := tracker.Addresses(d.cfg.PublicURL)
	return append(all,
		activitypub.Link{Type: "Link", Name: "tracker-http", Rel: []string{"tracker", "http"}, Href: announce},
		activitypub.Link{Type: "Link", Name: "tracker-websocket", Rel: []string{"tracker", "websocket"}, Href: socket})
}

// playlist lists the swarms, the digests and the files, best first.
func (d *Door) playlist(v video.Details, p *stream.Playlist, hashes [][20]byte) activitypub.Link {
	folder := d.base + "/static/" + stream.FolderOf(v.UUID, p.Private) + "/"
	l := activitypub.Link{Type: "Link", MediaType: activitypub.HLS, Href: folder + p.Master}
	for _, h := range hashes {
		l.Tag = append(l.Tag, activitypub.Infohash(h))
	}
	l.Tag = append(l.Tag, activitypub.Link{Type: "Link", Name: "sha256", MediaType: "application/json", Href: folder + p.Sha256})
	for _, r := range p.Renditions {
		l.Tag = append(l.Tag, d.file(v, r)...)
	}
	return l
}

// file is one media file: itself, what ffprobe says of it, and its torrent in
// both forms once there is one.
func (d *Door) file(v video.Details, r stream.Rendition) []activitypub.Link {
	kind := "video/mp4"
	switch ext := path.Ext(r.File); {
	case !r.HasVideo:
		kind = "audio/mp4"
	case ext == ".webm":
		kind = "video/webm"
	case ext == ".ogv":
		kind = "video/ogg"
	}
	links := d.cfg.Videos.LinksOf(v.UUID, v.Name, v.Privacy, r)
	metadata := d.base + "/api/v1/videos/" + v.UUID + "/metadata/" + strconv.FormatInt(r.ID, 10)
	all := []activitypub.Link{
		{
			Type: "Link", MediaType: kind, Href: links.File, Height: &r.Resolution, Width: &r.Width, Size: &r.Size, FPS: &r.FPS,
			Attachment: properties(r),
		},
		{
			Type: "Link", Rel: []string{"metadata", kind}, MediaType: "application/json", Href: metadata,
			Height: &r.Resolution, Width: &r.Width, FPS: &r.FPS,
		},
	}
	if links.Torrent == "" {
		return all
	}
	return append(all,
		activitypub.Link{Type: "Link", MediaType: activitypub.Torrent, Href: links.Torrent, Height: &r.Resolution, Width: &r.Width, FPS: &r.FPS},
		activitypub.Link{Type: "Link", MediaType: activitypub.Magnet, Href: links.Magnet, Height: &r.Resolution, Width: &r.Width, FPS: &r.FPS})
}

func properties(r stream.Rendition) (all activitypub.List[activitypub.Property]) {
	add := func(name, value string) {
		all = append(all, activitypub.Property{Type: "PropertyValue", Name: name, Value: value})
	}
	if r.HasAudio {
		add("ffprobe_codec_type", "audio")
	}
	if r.HasVideo {
		add("ffprobe_codec_type", "video")
	}
	if r.Web {
		add("peertube_format_flag", "web-video")
	} else {
		add("peertube_format_flag", "fragmented")
	}
	return all
}
