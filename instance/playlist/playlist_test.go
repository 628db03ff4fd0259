package playlist

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"vidiverse/instance/account"
	"vidiverse/instance/channel"
	"vidiverse/instance/db"
	"vidiverse/instance/db/dbtest"
	"vidiverse/instance/fault"
	"vidiverse/instance/job"
	"vidiverse/instance/news"
	"vidiverse/instance/stream"
	"vidiverse/instance/user"
	"vidiverse/instance/video"
)

// A playlist keeps its videos in the order its owner gives them.
func TestElements(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		var v []video.Video
		for range 5 {
			v = append(v, w.video(w.alice, video.Public))
		}
		p := w.public("walks", v...)
		want := func(name string, places ...int) {
			t.Helper()
			var ids []video.ID
			for _, i := range places {
				ids = append(ids, v[i].ID)
			}
			if got := w.order(w.stranger, p); !reflect.DeepEqual(got, ids) {
				t.Errorf("%s: got %v, want %v", name, got, ids)
			}
		}
		move := func(start, after, length int) {
			t.Helper()
			w.must(w.playlists.Reorder(t.Context(), w.alice, p.ref(), Move{start, after, length}))
		}
		want("as added", 0, 1, 2, 3, 4)
		move(1, 5, 0)
		want("the first to the end", 1, 2, 3, 4, 0)
		move(4, 0, 2)
		want("the last two to the beginning", 4, 0, 1, 2, 3)
		move(2, 2, 1)
		move(2, 1, 3)
		want("to where they are", 4, 0, 1, 2, 3)
		move(2, 4, 2)
		want("two further down", 4, 2, 0, 1, 3)
		list, n, err := w.playlists.Elements(t.Context(), w.stranger, p.ref(), 1, 2)
		if err != nil || n != 5 || len(list) != 2 || list[0].Video.ID != v[2].ID {
			t.Errorf("a page: %+v of %d %v", list, n, err)
		}
		w.must(w.playlists.RemoveElement(t.Context(), w.alice, p.ref(), list[0].ID))
		want("without the second", 4, 0, 1, 3)
		start, stop := at(7), at(9)
		w.must(w.playlists.UpdateElement(t.Context(), w.alice, p.ref(), list[1].ID, &start, &stop))
		start = nil
		w.must(w.playlists.UpdateElement(t.Context(), w.alice, p.ref(), list[1].ID, &start, nil))
		list, _, err = w.playlists.Elements(t.Context(), w.stranger, p.ref(), 1, 1)
		if err != nil || list[0].Start != nil || *list[0].Stop != 9 {
			t.Errorf("times: %+v %v", list, err)
		}
		if got := w.get(p); got.Length != 4 || !got.UpdatedAt.After(got.CreatedAt) {
			t.Errorf("playlist: %+v", got)
		}
	})
}

// at is a pointer to a number.
func at(n int) *int { return &n }

