package fetch_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"vidiverse/instance/account"
	"vidiverse/instance/actor"
	"vidiverse/instance/blob"
	"vidiverse/instance/channel"
	"vidiverse/instance/comment"
	"vidiverse/instance/db"
	"vidiverse/instance/db/dbtest"
	"vidiverse/instance/fault"
	"vidiverse/instance/federation/fetch"
	"vidiverse/instance/job"
	"vidiverse/instance/news"
	"vidiverse/instance/playlist"
	"vidiverse/instance/video"
	"vidiverse/p2p/guard"
)

const wire = "../../../testdata/wire/activitypub/"

// world is an instance that asks, and the servers it asks: one listener, which
// serves whatever host is asked.
type world struct {
	testing.TB
	db       *db.DB
	jobs     *job.Queue
	actors   *actor.Service
	accounts *account.Service
	channels *channel.Service
	videos   *video.Service
	comments *comment.Service
	lists    *playlist.Service
	fetch    *fetch.Fetcher
	at       time.Time
	heard    atomic.Int32 // videos that people are told of

	guard  *guard.Client
	listen string
	mu     sync.Mutex
	docs   map[string]http.HandlerFunc
	asked  map[string]int
	signed int
	key    string
}

func newWorld(t testing.TB, d *db.DB, change ...func(*fetch.Config)) *world {
	t.Helper()
	w := &world{TB: t, db: d, docs: map[string]http.HandlerFunc{}, asked: map[string]int{}, at: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)}
	s := httptest.NewServer(w)
	t.Cleanup(s.Close)
	w.listen = strings.TrimPrefix(s.URL, "http://")
	w.guard = guard.New(guard.Config{Policy: guard.Policy{Plain: true, Allow: guard.Loopback()}})
	t.Cleanup(w.guard.Close)
	base := &url.URL{Scheme: "http", Host: "one.test"}
	now := func() time.Time { return w.at }
	w.jobs = job.New(d, job.Config{Owner: "test", Poll: 10 * time.Millisecond})
	w.actors = actor.New(d, base, now)
	w.accounts = account.New(d, w.actors, now)
	w.channels = channel.New(channel.Config{DB: d, Actors: w.actors, Accounts: w.accounts, Now: now, Videos: func() channel.Videos { return w.videos }})
	w.must(w.accounts.EnsureInstance(t.Context()))
	folder, err := blob.OpenFolder(t.TempDir())
	w.must(err)
	board := news.New(w.jobs)
	board.Hear("test", job.Options{}, func(context.Context, *job.Job, news.Change) error {
		w.heard.Add(1)
		return nil
	}, news.VideoHeard)
	w.videos = video.New(video.Config{DB: d, Blob: folder, Jobs: w.jobs, PublicURL: base, Now: now, News: board})
	w.comments = comment.New(comment.Config{DB: d, Jobs: w.jobs, Videos: w.videos, PublicURL: base, Now: now})
	w.lists = playlist.New(playlist.Config{DB: d, Blob: folder, Jobs: w.jobs, Videos: w.videos, PublicURL: base, Now: now})
	c := fetch.Config{
		DB: d, Jobs: w.jobs, Client: w, Actors: w.actors, Accounts: w.accounts, Channels: w.channels, Videos: w.videos, Comments: w.comments,
		Playlists: w.lists, Now: now, Sign: fetch.SignedBy(w.actors, now), Clean: -1,
	}
	for _, fn := range change {
		fn(&c)
	}
	w.fetch = fetch.New(c)
	var keys map[string]struct{ PublicKeyPem string }
	b, err := os.ReadFile(wire + "keys.json")
	w.must(err)
	w.must(json.Unmarshal(b, &keys))
	w.key = keys["http://127.0.0.1:9002/accounts/bobby"].PublicKeyPem
	return w
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// Fetch asks the listener, whatever the host.
func (w *world) Fetch(r *http.Request) (*http.Response, []byte, error) {
	host := r.URL.Host
	r = r.Clone(r.Context())
	r.Host, r.URL.Host = host, w.listen
	res, body, err := w.guard.Fetch(r)
	if err == nil {
		final := *res.Request.URL
		if final.Host == w.listen {
			final.Host = host
		}
		res.Request = &http.Request{URL: &final}
	}
	return res, body, err
}

