package inbox_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"vidiverse/instance/activitypub"
	"vidiverse/instance/actor"
	"vidiverse/instance/db"
	"vidiverse/instance/db/dbtest"
	"vidiverse/instance/federation/fetch"
	"vidiverse/instance/federation/inbox"
	"vidiverse/instance/video"
)

const (
	peertube1 = "http://127.0.0.1:9001"
	peertube2 = "http://127.0.0.1:9002"
	tester    = "http://127.0.0.1:9010"
	walk      = "e6b078bc-3feb-4c72-8f4f-aff5828507e1"
	list      = "cc232f94-6204-42a9-9774-5b6447faa926"
)

// capture is a delivery as PeerTube sent it.
type capture struct {
	name    string
	to      string // host
	at      time.Time
	target  string
	headers [][2]string
	body    string
	status  int
}

func captures(t testing.TB, host string) (all []capture) {
	t.Helper()
	files, err := filepath.Glob(wire + "deliveries/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no captures: %v", err)
	}
	for _, file := range files {
		var c struct {
			DeliveredTo string
			Request     struct {
				Method, Target, RawBody string
				Headers                 [][2]string
			}
			Response struct{ Status int }
		}
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(b, &c); err != nil {
			t.Fatal(err)
		}
		if c.Request.Method != http.MethodPost || !strings.HasPrefix(c.DeliveredTo, "http://"+host+"/") {
			continue
		}
		one := capture{name: filepath.Base(file), to: host, target: c.Request.Target, headers: c.Request.Headers, body: c.Request.RawBody, status: c.Response.Status}
		for _, h := range c.Request.Headers {
			if strings.EqualFold(h[0], "date") {
				if one.at, err = http.ParseTime(h[1]); err != nil {
					t.Fatal(err)
				}
			}
		}
		if one.status == 0 {
			one.status = http.StatusNoContent
		}
		all = append(all, one)
	}
	slices.SortStableFunc(all, func(a, b capture) int { return a.at.Compare(b.at) })
	return all
}

// deliver sends a capture byte for byte, at its time.
func (w *world) deliver(c capture) {
	w.Helper()
	w.setNow(c.at.Add(time.Second))
	res, body := w.post(c.target, "", []byte(c.body), func(r *http.Request) {
		r.Header = http.Header{}
		for _, h := range c.headers {
			if !slices.Contains([]string{"host", "connection", "content-length", "accept-encoding"}, strings.ToLower(h[0])) {
				r.Header.Add(h[0], h[1])
			}
		}
	})
	if res.StatusCode != c.status {
		w.Errorf("%s: got %d %s, want %d", c.name, res.StatusCode, body, c.status)
	}
}

// peers serves what the captured servers served.
func (w *world) peers() {
	w.Helper()
	for file, at := range map[string]string{
		"actor-application.json": "/accounts/peertube", "actor-person.json": "/accounts/alicia", "actor-group.json": "/video-channels/alicia_channel",
		"video-vod.json": "/videos/watch/" + walk, "video-live.json": "/videos/watch/652be110-ee0b-4fb5-82de-3aabeba44a31",
		"video-likes.json": "/videos/watch/" + walk + "/likes", "video-dislikes.json": "/videos/watch/" + walk + "/dislikes",
		"note-2.json": "/videos/watch/" + walk + "/comments/3", "note-reply.json": "/videos/watch/" + walk + "/comments/2",
		"video-chapters.json": "/videos/watch/" + walk + "/chapters", "playlist.json": "/video-playlists/" + list,
		"playlist-page1.json": "/video-playlists/" + list + "?page=1", "playlist-element.json": "/video-playlists/" + list + "/videos/1",
	} {
		b, err := os.ReadFile(wire + file)
		w.must(err)
		w.others.put(peertube1+at, b)
	}
	note, err := os.ReadFile(wire + "note-3.json")
	w.must(err)
	w.others.put(peertube2+"/videos/watch/"+walk+"/comments/1", note)
	w.others.actor(w, peertube1+"/video-channels/alicia_second", "Group", peertube1+"/accounts/alicia")
	w.others.actor(w, peertube2+"/accounts/peertube", "Application")
	w.others.actor(w, peertube2+"/accounts/bobby", "Person")
	w.others.actor(w, peertube2+"/accounts/temp", "Person")
	w.others.actor(w, tester+"/accounts/peertube", "Application")
	w.others.actor(w, tester+"/accounts/alice", "Person")
}

