package ap

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"vidiverse/instance/activitypub"
	"vidiverse/instance/blob"
	"vidiverse/instance/db"
	"vidiverse/instance/db/dbtest"
	"vidiverse/instance/federation/object"
	"vidiverse/instance/job"
	"vidiverse/instance/video"
)

// The video that the captures are about.
const (
	filmID  = "e6b078bc-3feb-4c72-8f4f-aff5828507e1"
	filmURL = "http://127.0.0.1:9001/videos/watch/" + filmID
)

// cinema is a town with its videos, comments and playlists, as captured.
func cinema(t *testing.T, d *db.DB) *town {
	t.Helper()
	w := newTown(t, d)
	public := &url.URL{Scheme: "http", Host: "127.0.0.1:9001"}
	files, err := blob.OpenFolder(t.TempDir())
	w.must(err)
	videos := video.New(video.Config{DB: d, Blob: files, Jobs: job.New(d, job.Config{}), PublicURL: public})
	w.door = New(Config{
		PublicURL: public, Actors: w.actors, Videos: videos,
		Objects: object.New(object.Config{DB: d, PublicURL: public, Actors: w.actors, Videos: videos}),
	})
	s := httptest.NewServer(w.door.Over(http.NotFoundHandler()))
	t.Cleanup(s.Close)
	w.url = s.URL
	w.follow("http://127.0.0.1:9002/accounts/bobby", "http://127.0.0.1:9001/accounts/alicia")
	bobby, err := w.actors.ByURL(t.Context(), d.Read(), "http://127.0.0.1:9002/accounts/bobby")
	w.must(err)
	w.exec("INSERT INTO account (id, actor_id, display_name, created_at, updated_at) VALUES (90, ?, 'bobby', 1, 1)", int64(bobby.ID))
	w.exec("INSERT INTO channel (id, actor_id, account_id, display_name, created_at, updated_at) VALUES (90, ?, 90, 'bobby', 1, 1)", int64(bobby.ID))
	for i, uuid := range []string{filmID, "652be110-ee0b-4fb5-82de-3aabeba44a31"} {
		w.film(i+1, uuid, 1, nil)
		w.exec("INSERT INTO video_share (video_id, actor_id, url, created_at, updated_at) VALUES (?, 1, ?, 1, 1), (?, 3, ?, 1, 1)",
			i+1, "http://127.0.0.1:9001/videos/watch/"+uuid+"/announces/1", i+1, "http://127.0.0.1:9001/videos/watch/"+uuid+"/announces/3")
	}
	return w
}

func (w *town) film(id int, uuid string, privacy int, host any) {
	w.t.Helper()
	server, channel := "http://127.0.0.1:9001", any(1)
	if host != nil {
		server, channel = "http://127.0.0.1:9002", 90
	}
	w.exec(`INSERT INTO video (id, uuid, url, host_id, channel_id, name, privacy, state, duration, created_at, updated_at, published_at)
		VALUES (?, ?, ?, ?, ?, 'film', ?, 1, 10, ?, 1, ?)`, id, uuid, server+"/videos/watch/"+uuid, host, channel, privacy, id, id)
	w.exec("INSERT INTO video_counter (video_id) VALUES (?)", id)
}

// note writes a comment that is like a captured one.
func (w *town) note(file string, id int, account, parent any) {
	w.t.Helper()
	raw, err := os.ReadFile(wire + "activitypub/" + file + ".json")
	w.must(err)
	n, err := activitypub.ReadNote(raw)
	w.must(err)
	created, err := time.Parse(time.RFC3339, n.Published)
	w.must(err)
	updated, err := time.Parse(time.RFC3339, n.Updated)
	w.must(err)
	w.exec("INSERT INTO comment (id, url, video_id, account_id, parent_id, text, created_at, updated_at) VALUES (?, ?, 1, ?, ?, ?, ?, ?)",
		id, n.ID, account, parent, n.Content, db.Millis(created), db.Millis(updated))
}

// answers compares what stands at an address with what was captured there. The
// channel has another number here.
func (w *town) answers(path, file string, change ...string) {
	w.t.Helper()
	want, err := os.ReadFile(wire + "activitypub/" + file + ".json")
	w.must(err)
	resp, body := w.get(path, activity)
	if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != activitypub.ContentType {
		w.t.Errorf("%s: got %s %s", path, resp.Status, body)
		return
	}
	text := strings.NewReplacer(append(change, "/announces/7", "/announces/3")...).Replace(string(want))
	w.same(path, body, json.RawMessage(text))
}

