package delivery_test

import (
	"net/http"
	"testing"
	"time"

	"vidiverse/instance/db"
	"vidiverse/instance/db/dbtest"
)

// Whatever a server answers, what it may still take is sent again, when it asks
// for that then and never later than in a day; what it will not take is not. Who
// refuses or fails loses credit.
func TestEachKindOfTrouble(t *testing.T) {
	const none = 0
	day := 24 * time.Hour
	for name, c := range map[string]struct {
		status     int
		asks       string
		again      bool
		from, to   time.Duration // until it is tried again
		down       bool          // the whole server counts as down
		afterwards int           // of its credit
	}{
		"cut in the middle":      {cut, "", true, 10 * time.Second, 20 * time.Second, true, 0},
		"503":                    {503, "", true, 10 * time.Second, 20 * time.Second, true, 0},
		"502 with a time":        {502, "120", true, 2 * time.Minute, 2 * time.Minute, true, 0},
		"429":                    {429, "", true, 10 * time.Second, 20 * time.Second, true, 0},
		"429 in a moment":        {429, "1", true, 10 * time.Second, 10 * time.Second, true, 0},
		"429 in an hour":         {429, "3600", true, time.Hour, time.Hour, true, 0},
		"429 in a year":          {429, "31536000", true, day, day, true, 0},
		"429 beyond all numbers": {429, "99999999999999999999", true, 10 * time.Second, 20 * time.Second, true, 0},
		"429 until a date":       {429, "date", true, 29 * time.Minute, 30 * time.Minute, true, 0},
		"429 until yesterday":    {429, "Mon, 01 Jan 2024 00:00:00 GMT", true, 10 * time.Second, 20 * time.Second, true, 0},
		"401":                    {401, "", true, 10 * time.Second, 20 * time.Second, false, 0},
		"500 with a time":        {500, "60", true, time.Minute, time.Minute, false, 0},
		"400":                    {400, "", false, none, none, false, -1},
		"403":                    {403, "3600", false, none, none, false, -1},
		"404":                    {404, "", false, none, none, false, -1},
		"410":                    {410, "", false, none, none, false, -1},
		"501":                    {501, "", false, none, none, false, -1},
		"a redirect nowhere":     {302, "", false, none, none, false, -1},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, dbtest.SQLite(t), nil)
			in := w.follower(1, func(n int, _ string) int {
				if n == 1 {
					return c.status
				}
				return http.StatusNoContent
			})
			if c.asks != "" {
				in.asks = func() string {
					if c.asks == "date" {
						return w.now().Add(30 * time.Minute).Format(http.TimeFormat)
					}
					return c.asks
				}
			}
			w.send("news")
			stop := w.serve()
			defer stop()
			const later = " FROM job WHERE state = 'waiting' AND type LIKE 'activitypub-http-%'"
			w.until("an answer", func() bool {
				return len(in.bodies()) == 1 && (w.delivered() || w.count("SELECT COUNT(*)"+later) == 1)
			})
			if w.delivered() == c.again {
				t.Fatalf("it is over: %v", !c.again)
			}
			if down := w.count("SELECT failures FROM host") > 0; down != c.down {
				t.Errorf("the server is down: %v", down)
			}
			if c.again {
				at := time.UnixMilli(int64(w.count("SELECT run_at" + later)))
				if wait := at.Sub(w.now()); wait < c.from-2*time.Second || wait > c.to+2*time.Second {
					t.Errorf("tried again after %v, want %v to %v", wait, c.from, c.to)
				}
				w.pass(c.to + 3*time.Second)
				w.until("delivery", w.delivered)
			}
			w.mu.Lock()
			credit := w.scores[in.host]
			w.mu.Unlock()
			if credit != c.afterwards {
				t.Errorf("its credit is %d", credit)
			}
			if n := len(in.bodies()); (n == 2) != c.again {
				t.Errorf("%d requests", n)
			}
		})
	}
}

// A server that closes the connection each time does not get it twice at once,
// nor keeps anything from another.
func TestTroubleOfOneIsNobodyElses(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, nil)
		bad := w.follower(3, func(int, string) int { return cut })
		good := w.follower(1, nil)
		w.send("first")
		w.send("second")
		stop := w.serve()
		defer stop()
		w.until("delivery to the other", func() bool { return len(good.bodies()) == 2 })
		w.until("a try", func() bool { return w.count("SELECT COALESCE(MAX(failures), 0) FROM host") == 1 })
		if got := bad.bodies(); len(got) != 1 || got[0] != "first" {
			t.Errorf("the first server got %q", got)
		}
	})
}
