package socket

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"vidiverse/instance/account"
	"vidiverse/instance/actor"
	"vidiverse/instance/channel"
	"vidiverse/instance/db"
	"vidiverse/instance/db/dbtest"
	"vidiverse/instance/event"
	"vidiverse/instance/user"
)

// world is a socket server over HTTP, with the users root and bob.
type world struct {
	*Server
	t     *testing.T
	url   string
	bus   *event.Memory
	users *user.Service
	token map[string]string
}

const password = "a good password"

func newWorld(t *testing.T, change func(*Config)) *world {
	t.Helper()
	d := dbtest.SQLite(t)
	w := &world{t: t, bus: event.NewMemory(), token: map[string]string{}}
	actors := actor.New(d, &url.URL{Scheme: "https", Host: "one.test"}, time.Now)
	channels := channel.New(channel.Config{DB: d, Actors: actors, Accounts: account.New(d, actors, time.Now), Videos: func() channel.Videos { return noVideos{} }})
	var err error
	w.users, err = user.New(user.Config{DB: d, Log: slog.New(slog.DiscardHandler), Households: channels, BcryptCost: 4})
	w.must(err)
	_, _, err = w.users.EnsureRoot(t.Context(), password)
	w.must(err)
	_, err = w.users.Create(t.Context(), root, user.Draft{Username: "bob", Password: password, Email: "bob@one.test", Role: user.User})
	w.must(err)
	c := Config{
		Users: w.users, Events: w.bus, Remote: func(r *http.Request) netip.Addr {
			if a, err := netip.ParseAddr(r.Header.Get("X-Test-From")); err == nil {
				return a
			}
			return netip.MustParseAddr("192.0.2.1")
		},
		Notification: func(_ context.Context, id int64) ([]byte, error) { return json.Marshal(map[string]int64{"id": id}) },
		State:        func(_ context.Context, id int64) (int, error) { return int(id), nil },
	}
	if change != nil {
		change(&c)
	}
	w.Server = New(c)
	for _, name := range []string{"root", "bob"} {
		w.token[name] = w.signIn(name)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- w.Serve(ctx) }()
	server := httptest.NewServer(w.Server)
	w.url = server.URL
	t.Cleanup(func() {
		stop()
		if err := <-done; err != context.Canceled { //nolint:errorlint // it is returned as it is
			t.Error(err)
		}
		server.Close()
		if n := len(w.sessions) + len(w.networks) + len(w.Server.users) + len(w.videos); n != 0 {
			t.Errorf("%d things are left of sessions", n)
		}
	})
	w.eventually("it serves", func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.ctx != nil && w.sockets.Live()
	})
	return w
}

var root = user.Caller{UserID: 1, Role: user.Administrator}

type noVideos struct{}

func (noVideos) RemoveOfChannel(context.Context, db.Tx, channel.ID) error { return nil }

func (noVideos) SupportOfChannel(context.Context, db.Tx, channel.ID, *string) error { return nil }

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) eventually(what string, holds func() bool) {
	w.t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(30 * time.Second); !holds(); <-tick.C {
		if time.Now().After(deadline) {
			w.t.Fatalf("still not: %s", what)
		}
	}
}

func (w *world) signIn(name string) string {
	w.t.Helper()
	client, err := w.users.OAuthClient(w.t.Context())
	w.must(err)
	tok, err := w.users.Login(w.t.Context(), user.Grant{Client: client, Type: "password", Username: name, Password: password})
	w.must(err)
	return tok.Access
}

// do sends a request of Engine.IO and returns status and body.
func (w *world) do(method, query, body string, header ...string) (int, string) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), method, w.url+"/socket.io/?"+query, strings.NewReader(body))
	w.must(err)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(r)
	w.must(err)
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	w.must(err)
	return res.StatusCode, string(b)
}

// poller opens a session that polls, and joins a namespace.
func (w *world) poller(token, namespace string) (id string) {
	w.t.Helper()
	status, body := w.do("GET", "EIO=4&transport=polling&accessToken="+token, "")
	if status != 200 || !strings.HasPrefix(body, "0{") {
		w.t.Fatalf("got %d %s", status, body)
	}
	var hello struct{ SID string }
	w.must(json.Unmarshal([]byte(body[1:]), &hello))
	w.post(hello.SID, "40"+namespace+",")
	if got := w.poll(hello.SID); !strings.HasPrefix(got, "40"+namespace+`,{"sid":"`) {
		w.t.Fatalf("join %s: got %s", namespace, got)
	}
	return hello.SID
}

func (w *world) post(id, body string) (int, string) {
	w.t.Helper()
	return w.do("POST", "EIO=4&transport=polling&sid="+id, body)
}

func (w *world) poll(id string) string {
	w.t.Helper()
	_, body := w.do("GET", "EIO=4&transport=polling&sid="+id, "")
	return body
}

func (w *world) dial(query string) *websocket.Conn {
	w.t.Helper()
	c, res, err := websocket.Dial(w.t.Context(), w.url+"/socket.io/?EIO=4&transport=websocket&"+query, nil)
	if err != nil {
		w.t.Fatal(err, res)
	}
	w.t.Cleanup(func() { _ = c.CloseNow() })
	return c
}

func (w *world) read(c *websocket.Conn) string {
	w.t.Helper()
	_, b, err := c.Read(w.t.Context())
	w.must(err)
	return string(b)
}

