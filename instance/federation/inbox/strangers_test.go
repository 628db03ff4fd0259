package inbox_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"vidiverse/instance/activitypub"
	"vidiverse/instance/actor"
	"vidiverse/instance/db"
	"vidiverse/instance/db/dbtest"
	"vidiverse/instance/signature"
)

type object = map[string]any

const ours = "http://one.test/videos/watch/" + walk

// delivers is send in somebody's own inbox, with whatever answer; it is a second
// later each time.
func (w *world) delivers(path, signer string, activity object) int {
	w.Helper()
	w.setNow(w.now().Add(time.Second))
	b, err := json.Marshal(activity)
	w.must(err)
	res, _ := w.post(path, signer, b)
	w.settle()
	return res.StatusCode
}

func (w *world) hears(signer string, activity object) {
	w.Helper()
	if got := w.delivers("/inbox", signer, activity); got != 204 {
		w.Errorf("%v: got %d", activity["type"], got)
	}
}

func note(id, by, to string) object {
	return object{"type": "Note", "id": id, "content": "x", "inReplyTo": to, "attributedTo": by, "to": []string{activitypub.Public}}
}

func create(o object) object {
	return object{"type": "Create", "id": o["id"].(string) + "/activity", "actor": by(o), "object": o}
}

// by is the person whose object it is.
func by(o object) any {
	if list, ok := o["attributedTo"].([]any); ok {
		return list[0]
	}
	return o["attributedTo"]
}

func (w *world) comments1(where string, args ...any) int {
	w.Helper()
	return w.number("SELECT COUNT(*) FROM comment WHERE deleted_at IS NULL AND "+where, args...)
}

