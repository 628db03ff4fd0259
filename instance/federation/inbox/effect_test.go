package inbox_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"vidiverse/instance/activitypub"
	"vidiverse/instance/db"
	"vidiverse/instance/db/dbtest"
	"vidiverse/instance/federation/fetch"
	"vidiverse/instance/federation/inbox"
	"vidiverse/instance/job"
)

// Of several versions the newest stays, in whatever order and by whomever of its
// server they are told; one of the same date is taken, as PeerTube does.
func TestNewestVersionStays(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t), "one.test")
	alice := w.learn("http://two.test/accounts/alice", "Person")
	sea := w.learn("http://two.test/video-channels/sea", "Group", alice.URL)
	app := w.learn("http://two.test/accounts/peertube", "Application")
	const v, list = "http://two.test/videos/watch/1", "http://two.test/video-playlists/1"
	at := w.now()
	version := func(name string, millis int) object {
		o := w.film(v, 1, alice.URL, sea.URL)
		o["name"], o["updated"] = name, at.Add(time.Duration(millis)*time.Millisecond).Format("2006-01-02T15:04:05.000Z")
		return o
	}
	listed := func(name string, millis int) object {
		return object{
			"type": "Playlist", "id": list, "name": name, "uuid": "cc232f94-6204-42a9-9774-5b6447faa926", "to": []string{activitypub.Public}, "attributedTo": []string{sea.URL},
			"published": at.Format(time.RFC3339), "updated": at.Add(time.Duration(millis) * time.Millisecond).Format("2006-01-02T15:04:05.000Z"),
		}
	}
	w.others.put(v, version("served", 0))
	w.others.put(list, listed("served", 0))
	for what, of := range map[string]func(string, int) object{"video": version, "playlist": listed} {
		for _, step := range []struct {
			name   string
			millis int
			want   string
		}{
			{"name 3", 4000, "name 3"}, {"name 0", 1000, "name 3"}, {"name 4", 5000, "name 4"}, {"name 1", 2000, "name 4"},
			{"stale", 500, "name 4"}, {"same date", 5000, "same date"},
		} {
			w.hears(app.URL, object{"type": "Update", "id": fmt.Sprint(app.URL, "/", what, step.name), "actor": app.URL, "object": of(step.name, step.millis), "to": []string{activitypub.Public}})
			if got := w.text("SELECT COALESCE(MAX(name), '') FROM " + what); got != step.want {
				t.Errorf("%s: after %s got %q, want %q; refused: %v", what, step.name, got, step.want, w.inbox.Refused())
			}
		}
	}
}

// Whose a video is may be said in each way that software says it.
func TestAttributions(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t), "one.test")
	alice := w.learn("http://two.test/accounts/alice", "Person")
	const sea = "http://two.test/video-channels/sea"
	w.others.actor(w, sea, "Group", alice.URL)
	w.others.actor(w, "http://three.test/video-channels/trap", "Group", "http://three.test/accounts/eve")
	person, group := object{"type": "Person", "id": alice.URL}, object{"type": "Group", "id": sea}
	for n, tt := range []struct {
		attributed any
		audience   any
		want       int
	}{
		{[]any{person, group}, nil, 1},
		{[]any{group, person}, nil, 1},
		{[]string{alice.URL, sea}, nil, 1},
		{group, nil, 1},
		{sea, nil, 1},
		{alice.URL, sea, 1}, // FEP-1b12 alone
		{[]any{person}, []string{sea}, 1},
		{alice.URL, nil, 0},
		{[]any{object{"type": "Group", "id": "http://three.test/video-channels/trap"}}, nil, 0},
		{[]any{person, "http://three.test/video-channels/trap"}, "http://three.test/video-channels/trap", 0},
	} {
		v := fmt.Sprint("http://two.test/videos/watch/", n)
		o := w.film(v, n, "", "")
		o["attributedTo"] = tt.attributed
		if tt.audience != nil {
			o["audience"] = tt.audience
		}
		w.hears(alice.URL, object{"type": "Create", "id": v + "/activity", "actor": alice.URL, "object": o})
		if got := w.number("SELECT COUNT(*) FROM video WHERE url = ?", v); got != tt.want {
			t.Errorf("%v, %v: got %d, want %d; refused: %v", tt.attributed, tt.audience, got, tt.want, w.inbox.Refused())
		}
	}
}

