package video

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vidiverse/instance/channel"
	"vidiverse/instance/db"
	"vidiverse/instance/db/dbtest"
	"vidiverse/instance/fault"
	"vidiverse/instance/stream"
	"vidiverse/instance/user"
)

func ptr[T any](v T) *T { return &v }

func (w *world) kind(err error, want fault.Kind, what string) {
	w.Helper()
	got := fault.KindOf(err)
	if err == nil || got != want {
		w.Errorf("%s: got %v (%v), want %v", what, err, got, want)
	}
}

// A video goes from upload to its page; what its maker said arrives there.
func TestCreateToPage(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		v := w.create(w.alice, func(d *Draft) {
			d.Description, d.Tags, d.Category, d.Language = "A long way", []string{"way", "Été"}, 6, "fr"
			d.OriginallyAt = time.Date(1950, 1, 2, 0, 0, 0, 0, time.UTC)
		})
		if v.State != ToTranscode || v.Duration != 12 || v.AspectRatio != 1.7778 || v.URL != "https://one.test/videos/watch/"+v.UUID {
			t.Errorf("got %+v", v)
		}
		p, err := w.videos.List(w.ctx(), user.Caller{}, Filter{})
		w.must(err)
		if len(p.Items) != 0 {
			t.Errorf("got %d videos in the list before there is one to play", len(p.Items))
		}
		w.transcode(v.ID, 360)
		w.transcode(v.ID, 240)
		w.must(d.Write(w.ctx(), func(tx db.Tx) error {
			if err := w.videos.Publish(w.ctx(), tx, v.ID); err != nil {
				return err
			}
			return w.videos.PutThumbnails(w.ctx(), tx, v.ID, []stream.Thumbnail{{Width: 280, Height: 157, File: "t.jpg", Automatic: true}})
		}))
		p, err = w.videos.List(w.ctx(), user.Caller{}, Filter{})
		w.must(err)
		if p.Total != 1 || len(p.Items) != 1 || p.Items[0].Channel.Name != "alice_channel" || p.Items[0].Account.Name != "alice" ||
			p.Items[0].Thumbnails[0].File != "t.jpg" {
			t.Fatalf("got %+v", p)
		}
		got, err := w.videos.Get(w.ctx(), user.Caller{}, Ref(v.ShortUUID()), Credentials{})
		w.must(err)
		if diff := cmp.Diff([]string{"way", "Été"}, got.Tags); diff != "" || got.Language != "fr" || got.OriginallyAt.Year() != 1950 {
			t.Errorf("%s %+v", diff, got.Video)
		}
		if n := len(got.Playlist.Renditions); n != 2 || got.Playlist.Renditions[0].Resolution != 360 {
			t.Errorf("got %d renditions", n)
		}
		total, daily, err := w.videos.QuotaUsed(w.ctx(), w.alice.UserID)
		if err != nil || total != daily || total != 1000+2*4 {
			t.Errorf("got %d of quota, %d today, %v", total, daily, err)
		}
	})
}

