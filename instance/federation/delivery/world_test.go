package delivery_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"vidiverse/instance/actor"
	"vidiverse/instance/db"
	"vidiverse/instance/federation/delivery"
	"vidiverse/instance/job"
	"vidiverse/p2p/guard"
)

// world is an actor of ours and servers on loopback that follow it.
type world struct {
	testing.TB
	db      *db.DB
	jobs    *job.Queue
	out     *delivery.Service
	me      actor.ID
	servers int
	scores  map[string]int

	mu sync.Mutex // guards the clock: jobs read it
	at time.Time
}

var signingKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 1024) // small: tests sign thousands
	if err != nil {
		panic(err)
	}
	return key
})

type keys struct{ url string }

func (k keys) PrivateKey(context.Context, actor.ID) (*rsa.PrivateKey, string, error) {
	return signingKey(), k.url + "#main-key", nil
}

func newWorld(t testing.TB, d *db.DB, change func(*delivery.Config)) *world {
	t.Helper()
	w := &world{TB: t, db: d, at: time.Now().UTC().Truncate(time.Millisecond), scores: map[string]int{}}
	w.jobs = job.New(d, job.Config{Owner: "test", Poll: 10 * time.Millisecond, Now: w.now})
	actors := actor.New(d, &url.URL{Scheme: "https", Host: "one.test"}, w.now)
	w.write(func(tx db.Tx) error {
		a, err := actors.Create(w.ctx(), tx, actor.Application, actor.InstanceName)
		w.me = a.ID
		return err
	})
	client := guard.New(guard.Config{Policy: guard.Policy{Plain: true, Allow: guard.Loopback()}})
	t.Cleanup(client.Close)
	c := delivery.Config{
		DB: d, Jobs: w.jobs, Keys: keys{"https://one.test/accounts/peertube"}, Client: client, Now: w.now,
		Score: func(_ context.Context, _ db.Tx, host string, arrived bool) error {
			w.mu.Lock()
			defer w.mu.Unlock()
			if arrived {
				w.scores[host]++
			} else {
				w.scores[host]--
			}
			return nil
		},
	}
	if change != nil {
		change(&c)
	}
	w.out = delivery.New(c)
	return w
}

func (w *world) ctx() context.Context {
	if t, ok := w.TB.(interface{ Context() context.Context }); ok {
		return t.Context()
	}
	return context.Background()
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.at
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at = w.at.Add(d)
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) write(fn func(db.Tx) error) {
	w.Helper()
	w.must(w.db.Write(w.ctx(), fn))
}

// inbox is a server and what it was sent.
type inbox struct {
	*httptest.Server
	host   string
	answer func(n int, body string) int // status of the nth request, from 1; cut ends the connection
	asks   func() string                // Retry-After of other answers than 2xx

	mu    sync.Mutex
	got   []string
	heads []http.Header
	busy  int // requests at once, at most
	now   int
}

// cut is no status: the connection ends in the middle of the answer.
const cut = -1

func (i *inbox) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	i.mu.Lock()
	i.got, i.heads = append(i.got, string(body)), append(i.heads, r.Header)
	n := len(i.got)
	i.now++
	i.busy = max(i.busy, i.now)
	i.mu.Unlock()
	status := http.StatusNoContent
	if i.answer != nil {
		status = i.answer(n, string(body))
	}
	i.mu.Lock()
	i.now--
	i.mu.Unlock()
	if status == cut {
		conn, _, err := http.NewResponseController(rw).Hijack()
		if err == nil {
			_, _ = conn.Write([]byte("HTTP/1.1 204 No")) // as far as it gets
			_ = conn.Close()
		}
		return
	}
	if i.asks != nil && status/100 != 2 {
		rw.Header().Set("Retry-After", i.asks())
	}
	rw.WriteHeader(status)
}

func (i *inbox) bodies() []string {
	i.mu.Lock()
	defer i.mu.Unlock()
	return append([]string{}, i.got...)
}

// follower makes a server with so many followers behind its one shared inbox.
func (w *world) follower(people int, answer func(n int, body string) int) *inbox {
	w.Helper()
	in := &inbox{answer: answer}
	in.Server = httptest.NewServer(in)
	w.Cleanup(in.Close)
	u, err := url.Parse(in.URL)
	w.must(err)
	in.host = u.Host
	w.follow(in.URL, in.host, people)
	return in
}

// follow writes the rows of followers.
func (w *world) follow(base, host string, people int) {
	w.Helper()
	w.servers++
	w.write(func(tx db.Tx) error {
		if _, err := tx.ExecContext(w.ctx(), "INSERT INTO host (id, name, created_at) VALUES (?, ?, 1)", w.servers, host); err != nil {
			return err
		}
		for p := range people {
			id, at := w.servers*1000+p, fmt.Sprintf("%s/users/%d", base, p)
			if _, err := tx.ExecContext(w.ctx(), `INSERT INTO actor (id, kind, username, host_id, url, inbox_url, shared_inbox_url, created_at, updated_at)
				VALUES (?, 2, ?, ?, ?, ?, ?, 1, 1)`, id, fmt.Sprint("p", p), w.servers, at, at+"/inbox", base+"/inbox"); err != nil {
				return err
			}
			if _, err := tx.ExecContext(w.ctx(), `INSERT INTO follow (follower_id, target_id, state, url, created_at, updated_at)
				VALUES (?, ?, 'accepted', ?, 1, 1)`, id, int64(w.me), at+"/follows/1"); err != nil {
				return err
			}
		}
		return nil
	})
}

// send delivers to all followers.
func (w *world) send(body string, change ...func(*delivery.Activity)) {
	w.Helper()
	a := delivery.Activity{From: w.me, Body: []byte(body)}
	for _, fn := range change {
		fn(&a)
	}
	w.write(func(tx db.Tx) error {
		return w.out.Send(w.ctx(), tx, a, delivery.Audience{FollowersOf: []actor.ID{w.me}})
	})
}

// serve runs the jobs until stop is called.
func (w *world) serve() (stop func()) {
	ctx, cancel := context.WithCancel(w.ctx())
	done := make(chan error, 1)
	go func() { done <- w.jobs.Serve(ctx) }()
	return func() {
		cancel()
		if err := <-done; err != nil {
			w.Error(err)
		}
	}
}

// until waits for a condition.
func (w *world) until(what string, ok func() bool) {
	w.Helper()
	deadline := time.After(60 * time.Second)
	for tick := time.NewTicker(5 * time.Millisecond); ; {
		select {
		case <-tick.C:
			if ok() {
				tick.Stop()
				return
			}
		case <-deadline:
			w.Fatalf("%s did not happen", what)
		}
	}
}

func (w *world) count(query string) (n int) {
	w.Helper()
	w.must(w.db.Read().QueryRowContext(w.ctx(), query).Scan(&n))
	return n
}

func (w *world) delivered() bool { return w.count("SELECT COUNT(*) FROM delivery") == 0 }
