package ap

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vidiverse/instance/account"
	"vidiverse/instance/actor"
	"vidiverse/instance/channel"
	"vidiverse/instance/db"
	"vidiverse/instance/db/dbtest"
	"vidiverse/instance/federation/object"
	"vidiverse/instance/rest"
	"vidiverse/instance/user"
)

const wire = "../../testdata/wire/"

// town is the server that the answers were captured from, with its people but
// without videos, by real HTTP.
type town struct {
	t        *testing.T
	db       *db.DB
	actors   *actor.Service
	accounts *account.Service
	channels *channel.Service
	door     *Door
	url      string
	now      time.Time
}

func newTown(t *testing.T, d *db.DB) *town {
	t.Helper()
	base := &url.URL{Scheme: "http", Host: "127.0.0.1:9001"}
	w := &town{t: t, db: d, now: time.Date(2026, 11, 21, 21, 0, 0, 0, time.UTC)}
	now := func() time.Time { return w.now }
	w.actors = actor.New(d, base, now)
	w.accounts = account.New(d, w.actors, now)
	w.channels = channel.New(channel.Config{DB: d, Actors: w.actors, Accounts: w.accounts, Now: now})
	w.settle()
	config := rest.NewServerConfig()
	w.door = New(Config{
		PublicURL: base, Actors: w.actors,
		Objects: object.New(object.Config{DB: d, PublicURL: base, Actors: w.actors}),
		Discovery: Discovery{
			Config: func() rest.ServerConfig { return config }, Now: now, Description: "About us",
			Usage: w.usage,
		},
	})
	pages := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "the page") })
	mux := http.NewServeMux()
	for _, at := range []string{"/.well-known/", "/nodeinfo/", "/robots.txt", "/security.txt"} {
		mux.Handle(at, w.door.Found())
	}
	mux.Handle("/", w.door.Over(pages))
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	w.url = s.URL
	return w
}

func (w *town) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *town) write(fn func(tx db.Tx) error) {
	w.t.Helper()
	w.must(w.db.Write(w.t.Context(), fn))
}

func (w *town) exec(sql string, args ...any) {
	w.t.Helper()
	w.write(func(tx db.Tx) error {
		_, err := tx.NewRaw(sql, args...).Exec(w.t.Context())
		return err
	})
}

// settle makes the people of the captured server: their names, pictures, keys
// and times are those that were captured.
func (w *town) settle() {
	ctx := w.t.Context()
	w.must(w.accounts.EnsureInstance(ctx))
	w.exec(`INSERT INTO local_user (id, username, email, password_hash, role, video_quota, video_quota_daily, preferences, created_at, updated_at)
		VALUES (5, 'alicia', 'a@one.test', '-', 2, -1, -1, '{}', 1, 1)`)
	w.write(func(tx db.Tx) error {
		if _, err := w.channels.Settle(ctx, tx, user.ID(5), user.Home{Username: "alicia", DisplayName: "alicia", Channel: user.Channel{Name: "alicia_channel", DisplayName: "Alicia channel"}}); err != nil {
			return err
		}
		name := "Alicia A."
		return w.accounts.Describe(ctx, tx, user.ID(5), &name, nil)
	})
	var keys map[string]struct{ PublicKeyPem string }
	w.read("activitypub/keys.json", &keys)
	for _, file := range []string{"application", "person", "group"} {
		var doc struct {
			ID, Name, Published string
			Summary, Support    *string
			Icon, Image         []struct {
				URL           string
				Width, Height int
			}
		}
		w.read("activitypub/actor-"+file+".json", &doc)
		a, err := w.actors.ByURL(ctx, w.db.Read(), doc.ID)
		w.must(err)
		at, err := time.Parse(time.RFC3339, doc.Published)
		w.must(err)
		w.exec(`UPDATE actor SET created_at = ? WHERE id = ?`, db.Millis(at), a.ID)
		w.exec(`UPDATE account SET display_name = ?, description = ? WHERE actor_id = ?`, doc.Name, doc.Summary, a.ID)
		w.exec(`UPDATE channel SET display_name = ?, description = ?, support = ? WHERE actor_id = ?`, doc.Name, doc.Summary, doc.Support, a.ID)
		w.exec(`INSERT INTO actor_key (actor_id, public_pem, private_pem) VALUES (?, ?, '-')`, a.ID, keys[doc.ID].PublicKeyPem)
		for kind, images := range map[int]int{1: len(doc.Icon), 2: len(doc.Image)} {
			for i := range images {
				img := append(doc.Icon[:len(doc.Icon):len(doc.Icon)], doc.Image...)[i+(kind-1)*len(doc.Icon)]
				w.exec(`INSERT INTO actor_image (actor_id, kind, width, height, file, created_at, updated_at) VALUES (?, ?, ?, ?, ?, 1, 1)`,
					a.ID, kind, img.Width, img.Height, img.URL[strings.LastIndex(img.URL, "/")+1:])
			}
		}
	}
}

