package actor_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"vidiverse/instance/actor"
	"vidiverse/instance/db"
	"vidiverse/instance/db/dbtest"
	"vidiverse/instance/news"
)

// A follow of ours is sent again after a week, a hundred in a run; one of
// theirs never.
func TestResendFollows(t *testing.T) {
	w := newTown(t, dbtest.SQLite(t), actor.Rules{})
	ctx := t.Context()
	w.write(func(tx db.Tx) error {
		if _, err := w.s.ReceiveFollow(ctx, tx, w.far[0], w.me, "https://two.test/f", true); err != nil {
			return err
		}
		_, err := w.s.Ask(ctx, tx, w.me, w.far[0])
		return err
	})
	for i := range 120 {
		far := w.remote("four.test", fmt.Sprintf("p%d", i))
		w.write(func(tx db.Tx) error { _, err := w.s.Ask(ctx, tx, w.ours[1], far); return err })
	}
	w.heard()
	for _, run := range []struct {
		after time.Duration
		want  int
	}{{6 * 24 * time.Hour, 0}, {25 * time.Hour, 100}, {0, 21}, {0, 0}} {
		w.now = w.now.Add(run.after)
		w.must(w.s.ResendFollows(ctx))
		if got := w.heard(); len(got) != run.want || len(got) > 0 && got[0].What != news.FollowAsked {
			t.Errorf("after %v: %d were sent, want %d", run.after, len(got), run.want)
		}
	}
}

// A server that takes nothing for a week is forgotten; one that takes some is not.
func TestScores(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d, actor.Rules{})
		ctx := t.Context()
		w.write(func(tx db.Tx) error {
			for _, a := range w.far {
				if _, err := w.s.ReceiveFollow(ctx, tx, a, w.me, a.URL+"/f", true); err != nil {
					return err
				}
			}
			return nil
		})
		run := func(hosts map[string][]bool) {
			w.write(func(tx db.Tx) error {
				for host, results := range hosts {
					for _, ok := range results {
						if err := w.s.ScoreHost(ctx, tx, host, ok); err != nil {
							return err
						}
					}
				}
				return nil
			})
			w.must(w.s.UpdateScores(ctx))
		}
		score := func(a actor.Actor) int {
			f, err := w.s.FollowByPair(ctx, d.Read(), a.ID, w.me.ID)
			w.must(err)
			return f.Score
		}
		run(map[string][]bool{"two.test": {true, true}, "three.test": {true, false}})
		if a, b := score(w.far[0]), score(w.far[2]); a != 6000 || b != 5000 {
			t.Errorf("got %d and %d, want 6000 and 5000", a, b)
		}
		for range 6 {
			run(map[string][]bool{"two.test": {true}})
		}
		if got := score(w.far[1]); got != 10_000 {
			t.Errorf("got %d, want the top", got)
		}
		for range 4 {
			run(map[string][]bool{"three.test": {false, false}})
		}
		if got := score(w.far[2]); got != 1000 {
			t.Errorf("got %d, want 1000", got)
		}
		run(nil) // nothing was sent: nothing changes
		boxes, err := w.s.FollowerInboxes(ctx, d.Read(), []actor.ID{w.me.ID}, "")
		if err != nil || !slices.Equal(boxes, []actor.Inbox{{URL: "https://three.test/inbox", Host: "three.test"}, {URL: "https://two.test/inbox", Host: "two.test"}}) {
			t.Errorf("inboxes: %v %v", boxes, err)
		}
		run(map[string][]bool{"three.test": {false}})
		boxes, err = w.s.FollowerInboxes(ctx, d.Read(), []actor.ID{w.me.ID}, "")
		if err != nil || !slices.Equal(boxes, []actor.Inbox{{URL: "https://two.test/inbox", Host: "two.test"}}) {
			t.Errorf("inboxes: %v %v", boxes, err)
		}
		if boxes, err = w.s.FollowerInboxes(ctx, d.Read(), []actor.ID{w.me.ID}, "two.test"); err != nil || len(boxes) != 0 {
			t.Errorf("but for the sender's: %v %v", boxes, err)
		}
		w.try(w.checkCounters)
	})
}

// Whom we follow loses its score while its server does not answer.
func TestScoresOfSources(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d, actor.Rules{})
		var f actor.Follow
		w.write(func(tx db.Tx) (err error) { f, err = w.s.Ask(t.Context(), tx, w.ours[1], w.far[1]); return err })
		for _, step := range []struct {
			answers []bool
			want    int
		}{{[]bool{true, true}, 6000}, {nil, 6000}, {[]bool{true, false}, 6000}, {[]bool{false, false}, 5000}} {
			for _, ok := range step.answers {
				w.s.ScoreSource("two.test", ok)
			}
			w.must(w.s.UpdateScores(t.Context()))
			got, err := w.s.FollowByID(t.Context(), d.Read(), f.ID)
			if err != nil || got.Score != step.want {
				t.Errorf("after %v: got %d %v, want %d", step.answers, got.Score, err, step.want)
			}
		}
	})
}
