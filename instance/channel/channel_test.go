package channel_test

import (
	"context"
	"log/slog"
	"net/url"
	"strings"
	"testing"
	"time"

	"vidiverse/instance/account"
	"vidiverse/instance/actor"
	"vidiverse/instance/channel"
	"vidiverse/instance/db"
	"vidiverse/instance/db/dbtest"
	"vidiverse/instance/fault"
	"vidiverse/instance/user"
)

// house is the identity services over a real database, with root, alice and
// bob.
type house struct {
	t          *testing.T
	db         *db.DB
	actors     *actor.Service
	accounts   *account.Service
	channels   *channel.Service
	users      *user.Service
	alice, bob user.Caller
	videos     shelf
	at         time.Time
}

// shelf notes which channels' videos were asked for. The video service stands
// one floor up and cannot be imported.
type shelf struct {
	removed []channel.ID
	support map[channel.ID]*string
}

func (s *shelf) RemoveOfChannel(_ context.Context, _ db.Tx, id channel.ID) error {
	s.removed = append(s.removed, id)
	return nil
}

func (s *shelf) SupportOfChannel(_ context.Context, _ db.Tx, id channel.ID, support *string) error {
	s.support[id] = support
	return nil
}

func newHouse(t *testing.T, d *db.DB) *house {
	t.Helper()
	h := &house{t: t, db: d, at: time.UnixMilli(1_800_000_000_000), videos: shelf{support: map[channel.ID]*string{}}}
	now := func() time.Time { h.at = h.at.Add(time.Millisecond); return h.at }
	h.actors = actor.New(d, &url.URL{Scheme: "https", Host: "One.test:8443"}, now)
	h.accounts = account.New(d, h.actors, now)
	h.channels = channel.New(channel.Config{
		DB: d, Actors: h.actors, Accounts: h.accounts, Now: now, MaxPerUser: 4, Videos: func() channel.Videos { return &h.videos },
	})
	var err error
	h.users, err = user.New(user.Config{DB: d, Log: slog.New(slog.DiscardHandler), Now: now, Households: h.channels, BcryptCost: 4})
	h.must(err)
	h.must(h.accounts.EnsureInstance(t.Context()))
	_, _, err = h.users.EnsureRoot(t.Context(), "password")
	h.must(err)
	h.alice, h.bob = h.create("alice"), h.create("bob")
	return h
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) create(name string) user.Caller {
	h.t.Helper()
	a, err := h.users.Create(h.t.Context(), user.Caller{UserID: 1}, user.Draft{
		Username: name, Password: "password", Email: name + "@one.test", Role: user.User, VideoQuota: -1, VideoQuotaDaily: -1,
	})
	h.must(err)
	return user.Caller{UserID: a.ID, AccountID: a.AccountID, Username: name, Role: user.User}
}

func ptr[T any](v T) *T { return &v }

// A new user finds an account and a channel under names that others can type.
func TestSettle(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		for _, handle := range []string{"alice_channel", "ALICE_channel", "alice_channel@one.test:8443", "@alice_channel@ONE.test:8443"} {
			c, err := h.channels.ByHandle(t.Context(), handle)
			if err != nil {
				t.Fatalf("%s: %v", handle, err)
			}
			if c.DisplayName != "Main alice channel" || c.URL != "https://One.test:8443/video-channels/alice_channel" ||
				c.Host != "one.test:8443" || int64(c.AccountID) != h.alice.AccountID || !c.Local {
				t.Errorf("%s: got %+v", handle, c)
			}
		}
		a, err := h.accounts.ByName(t.Context(), "alice")
		h.must(err)
		if a.UserID != h.alice.UserID || a.URL != "https://One.test:8443/accounts/alice" || a.DisplayName != "alice" || a.Description != nil {
			t.Errorf("got %+v", a)
		}
		own, err := h.accounts.ByName(t.Context(), "peertube")
		h.must(err)
		if own.ID != 1 || own.UserID != 0 {
			t.Errorf("the instance's account: got %+v", own)
		}
		h.must(h.accounts.EnsureInstance(t.Context())) // a second start
		list, total, err := h.accounts.List(t.Context(), account.Query{Count: 2, Descending: true})
		h.must(err)
		if total != 4 || len(list) != 2 || list[0].Name != "bob" || list[1].Name != "alice" {
			t.Errorf("got %d accounts, %+v", total, list)
		}
		for _, handle := range []string{"alice_channel@two.test", "nobody", "alice", ""} {
			if _, err := h.channels.ByHandle(t.Context(), handle); fault.KindOf(err) != fault.NotFound {
				t.Errorf("channel %q: got %v, want not found", handle, err)
			}
		}
	})
}

