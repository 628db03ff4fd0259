package api

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"vidiverse/instance/account"
	"vidiverse/instance/actor"
	"vidiverse/instance/block"
	"vidiverse/instance/channel"
	"vidiverse/instance/db"
	"vidiverse/instance/job"
	"vidiverse/instance/rest"
	"vidiverse/instance/user"
)

const (
	rootPassword  = "root-password"
	alicePassword = "alice-password"
)

// world is an instance's REST door with root, alice and bob, over HTTP.
type world struct {
	t      *testing.T
	db     *db.DB
	server *httptest.Server
	log    *logs
	clock  *clock
	users  *user.Service
	jobs   *job.Queue
	client user.Client
	config Config
}

// noVideos is a set of channels without videos.
type noVideos struct{}

func (noVideos) RemoveOfChannel(context.Context, db.Tx, channel.ID) error { return nil }

func (noVideos) SupportOfChannel(context.Context, db.Tx, channel.ID, *string) error { return nil }

func newWorld(t *testing.T, d *db.DB, change ...func(*Config)) *world {
	t.Helper()
	w := &world{t: t, db: d, log: &logs{}, clock: &clock{at: time.Now()}}
	log := slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	base := &url.URL{Scheme: "https", Host: "one.test"}
	actors := actor.New(d, base, w.clock.now)
	accounts := account.New(d, actors, w.clock.now)
	channels := channel.New(channel.Config{
		DB: d, Actors: actors, Accounts: accounts, Now: w.clock.now, Videos: func() channel.Videos { return noVideos{} },
	})
	var err error
	w.jobs = job.New(d, job.Config{Log: log, Owner: "test"})
	w.users, err = user.New(user.Config{
		DB: d, Log: log, Now: w.clock.now, Households: channels, BcryptCost: 4, Jobs: w.jobs,
		SignUp: user.SignUp{Enabled: true, Limit: 5, Refuse: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}},
	})
	w.must(err)
	w.must(accounts.EnsureInstance(t.Context()))
	_, _, err = w.users.EnsureRoot(t.Context(), rootPassword)
	w.must(err)
	w.client, err = w.users.OAuthClient(t.Context())
	w.must(err)
	w.config = Config{
		Log: log, PublicURL: base, Now: w.clock.now,
		Actors: actors, Users: w.users, Accounts: accounts, Channels: channels, Jobs: w.jobs,
		Blocks: block.New(block.Config{DB: d, Actors: actors, Accounts: accounts, Now: w.clock.now}),
		Quota:  func(context.Context, user.ID) (int64, int64, error) { return 7, 3, nil },
		Server: rest.NewServerConfig(), About: rest.NewAbout(),
		Limits: Limits{API: Rate{Max: 10_000}, Login: Rate{Max: 10_000}},
	}
	for _, fn := range change {
		fn(&w.config)
	}
	w.server = httptest.NewServer(New(w.config))
	t.Cleanup(w.server.Close)
	root := user.Caller{UserID: 1, Role: user.Administrator}
	for _, name := range []string{"alice", "bob"} {
		_, err := w.users.Create(t.Context(), root, user.Draft{
			Username: name, Password: name + "-password", Email: name + "@one.test", Role: user.User, VideoQuota: -1, VideoQuotaDaily: -1,
		})
		w.must(err)
	}
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// do sends a request; a body that is no string goes as JSON.
func (w *world) do(method, path, token string, body any, headers ...string) (*http.Response, []byte) {
	w.t.Helper()
	var in io.Reader
	kind := ""
	switch v := body.(type) {
	case nil:
	case url.Values:
		in, kind = strings.NewReader(v.Encode()), "application/x-www-form-urlencoded"
	case string:
		in, kind = strings.NewReader(v), "application/json"
	default:
		b, err := json.Marshal(v)
		w.must(err)
		in, kind = bytes.NewReader(b), "application/json"
	}
	r, err := http.NewRequestWithContext(w.t.Context(), method, w.server.URL+path, in)
	w.must(err)
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	resp, err := w.server.Client().Do(r)
	w.must(err)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	w.must(err)
	return resp, b
}

// want is do, for one status.
func (w *world) want(status int, method, path, token string, body any) []byte {
	w.t.Helper()
	resp, b := w.do(method, path, token, body)
	if resp.StatusCode != status {
		w.t.Fatalf("%s %s: got %d %s, want %d", method, path, resp.StatusCode, b, status)
	}
	return b
}

func (w *world) password(name, password string) url.Values {
	return url.Values{
		"client_id": {w.client.ID}, "client_secret": {w.client.Secret}, "grant_type": {"password"},
		"username": {name}, "password": {password},
	}
}

func (w *world) refresh(token string) url.Values {
	return url.Values{
		"client_id": {w.client.ID}, "client_secret": {w.client.Secret}, "grant_type": {"refresh_token"}, "refresh_token": {token},
	}
}

func (w *world) grant(f url.Values) rest.Tokens {
	w.t.Helper()
	var t rest.Tokens
	w.must(json.Unmarshal(w.want(http.StatusOK, "POST", "/api/v1/users/token", "", f), &t))
	return t
}

// login returns an access token of one of the cast.
func (w *world) login(name string) string {
	w.t.Helper()
	return w.grant(w.password(name, name+"-password")).AccessToken
}

func decodeInto[T any](w *world, b []byte) (v T) {
	w.t.Helper()
	w.must(json.Unmarshal(b, &v))
	return v
}

// clock is a time that tests move.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// logs is everything that was logged.
type logs struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func jsonDecode(r io.Reader, v any) error { return json.NewDecoder(r).Decode(v) }
