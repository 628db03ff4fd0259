package api

import (
	"math"
	"path"
	"strconv"

	"vidiverse/instance/channel"
	"vidiverse/instance/label"
	"vidiverse/instance/rest"
	"vidiverse/instance/stream"
	"vidiverse/instance/video"
	"vidiverse/p2p/tracker"
)

// renderVideos are the videos of a list that f describes.
func (a *API) renderVideos(list []video.Item, f video.Filter) []rest.Video {
	out := make([]rest.Video, len(list))
	first := map[channel.ID]int{} // who publishes is rendered once
	for i := range list {
		out[i] = a.renderVideo(&list[i], f)
		if k, ok := first[list[i].ChannelID]; ok {
			out[i].Account, out[i].Channel = out[k].Account, out[k].Channel
			continue
		}
		first[list[i].ChannelID] = i
		out[i].Account, out[i].Channel = a.renderOwner(list[i].Account), a.renderOwner(list[i].Channel)
	}
	return out
}

func (a *API) renderVideo(it *video.Item, f video.Filter) rest.Video {
	out := rest.Video{VideoBase: a.renderVideoBase(it)}
	short := truncate(it.Description)
	out.TruncatedDescription, out.Description = short, short
	out.VideoExtra = renderExtra(it, f)
	if f.Include&video.IncludeFiles != 0 {
		files := a.renderFiles(it)
		out.VideoFiles = &files
	}
	if f.Include&video.IncludeSource != 0 {
		out.VideoSource = &rest.Null[rest.VideoSource]{}
		if it.Source != nil {
			src := a.renderSource(*it.Source)
			out.VideoSource.Value = &src
		}
	}
	if f.Include&video.IncludeAutomaticTags != 0 {
		out.AutomaticTags = &[]string{}
	}
	if it.Tags != nil {
		out.Tags = &it.Tags
	}
	out.ScheduledUpdate = renderSchedule(it.Schedule)
	if f.Scheduled {
		starts := liveSchedules(it.Starts)
		out.LiveSchedules = &starts
	}
	return out
}

// renderExtra tells of a video what was asked for; its owner always asks.
func renderExtra(it *video.Item, f video.Filter) (out rest.VideoExtra) {
	asks := func(bit video.Include) bool { return f.Own || f.Include&bit != 0 }
	if asks(video.IncludeNotPublished) {
		out.WaitTranscoding = &it.Wait
	}
	if asks(video.IncludeNotPublished) || f.Scheduled {
		out.State = &rest.Label[int]{ID: int(it.State), Label: it.State.String()}
	}
	if asks(video.IncludeBlacklisted) {
		out.Blacklisted, out.BlacklistedReason = new(bool), &rest.Null[string]{}
	}
	if asks(video.IncludeBlockedOwner) {
		out.BlockedOwner, out.BlockedServer = &it.OwnerMuted, &it.ServerMuted
	}
	return out
}

func (a *API) renderVideoDetails(v video.Details) rest.VideoDetails {
	acc := a.renderAccount(v.By)
	out := rest.VideoDetails{
		VideoBase: a.renderVideoBase(&v.Item), VideoFiles: a.renderFiles(&v.Item),
		Account: acc, Channel: rest.Channel{ChannelBase: a.renderChannel(v.In), OwnerAccount: acc},
		LiveSchedules: liveSchedules(v.Starts), Support: optionalText(v.Support), Tags: v.Tags,
		CommentsPolicy:  rest.Label[int]{ID: int(v.Comments), Label: v.Comments.String()},
		DownloadEnabled: v.Downloadable, WaitTranscoding: v.Wait, InputFileUpdatedAt: rest.Time(v.InputFileAt),
		State: rest.Label[int]{ID: int(v.State), Label: v.State.String()}, TrackerURLs: a.trackers(&v.Item),
		EmbedPrivacyPolicy: rest.Label[int]{ID: 1, Label: "All allowed"}, ScheduledUpdate: renderSchedule(v.Schedule),
	}
	out.TruncatedDescription, out.Description = truncate(v.Description), optionalText(v.Description)
	return out
}

