package federation_test

import (
	"bytes"
	"context"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"vidiverse/instance/account"
	"vidiverse/instance/actor"
	"vidiverse/instance/blob"
	"vidiverse/instance/block"
	"vidiverse/instance/channel"
	"vidiverse/instance/db"
	"vidiverse/instance/federation"
	"vidiverse/instance/federation/delivery"
	"vidiverse/instance/federation/object"
	"vidiverse/instance/job"
	"vidiverse/instance/news"
	"vidiverse/instance/signature"
	"vidiverse/instance/stream"
	"vidiverse/instance/user"
	"vidiverse/instance/video"
	"vidiverse/p2p/guard"
)

// The two servers of the captures: ours, and another that all deliveries end at.
const (
	ours   = "http://127.0.0.1:9001"
	theirs = "http://127.0.0.1:9002"
)

// world is alice with a channel, and bobby on another server who follows all of
// ours.
type world struct {
	*testing.T
	db     *db.DB
	jobs   *job.Queue
	actors *actor.Service
	videos *video.Service
	board  *news.Board
	tell   *federation.Service
	objs   *object.Renderer
	alice  user.Caller
	me     actor.ID // the instance
	alicia actor.ID
	group  actor.ID // alice's channel
	home   channel.ID
	bobby  actor.ID // account of the other server
	there  actor.ID // its instance
	far    video.ID // a video there

	mu  sync.Mutex // guards the next
	got []sent
}

// sent is a delivery that arrived.
type sent struct {
	path string
	body map[string]any
	raw  []byte
	key  string
}

func newWorld(t *testing.T, d *db.DB) *world {
	t.Helper()
	w := &world{T: t, db: d}
	base, err := url.Parse(ours)
	w.must(err)
	inbox := httptest.NewServer(w)
	t.Cleanup(inbox.Close)
	w.jobs = job.New(d, job.Config{Owner: "test", Poll: 10 * time.Millisecond})
	w.board = news.New(w.jobs)
	w.actors = actor.New(d, base, time.Now)
	w.actors.Federate(actor.Federation{News: w.board})
	accounts := account.New(d, w.actors, time.Now)
	channels := channel.New(channel.Config{DB: d, Actors: w.actors, Accounts: accounts, Now: time.Now, Videos: func() channel.Videos { return w.videos }})
	users, err := user.New(user.Config{DB: d, Now: time.Now, Households: channels, BcryptCost: 4})
	w.must(err)
	w.must(accounts.EnsureInstance(t.Context()))
	_, _, err = users.EnsureRoot(t.Context(), "root-password")
	w.must(err)
	files, err := blob.OpenFolder(t.TempDir())
	w.must(err)
	w.videos = video.New(video.Config{DB: d, Blob: files, Jobs: w.jobs, PublicURL: base, News: w.board, Torrents: true})
	w.objs = object.New(object.Config{DB: d, PublicURL: base, Actors: w.actors, Videos: w.videos})
	client := guard.New(guard.Config{Policy: guard.Policy{Plain: true, Allow: guard.Loopback()}, Limits: guard.Limits{Total: time.Minute}})
	t.Cleanup(client.Close)
	out := delivery.New(delivery.Config{DB: d, Jobs: w.jobs, Keys: w.actors, Client: client, Timeout: time.Minute})
	w.tell = federation.New(federation.Config{
		DB: d, Jobs: w.jobs, News: w.board, Actors: w.actors, Videos: w.videos, Objects: w.objs, Delivery: out, Gap: 300 * time.Millisecond,
		Mutes: block.New(block.Config{DB: d, Actors: w.actors, Accounts: accounts}),
	})
	u, err := users.Create(t.Context(), user.Caller{UserID: 1, Role: user.Administrator}, user.Draft{
		Username: "alicia", Password: "alicia-password", Email: "a@one.test", Role: user.User, VideoQuota: -1, VideoQuotaDaily: -1,
	})
	w.must(err)
	w.alice = user.Caller{UserID: u.ID, Role: user.User, AccountID: u.AccountID, Username: "alicia"}
	w.scan("SELECT id, actor_id FROM channel WHERE account_id = ?", []any{u.AccountID}, &w.home, &w.group)
	w.scan("SELECT actor_id FROM account WHERE id = ?", []any{u.AccountID}, &w.alicia)
	w.scan("SELECT id FROM actor WHERE username = 'peertube'", nil, &w.me)
	w.others(inbox.URL)
	return w
}

