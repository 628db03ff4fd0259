package news_test

import (
	"context"
	"errors"
	"testing"

	"vidiverse/instance/db"
	"vidiverse/instance/db/dbtest"
	"vidiverse/instance/job"
	"vidiverse/instance/news"
)

// A change is heard by whoever asked for its kind, once it is committed, and not
// at all where the transaction failed.
func TestTell(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		q := job.New(d, job.Config{})
		b := news.New(q)
		heard := make(chan news.Change, 10)
		b.Hear("federate", job.Options{}, func(_ context.Context, _ *job.Job, c news.Change) error {
			heard <- c
			return nil
		}, news.VideoPublished, news.VideoGone)
		b.Hear("notify", job.Options{}, func(context.Context, *job.Job, news.Change) error {
			t.Error("heard what was not asked for")
			return nil
		}, news.FollowReceived)
		tell := func(fail error, c news.Change) {
			err := d.Write(t.Context(), func(tx db.Tx) error {
				if err := b.Tell(t.Context(), tx, c); err != nil {
					return err
				}
				return fail
			})
			if !errors.Is(err, fail) {
				t.Fatal(err)
			}
		}
		failed := errors.New("the change was not made")
		tell(failed, news.Change{What: news.VideoPublished, ID: 1})
		tell(nil, news.Change{What: news.CommentMade, ID: 2})
		tell(nil, news.Change{What: news.VideoPublished, ID: 3, Other: 7})
		if err := d.Write(t.Context(), func(tx db.Tx) error {
			return b.TellGone(t.Context(), tx, news.VideoGone, 3, news.Gone{URL: "https://one.test/v", Actor: 4})
		}); err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- q.Serve(ctx) }()
		first, second := <-heard, <-heard
		stop()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if first.What != news.VideoPublished || first.ID != 3 || first.Other != 7 {
			t.Errorf("first: %+v", first)
		}
		if second.What != news.VideoGone || string(second.Snapshot) != `{"url":"https://one.test/v","actor":4}` {
			t.Errorf("second: %+v", second)
		}
		if len(heard) != 0 {
			t.Errorf("heard more: %+v", <-heard)
		}
	})
}

// Packages are used without listeners too.
func TestNobodyListens(t *testing.T) {
	d := dbtest.SQLite(t)
	var b *news.Board
	if err := d.Write(t.Context(), func(tx db.Tx) error {
		return b.Tell(t.Context(), tx, news.Change{What: news.ActorGone})
	}); err != nil {
		t.Fatal(err)
	}
}