func (w *world) write(c *websocket.Conn, text string) {
	w.t.Helper()
	w.must(c.Write(w.t.Context(), websocket.MessageText, []byte(text)))
}

// ended waits until a session is gone, and returns how long that took.
func (w *world) ended(id string) time.Duration {
	w.t.Helper()
	began := time.Now()
	w.eventually("the session "+id+" is gone", func() bool { return w.find(id) == nil })
	return time.Since(began)
}

func (w *world) hint(topic, name string, id int64) {
	w.bus.Publish(w.t.Context(), event.Event{Topic: topic, Name: name, ID: id})
}

// News reach exactly whom they are for, over both transports.
func TestPush(t *testing.T) {
	w := newWorld(t, nil)
	bob, live := w.poller(w.token["bob"], notifications), w.poller("", lives)
	c := w.dial("accessToken=" + w.token["bob"])
	if got := w.read(c); !strings.HasPrefix(got, `0{"sid":"`) || !strings.Contains(got, `"upgrades":[]`) {
		t.Fatalf("got %s", got)
	}
	w.write(c, "40/user-notifications,")
	if got := w.read(c); !strings.HasPrefix(got, `40/user-notifications,{"sid":"`) {
		t.Fatalf("got %s", got)
	}
	w.post(live, `42/live-videos,["subscribe",{"videoId":7}]`+separator+`42/live-videos,["subscribe",{"videoId":8}]`+separator+`42/live-videos,["unsubscribe",{"videoId":8}]`)
	w.hint(NotificationTopic, "1", 5) // root's
	w.hint(NotificationTopic, "2", 6)
	w.hint(LiveTopic, "state-change", 8)
	w.hint(LiveTopic, "state-change", 7)
	w.hint(LiveTopic, "force-end", 7)
	const want = `42/user-notifications,["new-notification",{"id":6}]`
	if got := w.read(c); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := w.poll(bob); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	got := w.poll(live)
	if !strings.Contains(got, separator) {
		got += separator + w.poll(live)
	}
	if got != `42/live-videos,["state-change",{"state":7}]`+separator+`42/live-videos,["force-end"]` {
		t.Errorf("got %q", got)
	}
}

// A session that polls becomes a WebSocket without a loss.
func TestUpgrade(t *testing.T) {
	w := newWorld(t, nil)
	id := w.poller(w.token["bob"], notifications)
	waiting := make(chan string, 1)
	go func() { waiting <- w.poll(id) }()
	w.eventually("a poll waits", func() bool {
		one := w.find(id)
		one.mu.Lock()
		defer one.mu.Unlock()
		return one.polled
	})
	c := w.dial("sid=" + id)
	w.write(c, "2probe")
	if got := w.read(c); got != "3probe" {
		t.Fatalf("got %s", got)
	}
	if got := <-waiting; got != "6" {
		t.Errorf("the poll got %q", got)
	}
	w.hint(NotificationTopic, "2", 6)
	w.eventually("news wait", func() bool {
		one := w.find(id)
		one.mu.Lock()
		defer one.mu.Unlock()
		return len(one.queue) == 1
	})
	w.write(c, "5")
	if got := w.read(c); !strings.HasSuffix(got, `{"id":6}]`) {
		t.Errorf("got %s", got)
	}
	if status, _ := w.do("GET", "EIO=4&transport=polling&sid="+id, ""); status != 400 {
		t.Errorf("a poll beside the WebSocket: got %d", status)
	}
	w.must(c.CloseNow())
	w.ended(id)
}

// Whoever is blocked, deleted or signed out has no open connection from then on.
func TestRevokedAreCutOff(t *testing.T) {
	w := newWorld(t, nil)
	ctx := t.Context()
	open := func() (id string, c *websocket.Conn) {
		id = w.poller(w.token["bob"], notifications)
		c = w.dial("accessToken=" + w.token["bob"])
		w.read(c)
		w.write(c, "40/user-notifications,")
		w.read(c)
		return id, c
	}
	other := w.poller(w.token["root"], notifications)
	for what, end := range map[string]func() error{
		"signed out": func() error {
			c, err := w.users.Authenticate(ctx, w.token["bob"])
			w.must(err)
			return w.users.Revoke(ctx, c)
		},
		"blocked": func() error {
			defer func() { w.must(w.users.Unblock(ctx, root, 2)) }()
			return w.users.Block(ctx, root, 2, "rude")
		},
		"new password": func() error { return w.users.ResetPassword(ctx, "bob", password) },
		"new role": func() error {
			return w.users.Update(ctx, root, 2, user.AdminPatch{Role: new(user.Moderator)})
		},
	} {
		w.token["bob"] = w.signIn("bob")
		id, c := open()
		w.must(end())
		took := w.ended(id)
		for { // what was sent before, then the end
			if _, _, err := c.Read(ctx); err != nil {
				break
			}
		}
		if took > 10*time.Second { // it is to be one second
			t.Errorf("%s: took %v", what, took)
		}
	}
	if w.find(other) == nil {
		t.Error("somebody else was cut off")
	}
	w.token["bob"] = w.signIn("bob")
	id, _ := open()
	w.must(w.users.Delete(ctx, root, 2))
	w.ended(id)
}