// The list has every filter and order that clients use, and nobody else's
// secrets in any of them.
func TestListFilters(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.videos.cfg.Transcodes = false // published at once
		make := func(name string, change func(*Draft)) {
			w.at = w.at.Add(time.Minute)
			w.create(w.alice, func(d *Draft) { d.Name = name; change(d) })
		}
		make("plain", func(*Draft) {})
		make("music 100%_a", func(d *Draft) { d.Category, d.Licence, d.Language, d.Tags = 1, 2, "en", []string{"One", "two"} })
		make("sensitive", func(d *Draft) { d.NSFW, d.NSFWFlags, d.Tags = true, 1, []string{"one"} })
		make("unlisted", func(d *Draft) { d.Privacy = Unlisted })
		make("private", func(d *Draft) { d.Privacy = Private })
		make("internal", func(d *Draft) { d.Privacy = Internal })
		make("protected", func(d *Draft) { d.Privacy, d.Passwords = PasswordProtected, []string{"pw"} })
		all := []string{"sensitive", "music 100%_a", "plain"}
		tests := []struct {
			name   string
			caller user.Caller
			f      Filter
			want   []string
		}{
			{"stranger", user.Caller{}, Filter{}, all},
			{"member", w.bob, Filter{}, append([]string{"internal"}, all...)},
			{"own", w.alice, Filter{Own: true}, append([]string{"protected", "internal", "private", "unlisted"}, all...)},
			{"own of another", w.bob, Filter{Own: true}, nil},
			{"moderator asks for private", w.root, Filter{Privacies: []Privacy{Private}}, []string{"private"}},
			{"nsfw", user.Caller{}, Filter{NSFW: ptr(true)}, []string{"sensitive"}},
			{"no nsfw", user.Caller{}, Filter{NSFW: ptr(false)}, all[1:]},
			{"flags", user.Caller{}, Filter{FlagsExcluded: 1}, all[1:]},
			{"flags in spite of", user.Caller{}, Filter{NSFW: ptr(false), FlagsIncluded: 3}, all},
			{"other flags in spite of", user.Caller{}, Filter{NSFW: ptr(false), FlagsIncluded: 2}, all[1:]},
			{"flags alone hide nothing", user.Caller{}, Filter{FlagsIncluded: 3}, all},
			{"nsfw but for a flag", user.Caller{}, Filter{NSFW: ptr(true), FlagsExcluded: 1}, nil},
			{"automatic tags", w.root, Filter{AutoTagged: true}, nil},
			{"our host", user.Caller{}, Filter{Host: "ONE.test"}, all},
			{"originally after", user.Caller{}, Filter{OriginallyAfter: time.Unix(1, 0)}, nil},
			{"originally before", user.Caller{}, Filter{OriginallyBefore: w.at}, nil},
			{"category", user.Caller{}, Filter{Categories: []int{1, 2}}, all[1:2]},
			{"licence", user.Caller{}, Filter{Licences: []int{2}}, all[1:2]},
			{"language", user.Caller{}, Filter{Languages: []string{"en"}}, all[1:2]},
			{"no language", user.Caller{}, Filter{Languages: []string{"_unknown"}}, []string{"sensitive", "plain"}},
			{"one tag", user.Caller{}, Filter{TagsOneOf: []string{"ONE", "x"}}, all[:2]},
			{"all tags", user.Caller{}, Filter{TagsAllOf: []string{"one", "TWO", "two"}}, all[1:2]},
			{"local", user.Caller{}, Filter{IsLocal: ptr(true)}, all},
			{"remote", user.Caller{}, Filter{IsLocal: ptr(false)}, nil},
			{"live", user.Caller{}, Filter{IsLive: ptr(true)}, nil},
			{"host", user.Caller{}, Filter{Host: "two.test"}, nil},
			{"with HLS", user.Caller{}, Filter{HasHLS: ptr(true)}, nil},
			{"without web videos", user.Caller{}, Filter{HasWebVideos: ptr(false)}, all},
			{"search", user.Caller{}, Filter{Search: "MUSIC"}, all[1:2]},
			{"search takes signs as they are", user.Caller{}, Filter{Search: "100%_A"}, all[1:2]},
			{"search is no pattern", user.Caller{}, Filter{Search: "%"}, all[1:2]},
			{"search is no pattern either", user.Caller{}, Filter{Search: "p_ain"}, nil},
			{"channel", user.Caller{}, Filter{Channel: w.channelOf(w.bob)}, nil},
			{"channel name", w.alice, Filter{ChannelNames: []string{"Alice_Channel"}}, append([]string{"internal"}, all...)},
			{"account", user.Caller{}, Filter{Account: 1}, nil},
			{"page", user.Caller{}, Filter{Start: 1, Count: 1}, all[1:2]},
			{"past the end", user.Caller{}, Filter{Start: 1 << 31}, nil},
			{"by name", user.Caller{}, Filter{Sort: "name"}, []string{"music 100%_a", "plain", "sensitive"}},
			{"oldest", user.Caller{}, Filter{Sort: "publishedAt"}, []string{"plain", "music 100%_a", "sensitive"}},
			{"quotes", user.Caller{}, Filter{Search: `' OR 1=1; --`, TagsOneOf: []string{`') OR 1=1 --`}, Languages: []string{`\'`}}, nil},
		}
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				p, err := w.videos.List(w.ctx(), tt.caller, tt.f)
				w.must(err)
				var got []string
				for _, it := range p.Items {
					got = append(got, it.Name)
				}
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Error(diff)
				}
				if tt.f.Count == 0 && tt.f.Start == 0 && p.Total != len(tt.want) {
					t.Errorf("got total %d, want %d", p.Total, len(tt.want))
				}
			})
		}
		for sort := range sortKeys {
			for _, sign := range []string{"", "-"} {
				p, err := w.videos.List(w.ctx(), user.Caller{}, Filter{Sort: sign + sort})
				if err != nil || len(p.Items) != 3 {
					t.Errorf("sort %s%s: got %d videos, %v", sign, sort, len(p.Items), err)
				}
			}
		}
	})
}