// What other servers ask for around a video is what PeerTube answers.
func TestObjectsAreCaptured(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := cinema(t, d)
		const at = "/videos/watch/" + filmID
		w.answers(at+"/announces/1", "announce-object")
		w.answers(at+"/announces", "video-announces")
		w.answers(at+"/announces?page=1", "video-announces-page1")
		w.exec("INSERT INTO video_rate (video_id, account_id, type, url, created_at) VALUES (1, 90, 'like', 'http://127.0.0.1:9002/accounts/bobby/likes/1', 1)")
		w.answers(at+"/likes", "video-likes")
		w.answers(at+"/likes?page=1", "video-likes-page1")
		w.exec("INSERT INTO video_rate (video_id, account_id, type, url, created_at) VALUES (1, 1, 'dislike', 'http://127.0.0.1:9001/accounts/alicia/dislikes/1', 1)")
		w.answers(at+"/dislikes", "video-dislikes")
		w.answers("/accounts/alicia/outbox", "account-outbox")
		w.answers("/accounts/alicia/outbox?page=1", "account-outbox-page1")
		w.answers("/accounts/peertube/outbox?page=1", "instance-outbox-page1")
		w.answers("/video-channels/alicia_channel/outbox?page=1", "channel-outbox-page1")
		w.exec("INSERT INTO video_chapter (video_id, timecode, title) VALUES (1, 0, 'Intro'), (1, 5, 'Main')")
		w.answers(at+"/chapters", "video-chapters")
		w.exec("INSERT INTO player_setting (video_id, theme, updated_at) VALUES (1, 'lucide', 1)")
		w.exec("INSERT INTO player_setting (channel_id, theme, updated_at) VALUES (1, 'galaxy', 1)")
		w.answers(at+"/player-settings", "video-player-settings")
		w.answers("/video-channels/alicia_channel/player-settings", "channel-player-settings")

		w.note("note-3", 1, 90, nil)
		w.note("note-reply", 2, 1, 1)
		w.note("note-2", 3, 1, nil)
		var account int
		w.must(d.Read().QueryRowContext(t.Context(), "SELECT id FROM account WHERE user_id = 5").Scan(&account))
		w.exec("UPDATE comment SET account_id = ? WHERE id IN (2, 3)", account)
		w.answers(at+"/comments/2", "note-reply")
		w.answers(at+"/comments/3", "note-2")
		w.answers(at+"/comments/3/activity", "note-activity")
		w.exec(`UPDATE comment SET deleted_at = ?, account_id = NULL, text = '', created_at = ?, updated_at = ? WHERE id = 3`,
			millis("2026-11-21T20:52:43.722Z"), millis("2026-11-21T20:52:43.423Z"), millis("2026-11-21T20:54:17.478Z"))
		w.door.recent.Clear() // or it stands there for a second
		w.answers(at+"/comments/3", "note-tombstone", "comments/4", "comments/3", "127.0.0.1:9002", "127.0.0.1:9001")

		w.exec(`INSERT INTO playlist (id, uuid, url, account_id, channel_id, channel_position, name, description, privacy, created_at, updated_at)
			VALUES (1, 'cc232f94-6204-42a9-9774-5b6447faa926', 'http://127.0.0.1:9001/video-playlists/cc232f94-6204-42a9-9774-5b6447faa926', ?, 1, 1,
			'Public playlist 2', 'pl desc', 1, ?, ?)`, account, millis("2026-11-21T20:53:27.022Z"), millis("2026-11-21T20:53:29.965Z"))
		w.exec("INSERT INTO playlist_thumbnail (playlist_id, width, height, file, created_at) VALUES (1, 280, 157, 'playlist-8fa4cb9f-2a8e-4b68-b843-c8f5278eab9a.jpg', 1)")
		w.exec("INSERT INTO playlist_element (id, playlist_id, video_id, position, start_at, stop_at, created_at, updated_at) VALUES (1, 1, 1, 1, 1, 5, 1, 1)")
		const list = "/video-playlists/cc232f94-6204-42a9-9774-5b6447faa926"
		w.answers(list, "playlist")
		w.answers("/videos/watch/playlist/cc232f94-6204-42a9-9774-5b6447faa926", "playlist")
		w.answers("/w/p/1", "playlist")
		w.answers(list+"?page=1", "playlist-page1")
		w.answers(list+"/videos/1", "playlist-element")
		// Who was told of a change asks at once.
		w.exec("UPDATE playlist SET name = 'Another name' WHERE id = 1")
		if _, body := w.get(list, activity); !strings.Contains(body, "Another name") {
			t.Errorf("a playlist that was changed: got %s", body)
		}
	})
}