// What makes no sense changes nothing.
func TestRefusals(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	v := w.video(w.alice, video.Public)
	p, other := w.public("walks", v, v), w.public("other", v)
	e, _, err := w.playlists.Elements(t.Context(), w.alice, other.ref(), 0, 1)
	w.must(err)
	watch, err := w.watchLater(w.alice)
	w.must(err)
	create := func(d Draft) error {
		_, err := w.playlists.Create(t.Context(), w.alice, d, nil)
		return err
	}
	add := func(r video.Ref, start *int) error {
		_, err := w.playlists.AddVideo(t.Context(), w.alice, p.ref(), r, start, nil)
		return err
	}
	reorder := func(m Move) error { return w.playlists.Reorder(t.Context(), w.alice, p.ref(), m) }
	private, unnamed := Private, ""
	for name, tt := range map[string]struct {
		err  error
		want fault.Kind
	}{
		"no name":               {create(Draft{}), fault.Invalid},
		"a long name":           {create(Draft{Name: strings.Repeat("x", 121)}), fault.Invalid},
		"a short description":   {create(Draft{Name: "x", Description: "ab"}), fault.Invalid},
		"a privacy":             {create(Draft{Name: "x", Privacy: 4}), fault.Invalid},
		"public in no channel":  {create(Draft{Name: "x", Privacy: Public}), fault.Invalid},
		"unlisted, likewise":    {create(Draft{Name: "x", Privacy: Unlisted}), fault.Invalid},
		"bob's channel":         {create(Draft{Name: "x", Privacy: Public, Channel: w.channelOf("bob_channel")}), fault.Forbidden},
		"carol's channel":       {create(Draft{Name: "x", Privacy: Public, Channel: w.far}), fault.Forbidden},
		"no channel of ours":    {create(Draft{Name: "x", Channel: 12345}), fault.NotFound},
		"no video":              {add("12345", nil), fault.NotFound},
		"nothing like a video":  {add("x", nil), fault.Invalid},
		"before the beginning":  {add(ref(v.ID), at(-1)), fault.Invalid},
		"from beyond":           {reorder(Move{3, 0, 1}), fault.Invalid},
		"to beyond":             {reorder(Move{1, 3, 1}), fault.Invalid},
		"too many":              {reorder(Move{2, 0, 2}), fault.Invalid},
		"endless":               {reorder(Move{1, 0, 1<<63 - 1}), fault.Invalid},
		"from nowhere":          {reorder(Move{0, 0, 1}), fault.Invalid},
		"to nowhere":            {reorder(Move{1, -1, 1}), fault.Invalid},
		"another's element":     {w.playlists.RemoveElement(t.Context(), w.alice, p.ref(), e[0].ID), fault.NotFound},
		"another's, changed":    {w.playlists.UpdateElement(t.Context(), w.alice, p.ref(), e[0].ID, nil, nil), fault.NotFound},
		"watch later, deleted":  {w.playlists.Delete(t.Context(), w.alice, watch.ref()), fault.Invalid},
		"watch later, changed":  {w.playlists.Update(t.Context(), w.alice, watch.ref(), Patch{Privacy: &private}, nil), fault.Invalid},
		"no name, later":        {w.playlists.Update(t.Context(), w.alice, p.ref(), Patch{Name: &unnamed}, nil), fault.Invalid},
		"no channel, later":     {w.playlists.Update(t.Context(), w.alice, p.ref(), Patch{Channel: newChannel(0)}, nil), fault.Invalid},
		"bob's channel, later":  {w.playlists.Update(t.Context(), w.alice, p.ref(), Patch{Channel: newChannel(w.channelOf("bob_channel"))}, nil), fault.Forbidden},
		"bob's, by a moderator": {w.playlists.Update(t.Context(), w.mod, p.ref(), Patch{Channel: newChannel(w.channelOf("mod_channel"))}, nil), fault.Forbidden},
	} {
		if tt.err == nil || fault.KindOf(tt.err) != tt.want {
			t.Errorf("%s: got %v, want %v", name, tt.err, tt.want)
		}
	}
	if got := w.get(p); got.Length != 2 || got.Name != "walks" || got.Channel != w.main || got.Privacy != Public {
		t.Errorf("now %+v", got)
	}
}

func newChannel(id channel.ID) *channel.ID { return &id }

func (w *world) watchLater(c user.Caller) (Playlist, error) {
	w.write(func(tx db.Tx) error { return w.playlists.MakeWatchLater(w.Context(), tx, account.ID(c.AccountID)) })
	list, err := w.playlists.Special(w.Context(), account.ID(c.AccountID))
	if err != nil || len(list) != 1 {
		return Playlist{}, fmt.Errorf("special playlists: %v %w", list, err)
	}
	return list[0], nil
}

