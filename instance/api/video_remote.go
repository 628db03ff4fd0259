package api

import (
	"path"
	"strconv"
	"strings"

	"vidiverse/instance/rest"
	"vidiverse/instance/video"
)

// remoteFiles are the media of a video of another server, at its addresses:
// files never pass through here.
func (a *API) remoteFiles(it *video.Item) rest.VideoFiles {
	m := it.Remote
	out := rest.VideoFiles{StreamingPlaylists: []rest.StreamingPlaylist{}, Files: make([]rest.VideoFile, len(m.Web))}
	for i, f := range m.Web {
		out.Files[i] = a.remoteFile(it, f)
		out.Files[i].FileDownloadURL = it.Origin() + "/download/web-videos/" + it.UUID + "-" + strconv.Itoa(f.Resolution) + path.Ext(f.URL)
	}
	if m.PlaylistURL == "" {
		return out
	}
	list := rest.StreamingPlaylist{
		ID: int64(it.ID), Type: 1, PlaylistURL: m.PlaylistURL, SegmentsSHA256URL: m.DigestsURL,
		Redundancies: mirrors(it), Files: make([]rest.VideoFile, len(m.HLS)),
	}
	for i, f := range m.HLS {
		list.Files[i] = a.remoteFile(it, f)
		list.Files[i].FileDownloadURL = it.Origin() + "/download/streaming-playlists/hls/videos/" + it.UUID + "-" + strconv.Itoa(f.Resolution) + "-fragmented.mp4"
		if stem, ok := strings.CutSuffix(f.URL, "-fragmented.mp4"); ok {
			list.Files[i].PlaylistURL = stem + ".m3u8"
		}
	}
	out.StreamingPlaylists = append(out.StreamingPlaylists, list)
	return out
}

func (a *API) remoteFile(it *video.Item, f video.RemoteFile) rest.VideoFile {
	links := a.Video.Service.RemoteLinks(it, f)
	return rest.VideoFile{
		ID: f.ID, Resolution: resolution(f.Resolution, f.FPS), Width: f.Width, Height: f.Height, Size: f.Size, FPS: f.FPS,
		FileURL: links.File, TorrentURL: links.Torrent, TorrentDownloadURL: links.Download, MagnetURI: links.Magnet, MetadataURL: f.MetadataURL,
		HasAudio: f.HasAudio, HasVideo: f.HasVideo,
	}
}

func mirrors(it *video.Item) []rest.Redundancy {
	out := make([]rest.Redundancy, len(it.Mirrors))
	for i, base := range it.Mirrors {
		out[i].BaseURL = base
	}
	return out
}

// trackers are the addresses at which viewers of a video meet.
func (a *API) trackers(it *video.Item) []string {
	if it.Remote == nil {
		return a.trackerURLs()
	}
	return append([]string{}, it.Remote.Trackers...)
}
