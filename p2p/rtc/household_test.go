package rtc

import (
	"context"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"go.etcd.io/bbolt"

	"vidiverse/p2p/ledger"
	"vidiverse/p2p/limit"
)

// TestHousehold breaks when somebody who calls from a house waits for what we
// send from it: full seeding over a real channel adds 10 ms at most, and still
// uses the line. The gate knows nothing but our own round trips.
func TestHousehold(t *testing.T) {
	for _, c := range []struct{ mbit, least float64 }{{2, 1.4}, {10, 7}, {40, 28}} {
		db, err := bbolt.Open(filepath.Join(t.TempDir(), "db"), 0o600, &bbolt.Options{NoSync: true})
		if err != nil {
			t.Fatal(err)
		}
		synctest.Test(t, func(t *testing.T) { seeding(t, db, c.mbit, c.least) })
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func seeding(t *testing.T, db *bbolt.DB, mbit, least float64) {
	const settle, watch = 10 * time.Second, 10 * time.Second
	in := newInternet(1)
	a, b := New(Config{}), New(Config{})
	up := wire{delay: 20 * time.Millisecond, rate: mbit * 1e6 / 8, queue: 256 << 10}
	here, there := in.machine("8.1.1.1", up, wire{}), in.machine("8.2.2.2", wire{delay: up.delay}, wire{})
	a.ground, b.ground = here, there
	defer run(t, a)()
	defer run(t, b)()
	ca, cb := mustConnect(t, a, b)
	g, err := limit.Open(db, limit.Config{})
	if err == nil {
		err = g.Set(limit.Limits{Asked: true, On: true})
	}
	if err != nil {
		t.Fatal(err)
	}
	book := ledger.New(g, ledger.Config{})
	line := book.Open(ledger.Use{Transport: ledger.MediaLoader, RTT: ca.RTT})
	defer line.Close()
	ctx, cancel := context.WithTimeout(t.Context(), settle+watch)
	defer cancel()
	go func() {
		message := pattern(1, 4<<10)
		for ca.Drained(ctx, 256<<10) == nil && line.Wait(ctx, len(message)*112/100) == nil && ca.Write(message) == nil {
			line.Sent(len(message))
		}
	}()
	got := 0
	go func() {
		begin, buf := time.Now(), make([]byte, MaxMessage)
		for n, err := cb.Read(buf); err == nil; n, err = cb.Read(buf) {
			if time.Since(begin) > settle {
				got += n
			}
		}
	}()
	var sum time.Duration
	samples := 0
	begin := time.Now()
	for i := 0; ctx.Err() == nil; i++ {
		time.Sleep(25 * time.Millisecond)
		if d, known := book.Delay(); known && i%10 == 0 {
			g.Felt(d)
		}
		if time.Since(begin) < settle {
			continue
		}
		in.mu.Lock()
		sum += max(0, time.Until(here.up.free))
		in.mu.Unlock()
		samples++
	}
	cb.Close()
	ca.Close()
	mean, used := sum/time.Duration(samples), float64(got)*8/1e6/watch.Seconds()
	t.Logf("%g Mbit/s: others wait %v, %.1f Mbit/s are given", mbit, mean, used)
	if mean > limit.Target || used < least {
		t.Errorf("%g Mbit/s: others wait %v, want at most %v; %.1f Mbit/s are given, want %.1f", mbit, mean, limit.Target, used, least)
	}
}