// Strangers who know the address of a video that others are not told of neither
// rate it, nor comment on it, nor offer copies of it.
func TestClosedVideosAreNotThere(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, "one.test", func(c *inbox.Config, _ *fetch.Config) { c.Mirrors = inbox.Anybody })
		id := w.publish(w.alicia, walk)
		bob := w.learn(twoBob, "Person")
		all := func() (n int) {
			for _, table := range []string{"video_rate", "comment", "video_share", "redundancy"} {
				n += w.number("SELECT COUNT(*) FROM " + table + " WHERE video_id = " + fmt.Sprint(int64(id)))
			}
			return n
		}
		send := func(n int) {
			b := fmt.Sprint("http://two.test/", n, "/")
			w.hears(bob.URL, object{"type": "Like", "id": b + "like", "actor": bob.URL, "object": ours})
			w.hears(bob.URL, create(note(b+"note", bob.URL, ours)))
			w.hears(bob.URL, object{"type": "Create", "id": b + "copy/activity", "actor": bob.URL, "object": object{
				"type": "CacheFile", "id": b + "copy", "object": ours, "expires": nil, "url": object{"type": "Link", "mediaType": activitypub.HLS, "href": b + "static"},
			}})
		}
		for privacy := range 4 { // unlisted, private, internal, password
			w.must(d.Write(w.ctx(), func(tx db.Tx) error {
				_, err := tx.ExecContext(w.ctx(), "UPDATE video SET privacy = ? WHERE id = ?", privacy+2, int64(id))
				return err
			}))
			if send(privacy); all() != 0 {
				t.Errorf("privacy %d: %d things came of it", privacy+2, all())
			}
		}
		w.must(d.Write(w.ctx(), func(tx db.Tx) error {
			_, err := tx.ExecContext(w.ctx(), "UPDATE video SET privacy = 1 WHERE id = ?", int64(id))
			return err
		}))
		if send(9); all() != 3 {
			t.Errorf("%d things came of it, want 3; refused: %v", all(), w.inbox.Refused())
		}
		w.nothingWaits()
	})
}

