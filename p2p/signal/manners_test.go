package signal

import (
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	trackers "vidiverse/p2p/tracker"
)

// TestAlone breaks when a hash that nobody else is in costs its tracker more
// than an announce in ten minutes.
func TestAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{}
		cfg, url := serveFake(t, f)
		c, stop := serve(t, cfg)
		c.Join([]string{url}, hashOf("alone"), &party{})
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		notes := f.notes()
		if len(notes) < 8 || len(notes) > 13 {
			t.Errorf("announces in two hours: got %d, want one in 10 to 15 minutes", len(notes))
		}
		for i, n := range notes {
			if len(n.Offers) > 0 || n.NumWant != 0 {
				t.Errorf("announce %d has offers", i)
			}
			if (n.Event == "started") != (i == 0) {
				t.Errorf("announce %d has event %q", i, n.Event)
			}
		}
		if len(f.opened()) != 1 {
			t.Errorf("sockets: got %d, want 1", len(f.opened()))
		}
		stop()
	})
}

// TestOthers breaks when viewers are there and get no offers, or get them
// faster than their tracker asks for.
func TestOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{others: 3}
		cfg, url := serveFake(t, f)
		c, stop := serve(t, cfg)
		p := &party{name: "p"}
		m := c.Join([]string{url}, hashOf("others"), p)
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		notes := f.notes()
		if len(notes) < 5 || len(notes) > 7 {
			t.Fatalf("announces in ten minutes: got %d", len(notes))
		}
		if len(notes[0].Offers) != 0 {
			t.Error("offers before it is known that others are there")
		}
		if d := notes[1].at.Sub(notes[0].at); d > 3*time.Second {
			t.Errorf("the first offers come after %v", d)
		}
		for i, n := range notes[1:] {
			if len(n.Offers) != 3 {
				t.Errorf("announce %d: got %d offers, want one for each of 3 others", i+1, len(n.Offers))
			}
			if d := n.at.Sub(notes[i].at); i > 0 && (d < 2*time.Minute || d > 3*time.Minute) {
				t.Errorf("announce %d comes after %v, want two minutes", i+1, d)
			}
		}
		if s := p.seen(); s.open > 3 || s.expired != 3*(len(notes)-1)-s.open {
			t.Errorf("offers of %d announces: got %+v", len(notes)-1, s)
		}
		if c.Stats().Pending != p.seen().open || m.Others() != 3 {
			t.Errorf("stats: %+v, others %d", c.Stats(), m.Others())
		}
		m.Leave()
		time.Sleep(5 * time.Second)
		last := f.notes()[len(f.notes())-1]
		if last.Event != "stopped" || p.seen().open != 0 || c.Stats().Pending != 0 {
			t.Errorf("leaving: event %q, %d offers open", last.Event, p.seen().open)
		}
		stop()
	})
}

// TestManyHashes breaks when a node with thousands of files floods an origin, or
// when what the user plays now waits behind all of them.
func TestManyHashes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{others: 30}
		cfg, url := serveFake(t, f)
		c, stop := serve(t, cfg)
		const hashes = 1500
		for i := range hashes {
			c.Join([]string{url}, hashOf(fmt.Sprint("file ", i)), &party{})
		}
		time.Sleep(time.Minute)
		played := hashOf("played")
		c.Join([]string{url}, played, &party{}).Hurry()
		start := time.Now()
		time.Sleep(30 * time.Minute)
		synctest.Wait()
		seen := map[id]int{}
		notes := f.notes()
		var first time.Time
		for i, n := range notes {
			seen[n.InfoHash]++
			if n.InfoHash == played && first.IsZero() {
				first = n.at
			}
			if i >= 4 && n.at.Sub(notes[i-4].at) < 2*time.Second {
				t.Fatalf("announces %d to %d come within %v", i-4, i, n.at.Sub(notes[i-4].at))
			}
			if len(n.Offers) > maxOffers || n.size > 64<<10 {
				t.Errorf("announce %d: %d offers, %d bytes", i, len(n.Offers), n.size)
			}
		}
		if len(seen) != hashes+1 {
			t.Errorf("announced: got %d hashes, want %d", len(seen), hashes+1)
		}
		if d := first.Sub(start); d > 2*time.Second {
			t.Errorf("what is played waits for %v", d)
		}
		if got := c.Stats().Pending; got > maxPending {
			t.Errorf("offers that wait: got %d, want at most %d", got, maxPending)
		}
		stop()
	})
}

// TestForbidden breaks when a tracker that shut us out is asked again at once.
func TestForbidden(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{refuses: 403}
		cfg, url := serveFake(t, f)
		c, stop := serve(t, cfg)
		c.Join([]string{url}, hashOf("x"), &party{})
		time.Sleep(time.Hour)
		opens := f.opened()
		if len(opens) < 10 || len(opens) > 20 {
			t.Errorf("upgrades in an hour: got %d", len(opens))
		}
		for i, at := range opens[1:] {
			if d := at.Sub(opens[i]); d < 3*time.Minute {
				t.Errorf("asked again after %v", d)
			}
		}
		stop()
	})
}

