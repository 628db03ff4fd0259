package inbox_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"vidiverse/instance/activitypub"
	"vidiverse/instance/actor"
	"vidiverse/instance/db"
	"vidiverse/instance/db/dbtest"
)

// permutations of n things.
func permutations(n int) (all [][]int) {
	var grow func(done []int, left []int)
	grow = func(done, left []int) {
		if len(left) == 0 {
			all = append(all, append([]int(nil), done...))
		}
		for i := range left {
			rest := append(append([]int(nil), left[:i]...), left[i+1:]...)
			grow(append(done[:len(done):len(done)], left[i]), rest)
		}
	}
	numbers := make([]int, n)
	for i := range numbers {
		numbers[i] = i
	}
	grow(nil, numbers)
	return all
}

// made is an activity of that second after the start, with its own signature's
// date.
func (w *world) made(second int, activity map[string]any) []byte {
	w.Helper()
	at := w.now().Add(time.Duration(second-60) * time.Second)
	activity["signature"] = map[string]string{"type": "RsaSignature2017", "created": at.Format(time.RFC3339), "creator": "x", "signatureValue": "eA=="}
	b, err := json.Marshal(activity)
	w.must(err)
	return b
}

// learn makes an actor of another server known.
func (w *world) learn(address, kind string, owner ...string) actor.Actor {
	w.Helper()
	w.others.actor(w, address, kind, owner...)
	a, err := w.fetch.Actor(w.ctx(), address)
	w.must(err)
	return a
}

// In whatever order six activities and their repetitions come, the end is the
// same: what was taken back or deleted is not there.
func TestOrdersOfTakingBack(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t), "one.test")
	id := w.publish(w.alicia, walk)
	ours := "http://one.test/videos/watch/" + walk
	bob := w.learn("http://two.test/accounts/bob", "Person")
	var bodies [][]byte
	for k, order := range permutations(6) {
		me := bob.URL
		like := map[string]any{"type": "Like", "id": fmt.Sprintf("http://two.test/likes/%d", k), "actor": me, "object": ours}
		note := map[string]any{"type": "Note", "id": fmt.Sprintf("http://two.test/notes/%d", k), "content": "x", "inReplyTo": ours, "attributedTo": me, "to": activitypub.Public}
		share := map[string]any{"type": "Follow", "id": fmt.Sprintf("http://two.test/follows/%d", k), "actor": me, "object": "http://one.test/accounts/alicia"}
		undo := func(of map[string]any) map[string]any {
			return map[string]any{"type": "Undo", "id": of["id"].(string) + "/undo", "actor": me, "object": of}
		}
		six := [][]byte{
			w.made(1, like), w.made(5, undo(like)),
			w.made(2, map[string]any{"type": "Create", "id": note["id"].(string) + "/activity", "actor": me, "object": note}),
			w.made(6, map[string]any{"type": "Delete", "id": note["id"].(string) + "/delete", "actor": me, "object": note["id"]}),
			w.made(3, share), w.made(7, undo(share)),
		}
		for _, i := range append(order, order[0], order[3]) {
			bodies = append(bodies, six[i])
		}
	}
	w.must(w.inbox.Put(w.ctx(), bob, bodies...))
	w.settle()
	for what, query := range map[string]string{
		"likes": "SELECT COUNT(*) FROM video_rate", "comments": "SELECT COUNT(*) FROM comment WHERE deleted_at IS NULL",
		"follows": "SELECT COUNT(*) FROM follow WHERE state = 'accepted'", "waiting": "SELECT COUNT(*) FROM inbox",
	} {
		if n := w.number(query); n != 0 {
			t.Errorf("%d %s are left; refused: %v", n, what, w.inbox.Refused())
		}
	}
	w.rates(id, 0, 0)
	if n := w.number("SELECT comments FROM video_counter WHERE video_id = ?", int64(id)); n != 0 {
		t.Errorf("%d comments are counted", n)
	}
}

