package comment

import (
	"strings"
	"testing"

	"vidiverse/instance/account"
	"vidiverse/instance/db"
	"vidiverse/instance/db/dbtest"
	"vidiverse/instance/fault"
	"vidiverse/instance/news"
	"vidiverse/instance/user"
	"vidiverse/instance/video"
)

// A conversation is shown as it was held: threads in the order asked for, replies
// below what they reply to, and a deleted comment as the place it had.
func TestThreads(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		v := w.video(video.CommentsEnabled, video.Public)
		first := w.add(w.bob, v, 0, "first")
		second := w.add(w.bob, v, 0, "second")
		reply := w.add(w.alice, v, first.ID, "reply")
		deeper := w.add(w.bob, v, reply.ID, "deeper")
		if want := "https://one.test/videos/watch/" + string(v) + "/comments/"; !strings.HasPrefix(first.URL, want) {
			t.Errorf("address %s, want %s…", first.URL, want)
		}
		if deeper.Thread != first.ID || deeper.Parent != reply.ID || first.Thread != first.ID {
			t.Errorf("places: %+v, %+v", first, deeper)
		}
		if n := w.counted(v); n != 4 {
			t.Errorf("the video counts %d comments, want 4", n)
		}
		p := w.threads(w.stranger, v, "")
		if p.Total != 2 || p.NotDeleted != 4 || p.Threads[0].ID != second.ID || p.Threads[1].Replies != 2 || p.Threads[1].OwnerReplies != 1 {
			t.Errorf("newest first: %+v", p)
		}
		if p := w.threads(w.stranger, v, "-totalReplies"); p.Threads[0].ID != first.ID {
			t.Errorf("most replies first: %+v", p)
		}
		tree := w.thread(w.stranger, v, first.ID)
		if tree.Text != "first" || len(tree.Children) != 1 || tree.Children[0].Text != "reply" || tree.Children[0].Replies != 1 ||
			len(tree.Children[0].Children) != 1 || tree.Children[0].Children[0].Text != "deeper" {
			t.Errorf("tree: %+v", tree)
		}
		w.must(w.comments.Delete(t.Context(), w.bob, v, first.ID))
		p = w.threads(w.stranger, v, "createdAt")
		gone := p.Threads[0]
		if p.Total != 2 || p.NotDeleted != 3 || !gone.Deleted() || gone.Text != "" || gone.Account != 0 || gone.Replies != 2 {
			t.Errorf("with a deleted one: %+v", p)
		}
		if tree := w.thread(w.stranger, v, first.ID); !tree.Deleted() || len(tree.Children) != 1 {
			t.Errorf("tree of a deleted one: %+v", tree)
		}
		if n := w.counted(v); n != 3 {
			t.Errorf("the video counts %d comments, want 3", n)
		}
	})
}

// Nobody speaks where they may not look, or where nobody is to speak.
func TestWhoMayAdd(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	open, private, quiet := w.video(video.CommentsEnabled, video.Public), w.video(video.CommentsEnabled, video.Private), w.video(video.CommentsDisabled, video.Public)
	other := w.add(w.bob, open, 0, "elsewhere")
	for name, tt := range map[string]struct {
		c      user.Caller
		v      video.Ref
		parent ID
		text   string
		want   fault.Kind
	}{
		"a stranger":           {w.stranger, open, 0, "x", fault.Unauthorized},
		"a private video":      {w.bob, private, 0, "x", fault.Forbidden},
		"comments are off":     {w.bob, quiet, 0, "x", fault.Conflict},
		"off for the owner":    {w.alice, quiet, 0, "x", fault.Conflict},
		"nothing to say":       {w.bob, open, 0, "", fault.Invalid},
		"too much to say":      {w.bob, open, 0, strings.Repeat("x", 10_001), fault.Invalid},
		"NUL":                  {w.bob, open, 0, "a\x00b", fault.Invalid},
		"no such comment":      {w.bob, open, 9999, "x", fault.NotFound},
		"of another video":     {w.alice, private, other.ID, "x", fault.Invalid},
		"no such video":        {w.bob, "99999", 0, "x", fault.NotFound},
		"nothing of its forms": {w.bob, "1 OR 1=1", 0, "x", fault.Invalid},
	} {
		if _, err := w.comments.Add(t.Context(), tt.c, tt.v, video.Credentials{}, tt.parent, tt.text); fault.KindOf(err) != tt.want || err == nil {
			t.Errorf("%s: got %v, want %v", name, err, tt.want)
		}
	}
	if p := w.threads(w.stranger, quiet, ""); p.Total != 0 {
		t.Errorf("comments are off: %+v", p)
	}
	w.add(w.bob, open, 0, strings.Repeat("ü", 10_000))
}

