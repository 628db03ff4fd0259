package user_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/url"
	"strings"
	"sync"
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

const password = "a good password"

// house is the services of users over a real database, with alice in it.
type house struct {
	t      *testing.T
	db     *db.DB
	users  *user.Service
	client user.Client
	log    bytes.Buffer

	mu sync.Mutex
	at time.Time
}

func (h *house) now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.at
}

func (h *house) advance(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.at = h.at.Add(d)
}

func newHouse(t *testing.T, d *db.DB) *house {
	t.Helper()
	h := &house{t: t, db: d, at: time.UnixMilli(1_800_000_000_000)}
	h.users = h.service()
	if _, _, err := h.users.EnsureRoot(t.Context(), password); err != nil {
		t.Fatal(err)
	}
	h.create("alice")
	var err error
	if h.client, err = h.users.OAuthClient(t.Context()); err != nil {
		t.Fatal(err)
	}
	return h
}

// service is one process over the database.
func (h *house) service() *user.Service {
	h.t.Helper()
	actors := actor.New(h.db, &url.URL{Scheme: "https", Host: "one.test"}, h.now)
	channels := channel.New(channel.Config{DB: h.db, Actors: actors, Accounts: account.New(h.db, actors, h.now), Now: h.now})
	log := slog.New(slog.NewTextHandler(&h.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	s, err := user.New(user.Config{DB: h.db, Log: log, Now: h.now, Households: channels, BcryptCost: 4})
	if err != nil {
		h.t.Fatal(err)
	}
	return s
}

func (h *house) create(name string) user.Account {
	h.t.Helper()
	a, err := h.users.Create(h.t.Context(), user.Caller{UserID: 1}, user.Draft{
		Username: name, Password: password, Email: name + "@one.test", Role: user.User, VideoQuota: -1, VideoQuotaDaily: -1,
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return a
}

func (h *house) login(name, pw string) (user.Tokens, error) {
	return h.users.Login(h.t.Context(), user.Grant{Client: h.client, Type: "password", Username: name, Password: pw})
}

func (h *house) mustLogin(name string) user.Tokens {
	h.t.Helper()
	t, err := h.login(name, password)
	if err != nil {
		h.t.Fatal(err)
	}
	return t
}

func (h *house) refresh(token string) (user.Tokens, error) {
	return h.users.Login(h.t.Context(), user.Grant{Client: h.client, Type: "refresh_token", Refresh: token})
}

func (h *house) caller(token string) user.Caller {
	h.t.Helper()
	c, err := h.users.Authenticate(h.t.Context(), token)
	if err != nil {
		h.t.Fatal(err)
	}
	return c
}

// dead fails the test when the token still opens the door.
func (h *house) dead(what, token string) {
	h.t.Helper()
	_, err := h.users.Authenticate(h.t.Context(), token)
	if fault.KindOf(err) != fault.Unauthorized {
		h.t.Errorf("%s: got %v, want unauthorized", what, err)
	}
}

func code(err error) string {
	f, _ := fault.As(err)
	if f == nil {
		return ""
	}
	return f.Code
}

// Without root nobody can enter a new instance; a second root, or another
// password at the second start, would be a way in.
func TestEnsureRootHappensOnce(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := &house{t: t, db: d, at: time.Now()}
		h.users = h.service()
		generated, created, err := h.users.EnsureRoot(t.Context(), "")
		if err != nil || !created || len(generated) < 16 {
			t.Fatalf("got %q %v %v, want a generated password", generated, created, err)
		}
		h.client, _ = h.users.OAuthClient(t.Context())
		again, created, err := h.users.EnsureRoot(t.Context(), "another")
		if err != nil || created || again != "" {
			t.Fatalf("second start: got %q %v %v, want nothing", again, created, err)
		}
		if _, err := h.login("root", generated); err != nil {
			t.Errorf("log in as root: %v", err)
		}
		if _, err := h.login("root", "another"); err == nil {
			t.Error("the second password opens the door")
		}
	})
}

// Names that differ in case, addresses, and names of channels are one space.
func TestCreateRefusesTakenNames(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		draft := func(name, email, channel string) user.Draft {
			return user.Draft{Username: name, Email: email, ChannelName: channel, Password: password, Role: user.User, VideoQuota: -1, VideoQuotaDaily: -1}
		}
		for _, tt := range []struct {
			draft user.Draft
			want  fault.Kind
		}{
			{draft("alice", "new@one.test", ""), fault.Conflict},
			{draft("carol", "ALICE@one.test", ""), fault.Conflict},
			{draft("alice_channel", "new@one.test", ""), fault.Conflict},
			{draft("carol", "new@one.test", "Alice"), fault.Conflict},
			{draft("Carol", "new@one.test", ""), fault.Invalid},
			{draft("carol", "no address", ""), fault.Invalid},
			{draft("carol", "Carol <c@one.test>", ""), fault.Invalid},
			{draft("carol", "c\u00c9@one.test", ""), fault.Invalid},
			{draft("carol", "c\x00@one.test", ""), fault.Invalid},
		} {
			_, err := h.users.Create(t.Context(), user.Caller{UserID: 1}, tt.draft)
			if fault.KindOf(err) != tt.want {
				t.Errorf("%+v: got %v, want %v", tt.draft, err, tt.want)
			}
		}
		if _, err := h.users.Create(t.Context(), user.Caller{UserID: 1}, draft("carol", "new@one.test", "")); err != nil {
			t.Errorf("after all refusals the name is free: %v", err)
		}
	})
}

