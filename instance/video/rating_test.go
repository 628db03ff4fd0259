package video

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"

	"vidiverse/instance/account"
	"vidiverse/instance/db"
	"vidiverse/instance/db/dbtest"
	"vidiverse/instance/fault"
	"vidiverse/instance/job"
	"vidiverse/instance/news"
)

// hearRatings gives the world's videos a board and returns what it was told since
// it was last asked.
func (w *world) hearRatings() func() []string {
	board := news.New(w.jobs)
	board.Hear("hear", job.Options{}, func(context.Context, *job.Job, news.Change) error { return nil }, news.VideoRated)
	w.videos.cfg.News = board
	return func() (told []string) {
		w.Helper()
		var list []string
		w.must(w.db.Read().NewRaw("SELECT payload FROM job WHERE type = 'hear' ORDER BY id").Scan(w.ctx(), &list))
		for _, text := range list {
			var c news.Change
			var r news.Rating
			w.must(json.Unmarshal([]byte(text), &c))
			w.must(json.Unmarshal(c.Snapshot, &r))
			told = append(told, fmt.Sprintf("%d %d %s→%s %s", c.ID, c.Actor, r.Before, r.After, r.URL))
		}
		w.exec("DELETE FROM job WHERE type = 'hear'")
		return told
	}
}

// farAway makes an account and a video of two.test.
func (w *world) farAway() (of account.ID, far ID) {
	w.Helper()
	w.exec("INSERT INTO host (id, name, created_at) VALUES (7, 'two.test', 1)")
	for _, q := range []string{
		`INSERT INTO actor (id, kind, username, host_id, url, inbox_url, shared_inbox_url, created_at, updated_at) VALUES (70, 2, 'carol', 7, 'https://two.test/carol', 'x', 'x', 1, 1)`,
		`INSERT INTO actor (id, kind, username, host_id, url, inbox_url, shared_inbox_url, created_at, updated_at) VALUES (71, 3, 'ch', 7, 'https://two.test/ch', 'x', 'x', 1, 1)`,
		`INSERT INTO account (id, actor_id, display_name, created_at, updated_at) VALUES (70, 70, 'Carol', 1, 1)`,
		`INSERT INTO channel (id, actor_id, account_id, display_name, created_at, updated_at) VALUES (71, 71, 70, 'Carol', 1, 1)`,
		`INSERT INTO video (id, uuid, url, host_id, channel_id, name, privacy, state, comments_policy, duration, created_at, updated_at, published_at)
			VALUES (900, '0c0a5d5e-9d6b-4f8e-8d8e-3a3f4c1b2d11', 'https://two.test/v', 7, 71, 'Far', 1, 1, 1, 5, 1, 1, 1)`,
		`INSERT INTO video_counter (video_id) VALUES (900)`,
	} {
		w.exec(q)
	}
	return 70, 900
}

func (w *world) exec(query string) {
	w.Helper()
	w.must(w.db.Write(w.ctx(), func(tx db.Tx) error {
		_, err := tx.ExecContext(w.ctx(), query)
		return err
	}))
}

// Each change of a rating is told once, with what was before it.
func TestRatingsAreTold(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		told := w.hearRatings()
		_, far := w.farAway()
		var bob int64
		w.must(d.Read().QueryRowContext(t.Context(), "SELECT actor_id FROM account WHERE id = ?", w.bob.AccountID).Scan(&bob))
		like := fmt.Sprintf("https://one.test/accounts/bob/likes/%d", far)
		for _, r := range []Rating{Like, Like, Dislike, None, None} {
			w.must(w.videos.Rate(t.Context(), w.bob, Ref(fmt.Sprint(far)), Credentials{}, r))
		}
		want := []string{
			fmt.Sprintf("%d %d none→like ", far, bob), fmt.Sprintf("%d %d like→dislike %s", far, bob, like),
			fmt.Sprintf("%d %d dislike→none https://one.test/accounts/bob/dislikes/%d", far, bob, far),
		}
		if got := told(); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("told %q, want %q", got, want)
		}
	})
}