// Threat 40: a list request may cost a bounded amount, whatever it asks for.
func TestListRefuses(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	many := slices.Repeat([]string{"tag"}, 10_000)
	for name, f := range map[string]Filter{
		"10,000 tags":    {TagsOneOf: many},
		"10,000 all of":  {TagsAllOf: many},
		"languages":      {Languages: many},
		"categories":     {Categories: make([]int, 101)},
		"count":          {Count: 101},
		"negative count": {Count: -1},
		"start":          {Start: -1},
		"long search":    {Search: strings.Repeat("a", 1001)},
		"NUL":            {Search: "\x00"},
		"sort":           {Sort: "name; DROP TABLE video"},
		"sort by column": {Sort: "-v.id"},
		"what I watched": {Unwatched: ptr(true)},
	} {
		_, err := w.videos.List(w.ctx(), user.Caller{}, f)
		w.kind(err, fault.Invalid, name)
	}
	for name, f := range map[string]Filter{
		"include": {Include: IncludeNotPublished}, "privacy": {Privacies: []Privacy{Private}}, "state": {States: []State{ToTranscode}},
		"an include of nothing": {Asks: true}, "their own": {Own: true, Include: IncludeFiles}, "automatic tags": {AutoTagged: true},
	} {
		_, err := w.videos.List(w.ctx(), w.bob, f)
		w.kind(err, fault.Unauthorized, name)
	}
	start := time.Now()
	_, err := w.videos.List(w.ctx(), user.Caller{}, Filter{Search: strings.Repeat("%_a", 333)})
	if err != nil || time.Since(start) > time.Second {
		t.Errorf("a pathological search took %v, %v", time.Since(start), err)
	}
}

// Threat 40: counting is the dear part of a list; a flood of it is answered
// from memory, and no filter gets the number of another.
func TestTotalsAreRememberedPerFilter(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	w.videos.cfg.Transcodes = false
	for i := range 3 {
		w.create(w.alice, func(d *Draft) { d.Name, d.Category = fmt.Sprint("video ", i), i+1 })
	}
	w.create(w.alice, func(d *Draft) { d.Privacy = Internal })
	total := func(c user.Caller, f Filter) int {
		f.TotalOnly = true
		p, err := w.videos.List(w.ctx(), c, f)
		w.must(err)
		return p.Total
	}
	for range 2 {
		if got := []int{total(user.Caller{}, Filter{}), total(w.bob, Filter{}), total(user.Caller{}, Filter{Categories: []int{1}}), total(w.alice, Filter{Own: true}), total(w.bob, Filter{Own: true})}; !slices.Equal(got, []int{3, 4, 1, 4, 0}) {
			t.Errorf("got totals %v", got)
		}
	}
	if _, known := w.videos.totals.Get(mustKey(t, Filter{TotalOnly: true}), w.at); !known {
		t.Error("the total is not remembered")
	}
	w.create(w.alice)
	if got := total(user.Caller{}, Filter{}); got != 4 {
		t.Errorf("got %d after a new video, want 4", got)
	}
}

