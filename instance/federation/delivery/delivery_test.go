package delivery_test

import (
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"vidiverse/instance/actor"
	"vidiverse/instance/db"
	"vidiverse/instance/db/dbtest"
	"vidiverse/instance/federation/delivery"
	"vidiverse/instance/job"
)

// Each server that follows gets an activity once, whoever many follow there, in
// the order in which it was said; the server that it came from does not.
func TestEachServerGetsItOnce(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, nil)
		a, b := w.follower(3, nil), w.follower(1, nil)
		w.write(func(tx db.Tx) error {
			_, err := tx.ExecContext(t.Context(), "UPDATE follow SET state = 'pending' WHERE follower_id = 2000")
			return err
		})
		var want []string
		for i := range 120 {
			want = append(want, fmt.Sprintf(`{"n":%d}`, i))
			w.send(want[i])
		}
		w.write(func(tx db.Tx) error {
			return w.out.Send(t.Context(), tx, delivery.Activity{From: w.me, Body: []byte(`{"to":"one"}`)},
				delivery.Audience{Personal: []actor.ID{2000}, FollowersOf: []actor.ID{w.me}, Except: a.host})
		})
		stop := w.serve()
		w.until("delivery", w.delivered)
		stop()
		if got := a.bodies(); !slices.Equal(got, want) {
			t.Errorf("the first server got %d: %q", len(got), got)
		}
		if got := b.bodies(); !slices.Equal(got, []string{`{"to":"one"}`}) {
			t.Errorf("who waits to be let in got %q, want what is to it alone", got)
		}
		if a.busy != 1 {
			t.Errorf("got %d requests at once, want them one after another", a.busy)
		}
		h := a.heads[0]
		if h.Get("Content-Type") != "application/activity+json" || !strings.HasPrefix(h.Get("Digest"), "SHA-256=") ||
			!strings.Contains(h.Get("Signature"), `keyId="https://one.test/accounts/peertube#main-key",algorithm="rsa-sha256",headers="(request-target) host date digest"`) {
			t.Errorf("got headers %v", h)
		}
		if w.scores[a.host] < 1 || w.scores[b.host] != 1 {
			t.Errorf("got scores %v", w.scores)
		}
	})
}

// A server that is down gets everything once it is back, in order, and is left
// alone longer each time until then; who is never back is given up.
func TestDeadServersGetEverythingLater(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, nil)
		var up atomic.Bool
		in := w.follower(1, func(int, string) int {
			if !up.Load() {
				return http.StatusServiceUnavailable
			}
			return http.StatusAccepted
		})
		w.send("first")
		w.send("second")
		stop := w.serve()
		defer stop()
		var pauses []time.Duration
		for n := 1; n <= 5; n++ {
			w.until("a try", func() bool { return len(in.bodies()) == n && w.count("SELECT failures FROM host") == n })
			at := time.UnixMilli(int64(w.count("SELECT closed_until FROM host")))
			pauses = append(pauses, at.Sub(w.now()))
			w.pass(at.Sub(w.now()) - time.Second)
			if _, active, err := w.jobs.List(t.Context(), job.Filter{States: []job.State{job.Delayed}}); err != nil || active != 1 {
				t.Fatalf("%d jobs wait, %v", active, err)
			}
			if n == 5 {
				up.Store(true)
			}
			w.pass(2 * time.Second)
		}
		w.until("delivery", w.delivered)
		if !slices.IsSorted(pauses) || pauses[0] < 10*time.Second || pauses[4] < 3*time.Minute {
			t.Errorf("waited %v", pauses)
		}
		if got := in.bodies(); !slices.Equal(got[4:], []string{"first", "first", "second"}) && !slices.Equal(got[5:], []string{"first", "second"}) {
			t.Errorf("got %q", got)
		}
		if n := w.count("SELECT failures FROM host"); n != 0 {
			t.Errorf("%d failures are left", n)
		}
		up.Store(false)
		w.send("never")
		w.until("a try", func() bool { return w.count("SELECT failures FROM host") == 1 })
		for !w.delivered() {
			before := w.count("SELECT failures FROM host")
			w.pass(14 * time.Hour)
			w.until("another try", func() bool { return w.delivered() || w.count("SELECT failures FROM host") > before })
		}
		if n := w.count("SELECT failures FROM host"); n < 5 || n > 30 {
			t.Errorf("given up after %d tries", n)
		}
	})
}