// Of two versions of a video the newer stays, a deleted comment stays deleted and
// a share that was taken back is none, in whatever order that is told.
func TestOrdersOfVersions(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t), "one.test")
	alice := w.learn("http://two.test/accounts/alice", "Person")
	group := w.learn("http://two.test/video-channels/sea", "Group", alice.URL)
	var orders [][]int // an eleventh of them: each has the other server asked
	for k, order := range permutations(6) {
		if k%11 == 0 {
			orders = append(orders, order)
		}
	}
	var bodies [][]byte
	for k, order := range orders {
		v := fmt.Sprintf("http://two.test/videos/watch/%d", k)
		object := func(name string, second int) map[string]any {
			at := w.now().Add(time.Duration(second-60) * time.Second).Format(time.RFC3339)
			return map[string]any{
				"type": "Video", "id": v, "name": name, "uuid": fmt.Sprintf("e6b078bc-3feb-4c72-8f4f-%012x", k), "duration": "PT1S", "published": at, "updated": at,
				"to": []string{"https://www.w3.org/ns/activitystreams#Public"}, "state": 1, "commentsPolicy": 1,
				"attributedTo": []map[string]string{{"type": "Person", "id": alice.URL}, {"type": "Group", "id": group.URL}},
			}
		}
		w.others.put(v, object("second", 2))
		note := map[string]any{"type": "Note", "id": v + "/comments/1", "content": "x", "inReplyTo": v, "attributedTo": alice.URL, "cc": []string{activitypub.Public}}
		share := map[string]any{"type": "Announce", "id": v + "/announces/1", "actor": group.URL, "object": v}
		six := [][]byte{
			w.made(1, map[string]any{"type": "Create", "id": v + "/activity", "actor": alice.URL, "object": object("first", 1)}),
			w.made(2, map[string]any{"type": "Update", "id": v + "/updates/2", "actor": alice.URL, "object": object("second", 2)}),
			w.made(3, map[string]any{"type": "Create", "id": v + "/comments/1/activity", "actor": alice.URL, "object": note}),
			w.made(4, map[string]any{"type": "Delete", "id": v + "/comments/1/delete", "actor": alice.URL, "object": v + "/comments/1"}),
			w.made(5, share),
			w.made(6, map[string]any{"type": "Undo", "id": v + "/announces/1/undo", "actor": group.URL, "object": share}),
		}
		for _, i := range append(order, order[0], order[2]) {
			bodies = append(bodies, six[i])
		}
	}
	w.must(w.put(alice, group, bodies))
	w.settle()
	for what, want := range map[string]int{
		"SELECT COUNT(*) FROM video WHERE name = 'second'": len(orders), "SELECT COUNT(*) FROM video WHERE name <> 'second'": 0,
		"SELECT COUNT(*) FROM comment WHERE deleted_at IS NULL": 0, "SELECT COUNT(*) FROM video_share": 0, "SELECT COUNT(*) FROM inbox": 0,
	} {
		if n := w.number(what); n != want {
			t.Errorf("%s: got %d, want %d; refused: %v", what, n, want, w.inbox.Refused())
		}
	}
}

// put stores activities of two actors of one server, in order.
func (w *world) put(person, group actor.Actor, bodies [][]byte) error {
	for len(bodies) > 0 {
		by := author(bodies[0])
		n := 0
		for n < len(bodies) && author(bodies[n]) == by {
			n++
		}
		who := person
		if by == group.URL {
			who = group
		}
		if err := w.inbox.Put(w.ctx(), who, bodies[:n]...); err != nil {
			return err
		}
		bodies = bodies[n:]
	}
	return nil
}

func author(body []byte) string {
	var a struct{ Actor string }
	if json.Unmarshal(body, &a) != nil {
		return ""
	}
	return a.Actor
}

// A video that was hidden and is shown again comes back; what was said of it
// before does not bring it back.
func TestDeletedAndShownAgain(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, "one.test")
		alice := w.learn("http://two.test/accounts/alice", "Person")
		group := w.learn("http://two.test/video-channels/sea", "Group", alice.URL)
		const v = "http://two.test/videos/watch/1"
		told := func(kind string, second int) []byte {
			at := w.now().Add(time.Duration(second-60) * time.Second).Format(time.RFC3339)
			return w.made(second, map[string]any{"type": kind, "id": fmt.Sprint(v, "/", kind, second), "actor": alice.URL, "object": map[string]any{
				"type": "Video", "id": v, "name": "sea", "uuid": walk, "published": at, "updated": at, "state": 1,
				"attributedTo": []map[string]string{{"type": "Group", "id": group.URL}},
			}})
		}
		remove := func(second int) []byte {
			return w.made(second, map[string]any{"type": "Delete", "id": fmt.Sprint(v, "/delete", second), "actor": alice.URL, "object": v})
		}
		for k, step := range []struct {
			bodies [][]byte
			there  int
		}{
			{[][]byte{told("Create", 1), remove(3)}, 0},
			{[][]byte{told("Update", 2)}, 0}, // late
			{[][]byte{told("Create", 4)}, 1}, // shown again
			{[][]byte{remove(3)}, 1},         // the old deletion, repeated
			{[][]byte{remove(5), told("Create", 4)}, 0},
		} {
			w.must(w.inbox.Put(w.ctx(), alice, append(step.bodies, []byte(fmt.Sprint(`{"k":`, k, `}`)))...))
			w.settle()
			if n := w.number("SELECT COUNT(*) FROM video WHERE url = ?", v); n != step.there {
				t.Errorf("step %d: got %d videos, want %d; refused: %v", k, n, step.there, w.inbox.Refused())
			}
		}
	})
}