func mustKey(t *testing.T, f Filter) string {
	k, err := f.key(user.Caller{})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// Who may see and change what. One wrong line here shows a private video.
func TestRights(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		protected := func(d *Draft) { d.Privacy, d.Passwords = PasswordProtected, []string{"secret"} }
		private, internal, unlisted, locked := w.create(w.alice, func(d *Draft) { d.Privacy = Private }),
			w.create(w.alice, func(d *Draft) { d.Privacy = Internal }), w.create(w.alice, func(d *Draft) { d.Privacy = Unlisted }), w.create(w.alice, protected)
		stranger := user.Caller{}
		const ok = fault.Kind(-1)
		tests := []struct {
			name   string
			caller user.Caller
			ref    Ref
			cred   Credentials
			want   fault.Kind
		}{
			{"private, stranger", stranger, ref(private), Credentials{}, fault.Unauthorized},
			{"private, member", w.bob, ref(private), Credentials{}, fault.Forbidden},
			{"private, owner", w.alice, ref(private), Credentials{}, ok},
			{"private, moderator", w.root, ref(private), Credentials{}, ok},
			{"private, password", stranger, ref(private), Credentials{Password: "secret"}, fault.Unauthorized},
			{"internal, stranger", stranger, ref(internal), Credentials{}, fault.Unauthorized},
			{"internal, member", w.bob, ref(internal), Credentials{}, ok},
			{"unlisted by address", stranger, ref(unlisted), Credentials{}, ok},
			{"unlisted by short address", stranger, Ref(unlisted.ShortUUID()), Credentials{}, ok},
			{"unlisted by number", stranger, Ref(fmt.Sprint(unlisted.ID)), Credentials{}, fault.Unauthorized},
			{"unlisted by number, owner", w.alice, Ref(fmt.Sprint(unlisted.ID)), Credentials{}, ok},
			{"locked, nothing", stranger, ref(locked), Credentials{}, fault.Unauthorized},
			{"locked, wrong", stranger, ref(locked), Credentials{Password: "Secret"}, fault.Forbidden},
			{"locked, member", w.bob, ref(locked), Credentials{}, fault.Unauthorized},
			{"locked, right", stranger, ref(locked), Credentials{Password: "secret"}, ok},
			{"none", stranger, "999", Credentials{}, fault.NotFound},
		}
		for _, tt := range tests {
			_, err := w.videos.Get(w.ctx(), tt.caller, tt.ref, tt.cred)
			if tt.want == ok {
				if err != nil {
					t.Errorf("%s: %v", tt.name, err)
				}
				continue
			}
			w.kind(err, tt.want, tt.name)
		}
		for name, do := range map[string]func(user.Caller) error{
			"edit":          func(c user.Caller) error { return w.videos.Edit(w.ctx(), c, ref(unlisted), Patch{}, nil) },
			"delete":        func(c user.Caller) error { return w.videos.Delete(w.ctx(), c, ref(unlisted)) },
			"source":        func(c user.Caller) error { _, err := w.videos.Source(w.ctx(), c, ref(unlisted)); return err },
			"passwords":     func(c user.Caller) error { _, err := w.videos.Passwords(w.ctx(), c, ref(locked)); return err },
			"set passwords": func(c user.Caller) error { return w.videos.PutPasswords(w.ctx(), c, ref(locked), []string{"mine"}) },
		} {
			w.kind(do(w.bob), fault.Forbidden, name+" by another")
			w.kind(do(stranger), fault.Unauthorized, name+" by a stranger")
		}
	})
}

// Threat 27: a token opens the bytes of one video, for a time, and dies with
// the rights it was made from.
func TestFileTokens(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		lock := func(d *Draft) { d.Privacy, d.Passwords = PasswordProtected, []string{"secret"} }
		v, other := w.published(w.alice, lock), w.published(w.alice, lock)
		may := func(v Video, token string) error {
			return w.videos.MayRead(w.ctx(), user.Caller{}, v.ID, Credentials{FileToken: token})
		}
		_, err := w.videos.NewFileToken(w.ctx(), user.Caller{}, ref(v), Credentials{})
		w.kind(err, fault.Unauthorized, "without a password")
		make := func(password string) string {
			token, err := w.videos.NewFileToken(w.ctx(), user.Caller{}, ref(v), Credentials{Password: password})
			w.must(err)
			if until := token.Expires.Sub(w.at); until != 8*time.Hour {
				t.Errorf("got %v of life, want 8 h", until)
			}
			return token.Token
		}
		token := make("secret")
		w.must(may(v, token))
		w.kind(may(other, token), fault.Unauthorized, "for another video")
		w.kind(may(v, token[:len(token)-1]), fault.Unauthorized, "a part of it")
		// A token made for a chain of tokens would never end.
		_, err = w.videos.NewFileToken(w.ctx(), user.Caller{}, ref(v), Credentials{FileToken: token})
		w.kind(err, fault.Unauthorized, "a token for a token")
		w.must(w.videos.PutPasswords(w.ctx(), w.alice, ref(v), []string{"other"}))
		w.kind(may(v, token), fault.Unauthorized, "after the password changed")
		token = make("other")
		w.at = w.at.Add(8*time.Hour + time.Second)
		w.kind(may(v, token), fault.Unauthorized, "after its time")
		w.must(w.videos.clean(w.ctx()))
		token = make("other")
		w.must(w.videos.Edit(w.ctx(), w.alice, ref(v), Patch{Privacy: ptr(Private)}, nil))
		w.kind(may(v, token), fault.Unauthorized, "after it became private")
		var stored string
		w.must(w.videos.Edit(w.ctx(), w.alice, ref(other), Patch{Name: ptr("still locked")}, nil))
		fresh, err := w.videos.NewFileToken(w.ctx(), w.alice, ref(other), Credentials{})
		w.must(err)
		w.must(d.Read().QueryRowContext(w.ctx(), "SELECT token_hash FROM video_file_token").Scan(&stored))
		if stored == fresh.Token || len(stored) != 64 {
			t.Errorf("the token is stored as %q", stored)
		}
	})
}

