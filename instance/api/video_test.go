package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"vidiverse/instance/blob"
	"vidiverse/instance/comment"
	"vidiverse/instance/db"
	"vidiverse/instance/db/dbtest"
	"vidiverse/instance/ffmpeg"
	"vidiverse/instance/hls"
	"vidiverse/instance/job"
	"vidiverse/instance/news"
	"vidiverse/instance/notify"
	"vidiverse/instance/playlist"
	"vidiverse/instance/report"
	"vidiverse/instance/rest"
	"vidiverse/instance/rest/resttest"
	"vidiverse/instance/search"
	"vidiverse/instance/stats"
	"vidiverse/instance/stream"
	"vidiverse/instance/transcode"
	"vidiverse/instance/user"
	"vidiverse/instance/video"
)

// videoWorld is a world with videos.
type videoWorld struct {
	*world
	videos *video.Service
	alice  user.Caller
	token  string // alice's
}

func newVideoWorld(t *testing.T, d *db.DB) *videoWorld {
	t.Helper()
	w := &videoWorld{}
	folder, err := blob.OpenFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	w.world = newWorld(t, d, func(c *Config) {
		jobs := job.New(d, job.Config{Owner: "test"})
		var viewers *stats.Service
		w.videos = video.New(video.Config{
			DB: d, Blob: folder, Jobs: jobs, Viewers: func(id video.ID) int { return viewers.Watching(id) }, PublicURL: c.PublicURL, Now: c.Now, Transcodes: true, Torrents: true,
			Progress: func(_ context.Context, ids []video.ID) (map[video.ID]int, error) {
				return map[video.ID]int{ids[0]: 40}, nil
			},
		})
		c.Comments = comment.New(comment.Config{DB: d, Jobs: jobs, Videos: w.videos, PublicURL: c.PublicURL, Now: c.Now})
		c.Notices = notify.New(notify.Config{DB: d, Actors: c.Actors, Blocks: c.Blocks, News: news.New(jobs), Now: c.Now})
		c.Reports = report.New(report.Config{DB: d, Videos: w.videos, Comments: c.Comments, Now: c.Now})
		c.Playlists = playlist.New(playlist.Config{DB: d, Blob: folder, Jobs: jobs, Videos: w.videos, PublicURL: c.PublicURL, Now: c.Now})
		looking, err := search.New(search.Config{DB: d, Actors: c.Actors, Channels: c.Channels, Videos: w.videos, Playlists: c.Playlists})
		if err != nil {
			t.Fatal(err)
		}
		c.Search = looking
		viewers = stats.New(stats.Config{DB: d, Jobs: jobs, Videos: w.videos, Now: c.Now})
		engine := transcode.New(transcode.Config{DB: d, Blob: folder, TempDir: folder.TempDir(), Jobs: jobs, Videos: w.videos, Tools: &ffmpeg.Tools{},
			Settings: transcode.Settings{AlwaysOriginal: true}})
		c.Video = VideoConfig{Service: w.videos, Stats: viewers, Files: engine, TempDir: t.TempDir(), Thumbnails: func(_ context.Context, path string) ([]stream.Thumbnail, error) {
			b, err := os.ReadFile(path)
			return []stream.Thumbnail{{Width: 280, Height: 157, File: fmt.Sprintf("%d.jpg", len(b))}}, err
		}}
	})
	w.token = w.login("alice")
	w.alice, err = w.users.Authenticate(t.Context(), w.token)
	w.must(err)
	return w
}

