package inbox_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"crypto/x509"

	"vidiverse/instance/account"
	"vidiverse/instance/actor"
	"vidiverse/instance/blob"
	"vidiverse/instance/block"
	"vidiverse/instance/channel"
	"vidiverse/instance/comment"
	"vidiverse/instance/db"
	"vidiverse/instance/federation/delivery"
	"vidiverse/instance/federation/fetch"
	"vidiverse/instance/federation/inbox"
	"vidiverse/instance/job"
	"vidiverse/instance/news"
	"vidiverse/instance/playlist"
	"vidiverse/instance/report"
	"vidiverse/instance/signature"
	"vidiverse/instance/stream"
	"vidiverse/instance/user"
	"vidiverse/instance/video"
	"vidiverse/p2p/guard"
)

const wire = "../../../testdata/wire/activitypub/"

// world is an instance that receives, and the other servers that it asks.
type world struct {
	testing.TB
	host     string
	db       *db.DB
	jobs     *job.Queue
	actors   *actor.Service
	accounts *account.Service
	channels *channel.Service
	users    *user.Service
	videos   *video.Service
	comments *comment.Service
	blocks   *block.Service
	reports  *report.Service
	lists    *playlist.Service
	fetch    *fetch.Fetcher
	inbox    *inbox.Inbox
	told     *forwarded
	stats    *counted
	others   *others
	server   *httptest.Server
	at       atomic.Int64 // Unix milliseconds
	alicia   user.Caller
}

func (w *world) now() time.Time       { return time.UnixMilli(w.at.Load()).UTC() }
func (w *world) setNow(t time.Time)   { w.at.Store(t.UnixMilli()) }
func (w *world) ctx() context.Context { return w.TB.Context() }

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// forwarded is what was sent on.
type forwarded struct {
	mu   sync.Mutex
	sent []delivery.Activity
}

func (f *forwarded) Send(_ context.Context, tx db.Tx, a delivery.Activity, _ delivery.Audience) error {
	tx.AfterCommit(func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.sent = append(f.sent, a)
	})
	return nil
}

func (f *forwarded) all() []delivery.Activity {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]delivery.Activity(nil), f.sent...)
}

// newWorld is an instance at that host, with alicia and her channel. It is in the
// middle of the time of the captures.
func newWorld(t testing.TB, d *db.DB, host string, change ...func(*inbox.Config, *fetch.Config)) *world {
	t.Helper()
	w := &world{TB: t, host: host, others: newOthers(t)}
	w.setNow(time.Date(2026, 11, 21, 20, 51, 0, 0, time.UTC))
	w.build(d, change...)
	w.must(w.accounts.EnsureInstance(w.ctx()))
	_, _, err := w.users.EnsureRoot(w.ctx(), "root-password")
	w.must(err)
	w.alicia = w.person("alicia")
	return w
}

// reopened is the instance in a new process, over the same data.
func reopened(t testing.TB, old *world, d *db.DB) *world {
	w := &world{TB: t, host: old.host, others: old.others}
	w.setNow(old.now())
	w.build(d)
	return w
}

func (w *world) build(d *db.DB, change ...func(*inbox.Config, *fetch.Config)) {
	w.Helper()
	w.db, w.told, w.stats = d, &forwarded{}, &counted{}
	base := &url.URL{Scheme: "http", Host: w.host}
	w.jobs = job.New(d, job.Config{Owner: "test", Poll: 10 * time.Millisecond})
	board := news.New(w.jobs)
	w.actors = actor.New(d, base, w.now)
	w.actors.Federate(actor.Federation{News: board})
	w.accounts = account.New(d, w.actors, w.now)
	w.channels = channel.New(channel.Config{DB: d, Actors: w.actors, Accounts: w.accounts, Now: w.now, Videos: func() channel.Videos { return w.videos }})
	var err error
	w.users, err = user.New(user.Config{DB: d, Now: w.now, Households: w.channels, BcryptCost: 4})
	w.must(err)
	folder, err := blob.OpenFolder(w.TempDir())
	w.must(err)
	w.videos = video.New(video.Config{DB: d, Blob: folder, Jobs: w.jobs, PublicURL: base, Now: w.now, News: board})
	w.comments = comment.New(comment.Config{DB: d, Jobs: w.jobs, Videos: w.videos, PublicURL: base, News: board, Now: w.now})
	w.blocks = block.New(block.Config{DB: d, Actors: w.actors, Accounts: w.accounts, Now: w.now})
	w.reports = report.New(report.Config{DB: d, Videos: w.videos, Comments: w.comments, News: board, Now: w.now})
	w.lists = playlist.New(playlist.Config{DB: d, Blob: folder, Jobs: w.jobs, Videos: w.videos, PublicURL: base, News: board, Now: w.now})
	w.receive(change)
}