// All that was delivered to a PeerTube whose people are read and follow has the
// effect here that it had there.
func TestCapturedDeliveriesToTheOrigin(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, "127.0.0.1:9001", func(c *inbox.Config, _ *fetch.Config) { c.Mirrors = inbox.Anybody })
		w.peers()
		w.others.put(peertube1+"/accounts/peertube", []byte("{}")) // is this very server
		id := w.publish(w.alicia, walk)
		const ours, theirs, hers = peertube1 + "/videos/watch/" + walk, peertube2 + "/videos/watch/" + walk + "/comments/4", peertube1 + "/videos/watch/" + walk + "/comments/3"
		const temp = peertube2 + "/accounts/temp"
		w.others.put(theirs, map[string]any{
			"type": "Note", "id": theirs, "content": "x", "inReplyTo": ours, "attributedTo": peertube2 + "/accounts/bobby", "to": activitypub.Public,
		}) // what was captured of it is its tombstone
		mirrored := w.publish(w.alicia, "38f45a4c-ca38-4e08-93fb-b41c7f1a1ff7")
		after := map[string]func(){
			"follow-instance.json": func() {
				w.follows("http://127.0.0.1:9002/accounts/peertube", "http://127.0.0.1:9001/accounts/peertube", "accepted")
			},
			"follow-channel-by-account.json": func() {
				w.follows("http://127.0.0.1:9002/accounts/bobby", "http://127.0.0.1:9001/video-channels/alicia_channel", "accepted")
			},
			"undo-follow-channel.json": func() {
				w.follows("http://127.0.0.1:9002/accounts/bobby", "http://127.0.0.1:9001/video-channels/alicia_channel", "")
			},
			"undo-follow-instance.json": func() {
				w.follows("http://127.0.0.1:9002/accounts/peertube", "http://127.0.0.1:9001/accounts/peertube", "")
			},
			"from-test-actor-follow.json": func() {
				w.follows("http://127.0.0.1:9010/accounts/peertube", "http://127.0.0.1:9001/accounts/peertube", "accepted")
			},
			"like.json":                 func() { w.rates(id, 1, 0) },
			"undo-like.json":            func() { w.rates(id, 0, 0) },
			"dislike.json":              func() { w.rates(id, 0, 1) },
			"undo-dislike.json":         func() { w.rates(id, 0, 0) },
			"from-test-actor-like.json": func() { w.rates(id, 1, 0) },
			"create-note-thread.json":   func() { w.says(peertube2+"/videos/watch/"+walk+"/comments/1", false, true) },
			"from-test-actor-create-note.json": func() {
				w.says(tester+"/notes/1", false, true)
			},
			"create-cache-file.json":      func() { w.mirrors(id, 1) },
			"undo-create-cache-file.json": func() { w.mirrors(id, 0) },
			"update-cache-file.json":      func() { w.mirrors(mirrored, 1) },
			"view-remote.json":            func() { w.counted("viewers", w.stats.viewers, 1) },
			"create-watch-action.json":    func() { w.counted("watched", w.stats.watched, 1) },
			"flag-video-unsigned-body.json": func() {
				w.counted("reports", w.number("SELECT COUNT(*) FROM report WHERE video_id = ? AND start_at = 1 AND end_at = 4", int64(id)), 1)
			},
			"flag-account.json": func() {
				w.counted("reports of her", w.number("SELECT COUNT(*) FROM report WHERE flagged_id = ? AND kind = 'account'", w.alicia.AccountID), 1)
			},
			"flag-comment.json": func() {
				w.counted("reports of what she said", w.number("SELECT COUNT(*) FROM report r JOIN comment c ON c.id = r.comment_id WHERE c.url = ?", hers), 1)
			},
			"delete-note.json": func() { w.says(theirs, true, true) },
			"delete-actor-account.json": func() {
				w.retired(temp)
				w.says(peertube2+"/notes/temp", true, false)
			},
		}
		before := map[string]func(){
			"delete-note.json": func() {
				_, err := w.fetch.Comment(w.ctx(), theirs)
				w.must(err)
				w.says(theirs, false, false)
			},
			"flag-comment.json": func() { w.comment(w.alicia.AccountID, ours, hers) },
			"delete-actor-account.json": func() {
				w.learn(temp, "Person")
				of := w.number("SELECT a.id FROM account a JOIN actor t ON t.id = a.actor_id WHERE t.url = ?", temp)
				w.comment(int64(of), ours, peertube2+"/notes/temp")
			},
		}
		w.replay("127.0.0.1:9001", before, after)
	})
}