// Views are the word of the viewer's server to that of the video, and of that to
// all others, its own or sent on; downloads alike, which are not sent on.
func TestViews(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t), "one.test")
	w.publish(w.alicia, walk)
	alice := w.learn("http://two.test/accounts/alice", "Person")
	sea := w.learn("http://two.test/video-channels/sea", "Group", alice.URL)
	two := w.learn("http://two.test/accounts/peertube", "Application").URL
	three := w.learn("http://three.test/accounts/peertube", "Application").URL
	const theirs = "http://two.test/videos/watch/1"
	w.hears(alice.URL, create(w.film(theirs, 1, alice.URL, sea.URL)))
	n := 0
	tell := func(by, video string, more object) {
		n++
		a := object{"type": "View", "id": fmt.Sprint(by, "/views/", n), "actor": by, "object": video}
		for k, v := range more {
			a[k] = v
		}
		w.hears(by, a)
	}
	count := func(viewers int) object {
		return object{"expires": w.now().Add(2 * time.Minute).Format(time.RFC3339), "result": object{"type": "InteractionCounter", "interactionType": "WatchAction", "userInteractionCount": viewers}}
	}
	want := func(views, viewers, downloads int) {
		t.Helper()
		w.stats.mu.Lock()
		defer w.stats.mu.Unlock()
		if s := w.stats; s.views != views || s.viewers != viewers || s.downloads != downloads {
			t.Errorf("got %d views, %d viewers, %d downloads, want %d, %d, %d; refused: %v", s.views, s.viewers, s.downloads, views, viewers, downloads, w.inbox.Refused())
		}
	}
	tell(three, ours, nil)
	want(1, 0, 0)
	tell(three, ours, count(7))
	want(1, 7, 0)
	tell(three, ours, object{"expires": w.now().Add(2 * time.Minute).Format(time.RFC3339)}) // before counters there were only viewers
	want(1, 1, 0)
	tell(three, ours, object{"expires": w.now().Add(-time.Minute).Format(time.RFC3339), "result": count(9)["result"]})
	tell(three, ours, object{"expires": "soon", "result": count(9)["result"]})
	tell(three, theirs, nil) // not theirs to say
	tell(three, theirs, count(5))
	want(1, 1, 0)
	tell(two, theirs, nil)
	tell(two, theirs, count(5))
	want(2, 5, 0)
	sent := len(w.told.all())
	for k, to := range []string{ours, theirs, theirs} {
		by := []string{three, two, three}[k]
		w.hears(by, object{"type": "Download", "id": fmt.Sprint(by, "/downloads/", k), "actor": by, "object": to})
	}
	want(2, 5, 2)
	if now := len(w.told.all()); now != sent {
		t.Errorf("%d downloads were sent on", now-sent)
	}
	sentOn := func(a object) { // by the server of the video
		n++
		a["type"], a["id"], a["actor"], a["object"] = "View", fmt.Sprint(three, "/views/", n), three, theirs
		w.forwards(two, three, a)
	}
	sentOn(object{})
	want(3, 5, 2)
	sentOn(count(400)) // how many watch is not a third server's to say
	want(3, 5, 2)
}

// A comment is sent on once, when it is new, or when its approval comes with it;
// one of somebody who is muted never.
func TestWhatIsSentOn(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t), "one.test")
	w.publish(w.alicia, walk)
	bob, eve := w.learn(twoBob, "Person").URL, w.learn("http://evil.test/accounts/eve", "Person").URL
	us, err := w.blocks.Instance(w.ctx())
	w.must(err)
	w.must(w.blocks.MuteServer(w.ctx(), us, "evil.test"))
	sent := func(o object) (n int) {
		for _, f := range w.told.all() {
			if strings.Contains(string(f.Body), fmt.Sprintf(`%q`, o["id"])) {
				n++
			}
		}
		return n
	}
	signed := func(a object) object {
		a["signature"] = object{"type": "RsaSignature2017", "creator": a["actor"], "created": w.now().Format(time.RFC3339), "signatureValue": "eA=="}
		return a
	}
	of := note("http://two.test/notes/1", bob, ours)
	for range 3 {
		w.hears(bob, signed(create(of)))
	}
	if n := sent(of); n != 1 {
		t.Errorf("it was sent on %d times, want 1", n)
	}
	of["replyApproval"] = ours + "/comments/1/approve-reply"
	w.hears(bob, signed(create(of)))
	if n := sent(of); n != 2 {
		t.Errorf("approved, it was sent on %d times, want 2", n)
	}
	plain := note("http://two.test/notes/2", bob, ours)
	w.hears(bob, create(plain)) // nobody would believe it
	hers := note("http://evil.test/notes/1", eve, ours)
	w.hears(eve, signed(create(hers)))
	if n := sent(plain) + sent(hers); n != 0 {
		t.Errorf("%d were sent on", n)
	}
	share := object{"type": "Announce", "id": "http://two.test/announces/1", "actor": w.learn("http://two.test/accounts/peertube", "Application").URL, "object": ours}
	for range 3 {
		w.hears(share["actor"].(string), signed(share))
	}
	if n := sent(share); n != 1 {
		t.Errorf("a share was sent on %d times, want 1", n)
	}
}