func (w *town) read(file string, v any) {
	w.t.Helper()
	b, err := os.ReadFile(wire + file)
	w.must(err)
	w.must(json.Unmarshal(b, v))
}

// follow has somebody of another server follow one of ours.
func (w *town) follow(follower, target string) {
	w.t.Helper()
	ctx := w.t.Context()
	u, err := url.Parse(follower)
	w.must(err)
	name := u.Path[strings.LastIndex(u.Path, "/")+1:]
	kind := actor.Person
	if name == actor.InstanceName {
		kind = actor.Application
	}
	w.write(func(tx db.Tx) error {
		var keys map[string]struct{ PublicKeyPem string }
		w.read("activitypub/keys.json", &keys)
		id, _, err := w.actors.SaveRemote(ctx, tx, actor.Remote{
			URL: follower, Kind: kind, Username: name, Inbox: follower + "/inbox",
			PublicKey: keys["http://127.0.0.1:9001/accounts/alicia"].PublicKeyPem,
		})
		if err != nil {
			return err
		}
		of, err := w.actors.ByURL(ctx, tx, target)
		if err != nil {
			return err
		}
		_, _, err = w.actors.Follow(ctx, tx, id, of.ID, follower+"/follows/1", actor.Accepted)
		return err
	})
	w.now = w.now.Add(time.Second)
}

func (w *town) get(path, accept string) (*http.Response, string) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, w.url+path, nil)
	w.must(err)
	r.Header.Set("Accept", accept)
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(r)
	w.must(err)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	w.must(err)
	return resp, string(b)
}

// same compares an answer with a captured one, as JSON.
func (w *town) same(name, got string, want json.RawMessage) {
	w.t.Helper()
	var a, b any
	if err := json.Unmarshal([]byte(got), &a); err != nil {
		w.t.Errorf("%s: %v in %s", name, err, got)
		return
	}
	w.must(json.Unmarshal(want, &b))
	if d := cmp.Diff(b, a); d != "" {
		w.t.Errorf("%s differs from PeerTube's (-captured +got):\n%s", name, d)
	}
}

// Other servers read exactly what PeerTube would tell them of the same actors,
// at each of their addresses; people get the page there.
func TestActorsAreCaptured(t *testing.T) {
	w := newTown(t, dbtest.SQLite(t))
	for path, file := range map[string]string{
		"/accounts/peertube": "actor-application", "/accounts/alicia": "actor-person", "/video-channels/alicia_channel": "actor-group",
		"/account/alicia": "actor-person", "/a/alicia": "actor-person", "/a/ALICIA/video-channels": "actor-person", "/c/alicia_channel": "actor-group",
		"/c/alicia_channel/videos": "actor-group", "/video-channels/alicia_channel@127.0.0.1:9001": "actor-group",
	} {
		want, err := os.ReadFile(wire + "activitypub/" + file + ".json")
		w.must(err)
		resp, body := w.get(path, activity)
		if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "application/activity+json; charset=utf-8" || resp.Header.Get("Vary") != "Accept" {
			t.Errorf("%s: got %s, %v", path, resp.Status, resp.Header)
		}
		w.same(path, body, want)
		if _, body := w.get(path, "text/html,*/*"); body != "the page" {
			t.Errorf("%s: people got %q", path, body)
		}
	}
}