// What people elsewhere think of our videos counts, once each, and nobody speaks
// for people here.
func TestRateRemote(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		carol, far := w.farAway()
		v := w.published(w.alice)
		rate := func(id ID, of account.ID, r Rating, url string) error {
			return d.Write(t.Context(), func(tx db.Tx) error { return w.videos.RateRemote(t.Context(), tx, id, of, r, url) })
		}
		unrate := func(of account.ID, r Rating) error {
			return d.Write(t.Context(), func(tx db.Tx) error { return w.videos.UnrateRemote(t.Context(), tx, v.ID, of, r) })
		}
		counts := func(name string, likes, dislikes int64) {
			t.Helper()
			got, err := w.videos.Get(t.Context(), w.bob, ref(v), Credentials{})
			if err != nil || got.Counters.Likes != likes || got.Counters.Dislikes != dislikes {
				t.Errorf("%s: %+v %v, want %d and %d", name, got.Counters, err, likes, dislikes)
			}
		}
		const url = "https://two.test/likes/1"
		w.must(rate(v.ID, carol, Like, url))
		w.must(rate(v.ID, carol, Like, url))
		counts("liked twice", 1, 0)
		if g, err := w.videos.store.rating(t.Context(), d.Read(), v.ID, carol); err != nil || g.as != Like || g.url != url {
			t.Errorf("the like: %+v %v", g, err)
		}
		w.must(rate(v.ID, carol, Dislike, "https://two.test/dislikes/1"))
		counts("disliked", 0, 1)
		w.must(unrate(carol, Like))
		counts("a like is undone late", 0, 1)
		w.must(unrate(carol, Dislike))
		w.must(unrate(carol, Dislike))
		counts("undone", 0, 0)
		w.must(rate(far, carol, Like, "https://two.test/likes/2"))
		if g, err := w.videos.store.rating(t.Context(), d.Read(), far, carol); err != nil || g.as != None {
			t.Errorf("of a video elsewhere: %+v %v", g, err)
		}
		bob := account.ID(w.bob.AccountID)
		w.must(w.videos.Rate(t.Context(), w.bob, ref(v), Credentials{}, Like))
		w.kind(rate(v.ID, bob, Dislike, "https://two.test/likes/3"), fault.Forbidden, "for bob")
		w.kind(unrate(bob, Like), fault.Forbidden, "undo for bob")
		w.kind(rate(v.ID, carol, Like, fmt.Sprintf("https://one.test/accounts/bob/likes/%d", v.ID)), fault.Forbidden, "at bob's address")
		w.kind(rate(v.ID, carol, "love", url), fault.Invalid, "no rating")
		w.kind(rate(12345, carol, Like, url), fault.NotFound, "no video")
		counts("after all", 1, 0)
		w.must(d.Write(t.Context(), func(tx db.Tx) error { return w.videos.UnrateAll(t.Context(), tx, bob) }))
		counts("bob is gone", 0, 0)
	})
}

// People find again what they rated, in the order they did, and not what was
// hidden from them since.
func TestRated(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		first, second, third := w.published(w.alice), w.published(w.alice), w.published(w.alice)
		for i, v := range []Video{second, first, third} {
			r := Like
			if i == 1 {
				r = Dislike
			}
			w.at = w.at.Add(1000)
			w.must(w.videos.Rate(t.Context(), w.bob, ref(v), Credentials{}, r))
		}
		hidden := Private
		w.must(w.videos.Edit(t.Context(), w.alice, ref(third), Patch{Privacy: &hidden}, nil))
		for name, tt := range map[string]struct {
			as     Rating
			oldest bool
			want   []ID
		}{
			"all": {"", false, []ID{first.ID, second.ID}}, "oldest": {"", true, []ID{second.ID, first.ID}}, "likes": {Like, false, []ID{second.ID}},
		} {
			p, ratings, err := w.videos.Rated(t.Context(), w.bob, tt.as, 0, 10, tt.oldest)
			var got []ID
			for _, it := range p.Items {
				got = append(got, it.ID)
			}
			if err != nil || fmt.Sprint(got) != fmt.Sprint(tt.want) || p.Total != len(tt.want) || ratings[second.ID] != Like {
				t.Errorf("%s: got %v of %d %v %v, want %v", name, got, p.Total, ratings, err, tt.want)
			}
		}
		p, _, err := w.videos.Rated(t.Context(), w.bob, "", 0, 0, false)
		if err != nil || p.Total != 2 || len(p.Items) != 0 {
			t.Errorf("the total alone: %+v %v", p, err)
		}
		_, _, err = w.videos.Rated(t.Context(), w.bob, "love", 0, 10, false)
		w.kind(err, fault.Invalid, "no rating")
		_, _, err = w.videos.Rated(t.Context(), w.stranger, "", 0, 10, false)
		w.kind(err, fault.Unauthorized, "a stranger")
	})
}
