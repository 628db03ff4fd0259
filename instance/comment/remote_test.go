package comment

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"vidiverse/instance/account"
	"vidiverse/instance/db"
	"vidiverse/instance/db/dbtest"
	"vidiverse/instance/fault"
	"vidiverse/instance/news"
	"vidiverse/instance/video"
)

// A comment from elsewhere is one row however often it is told, keeps its author
// and place, and once deleted never returns.
func TestSaveRemote(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		v := w.video(video.CommentsEnabled, video.Public)
		root := w.add(w.alice, v, 0, "root")
		r := Remote{URL: "https://two.test/c/1", Video: w.id(v), Parent: root.ID, Text: "<p>hello</p>", Published: time.UnixMilli(1000)}
		w.news()
		id, created, err := w.save(r)
		if err != nil || !created {
			t.Fatal(id, created, err)
		}
		w.wantNews(line(news.CommentMade, id))
		r.Text, r.Approval = "<p>hello again</p>", "https://two.test/approved"
		again, created, err := w.save(r)
		if err != nil || created || again != id {
			t.Fatalf("again: %d %v %v", again, created, err)
		}
		w.wantNews()
		c, err := w.comments.Get(t.Context(), w.db.Read(), id)
		if err != nil || c.Text != "<p>hello again</p>" || c.Thread != root.ID || c.Parent != root.ID || !c.CreatedAt.Equal(r.Published.UTC()) || c.Approval != r.Approval {
			t.Errorf("kept: %+v %v", c, err)
		}
		if n := w.counted(v); n != 2 {
			t.Errorf("counted %d, want 2", n)
		}
		w.write(func(tx db.Tx) error { return w.comments.RemoveRemote(t.Context(), tx, id) })
		w.write(func(tx db.Tx) error { return w.comments.RemoveRemote(t.Context(), tx, id) })
		if _, created, err := w.save(r); err != nil || created {
			t.Errorf("late: %v %v", created, err)
		}
		if c, err := w.comments.ByURL(t.Context(), w.db.Read(), r.URL); err != nil || !c.Deleted() || c.Text != "" || w.counted(v) != 1 {
			t.Errorf("deleted: %+v %v, counted %d", c, err, w.counted(v))
		}
		w.wantNews()
		tomb, _, err := w.save(Remote{URL: "https://two.test/c/2", Video: w.id(v), DeletedAt: time.UnixMilli(5000)})
		w.must(err)
		if _, _, err := w.save(Remote{URL: "https://two.test/c/3", Video: w.id(v), Parent: tomb, Text: "to a grave"}); err != nil {
			t.Error(err)
		}
		if n := w.counted(v); n != 2 {
			t.Errorf("counted %d, want 2", n)
		}
	})
}

// What another server says changes nothing that was said here, or by others.
func TestRemoteTakesNothingOver(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	v, quiet := w.video(video.CommentsEnabled, video.Public), w.video(video.CommentsDisabled, video.Public)
	own := w.add(w.bob, v, 0, "mine")
	_, _, err := w.save(Remote{URL: "https://two.test/c/1", Video: w.id(v), Text: "hers"})
	w.must(err)
	far := w.add(w.bob, video.Ref(w.farUUID), 0, "far")
	for name, tt := range map[string]struct {
		r    Remote
		want fault.Kind
	}{
		"a comment of ours":       {Remote{URL: own.URL, Video: w.id(v), Text: "stolen"}, fault.Forbidden},
		"its deletion":            {Remote{URL: own.URL, Video: w.id(v), DeletedAt: time.UnixMilli(1)}, fault.Forbidden},
		"another author":          {Remote{URL: "https://two.test/c/1", Video: w.id(v), Account: account.ID(w.bob.AccountID), Text: "x"}, fault.Forbidden},
		"another video":           {Remote{URL: "https://two.test/c/1", Video: w.far, Text: "x"}, fault.Forbidden},
		"comments are off":        {Remote{URL: "https://two.test/c/2", Video: w.id(quiet), Text: "x"}, fault.Forbidden},
		"a parent elsewhere":      {Remote{URL: "https://two.test/c/3", Video: w.id(v), Parent: far.ID, Text: "x"}, fault.Invalid},
		"no parent":               {Remote{URL: "https://two.test/c/3", Video: w.id(v), Parent: 12345, Text: "x"}, fault.NotFound},
		"no video":                {Remote{URL: "https://two.test/c/3", Video: 12345, Text: "x"}, fault.NotFound},
		"no address":              {Remote{Video: w.id(v), Text: "x"}, fault.Invalid},
		"an endless text":         {Remote{URL: "https://two.test/c/3", Video: w.id(v), Text: strings.Repeat("x", 100_001)}, fault.Invalid},
		"what PostgreSQL refuses": {Remote{URL: "https://two.test/c/3", Video: w.id(v), Text: "\x00"}, fault.Invalid},
	} {
		if _, _, err := w.save(tt.r); fault.KindOf(err) != tt.want {
			t.Errorf("%s: got %v, want %v", name, err, tt.want)
		}
	}
	if _, _, err := w.save(Remote{URL: own.URL, Video: w.id(v), Account: own.Account, Text: "forwarded, and changed"}); err != nil {
		t.Errorf("what we said comes back: %v", err)
	}
	if c, err := w.comments.Get(t.Context(), w.db.Read(), own.ID); err != nil || c.Text != "mine" || c.Deleted() {
		t.Errorf("now: %+v %v", c, err)
	}
}