// What waits for the owner of a video here is not sent on; what waits elsewhere is
// shown once the owner there lets it, and nobody else.
func TestApprovals(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, "one.test")
		id := w.publish(w.alicia, walk)
		w.must(d.Write(w.ctx(), func(tx db.Tx) error {
			_, err := tx.ExecContext(w.ctx(), "UPDATE video SET comments_policy = 3 WHERE id = ?", int64(id))
			return err
		}))
		alice := w.learn("http://two.test/accounts/alice", "Person").URL
		const sea, v, mine = "http://two.test/video-channels/sea", "http://two.test/videos/watch/1", "http://one.test/videos/watch/1/comments/1"
		w.others.actor(w, sea, "Group", alice)
		w.hears(alice, create(note("http://two.test/notes/1", alice, ours)))
		if n := w.comments1("url = 'http://two.test/notes/1' AND held = 1"); n != 1 || len(w.told.all()) != 0 {
			t.Errorf("%d comments wait, %d were sent on", n, len(w.told.all()))
		}
		w.hears(alice, create(w.film(v, 1, alice, sea)))
		w.comment(w.alicia.AccountID, v, mine)
		w.must(d.Write(w.ctx(), func(tx db.Tx) error {
			_, err := tx.ExecContext(w.ctx(), "UPDATE comment SET held = 1 WHERE url = ?", mine)
			return err
		}))
		say := func(kind, by string) {
			w.delivers("/accounts/alicia/inbox", by, object{"type": kind, "id": fmt.Sprint(by, "/", kind), "actor": by, "object": mine, "inReplyTo": v})
		}
		say("ApproveReply", w.learn("http://three.test/accounts/carol", "Person").URL)
		say("ApproveReply", w.learn("http://two.test/accounts/eve", "Person").URL)
		say("RejectReply", alice)
		if n := w.comments1("url = ? AND held = 1 AND approval_url IS NULL", mine); n != 1 {
			t.Error("somebody else let it in")
		}
		say("ApproveReply", alice)
		if n := w.comments1("url = ? AND held = 0", mine); n != 1 {
			t.Errorf("it waits still; refused: %v", w.inbox.Refused())
		}
		w.approved(mine, true)
	})
}

// A channel says itself what is new of it, and whose it is now, with its videos
// and playlists; nobody says that of another.
func TestProfiles(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, "one.test")
		alice := w.learn("http://two.test/accounts/alice", "Person").URL
		const bea, sea, list = "http://two.test/accounts/bea", "http://two.test/video-channels/sea", "http://two.test/video-playlists/1"
		w.others.actor(w, bea, "Person")
		w.learn(sea, "Group", alice)
		w.hears(alice, create(w.film("http://two.test/videos/watch/1", 1, alice, sea)))
		w.hears(alice, object{"type": "Create", "id": list + "/activity", "actor": alice, "object": object{"type": "Playlist", "id": list, "name": "x", "attributedTo": []string{sea}}})
		profile := func(kind, id, name string, owner ...string) object {
			return object{
				"type": kind, "id": id, "preferredUsername": id[strings.LastIndexByte(id, '/')+1:], "name": name, "summary": "of " + name, "attributedTo": owner,
				"inbox": id + "/inbox", "publicKey": object{"id": id + "#main-key", "owner": id, "publicKeyPem": w.others.keys[id].PublicKeyPem},
			}
		}
		say := func(by string, of object) {
			w.hears(by, object{"type": "Update", "id": fmt.Sprint(by, "/updates/", w.now().Unix()), "actor": by, "object": of, "to": []string{activitypub.Public}})
		}
		owner := func(what string) string {
			return w.text("SELECT a.url FROM " + what + " x JOIN account o ON o.id = x.account_id JOIN actor a ON a.id = o.actor_id WHERE a.host_id IS NOT NULL")
		}
		say(bea, profile("Group", sea, "stolen", bea))
		say(alice, profile("Group", sea, "stolen", alice))
		say(bea, profile("Person", alice, "stolen"))
		say(sea, profile("Group", sea, "stolen", "http://three.test/accounts/carol"))
		keyless := profile("Person", alice, "stolen")
		keyless["publicKey"].(object)["owner"] = "http://one.test/accounts/alicia"
		say(alice, keyless)
		w.called(sea, "sea")
		w.called(alice, "alice")
		say(alice, profile("Person", alice, "Alice A."))
		w.called(alice, "Alice A.")
		say(sea, profile("Group", sea, "The sea", bea))
		w.called(sea, "The sea")
		if got := owner("channel"); got != bea {
			t.Errorf("the channel is of %s; refused: %v", got, w.inbox.Refused())
		}
		if got := owner("playlist"); got != bea {
			t.Errorf("the playlist is of %s", got)
		}
	})
}