// receive builds what is tested.
func (w *world) receive(change []func(*inbox.Config, *fetch.Config)) {
	fc := fetch.Config{
		DB: w.db, Jobs: w.jobs, Client: w.others, Actors: w.actors, Accounts: w.accounts, Channels: w.channels, Videos: w.videos,
		Comments: w.comments, Playlists: w.lists, Now: w.now, Sign: fetch.SignedBy(w.actors, w.now), Clean: -1,
	}
	ic := inbox.Config{
		DB: w.db, Jobs: w.jobs, Actors: w.actors, Accounts: w.accounts, Channels: w.channels, Videos: w.videos, Comments: w.comments,
		Blocks: w.blocks, Delivery: w.told, Stats: w.stats, Reports: w.reports, Playlists: w.lists, Now: w.now,
	}
	for _, fn := range change {
		fn(&ic, &fc)
	}
	w.fetch = fetch.New(fc)
	ic.Fetch = w.fetch
	w.inbox = inbox.New(ic)
	w.server = httptest.NewServer(http.HandlerFunc(w.door))
	w.Cleanup(w.server.Close)
}

// door is what the ActivityPub door does with inboxes.
func (w *world) door(rw http.ResponseWriter, r *http.Request) {
	switch p := strings.Split(strings.Trim(r.URL.Path, "/"), "/"); {
	case r.URL.Path == "/inbox":
		w.inbox.ServeHTTP(rw, r)
	case len(p) == 3 && p[0] == "accounts" && p[2] == "inbox":
		w.inbox.Personal(rw, r, actor.Person, p[1])
	case len(p) == 3 && p[0] == "video-channels" && p[2] == "inbox":
		w.inbox.Personal(rw, r, actor.Group, p[1])
	default:
		http.NotFound(rw, r)
	}
}

func (w *world) person(name string) user.Caller {
	w.Helper()
	u, err := w.users.Create(w.ctx(), user.Caller{UserID: 1, Role: user.Administrator}, user.Draft{
		Username: name, Password: name + "-password", Email: name + "@one.test", Role: user.User, VideoQuota: -1, VideoQuotaDaily: -1,
	})
	w.must(err)
	return user.Caller{UserID: u.ID, Role: user.User, AccountID: u.AccountID, Username: name}
}

// publish makes a video of ours, with the UUID that the captures speak of.
func (w *world) publish(of user.Caller, uuid string) video.ID {
	w.Helper()
	var v video.Video
	w.must(w.db.Write(w.ctx(), func(tx db.Tx) error {
		var ch int64
		err := tx.QueryRowContext(w.ctx(), "SELECT id FROM channel WHERE account_id = ?", of.AccountID).Scan(&ch)
		if err != nil {
			return err
		}
		v, err = w.videos.Create(w.ctx(), tx, of, video.Draft{Name: "A walk", ChannelID: channel.ID(ch), Privacy: video.Public, Comments: video.CommentsEnabled},
			stream.Source{Filename: "a.mp4", Key: "original-video-files/" + uuid, Size: 1})
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(w.ctx(), "UPDATE video SET uuid = ?, url = ? WHERE id = ?", uuid, "http://"+w.host+"/videos/watch/"+uuid, int64(v.ID))
		return err
	}))
	return v.ID
}

// serve runs the queue until stop, which waits for it.
func (w *world) serve() (stop func()) {
	ctx, cancel := context.WithCancel(w.ctx())
	done := make(chan error, 1)
	go func() { done <- w.jobs.Serve(ctx) }()
	return sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			w.Errorf("serve: %v", err)
		}
	})
}

// settle works until nothing is left that could be worked on.
func (w *world) settle() {
	w.Helper()
	defer w.serve()()
	w.until("nothing waits", func() bool {
		_, n, err := w.jobs.List(w.ctx(), job.Filter{States: []job.State{job.Waiting, job.Active}, Count: 1})
		w.must(err)
		return n == 0
	})
}

func (w *world) until(what string, ok func() bool) {
	w.Helper()
	deadline := time.After(60 * time.Second)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline:
			jobs, _, _ := w.jobs.List(w.ctx(), job.Filter{States: []job.State{job.Waiting, job.Active, job.Delayed, job.Failed}, Count: 20})
			w.Fatalf("waited too long until %s; jobs: %+v; refused: %v", what, jobs, w.inbox.Refused())
		}
	}
}

func (w *world) number(query string, args ...any) (n int) {
	w.Helper()
	w.must(w.db.Read().QueryRowContext(w.ctx(), query, args...).Scan(&n))
	return n
}

func (w *world) number64(query string) actor.ID {
	w.Helper()
	return actor.ID(w.number(query))
}

// others are all other servers: one listener, which serves the documents of
// whatever host is asked.
type others struct {
	guard *guard.Client
	at    string // host:port of the listener
	mu    sync.Mutex
	docs  map[string]func(rw http.ResponseWriter, r *http.Request)
	asked map[string]int
	keys  map[string]*key
}

type key struct {
	PublicKeyPem string `json:"publicKeyPem"`
	PKCS8        string `json:"pkcs8"`
	private      *rsa.PrivateKey
}

