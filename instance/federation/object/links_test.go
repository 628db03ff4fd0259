package object

import (
	"encoding/json"
	"net/url"
	"os"
	"path"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vidiverse/instance/activitypub"
	"vidiverse/instance/blob"
	"vidiverse/instance/db/dbtest"
	"vidiverse/instance/job"
	"vidiverse/instance/stream"
	"vidiverse/instance/video"
	"vidiverse/p2p/metainfo"
)

// files turns the links of files back into what this server knows of them.
func files(t *testing.T, links []activitypub.Link, web bool) (all []stream.Rendition) {
	t.Helper()
	for i, l := range links {
		if l.MediaType != "video/mp4" {
			continue
		}
		id, err := strconv.ParseInt(path.Base(links[i+1].Href), 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		m, err := metainfo.ParseMagnet(links[i+3].Href)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, stream.Rendition{
			ID: id, Web: web, File: path.Base(l.Href), Resolution: *l.Height, Width: *l.Width, FPS: *l.FPS, Size: *l.Size, HasVideo: true, HasAudio: true,
			Torrent: stream.Torrent{Name: path.Base(links[i+2].Href), Hash: m.Hash},
		})
	}
	return all
}

// Of a video with the same files, another server reads from us what it reads
// from PeerTube, to the letter: files, torrents, magnets, swarms and trackers.
func TestLinksAreTheCapturedOnes(t *testing.T) {
	raw, err := os.ReadFile("testdata/video-vod.json")
	if err != nil {
		t.Fatal(err)
	}
	var captured struct {
		UUID string
		ID   string
		Name string
		URL  []activitypub.Link
	}
	if err := json.Unmarshal(raw, &captured); err != nil {
		t.Fatal(err)
	}
	public := &url.URL{Scheme: "http", Host: "127.0.0.1:9001"}
	d := dbtest.SQLite(t)
	folder, err := blob.OpenFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	videos := video.New(video.Config{DB: d, Blob: folder, Jobs: job.New(d, job.Config{}), PublicURL: public, Torrents: true})
	door := New(Config{DB: d, PublicURL: public, Videos: videos})

	v := video.Details{}
	v.UUID, v.URL, v.Name, v.Privacy = captured.UUID, captured.ID, captured.Name, video.Public
	v.WebVideos = files(t, captured.URL, true)
	var hashes [][20]byte
	for _, l := range captured.URL {
		if l.MediaType != activitypub.HLS {
			continue
		}
		hashes = activitypub.Video{URL: captured.URL}.Hashes()
		v.Playlist = &stream.Playlist{Master: path.Base(l.Href), Renditions: files(t, l.Tag, false)}
		for _, tag := range l.Tag {
			if tag.Name == "sha256" {
				v.Playlist.Sha256 = path.Base(tag.Href)
			}
		}
	}
	if len(v.WebVideos) != 2 || v.Playlist == nil || len(v.Playlist.Renditions) != 2 || len(hashes) == 0 {
		t.Fatalf("the captured video has files %+v and %+v", v.WebVideos, v.Playlist)
	}
	got, err := json.Marshal(door.links(v, hashes))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(tree(t, raw)["url"], tree(t, []byte(`{"url":`+string(got)+`}`))["url"]); diff != "" {
		t.Error(diff)
	}
	v.Privacy = video.Private
	if l := door.links(v, nil); strings.Contains(l[5].Href, "&ws=") || l[5].MediaType != activitypub.Magnet {
		t.Errorf("closed: got %+v", l[5])
	}
}

func tree(t *testing.T, b []byte) (m map[string]any) {
	t.Helper()
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	return m
}