// What Mastodon sends: HTML with mentions is a comment, letters to few are not,
// boosts and edits of others mean nothing, and the end of people whom nobody knew
// costs nothing.
func TestMastodon(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, "one.test")
		id := w.publish(w.alicia, walk)
		const ana, ben = "http://social.test/users/ana", "http://social.test/users/ben"
		w.learn(ana, "Person")
		w.learn(ben, "Person")
		status := func(n int, by, to string) object {
			o := note(fmt.Sprintf("%s/statuses/%d", by, n), by, to)
			for k, v := range map[string]any{
				"@context":   []any{"https://www.w3.org/ns/activitystreams", object{"ostatus": "http://ostatus.org#", "atomUri": "ostatus:atomUri"}},
				"content":    `<p><span class="h-card"><a href="http://one.test/accounts/alicia" class="u-url mention">@<span>alicia</span></a></span> a walk</p>`,
				"contentMap": object{"en": "<p>a walk</p>"}, "summary": nil, "sensitive": false, "atomUri": o["id"], "inReplyToAtomUri": to, "conversation": "tag:social.test,2026:1",
				"tag": []object{{"type": "Mention", "href": "http://one.test/accounts/alicia", "name": "@alicia@one.test"}}, "attachment": []any{}, "published": "2026-11-21T20:50:00Z",
				"cc": []string{by + "/followers", "http://one.test/accounts/alicia"}, "url": strings.Replace(o["id"].(string), "/users/", "/@", 1),
				"replies": object{"id": o["id"].(string) + "/replies", "type": "Collection", "first": object{"type": "CollectionPage", "next": "http://social.test/x", "items": []any{}}},
			} {
				o[k] = v
			}
			return o
		}
		first := status(1, ana, ours)
		w.hears(ana, create(first))
		if n := w.comments1("url = ? AND text LIKE '<p><span%'", first["id"]); n != 1 {
			t.Errorf("got %d comments, want 1; refused: %v", n, w.inbox.Refused())
		}
		reply := status(2, ben, first["id"].(string)) // unlisted
		reply["to"], reply["cc"] = []string{ben + "/followers"}, []string{activitypub.Public}
		w.hears(ben, create(reply))
		if n := w.comments1("url = ? AND parent_id = (SELECT id FROM comment WHERE url = ?)", reply["id"], first["id"]); n != 1 {
			t.Errorf("got %d replies, want 1; refused: %v", n, w.inbox.Refused())
		}
		letter := status(3, ben, ours)
		letter["to"], letter["cc"] = []string{"http://one.test/accounts/alicia"}, []string{}
		quiet := status(4, ben, ours)
		quiet["to"], quiet["cc"] = []string{ben + "/followers"}, []string{"http://one.test/accounts/alicia"}
		w.hears(ben, create(letter))
		w.hears(ben, create(quiet))
		alone := status(5, ben, ours)
		delete(alone, "inReplyTo")
		w.hears(ben, create(alone))
		w.hears(ben, object{"type": "Announce", "id": ben + "/statuses/6/activity", "actor": ben, "object": ours, "to": []string{activitypub.Public}})
		w.hears(ben, object{"type": "Like", "id": ben + "#likes/1", "actor": ben, "object": ours})
		w.rates(id, 1, 0)
		w.hears(ben, object{"type": "Undo", "id": ben + "#likes/1/undo", "actor": ben, "object": object{"type": "Like", "id": ben + "#likes/1", "actor": ben, "object": ours}})
		w.rates(id, 0, 0)
		for _, kind := range []string{"Move", "Block", "Add", "Remove", "Question", "EmojiReact"} {
			w.hears(ben, object{"type": kind, "id": ben + "#" + kind, "actor": ben, "object": ours, "target": ana})
		}
		if n := w.comments1("1 = 1"); n != 2 {
			t.Errorf("%d comments, want 2; refused: %v", n, w.inbox.Refused())
		}
		if n := w.number("SELECT COUNT(*) FROM video_share"); n != 0 {
			t.Errorf("a boost is kept")
		}
		w.hears(ana, object{"type": "Delete", "id": first["id"].(string) + "#delete", "actor": ana, "object": object{"type": "Tombstone", "id": first["id"], "atomUri": "x"}})
		if n := w.comments1("url = ?", first["id"]); n != 0 {
			t.Error("a deleted status is there still")
		}
		const cleo = "http://social.test/users/cleo"
		w.others.keys[cleo] = w.others.keys[ana]
		for range 3 { // each server that knows anybody is told
			w.hears(cleo, object{"type": "Delete", "id": cleo + "#delete", "actor": cleo, "object": cleo, "to": []string{activitypub.Public}})
		}
		if n := w.others.count(cleo); n != 0 {
			t.Errorf("somebody who is gone is asked for %d times", n)
		}
		w.hears(ben, object{"type": "Delete", "id": ben + "#delete", "actor": ben, "object": ben})
		w.retired(ben)
		if n := w.comments1("1 = 1"); n != 0 {
			t.Errorf("%d comments of somebody who is gone", n)
		}
		w.nothingWaits()
	})
}

// What Lemmy sends: a group announces what its people do, in whole, which means
// nothing here; nor does it have us read anything.
func TestLemmy(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t), "one.test")
	w.publish(w.alicia, walk)
	const films, cleo = "http://lemmy.test/c/films", "http://lemmy.test/u/cleo"
	w.others.actor(w, cleo, "Person")
	w.learn(films, "Group", cleo)
	inner := create(note("http://lemmy.test/comment/1", cleo, ours))
	for k, o := range []object{inner, {"type": "Like", "id": "http://lemmy.test/like/1", "actor": cleo, "object": ours}} {
		w.hears(films, object{"type": "Announce", "id": fmt.Sprint("http://lemmy.test/announce/", k), "actor": films, "object": o, "to": []string{activitypub.Public}})
	}
	if n := w.comments1("1 = 1") + w.number("SELECT COUNT(*) FROM video_share") + w.number("SELECT COUNT(*) FROM video_rate"); n != 0 {
		t.Errorf("%d things came of it", n)
	}
	w.hears(cleo, inner) // she says it herself
	if n := w.comments1("url = 'http://lemmy.test/comment/1'"); n != 1 {
		t.Errorf("got %d comments, want 1; refused: %v", n, w.inbox.Refused())
	}
}

