package inbox_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"vidiverse/instance/activitypub"
	"vidiverse/instance/db"
	"vidiverse/instance/db/dbtest"
	"vidiverse/instance/job"
)

// What was answered with 204 is done, although the process ended before; and it
// is done once.
func TestNothingIsLostBetweenProcesses(t *testing.T) {
	file := "sqlite:" + filepath.Join(t.TempDir(), "a.db")
	open := func() *db.DB {
		d, err := db.Open(t.Context(), db.Config{URL: file})
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	d := open()
	w := newWorld(t, d, "one.test")
	id := w.publish(w.alicia, walk)
	const most = 60
	var wg sync.WaitGroup
	for k := range most { // many at once, as they come
		by := fmt.Sprintf("http://two.test/accounts/%d", k%6)
		if k < 6 {
			w.learn(by, "Person")
		}
	}
	stop := w.serve()
	for k := range most {
		wg.Go(func() {
			by := fmt.Sprintf("http://two.test/accounts/%d", k%6)
			note := map[string]any{"type": "Note", "id": fmt.Sprintf("http://two.test/notes/%d", k), "content": "x", "to": activitypub.Public, "inReplyTo": "http://one.test/videos/watch/" + walk, "attributedTo": by}
			b, err := json.Marshal(map[string]any{"type": "Create", "id": note["id"].(string) + "/activity", "actor": by, "object": note})
			if err != nil {
				t.Error(err)
			}
			if res, body := w.post("/inbox", by, b); res.StatusCode != 204 {
				t.Errorf("got %d %s", res.StatusCode, body)
			}
			if k == most/2 {
				stop() // the handlers are interrupted where they are
			}
		})
	}
	wg.Wait()
	stop()
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	d = open()
	t.Cleanup(func() { _ = d.Close() })
	again := reopened(t, w, d)
	again.settle()
	if n := again.number("SELECT COUNT(*) FROM comment WHERE deleted_at IS NULL"); n != most {
		t.Errorf("%d comments are there, want %d; refused: %v", n, most, again.inbox.Refused())
	}
	if n := again.number("SELECT comments FROM video_counter WHERE video_id = ?", int64(id)); n != most {
		t.Errorf("%d comments are counted, want %d", n, most)
	}
	again.nothingWaits()
}

// One that always fails is set aside after some attempts; what its server sent
// after it is done at once, and so is what other servers send meanwhile.
func TestPoison(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, "one.test")
		id := w.publish(w.alicia, walk)
		w.learn(twoBob, "Person")
		group := w.learn("http://two.test/video-channels/sea", "Group", twoBob)
		w.others.answer("http://two.test/videos/watch/1", func(rw http.ResponseWriter, _ *http.Request) { http.Error(rw, "no", 500) })
		w.send(group.URL, map[string]any{"type": "Announce", "id": "http://two.test/announces/1", "actor": group.URL, "object": "http://two.test/videos/watch/1"})
		w.send(twoBob, map[string]any{"type": "Like", "id": "http://two.test/likes/1", "actor": twoBob, "object": "http://one.test/videos/watch/" + walk})
		w.settle()
		w.rates(id, 1, 0)
		for attempt := 1; attempt < 6; attempt++ {
			if n := w.number("SELECT attempts FROM inbox"); n != attempt {
				t.Fatalf("got %d attempts, want %d", n, attempt)
			}
			w.setNow(w.now().Add(24 * time.Hour))
			w.must(w.db.Write(w.ctx(), func(tx db.Tx) error { // its job waits for a real time
				_, err := w.jobs.Enqueue(w.ctx(), tx, job.Spec{Type: "sweep-inbox", Attempts: 1})
				return err
			}))
			w.settle()
		}
		if n := w.number("SELECT attempts FROM inbox"); n != 6 || w.inbox.Refused()["set_aside"] != 1 {
			t.Errorf("got %d attempts, refused %v; want it set aside", n, w.inbox.Refused())
		}
		w.setNow(w.now().AddDate(0, 0, 8))
		w.must(w.db.Write(w.ctx(), func(tx db.Tx) error {
			_, err := w.jobs.Enqueue(w.ctx(), tx, job.Spec{Type: "sweep-inbox", Attempts: 1})
			return err
		}))
		w.settle()
		w.nothingWaits()
	})
}

// Servers that take for ever to answer hold up nobody else.
func TestSlowServersHoldUpNobody(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t), "one.test")
	id := w.publish(w.alicia, walk)
	release := make(chan struct{})
	for k := range 40 { // more than there are places for quick work
		host := fmt.Sprintf("http://slow%d.test", k)
		w.others.keys[host+"/accounts/peertube"] = w.others.keys[peertube2+"/accounts/bobby"] // making keys takes long
		group := w.learn(host+"/accounts/peertube", "Application")
		w.others.answer(host+"/videos/watch/1", func(rw http.ResponseWriter, r *http.Request) {
			select {
			case <-release:
			case <-r.Context().Done():
			}
		})
		w.send(group.URL, map[string]any{"type": "Announce", "id": host + "/announces/1", "actor": group.URL, "object": host + "/videos/watch/1"})
	}
	w.learn(twoBob, "Person")
	w.send(twoBob, map[string]any{"type": "Like", "id": "http://two.test/likes/1", "actor": twoBob, "object": "http://one.test/videos/watch/" + walk})
	stop := w.serve()
	w.until("the quick one is served", func() bool {
		return w.number("SELECT likes FROM video_counter WHERE video_id = ?", int64(id)) == 1
	})
	close(release)
	stop()
}

// What stands in one server's activities is done in the order it was sent.
func TestOrderOfOneServer(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t), "one.test")
	id := w.publish(w.alicia, walk)
	w.learn(twoBob, "Person")
	stop := w.serve()
	defer stop()
	object := "http://one.test/videos/watch/" + walk
	for k := range 30 { // last comes a Dislike, and each ends the one before
		kind := []string{"Like", "Dislike"}[k%2]
		w.send(twoBob, map[string]any{"type": kind, "id": fmt.Sprintf("http://two.test/%s/%d", strings.ToLower(kind), k), "actor": twoBob, "object": object})
	}
	w.until("all is done", func() bool {
		n, err := w.inbox.Waiting(context.WithoutCancel(w.ctx()))
		return err == nil && n == 0
	})
	w.rates(id, 0, 1)
}