// replay delivers all that was delivered to a host, and looks before and after
// those that are named.
func (w *world) replay(host string, before, after map[string]func()) {
	w.Helper()
	for _, c := range captures(w.TB, host) {
		if prepare := before[c.name]; prepare != nil {
			prepare()
		}
		w.deliver(c)
		w.settle()
		check := after[c.name]
		if check == nil {
			w.Fatalf("%s: nothing is said of its effect", c.name)
		}
		check()
		if w.Failed() {
			w.Fatalf("after %s; refused: %v", c.name, w.inbox.Refused())
		}
	}
	w.nothingWaits()
}

// All that was delivered to a PeerTube that follows another has the effect here
// that it had there.
func TestCapturedDeliveriesToAFollower(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, "127.0.0.1:9002")
		w.peers()
		bobby := w.person("bobby")
		w.asks("http://127.0.0.1:9002/accounts/peertube", peertube1+"/accounts/peertube", "http://127.0.0.1:9002/accounts/peertube/follows/4")
		w.asks("http://127.0.0.1:9002/accounts/bobby", peertube1+"/video-channels/alicia_channel", "http://127.0.0.1:9002/accounts/bobby/follows/10")
		vod, live, second := peertube1+"/videos/watch/"+walk, peertube1+"/videos/watch/652be110-ee0b-4fb5-82de-3aabeba44a31", peertube1+"/videos/watch/055133cf-2326-421d-8113-61c1fae15ff5"
		ours, dropped := peertube2+"/videos/watch/"+walk+"/comments/", peertube1+"/video-playlists/42f329a6-b8f7-4f43-82b0-5cb1877951df"
		after := map[string]func(){
			"accept-instance-follow.json": func() {
				w.follows("http://127.0.0.1:9002/accounts/peertube", peertube1+"/accounts/peertube", "accepted")
			},
			"accept-channel-follow.json": func() {
				w.follows("http://127.0.0.1:9002/accounts/bobby", peertube1+"/video-channels/alicia_channel", "accepted")
			},
			"announce-video-by-channel.json":  func() { w.shares(vod, 1) },
			"announce-video-by-instance.json": func() { w.shares(vod, 2) },
			"update-video.json":               func() { w.named(vod, "VOD both kinds (updated)") }, // what is read is newer
			"update-video-metadata.json":      func() { w.named(vod, "VOD both kinds (updated)") },
			"create-playlist.json": func() {
				w.counted("playlists", w.number("SELECT COUNT(*) FROM playlist WHERE uuid = ?", list), 1)
				w.counted("elements", w.number("SELECT COUNT(*) FROM playlist_element"), 1)
			},
			"update-playlist.json": func() {
				w.counted("elements", w.number("SELECT COUNT(*) FROM playlist_element"), 1)
				w.counted("playlists", w.number("SELECT COUNT(*) FROM playlist WHERE uuid = ? AND name = 'Public playlist 2'", list), 1) // what is read is newer
			},
			"delete-playlist.json": func() {
				w.counted("playlists", w.number("SELECT COUNT(*) FROM playlist WHERE url = ?", dropped), 0)
				w.counted("graves", w.number("SELECT COUNT(*) FROM tombstone WHERE url = ?", dropped), 1)
			},
			"update-player-settings-channel.json": func() {
				w.counted("themes", w.number("SELECT COUNT(*) FROM player_setting s JOIN channel c ON c.id = s.channel_id JOIN actor a ON a.id = c.actor_id WHERE a.url = ? AND s.theme = 'galaxy'",
					peertube1+"/video-channels/alicia_channel"), 1)
			},
			"forwarded-without-ld-signature-403.json": func() {
				w.counted("comments", w.number("SELECT COUNT(*) FROM comment WHERE url = ?", tester+"/notes/1"), 0)
				w.counted("refusals", int(w.inbox.Refused()["author"]), 1)
			},
			"create-note-reply.json": func() {
				w.says(peertube1+"/videos/watch/"+walk+"/comments/2", false, false)
				w.approved(ours+"1", true)
			},
			"update-actor-person.json":   func() { w.called(peertube1+"/accounts/alicia", "Alicia A.") },
			"update-actor-group.json":    func() { w.called(peertube1+"/video-channels/alicia_channel", "Alicia channel") },
			"view-origin-broadcast.json": func() { w.counted("viewers", w.stats.viewers, 1) },
			"download.json":              func() { w.counted("downloads", w.stats.downloads, 1) },
			"update-player-settings-video.json": func() {
				w.counted("themes", w.number("SELECT COUNT(*) FROM player_setting s JOIN video v ON v.id = s.video_id WHERE v.url = ? AND s.theme = 'lucide'", vod), 1)
			},
			"undo-announce-on-channel-change.json": func() { w.shares(second, 0) },
			"delete-video.json":                    func() { w.gone(second) },
			"delete-actor-channel.json":            func() { w.retired(peertube1 + "/video-channels/alicia_second") },
			"update-video-live-started.json":       func() { w.state(live, video.Published) },
			"update-video-live-ended.json":         func() { w.state(live, video.LiveEnded) },
			"approve-reply.json":                   func() { w.approved(ours+"1", true) },
			"approve-reply-manual.json":            func() { w.approved(ours+"5", true) },
		}
		before := map[string]func(){
			"update-playlist.json": func() {
				w.must(w.db.Write(w.ctx(), func(tx db.Tx) error {
					_, err := tx.ExecContext(w.ctx(), "DELETE FROM playlist_element")
					return err
				}))
			},
			"delete-playlist.json": func() {
				w.others.put(dropped, map[string]any{
					"type": "Playlist", "id": dropped, "name": "x", "to": activitypub.Public, "attributedTo": []string{peertube1 + "/video-channels/alicia_channel"},
				})
				w.must(w.fetch.Playlist(w.ctx(), dropped))
				w.counted("playlists", w.number("SELECT COUNT(*) FROM playlist WHERE url = ?", dropped), 1)
			},
			"approve-reply.json":        func() { w.comment(bobby.AccountID, vod, ours+"1") },
			"approve-reply-manual.json": func() { w.comment(bobby.AccountID, vod, ours+"5") },
		}
		w.replay("127.0.0.1:9002", before, after)
	})
}