func (w *world) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	address := "http://" + r.Host + r.URL.RequestURI()
	w.mu.Lock()
	w.asked[address]++
	if r.Header.Get("Signature") != "" {
		w.signed++
	}
	doc := w.docs[address]
	w.mu.Unlock()
	if doc == nil {
		http.NotFound(rw, r)
		return
	}
	doc(rw, r)
}

func (w *world) answer(address string, h http.HandlerFunc) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.docs[address] = h
}

func (w *world) count(address string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.asked[address]
}

func serve(kind string, b []byte) http.HandlerFunc {
	return func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", kind)
		_, _ = rw.Write(b)
	}
}

const activityJSON = "application/activity+json; charset=utf-8"

func (w *world) put(address string, object any) {
	b, err := json.Marshal(object)
	w.must(err)
	w.answer(address, serve(activityJSON, b))
}

func (w *world) file(address, name string) {
	b, err := os.ReadFile(wire + name)
	w.must(err)
	w.answer(address, serve(activityJSON, b))
}

type object map[string]any

func (w *world) actor(address, kind string, owner ...string) object {
	return object{
		"type": kind, "id": address, "preferredUsername": address[strings.LastIndexByte(address, '/')+1:], "inbox": address + "/inbox",
		"publicKey": object{"id": address + "#main-key", "owner": address, "publicKeyPem": w.key}, "attributedTo": owner,
	}
}

// sea is a channel of alice's on two.test.
func (w *world) sea() {
	w.put("http://two.test/accounts/alice", w.actor("http://two.test/accounts/alice", "Person"))
	w.put("http://two.test/video-channels/sea", w.actor("http://two.test/video-channels/sea", "Group", "http://two.test/accounts/alice"))
}

func (w *world) film(address string, number int) object {
	return object{
		"type": "Video", "id": address, "name": "A film", "uuid": fmt.Sprintf("e6b078bc-3feb-4c72-8f4f-%012x", number), "updated": "2026-11-22T08:00:00Z",
		"commentsPolicy": 1,
		"to":             []string{"https://www.w3.org/ns/activitystreams#Public"}, "attributedTo": []object{{"type": "Group", "id": "http://two.test/video-channels/sea"}},
	}
}

func (w *world) settle() {
	w.Helper()
	ctx, stop := contextOf(w.TB)
	done := make(chan error, 1)
	go func() { done <- w.jobs.Serve(ctx) }()
	deadline := time.After(60 * time.Second)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		jobs, n, err := w.jobs.List(w.Context(), job.Filter{States: []job.State{job.Waiting, job.Active}})
		w.must(err)
		if n == 0 {
			break
		}
		select {
		case <-tick.C:
		case <-deadline:
			w.Fatalf("jobs do not end: %+v", jobs)
		}
	}
	stop()
	w.must(<-done)
}

func (w *world) number(query string, args ...any) (n int) {
	w.Helper()
	w.must(w.db.Read().QueryRowContext(w.Context(), query, args...).Scan(&n))
	return n
}

// A video that nobody knows here is read with its channel, that one's owner, and
// what hangs on it; requests are signed.
func TestVideo(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		const origin, v = "http://127.0.0.1:9001", "http://127.0.0.1:9001/videos/watch/e6b078bc-3feb-4c72-8f4f-aff5828507e1"
		w.file(v, "video-vod.json")
		w.file(v+"/likes", "video-likes.json")
		w.file(v+"/dislikes", "video-dislikes.json")
		w.file(v+"/chapters", "video-chapters.json")
		w.file(v+"/player-settings", "video-player-settings.json")
		w.file(v+"/comments", "video-comments.json")
		w.file(v+"/comments?page=1", "video-comments-page1.json")
		w.file(v+"/announces", "video-announces.json")
		w.file(v+"/announces?page=1", "video-announces-page1.json")
		w.file(v+"/announces/1", "announce-object.json")
		w.file(v+"/comments/3", "note-2.json")
		w.file(v+"/comments/2", "note-reply.json")
		w.file("http://127.0.0.1:9002/videos/watch/e6b078bc-3feb-4c72-8f4f-aff5828507e1/comments/1", "note-3.json")
		w.file(origin+"/accounts/alicia", "actor-person.json")
		w.file(origin+"/accounts/peertube", "actor-application.json")
		w.file(origin+"/video-channels/alicia_channel", "actor-group.json")
		w.file(origin+"/video-playlists/cc232f94-6204-42a9-9774-5b6447faa926", "playlist.json")
		w.put("http://127.0.0.1:9002/accounts/bobby", w.actor("http://127.0.0.1:9002/accounts/bobby", "Person"))
		id, err := w.fetch.Video(t.Context(), v)
		w.must(err)
		w.settle()
		if again, err := w.fetch.Video(t.Context(), v); err != nil || again != id {
			t.Errorf("got %d, %v", again, err)
		}
		if n := w.count(v); n != 1 {
			t.Errorf("it was read %d times", n)
		}
		for query, want := range map[string]int{
			"SELECT likes FROM video_counter WHERE video_id = ?": 1, "SELECT dislikes FROM video_counter WHERE video_id = ?": 1,
		} {
			if n := w.number(query, int64(id)); n != want {
				t.Errorf("%s: got %d, want %d", query, n, want)
			}
		}
		for _, query := range []string{
			"SELECT COUNT(*) FROM video_chapter", "SELECT COUNT(*) FROM player_setting", "SELECT COUNT(*) FROM comment", "SELECT COUNT(*) FROM video_share",
		} {
			if n := w.number(query); n == 0 {
				t.Errorf("%s: got none", query)
			}
		}
		if w.signed == 0 {
			t.Error("no request was signed")
		}
	})
}

