package report_test

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"vidiverse/instance/account"
	"vidiverse/instance/comment"
	"vidiverse/instance/db"
	"vidiverse/instance/db/dbtest"
	"vidiverse/instance/fault"
	"vidiverse/instance/job"
	"vidiverse/instance/news"
	"vidiverse/instance/report"
	"vidiverse/instance/user"
	"vidiverse/instance/video"
)

// house is the report service over a real database: alice (10) of this instance
// has video 1 with comment 1; carol (70) is of two.test and has video 2.
type house struct {
	*report.Service
	t  *testing.T
	db *db.DB
	q  *job.Queue
}

func newHouse(t *testing.T, d *db.DB) *house {
	t.Helper()
	base := &url.URL{Scheme: "https", Host: "one.test"}
	err := d.Write(t.Context(), func(tx db.Tx) error {
		for _, q := range []string{
			`INSERT INTO host (id, name, created_at) VALUES (7, 'two.test', 1)`,
			`INSERT INTO actor (id, kind, username, host_id, url, inbox_url, shared_inbox_url, created_at, updated_at) VALUES
			 (10, 2, 'alice', NULL, 'https://one.test/accounts/alice', 'x', 'x', 1, 1), (11, 3, 'sea', NULL, 'https://one.test/video-channels/sea', 'x', 'x', 1, 1),
			 (70, 2, 'carol', 7, 'https://two.test/accounts/carol', 'x', 'x', 1, 1), (71, 3, 'land', 7, 'https://two.test/video-channels/land', 'x', 'x', 1, 1)`,
			`INSERT INTO account (id, actor_id, display_name, created_at, updated_at) VALUES (10, 10, 'Alice', 1, 1), (70, 70, 'Carol', 1, 1)`,
			`INSERT INTO channel (id, actor_id, account_id, display_name, created_at, updated_at) VALUES (11, 11, 10, 'Sea', 1, 1), (71, 71, 70, 'Land', 1, 1)`,
			`INSERT INTO video (id, uuid, url, channel_id, name, privacy, state, created_at, updated_at, published_at) VALUES
			 (1, 'u1', 'https://one.test/videos/watch/u1', 11, 'A walk', 1, 1, 1, 1, 1), (2, 'u2', 'https://two.test/videos/watch/u2', 71, 'A swim', 1, 1, 1, 1, 1)`,
			`INSERT INTO comment (id, url, video_id, account_id, text, created_at, updated_at) VALUES (1, 'https://one.test/c/1', 1, 10, 'hello', 1, 1)`,
		} {
			if _, err := tx.NewRaw(q).Exec(t.Context()); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	q := job.New(d, job.Config{Owner: "test"})
	board := news.New(q)
	board.Hear("listener", job.Options{}, func(context.Context, *job.Job, news.Change) error { return nil }, news.ReportMade, news.ReportChanged, news.ReportMessage)
	videos := video.New(video.Config{DB: d, Jobs: q, PublicURL: base})
	comments := comment.New(comment.Config{DB: d, Jobs: q, Videos: videos, PublicURL: base})
	return &house{t: t, db: d, q: q, Service: report.New(report.Config{DB: d, Videos: videos, Comments: comments, News: board, Now: time.Now})}
}

func (h *house) save(r report.Remote) (id report.ID, created bool, err error) {
	err = h.db.Write(h.t.Context(), func(tx db.Tx) error {
		id, created, err = h.SaveRemote(h.t.Context(), tx, r)
		return err
	})
	return id, created, err
}

// told is how many changes wait for who hears of reports.
func (h *house) told() int {
	h.t.Helper()
	list, _, err := h.q.List(h.t.Context(), job.Filter{Type: "listener", Count: 100})
	if err != nil {
		h.t.Fatal(err)
	}
	return len(list)
}

// A Flag of another server is one report for each thing of ours that it names,
// however often it comes, and nothing else of it is believed.
func TestSaveRemote(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		one, nine := 1, 9
		flag := report.Remote{URL: "https://two.test/admin/abuses/1", Reporter: 70, Reason: "bad\x00" + strings.Repeat("é", 4000), Reasons: []string{"spamOrMisleading", "none", "spamOrMisleading"}}
		ofVideo, ofComment, ofAccount, ofCarol := flag, flag, flag, flag
		ofVideo.Video, ofVideo.StartAt, ofVideo.EndAt = 1, &one, &nine
		ofComment.Comment, ofComment.StartAt = 1, &one
		ofAccount.Account = 10
		ofCarol.Video = 2
		for i, f := range []report.Remote{ofVideo, ofComment, ofAccount} {
			id, created, err := h.save(f)
			if err != nil || !created {
				t.Fatalf("%d: got %v %v", i, created, err)
			}
			again, created, err := h.save(f)
			if err != nil || created || again != id {
				t.Errorf("%d again: got %d %v %v, want %d", i, again, created, err, id)
			}
			r, err := h.Get(t.Context(), d.Read(), id)
			if err != nil || r.Reporter != 70 || r.Flagged != 10 || r.State != report.Pending || len([]rune(r.Reason)) != 3000 || len(r.Reasons) != 1 {
				t.Errorf("%d: got %+v %v", i, r, err)
			}
			if spans := r.StartAt != nil; spans != (i == 0) {
				t.Errorf("%d: got a moment of a video %v", i, r.StartAt)
			}
			if _, err := h.Say(t.Context(), user.Caller{UserID: 1, AccountID: 10}, id, "hello"); fault.KindOf(err) != fault.Invalid {
				t.Errorf("%d: a message to another server: got %v, want invalid", i, err)
			}
		}
		if _, _, err := h.save(ofCarol); fault.KindOf(err) != fault.Forbidden {
			t.Errorf("about another server's video: got %v, want forbidden", err)
		}
		ofVideo.Video = 99
		if _, _, err := h.save(ofVideo); fault.KindOf(err) != fault.NotFound {
			t.Errorf("about nothing: got %v, want not found", err)
		}
		if n := h.told(); n != 3 {
			t.Errorf("told %d times, want 3", n)
		}
	})
}

// One account cannot bury the moderators in reports.
func TestReportsAreBounded(t *testing.T) {
	h := newHouse(t, dbtest.SQLite(t))
	carol := user.Caller{UserID: 7, AccountID: 70}
	d := report.Draft{Reason: "again", Account: account.ID(10)}
	var err error
	n := 0
	for ; n < 1000 && err == nil; n++ {
		_, err = h.Make(t.Context(), carol, d, video.Credentials{})
	}
	if fault.KindOf(err) != fault.TooMany || n != 201 {
		t.Errorf("got %v after %d", err, n)
	}
	if err := h.Update(t.Context(), user.Caller{UserID: 1, Role: user.Moderator}, 1, report.Patch{State: new(report.Rejected)}); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Make(t.Context(), carol, d, video.Credentials{}); err != nil {
		t.Errorf("after one was decided: %v", err)
	}
}