// A server of other software hears of videos, of what others say of them, which
// the video's server sends on with its author's signature, and of refusals.
func TestCapturedDeliveriesToAnother(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, "127.0.0.1:9010")
		w.peers()
		w.asks(tester+"/accounts/peertube", peertube1+"/accounts/peertube", tester+"/accounts/peertube/follows/1")
		after := map[string]func(){
			"create-video.json": func() { w.named(peertube1+"/videos/watch/"+walk, "VOD both kinds") },
			"create-note-forwarded.json": func() {
				w.says(peertube2+"/videos/watch/"+walk+"/comments/1", false, false)
				w.counted("comments", w.number("SELECT COUNT(*) FROM comment c JOIN account a ON a.id = c.account_id JOIN actor t ON t.id = a.actor_id WHERE t.username = 'bobby'"), 1)
			},
			"create-video-live.json":   func() { w.state(peertube1+"/videos/watch/652be110-ee0b-4fb5-82de-3aabeba44a31", video.WaitingForLive) },
			"reject-follow.json":       func() { w.follows(tester+"/accounts/peertube", peertube1+"/accounts/peertube", "rejected") },
			"reject-follow-again.json": func() { w.follows(tester+"/accounts/peertube", peertube1+"/accounts/peertube", "rejected") },
		}
		w.replay("127.0.0.1:9010", nil, after)
	})
}

func (w *world) nothingWaits() {
	w.Helper()
	if n, err := w.inbox.Waiting(w.ctx()); err != nil || n != 0 {
		w.Errorf("%d wait still, %v", n, err)
	}
}

func (w *world) follows(follower, target, want string) {
	w.Helper()
	var got string
	err := w.db.Read().QueryRowContext(w.ctx(), `SELECT f.state FROM follow f JOIN actor a ON a.id = f.follower_id JOIN actor b ON b.id = f.target_id
		WHERE a.url = ? AND b.url = ?`, follower, target).Scan(&got)
	if got != want {
		w.Errorf("%s follows %s: got %q (%v), want %q", follower, target, got, err, want)
	}
}

func (w *world) rates(id video.ID, likes, dislikes int) {
	w.Helper()
	if a, b := w.number("SELECT likes FROM video_counter WHERE video_id = ?", int64(id)), w.number("SELECT dislikes FROM video_counter WHERE video_id = ?", int64(id)); a != likes || b != dislikes {
		w.Errorf("got %d likes and %d dislikes, want %d and %d", a, b, likes, dislikes)
	}
}