func newOthers(t testing.TB) *others {
	o := &others{docs: map[string]func(http.ResponseWriter, *http.Request){}, asked: map[string]int{}, keys: keys(t)}
	s := httptest.NewServer(o)
	t.Cleanup(s.Close)
	o.at = strings.TrimPrefix(s.URL, "http://")
	o.guard = guard.New(guard.Config{Policy: guard.Policy{Plain: true, Allow: guard.Loopback()}, UserAgent: "test"})
	t.Cleanup(o.guard.Close)
	return o
}

// Fetch asks the listener, whatever the host.
func (o *others) Fetch(r *http.Request) (*http.Response, []byte, error) {
	asked := *r.URL
	r = r.Clone(r.Context())
	r.Host, r.URL.Host = r.URL.Host, o.at
	res, body, err := o.guard.Fetch(r)
	if err == nil {
		final := *res.Request.URL
		if final.Host == o.at {
			final.Host = asked.Host
		}
		res.Request = &http.Request{URL: &final}
	}
	return res, body, err
}

func (o *others) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	address := "http://" + r.Host + r.URL.RequestURI()
	o.mu.Lock()
	o.asked[address]++
	doc := o.docs[address]
	o.mu.Unlock()
	if doc == nil {
		http.NotFound(rw, r)
		return
	}
	doc(rw, r)
}

func (o *others) count(address string) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.asked[address]
}

// put serves an object.
func (o *others) put(address string, object any) {
	b, ok := object.([]byte)
	if !ok {
		var err error
		if b, err = json.Marshal(object); err != nil {
			panic(err)
		}
	}
	o.answer(address, func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "application/activity+json; charset=utf-8")
		_, _ = rw.Write(b)
	})
}

func (o *others) answer(address string, with func(http.ResponseWriter, *http.Request)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.docs[address] = with
}

// actor serves a made-up actor with a key: one of the captured, or a new one.
func (o *others) actor(t testing.TB, address, kind string, owner ...string) *key {
	t.Helper()
	k := o.keys[address]
	if k == nil {
		private, err := rsa.GenerateKey(rand.Reader, 1024) // as the captured ones: longer ones take long to make
		if err != nil {
			t.Fatal(err)
		}
		der, err := x509.MarshalPKIXPublicKey(&private.PublicKey)
		if err != nil {
			t.Fatal(err)
		}
		k = &key{PublicKeyPem: string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})), private: private}
		o.keys[address] = k
	}
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	doc := map[string]any{
		"@context": "https://www.w3.org/ns/activitystreams", "type": kind, "id": address, "preferredUsername": filepath.Base(address),
		"inbox": address + "/inbox", "outbox": address + "/outbox", "name": filepath.Base(address),
		"endpoints": map[string]string{"sharedInbox": u.Scheme + "://" + u.Host + "/inbox"},
		"publicKey": map[string]string{"id": address + "#main-key", "owner": address, "publicKeyPem": k.PublicKeyPem},
	}
	if len(owner) > 0 {
		doc["attributedTo"] = owner
	}
	o.put(address, doc)
	return k
}

// with is the document of a made-up actor with one more member.
func (o *others) with(address, name string, value any) map[string]any {
	return map[string]any{
		"type": "Person", "id": address, "preferredUsername": filepath.Base(address), "inbox": address + "/inbox", name: value,
		"publicKey": map[string]string{"id": address + "#main-key", "owner": address, "publicKeyPem": o.keys[address].PublicKeyPem},
	}
}

func keys(t testing.TB) map[string]*key {
	t.Helper()
	b, err := os.ReadFile(wire + "keys.json")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]*key{}
	if err := json.Unmarshal(b, &all); err != nil {
		t.Fatal(err)
	}
	for _, k := range all {
		if k.PKCS8 == "" {
			continue
		}
		der, err := hex.DecodeString(k.PKCS8)
		if err != nil {
			t.Fatal(err)
		}
		p, err := x509.ParsePKCS8PrivateKey(der)
		if err != nil {
			t.Fatal(err)
		}
		k.private = p.(*rsa.PrivateKey)
	}
	return all
}

// post delivers an activity, signed by an actor whose key the others have.
func (w *world) post(path, signer string, body []byte, change ...func(r *http.Request)) (*http.Response, string) {
	w.Helper()
	r, err := http.NewRequestWithContext(w.ctx(), http.MethodPost, w.server.URL+path, strings.NewReader(string(body)))
	w.must(err)
	r.Host = w.host
	r.Header.Set("Content-Type", "application/activity+json")
	if k := w.others.keys[signer]; k != nil {
		w.must(signature.Sign(r, signer+"#main-key", k.private, body, w.now()))
	}
	for _, fn := range change {
		fn(r)
	}
	res, err := http.DefaultClient.Do(r)
	w.must(err)
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	w.must(err)
	return res, string(b)
}

// send delivers what must be taken.
func (w *world) send(signer string, activity map[string]any) {
	w.Helper()
	b, err := json.Marshal(activity)
	w.must(err)
	if res, body := w.post("/inbox", signer, b); res.StatusCode != http.StatusNoContent {
		w.Fatalf("%s: got %d %s", activity["type"], res.StatusCode, body)
	}
}

// counted stands where statistics will: it keeps what it is told.
type counted struct {
	mu                                 sync.Mutex
	views, downloads, watched, viewers int
}