// Whoever counts or walks followers meets PeerTube's collections.
func TestCollectionsOfActorsAreCaptured(t *testing.T) {
	w := newTown(t, dbtest.SQLite(t))
	const one, channelURL = "http://127.0.0.1:9001/accounts/", "http://127.0.0.1:9001/video-channels/alicia_channel"
	w.follow("http://127.0.0.1:9002/accounts/peertube", one+"peertube")
	w.follow("http://127.0.0.1:9010/accounts/peertube", one+"peertube")
	w.follow("http://127.0.0.1:9010/accounts/alice", one+"alicia")
	w.follow("http://127.0.0.1:9002/accounts/bobby", channelURL)
	w.follow("http://127.0.0.1:9010/accounts/alice", channelURL)
	w.write(func(tx db.Tx) error {
		two, err := w.actors.ByHandle(t.Context(), tx, "peertube", "127.0.0.1:9002")
		if err != nil {
			return err
		}
		_, _, err = w.actors.Follow(t.Context(), tx, 1, two.ID, one+"peertube/follows/4", actor.Accepted)
		return err
	})
	w.exec(`INSERT INTO player_setting (channel_id, theme, updated_at) SELECT id, 'galaxy', 1 FROM channel`)
	for path, file := range map[string]string{
		"/accounts/peertube/followers": "instance-followers", "/accounts/peertube/followers?page=1": "instance-followers-page1",
		"/accounts/peertube/following": "instance-following", "/accounts/peertube/following?page=1": "instance-following-page1",
		"/accounts/alicia/followers": "account-followers", "/accounts/alicia/followers?page=1": "account-followers-page1",
		"/accounts/alicia/following": "account-following", "/accounts/alicia/following?page=1": "account-following-page1",
		"/video-channels/alicia_channel/followers":        "channel-followers",
		"/video-channels/alicia_channel/followers?page=1": "channel-followers-page1",
		"/video-channels/alicia_channel/following":        "channel-following",
		"/video-channels/alicia_channel/following?page=1": "channel-following-page1",
		"/video-channels/alicia_channel/player-settings":  "channel-player-settings",
	} {
		want, err := os.ReadFile(wire + "activitypub/" + file + ".json")
		w.must(err)
		resp, body := w.get(path, activity)
		if resp.StatusCode != 200 {
			t.Errorf("%s: got %s %s", path, resp.Status, body)
			continue
		}
		w.same(path, body, want)
	}
	for path, want := range map[string]int{
		"followers?page=0": 400, "followers?page=-1": 400, "followers?page=99999999999999999999": 400,
		"followers?page=x": 200, "followers?page=1.5": 200, "followers?page=": 200, // PeerTube reads over it
		"outbox?page=x": 400, "outbox?page=0": 400, "outbox?page=1&size=0": 400, "outbox?page=1&size=51": 400, "outbox?page=1&size=50": 200,
	} {
		if resp, body := w.get("/accounts/alicia/"+path, activity); resp.StatusCode != want {
			t.Errorf("%s: got %s %s", path, resp.Status, body)
		}
	}
}

// A page has ten members, and the walk from the first to the last meets each once.
func TestPagesOfFollowers(t *testing.T) {
	w := newTown(t, dbtest.SQLite(t))
	for i := range 23 {
		w.follow("http://127.0.0.1:9002/accounts/p"+string(rune('a'+i)), "http://127.0.0.1:9001/accounts/alicia")
	}
	seen := map[string]bool{}
	next, pages := "/accounts/alicia/followers?page=1", 0
	for next != "" && pages < 10 {
		_, body := w.get(next, activity)
		var page struct {
			Next, Prev   string
			OrderedItems []string
			TotalItems   int
		}
		w.must(json.Unmarshal([]byte(body), &page))
		for _, u := range page.OrderedItems {
			seen[u] = true
		}
		if page.TotalItems != 23 || len(page.OrderedItems) > 10 || page.Prev == "" && pages > 0 {
			t.Errorf("page %s: %s", next, body)
		}
		next = strings.TrimPrefix(page.Next, "http://127.0.0.1:9001")
		pages++
	}
	if pages != 3 || len(seen) != 23 {
		t.Errorf("met %d followers on %d pages", len(seen), pages)
	}
}

// Who is not here is not found, who was here is gone, and who is elsewhere is
// told where.
func TestActorsThatAreNotThere(t *testing.T) {
	w := newTown(t, dbtest.SQLite(t))
	w.follow("http://127.0.0.1:9002/accounts/bobby", "http://127.0.0.1:9001/accounts/alicia")
	w.captured("actor-not-found")
	resp, _ := w.get("/accounts/bobby@127.0.0.1:9002", activity)
	if resp.StatusCode != http.StatusFound || resp.Header.Get("Location") != "http://127.0.0.1:9002/accounts/bobby" {
		t.Errorf("of another server: got %s to %q", resp.Status, resp.Header.Get("Location"))
	}
	for _, path := range []string{"/accounts/alicia_channel", "/video-channels/alicia", "/accounts/%00", "/c/" + strings.Repeat("x", 2000), "/a/a@b@c"} {
		if resp, body := w.get(path, activity); resp.StatusCode != 404 {
			t.Errorf("%s: got %s %s", path, resp.Status, body)
		}
	}
	a, err := w.actors.ByHandle(t.Context(), w.db.Read(), "alicia_channel", "")
	w.must(err)
	w.write(func(tx db.Tx) error {
		return w.actors.Retire(t.Context(), tx, a.ID)
	})
	for _, path := range []string{"/video-channels/alicia_channel", "/c/alicia_channel", "/video-channels/alicia_channel/followers"} {
		if resp, body := w.get(path, activity); resp.StatusCode != http.StatusGone {
			t.Errorf("%s of a deleted one: got %s %s", path, resp.Status, body)
		}
	}
	if resp, _ := w.get("/.well-known/webfinger?resource=acct:alicia_channel@127.0.0.1:9001", "*/*"); resp.StatusCode != 404 {
		t.Errorf("WebFinger of a deleted one: got %s", resp.Status)
	}
}

// serve runs another server.
func (w *town) serve(h http.Handler) (host string) {
	s := httptest.NewServer(h)
	w.t.Cleanup(s.Close)
	return strings.TrimPrefix(s.URL, "http://")
}

func sorted(all []string) []string {
	slices.Sort(all)
	return all
}