// Who may do what with a playlist: the whole table.
func TestWhoMay(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		v := w.video(w.alice, video.Public)
		callers := map[string]user.Caller{"stranger": w.stranger, "bob": w.bob, "alice": w.alice, "mod": w.mod, "root": w.root}
		may := func(what string, do func(user.Caller) error, who ...string) {
			t.Helper()
			for name, c := range callers {
				err := do(c)
				if allowed := slices.Contains(who, name); allowed != (err == nil) {
					t.Errorf("%s by %s: got %v", what, name, err)
				}
			}
		}
		see := func(p Playlist, r video.Ref) func(user.Caller) error {
			return func(c user.Caller) error {
				_, err := w.playlists.Get(t.Context(), c, r)
				_, _, errElements := w.playlists.Elements(t.Context(), c, r, 0, 10)
				if (err == nil) != (errElements == nil) {
					t.Errorf("playlist and its videos differ: %v, %v", err, errElements)
				}
				return err
			}
		}
		public := w.public("public", v)
		make := func(privacy Privacy) Playlist {
			p, err := w.playlists.Create(t.Context(), w.alice, Draft{Name: "x", Privacy: privacy, Channel: w.main}, nil)
			w.must(err)
			return p
		}
		unlisted, private := make(Unlisted), make(Private)
		number := func(p Playlist) video.Ref { return ref(video.ID(p.ID)) }
		may("a public one", see(public, public.ref()), "stranger", "bob", "alice", "mod", "root")
		may("a public one by number", see(public, number(public)), "stranger", "bob", "alice", "mod", "root")
		may("an unlisted one", see(unlisted, unlisted.ref()), "stranger", "bob", "alice", "mod", "root")
		may("an unlisted one, short", see(unlisted, video.Ref(unlisted.ShortUUID())), "stranger", "bob", "alice", "mod", "root")
		may("an unlisted one by number", see(unlisted, number(unlisted)))
		may("a private one", see(private, private.ref()), "alice", "root")
		name := "y"
		may("change", func(c user.Caller) error {
			return w.playlists.Update(t.Context(), c, public.ref(), Patch{Name: &name}, nil)
		}, "alice", "mod", "root")
		may("add", func(c user.Caller) error {
			_, err := w.playlists.AddVideo(t.Context(), c, public.ref(), ref(v.ID), nil, nil)
			return err
		}, "alice", "root")
		may("reorder", func(c user.Caller) error { return w.playlists.Reorder(t.Context(), c, public.ref(), Move{1, 2, 1}) }, "alice", "root")
		may("reorder the channel", func(c user.Caller) error { return w.playlists.ReorderInChannel(t.Context(), c, w.main, Move{1, 2, 1}) }, "alice", "mod", "root")
		may("delete", func(c user.Caller) error {
			p, err := w.playlists.Create(t.Context(), w.alice, Draft{Name: "x"}, nil)
			w.must(err)
			return w.playlists.Delete(t.Context(), c, p.ref())
		}, "alice", "mod", "root")
		list := func(c user.Caller, q Query) int {
			t.Helper()
			q.Count = 100
			got, n, err := w.playlists.List(t.Context(), c, q)
			if err != nil || n != len(got) {
				t.Errorf("list: %d of %d %v", len(got), n, err)
			}
			return n
		}
		alice := account.ID(w.alice.AccountID)
		if everybody, her, bob := list(w.stranger, Query{Account: alice}), list(w.alice, Query{Account: alice}), list(w.bob, Query{Account: alice}); everybody != 1 || bob != 1 || her != 5 {
			t.Errorf("listed: %d for strangers, %d for bob, %d for alice", everybody, bob, her)
		}
		if n := list(w.alice, Query{Channel: w.main}); n != 1 {
			t.Errorf("in the channel: %d", n)
		}
	})
}