// What we say under a video elsewhere waits where its owner wants that, until they
// approve it.
func TestApproved(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	w.exec("UPDATE video SET comments_policy = 3 WHERE id = 900")
	far := video.Ref(w.farUUID)
	c := w.add(w.mod, far, 0, "may I?")
	w.wantNews(line(news.CommentHeld, c.ID))
	if !c.Held || w.counted(far) != 0 {
		t.Errorf("made: %+v", c)
	}
	if err := w.comments.Approve(t.Context(), w.root, far, c.ID); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("we approve: %v", err)
	}
	approve := func(id ID) error {
		return w.db.Write(t.Context(), func(tx db.Tx) error { return w.comments.Approved(t.Context(), tx, id, "https://two.test/a") })
	}
	w.must(approve(c.ID))
	w.wantNews(line(news.CommentApproved, c.ID))
	w.must(approve(c.ID))
	w.wantNews()
	if got, err := w.comments.Get(t.Context(), w.db.Read(), c.ID); err != nil || got.Held || got.Approval != "https://two.test/a" || w.counted(far) != 1 {
		t.Errorf("approved: %+v %v", got, err)
	}
	w.news()
	id, _, err := w.save(Remote{URL: "https://two.test/c/1", Video: w.far, Text: "hers"})
	w.must(err)
	_, _, err = w.save(Remote{URL: "https://two.test/c/2", Video: w.far, Text: "hers, long ago", Published: w.at.Add(-25 * time.Hour)})
	w.must(err)
	w.wantNews(line(news.CommentMade, id))
	if got, err := w.comments.Get(t.Context(), w.db.Read(), id); err != nil || got.Held {
		t.Errorf("what the origin shows is held: %+v %v", got, err)
	}
	here := w.add(w.bob, w.video(video.CommentsApproval, video.Public), 0, "x")
	if err := approve(here.ID); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("somebody else approves for our video: %v", err)
	}
}

// Those who heard of a comment hear that it is gone, and who asked hears an answer.
func TestWhoHears(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		v, far := w.video(video.CommentsEnabled, video.Public), video.Ref(w.farUUID)
		actorOf := func(id int64) int64 { return w.number("SELECT actor_id FROM account WHERE id = ?", id) }
		alice, bob, carol := actorOf(w.alice.AccountID), actorOf(w.bob.AccountID), int64(70)
		root, _, err := w.save(Remote{URL: "https://two.test/c/1", Video: w.id(v), Text: "hers"})
		w.must(err)
		reply := w.add(w.bob, v, root, "reply")
		w.exec("INSERT INTO video_share (video_id, actor_id, url, created_at, updated_at) VALUES (?, 71, 'https://two.test/s', 1, 1)", int64(w.id(v)))
		there := w.add(w.bob, far, 0, "there")
		held := w.add(w.bob, w.video(video.CommentsApproval, video.Public), 0, "held")
		w.news()
		gone := func(v video.Ref, id ID) (was news.Gone) {
			t.Helper()
			w.must(w.comments.Delete(t.Context(), w.mod, v, id))
			list := w.news()
			if len(list) == 1 && list[0].What == news.CommentGone {
				w.must(json.Unmarshal(list[0].Snapshot, &was))
			}
			return was
		}
		ours := gone(v, reply.ID)
		if ours.Actor != bob || ours.URL != reply.URL || ours.Type != "Note" || fmt.Sprint(ours.To) != fmt.Sprint([]int64{carol}) ||
			len(ours.Via) != 2 || ours.Via[0]+ours.Via[1] != alice+71 {
			t.Errorf("a reply here: %+v", ours)
		}
		if hers := gone(v, root); hers.Actor != alice || fmt.Sprint(hers.To) != fmt.Sprint([]int64{carol}) {
			t.Errorf("a remote comment here: %+v", hers)
		}
		if elsewhere := gone(far, there.ID); elsewhere.Actor != bob || fmt.Sprint(elsewhere.To) != fmt.Sprint([]int64{carol}) || len(elsewhere.Via) != 0 {
			t.Errorf("ours elsewhere: %+v", elsewhere)
		}
		w.must(w.comments.Delete(t.Context(), w.mod, w.ref(held.Video), held.ID))
		w.wantNews()
		private := w.video(video.CommentsEnabled, video.Private)
		secret := w.add(w.alice, private, 0, "secret")
		w.news()
		w.must(w.comments.Delete(t.Context(), w.alice, private, secret.ID))
		w.wantNews()
		hers, _, err := w.save(Remote{URL: "https://two.test/c/9", Video: w.far, Text: "hers, there"})
		w.must(err)
		w.news()
		w.must(w.comments.Delete(t.Context(), w.mod, far, hers))
		w.wantNews()
	})
}

// A crawl that no longer finds a comment removes it, and none of ours.
func TestDropUnseen(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	far := video.Ref(w.farUUID)
	old, _, err := w.save(Remote{URL: "https://two.test/c/1", Video: w.far, Text: "old"})
	w.must(err)
	seen, _, err := w.save(Remote{URL: "https://two.test/c/2", Video: w.far, Text: "seen"})
	w.must(err)
	w.add(w.bob, far, 0, "ours")
	since := w.comments.Now()
	_, _, err = w.save(Remote{URL: "https://two.test/c/2", Video: w.far, Text: "seen"})
	w.must(err)
	n := 0
	w.write(func(tx db.Tx) (err error) {
		n, err = w.comments.DropUnseen(t.Context(), tx, w.far, since)
		return err
	})
	if n != 1 || w.counted(far) != 2 {
		t.Errorf("dropped %d, %d are left", n, w.counted(far))
	}
	for id, want := range map[ID]bool{old: true, seen: false} {
		if c, err := w.comments.Get(t.Context(), w.db.Read(), id); err != nil || c.Deleted() != want {
			t.Errorf("%s: %+v %v", c.URL, c, err)
		}
	}
}