// publish makes a video of alice with two renditions.
func (w *videoWorld) publish(change func(*video.Draft)) video.Video {
	w.t.Helper()
	d := video.Draft{
		Name: "A walk", Description: "Far\naway", Support: "please", Privacy: video.Public, Category: 15, Licence: 1, Language: "en", Comments: video.CommentsEnabled,
		Downloadable: true, Tags: []string{"tag1", "tag2"}, OriginallyAt: time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC),
	}
	ch, err := w.config.Channels.ByHandle(w.t.Context(), "alice_channel")
	w.must(err)
	d.ChannelID = ch.ID
	if change != nil {
		change(&d)
	}
	var v video.Video
	w.must(w.db.Write(w.t.Context(), func(tx db.Tx) (err error) {
		meta := json.RawMessage(resttest.Load(w.t, "video-file-metadata.json").Response.Body)
		probe := ffmpeg.Probe{Duration: 10 * time.Second, Video: &ffmpeg.Video{Width: 640, Height: 360, FPS: 25}, Metadata: meta}
		v, err = w.videos.Create(w.t.Context(), tx, w.alice, d, stream.Source{Filename: "walk.mp4", Size: 900, Key: "original-video-files/" + d.Name + ".mp4", Probe: probe})
		if err != nil {
			return err
		}
		var add []stream.Rendition
		for _, h := range []int{360, 240} {
			add = append(add, stream.Rendition{
				Resolution: h, FPS: 25, Width: h * 16 / 9, Height: h, HasVideo: true, HasAudio: true, Size: 10, Probe: meta, Codecs: "avc1",
				File: fmt.Sprintf("%s-%d-fragmented.mp4", v.UUID, h), Playlist: fmt.Sprintf("%s-%d.m3u8", v.UUID, h),
			})
		}
		whole := stream.Rendition{
			Resolution: 360, FPS: 25, Width: 640, Height: 360, HasVideo: true, HasAudio: true, Size: 12, Probe: meta, File: v.UUID + "-360.mp4",
		}
		if err := w.videos.PutWebVideos(w.t.Context(), tx, v.ID, []stream.Rendition{whole}, !d.Privacy.Open()); err != nil {
			return err
		}
		m := stream.Master{Name: v.UUID + "-master.m3u8", Sha256Name: v.UUID + "-sha256.json", Swarms: []hls.Swarm{}, Private: !d.Privacy.Open()}
		if err := w.videos.PutRenditions(w.t.Context(), tx, v.ID, add, m); err != nil {
			return err
		}
		if _, err := tx.ExecContext(w.t.Context(), `INSERT INTO torrent (file_id, name, info_hash, size, title, seeded, created_at)
			SELECT id, name || '.torrent', ?, 9, 'x', 1, 0 FROM media_file WHERE video_id = ? AND kind IN ('fragmented', 'web-video')`,
			[]byte("aaaaabbbbbcccccddddd"), int64(v.ID)); err != nil {
			return err
		}
		pictures := []stream.Thumbnail{{Width: 280, Height: 157, File: v.UUID + "-s.jpg"}, {Width: 1280, Height: 720, File: v.UUID + "-l.jpg"}, {Width: 1400, Height: 1400, File: v.UUID + "-q.jpg"}}
		if err := w.videos.PutThumbnails(w.t.Context(), tx, v.ID, pictures); err != nil {
			return err
		}
		return w.videos.Publish(w.t.Context(), tx, v.ID)
	}))
	return v
}

// Every answer about videos has the members and types that stock clients know.
func TestVideoAnswersAreShapedAsPeerTubes(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newVideoWorld(t, d)
		v := w.publish(nil)
		locked := w.publish(func(d *video.Draft) {
			d.Name, d.Privacy, d.Passwords = "locked", video.PasswordProtected, []string{"secretpw"}
		})
		private := w.publish(func(d *video.Draft) { d.Name, d.Privacy = "private", video.Private })
		const videos = "/api/v1/videos/"
		one := videos + v.UUID
		bob, root := w.login("bob"), w.login("root")
		w.want(http.StatusNoContent, "PUT", one+"/rate", w.token, rest.VideoRateInput{Rating: "dislike"})
		var details rest.VideoDetails
		w.must(json.Unmarshal(w.want(200, "GET", one, "", nil), &details))
		metadata := strings.TrimPrefix(details.StreamingPlaylists[0].Files[0].MetadataURL, "https://one.test")
		tests := []struct {
			file, method, path, token string
			headers                   []string
		}{
			{file: "videos-list.json", path: "/api/v1/videos?count=2"},
			{file: "videos-list-local.json", path: "/api/v1/videos?count=1&isLocal=true&sort=-views"},
			{file: "videos-list-root-include.json", path: "/api/v1/videos?count=1&include=127&privacyOneOf=1", token: root},
			{file: "account-videos.json", path: "/api/v1/accounts/alice/videos?count=1"},
			{file: "video-channel-videos.json", path: "/api/v1/video-channels/alice_channel/videos?count=1"},
			{file: "users-me-videos.json", path: "/api/v1/users/me/videos", token: w.token},
			{file: "users-me-rating.json", path: fmt.Sprintf("/api/v1/users/me/videos/%d/rating", v.ID), token: w.token},
			{file: "account-ratings.json", path: "/api/v1/accounts/alice/ratings", token: w.token},
			{file: "video-vod.json", path: one},
			{file: "video-vod-owner.json", path: videos + v.ShortUUID(), token: w.token},
			{file: "video-password-ok.json", path: videos + locked.UUID, headers: []string{"x-peertube-video-password", "secretpw"}},
			{file: "video-password-missing-403.json", path: videos + locked.UUID},
			{file: "video-private-anonymous-401.json", path: videos + private.UUID},
			{file: "video-token.json", method: "POST", path: one + "/token", token: w.token},
			{file: "video-passwords-list.json", path: videos + locked.UUID + "/passwords", token: w.token},
			{file: "video-source.json", path: one + "/source", token: w.token},
			{file: "video-file-metadata.json", path: metadata},
			{file: "video-captions.json", path: one + "/captions"},
			{file: "video-chapters.json", path: one + "/chapters"},
			{file: "video-storyboards.json", path: one + "/storyboards"},
			{file: "videos-categories.json", path: videos + "categories"},
			{file: "videos-licences.json", path: videos + "licences"},
			{file: "videos-languages.json", path: videos + "languages"},
			{file: "videos-privacies.json", path: videos + "privacies"},
			{file: "error-404-video.json", path: videos + "00000000-0000-4000-8000-000000000000"},
			{file: "error-403-not-owner.json", method: "DELETE", path: one, token: bob},
			{file: "error-400-validation.json", path: "/api/v1/videos?count=1000&sort=bad"},
		}
		for _, tt := range tests {
			t.Run(tt.file, func(t *testing.T) {
				if tt.method == "" {
					tt.method = "GET"
				}
				resp, body := w.do(tt.method, tt.path, tt.token, nil, tt.headers...)
				resttest.Status(t, tt.file, resp)
				resttest.Body(t, tt.file, body)
			})
		}
	})
}