// A video that a viewer may not see is named by what it is, and its picture is not
// that of the playlist.
func TestHiddenVideos(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		private, internal, open, gone := w.video(w.alice, video.Private), w.video(w.alice, video.Internal), w.video(w.bob, video.Public), w.video(w.alice, video.Public)
		p := w.public("mixed", private, internal, open, gone)
		w.must(w.videos.Delete(t.Context(), w.alice, ref(gone.ID)))
		is := func(c user.Caller) (list []Availability) {
			elements, _, err := w.playlists.Elements(t.Context(), c, p.ref(), 0, 10)
			w.must(err)
			for _, e := range elements {
				if (e.Is == Shown) != (e.Video != nil) {
					t.Errorf("element %+v", e)
				}
				list = append(list, e.Is)
			}
			return list
		}
		for name, tt := range map[string]struct {
			c    user.Caller
			want []Availability
		}{
			"strangers": {w.stranger, []Availability{Hidden, Hidden, Shown, Deleted}},
			"bob":       {w.bob, []Availability{Hidden, Shown, Shown, Deleted}},
			"alice":     {w.alice, []Availability{Shown, Shown, Shown, Deleted}},
		} {
			if got := is(tt.c); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("%s get %v, want %v", name, got, tt.want)
			}
		}
		w.exec("INSERT INTO account_block (account_id, target_id, created_at) VALUES (?, ?, 1)", w.alice.AccountID, w.bob.AccountID)
		if got := is(w.alice); got[2] != Unavailable {
			t.Errorf("of whom she muted: %v", got)
		}
		from := w.number("SELECT MIN(video_id) FROM playlist_thumbnail WHERE playlist_id = ?", int64(p.ID))
		if from != int64(open.ID) {
			t.Errorf("the picture is of video %d, want %d", from, open.ID)
		}
	})
}

// The picture is that of the first video until somebody chooses another; files that
// nobody shows are removed.
func TestPictures(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		first, second := w.video(w.alice, video.Public), w.video(w.alice, video.Public)
		p := w.public("walks")
		if got := w.get(p); len(got.Thumbnails) != 0 {
			t.Errorf("empty: %+v", got.Thumbnails)
		}
		_, err := w.playlists.AddVideo(t.Context(), w.alice, p.ref(), ref(first.ID), nil, nil)
		w.must(err)
		made := w.get(p).Thumbnails
		if len(made) != 2 || made[0].Width != 280 || !w.stored(made[0].File) || !w.stored(made[1].File) {
			t.Fatalf("of the first video: %+v", made)
		}
		_, err = w.playlists.AddVideo(t.Context(), w.alice, p.ref(), ref(second.ID), nil, nil)
		w.must(err)
		w.must(w.playlists.Reorder(t.Context(), w.alice, p.ref(), Move{1, 1, 1}))
		if got := w.get(p).Thumbnails; !reflect.DeepEqual(got, made) || w.pictures != 1 {
			t.Errorf("the first video is the same: %+v, made %d", got, w.pictures)
		}
		w.must(w.playlists.Reorder(t.Context(), w.alice, p.ref(), Move{2, 0, 1}))
		other := w.get(p).Thumbnails
		if other[0] == made[0] || w.stored(made[0].File) || !w.stored(other[0].File) {
			t.Errorf("of another first video: %+v", other)
		}
		w.must(w.playlists.Update(t.Context(), w.alice, p.ref(), Patch{}, []stream.Thumbnail{{Width: 280, Height: 157, File: "chosen.jpg"}}))
		w.must(w.playlists.Reorder(t.Context(), w.alice, p.ref(), Move{2, 0, 1}))
		if got := w.get(p).Thumbnails; len(got) != 1 || got[0].File != "chosen.jpg" || w.stored(other[0].File) {
			t.Errorf("chosen: %+v", got)
		}
		_, err = w.blob.Put(t.Context(), "thumbnails/chosen.jpg", strings.NewReader("x"))
		w.must(err)
		w.must(w.playlists.Delete(t.Context(), w.alice, p.ref()))
		if w.stored("chosen.jpg") {
			t.Error("the picture of a deleted playlist is still there")
		}
	})
}