// An actor may stand there as an object, objects and audiences as lists or alone.
func TestShapesOfActivities(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t), "one.test")
	id := w.publish(w.alicia, walk)
	bob := w.learn(twoBob, "Person")
	me := object{"type": "Person", "id": twoBob, "preferredUsername": "bob"}
	n := 0
	for name, a := range map[string]object{
		"an actor as an object":  {"actor": me, "object": ours},
		"an object in a list":    {"actor": twoBob, "object": []string{ours}},
		"an object as such":      {"actor": twoBob, "object": object{"type": "Video", "id": ours}},
		"a hidden audience":      {"actor": twoBob, "object": ours, "to": ours, "bto": []string{"http://one.test/accounts/alicia"}, "bcc": "x"},
		"an audience of objects": {"actor": twoBob, "object": ours, "to": []any{object{"id": "x"}, 7, nil}, "cc": nil},
	} {
		n++
		a["type"], a["id"] = "Like", fmt.Sprint("http://two.test/likes/", n)
		w.hears(twoBob, a)
		if got := w.number("SELECT likes FROM video_counter WHERE video_id = ?", int64(id)); got != 1 {
			t.Errorf("%s: got %d likes", name, got)
		}
		w.hears(twoBob, object{"type": "Undo", "id": fmt.Sprint("http://two.test/undo/", n), "actor": me, "object": a["id"]}) // by its address alone
		w.rates(id, 0, 0)
	}
	alicia, channel := "http://one.test/accounts/alicia", "http://one.test/video-channels/"+w.text("SELECT username FROM actor WHERE kind = 3 AND host_id IS NULL")
	for k, target := range []any{alicia, object{"type": "Person", "id": alicia}, []any{alicia}, channel, "http://one.test/accounts/peertube"} {
		f := object{"type": "Follow", "id": fmt.Sprint("http://two.test/follows/", k), "actor": twoBob, "object": target}
		w.hears(twoBob, f)
		if n := w.number("SELECT COUNT(*) FROM follow WHERE follower_id = ? AND state = 'accepted'", int64(bob.ID)); n != 1 {
			t.Errorf("follow %d: got %d; refused: %v", k, n, w.inbox.Refused())
		}
		var undone any = f
		if k%2 == 1 {
			undone = f["id"]
		}
		w.hears(twoBob, object{"type": "Undo", "id": fmt.Sprint("http://two.test/follows/", k, "/undo"), "actor": twoBob, "object": undone})
		if n := w.number("SELECT COUNT(*) FROM follow"); n != 0 {
			t.Errorf("follow %d is there still", k)
		}
	}
	w.hears(twoBob, object{"type": "Follow", "id": "http://two.test/follows/9", "actor": twoBob, "object": "http://three.test/accounts/x"})
	if n := w.number("SELECT COUNT(*) FROM follow"); n != 0 {
		t.Error("somebody follows another server's people here")
	}
}

// Answers to a follow count in the inbox of who asked, and there alone.
func TestAnswersToFollows(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t), "one.test")
	const alicia = "http://one.test/accounts/alicia"
	w.others.actor(w, twoBob, "Person")
	w.others.put(twoBob+"/outbox", object{"type": "OrderedCollection", "id": twoBob + "/outbox", "totalItems": 0, "orderedItems": []any{}})
	w.asks(alicia, twoBob, alicia+"/follows/1")
	accept := object{"type": "Accept", "id": "http://two.test/accepts/1", "actor": twoBob, "object": object{"type": "Follow", "id": alicia + "/follows/1", "actor": alicia, "object": twoBob}}
	w.hears(twoBob, accept)
	w.follows(alicia, twoBob, "pending")
	w.delivers("/accounts/peertube/inbox", twoBob, accept)
	w.follows(alicia, twoBob, "pending")
	w.delivers("/accounts/alicia/inbox", twoBob, accept)
	w.follows(alicia, twoBob, "accepted")
	if n := w.others.count(twoBob + "/outbox"); n != 1 {
		t.Errorf("the outbox was read %d times", n)
	}
	reject := object{"type": "Reject", "id": "http://two.test/rejects/1", "actor": twoBob, "object": alicia + "/follows/1"}
	w.hears(twoBob, reject)
	w.follows(alicia, twoBob, "accepted")
	w.delivers("/accounts/alicia/inbox", twoBob, reject)
	w.follows(alicia, twoBob, "rejected")
	eve := w.learn("http://two.test/accounts/eve", "Person")
	w.delivers("/accounts/alicia/inbox", eve.URL, object{"type": "Accept", "id": "http://two.test/accepts/2", "actor": eve.URL, "object": object{"type": "Follow", "id": alicia + "/follows/1", "actor": alicia, "object": twoBob}})
	w.follows(alicia, twoBob, "rejected")
	w.nothingWaits()
}