// TestRetry breaks when a dead tracker is asked ever again without pause.
func TestRetry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{refuses: 502}
		cfg, url := serveFake(t, f)
		cfg.RetryBase, cfg.RetryJitter = 0, 0 // the defaults
		c, stop := serve(t, cfg)
		c.Join([]string{url}, hashOf("x"), &party{})
		time.Sleep(24 * time.Hour)
		if got := len(f.opened()); got < 24 || got > 40 {
			t.Errorf("upgrades in a day: got %d, want one an hour in the end", got)
		}
		stop()
	})
}

// TestVanish breaks when a tracker hears of a hash that it may have been told to
// forget: it would shut out all others of ours.
func TestVanish(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{}
		cfg, url := serveFake(t, f)
		c, stop := serve(t, cfg)
		defer stop()
		staying, leaving, vanishing := hashOf("staying"), hashOf("leaving"), hashOf("vanishing")
		c.Join([]string{url}, staying, &party{})
		l, v := c.Join([]string{url}, leaving, &party{}), c.Join([]string{url}, vanishing, &party{})
		time.Sleep(time.Minute)
		synctest.Wait()
		before := len(f.notes())
		l.Leave()
		v.Vanish()
		v.Leave() // it has left
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		goodbyes := 0
		for _, n := range f.notes()[before:] {
			switch {
			case n.InfoHash == vanishing:
				t.Errorf("announced after it vanished: %q", n.Event)
			case n.InfoHash == leaving:
				goodbyes++
			}
		}
		if goodbyes != 1 {
			t.Errorf("got %d goodbyes, want one of the hash that was left", goodbyes)
		}
	})
}

// TestNext breaks when somebody who goes from one video to the next waits for
// people as if the tracker had failed.
func TestNext(t *testing.T) {
	t.Parallel()
	_, url := serveTracker(t, trackers.Config{Public: true})
	cfg := quick()
	cfg.RetryBase = time.Hour
	c, _ := serve(t, cfg)
	for i := range int64(10) {
		m := c.Join([]string{url}, hashOf(fmt.Sprint(i)), &party{})
		until(t, "the next announce", func() bool { return c.Stats().Announces == i+1 })
		m.Vanish()
		until(t, "the end of the socket", func() bool { return c.Stats().Sockets == 0 })
	}
}

// keeper is a party that downloads a torrent.
type keeper struct {
	party
	left atomic.Int64
}

func (k *keeper) Progress() Progress {
	return Progress{Uploaded: 7, Downloaded: 5, Left: k.left.Load()}
}

// TestTorrent breaks when a tracker cannot tell who has a torrent from who
// wants it, or hears twice that it is complete.
func TestTorrent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{others: 2}
		cfg, url := serveFake(t, f)
		c, stop := serve(t, cfg)
		k := &keeper{}
		k.left.Store(100)
		m := c.Join([]string{url}, hashOf("torrent"), k)
		time.Sleep(3 * time.Minute)
		k.left.Store(0)
		m.Hurry()
		time.Sleep(10 * time.Minute)
		m.Leave()
		time.Sleep(time.Minute)
		synctest.Wait()
		var events []string
		for i, n := range f.notes() {
			if n.Left == nil || n.Uploaded != 7 || n.Downloaded != 5 {
				t.Errorf("announce %d does not say how far it is", i)
			}
			if n.Event != "" {
				events = append(events, fmt.Sprint(n.Event, " ", *n.Left, " ", len(n.Offers)))
			} else if len(n.Offers) != 2 {
				t.Errorf("announce %d: got %d offers, want 2", i, len(n.Offers))
			}
		}
		if want := []string{"started 100 0", "completed 0 0", "stopped 0 0"}; !slices.Equal(events, want) {
			t.Errorf("events: got %q, want %q", events, want)
		}
		stop()
	})
}

// TestHaste breaks when somebody who waits, and says so all the time, waits
// longer for it.
func TestHaste(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{}
		cfg, url := serveFake(t, f)
		c, stop := serve(t, cfg)
		m := c.Join([]string{url}, hashOf("film"), &party{})
		time.Sleep(time.Second)
		f.mu.Lock()
		f.others = 1
		f.mu.Unlock()
		for range 300 {
			m.Hurry()
			time.Sleep(100 * time.Millisecond)
		}
		synctest.Wait()
		notes := f.notes()
		if len(notes) < 3 || len(notes[2].Offers) != 1 || notes[2].at.Sub(notes[0].at) > hurryEvery+5*time.Second {
			t.Errorf("after half a minute: got %d announces, want the third with an offer", len(notes))
		}
		if len(notes) > 4 {
			t.Errorf("got %d announces in half a minute", len(notes))
		}
		stop()
	})
}