// Only the author, the owner of the video and moderators delete a comment, once.
func TestWhoMayDelete(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		v := w.video(video.CommentsEnabled, video.Public)
		far := video.Ref(w.farUUID)
		for name, tt := range map[string]struct {
			v      video.Ref
			by, of user.Caller
			may    bool
		}{
			"a stranger": {v, w.stranger, w.bob, false}, "the author": {v, w.bob, w.bob, true}, "the owner": {v, w.alice, w.bob, true},
			"a moderator": {v, w.mod, w.bob, true}, "somebody else": {v, w.bob, w.alice, false},
			"the author, far": {far, w.bob, w.bob, true}, "somebody else, far": {far, w.alice, w.bob, false}, "a moderator, far": {far, w.mod, w.bob, true},
		} {
			c := w.add(tt.of, tt.v, 0, name)
			err := w.comments.Delete(t.Context(), tt.by, tt.v, c.ID)
			if tt.may && err != nil || !tt.may && fault.KindOf(err) != fault.Forbidden {
				t.Errorf("%s: got %v", name, err)
			}
			if tt.may {
				if err := w.comments.Delete(t.Context(), tt.by, tt.v, c.ID); fault.KindOf(err) != fault.Conflict {
					t.Errorf("%s, again: got %v, want a conflict", name, err)
				}
			}
		}
		c := w.add(w.bob, v, 0, "x")
		if err := w.comments.Delete(t.Context(), w.bob, far, c.ID); fault.KindOf(err) != fault.Invalid {
			t.Errorf("by the way of another video: got %v", err)
		}
	})
}

// A comment that waits for approval is seen by who wrote it, the owner and
// moderators alone, and counts once it is approved.
func TestApproval(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		v := w.video(video.CommentsApproval, video.Public)
		held := w.add(w.bob, v, 0, "may I?")
		if !held.Held || w.add(w.alice, v, 0, "mine").Held || w.add(w.mod, v, 0, "mod").Held {
			t.Error("comments of others are held, those of owner and moderators are not")
		}
		far, _, err := w.save(Remote{URL: "https://two.test/c/1", Video: w.id(v), Text: "far"})
		w.must(err)
		for name, tt := range map[string]struct {
			c    user.Caller
			sees int
		}{"a stranger": {w.stranger, 2}, "the author": {w.bob, 3}, "the owner": {w.alice, 4}, "a moderator": {w.mod, 4}} {
			if p := w.threads(tt.c, v, ""); len(p.Threads) != tt.sees || p.Total != tt.sees || p.NotDeleted != tt.sees {
				t.Errorf("%s sees %+v, want %d", name, p, tt.sees)
			}
		}
		if n := w.counted(v); n != 2 {
			t.Errorf("the video counts %d, want 2", n)
		}
		urls, total, err := w.comments.URLs(t.Context(), w.id(v), 0, 10)
		if err != nil || len(urls) != 2 || total != 2 {
			t.Errorf("other servers hear of %v", urls)
		}
		for name, c := range map[string]user.Caller{"the author": w.bob, "a stranger": w.stranger} {
			if err := w.comments.Approve(t.Context(), c, v, held.ID); fault.KindOf(err) != fault.Forbidden {
				t.Errorf("%s approves: got %v", name, err)
			}
		}
		w.news()
		w.must(w.comments.Approve(t.Context(), w.alice, v, held.ID))
		w.must(w.comments.Approve(t.Context(), w.mod, v, far))
		w.wantNews(line(news.CommentApproved, held.ID), line(news.CommentApproved, far))
		if err := w.comments.Approve(t.Context(), w.alice, v, held.ID); fault.KindOf(err) != fault.Invalid {
			t.Errorf("again: got %v", err)
		}
		if p := w.threads(w.stranger, v, ""); p.Total != 4 || w.counted(v) != 4 {
			t.Errorf("approved: %+v", p)
		}
	})
}