// others writes the rows of the other server.
func (w *world) others(inbox string) {
	w.bobby, w.there = 5001, 5000
	w.exec("INSERT INTO host (id, name, created_at) VALUES (50, '127.0.0.1:9002', 1)")
	for i, a := range []struct {
		kind actor.Kind
		path string
	}{{actor.Application, "/accounts/peertube"}, {actor.Person, "/accounts/bobby"}, {actor.Group, "/video-channels/bobby_channel"}} {
		id := 5000 + i
		w.exec(`INSERT INTO actor (id, kind, username, host_id, url, inbox_url, shared_inbox_url, created_at, updated_at) VALUES (?, ?, ?, 50, ?, ?, ?, 1, 1)`,
			id, int(a.kind), a.path[strings.LastIndex(a.path, "/")+1:], theirs+a.path, inbox+a.path+"/inbox", inbox+"/inbox")
		w.exec("INSERT INTO actor_counter (actor_id) VALUES (?)", id)
	}
	w.exec("INSERT INTO account (id, actor_id, display_name, created_at, updated_at) VALUES (501, 5001, 'bobby', 1, 1)")
	w.exec("INSERT INTO channel (id, actor_id, account_id, display_name, created_at, updated_at) VALUES (502, 5002, 501, 'b', 1, 1)")
	w.exec(`INSERT INTO video (id, uuid, url, host_id, channel_id, name, privacy, state, created_at, updated_at, published_at)
		VALUES (503, 'e6b078bc-3feb-4c72-8f4f-aff5828507e1', '` + theirs + `/videos/watch/e6b078bc-3feb-4c72-8f4f-aff5828507e1', 50, 502, 'far', 1, 1, 1, 1, 1)`)
	w.exec("INSERT INTO video_counter (video_id) VALUES (503)")
	w.far = 503
	for i, target := range []actor.ID{w.me, w.alicia, w.group} {
		w.exec(`INSERT INTO follow (id, follower_id, target_id, state, url, created_at, updated_at) VALUES (?, ?, ?, 'accepted', ?, 1, 1)`,
			600+i, int64(w.there), int64(target), fmt.Sprintf("%s/accounts/peertube/follows/%d", theirs, i))
	}
}

func (w *world) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(r.Body)
	s := sent{path: r.URL.Path, raw: raw, key: r.Header.Get("Signature")}
	if err != nil || json.Unmarshal(raw, &s.body) != nil {
		rw.WriteHeader(http.StatusBadRequest)
		return
	}
	w.mu.Lock()
	w.got = append(w.got, s)
	w.mu.Unlock()
	rw.WriteHeader(http.StatusNoContent)
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) exec(query string, args ...any) {
	w.Helper()
	w.must(w.db.Write(w.Context(), func(tx db.Tx) error {
		_, err := tx.ExecContext(w.Context(), query, args...)
		return err
	}))
}

func (w *world) scan(query string, args []any, to ...any) {
	w.Helper()
	w.must(w.db.Read().QueryRowContext(w.Context(), query, args...).Scan(to...))
}

// news tells a change, as the domain would.
func (w *world) news(c news.Change, was any) {
	w.Helper()
	if was != nil {
		raw, err := json.Marshal(was)
		w.must(err)
		c.Snapshot = raw
	}
	w.must(w.db.Write(w.Context(), func(tx db.Tx) error { return w.board.Tell(w.Context(), tx, c) }))
}

// settle runs what is to be done, and returns what arrived of it.
func (w *world) settle() []sent {
	w.Helper()
	ctx, stop := context.WithCancel(w.Context())
	done := make(chan error, 1)
	go func() { done <- w.jobs.Serve(ctx) }()
	deadline := time.After(60 * time.Second)
	for tick := time.NewTicker(5 * time.Millisecond); ; {
		select {
		case <-tick.C:
		case <-deadline:
			w.Fatal("jobs do not end")
		}
		list, n, err := w.jobs.List(w.Context(), job.Filter{States: []job.State{job.Waiting, job.Active, job.Delayed}})
		w.must(err)
		if n == 0 || !slices.ContainsFunc(list, func(j job.Job) bool {
			return strings.HasPrefix(j.Type, "feder") || strings.HasPrefix(j.Type, "activitypub")
		}) {
			break
		}
	}
	stop()
	w.must(<-done)
	failed, n, err := w.jobs.List(w.Context(), job.Filter{States: []job.State{job.Failed}})
	w.must(err)
	if n > 0 {
		w.Fatalf("%s failed: %s", failed[0].Type, failed[0].Error)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	got := w.got
	w.got = nil
	return got
}

// create publishes a video of alice's.
func (w *world) create() (v video.Video) {
	w.Helper()
	d := video.Draft{Name: "A walk", ChannelID: w.home, Privacy: video.Public, Comments: video.CommentsEnabled, Downloadable: true}
	w.must(w.db.Write(w.Context(), func(tx db.Tx) (err error) {
		v, err = w.videos.Create(w.Context(), tx, w.alice, d, stream.Source{Filename: "walk.mp4", Probe: stream.Probe{Duration: 12 * time.Second}})
		return err
	}))
	return v
}

// captured reads a delivery of PeerTube's.
func captured(t *testing.T, name string) sent {
	t.Helper()
	raw, err := os.ReadFile("../../testdata/wire/activitypub/deliveries/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Request struct {
			Target  string
			RawBody string
		}
	}
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	s := sent{path: file.Request.Target, raw: []byte(file.Request.RawBody)}
	if err := json.Unmarshal(s.raw, &s.body); err != nil {
		t.Fatal(err)
	}
	return s
}