// The limits of names and texts are PeerTube's: what it refuses, its own
// instances would refuse to show.
func TestCreateChecks(t *testing.T) {
	h := newHouse(t, dbtest.SQLite(t))
	long := strings.Repeat("x", 121)
	for _, tt := range []struct {
		name  string
		draft channel.Draft
		want  string // refused field
	}{
		{"no name", channel.Draft{DisplayName: "x"}, "name"},
		{"space", channel.Draft{Name: "a b", DisplayName: "x"}, "name"},
		{"slash", channel.Draft{Name: "a/b", DisplayName: "x"}, "name"},
		{"at", channel.Draft{Name: "a@b", DisplayName: "x"}, "name"},
		{"letters of others", channel.Draft{Name: "é", DisplayName: "x"}, "name"},
		{"51", channel.Draft{Name: strings.Repeat("a", 51), DisplayName: "x"}, "name"},
		{"no display name", channel.Draft{Name: "ok"}, "displayName"},
		{"blank display name", channel.Draft{Name: "ok", DisplayName: "  "}, "displayName"},
		{"long display name", channel.Draft{Name: "ok", DisplayName: long}, "displayName"},
		{"NUL", channel.Draft{Name: "ok", DisplayName: "a\x00b"}, "displayName"},
		{"short description", channel.Draft{Name: "ok", DisplayName: "x", Description: ptr("ab")}, "description"},
		{"long support", channel.Draft{Name: "ok", DisplayName: "x", Support: ptr(strings.Repeat("é", 1001))}, "support"},
	} {
		_, err := h.channels.Create(t.Context(), h.alice, tt.draft)
		f, ok := fault.As(err)
		if !ok || f.Kind != fault.Invalid || len(f.Fields) != 1 || f.Fields[0].Name != tt.want {
			t.Errorf("%s: got %v, want %s refused", tt.name, err, tt.want)
		}
	}
	good := channel.Draft{Name: "A-b_c.d:1", DisplayName: strings.Repeat("é", 120), Description: ptr(strings.Repeat("é", 1000)), Support: ptr("")}
	id, err := h.channels.Create(t.Context(), h.alice, good)
	h.must(err)
	c, err := h.channels.ByID(t.Context(), id)
	h.must(err)
	if c.Support != nil || *c.Description != *good.Description {
		t.Errorf("got %+v", c)
	}
	if _, err := h.channels.Create(t.Context(), user.Caller{}, channel.Draft{Name: "ok", DisplayName: "x"}); fault.KindOf(err) != fault.Unauthorized {
		t.Errorf("stranger: got %v", err)
	}
}

// One user cannot take all names of an instance.
func TestChannelsPerUserAreLimited(t *testing.T) {
	h := newHouse(t, dbtest.SQLite(t))
	for _, name := range []string{"two", "three", "four"} {
		_, err := h.channels.Create(t.Context(), h.alice, channel.Draft{Name: name, DisplayName: name})
		h.must(err)
	}
	if _, err := h.channels.Create(t.Context(), h.alice, channel.Draft{Name: "five", DisplayName: "x"}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("fifth of four: got %v, want invalid", err)
	}
	if _, err := h.channels.Create(t.Context(), h.bob, channel.Draft{Name: "five", DisplayName: "x"}); err != nil {
		t.Errorf("the name stayed free, but: %v", err)
	}
}

// A patch changes what it names, null removes, and videos follow if asked to.
func TestUpdate(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		before, err := h.channels.ByHandle(t.Context(), "alice_channel")
		h.must(err)
		h.must(h.channels.Update(t.Context(), h.alice, "alice_channel", channel.Patch{Support: ptr(ptr("give")), Description: ptr(ptr("about it"))}))
		h.must(h.channels.Update(t.Context(), h.alice, "alice_channel", channel.Patch{DisplayName: ptr("New"), Description: ptr((*string)(nil)), BulkSupport: true}))
		c, err := h.channels.ByHandle(t.Context(), "alice_channel")
		h.must(err)
		if c.DisplayName != "New" || c.Description != nil || c.Support == nil || *c.Support != "give" || !c.UpdatedAt.After(before.UpdatedAt) {
			t.Errorf("got %+v", c)
		}
		if got := h.videos.support[c.ID]; got == nil || *got != "give" {
			t.Errorf("the videos' support text: got %v", got)
		}
		for _, tt := range []struct {
			caller user.Caller
			handle string
			want   fault.Kind
		}{
			{h.bob, "alice_channel", fault.Forbidden},
			{user.Caller{}, "alice_channel", fault.Unauthorized},
			{h.alice, "none", fault.NotFound},
		} {
			if err := h.channels.Update(t.Context(), tt.caller, tt.handle, channel.Patch{DisplayName: ptr("x")}); fault.KindOf(err) != tt.want {
				t.Errorf("%s on %s: got %v, want %v", tt.caller.Username, tt.handle, err, tt.want)
			}
		}
		moderator := user.Caller{UserID: 9, Role: user.Moderator}
		h.must(h.channels.Update(t.Context(), moderator, "alice_channel", channel.Patch{DisplayName: ptr("Moderated")}))
	})
}