// What these lists say is part of the contract word for word.
func TestConstantListsAreEqual(t *testing.T) {
	w := newVideoWorld(t, dbtest.SQLite(t))
	for file, path := range map[string]string{
		"videos-categories.json": "categories", "videos-licences.json": "licences",
		"videos-languages.json": "languages", "videos-privacies.json": "privacies",
	} {
		var want, got map[string]string
		w.must(json.Unmarshal(resttest.Load(t, file).Response.Body, &want))
		w.must(json.Unmarshal(w.want(200, "GET", "/api/v1/videos/"+path, "", nil), &got))
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: got %v, want %v", path, got, want)
		}
	}
}

// Players name their swarms by playlistUrl, old clients read the old fields.
func TestVideoAddresses(t *testing.T) {
	w := newVideoWorld(t, dbtest.SQLite(t))
	v := w.publish(nil)
	hidden := w.publish(func(d *video.Draft) { d.Name, d.Privacy = "hidden", video.Private })
	var got rest.VideoDetails
	w.must(json.Unmarshal(w.want(200, "GET", "/api/v1/videos/"+fmt.Sprint(v.ID), "", nil), &got))
	const base = "https://one.test"
	list := got.StreamingPlaylists[0]
	for _, c := range [][2]string{
		{list.PlaylistURL, w.videos.MasterURL(v.UUID, v.UUID+"-master.m3u8", false)},
		{list.PlaylistURL, base + "/static/streaming-playlists/hls/" + v.UUID + "/" + v.UUID + "-master.m3u8"},
		{list.Files[0].FileURL, base + "/static/streaming-playlists/hls/" + v.UUID + "/" + v.UUID + "-360-fragmented.mp4"},
		{list.Files[0].FileDownloadURL, base + "/download/streaming-playlists/hls/videos/" + v.UUID + "-360-fragmented.mp4"},
		{*got.ThumbnailPath, "/lazy-static/thumbnails/" + v.UUID + "-s.jpg"}, {*got.PreviewPath, "/lazy-static/thumbnails/" + v.UUID + "-l.jpg"},
		{got.EmbedPath, "/videos/embed/" + v.ShortUUID()}, {got.Account.Host, "one.test"},
		{strings.Join(got.TrackerURLs, " "), base + "/tracker/announce wss://one.test:443/tracker/socket"},
	} {
		if c[0] != c[1] {
			t.Errorf("got %s, want %s", c[0], c[1])
		}
	}
	w.must(json.Unmarshal(w.want(200, "GET", "/api/v1/videos/"+hidden.UUID, w.token, nil), &got))
	if want := w.videos.MasterURL(hidden.UUID, hidden.UUID+"-master.m3u8", true); got.StreamingPlaylists[0].PlaylistURL != want || !strings.Contains(want, "/hls/private/") {
		t.Errorf("got %s, want %s", got.StreamingPlaylists[0].PlaylistURL, want)
	}
}