// What a server serves is believed of that server alone, at its own address, and
// as an object: not an upload, nor another's actor, nor a key on the side.
func TestObjectsAreTheirServers(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	w.sea()
	evil := func(address string, o any, kind string) error {
		b, err := json.Marshal(o)
		w.must(err)
		w.answer(address, serve(kind, b))
		_, err = w.fetch.Video(t.Context(), address)
		return err
	}
	const v = "http://two.test/videos/watch/1"
	for name, err := range map[string]error{
		"an upload":                 evil("http://two.test/uploads/1", w.film("http://two.test/uploads/1", 1), "text/plain"),
		"a picture":                 evil("http://two.test/uploads/2", w.film("http://two.test/uploads/2", 1), "image/png"),
		"plain JSON":                evil("http://two.test/uploads/3", w.film("http://two.test/uploads/3", 1), "application/json"),
		"another server's":          evil("http://evil.test/1", w.film(v, 1), activityJSON),
		"another server's channel":  evil("http://evil.test/2", w.film("http://evil.test/2", 1), activityJSON),
		"its own, served elsewhere": evil("http://two.test/uploads/4", w.film("http://two.test/videos/watch/9", 1), activityJSON), // and not there
		"no video":                  evil("http://two.test/4", object{"type": "Note", "id": "http://two.test/4"}, activityJSON),
		"nested":                    evil("http://two.test/5", json.RawMessage(strings.Repeat("[", 500)+strings.Repeat("]", 500)), activityJSON),
		"ours":                      func() error { _, err := w.fetch.Video(t.Context(), "http://one.test/videos/watch/1"); return err }(),
		"a file":                    func() error { _, err := w.fetch.Video(t.Context(), "file:///etc/passwd"); return err }(),
	} {
		if kind := fault.KindOf(err); err == nil || kind == fault.Internal || kind == fault.Unavailable {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if n := w.number("SELECT COUNT(*) FROM video"); n != 0 {
		t.Errorf("%d videos are kept", n)
	}
	eve := w.actor("http://evil.test/accounts/eve", "Person")
	for name, change := range map[string]object{
		"another's id":    {"id": "http://two.test/accounts/alice"},
		"another's key":   {"publicKey": object{"id": "x", "owner": "http://two.test/accounts/alice", "publicKeyPem": w.key}},
		"no key":          {"publicKey": nil},
		"a foreign inbox": {"inbox": "http://two.test/inbox"},
		"SQL":             {"inbox": "http://evil.test/'; DROP TABLE actor; --"},
	} {
		one := object{}
		for k, v := range eve {
			one[k] = v
		}
		for k, v := range change {
			one[k] = v
		}
		w.fetch.Forget("actor http://evil.test/accounts/eve")
		w.put("http://evil.test/accounts/eve", one)
		_, err := w.fetch.FreshActor(t.Context(), "http://evil.test/accounts/eve")
		if name != "SQL" && err == nil {
			t.Errorf("%s: an actor was kept", name)
		}
	}
	if n := w.number("SELECT COUNT(*) FROM actor WHERE url LIKE 'http://evil.test/%' AND inbox_url NOT LIKE 'http://evil.test/%'"); n != 0 {
		t.Errorf("%d actors have foreign inboxes", n)
	}
}