// A deleted channel's name is never given away again: followers elsewhere
// would take the new owner for the old one.
func TestDelete(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		if err := h.channels.Delete(t.Context(), h.alice, "alice_channel"); fault.KindOf(err) != fault.Conflict {
			t.Fatalf("the last channel: got %v, want conflict", err)
		}
		id, err := h.channels.Create(t.Context(), h.alice, channel.Draft{Name: "second", DisplayName: "x"})
		h.must(err)
		if err := h.channels.Delete(t.Context(), h.bob, "second"); fault.KindOf(err) != fault.Forbidden {
			t.Fatalf("bob: got %v, want forbidden", err)
		}
		h.must(h.channels.Delete(t.Context(), h.alice, "second"))
		if len(h.videos.removed) != 1 || h.videos.removed[0] != id {
			t.Errorf("videos removed of %v, want of %d", h.videos.removed, id)
		}
		if _, err := h.channels.ByHandle(t.Context(), "second"); fault.KindOf(err) != fault.NotFound {
			t.Errorf("after deleting: got %v, want not found", err)
		}
		for _, name := range []string{"second", "SECOND"} {
			if _, err := h.channels.Create(t.Context(), h.bob, channel.Draft{Name: name, DisplayName: "x"}); fault.KindOf(err) != fault.Conflict {
				t.Errorf("%s again: got %v, want conflict", name, err)
			}
		}
		var buried string
		h.must(d.Read().NewRaw(`SELECT type FROM tombstone WHERE url = 'https://One.test:8443/video-channels/second'`).Scan(t.Context(), &buried))
		if buried != "Group" {
			t.Errorf("tombstone: got %q", buried)
		}
	})
}

// Only the owner's own channels are theirs to publish in.
func TestOwnedBy(t *testing.T) {
	h := newHouse(t, dbtest.SQLite(t))
	c, err := h.channels.ByHandle(t.Context(), "alice_channel")
	h.must(err)
	h.must(h.channels.OwnedBy(t.Context(), c.ID, account.ID(h.alice.AccountID)))
	for _, id := range []channel.ID{c.ID, 0, 999} {
		if err := h.channels.OwnedBy(t.Context(), id, account.ID(h.bob.AccountID)); fault.KindOf(err) != fault.Invalid {
			t.Errorf("channel %d for bob: got %v, want invalid", id, err)
		}
	}
}

// Lists find by name, display name and that of the owner, in any case, with % and _ as letters.
func TestListSearchesText(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		_, err := h.channels.Create(t.Context(), h.alice, channel.Draft{Name: "sea", DisplayName: "100% Sea_side!"})
		h.must(err)
		for search, want := range map[string]int{
			"": 4, "channel": 3, "ALICE": 2, "100%": 1, "%": 1, "a_s": 1, "_": 4, "side!": 1, "!": 1, "zzz": 0, "' OR 1=1 --": 0,
		} {
			list, total, err := h.channels.List(t.Context(), channel.Query{Count: 10, Search: search})
			h.must(err)
			if total != want || len(list) != want {
				t.Errorf("%q: got %d of %d, want %d", search, len(list), total, want)
			}
		}
		list, total, err := h.channels.List(t.Context(), channel.Query{Count: 1, Account: account.ID(h.alice.AccountID), Sort: "-name"})
		h.must(err)
		if total != 2 || len(list) != 1 || list[0].Name != "alice_channel" {
			t.Errorf("alice's: got %d, %+v", total, list)
		}
		found, err := h.channels.ByIDs(t.Context(), []channel.ID{1, list[0].ID, 999})
		h.must(err)
		if len(found) != 2 || found[list[0].ID].Name != "alice_channel" {
			t.Errorf("by numbers: got %+v", found)
		}
	})
}
