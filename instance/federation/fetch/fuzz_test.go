package fetch_test

import (
	"os"
	"path/filepath"
	"testing"

	"vidiverse/instance/db/dbtest"
)

// Whatever a server answers when it is asked for a video, an actor, a comment or a
// playlist, nothing breaks, and nothing becomes ours.
func FuzzObjects(f *testing.F) {
	captured, err := filepath.Glob(wire + "*.json")
	if err != nil || len(captured) == 0 {
		f.Fatal(err)
	}
	for _, name := range captured {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte(`{"type":"Video","id":"http://two.test/1","uuid":"e6b078bc-3feb-4c72-8f4f-aff5828507e1","name":"x","attributedTo":["http://two.test/video-channels/sea"],"comments":"http://two.test/1"}`))
	f.Add([]byte(`{"type":"Playlist","id":"http://two.test/1","name":"x","attributedTo":["http://two.test/video-channels/sea"],"orderedItems":["http://two.test/1"],"next":"http://two.test/1"}`))
	f.Add([]byte(`{"type":"Note","id":"http://two.test/1","content":"x","to":"as:Public","inReplyTo":"http://two.test/1","attributedTo":"http://two.test/accounts/alice"}`))
	w := newWorld(f, dbtest.SQLite(f))
	w.sea()
	f.Fuzz(func(t *testing.T, body []byte) {
		w.TB = t
		const at = "http://two.test/1"
		w.answer(at, serve(activityJSON, body))
		w.answer("http://two.test/.well-known/nodeinfo", serve("application/json", body))
		w.answer("http://two.test/.well-known/webfinger?resource=acct%3Ax%40two.test", serve("application/json", body))
		for _, kind := range []string{"video ", "actor ", "comment ", "video-playlist "} {
			w.fetch.Forget(kind + at)
		}
		// What is wrong with it is an error, which says nothing here.
		_, _ = w.fetch.Video(t.Context(), at)
		_, _ = w.fetch.Actor(t.Context(), at)
		_, _ = w.fetch.Comment(t.Context(), at)
		_ = w.fetch.Playlist(t.Context(), at)
		_, _ = w.fetch.InstanceActor(t.Context(), "two.test")
		_, _ = w.fetch.ActorByHandle(t.Context(), "x", "two.test")
		w.settle()
		if n := w.number("SELECT COUNT(*) FROM video WHERE host_id IS NULL") + w.number("SELECT COUNT(*) FROM actor WHERE host_id IS NULL AND username <> 'peertube'"); n != 0 {
			t.Fatalf("%d things are ours now", n)
		}
	})
}