// How many follow somebody elsewhere is what that server says, but not less than
// what is known here; of a follower who is new it is what is known here.
func TestTotalsOfFollows(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t), "one.test")
	const us, list = "http://one.test/accounts/peertube", twoBob + "/following"
	w.others.actor(w, twoBob, "Person")
	w.others.put(twoBob, w.others.with(twoBob, "following", list))
	said := func(n int) {
		w.others.put(list, object{"type": "OrderedCollection", "id": list, "totalItems": n})
	}
	following := func(want int) {
		t.Helper()
		if n := w.number("SELECT following FROM actor_counter c JOIN actor a ON a.id = c.actor_id WHERE a.url = ?", twoBob); n != want {
			t.Errorf("he follows %d, want %d", n, want)
		}
	}
	said(0) // as long as he has not heard that he may
	w.hears(twoBob, object{"type": "Follow", "id": twoBob + "/follows/1", "actor": twoBob, "object": us})
	following(1)
	for total, want := range []int{1, 1, 2, 3} {
		said(total)
		w.setNow(w.now().Add(time.Hour))
		w.fetch.Forget("actor " + twoBob)
		w.must(w.fetch.RefreshActor(w.ctx(), twoBob))
		w.settle()
		following(want)
	}
}

// Whether a server counted our follow already when it was asked how many there
// are or not, we are counted once.
func TestOurFollowIsCountedOnce(t *testing.T) {
	for said, want := range []int{1, 1, 2} {
		dbtest.Run(t, func(t *testing.T, d *db.DB) {
			w := newWorld(t, d, "one.test")
			const alicia = "http://one.test/accounts/alicia"
			w.others.actor(w, twoBob, "Person")
			w.others.put(twoBob, w.others.with(twoBob, "followers", twoBob+"/followers"))
			w.others.put(twoBob+"/followers", object{"type": "OrderedCollection", "id": twoBob + "/followers", "totalItems": said})
			w.asks(alicia, twoBob, alicia+"/follows/1")
			w.settle()
			w.delivers("/accounts/alicia/inbox", twoBob, object{"type": "Accept", "id": twoBob + "/accepts/1", "actor": twoBob, "object": alicia + "/follows/1"})
			followers := func(want int) {
				t.Helper()
				if n := w.number("SELECT followers FROM actor_counter c JOIN actor a ON a.id = c.actor_id WHERE a.url = ?", twoBob); n != want {
					t.Errorf("%d were said: %d follow him, want %d", said, n, want)
				}
			}
			followers(want)
			w.must(d.Write(w.ctx(), func(tx db.Tx) error {
				f, err := w.actors.FollowByURL(w.ctx(), tx, alicia+"/follows/1")
				if err != nil {
					return err
				}
				return w.actors.EndFollow(w.ctx(), tx, f.ID)
			}))
			followers(want - 1)
		})
	}
}