func TestVideoEditByForm(t *testing.T) {
	w := newVideoWorld(t, dbtest.SQLite(t))
	v := w.publish(nil)
	one := "/api/v1/videos/" + v.UUID
	send := func(token string, fields map[string]string, picture string) int {
		var b bytes.Buffer
		m := multipart.NewWriter(&b)
		for k, v := range fields {
			w.must(m.WriteField(k, v))
		}
		if picture != "" {
			f, err := m.CreateFormFile("thumbnailfile", "p.jpg")
			w.must(err)
			_, err = f.Write([]byte(picture))
			w.must(err)
		}
		w.must(m.Close())
		resp, _ := w.do("PUT", one, token, b.String(), "Content-Type", m.FormDataContentType())
		return resp.StatusCode
	}
	if got := send(w.token, map[string]string{"name": "By form", "tags[0]": "new", "category": "null", "nsfw": "true"}, "picture"); got != 204 {
		t.Fatalf("got %d", got)
	}
	var got rest.VideoDetails
	w.must(json.Unmarshal(w.want(200, "GET", one, "", nil), &got))
	if got.Name != "By form" || len(got.Tags) != 1 || got.Category.ID != nil || !got.NSFW || *got.ThumbnailPath != "/lazy-static/thumbnails/7.jpg" {
		t.Errorf("got %+v", got)
	}
	for name, want := range map[string]int{
		"signed in as another": send(w.login("bob"), map[string]string{"name": "Stolen"}, ""),
	} {
		if want != 403 {
			t.Errorf("%s: got %d", name, want)
		}
	}
	if got := send(w.token, map[string]string{"name": strings.Repeat("x", bodyLimit)}, ""); got != 400 {
		t.Errorf("a huge field: got %d", got)
	}
	if got := send(w.token, nil, strings.Repeat("x", maxPicture+1)); got != 400 {
		t.Errorf("a huge picture: got %d", got)
	}
	if files, err := os.ReadDir(w.config.Video.TempDir); err != nil || len(files) != 0 {
		t.Errorf("%d pictures are left behind, %v", len(files), err)
	}
}

// Threat 21: a body may say what a client may say, and nothing more.
func TestVideoMassAssignment(t *testing.T) {
	w := newVideoWorld(t, dbtest.SQLite(t))
	v := w.publish(nil)
	one := "/api/v1/videos/" + v.UUID
	before := w.want(200, "GET", one, "", nil)
	var facts map[string]any
	w.must(json.Unmarshal(before, &facts))
	for _, name := range []string{"name", "category", "licence", "language", "privacy", "description", "support", "tags", "commentsPolicy",
		"downloadEnabled", "nsfw", "nsfwFlags", "nsfwSummary", "waitTranscoding", "originallyPublishedAt"} {
		delete(facts, name) // what a client may say
	}
	hostile := map[string]any{"userId": 1, "accountId": 1, "ownerAccountId": 1, "remote": true, "host": "evil.test", "isLocal": false, "quota": -1, "role": 0}
	for name, value := range facts {
		switch value.(type) {
		case string:
			hostile[name] = "https://evil.test/"
		case bool:
			hostile[name] = value != true
		default:
			hostile[name] = 7
		}
	}
	w.want(204, "PUT", one, w.token, hostile)
	var was, is map[string]any
	w.must(json.Unmarshal(before, &was))
	w.must(json.Unmarshal(w.want(200, "GET", one, "", nil), &is))
	delete(was, "updatedAt")
	delete(is, "updatedAt")
	if a, b := fmt.Sprint(was), fmt.Sprint(is); a != b {
		t.Errorf("the video changed:\n%s\n%s", a, b)
	}
}

