package limit_test

import (
	"context"
	"errors"
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.etcd.io/bbolt"

	"vidiverse/p2p/limit"
)

const mib = 1 << 20

func database(t *testing.T) *bbolt.DB {
	t.Helper()
	db, err := bbolt.Open(filepath.Join(t.TempDir(), "node.db"), 0o600, &bbolt.Options{Timeout: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func gate(t *testing.T, db *bbolt.DB, cfg limit.Config, l limit.Limits) *limit.Gate {
	t.Helper()
	if cfg.Location == nil {
		cfg.Location = time.UTC
	}
	g, err := limit.Open(db, cfg)
	if err != nil {
		t.Fatal(err)
	}
	set(t, g, l)
	return g
}

func set(t *testing.T, g *limit.Gate, l limit.Limits) {
	t.Helper()
	if err := g.Set(l); err != nil {
		t.Fatal(err)
	}
}

// serve runs the gate until the returned function is called.
func serve(t *testing.T, g *limit.Gate) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- g.Serve(ctx) }()
	return func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func closed(t *testing.T, g *limit.Gate, reason string, until time.Time) {
	t.Helper()
	var c *limit.Closed
	if err := g.Wait(t.Context(), 1000); !errors.As(err, &c) || c.Reason != reason || !c.Until.Equal(until) {
		t.Errorf("got %v (%+v), want closed: %s until %v", err, c, reason, until)
	}
	if s := g.State(); s.Open || s.Reason != reason || !s.Until.Equal(until) {
		t.Errorf("got state %+v, want closed: %s until %v", s, reason, until)
	}
}

func passes(t *testing.T, g *limit.Gate, n int) {
	t.Helper()
	if err := g.Wait(t.Context(), n); err != nil {
		t.Errorf("got %v, want %d bytes to pass", err, n)
	}
}

// Nothing leaves before the question is answered with yes, and nothing after no.
func TestConsent(t *testing.T) {
	db := database(t)
	g := gate(t, db, limit.Config{}, limit.Limits{On: true})
	closed(t, g, limit.Unasked, time.Time{})
	set(t, g, limit.Limits{Asked: true})
	closed(t, g, limit.Off, time.Time{})
	set(t, g, limit.Limits{Asked: true, On: true, Rate: 5 * mib})
	passes(t, g, 1000)

	again, err := limit.Open(db, limit.Config{}) // the next start
	if err != nil {
		t.Fatal(err)
	}
	if l := again.Limits(); !l.Asked || !l.On || l.Rate != 5*mib {
		t.Errorf("after a restart: %+v", l)
	}
	fresh, err := limit.Open(database(t), limit.Config{})
	if err != nil {
		t.Fatal(err)
	}
	closed(t, fresh, limit.Unasked, time.Time{})
}

func TestLimitsThatCannotBe(t *testing.T) {
	g := gate(t, database(t), limit.Config{}, limit.Limits{})
	for _, l := range []limit.Limits{{Rate: -1}, {Month: -1}, {From: "25:00", To: "01:00"}, {From: "7"}, {From: "07:00"}, {To: "07:00"}} {
		if err := g.Set(l); !errors.Is(err, limit.ErrInvalid) {
			t.Errorf("%+v: got %v, want ErrInvalid", l, err)
		}
	}
}

// In no second does more leave than the rate and a tenth.
func TestRate(t *testing.T) {
	db := database(t)
	for _, c := range []struct{ rate, n int }{{1_000_000, 16_000}, {1_000_000, 50_000}, {100_000, 1000}, {20_000_000, 64_000}} {
		synctest.Test(t, func(t *testing.T) {
			g := gate(t, db, limit.Config{}, limit.Limits{Asked: true, On: true, Rate: int64(c.rate)})
			type sent struct {
				at time.Time
				n  int
			}
			var all []sent
			start := time.Now()
			for time.Since(start) < 4*time.Second {
				if time.Since(start) < 2*time.Second && len(all) == 20 {
					time.Sleep(1500 * time.Millisecond) // idleness saves up nothing
				}
				passes(t, g, c.n)
				all = append(all, sent{time.Now(), c.n})
			}
			total, from, in := 0, 0, 0
			for _, s := range all {
				total, in = total+s.n, in+s.n
				for s.at.Sub(all[from].at) > time.Second {
					in -= all[from].n
					from++
				}
				if in > c.rate*11/10 {
					t.Fatalf("%+v: %d bytes in one second", c, in)
				}
			}
			if busy := 4 - 1.5; float64(total) < 0.9*busy*float64(c.rate) {
				t.Errorf("%+v: only %d bytes", c, total)
			}
			if s := g.State(); c.rate > 100_000 && (s.Rate < int64(c.rate)/3 || s.Rate > int64(c.rate)*11/10) {
				t.Errorf("%+v: the meter says %d", c, s.Rate)
			}
		})
	}
}

// Whoever waits learns at once that it is over, and a new rate holds at once.
func TestWaitersWake(t *testing.T) {
	db := database(t)
	synctest.Test(t, func(t *testing.T) {
		g := gate(t, db, limit.Config{}, limit.Limits{Asked: true, On: true, Rate: 10})
		start := time.Now()
		results := make(chan error, 3)
		for range 3 {
			go func() { results <- g.Wait(t.Context(), 100_000) }()
		}
		synctest.Wait()
		set(t, g, limit.Limits{Asked: true, On: true, Rate: 100_000})
		if err := <-results; err != nil || time.Since(start) > 2*time.Second {
			t.Errorf("got %v after %v, want to go on at the new rate", err, time.Since(start))
		}
		set(t, g, limit.Limits{Asked: true})
		before := time.Now()
		for range 2 {
			var c *limit.Closed
			if err := <-results; !errors.As(err, &c) || c.Reason != limit.Off || time.Since(before) > 0 {
				t.Errorf("got %v after %v, want Closed at once", err, time.Since(before))
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		set(t, g, limit.Limits{Asked: true, On: true, Rate: 10})
		if err := g.Wait(ctx, 1000); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want the context's error", err)
		}
	})
}

// The gate opens and closes by the clock, also over midnight, and says so.
func TestSchedule(t *testing.T) {
	db := database(t)
	synctest.Test(t, func(t *testing.T) { // begins at midnight, 1 January 2000
		day := time.Now().UTC().Truncate(24 * time.Hour)
		g := gate(t, db, limit.Config{}, limit.Limits{Asked: true, On: true, From: "23:00", To: "07:00"})
		defer serve(t, g)()
		synctest.Wait()
		var changes atomic.Int32
		defer g.Notify(func() { changes.Add(1) })()
		passes(t, g, 1000)
		time.Sleep(7*time.Hour - time.Second)
		passes(t, g, 1000)
		time.Sleep(time.Second)
		synctest.Wait()
		if changes.Load() != 1 {
			t.Errorf("heard of %d changes at 7, want 1", changes.Load())
		}
		closed(t, g, limit.Schedule, day.Add(23*time.Hour))
		time.Sleep(16*time.Hour - time.Second)
		closed(t, g, limit.Schedule, day.Add(23*time.Hour))
		time.Sleep(time.Second)
		synctest.Wait()
		if s := g.State(); !s.Open || changes.Load() != 2 {
			t.Errorf("at 23: %+v, %d changes", s, changes.Load())
		}
		passes(t, g, 1000)
	})
}

// A pause ends by itself, and the user hears of it.
func TestPause(t *testing.T) {
	db := database(t)
	synctest.Test(t, func(t *testing.T) {
		until := time.Now().Add(90 * time.Minute)
		g := gate(t, db, limit.Config{}, limit.Limits{Asked: true, On: true, PausedUntil: until})
		opened := make(chan time.Time, 1)
		defer g.Notify(func() { opened <- time.Now() })()
		defer serve(t, g)()
		closed(t, g, limit.Paused, until)
		if at := <-opened; at.Before(until) || at.After(until.Add(time.Second)) {
			t.Errorf("opened %v after the pause", at.Sub(until))
		}
		passes(t, g, 1000)
	})
}

// A metered network stops it within seconds, unless that was allowed.
func TestMetered(t *testing.T) {
	db := database(t)
	synctest.Test(t, func(t *testing.T) {
		var metered atomic.Bool
		l := limit.Limits{Asked: true, On: true}
		g := gate(t, db, limit.Config{Metered: metered.Load}, l)
		defer serve(t, g)()
		synctest.Wait()
		news := make(chan struct{}, 4)
		defer g.Notify(func() { news <- struct{}{} })()
		passes(t, g, 1000)
		metered.Store(true)
		select {
		case <-news:
		case <-time.After(10 * time.Second):
			t.Error("nobody heard of it")
		}
		closed(t, g, limit.Metered, time.Time{})
		l.Metered = true
		set(t, g, l)
		passes(t, g, 1000)
	})
}