// Somebody else of the same server deletes nothing; its owner and the server do.
func TestDeletionsAreTheOwners(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, "one.test")
		w.publish(w.alicia, walk)
		alice := w.learn("http://two.test/accounts/alice", "Person")
		sea := w.learn("http://two.test/video-channels/sea", "Group", alice.URL)
		eve := w.learn("http://two.test/accounts/eve", "Person")
		trap := w.learn("http://two.test/video-channels/trap", "Group", eve.URL)
		app := w.learn("http://two.test/accounts/peertube", "Application")
		three := w.learn("http://three.test/accounts/carol", "Person")
		v := func(n int) string { return fmt.Sprint("http://two.test/videos/watch/", n) }
		for n := range 4 {
			w.hears(alice.URL, create(w.film(v(n), n, alice.URL, sea.URL)))
			w.hears(three.URL, create(note(fmt.Sprint("http://three.test/notes/", n), three.URL, v(n))))
			w.hears(alice.URL, create(note(fmt.Sprint("http://two.test/notes/", n), alice.URL, ours)))
		}
		bury := func(by actor.Actor, what any) {
			w.hears(by.URL, object{"type": "Delete", "id": fmt.Sprint(by.URL, "/", w.now().Unix()), "actor": by.URL, "object": what})
		}
		there := func(videos, notes, under int) {
			t.Helper()
			if a, b, c := w.number("SELECT COUNT(*) FROM video WHERE host_id IS NOT NULL"), w.comments1("url LIKE 'http://two.test/notes/%'"), w.comments1("url LIKE 'http://three.test/%'"); a != videos || b != notes || c != under {
				t.Errorf("got %d videos, %d and %d comments, want %d, %d and %d; refused: %v", a, b, c, videos, notes, under, w.inbox.Refused())
			}
		}
		there(4, 4, 4)
		mine := "http://one.test/videos/watch/1/comments/1" // said here, under her video
		w.comment(w.alicia.AccountID, v(3), mine)
		for _, by := range []actor.Actor{eve, trap, three} {
			bury(by, mine)
			bury(by, v(0))
			bury(by, "http://two.test/notes/0")
			if by.ID != three.ID {
				bury(by, "http://three.test/notes/0")
			}
		}
		there(4, 4, 4)
		if w.comments1("url = ?", mine) != 1 {
			t.Error("somebody else deleted what was said here")
		}
		if bury(alice, mine); w.comments1("url = ?", mine) != 0 {
			t.Errorf("she cannot delete what was said under her video; refused: %v", w.inbox.Refused())
		}
		bury(alice, "http://two.test/notes/0")
		bury(app, object{"type": "Tombstone", "id": "http://two.test/notes/1"})
		bury(three, object{"type": "Note", "id": "http://three.test/notes/0"})
		bury(alice, "http://three.test/notes/1") // under her video
		there(4, 2, 2)
		bury(alice, v(0))
		bury(sea, object{"type": "Tombstone", "id": v(1)})
		bury(app, []string{v(2)})
		there(1, 2, 1)
		bury(sea, sea.URL)
		there(0, 2, 0)
		w.retired(sea.URL)
		w.nothingWaits()
	})
}

// film is a video of another server.
func (w *world) film(address string, n int, owner any, channel string) object {
	at := w.now().Format("2006-01-02T15:04:05.000Z")
	return object{
		"type": "Video", "id": address, "name": "A film", "uuid": fmt.Sprintf("e6b078bc-3feb-4c72-8f4f-%012x", n), "duration": "PT1S", "published": at, "updated": at,
		"state": 1, "commentsPolicy": 1, "to": []string{activitypub.Public}, "attributedTo": []any{owner, object{"type": "Group", "id": channel}},
	}
}

func (w *world) text(query string, args ...any) (s string) {
	w.Helper()
	w.must(w.db.Read().QueryRowContext(w.ctx(), query, args...).Scan(&s))
	return s
}

// forwards delivers another server's activity, with that one's own signature.
func (w *world) forwards(by, author string, activity object) {
	w.Helper()
	w.setNow(w.now().Add(time.Second))
	activity["@context"] = json.RawMessage(activitypub.Context(activity["type"].(string)))
	b, err := json.Marshal(activity)
	w.must(err)
	b, err = signature.SignLD(b, author, w.others.keys[author].private, w.now())
	w.must(err)
	if res, body := w.post("/inbox", by, b); res.StatusCode != 204 {
		w.Errorf("forwarded: got %d %s", res.StatusCode, body)
	}
	w.settle()
}