// What a server refuses is not sent again, and what it stumbles over is given up
// some day: neither holds up what comes behind.
func TestRefusedActivitiesHoldUpNothing(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, nil)
		in := w.follower(1, func(_ int, body string) int {
			switch body {
			case "bad":
				return http.StatusBadRequest
			case "poison":
				return http.StatusInternalServerError
			}
			return http.StatusOK
		})
		for _, body := range []string{"bad", "good", "poison", "last"} {
			w.send(body)
		}
		stop := w.serve()
		defer stop()
		for n := 3; !w.delivered(); n++ {
			w.until("a try", func() bool { return w.delivered() || len(in.bodies()) >= n })
			w.until("its end", func() bool {
				_, active, err := w.jobs.List(t.Context(), job.Filter{States: []job.State{job.Active, job.Waiting}})
				return err == nil && active == 0
			})
			w.pass(2 * time.Hour)
		}
		got := in.bodies()
		if n := len(got); n != 11 || got[0] != "bad" || got[1] != "good" || got[n-1] != "last" {
			t.Errorf("got %q", got)
		}
		if n := w.count("SELECT failures FROM host"); n != 0 {
			t.Errorf("%d failures: the server was there all the time", n)
		}
	})
}

// A stop in the middle loses nothing, and repeats at most what was under way.
func TestStopsLoseNothing(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, nil)
		reached := make(chan struct{}, 1)
		goOn := make(chan struct{})
		in := w.follower(1, func(n int, _ string) int {
			if n == 3 {
				reached <- struct{}{}
				<-goOn
			}
			return http.StatusOK
		})
		var want []string
		for i := range 5 {
			want = append(want, fmt.Sprint(i))
			w.send(want[i])
		}
		stop := w.serve()
		<-reached
		stop()
		close(goOn)
		stop = w.serve()
		w.until("delivery", w.delivered)
		stop()
		got := in.bodies()
		if len(got) > len(want)+1 {
			t.Errorf("got %q: more is repeated than what was under way", got)
		}
		if got := slices.Compact(slices.Sorted(slices.Values(got))); !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

// Of many changes of one thing a server that was away hears the last one.
func TestLaterWordsReplaceEarlierOnes(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t), nil)
	in := w.follower(1, nil)
	w.send("made")
	for i := range 50 {
		w.send(fmt.Sprint("changed ", i), func(a *delivery.Activity) { a.Topic = "update:thing" })
	}
	w.send("viewers", func(a *delivery.Activity) { a.Expires = w.now().Add(2 * time.Minute) })
	w.pass(time.Hour)
	stop := w.serve()
	w.until("delivery", w.delivered)
	stop()
	if got := in.bodies(); !slices.Equal(got, []string{"made", "changed 49"}) {
		t.Errorf("got %q", got)
	}
}

// Threat 16: servers that take an activity and never answer, and those that are
// not there, do not keep it from the others.
func TestSlowServersHoldUpNobody(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t), func(c *delivery.Config) {
		c.Places, c.Slow, c.Patience, c.Timeout = 4, 64, 20*time.Millisecond, 30*time.Second
	})
	release := make(chan struct{})
	defer close(release) // before the servers close, which wait for their answers
	var slow, healthy []*inbox
	for range 40 {
		slow = append(slow, w.follower(1, func(int, string) int { <-release; return http.StatusOK }))
	}
	w.follow("http://127.0.0.1:1", "127.0.0.1:1", 1)
	for range 10 {
		healthy = append(healthy, w.follower(1, nil))
	}
	w.send("news")
	ctx, stop := t.Context(), w.serve()
	began := time.Now()
	w.until("delivery to who answers", func() bool {
		return !slices.ContainsFunc(healthy, func(i *inbox) bool { return len(i.bodies()) == 0 })
	})
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("took %v", took)
	}
	w.until("requests to all slow ones", func() bool {
		return !slices.ContainsFunc(slow, func(i *inbox) bool { return len(i.bodies()) == 0 })
	})
	if err := ctx.Err(); err != nil {
		t.Fatal(err)
	}
	stop()
}

// Threat 23: however much waits, there is one job a server and little in memory;
// nothing is lost of it.
func TestFloodsDrainInBoundedMemory(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t), func(c *delivery.Config) { c.Places = 8 })
	var servers []*inbox
	for range 6 {
		servers = append(servers, w.follower(1, nil))
	}
	const activities = 120
	body := strings.Repeat("x", 20_000)
	w.write(func(tx db.Tx) error {
		for range activities {
			if err := w.out.Send(t.Context(), tx, delivery.Activity{From: w.me, Body: []byte(body)}, delivery.Audience{FollowersOf: []actor.ID{w.me}}); err != nil {
				return err
			}
		}
		return nil
	})
	if n := w.count("SELECT COUNT(*) FROM job"); n != len(servers) {
		t.Errorf("got %d jobs for %d servers", n, len(servers))
	}
	var top int
	for _, s := range servers {
		s.answer = func(int, string) int { // what is kept of bodies is the server's here
			s.mu.Lock()
			s.got[len(s.got)-1] = ""
			s.mu.Unlock()
			return http.StatusOK
		}
	}
	stop := w.serve()
	w.until("delivery", func() bool {
		top = max(top, runtime.NumGoroutine())
		return w.delivered()
	})
	stop()
	for _, s := range servers {
		if n := len(s.bodies()); n != activities {
			t.Errorf("a server got %d of %d", n, activities)
		}
	}
	if top > 300 {
		t.Errorf("%d goroutines at once", top)
	}
}
