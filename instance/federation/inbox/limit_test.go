package inbox_test

import (
	"fmt"
	"testing"
	"time"

	"vidiverse/instance/activitypub"
	"vidiverse/instance/db"
	"vidiverse/instance/db/dbtest"
	"vidiverse/instance/federation/fetch"
	"vidiverse/instance/federation/inbox"
)

// What one server has waiting is bounded; others are taken still.
func TestTooMuchWaiting(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t), "one.test", func(c *inbox.Config, _ *fetch.Config) { c.Waiting = 3 })
	other := "http://three.test/accounts/carol"
	w.learn(twoBob, "Person")
	w.learn(other, "Person")
	post := func(by string, k int) int {
		w.setNow(w.now().Add(time.Minute)) // or the number is remembered
		res, _ := w.post("/inbox", by, like(by, fmt.Sprintf("%s/likes/%d", by, k)))
		return res.StatusCode
	}
	for k := range 5 {
		want := 204
		if k >= 3 {
			want = 503
		}
		if got := post(twoBob, k); got != want {
			t.Errorf("delivery %d: got %d, want %d", k, got, want)
		}
	}
	if got := post(other, 1); got != 204 {
		t.Errorf("another server: got %d, want 204", got)
	}
	w.settle()
	if got := post(twoBob, 9); got != 204 {
		t.Errorf("once it is worked on: got %d, want 204", got)
	}
}

// Viewers of ours are sent to no server but the one that says it has a copy, and
// to that only if this one follows it.
func TestMirrorsAreTheirOwn(t *testing.T) {
	for name, tt := range map[string]struct {
		accept inbox.Mirrors
		copy   string
		want   int
	}{
		"its own":                 {inbox.Anybody, "http://two.test/static/redundancy/hls/x", 1},
		"a third server's":        {inbox.Anybody, "http://three.test/static/redundancy/hls/x", 0},
		"not a web address":       {inbox.Anybody, "file://two.test/x", 0},
		"of one we do not follow": {"", "http://two.test/static/redundancy/hls/x", 0},
		"nobody's":                {inbox.Nobody, "http://two.test/static/redundancy/hls/x", 0},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, dbtest.SQLite(t), "one.test", func(c *inbox.Config, _ *fetch.Config) { c.Mirrors = tt.accept })
			id := w.publish(w.alicia, walk)
			by := w.learn("http://two.test/accounts/peertube", "Application")
			w.send(by.URL, map[string]any{"type": "Create", "id": "http://two.test/redundancy/1/activity", "actor": by.URL, "object": map[string]any{
				"type": "CacheFile", "id": "http://two.test/redundancy/1", "object": "http://one.test/videos/watch/" + walk, "expires": nil,
				"url": map[string]any{"type": "Link", "mediaType": activitypub.HLS, "href": tt.copy},
			}})
			w.settle()
			w.mirrors(id, tt.want)
		})
	}
}

// People whom this server, or the one they would follow, mutes do not follow.
func TestMutedFollowers(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, "one.test")
		bob := w.learn(twoBob, "Person")
		eve := w.learn("http://evil.test/accounts/eve", "Person")
		us, err := w.blocks.Instance(w.ctx())
		w.must(err)
		w.must(w.blocks.MuteServer(w.ctx(), us, "evil.test"))
		const alicia = "http://one.test/accounts/alicia"
		for _, by := range []string{bob.URL, eve.URL} {
			w.send(by, map[string]any{"type": "Follow", "id": by + "/follows/1", "actor": by, "object": alicia})
		}
		w.settle()
		w.follows(bob.URL, alicia, "accepted")
		w.follows(eve.URL, alicia, "")
	})
}