var (
	uuid    = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
	moment  = regexp.MustCompile(`\d{4}-\d\d-\d\dT[\d:.]+Z`)
	who     = regexp.MustCompile(`/(accounts|video-channels)/(\w+)`)
	mention = regexp.MustCompile(`@\w+@127\.0\.0\.1:\d+`)
	token   = regexp.MustCompile(`/(downloads/videos/\d+|views/videos/\d+)/[\w-]+$`)
	digits  = regexp.MustCompile(`\d+`)
	exact   = []string{"type", "mediaType", "rel", "interactionType", "actionStatus", "identifier"}
)

// shape is a document without its values: addresses keep whose they are and what
// they are of.
func shape(key string, v any, sender string) any {
	switch v := v.(type) {
	case map[string]any:
		m := map[string]any{}
		for k, member := range v {
			switch {
			case k == "signature":
				m[k] = "signature"
			case k == "@context":
				m[k] = member
			default:
				m[k] = shape(k, member, sender)
			}
		}
		return m
	case []any:
		var list []any
		seen := map[string]bool{}
		for _, member := range v {
			one := shape(key, member, sender)
			text, _ := json.Marshal(one) // it was read from JSON
			if !seen[string(text)] {
				list = append(list, one)
			}
			seen[string(text)] = true
		}
		slices.SortFunc(list, func(a, b any) int {
			x, _ := json.Marshal(a) // as above
			y, _ := json.Marshal(b) // as above
			return bytes.Compare(x, y)
		})
		return list
	case string:
		return text(key, v, sender)
	case nil:
		return nil
	}
	return "."
}

func text(key, v, sender string) string {
	if slices.Contains(exact, key) {
		return v
	}
	if key == "content" {
		return "."
	}
	if !strings.Contains(v, "://") && !mention.MatchString(v) {
		return "."
	}
	if strings.HasPrefix(v, "https://www.w3.org/") {
		return v
	}
	v = strings.ReplaceAll(v, sender, "S:")
	v = strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(v, ours, "R:"), theirs, "R:"), "http://127.0.0.1:9010", "R:")
	v = token.ReplaceAllString(v, "/$1/K")
	v = moment.ReplaceAllString(uuid.ReplaceAllString(v, "U"), "T")
	v = who.ReplaceAllStringFunc(v, func(m string) string {
		if strings.HasSuffix(m, "/peertube") {
			return m
		}
		return m[:strings.LastIndex(m, "/")] + "/X"
	})
	return digits.ReplaceAllString(mention.ReplaceAllString(v, "@X@H"), "N")
}

// like compares a delivery with a captured one in everything but values; of
// videos, whose own test is elsewhere, only which members they have.
func (w *world) like(name string, got sent) {
	w.Helper()
	want := captured(w.T, name)
	base := func(s sent) string {
		u, err := url.Parse(fmt.Sprint(s.body["actor"]))
		w.must(err)
		return u.Scheme + "://" + u.Host
	}
	forms := []any{}
	for _, s := range []sent{want, got} {
		form := shape("", s.body, base(s)).(map[string]any)
		if o, ok := form["object"].(map[string]any); ok && o["type"] == "Video" {
			form["object"] = slices.Sorted(func(yield func(string) bool) {
				for k := range o {
					if k != "preview" && k != "category" && k != "licence" && k != "language" && !yield(k) {
						return
					}
				}
			})
		}
		form["path"] = text("", base(s)+who.ReplaceAllString(s.path, "/$1/X"), base(s))
		forms = append(forms, form)
	}
	a, err := json.MarshalIndent(forms[0], "", " ")
	w.must(err)
	b, err := json.MarshalIndent(forms[1], "", " ")
	w.must(err)
	if !bytes.Equal(a, b) {
		w.Errorf("%s\n%s", name, lines(string(a), string(b)))
	}
}

// lines are those that only one of two texts has.
func lines(want, got string) string {
	x, y := strings.Split(want, "\n"), strings.Split(got, "\n")
	var out []string
	for _, l := range x {
		if !slices.Contains(y, l) {
			out = append(out, "-"+l)
		}
	}
	for _, l := range y {
		if !slices.Contains(x, l) {
			out = append(out, "+"+l)
		}
	}
	return strings.Join(out, "\n")
}

// proven checks both signatures of a delivery.
func (w *world) proven(s sent) {
	w.Helper()
	by, _, err := signature.VerifyLD(w.Context(), s.raw, func(ctx context.Context, creator string) (*rsa.PublicKey, error) {
		a, err := w.actors.ByURL(ctx, w.db.Read(), creator)
		if err != nil {
			return nil, err
		}
		return w.actors.PublicKey(ctx, a.ID)
	})
	if err != nil || by != s.body["actor"] || !strings.Contains(s.key, fmt.Sprintf(`keyId="%s#main-key"`, by)) {
		w.Errorf("%s is signed by %q (%v) and sent with %s", s.body["id"], by, err, s.key)
	}
}
