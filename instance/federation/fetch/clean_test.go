package fetch_test

import (
	"net/http"
	"testing"
	"time"

	"vidiverse/instance/db"
	"vidiverse/instance/db/dbtest"
	"vidiverse/instance/federation/fetch"
	"vidiverse/instance/job"
)

// What others did with our videos goes when their servers say it is gone, or when
// they do not answer for three weeks; what stands, and what has no address of its
// own, stays.
func TestClean(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, func(c *fetch.Config) { c.Clean = 7 * 24 * time.Hour })
		w.sea()
		alice, err := w.fetch.Actor(t.Context(), "http://two.test/accounts/alice")
		w.must(err)
		by, err := w.accounts.ByActor(t.Context(), d.Read(), alice.ID)
		w.must(err)
		w.must(d.Write(t.Context(), func(tx db.Tx) error {
			for _, q := range []string{
				`INSERT INTO actor (id, kind, username, url, inbox_url, shared_inbox_url, created_at, updated_at) VALUES (900, 3, 'ours', 'http://one.test/video-channels/ours', 'x', 'x', 1, 1)`,
				`INSERT INTO actor_counter (actor_id) VALUES (900)`,
				`INSERT INTO channel (id, actor_id, account_id, display_name, created_at, updated_at) SELECT 900, 900, id, 'x', 1, 1 FROM account ORDER BY id LIMIT 1`,
				`INSERT INTO video (id, uuid, url, channel_id, name, privacy, state, created_at, updated_at, published_at) VALUES
					(900, 'a', 'http://one.test/videos/watch/a', 900, 'x', 1, 1, 1, 1, 1), (901, 'b', 'http://one.test/videos/watch/b', 900, 'x', 1, 1, 1, 1, 1),
					(902, 'c', 'http://one.test/videos/watch/c', 900, 'x', 1, 1, 1, 1, 1), (903, 'd', 'http://one.test/videos/watch/d', 900, 'x', 1, 1, 1, 1, 1)`,
				`INSERT INTO video_counter (video_id, likes) VALUES (900, 1), (901, 1), (902, 1), (903, 1)`,
			} {
				if _, err := tx.ExecContext(t.Context(), q); err != nil {
					return err
				}
			}
			for id, url := range map[int]string{900: "http://two.test/likes/gone", 901: "http://two.test/likes/stands", 902: "http://two.test/likes/silent", 903: "http://two.test/alice#likes/1"} {
				if _, err := tx.ExecContext(t.Context(), `INSERT INTO video_rate (video_id, account_id, type, url, created_at) VALUES (?, ?, 'like', ?, 1)`, id, int64(by), url); err != nil {
					return err
				}
			}
			_, err := tx.ExecContext(t.Context(), `INSERT INTO comment (url, video_id, account_id, text, created_at, updated_at) VALUES ('http://two.test/notes/1', 900, ?, 'x', 1, 1)`, int64(by))
			return err
		}))
		w.put("http://two.test/likes/stands", object{"type": "Like", "id": "http://two.test/likes/moved"})
		w.put("http://two.test/likes/moved", object{"type": "Like", "id": "http://two.test/likes/moved"})
		w.put("http://two.test/notes/1", object{"type": "Tombstone", "id": "http://two.test/notes/1"})
		w.answer("http://two.test/likes/silent", func(rw http.ResponseWriter, _ *http.Request) { http.Error(rw, "no", 500) })
		clean := func() {
			w.must(d.Write(t.Context(), func(tx db.Tx) error {
				_, err := w.jobs.Enqueue(t.Context(), tx, job.Spec{Type: "activitypub-cleaner", Attempts: 1})
				return err
			}))
			w.settle()
		}
		left := func() int { return w.number("SELECT COUNT(*) FROM video_rate") }
		clean()
		if n := left(); n != 3 {
			t.Errorf("%d likes are left, want 3", n)
		}
		if n := w.number("SELECT COUNT(*) FROM video_rate WHERE url = 'http://two.test/likes/moved' AND video_id = 901"); n != 1 {
			t.Error("what its server calls otherwise has its old address")
		}
		w.put("http://two.test/likes/moved", object{"type": "Like", "id": "http://three.test/likes/stolen"})
		clean()
		if n := w.number("SELECT COUNT(*) FROM video_rate WHERE url LIKE 'http://three%'"); n != 0 {
			t.Error("it moved to another server")
		}
		w.put("http://two.test/likes/moved", object{"type": "Like", "id": "http://two.test/likes/moved"})
		for range 2 {
			clean()
		}
		if n := left(); n != 2 || w.count("http://two.test/likes/silent") < 3 {
			t.Errorf("%d likes are left after %d questions, want 2 after 3", n, w.count("http://two.test/likes/silent"))
		}
		if n := w.number("SELECT COUNT(*) FROM comment WHERE deleted_at IS NULL"); n != 0 {
			t.Error("a deleted comment is there still")
		}
		if n := w.number("SELECT SUM(likes) FROM video_counter"); n != 2 {
			t.Errorf("%d likes are counted, want 2", n)
		}
	})
}
