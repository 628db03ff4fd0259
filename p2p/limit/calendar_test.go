package limit_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"vidiverse/p2p/limit"
)

// wall is a clock that can be set, as the one on the wall can.
type wall struct {
	mu sync.Mutex
	t  time.Time
}

func (w *wall) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.t
}

func (w *wall) set(t *testing.T, text string) {
	t.Helper()
	at, err := time.Parse("2006-01-02 15:04", text)
	if err != nil {
		t.Fatal(err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.t = at
}

func date(month time.Month, day int) time.Time {
	return time.Date(2026, month, day, 0, 0, 0, 0, time.UTC)
}

// The cap is hard, counts messages whole, and ends with the month.
func TestMonthsCap(t *testing.T) {
	w := &wall{}
	w.set(t, "2026-11-29 12:00")
	g := gate(t, database(t), limit.Config{Now: w.now}, limit.Limits{Asked: true, On: true, Month: 10 * mib})
	for range 159 {
		passes(t, g, 64<<10)
	}
	passes(t, g, 60<<10)
	if s := g.State(); !s.Open || s.Month != 10*mib-4<<10 || s.Today != s.Month {
		t.Errorf("got %+v", s)
	}
	closedFor(t, g, 5<<10, limit.Cap)
	closed(t, g, limit.Cap, date(time.December, 1)) // a smaller one does not open it again
	w.set(t, "2026-11-30 23:59")
	closed(t, g, limit.Cap, date(time.December, 1))
	if s := g.State(); s.Today != 0 {
		t.Errorf("a new day begins with %d", s.Today)
	}
	w.set(t, "2026-12-01 00:00")
	passes(t, g, 64<<10)
	if s := g.State(); s.Month != 64<<10 {
		t.Errorf("a new month has %d", s.Month)
	}
}

func closedFor(t *testing.T, g *limit.Gate, n int, reason string) {
	t.Helper()
	var c *limit.Closed
	if err := g.Wait(t.Context(), n); !errors.As(err, &c) || c.Reason != reason {
		t.Errorf("got %v for %d bytes, want closed: %s", err, n, reason)
	}
}

// A clock that is set back gives no bytes back, and neither does what follows.
func TestClockJumps(t *testing.T) {
	for name, moves := range map[string][]string{
		"a day back":                        {"2026-11-10 12:00", "2026-11-09 12:00"},
		"a day back over the month's start": {"2026-11-01 08:00", "2026-10-31 08:00", "2026-11-01 08:00"},
		"a day on and back":                 {"2026-11-10 12:00", "2026-11-11 12:00", "2026-11-10 12:00"},
		"no battery: 1970, then the time":   {"2026-11-10 12:00", "1970-01-01 00:00", "2026-11-10 12:05"},
		"no battery, some months back":      {"2026-11-10 12:00", "2026-03-01 00:00", "2026-03-01 00:09", "2026-11-10 12:05"},
		"a year back, for good":             {"2026-11-10 12:00", "2025-11-10 12:00", "2025-11-12 12:00"},
		"years ahead, then right":           {"2026-11-10 12:00", "2035-01-01 00:00", "2035-01-01 00:09", "2026-11-10 12:05"},
		"a few months ahead":                {"2026-11-10 12:00", "2027-02-01 00:00", "2026-11-10 12:05"},
	} {
		t.Run(name, func(t *testing.T) {
			w := &wall{}
			w.set(t, moves[0])
			db := database(t)
			g := gate(t, db, limit.Config{Now: w.now}, limit.Limits{Asked: true, On: true, Month: 4 * mib})
			for range 4 {
				passes(t, g, mib)
			}
			for _, at := range moves[1:] {
				w.set(t, at)
				closedFor(t, g, 1000, limit.Cap)
				again, err := limit.Open(db, limit.Config{Now: w.now, Location: time.UTC})
				if err != nil {
					t.Fatal(err)
				}
				closedFor(t, again, 1000, limit.Cap)
			}
		})
	}
}

// A clock that was years ahead once does not close the gate for years.
func TestClockWasWrong(t *testing.T) {
	w := &wall{}
	w.set(t, "2062-05-05 12:00")
	g := gate(t, database(t), limit.Config{Now: w.now}, limit.Limits{Asked: true, On: true, Month: mib})
	passes(t, g, mib)
	for _, at := range []string{"2026-11-10 12:00", "2026-11-11 12:01", "2026-11-30 23:00"} {
		w.set(t, at)
		closedFor(t, g, 1000, limit.Cap)
	}
	w.set(t, "2026-12-01 00:00")
	passes(t, g, 1000)
}

// A day's leap over the month's end and back: what was sent meanwhile counts, and
// so it does when that month begins.
func TestLeapOverMonthsEnd(t *testing.T) {
	w := &wall{}
	w.set(t, "2026-11-30 12:00")
	g := gate(t, database(t), limit.Config{Now: w.now}, limit.Limits{Asked: true, On: true, Month: 4 * mib})
	passes(t, g, 3*mib)
	w.set(t, "2026-12-01 12:00")
	passes(t, g, mib)
	w.set(t, "2026-11-30 12:01")
	closedFor(t, g, 1000, limit.Cap)
	w.set(t, "2026-12-01 00:00")
	passes(t, g, 3*mib)
	closedFor(t, g, 1000, limit.Cap)
}

// Years ahead by mistake: no new month begins before the clock stayed so for a
// day, and the way back finds the old count. Months of being switched off end
// a month's cap a day after.
func TestFarAhead(t *testing.T) {
	w := &wall{}
	w.set(t, "2026-08-10 12:00")
	db := database(t)
	limits := limit.Limits{Asked: true, On: true, Month: 4 * mib}
	g := gate(t, db, limit.Config{Now: w.now}, limits)
	passes(t, g, 3*mib)
	w.set(t, "2026-11-10 12:00")
	if g = gate(t, db, limit.Config{Now: w.now}, limits); g.State().Month < 3*mib {
		t.Errorf("at once: got %+v", g.State())
	}
	w.set(t, "2026-11-11 12:00")
	if got := g.State().Month; got != 0 {
		t.Errorf("a day after: got %d bytes, want none of August's", got)
	}
	passes(t, g, 3*mib)
	w.set(t, "2026-08-20 12:00") // it was August all the time
	closedFor(t, g, 1000, limit.Cap)
}

// Hours are those of the clock on the wall, on the days it is changed too.
func TestDaylightSaving(t *testing.T) {
	in, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	w := &wall{}
	g := gate(t, database(t), limit.Config{Now: w.now, Location: in}, limit.Limits{Asked: true, On: true, From: "02:30", To: "07:00"})
	for utc, open := range map[string]bool{
		"2026-03-29 00:59": false, // 01:59, and 02:30 does not exist
		"2026-03-29 01:00": true,  // 03:00
		"2026-03-29 04:59": true, "2026-03-29 05:00": false,
		"2026-10-25 00:29": false, "2026-10-25 00:30": true, // 02:30 for the first time
		"2026-10-25 01:00": false, // 02:00 again
		"2026-10-25 01:30": true, "2026-10-25 05:59": true, "2026-10-25 06:00": false,
	} {
		w.set(t, utc)
		if s := g.State(); s.Open != open {
			t.Errorf("%s UTC: got %+v, want open %v", utc, s, open)
		}
	}
	set(t, g, limit.Limits{Asked: true, On: true, Month: mib})
	w.set(t, "2026-10-31 22:59")
	passes(t, g, mib)
	closed(t, g, limit.Cap, time.Date(2026, 11, 1, 0, 0, 0, 0, in))
	w.set(t, "2026-10-31 23:00") // November in Paris
	passes(t, g, 1000)
}

// A clock that is set while nothing happens is noticed.
func TestServeSeesTheWall(t *testing.T) {
	db := database(t)
	synctest.Test(t, func(t *testing.T) {
		w := &wall{}
		w.set(t, "2026-11-10 12:00")
		g := gate(t, db, limit.Config{Now: w.now}, limit.Limits{Asked: true, On: true, From: "08:00", To: "20:00"})
		defer serve(t, g)()
		synctest.Wait()
		news := make(chan struct{}, 1)
		defer g.Notify(func() { news <- struct{}{} })()
		w.set(t, "2026-11-11 21:00")
		<-news
		closed(t, g, limit.Schedule, time.Date(2026, 11, 12, 8, 0, 0, 0, time.UTC))
	})
}

// What ends in an orderly way has counted exactly what was sent.
func TestExactCount(t *testing.T) {
	db := database(t)
	synctest.Test(t, func(t *testing.T) {
		g := gate(t, db, limit.Config{}, limit.Limits{Asked: true, On: true})
		stop := serve(t, g)
		for range 10 {
			passes(t, g, 12345)
		}
		stop()
		again, err := limit.Open(db, limit.Config{Location: time.UTC})
		if err != nil {
			t.Fatal(err)
		}
		if s := again.State(); s.Month != 123450 || s.Today != 123450 {
			t.Errorf("after a restart: %+v", s)
		}
	})
}

// Many at once: each byte is counted once, and the cap holds.
func TestManyAtOnce(t *testing.T) {
	db := database(t)
	g := gate(t, db, limit.Config{}, limit.Limits{Asked: true, On: true, Month: 20 * mib})
	stop := serve(t, g)
	var wg sync.WaitGroup
	var mu sync.Mutex
	sent := 0
	for range 8 {
		wg.Go(func() {
			for {
				if err := g.Wait(t.Context(), 30_000); err != nil {
					return
				}
				mu.Lock()
				sent += 30_000
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	stop()
	if s := g.State(); sent > 20*mib || sent < 20*mib-30_000 || s.Month != int64(sent) {
		t.Errorf("%d bytes passed, %+v", sent, s)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := g.Serve(ctx); err != nil {
		t.Errorf("served again: %v", err)
	}
}