// A process that ends before the picture is made makes it later.
func TestPictureAfterCrash(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	v := w.video(w.alice, video.Public)
	whole := w.playlists.Still
	w.playlists.Still = func(ctx ctxt, file string) (string, error) { return "", fault.New(fault.Unavailable, "not now") }
	p := w.public("walks", v)
	if got := w.get(p).Thumbnails; len(got) != 0 {
		t.Errorf("got %+v", got)
	}
	w.playlists.Still = whole
	if n := w.number("SELECT COUNT(*) FROM job WHERE type = ? AND state = 'waiting'", jobPicture); n != 1 {
		t.Fatalf("%d jobs wait, want 1", n)
	}
	payload, err := json.Marshal(p.ID)
	w.must(err)
	for range 2 {
		w.must(w.playlists.runPicture(t.Context(), &job.Job{Payload: payload}))
	}
	if got := w.get(p).Thumbnails; len(got) != 2 || w.pictures != 1 {
		t.Errorf("got %+v, made %d", got, w.pictures)
	}
}

// Others hear of what they may see, once it appears, and that it is gone.
func TestTold(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		v := w.video(w.alice, video.Public)
		private, err := w.playlists.Create(t.Context(), w.alice, Draft{Name: "mine"}, nil)
		w.must(err)
		_, err = w.playlists.AddVideo(t.Context(), w.alice, private.ref(), ref(v.ID), nil, nil)
		w.must(err)
		w.wantNews()
		public, hidden := Public, Private
		w.must(w.playlists.Update(t.Context(), w.alice, private.ref(), Patch{Privacy: &public, Channel: &w.main}, nil))
		w.wantNews(line(news.PlaylistMade, private))
		_, err = w.playlists.AddVideo(t.Context(), w.alice, private.ref(), ref(v.ID), nil, nil)
		w.must(err)
		w.wantNews(line(news.PlaylistChanged, private))
		w.must(w.playlists.Update(t.Context(), w.alice, private.ref(), Patch{Privacy: &hidden}, nil))
		told := w.news()
		var was news.Gone
		w.must(json.Unmarshal(told[0].Snapshot, &was))
		if len(told) != 1 || told[0].What != news.PlaylistGone || was.URL != private.URL || len(was.Via) != 2 || was.Type != "Playlist" ||
			was.Actor != w.number("SELECT actor_id FROM account WHERE id = ?", w.alice.AccountID) {
			t.Errorf("hidden: %+v %+v", told, was)
		}
		other := w.public("other")
		w.wantNews(line(news.PlaylistMade, other))
		w.must(w.playlists.Delete(t.Context(), w.alice, other.ref()))
		w.wantNews(line(news.PlaylistGone, other))
		if n := w.number("SELECT COUNT(*) FROM tombstone WHERE url = ?", other.URL); n != 1 {
			t.Error("the address of a deleted playlist is forgotten")
		}
	})
}

// Playlists keep the order that a channel gives them, without gaps.
func TestInChannel(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		a, b, c := w.public("a"), w.public("b"), w.public("c")
		want := func(name string, list ...Playlist) {
			t.Helper()
			got, _, err := w.playlists.List(t.Context(), w.stranger, Query{Count: 10, Channel: w.main, Sort: "videoChannelPosition"})
			w.must(err)
			for i, p := range got {
				if len(got) != len(list) || p.ID != list[i].ID || p.Position != i+1 {
					t.Errorf("%s: got %+v", name, got)
				}
			}
		}
		want("as made", a, b, c)
		w.news()
		w.must(w.playlists.ReorderInChannel(t.Context(), w.alice, w.main, Move{3, 0, 1}))
		want("the last first", c, a, b)
		if told := w.news(); len(told) != 3 {
			t.Errorf("told %+v", told)
		}
		w.must(w.playlists.Delete(t.Context(), w.alice, a.ref()))
		want("without one", c, b)
		hidden := Private
		w.must(w.playlists.Update(t.Context(), w.alice, c.ref(), Patch{Privacy: &hidden, Channel: newChannel(0)}, nil))
		want("without another", b)
		if got := w.get(c); got.Position != 0 || got.Channel != 0 {
			t.Errorf("out of the channel: %+v", got)
		}
		w.news()
		w.write(func(tx db.Tx) error { return w.playlists.LeaveChannel(t.Context(), tx, w.main) })
		w.wantNews(line(news.PlaylistGone, b))
		if got := w.get(b); got.Privacy != Private || got.Channel != 0 {
			t.Errorf("of a channel that is gone: %+v", got)
		}
		w.write(func(tx db.Tx) error {
			return w.playlists.RemoveOfAccount(t.Context(), tx, account.ID(w.alice.AccountID))
		})
		if n := w.number("SELECT COUNT(*) FROM playlist WHERE account_id = ?", w.alice.AccountID); n != 0 {
			t.Errorf("of an account that is gone: %d", n)
		}
	})
}