func (a *API) renderVideoBase(it *video.Item) rest.VideoBase {
	short := it.ShortUUID()
	out := rest.VideoBase{
		ID: int64(it.ID), UUID: it.UUID, ShortUUID: short, URL: it.URL, Name: it.Name,
		Category: rest.Label[*int]{ID: orNull(it.Category), Label: label.Category(it.Category)},
		Licence:  rest.Label[*int]{ID: orNull(it.Licence), Label: label.Licence(it.Licence)},
		Language: rest.Label[*string]{ID: orNull(it.Language), Label: label.Language(it.Language)},
		Privacy:  rest.Label[int]{ID: int(it.Privacy), Label: it.Privacy.String()},
		NSFW:     it.NSFW, NSFWFlags: int(it.NSFWFlags), NSFWSummary: optionalText(it.NSFWSummary),
		IsLocal: it.Local, Duration: it.Duration, AspectRatio: orNull(it.AspectRatio),
		Views: it.Counters.Views, Viewers: it.Viewers, Downloads: it.Counters.Downloads,
		Likes: it.Counters.Likes, Dislikes: it.Counters.Dislikes, Comments: it.Counters.Comments,
		EmbedPath: "/videos/embed/" + short, CreatedAt: rest.Time(it.CreatedAt), UpdatedAt: rest.Time(it.UpdatedAt),
		PublishedAt: rest.Time(it.PublishedAt), OriginallyPublishedAt: rest.Time(it.OriginallyAt), IsLive: it.IsLive,
	}
	a.renderThumbnails(it, &out)
	if it.Progress >= 0 {
		out.TranscodingProgress = &it.Progress
	}
	return out
}

const thumbnailFolder = "/lazy-static/thumbnails/"

// renderThumbnails lists the pictures, widest first. The old single paths are
// the smallest and the largest wide one.
func (a *API) renderThumbnails(it *video.Item, out *rest.VideoBase) {
	out.Thumbnails = make([]rest.Thumbnail, len(it.Thumbnails))
	for i, t := range it.Thumbnails {
		path := thumbnailFolder + t.File
		aspect := aspectName(t.Width, t.Height)
		out.Thumbnails[i] = rest.Thumbnail{Height: t.Height, Width: t.Width, AspectRatio: aspect, FileURL: a.base() + path}
		if aspect != "1:1" {
			out.ThumbnailPath = &path
			if out.PreviewPath == nil {
				out.PreviewPath = &path
			}
		}
	}
}

var aspects = []struct {
	ratio float64
	name  string
}{{16. / 9, "16:9"}, {16. / 10, "16:10"}, {4. / 3, "4:3"}, {5. / 4, "5:4"}, {1, "1:1"}}

// aspectName is the nearest of the ratios that PeerTube names.
func aspectName(width, height int) string {
	best := aspects[0]
	ratio := float64(width) / math.Max(float64(height), 1)
	for _, c := range aspects {
		if math.Abs(c.ratio-ratio) < math.Abs(best.ratio-ratio) {
			best = c
		}
	}
	return best.name
}

func (a *API) renderOwner(o video.Owner) rest.VideoOwner {
	out := rest.VideoOwner{ID: o.ID, DisplayName: o.DisplayName, Name: o.Name, URL: o.URL, Host: o.Host}
	if out.Host == "" {
		out.Host = a.PublicURL.Host
	}
	out.Avatars = make([]rest.VideoAvatar, len(o.Avatars))
	for i, v := range o.Avatars {
		path := "/lazy-static/avatars/" + v.File
		out.Avatars[i] = rest.VideoAvatar{
			Width: v.Width, Path: path, FileURL: a.base() + path, CreatedAt: rest.Time(v.CreatedAt).String(), UpdatedAt: rest.Time(v.UpdatedAt).String(),
		}
	}
	return out
}