// Only administrators make moderators, only moderators make users.
func TestCreateNeedsRights(t *testing.T) {
	h := newHouse(t, dbtest.SQLite(t))
	for _, tt := range []struct {
		name   string
		caller user.Caller
		role   user.Role
		want   fault.Kind
	}{
		{"stranger", user.Caller{}, user.User, fault.Forbidden},
		{"user", user.Caller{UserID: 2, Role: user.User}, user.User, fault.Forbidden},
		{"moderator makes a moderator", user.Caller{UserID: 2, Role: user.Moderator}, user.Moderator, fault.Forbidden},
		{"no such role", user.Caller{UserID: 1}, 7, fault.Invalid},
	} {
		_, err := h.users.Create(t.Context(), tt.caller, user.Draft{
			Username: "carol", Email: "c@one.test", Password: password, Role: tt.role, VideoQuota: -1, VideoQuotaDaily: -1})
		if fault.KindOf(err) != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, err, tt.want)
		}
	}
}

// Settings survive; what was not sent stays; what is no setting is refused.
func TestUpdateMe(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		me := h.caller(h.mustLogin("alice").Access)
		off, french, name := false, "fr", "Alice A."
		lang, langs := &french, []string{"fr", "en"}
		err := h.users.UpdateMe(t.Context(), me, user.Patch{P2PEnabled: &off, Language: &lang, VideoLanguages: &langs, DisplayName: &name})
		if err != nil {
			t.Fatal(err)
		}
		a, err := h.users.Me(t.Context(), me.UserID)
		if err != nil {
			t.Fatal(err)
		}
		p := a.Preferences
		if p.P2PEnabled || p.Language == nil || *p.Language != "fr" || len(p.VideoLanguages) != 2 || !p.AutoPlayVideo {
			t.Errorf("got %+v", p)
		}
		bad := "everything"
		if err := h.users.UpdateMe(t.Context(), me, user.Patch{NSFWPolicy: &bad}); fault.KindOf(err) != fault.Invalid {
			t.Errorf("unknown policy: got %v, want invalid", err)
		}
		taken := "admin@example.com"
		if err := h.users.UpdateMe(t.Context(), me, user.Patch{Email: &taken}); fault.KindOf(err) != fault.Invalid {
			t.Errorf("no current password: got %v, want invalid", err)
		}
		if err := h.users.UpdateMe(t.Context(), me, user.Patch{Email: &taken, CurrentPassword: "wrong"}); fault.KindOf(err) != fault.Unauthorized {
			t.Errorf("wrong current password: got %v, want unauthorized", err)
		}
		if err := h.users.UpdateMe(t.Context(), me, user.Patch{Email: &taken, CurrentPassword: password}); fault.KindOf(err) != fault.Conflict {
			t.Errorf("taken address: got %v, want conflict", err)
		}
	})
}

// A cancelled request must not be taken for a wrong password.
func TestLoginEndsWithItsContext(t *testing.T) {
	h := newHouse(t, dbtest.SQLite(t))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := h.users.Login(ctx, user.Grant{Client: h.client, Type: "password", Username: "alice", Password: password})
	if !errors.Is(err, context.Canceled) || strings.Contains(err.Error(), "credentials") {
		t.Errorf("got %v, want context canceled", err)
	}
}