func TestPasswords(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		v := w.create(w.alice, func(d *Draft) { d.Privacy, d.Passwords = PasswordProtected, []string{"one"} })
		list := func() (out []string) {
			got, err := w.videos.Passwords(w.ctx(), w.alice, ref(v))
			w.must(err)
			for _, p := range got {
				out = append(out, p.Password)
			}
			return out
		}
		w.must(w.videos.AddPassword(w.ctx(), w.alice, ref(v), "two"))
		w.must(w.videos.AddPassword(w.ctx(), w.alice, ref(v), "two"))
		if got := list(); !slices.Equal(got, []string{"one", "two"}) {
			t.Errorf("got %v", got)
		}
		got, err := w.videos.Passwords(w.ctx(), w.alice, ref(v))
		w.must(err)
		w.must(w.videos.DeletePassword(w.ctx(), w.alice, ref(v), got[0].ID))
		w.kind(w.videos.DeletePassword(w.ctx(), w.alice, ref(v), got[1].ID), fault.Invalid, "the last one")
		w.kind(w.videos.PutPasswords(w.ctx(), w.alice, ref(v), nil), fault.Invalid, "none")
		w.must(w.videos.Edit(w.ctx(), w.alice, ref(v), Patch{Name: ptr("Renamed")}, nil))
		if got := list(); !slices.Equal(got, []string{"two"}) {
			t.Errorf("after a rename: got %v", got)
		}
		w.must(w.videos.Edit(w.ctx(), w.alice, ref(v), Patch{Privacy: ptr(Public)}, nil))
		w.kind(w.videos.Edit(w.ctx(), w.alice, ref(v), Patch{Privacy: ptr(PasswordProtected)}, nil), fault.Invalid, "locked without a password")
	})
}