// A reply whose thread is not known here has it read, up to the video; one that
// leads nowhere is dropped, and comments that are off stay off.
func TestRepliesThroughChains(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, "one.test")
		w.publish(w.alicia, walk)
		bob := w.learn(twoBob, "Person").URL
		const carol = "http://three.test/accounts/carol"
		w.others.actor(w, carol, "Person")
		first := note("http://three.test/notes/1", carol, ours)
		second := note("http://three.test/notes/2", carol, "http://three.test/notes/1")
		w.others.put("http://three.test/notes/1", first)
		w.others.put("http://three.test/notes/2", second)
		w.hears(bob, create(note("http://two.test/notes/3", bob, "http://three.test/notes/2")))
		if n := w.comments1("1 = 1"); n != 3 {
			t.Errorf("got %d comments, want 3; refused: %v", n, w.inbox.Refused())
		}
		if n := w.number("SELECT COUNT(*) FROM comment WHERE url = 'http://two.test/notes/3' AND thread_id = (SELECT id FROM comment WHERE url = 'http://three.test/notes/1')"); n != 1 {
			t.Error("it is in another thread")
		}
		letter := note("http://three.test/notes/5", carol, ours)
		letter["to"] = "http://one.test/accounts/alicia"
		w.others.put("http://three.test/notes/5", letter)
		for k, to := range []string{"http://three.test/notes/none", "http://two.test/notes/4", "http://one.test/videos/watch/none", "x", "http://three.test/notes/5"} {
			w.hears(bob, create(note(fmt.Sprint("http://two.test/notes/", 4+k), bob, to)))
		}
		if n := w.comments1("1 = 1"); n != 3 {
			t.Errorf("got %d comments, want 3; refused: %v", n, w.inbox.Refused())
		}
		w.nothingWaits()
	})
}

// A server that deletes whatever comes to its mind digs so many graves, and keeps
// the newest; those of actors stay.
func TestGravesAreBounded(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, "one.test", func(c *inbox.Config, _ *fetch.Config) { c.Graves = 4 })
		bob := w.learn(twoBob, "Person")
		graves := func() int { return w.number("SELECT COUNT(*) FROM tombstone") }
		run := func(kind string) {
			w.must(d.Write(w.ctx(), func(tx db.Tx) error {
				_, err := w.jobs.Enqueue(w.ctx(), tx, job.Spec{Type: kind, Attempts: 1})
				return err
			}))
			w.settle()
		}
		for round := range 12 {
			for k := range 6 {
				kind := []any{"Person", "Note", nil}[k%3]
				w.hears(bob.URL, object{"type": "Delete", "id": fmt.Sprintf("http://two.test/d/%d.%d", round, k), "actor": bob.URL, "object": object{"id": fmt.Sprintf("http://two.test/o/%d.%d", round, k), "type": kind}})
			}
			run("sweep-inbox")
		}
		if n, refused := graves(), int(w.inbox.Refused()["graves"]); n+refused != 72 || refused < 20 { // a sweep of its own may have come between
			t.Errorf("%d graves, %d refused", n, refused)
		}
		run("sweep-graves")
		if n := graves(); n != 40 {
			t.Errorf("%d graves, want 40", n)
		}
		if n := w.number("SELECT COUNT(*) FROM tombstone WHERE url = 'http://two.test/o/11.3'"); n != 1 {
			t.Error("the newest is gone")
		}
	})
}