// Whom the viewer, the owner of the video or the instance muted is not heard.
func TestMuted(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		v := w.video(video.CommentsEnabled, video.Public)
		root := w.add(w.mod, v, 0, "thread")
		w.add(w.bob, v, root.ID, "bob")
		_, _, err := w.save(Remote{URL: "https://two.test/c/1", Video: w.id(v), Parent: root.ID, Text: "carol"})
		w.must(err)
		all := func(name string, c user.Caller, want int) {
			t.Helper()
			tree := w.thread(c, v, root.ID)
			if len(tree.Children) != want || tree.Replies != want {
				t.Errorf("%s: got %d replies, counted %d, want %d", name, len(tree.Children), tree.Replies, want)
			}
		}
		instance := w.number("SELECT a.id FROM account a JOIN actor t ON t.id = a.actor_id WHERE t.username = 'peertube'")
		all("nobody muted", w.root, 2)
		w.exec("INSERT INTO account_block (account_id, target_id, created_at) VALUES (?, ?, 1)", w.root.AccountID, w.bob.AccountID)
		all("the viewer muted bob", w.root, 1)
		all("for others", w.stranger, 2)
		w.exec("INSERT INTO host_block (account_id, host_id, created_at) VALUES (?, 7, 1)", w.alice.AccountID)
		all("the owner muted two.test", w.stranger, 1)
		all("both", w.root, 0)
		w.exec("DELETE FROM host_block")
		w.exec("INSERT INTO account_block (account_id, target_id, created_at) VALUES (?, ?, 1)", instance, int64(w.carol))
		all("the instance muted carol", w.stranger, 1)
		if urls, _, err := w.comments.URLs(t.Context(), w.id(v), 0, 10); err != nil || len(urls) != 2 {
			t.Errorf("addresses: %v %v", urls, err)
		}
		list, total, err := w.comments.All(t.Context(), w.mod, Filter{Query: Query{Count: 10}})
		if err != nil || total != 2 || len(list) != 2 {
			t.Errorf("moderators: %v %v", list, err)
		}
		list, _, err = w.comments.All(t.Context(), w.mod, Filter{Query: Query{Count: 10}, Muted: true})
		if err != nil || len(list) != 3 {
			t.Errorf("moderators, muted too: %v %v", list, err)
		}
	})
}

// Lists of moderators and owners find what they look for and nothing of others.
func TestLists(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		v, approved := w.video(video.CommentsEnabled, video.Public), w.video(video.CommentsApproval, video.Public)
		w.add(w.bob, v, 0, "Straße 100%")
		w.add(w.bob, approved, 0, "held")
		w.add(w.bob, video.Ref(w.farUUID), 0, "to carol")
		_, _, err := w.save(Remote{URL: "https://two.test/c/1", Video: w.id(v), Text: "from afar"})
		w.must(err)
		gone := w.add(w.bob, v, 0, "gone")
		w.must(w.comments.Delete(t.Context(), w.bob, v, gone.ID))
		yes, no := true, false
		for name, tt := range map[string]struct {
			f    Filter
			want string
		}{
			"all":           {Filter{}, "from afar,to carol,held,Straße 100%"},
			"oldest first":  {Filter{Query: Query{Sort: "createdAt"}}, "Straße 100%,held,to carol,from afar"},
			"search":        {Filter{Search: "0%"}, "Straße 100%"},
			"search people": {Filter{SearchAccount: "CAROL"}, "from afar"},
			"search videos": {Filter{SearchVideo: "far"}, "to carol"},
			"of a video":    {Filter{Video: v}, "from afar,Straße 100%"},
			"local people":  {Filter{Local: &yes}, "to carol,held,Straße 100%"},
			"remote people": {Filter{Local: &no}, "from afar"},
			"remote videos": {Filter{OnLocalVideo: &no}, "to carol"},
			"held":          {Filter{Held: &yes}, "held"},
			"a channel":     {Filter{Channel: 71}, "to carol"},
			"tagged":        {Filter{Tagged: true}, ""},
		} {
			tt.f.Count = 10
			list, total, err := w.comments.All(t.Context(), w.mod, tt.f)
			var texts []string
			for _, l := range list {
				texts = append(texts, l.Text)
			}
			if got := strings.Join(texts, ","); err != nil || got != tt.want || total != len(list) {
				t.Errorf("%s: got %q of %d %v, want %q", name, got, total, err, tt.want)
			}
		}
		if _, _, err := w.comments.All(t.Context(), w.alice, Filter{}); fault.KindOf(err) != fault.Forbidden {
			t.Errorf("all comments, for a user: %v", err)
		}
		own, total, err := w.comments.OnOwn(t.Context(), w.alice, Filter{Query: Query{Count: 10}})
		if err != nil || total != 3 || own[0].VideoUUID != string(v) || own[0].VideoName != "A walk" {
			t.Errorf("alice's: %+v %v", own, err)
		}
		if _, total, err := w.comments.OnOwn(t.Context(), w.bob, Filter{Query: Query{Count: 10}}); err != nil || total != 0 {
			t.Errorf("bob's: %d %v", total, err)
		}
		for name, f := range map[string]Filter{"video": {Video: v}, "channel": {Channel: 71}} {
			if _, _, err := w.comments.OnOwn(t.Context(), w.bob, f); fault.KindOf(err) != fault.Forbidden {
				t.Errorf("bob lists another's %s: %v", name, err)
			}
		}
	})
}

