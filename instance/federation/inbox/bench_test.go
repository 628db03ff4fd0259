package inbox_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"vidiverse/instance/activitypub"
	"vidiverse/instance/actor"
	"vidiverse/instance/db"
	"vidiverse/instance/db/dbtest"
	"vidiverse/instance/signature"
)

// BenchmarkInbox is how many comments of many servers are taken over HTTP, each
// signed and durable before its 204, until all are visible: activities/s.
func BenchmarkInbox(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) { benchmark(b, dbtest.SQLite(b)) })
	if os.Getenv(dbtest.Env) != "" {
		b.Run("postgres", func(b *testing.B) { benchmark(b, dbtest.Postgres(b)) })
	}
}

func benchmark(b *testing.B, d *db.DB) {
	const servers, senders = 50, 64
	w := newWorld(b, d, "one.test")
	w.setNow(time.Now())
	id := w.publish(w.alicia, walk)
	key := w.others.keys[peertube2+"/accounts/bobby"]
	var people []actor.Actor
	for k := range servers {
		address := fmt.Sprintf("http://s%d.test/accounts/bob", k)
		w.others.keys[address] = key
		people = append(people, w.learn(address, "Person"))
	}
	requests := make([]*http.Request, b.N)
	for k := range requests {
		by := people[k%servers].URL
		note := map[string]any{"type": "Note", "id": fmt.Sprintf("%s/notes/%d", by, k), "to": activitypub.Public, "content": "What a walk.", "inReplyTo": "http://one.test/videos/watch/" + walk, "attributedTo": by}
		body, err := json.Marshal(map[string]any{"type": "Create", "id": note["id"].(string) + "/activity", "actor": by, "object": note})
		w.must(err)
		r, err := http.NewRequestWithContext(b.Context(), http.MethodPost, w.server.URL+"/inbox", strings.NewReader(string(body)))
		w.must(err)
		r.Host = "one.test"
		r.Header.Set("Content-Type", "application/activity+json")
		w.must(signature.Sign(r, by+"#main-key", key.private, body, w.now()))
		requests[k] = r
	}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: senders}}
	defer client.CloseIdleConnections()
	stop := w.serve()
	defer stop()
	b.ResetTimer()
	begun := time.Now()
	var wg sync.WaitGroup
	next := make(chan *http.Request)
	for range senders {
		wg.Go(func() {
			for r := range next {
				res, err := client.Do(r)
				if err != nil || res.StatusCode != http.StatusNoContent {
					b.Errorf("got %v, %v", res, err)
					continue
				}
				_ = res.Body.Close()
			}
		})
	}
	for _, r := range requests {
		next <- r
	}
	close(next)
	wg.Wait()
	taken := time.Since(begun)
	w.until("all are visible", func() bool {
		return w.number("SELECT comments FROM video_counter WHERE video_id = ?", int64(id)) == b.N
	})
	b.StopTimer()
	b.ReportMetric(float64(b.N)/time.Since(begun).Seconds(), "activities/s")
	b.ReportMetric(float64(b.N)/taken.Seconds(), "taken/s")
}
