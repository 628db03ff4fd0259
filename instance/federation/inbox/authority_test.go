package inbox_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"

	"vidiverse/instance/activitypub"
	"vidiverse/instance/actor"
	"vidiverse/instance/db"
	"vidiverse/instance/db/dbtest"
	"vidiverse/instance/federation/inbox"
)

// Of all combinations of who signed, who is named and what is changed only those
// of one server pass, ports included.
func TestAuthority(t *testing.T) {
	hosts := []string{"good.test", "evil.test", "good.test:8443", "good.test.evil.test", "GOOD.test", "one.test"}
	r := rand.New(rand.NewPCG(1, 2))
	pick := func() string { return hosts[r.IntN(len(hosts))] }
	for range 10_000 {
		by := actor.Actor{Host: pick()}
		by.URL = "https://" + by.Host + "/accounts/a"
		named, id, object := pick(), pick(), pick()
		a := activitypub.Activity{ID: "https://" + id + "/1", Actor: "https://" + named + "/accounts/a"}
		err := inbox.Authority(by, a, a.ID, "https://"+object+"/o")
		same := func(h string) bool { return actor.HostOf("https://"+h) == by.Host }
		if want := named == by.Host && same(id) && same(object); (err == nil) != want {
			t.Fatalf("%s signs for %s, id on %s, object on %s: got %v", by.Host, named, id, object, err)
		}
	}
	for _, object := range []string{"", "https://", "/videos/1", "https://good.test@evil.test/o", "https://evil.test/?https://good.test/", "https://evil.test\\@good.test/"} {
		by := actor.Actor{Host: "good.test", URL: "https://good.test/a"}
		if inbox.Authority(by, activitypub.Activity{ID: "https://good.test/1", Actor: by.URL}, object) == nil {
			t.Errorf("%q passes for an object of good.test", object)
		}
	}
}