func TestEdit(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		v := w.published(w.alice, func(d *Draft) { d.Description, d.Category, d.Tags = "before", 1, []string{"old"} })
		second, err := w.channels.Create(w.ctx(), w.alice, channel.Draft{Name: "second", DisplayName: "Second"})
		w.must(err)
		at := w.at.Add(time.Hour)
		schedule := &Schedule{UpdateAt: at, Privacy: Unlisted}
		w.must(w.videos.Edit(w.ctx(), w.alice, ref(v), Patch{
			Name: ptr("Changed"), ChannelID: &second, Description: ptr("after"), Category: ptr(0), Tags: &[]string{"new"},
			Downloadable: ptr(false), NSFW: ptr(true), NSFWFlags: ptr(NSFWFlags(2)), NSFWSummary: ptr("blood"), Comments: ptr(CommentsDisabled),
			Support: ptr("please"), Licence: ptr(3), Language: ptr("de"), WaitTranscoding: ptr(true), OriginallyAt: ptr(at), Schedule: &schedule,
		}, []stream.Thumbnail{{Width: 850, Height: 480, File: "mine.jpg"}}))
		got, err := w.videos.Get(w.ctx(), w.alice, ref(v), Credentials{})
		w.must(err)
		if got.Name != "Changed" || got.Channel.Name != "second" || got.Description != "after" || got.Category != 0 || got.Downloadable ||
			!got.NSFW || got.NSFWFlags != 2 || got.NSFWSummary != "blood" || got.Comments != CommentsDisabled || got.Support != "please" ||
			got.Licence != 3 || got.Language != "de" || !got.Wait || !got.OriginallyAt.Equal(at) || !slices.Equal(got.Tags, []string{"new"}) ||
			got.Schedule == nil || got.Schedule.Privacy != Unlisted || got.Thumbnails[0].File != "mine.jpg" || got.Privacy != Public {
			t.Errorf("got %+v", got)
		}
		bobs := w.channelOf(w.bob)
		w.kind(w.videos.Edit(w.ctx(), w.alice, ref(v), Patch{ChannelID: &bobs}, nil), fault.Invalid, "into another's channel")
		w.kind(w.videos.Edit(w.ctx(), w.root, ref(v), Patch{ChannelID: &bobs}, nil), fault.Invalid, "a moderator gives it away")
		// The frame that the transcoder takes later must not replace the owner's picture.
		w.must(d.Write(w.ctx(), func(tx db.Tx) error {
			return w.videos.PutThumbnails(w.ctx(), tx, v.ID, []stream.Thumbnail{{Width: 1, Height: 1, File: "auto.jpg", Automatic: true}})
		}))
		w.must(w.videos.RunSchedules(w.ctx()))
		if got, _ = w.videos.Get(w.ctx(), w.alice, ref(v), Credentials{}); got.Privacy != Public || got.Thumbnails[0].File != "mine.jpg" {
			t.Errorf("before its time: got %v, %+v", got.Privacy, got.Thumbnails)
		}
		w.at = at
		w.must(w.videos.RunSchedules(w.ctx()))
		if got, _ = w.videos.Get(w.ctx(), w.alice, ref(v), Credentials{}); got.Privacy != Unlisted || got.Schedule != nil {
			t.Errorf("at its time: got %v, %+v", got.Privacy, got.Schedule)
		}
	})
}

func TestRate(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		v, hidden := w.published(w.alice), w.published(w.alice, func(d *Draft) { d.Privacy = Private })
		for _, step := range []struct {
			as             Rating
			likes, dislike int64
		}{{Like, 1, 0}, {Like, 1, 0}, {Dislike, 0, 1}, {None, 0, 0}, {None, 0, 0}, {Dislike, 0, 1}} {
			w.must(w.videos.Rate(w.ctx(), w.bob, ref(v), Credentials{}, step.as))
			got, err := w.videos.Get(w.ctx(), w.bob, ref(v), Credentials{})
			w.must(err)
			if got.Counters.Likes != step.likes || got.Counters.Dislikes != step.dislike {
				t.Errorf("after %s: got %+v", step.as, got.Counters)
			}
			if _, r, err := w.videos.RatingOf(w.ctx(), w.bob, ref(v)); err != nil || r != step.as {
				t.Errorf("got %s, %v, want %s", r, err, step.as)
			}
		}
		w.must(w.videos.Rate(w.ctx(), w.alice, ref(v), Credentials{}, Like))
		w.kind(w.videos.Rate(w.ctx(), w.bob, ref(hidden), Credentials{}, Like), fault.Forbidden, "a private one")
		w.kind(w.videos.Rate(w.ctx(), w.bob, ref(v), Credentials{}, "love"), fault.Invalid, "no rating")
	})
}

// A video was published when others than its owner could first see it: opening an
// internal one to all makes it no younger.
func TestPublicationDate(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.videos.cfg.Transcodes = false
		v := w.create(w.alice, func(d *Draft) { d.Privacy = Private })
		last := v.PublishedAt
		for _, step := range []struct {
			to    Privacy
			moves bool
		}{{Private, false}, {Internal, true}, {Public, false}, {Unlisted, false}, {Private, false}, {Public, true}} {
			w.at = w.at.Add(time.Hour)
			w.must(w.videos.Edit(w.ctx(), w.alice, Ref(v.UUID), Patch{Privacy: &step.to}, nil))
			got, err := w.videos.Get(w.ctx(), w.alice, Ref(v.UUID), Credentials{})
			w.must(err)
			if moved := !got.PublishedAt.Equal(last); moved != step.moves {
				t.Errorf("%s: published at %v, before at %v", step.to, got.PublishedAt, last)
			}
			last = got.PublishedAt
		}
	})
}
