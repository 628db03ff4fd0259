package object

import (
	"context"
	"path"
	"strconv"

	"vidiverse/instance/activitypub"
	"vidiverse/instance/fault"
	"vidiverse/instance/label"
	"vidiverse/instance/stream"
	"vidiverse/instance/user"
	"vidiverse/instance/video"
	"vidiverse/p2p/tracker"
)

// Video is a video of ours; one that other servers are not told of, and one of
// another server, is fault.NotFound.
func (r *Renderer) Video(ctx context.Context, id video.ID) (activitypub.Video, Facts, error) {
	f, err := r.Known(ctx, id)
	if err == nil && !f.Told {
		err = fault.New(fault.NotFound, "Video not found")
	}
	if err != nil {
		return activitypub.Video{}, f, err
	}
	v, err := r.cfg.Videos.Get(ctx, user.Caller{}, video.Ref(f.UUID), video.Credentials{})
	if err != nil {
		return activitypub.Video{}, f, err
	}
	o, err := r.VideoOf(ctx, v)
	return o, f, err
}

// VideoOf is a video of ours as PeerTube 8.2 describes it, whatever its privacy.
func (r *Renderer) VideoOf(ctx context.Context, v video.Details) (activitypub.Video, error) {
	var hashes [][20]byte
	if v.Playlist != nil {
		var err error
		if hashes, err = r.cfg.Videos.Swarms(ctx, v.Playlist.Master); err != nil {
			return activitypub.Video{}, err
		}
	}
	a, err := r.cfg.Videos.Attributes(ctx, v.Video)
	if err != nil {
		return activitypub.Video{}, err
	}
	o := r.render(v, hashes)
	r.attributes(&o, a)
	return o, nil
}

func (r *Renderer) render(v video.Details, hashes [][20]byte) activitypub.Video {
	embed := r.base + "/videos/embed/" + v.ShortUUID()
	o := activitypub.Video{
		Type: "Video", ID: v.URL, Name: v.Name, UUID: v.UUID, Duration: duration(v.Duration),
		Category: named(v.Category, label.Category), Licence: named(v.Licence, label.Licence),
		Views: v.Counters.Views, Downloads: v.Counters.Downloads,
		Sensitive: v.NSFW, Summary: optional(v.NSFWSummary), WaitTranscoding: v.Wait, State: int(v.State),
		CommentsPolicy: int(v.Comments), DownloadEnabled: v.Downloadable,
		Published: stamp(v.PublishedAt), OriginallyPublishedAt: optional(stamp(v.OriginallyAt)), Updated: stamp(v.UpdatedAt),
		MediaType: "text/markdown", Content: optional(v.Description), Support: optional(v.Support),
		Tag: tags(v), Icon: r.icons(v), URL: r.links(v, hashes),
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
	if r.cfg.AccountOnly {
		o.AttributedTo = activitypub.List[activitypub.Actor]{{ID: v.By.URL}}
	}
	to := ofVideo(v.Privacy, v.By.URL, v.In.URL)
	o.To, o.CC = to.To, to.CC
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

func (r *Renderer) icons(v video.Details) (all activitypub.List[activitypub.Image]) {
	for _, t := range v.Thumbnails {
		all = append(all, activitypub.Image{
			Type: "Image", URL: r.base + "/lazy-static/thumbnails/" + t.File, MediaType: "image/jpeg", Width: t.Width, Height: t.Height,
		})
	}
	return all
}

// links are the addresses of the video: its pages, the short one first, its web
// videos, its playlist, the trackers.
func (r *Renderer) links(v video.Details, hashes [][20]byte) activitypub.List[activitypub.Link] {
	all := activitypub.List[activitypub.Link]{
		{Type: "Link", MediaType: "text/html", Href: r.base + "/w/" + v.ShortUUID()},
		{Type: "Link", MediaType: "text/html", Href: v.URL},
	}
	for _, f := range v.WebVideos {
		all = append(all, r.file(v, f)...)
	}
	if p := v.Playlist; p != nil {
		all = append(all, r.playlist(v, p, hashes))
	}
	announce, socket := tracker.Addresses(r.cfg.PublicURL)
	return append(all,
		activitypub.Link{Type: "Link", Name: "tracker-http", Rel: []string{"tracker", "http"}, Href: announce},
		activitypub.Link{Type: "Link", Name: "tracker-websocket", Rel: []string{"tracker", "websocket"}, Href: socket})
}

// playlist lists the swarms, the digests and the files, best first.
func (r *Renderer) playlist(v video.Details, p *stream.Playlist, hashes [][20]byte) activitypub.Link {
	folder := r.base + "/static/" + stream.FolderOf(v.UUID, p.Private) + "/"
	l := activitypub.Link{Type: "Link", MediaType: activitypub.HLS, Href: folder + p.Master}
	for _, h := range hashes {
		l.Tag = append(l.Tag, activitypub.Infohash(h))
	}
	l.Tag = append(l.Tag, activitypub.Link{Type: "Link", Name: "sha256", MediaType: "application/json", Href: folder + p.Sha256})
	for _, f := range p.Renditions {
		l.Tag = append(l.Tag, r.file(v, f)...)
	}
	return l
}

// file is one media file: itself, what ffprobe says of it, and its torrent in
// both forms once there is one.
func (r *Renderer) file(v video.Details, f stream.Rendition) []activitypub.Link {
	kind := "video/mp4"
	switch ext := path.Ext(f.File); {
	case !f.HasVideo:
		kind = "audio/mp4"
	case ext == ".webm":
		kind = "video/webm"
	case ext == ".ogv":
		kind = "video/ogg"
	}
	links := r.cfg.Videos.LinksOf(v.UUID, v.Name, v.Privacy, f)
	metadata := r.base + "/api/v1/videos/" + v.UUID + "/metadata/" + strconv.FormatInt(f.ID, 10)
	all := []activitypub.Link{
		{
			Type: "Link", MediaType: kind, Href: links.File, Height: &f.Resolution, Width: &f.Width, Size: &f.Size, FPS: &f.FPS,
			Attachment: properties(f),
		},
		{
			Type: "Link", Rel: []string{"metadata", kind}, MediaType: "application/json", Href: metadata,
			Height: &f.Resolution, Width: &f.Width, FPS: &f.FPS,
		},
	}
	if links.Torrent == "" {
		return all
	}
	return append(all,
		activitypub.Link{Type: "Link", MediaType: activitypub.Torrent, Href: links.Torrent, Height: &f.Resolution, Width: &f.Width, FPS: &f.FPS},
		activitypub.Link{Type: "Link", MediaType: activitypub.Magnet, Href: links.Magnet, Height: &f.Resolution, Width: &f.Width, FPS: &f.FPS})
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