// No activity of another server changes what is good.test's, nor what is ours
// (CVE-2026-73090, CVE-2025-32946).
func TestForeignActivities(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, "one.test")
		w.publish(w.alicia, walk)
		const ours = "http://one.test/videos/watch/" + walk
		alice := w.learn("http://good.test/accounts/alice", "Person")
		sea := w.learn("http://good.test/video-channels/sea", "Group", alice.URL)
		eve := w.learn("http://evil.test/accounts/eve", "Person")
		w.learn("http://evil.test/video-channels/trap", "Group", eve.URL)
		const v = "http://good.test/videos/watch/1"
		object := func(id, by, in string) map[string]any {
			return map[string]any{
				"type": "Video", "id": id, "name": "stolen", "uuid": "e6b078bc-3feb-4c72-8f4f-000000000001", "updated": w.now().Format("2006-01-02T15:04:05Z"),
				"attributedTo": []map[string]string{{"type": "Person", "id": by}, {"type": "Group", "id": in}}, "to": []string{activitypub.Public},
			}
		}
		good := object(v, alice.URL, sea.URL)
		good["name"] = "good"
		w.send(alice.URL, map[string]any{"type": "Create", "id": v + "/activity", "actor": alice.URL, "object": good})
		note := func(id, by string) map[string]any {
			return map[string]any{"type": "Note", "id": id, "content": "x", "inReplyTo": ours, "attributedTo": by, "to": activitypub.Public}
		}
		w.send(alice.URL, map[string]any{"type": "Create", "id": "http://good.test/notes/1/activity", "actor": alice.URL, "object": note("http://good.test/notes/1", alice.URL)})
		w.send(alice.URL, map[string]any{"type": "Like", "id": "http://good.test/likes/1", "actor": alice.URL, "object": ours})
		w.send(alice.URL, map[string]any{"type": "Follow", "id": "http://good.test/follows/1", "actor": alice.URL, "object": "http://one.test/accounts/alicia"})
		w.settle()
		state := func() string {
			all := ""
			for _, q := range []string{
				"SELECT COALESCE(string_agg(name || url || channel_id, ','), '') FROM (SELECT * FROM video ORDER BY id) AS v",
				"SELECT COALESCE(string_agg(url || COALESCE(deleted_at, 0), ','), '') FROM (SELECT * FROM comment ORDER BY id) AS c",
				"SELECT COALESCE(string_agg(display_name, ','), '') FROM (SELECT * FROM account ORDER BY id) AS a",
				"SELECT COALESCE(string_agg(display_name, ','), '') FROM (SELECT * FROM channel ORDER BY id) AS a",
				"SELECT COALESCE(string_agg(url || COALESCE(deleted_at, 0), ','), '') FROM (SELECT * FROM actor ORDER BY id) AS a",
				"SELECT CAST(COUNT(*) AS TEXT) FROM video_rate", "SELECT CAST(COUNT(*) AS TEXT) FROM follow", "SELECT CAST(COUNT(*) AS TEXT) FROM playlist",
			} {
				var s string
				w.must(d.Read().QueryRowContext(w.ctx(), q).Scan(&s))
				all += s + "\n"
			}
			return all
		}
		before := state()
		like := map[string]any{"type": "Like", "id": "http://good.test/likes/1", "actor": alice.URL, "object": ours}
		follow := map[string]any{"type": "Follow", "id": "http://good.test/follows/1", "actor": alice.URL, "object": "http://one.test/accounts/alicia"}
		person := map[string]any{"type": "Person", "id": alice.URL, "preferredUsername": "alice", "name": "stolen", "inbox": "http://evil.test/inbox"}
		for k, a := range []map[string]any{
			{"type": "Update", "object": object(v, alice.URL, sea.URL)},
			{"type": "Update", "object": object(v, eve.URL, "http://evil.test/video-channels/trap")},
			{"type": "Update", "object": object(ours, eve.URL, "http://evil.test/video-channels/trap")},
			{"type": "Create", "object": object("http://evil.test/videos/1", alice.URL, sea.URL)},
			{"type": "Create", "id": "http://good.test/x", "object": object("http://evil.test/videos/2", eve.URL, "http://evil.test/video-channels/trap")},
			{"type": "Delete", "object": v},
			{"type": "Delete", "object": ours},
			{"type": "Delete", "object": map[string]string{"type": "Tombstone", "id": v}},
			{"type": "Delete", "object": alice.URL},
			{"type": "Delete", "object": sea.URL},
			{"type": "Delete", "object": "http://evil.test/video-channels/trap"},
			{"type": "Delete", "object": "http://one.test/accounts/alicia"},
			{"type": "Delete", "object": "http://good.test/notes/1"},
			{"type": "Create", "object": note("http://evil.test/notes/1", alice.URL)},
			{"type": "Create", "object": note("http://good.test/notes/2", alice.URL)},
			{"type": "Update", "object": note("http://good.test/notes/1", eve.URL)},
			{"type": "Update", "object": person},
			{"type": "Undo", "object": like},
			{"type": "Undo", "object": follow},
			{"type": "Undo", "object": "http://good.test/follows/1"},
			{"type": "Create", "object": map[string]any{"type": "Playlist", "id": "http://evil.test/video-playlists/1", "uuid": walk, "name": "x", "attributedTo": []string{sea.URL}}},
			{"type": "Create", "object": map[string]any{"type": "Playlist", "id": "http://evil.test/video-playlists/1", "uuid": walk, "name": "x", "attributedTo": []string{"http://one.test/video-channels/alicia_channel"}}},
			{"type": "Accept", "object": follow},
			{"type": "Dance", "object": v},
		} {
			if a["id"] == nil {
				a["id"] = fmt.Sprintf("http://evil.test/activities/%d", k)
			}
			a["actor"] = eve.URL
			b, err := json.Marshal(a)
			w.must(err)
			w.post("/inbox", eve.URL, b)
			w.settle()
			if after := state(); after != before {
				t.Fatalf("%s changed something:\n%s\nbefore:\n%s", b, after, before)
			}
		}
		w.nothingWaits()
		if n := w.inbox.Refused()["cross_origin"]; n < 10 {
			t.Errorf("%d refusals are counted as of another server: %v", n, w.inbox.Refused())
		}
	})
}