// says checks that a comment is there, and whether it was sent on.
func (w *world) says(address string, deleted, sent bool) {
	w.Helper()
	c, err := w.comments.ByURL(w.ctx(), w.db.Read(), address)
	if err != nil || c.Deleted() != deleted {
		w.Errorf("%s: got %+v %v", address, c, err)
	}
	found := false
	for _, f := range w.told.all() {
		found = found || strings.Contains(string(f.Body), address)
	}
	if found != sent && strings.Contains(address, "9002") {
		w.Errorf("%s: sent on %v, want %v", address, found, sent)
	}
}

func (w *world) mirrors(id video.ID, want int) {
	w.Helper()
	if n := w.number("SELECT COUNT(*) FROM redundancy WHERE video_id = ?", int64(id)); n != want {
		w.Errorf("got %d copies, want %d", n, want)
	}
}

func (w *world) counted(what string, got, want int) {
	w.Helper()
	if got != want {
		w.Errorf("%s: got %d, want %d", what, got, want)
	}
}

func (w *world) asks(follower, target, address string) {
	w.Helper()
	t, err := w.fetch.Actor(w.ctx(), target)
	w.must(err)
	f, err := w.actors.ByURL(w.ctx(), w.db.Read(), follower)
	w.must(err)
	w.must(w.db.Write(w.ctx(), func(tx db.Tx) error {
		_, _, err := w.actors.Follow(w.ctx(), tx, f.ID, t.ID, address, actor.Pending)
		return err
	}))
}

func (w *world) shares(address string, want int) {
	w.Helper()
	if n := w.number("SELECT COUNT(*) FROM video_share s JOIN video v ON v.id = s.video_id WHERE v.url = ?", address); n != want {
		w.Errorf("%s: got %d shares, want %d", address, n, want)
	}
}

func (w *world) named(address, want string) {
	w.Helper()
	if v, err := w.videos.RemoteByURL(w.ctx(), w.db.Read(), address); err != nil || v.Name != want {
		w.Errorf("%s: got %q %v, want %q", address, v.Name, err, want)
	}
}

func (w *world) state(address string, want video.State) {
	w.Helper()
	if n := w.number("SELECT state FROM video WHERE url = ?", address); video.State(n) != want {
		w.Errorf("%s: got %v, want %v", address, video.State(n), want)
	}
}

func (w *world) gone(address string) {
	w.Helper()
	if n := w.number("SELECT COUNT(*) FROM video WHERE url = ?", address); n != 0 {
		w.Errorf("%s is there still", address)
	}
	if n := w.number("SELECT COUNT(*) FROM tombstone WHERE url = ?", address); n != 1 {
		w.Errorf("%s has no grave", address)
	}
}

func (w *world) retired(address string) {
	w.Helper()
	if a, err := w.actors.ByURL(w.ctx(), w.db.Read(), address); err == nil && !a.Gone() {
		w.Errorf("%s is there still", address)
	}
}

func (w *world) called(address, want string) {
	w.Helper()
	var got string
	err := w.db.Read().QueryRowContext(w.ctx(), `SELECT COALESCE(c.display_name, n.display_name) FROM actor a LEFT JOIN channel c ON c.actor_id = a.id
		LEFT JOIN account n ON n.actor_id = a.id WHERE a.url = ?`, address).Scan(&got)
	if err != nil || got != want {
		w.Errorf("%s: got %q %v, want %q", address, got, err, want)
	}
}

// comment makes one of ours under a remote video, with a captured address.
func (w *world) comment(by int64, under, address string) {
	w.Helper()
	w.must(w.db.Write(w.ctx(), func(tx db.Tx) error {
		_, err := tx.ExecContext(w.ctx(), `INSERT INTO comment (url, video_id, account_id, text, created_at, updated_at)
			SELECT ?, id, ?, 'x', 1, 1 FROM video WHERE url = ?`, address, by, under)
		return err
	}))
}

func (w *world) approved(address string, want bool) {
	w.Helper()
	c, err := w.comments.ByURL(w.ctx(), w.db.Read(), address)
	if err != nil || (c.Approval != "") != want {
		w.Errorf("%s: got approval %q %v, want %v", address, c.Approval, err, want)
	}
}