func millis(text string) int64 {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return at.UnixMilli()
}

// What is closed, held or private others are not shown; what was deleted is gone;
// what is another server's is there.
func TestWhatOthersMayNotSeeIsNotShown(t *testing.T) {
	w := cinema(t, dbtest.SQLite(t))
	w.film(10, "00000000-0000-4000-8000-000000000010", 3, nil)
	host := 0
	w.must(w.db.Read().QueryRowContext(t.Context(), "SELECT id FROM host").Scan(&host))
	w.film(11, "00000000-0000-4000-8000-000000000011", 1, host)
	w.note("note-3", 1, 90, nil)
	w.note("note-2", 2, 1, nil)
	w.exec("UPDATE comment SET held = 1 WHERE id = 2")
	w.exec(`INSERT INTO playlist (id, uuid, url, account_id, name, privacy, created_at, updated_at)
		VALUES (1, '00000000-0000-4000-8000-000000000001', 'x', 1, 'mine', 3, 1, 1), (2, '00000000-0000-4000-8000-000000000002', 'y', 1, 'ours', 2, 1, 1)`)
	w.exec("INSERT INTO tombstone (url, type, at) VALUES (?, 'Video', 1)", "http://127.0.0.1:9001/videos/watch/00000000-0000-4000-8000-000000000099")
	const closed, there = "/videos/watch/00000000-0000-4000-8000-000000000010", "/videos/watch/00000000-0000-4000-8000-000000000011"
	for path, want := range map[string]int{
		closed: 401, closed + "/likes": 401, closed + "/comments?page=1": 401, closed + "/activity": 401,
		there: 302, there + "/likes": 302, there + "/activity": 302,
		"/videos/watch/" + filmID + "/comments/1":               302,
		"/videos/watch/" + filmID + "/comments/1/approve-reply": 200,
		"/videos/watch/" + filmID + "/comments/2":               404,
		"/videos/watch/" + filmID + "/comments/3":               404,
		"/videos/watch/" + filmID + "/announces/2":              404,
		"/videos/watch/" + filmID + "/announces/x":              404,
		"/videos/watch/" + filmID + "/likes?page=x":             200,
		"/videos/watch/" + filmID + "/likes?page=0":             400,
		"/videos/watch/" + filmID + "/likes?page=7":             200,
		"/videos/watch/00000000-0000-4000-8000-000000000099":    410,
		"/videos/watch/00000000-0000-4000-8000-000000000098":    404,
		"/video-playlists/00000000-0000-4000-8000-000000000001": 401,
		"/w/p/1":                       401,
		"/w/p/2":                       404, // an unlisted one by its number
		"/video-playlists/1/videos/1":  403,
		"/w/" + filmID + ";threadId=1": 302,
		"/w/" + filmID + ";threadId=2": 404,
		"/accounts/alicia/likes/1":     404,
		"/redundancy/streaming-playlists/hls/" + filmID: 404,
	} {
		resp, body := w.get(path, activity)
		if resp.StatusCode != want {
			t.Errorf("%s: got %d %s, want %d", path, resp.StatusCode, body, want)
		}
		if want == 302 && !strings.HasPrefix(resp.Header.Get("Location"), "http://127.0.0.1:9002/") {
			t.Errorf("%s: leads to %s", path, resp.Header.Get("Location"))
		}
	}
	w.exec("UPDATE comment SET held = 0")
	if _, body := w.get("/videos/watch/"+filmID+"/comments", activity); !strings.Contains(body, `"totalItems":2`) {
		t.Errorf("got %s", body)
	}
}