// Everybody here has a "Watch later", one, and finds videos in their playlists.
func TestWatchLater(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		for range 2 {
			w.must(w.playlists.EnsureWatchLater(t.Context()))
		}
		if n := w.number("SELECT COUNT(*) FROM playlist WHERE type = 2 AND privacy = 3"); n != 4 {
			t.Errorf("%d, want one each", n)
		}
		v, other := w.video(w.bob, video.Public), w.video(w.bob, video.Public)
		watch, err := w.watchLater(w.alice)
		w.must(err)
		_, err = w.playlists.AddVideo(t.Context(), w.alice, watch.ref(), ref(v.ID), at(3), at(5))
		w.must(err)
		w.public("walks", v)
		found, err := w.playlists.Exist(t.Context(), w.alice, []video.ID{v.ID, other.ID, 12345})
		if err != nil || len(found) != 1 || len(found[v.ID]) != 2 || found[v.ID][0].Playlist.ID != watch.ID || *found[v.ID][0].Start != 3 || found[v.ID][0].Playlist.Name != "Watch later" {
			t.Errorf("found %+v %v", found, err)
		}
		if found, err := w.playlists.Exist(t.Context(), w.bob, []video.ID{v.ID}); err != nil || len(found) != 0 {
			t.Errorf("bob finds %+v %v", found, err)
		}
		if _, err := w.playlists.Exist(t.Context(), w.bob, slices.Repeat([]video.ID{1}, maxExist+1)); fault.KindOf(err) != fault.Invalid {
			t.Errorf("too many: %v", err)
		}
	})
}

// What may be asked of a list is bounded, and its order is a known one.
func TestListBounds(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	v := w.video(w.alice, video.Public)
	p := w.public("100% walks", v)
	w.public("empty")
	for name, q := range map[string]Query{
		"count": {Count: 101}, "no count": {Count: -1}, "start": {Start: 1<<31 + 1}, "sort": {Sort: "p.id; DROP TABLE playlist"}, "sort by hidden": {Sort: "privacy"},
		"kind": {Kind: 3}, "a long search": {Search: strings.Repeat("x", 1001)}, "NUL": {Search: "\x00"}, "no UTF-8": {Host: "\xff"},
		"many": {UUIDs: slices.Repeat([]string{"x"}, 101)}, "many channels": {Channels: slices.Repeat([]string{"x"}, 101)}, "NUL in a channel": {Channels: []string{"\x00"}},
	} {
		if _, _, err := w.playlists.List(t.Context(), w.stranger, q); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: got %v", name, err)
		}
	}
	for name, tt := range map[string]struct {
		q    Query
		want int
	}{
		"the total alone": {Query{}, 2}, "far away": {Query{Count: 10, Start: 1 << 31}, 2}, "search": {Query{Count: 10, Search: "0% W"}, 1}, "signs": {Query{Count: 10, Search: "_%"}, 0},
		"filled": {Query{Count: 10, Filled: true}, 1}, "by UUID": {Query{Count: 10, UUIDs: []string{p.UUID}}, 1}, "by none": {Query{Count: 10, UUIDs: []string{}}, 0},
		"a host": {Query{Count: 10, Host: "two.test"}, 0}, "in a channel": {Query{Count: 10, Channels: []string{"ALICE_channel"}}, 2}, "a kind": {Query{Count: 10, Kind: WatchLater}, 0},
	} {
		if _, n, err := w.playlists.List(t.Context(), w.stranger, tt.q); err != nil || n != tt.want {
			t.Errorf("%s: got %d %v, want %d", name, n, err, tt.want)
		}
	}
}
