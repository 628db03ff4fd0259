package blockstore_test

import (
	"testing"
	"time"

	"vidiverse/p2p/blockstore"
)

// What helps others stays, though something else was used later; success fades;
// and what is new is not thrown away before anybody could want it.
func TestUsefulStays(t *testing.T) {
	dir, at := t.TempDir(), &clock{t: time.Now()}
	cfg := blockstore.Config{Quota: 31 * charge, Now: at.now}
	s := open(t, dir, cfg)
	wanted, idle, past := film(1, 10, size), film(2, 10, size), film(3, 10, size)
	for _, c := range []content{past, wanted, idle} {
		f := c.in(t, s)
		for i := range 10 {
			c.put(t, f, i)
		}
	}
	s.Credit(past.id, 40*size) // four times its size, ten weeks ago
	at.add(10 * 7 * 24 * time.Hour)
	s.Credit(wanted.id, 20*size)
	at.add(24 * time.Hour)
	f, _ := s.Find(idle.id)
	idle.right(t, f, 0) // the user has looked at it since
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	s = open(t, dir, cfg)
	held := func(c content) int {
		if f, known := s.Find(c.id); known {
			return len(f.Held())
		}
		return 0
	}
	fill := func(number int) {
		t.Helper()
		c := film(number, 8, size)
		f := c.in(t, s)
		for i := range 8 {
			c.put(t, f, i)
		}
		at.add(11 * time.Minute)
	}
	fill(4)
	if held(past) > 3 || held(wanted) != 10 || held(idle) != 10 {
		t.Errorf("first goes what helped long ago: got %d of it, %d of what is wanted, %d of what was played", held(past), held(wanted), held(idle))
	}
	fill(5)
	fill(6)
	if held(wanted) != 10 || held(idle) > 6 {
		t.Errorf("then what was played once: got %d of it, %d of what is wanted", held(idle), held(wanted))
	}
}

// A clock that is years off at boot makes nothing precious for years, and
// throws away nothing that was used just now.
func TestWorthAndClock(t *testing.T) {
	dir, at := t.TempDir(), &clock{t: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)}
	cfg := blockstore.Config{Quota: 20 * charge, Now: at.now, Stay: time.Nanosecond}
	years := 40 * 365 * 24 * time.Hour
	s := open(t, dir, cfg)
	old, ahead, late := film(1, 10, size), film(2, 9, size), film(3, 5, size)
	put := func(c content) {
		f := c.in(t, s)
		for i := range c.extents {
			c.put(t, f, i)
		}
	}
	put(old)
	at.add(years)
	put(ahead)
	at.add(-years)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir, cfg)
	at.add(2 * time.Hour)
	f, _ := s.Find(old.id)
	old.right(t, f, 3)
	at.add(-years) // no battery: 1986
	put(late)
	g, _ := s.Find(ahead.id)
	if f, g := len(f.Held()), len(g.Held()); f != 10 || g > 6 {
		t.Errorf("left of what was used now: %d of 10, of what was used in a year that has not come: %d of 9", f, g)
	}
	at.add(years + time.Hour) // the time is known again
	more := film(4, 5, size)
	put(more)
	if h, _ := s.Find(late.id); len(h.Held()) != 5 {
		t.Errorf("what came while the clock was wrong lost %d of 5", 5-len(h.Held()))
	}
}