// What may be asked for is bounded, and an order is one of the known ones.
func TestListBounds(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	v := w.video(video.CommentsEnabled, video.Public)
	w.add(w.bob, v, 0, "x")
	for name, q := range map[string]Query{
		"count": {Count: 101}, "no count": {Count: -1}, "start": {Start: 1<<31 + 1}, "sort": {Sort: "c.id; DROP TABLE comment"}, "sort by hidden": {Sort: "text"},
	} {
		if _, err := w.comments.Threads(t.Context(), w.stranger, v, video.Credentials{}, q); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: got %v", name, err)
		}
		if _, _, err := w.comments.All(t.Context(), w.mod, Filter{Query: q}); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s of all: got %v", name, err)
		}
	}
	p, err := w.comments.Threads(t.Context(), w.stranger, v, video.Credentials{}, Query{})
	if err != nil || p.Total != 1 || len(p.Threads) != 0 {
		t.Errorf("count 0 is the total alone: %+v %v", p, err)
	}
	if p, err := w.comments.Threads(t.Context(), w.stranger, v, video.Credentials{}, Query{Count: 100, Start: 1 << 31}); err != nil || len(p.Threads) != 0 {
		t.Errorf("far beyond the end: %+v %v", p, err)
	}
	for name, f := range map[string]Filter{"long": {Search: strings.Repeat("x", 1001)}, "NUL": {SearchVideo: "\x00"}, "no UTF-8": {SearchAccount: "\xff"}} {
		if _, _, err := w.comments.All(t.Context(), w.mod, f); fault.KindOf(err) != fault.Invalid {
			t.Errorf("search %s: got %v", name, err)
		}
	}
	if _, total, err := w.comments.All(t.Context(), w.mod, Filter{Query: Query{Count: 5}, Search: "%_!' OR 1=1 --"}); err != nil || total != 0 {
		t.Errorf("signs of patterns are letters: %d %v", total, err)
	}
}

// All that somebody said goes at once, where the caller may say so.
func TestRemoveOf(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		v, far := w.video(video.CommentsEnabled, video.Public), video.Ref(w.farUUID)
		for range 60 {
			w.add(w.bob, v, 0, "spam")
		}
		kept := w.add(w.alice, v, 0, "kept")
		w.add(w.bob, far, 0, "spam")
		bob := account.ID(w.bob.AccountID)
		run := func(c user.Caller, scope Scope, want fault.Kind) {
			t.Helper()
			err := w.comments.RemoveOf(t.Context(), c, bob, scope)
			if want != fault.Internal || err != nil {
				if fault.KindOf(err) != want {
					t.Errorf("%s: got %v, want %v", scope, err, want)
				}
				return
			}
			w.finish()
		}
		run(w.alice, OnThisInstance, fault.Forbidden)
		run(w.stranger, OnMyVideos, fault.Unauthorized)
		run(w.mod, "everything", fault.Invalid)
		run(w.alice, OnMyVideos, fault.Internal)
		if p := w.threads(w.stranger, v, ""); p.NotDeleted != 1 || w.counted(v) != 1 {
			t.Errorf("under alice's video: %d, counted %d", p.NotDeleted, w.counted(v))
		}
		if n := w.counted(far); n != 1 {
			t.Errorf("elsewhere: %d, want 1", n)
		}
		run(w.mod, OnThisInstance, fault.Internal)
		if n := w.counted(far); n != 0 {
			t.Errorf("elsewhere: %d, want 0", n)
		}
		w.news()
		w.write(func(tx db.Tx) error { return w.comments.RemoveOfAccount(t.Context(), tx, kept.Account) })
		if p := w.threads(w.stranger, v, ""); p.NotDeleted != 0 || w.counted(v) != 0 || len(w.news()) != 0 {
			t.Errorf("of a deleted account: %d, counted %d", p.NotDeleted, w.counted(v))
		}
	})
}