// Threat 20: markup in a text stays text: JSON carries it escaped, and never as
// a page.
func TestVideoTextsAreData(t *testing.T) {
	w := newVideoWorld(t, dbtest.SQLite(t))
	for i, xss := range []string{`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, "javascript:alert(1)//", "</script\u2028><svg/onload=1>"} {
		v := w.publish(func(d *video.Draft) {
			d.Name, d.Description, d.Support, d.Tags = xss, xss, xss, []string{fmt.Sprint("<b>", i)}
		})
		resp, body := w.do("GET", "/api/v1/videos/"+v.UUID, "", nil)
		var got rest.VideoDetails
		w.must(json.Unmarshal(body, &got))
		if got.Name != xss || *got.Description != xss || *got.Support != xss {
			t.Errorf("got %+v, want the texts unchanged", got)
		}
		if bytes.ContainsAny(body, "<>\u2028") || resp.Header.Get("Content-Type") != "application/json; charset=utf-8" || resp.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("a browser could read this as a page: %s %v", body, resp.Header)
		}
	}
	resp, body := w.do("GET", "/api/v1/videos?sort=%3Cscript%3E", "", nil)
	if resp.StatusCode != 400 || bytes.ContainsAny(body, "<>") {
		t.Errorf("got %d %s", resp.StatusCode, body)
	}
}

// Threat 40, at the door: absurd quantities are refused or cheap.
func TestVideoListBounds(t *testing.T) {
	w := newVideoWorld(t, dbtest.SQLite(t))
	w.publish(nil)
	for path, want := range map[string]int{
		"count=0": 200, "count=101": 400, "count=-1": 400, "start=2147483648": 200, "start=-1": 400, "start=99999999999999999999": 400, "sort=bad": 400,
		"tagsOneOf=a" + strings.Repeat("&tagsOneOf=a", 9999): 400, "categoryOneOf=x": 400, "nsfw=maybe": 400, "isLocal=null": 400, "isLocal=2": 200, "filter=all-local": 400, "host=6565": 400, "nsfwFlagsIncluded=1&nsfwFlagsExcluded=3": 400,
		"excludeAlreadyWatched=true": 400, "autoTagOneOf=x": 401, "include=0": 401, "stateOneOf=2": 401,
		"include=1": 401, "search=" + strings.Repeat("%25", 500): 200, "search=%00": 400, "unknown=1": 200, "skipCount=true": 200,
	} {
		resp, body := w.do("GET", "/api/v1/videos?"+path, "", nil)
		if resp.StatusCode != want {
			t.Errorf("%.40s: got %d %s, want %d", path, resp.StatusCode, body, want)
		}
		if path == "count=0" && string(body) != `{"total":1,"data":[]}` {
			t.Errorf("count=0: got %s", body)
		}
	}
}

func TestVideoViewsAndRates(t *testing.T) {
	w := newVideoWorld(t, dbtest.SQLite(t))
	v := w.publish(nil)
	one := "/api/v1/videos/" + v.UUID
	w.want(204, "POST", one+"/views", "", map[string]any{"currentTime": 1.5, "sessionId": "s"})
	w.want(204, "PUT", one+"/watching", "", map[string]any{"currentTime": 2})
	w.want(400, "POST", one+"/views", "", map[string]any{})
	w.want(400, "POST", one+"/views", "", map[string]any{"currentTime": -1})
	w.want(400, "POST", one+"/views", "", map[string]any{"currentTime": 1e300})
	w.want(401, "PUT", one+"/rate", "", rest.VideoRateInput{Rating: "like"})
	w.want(204, "PUT", one+"/rate", w.token, rest.VideoRateInput{Rating: "like"})
	w.want(400, "PUT", one+"/rate", w.token, rest.VideoRateInput{Rating: "love"})
	var got rest.VideoDetails
	w.must(json.Unmarshal(w.want(200, "GET", one, "", nil), &got))
	if got.Likes != 1 || got.Viewers != 2 {
		t.Errorf("got %d likes, %d viewers", got.Likes, got.Viewers)
	}
	w.want(403, "GET", "/api/v1/accounts/bob/ratings", w.token, nil)
}

// Threat 27: answers that strangers share must not outlive a change, nor be
// given for other rights.
func TestSharedAnswersEndWithTheChange(t *testing.T) {
	w := newVideoWorld(t, dbtest.SQLite(t))
	v := w.publish(nil)
	one := "/api/v1/videos/" + v.UUID
	for range 2 {
		w.want(200, "GET", one, "", nil)
		w.want(200, "GET", "/api/v1/videos", "", nil)
	}
	w.want(204, "PUT", one, w.token, map[string]any{"name": "Changed", "privacy": 1})
	if body := w.want(200, "GET", one, "", nil); !strings.Contains(string(body), "Changed") {
		t.Errorf("got %s after a change", body)
	}
	w.want(204, "PUT", one, w.token, map[string]any{"privacy": 5, "videoPasswords": []string{"secret"}})
	w.want(401, "GET", one, "", nil)
	if body := w.want(200, "GET", "/api/v1/videos", "", nil); string(body) != `{"total":0,"data":[]}` {
		t.Errorf("got %s after it was closed", body)
	}
	if resp, _ := w.do("GET", one, "", nil, "x-peertube-video-password", "secret"); resp.StatusCode != 200 {
		t.Errorf("with the password: got %d", resp.StatusCode)
	}
	w.want(401, "GET", one, "", nil)
	w.want(200, "GET", one, w.token, nil)
	w.want(401, "GET", one, "", nil)
}