// Mastodon shows the first address of a video, and it must be a page; Lemmy looks
// for the channel in the audience; who asks for it is told of accounts alone.
func TestWhatOtherSoftwareExpects(t *testing.T) {
	d := dbtest.SQLite(t)
	w := cinema(t, d)
	_, body := w.get("/videos/watch/"+filmID, activity)
	v, err := activitypub.ReadVideo(strings.NewReader(body))
	w.must(err)
	const channel = "http://127.0.0.1:9001/video-channels/alicia_channel"
	if len(v.URL) == 0 || v.URL[0].MediaType != "text/html" || !strings.Contains(v.URL[0].Href, "/w/") {
		t.Errorf("the first address is %+v", v.URL)
	}
	if string(v.Audience) != channel || len(v.To) != 2 || v.To[1] != channel {
		t.Errorf("audience %q, to %q", v.Audience, v.To)
	}
	public := &url.URL{Scheme: "http", Host: "127.0.0.1:9001"}
	files, err := blob.OpenFolder(t.TempDir())
	w.must(err)
	videos := video.New(video.Config{DB: d, Blob: files, Jobs: job.New(d, job.Config{}), PublicURL: public})
	strict := object.New(object.Config{DB: d, PublicURL: public, Actors: w.actors, Videos: videos, AccountOnly: true})
	o, _, err := strict.Video(t.Context(), 1)
	w.must(err)
	raw, err := o.JSON()
	w.must(err)
	if !strings.Contains(string(raw), `"attributedTo":["http://127.0.0.1:9001/accounts/alicia"]`) {
		t.Errorf("got %s", raw)
	}
}

// A closed instance shows others nothing but the videos that nodes ask for.
func TestClosedInstances(t *testing.T) {
	w := cinema(t, dbtest.SQLite(t))
	w.door.cfg.Discovery.Closed = true
	if resp, _ := w.get("/videos/watch/"+filmID, activity); resp.StatusCode != http.StatusOK {
		t.Errorf("a node got %s", resp.Status)
	}
	for _, path := range []string{"/accounts/alicia", "/accounts/alicia/outbox", "/videos/watch/" + filmID + "/comments"} {
		if resp, body := w.get(path, activity); resp.StatusCode != http.StatusNotFound || strings.Contains(body, "problem") {
			t.Errorf("%s: got %d %s, want what pages answer", path, resp.StatusCode, body)
		}
	}
}

// An address comes from anybody.
func FuzzFindPlace(f *testing.F) {
	for _, s := range []string{
		"/videos/watch/a/comments/1/activity", "/w/p/a", "/w/a", "/video-playlists/a/videos/9", "/accounts/a/likes/1",
		"/redundancy/streaming-playlists/hls/a", "/videos/watch/playlist/a", "/videos/watch//", "/videos/watch/a/announces/-1",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, path string) {
		if p, ok := findPlace(path); ok && (p.ref == "" || strings.Contains(p.ref, "/") || p.n < 0) {
			t.Errorf("%q: got %+v", path, p)
		}
	})
}

// Who was told of a comment or a rate, and asks at once, reads it: what stands
// around a video is never of a moment ago. Caches on the way are told what
// PeerTube tells them.
func TestWhatStandsAroundAVideoIsNeverOld(t *testing.T) {
	w := cinema(t, dbtest.SQLite(t))
	const film = "/videos/watch/" + filmID
	for n := range 3 {
		for list, lives := range map[string]string{"": "max-age=1", "/chapters": "max-age=1", "/likes": "", "/dislikes?page=1": "", "/comments": "", "/announces": "", "/comments?page=1": ""} {
			resp, body := w.get(film+list, activity)
			if resp.StatusCode != 200 || resp.Header.Get("Cache-Control") != lives {
				t.Errorf("%s: got %s %q", list, resp.Status, resp.Header.Get("Cache-Control"))
			}
			if want := fmt.Sprintf(`"totalItems":%d`, n); (strings.HasPrefix(list, "/likes") || strings.HasPrefix(list, "/comments")) && !strings.Contains(body, want) {
				t.Errorf("%s: got %s, want %s", list, body, want)
			}
		}
		w.exec("INSERT INTO comment (id, url, video_id, account_id, text, created_at, updated_at) VALUES (?, ?, 1, 1, 'x', 1, 1)", 50+n, filmURL+"/comments/"+fmt.Sprint(50+n))
		w.exec("INSERT INTO video_rate (account_id, video_id, type, url, created_at) VALUES (?, 1, 'like', ?, 1)", []int{1, 2, 90}[n], fmt.Sprint("x", n))
	}
}
