package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"vidiverse/instance/db"
	"vidiverse/instance/db/dbtest"
	"vidiverse/instance/rest"
	"vidiverse/instance/video"
)

func (w *videoWorld) details(v video.Video) (d rest.VideoDetails) {
	w.t.Helper()
	w.must(json.Unmarshal(w.want(200, "GET", "/api/v1/videos/"+v.UUID, w.token, nil), &d))
	return d
}

// What a file's addresses are is what clients open, word for word.
func TestVideoFileAddresses(t *testing.T) {
	w := newVideoWorld(t, dbtest.SQLite(t))
	v := w.publish(func(d *video.Draft) { d.Name = "VOD & (kinds)" })
	d := w.details(v)
	const at, hash = "https://one.test", "6161616161626262626263636363636464646464"
	magnet := func(torrent, file string) string {
		return "magnet:?xs=https%3A%2F%2Fone.test%2Flazy-static%2Ftorrents%2F" + torrent + "&xt=urn:btih:" + hash + "&dn=VOD+%26+(kinds)" +
			"&tr=https%3A%2F%2Fone.test%2Ftracker%2Fannounce&tr=wss%3A%2F%2Fone.test%3A443%2Ftracker%2Fsocket&ws=" +
			strings.ReplaceAll("https%3A%2F%2Fone.test"+file, "/", "%2F")
	}
	if len(d.Files) != 1 || len(d.StreamingPlaylists) != 1 || len(d.StreamingPlaylists[0].Files) != 2 {
		t.Fatalf("got files %+v and %+v", d.Files, d.StreamingPlaylists)
	}
	web, part := d.Files[0], d.StreamingPlaylists[0].Files[0]
	folder := "/static/streaming-playlists/hls/" + v.UUID + "/"
	for what, pair := range map[string][2]string{
		"web file":             {web.FileURL, at + "/static/web-videos/" + v.UUID + "-360.mp4"},
		"web download":         {web.FileDownloadURL, at + "/download/web-videos/" + v.UUID + "-360.mp4"},
		"web torrent":          {web.TorrentURL, at + "/lazy-static/torrents/" + v.UUID + "-360.mp4.torrent"},
		"web torrent download": {web.TorrentDownloadURL, at + "/download/torrents/" + v.UUID + "-360.mp4.torrent"},
		"web magnet":           {web.MagnetURI, magnet(v.UUID+"-360.mp4.torrent", "/static/web-videos/"+v.UUID+"-360.mp4")},
		"web metadata":         {web.MetadataURL, fmt.Sprintf("%s/api/v1/videos/%s/metadata/%d", at, v.UUID, web.ID)},
		"web playlist":         {web.PlaylistURL, ""},
		"file":                 {part.FileURL, at + folder + v.UUID + "-360-fragmented.mp4"},
		"download":             {part.FileDownloadURL, at + "/download/streaming-playlists/hls/videos/" + v.UUID + "-360-fragmented.mp4"},
		"magnet":               {part.MagnetURI, magnet(v.UUID+"-360-fragmented.mp4.torrent", folder+v.UUID+"-360-fragmented.mp4")},
		"playlist":             {part.PlaylistURL, at + folder + v.UUID + "-360.m3u8"},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s: got %s, want %s", what, pair[0], pair[1])
		}
	}
	var metadata map[string]any
	w.must(json.Unmarshal(w.want(200, "GET", strings.TrimPrefix(web.MetadataURL, at), "", nil), &metadata))
	if metadata["streams"] == nil {
		t.Errorf("got metadata %v", metadata)
	}
	closed := w.details(w.publish(func(d *video.Draft) { d.Name, d.Privacy = "closed", video.Private }))
	if f := closed.Files[0]; strings.Contains(f.MagnetURI, "&ws=") || !strings.Contains(f.FileURL, "/static/web-videos/private/") {
		t.Errorf("closed: got %+v", f)
	}
}

// Only administrators remove files and make them again, and never the last.
func TestVideoFilesOverREST(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newVideoWorld(t, d)
		v := w.publish(nil)
		one := "/api/v1/videos/" + v.UUID
		root, before := w.login("root"), w.details(v)
		web, best := fmt.Sprint("/web-videos/", before.Files[0].ID), fmt.Sprint("/hls/", before.StreamingPlaylists[0].Files[0].ID)
		again := rest.VideoTranscodingInput{TranscodingType: "web-video"}
		for _, path := range []string{"/hls", best, "/web-videos", web} {
			w.want(http.StatusUnauthorized, "DELETE", one+path, "", nil)
			if body := w.want(http.StatusForbidden, "DELETE", one+path, w.token, nil); !strings.Contains(string(body), "(No. 25)") {
				t.Errorf("%s for the owner: got %s", path, body)
			}
		}
		w.want(http.StatusUnauthorized, "POST", one+"/transcoding", "", again)
		if body := w.want(http.StatusForbidden, "POST", one+"/transcoding", w.token, again); !strings.Contains(string(body), "(No. 26)") {
			t.Errorf("transcoding for the owner: got %s", body)
		}
		w.want(http.StatusBadRequest, "POST", one+"/transcoding", root, rest.VideoTranscodingInput{TranscodingType: "webm"})
		w.want(http.StatusNotFound, "POST", "/api/v1/videos/00000000-0000-4000-8000-000000000000/transcoding", root, again)
		for path, want := range map[string]int{"/hls/x": 400, "/hls/0": 400, "/web-videos/-1": 400, "/hls/999999": 404, "/web-videos/999999": 404,
			strings.Replace(web, "web-videos", "hls", 1): 404, strings.Replace(best, "hls", "web-videos", 1): 404} {
			w.want(want, "DELETE", one+path, root, nil)
		}
		w.want(http.StatusNoContent, "DELETE", one+best, root, nil)
		left := w.details(v)
		if list := left.StreamingPlaylists[0]; len(list.Files) != 1 || list.Files[0].Resolution.ID != 240 || list.PlaylistURL == before.StreamingPlaylists[0].PlaylistURL {
			t.Errorf("one file less: got %+v", list)
		}
		w.want(http.StatusNoContent, "DELETE", one+web, root, nil)
		w.want(http.StatusBadRequest, "DELETE", one+"/web-videos", root, nil)
		w.want(http.StatusBadRequest, "DELETE", one+"/hls", root, nil)
		w.want(http.StatusBadRequest, "DELETE", fmt.Sprint(one, "/hls/", left.StreamingPlaylists[0].Files[0].ID), root, nil)
		if d := w.details(v); len(d.Files) != 0 || len(d.StreamingPlaylists) != 1 {
			t.Errorf("got %+v", d.VideoFiles)
		}
		w.want(http.StatusNoContent, "POST", one+"/transcoding", root, again)
		body := w.want(http.StatusBadRequest, "POST", one+"/transcoding", root, again)
		if !strings.Contains(string(body), `"code":"video_already_being_transcoded"`) {
			t.Errorf("twice: got %s", body)
		}
		again.ForceTranscoding = true
		w.want(http.StatusNoContent, "POST", one+"/transcoding", root, again)
	})
}