// renderFiles are the media: web videos, and the files of the HLS playlist.
func (a *API) renderFiles(it *video.Item) rest.VideoFiles {
	if it.Remote != nil {
		return a.remoteFiles(it)
	}
	out := rest.VideoFiles{StreamingPlaylists: []rest.StreamingPlaylist{}, Files: make([]rest.VideoFile, len(it.WebVideos))}
	for i, r := range it.WebVideos {
		out.Files[i] = a.renderFile(it, r)
		out.Files[i].FileDownloadURL = a.base() + "/download/web-videos/" + it.UUID + "-" + strconv.Itoa(r.Resolution) + path.Ext(r.File)
	}
	p := it.Playlist
	if p == nil {
		return out
	}
	folder := a.base() + "/static/" + stream.FolderOf(it.UUID, p.Private) + "/"
	list := rest.StreamingPlaylist{
		ID: p.ID, Type: 1, PlaylistURL: folder + p.Master, SegmentsSHA256URL: folder + p.Sha256,
		Redundancies: mirrors(it), Files: make([]rest.VideoFile, len(p.Renditions)),
	}
	for i, r := range p.Renditions {
		list.Files[i] = a.renderFile(it, r)
		list.Files[i].PlaylistURL = folder + r.Playlist
		list.Files[i].FileDownloadURL = a.base() + "/download/streaming-playlists/hls/videos/" + it.UUID + "-" + strconv.Itoa(r.Resolution) + "-fragmented.mp4"
	}
	out.StreamingPlaylists = append(out.StreamingPlaylists, list)
	return out
}

func (a *API) renderFile(it *video.Item, r stream.Rendition) rest.VideoFile {
	links := a.Video.Service.LinksOf(it.UUID, it.Name, it.Privacy, r)
	return rest.VideoFile{
		ID: r.ID, Resolution: resolution(r.Resolution, r.FPS), Width: r.Width, Height: r.Height, Size: r.Size, FPS: r.FPS,
		FileURL: links.File, TorrentURL: links.Torrent, TorrentDownloadURL: links.Download, MagnetURI: links.Magnet,
		MetadataURL: a.base() + "/api/v1/videos/" + it.UUID + "/metadata/" + strconv.FormatInt(r.ID, 10),
		HasAudio:    r.HasAudio, HasVideo: r.HasVideo, Storage: new(int),
	}
}

// resolution names a height; PeerTube adds the rate of fast pictures.
func resolution(height, fps int) rest.Label[int] {
	label := label.Resolution(height)
	if height > 0 && fps >= 50 {
		label += strconv.Itoa(fps)
	}
	return rest.Label[int]{ID: height, Label: label}
}

func (a *API) renderSource(src stream.SourceInfo) rest.VideoSource {
	out := rest.VideoSource{
		InputFilename: src.Filename, Resolution: resolution(src.Resolution, 0), Size: src.Size, Width: src.Width, Height: src.Height,
		FPS: src.FPS, Metadata: src.Metadata, CreatedAt: rest.Time(src.CreatedAt),
	}
	if name, ok := stream.OriginalName(src.Key); ok {
		address := a.base() + "/download/original-video-files/" + name
		out.FileDownloadURL = &address
	}
	return out
}

func renderSchedule(s *video.Schedule) *rest.VideoScheduleUpdate {
	if s == nil {
		return nil
	}
	return &rest.VideoScheduleUpdate{UpdateAt: rest.Time(s.UpdateAt), Privacy: int(s.Privacy)}
}

func (a *API) trackerURLs() []string {
	announce, socket := tracker.Addresses(a.PublicURL)
	return []string{announce, socket}
}

func (a *API) base() string { return a.Actors.Base() }

// maxShort is PeerTube's length of a description in lists, in characters.
const maxShort = 250

// truncate shortens a description; nil is none.
func truncate(s string) *string {
	if runes := []rune(s); len(runes) > maxShort {
		s = string(runes[:maxShort-3]) + "..."
	}
	return optionalText(s)
}

func optionalText(s string) *string { return orNull(s) }

// orNull is nil for a zero value.
func orNull[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}
