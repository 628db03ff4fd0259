package swarm

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"vidiverse/p2p/p2ptest"
	"vidiverse/p2p/pml"
)

// TestIdlePeers: a connection over which nothing is exchanged ends after a
// while, one that is used does not.
func TestIdlePeers(t *testing.T) {
	t.Parallel()
	inWorld(t, 3, 1000, true, func(t *testing.T, w *world) {
		silent, idle, used := w.stranger("silent"), w.stranger("idle"), w.stranger("used")
		idle.holds(0)
		left := make(chan string, 3)
		began := time.Now()
		for name, s := range map[string]*stranger{"silent": silent, "idle": idle} {
			go func() {
				s.closed()
				left <- fmt.Sprint(name, " ", time.Since(began).Round(time.Minute))
			}()
		}
		for time.Since(began) < 11*time.Minute {
			used.get(0, int(time.Since(began).Seconds()), 0)
			time.Sleep(time.Minute)
		}
		for _, want := range []string{"silent 2m0s", "idle 10m0s"} {
			select {
			case got := <-left:
				if got != want {
					t.Errorf("got %s, want %s", got, want)
				}
			case <-time.After(time.Hour):
				t.Fatalf("not %s", want)
			}
		}
		if st := w.swarm.Stats(); st.Peers != 1 || st.Banned != 0 {
			t.Errorf("stats %+v", st)
		}
	})
}

// TestSated: two that hold everything part, and are not each other's guests for
// a while; places are for viewers.
func TestSated(t *testing.T) {
	t.Parallel()
	inWorld(t, 3, 1000, true, func(t *testing.T, w *world) {
		node := w.stranger("node")
		node.holds(0, 1, 2)
		began := time.Now()
		node.closed()
		if took := time.Since(began); took < satedTime || took > time.Minute {
			t.Errorf("after %v", took)
		}
		synctest.Wait()
		if _, err := w.swarm.expect("node", false); !errors.Is(err, errAvoided) {
			t.Errorf("got %v", err)
		}
		time.Sleep(satedPause)
		v, err := w.swarm.expect("node", false)
		if err != nil {
			t.Fatal(err)
		}
		v.leave()
	})
}

// TestGlare: when two offer to each other at once, the offer of the smaller id
// stands; who is connected or about to be is not met twice.
func TestGlare(t *testing.T) {
	t.Parallel()
	for _, self := range []string{"a", "z"} {
		inWorld(t, 3, 1000, true, func(t *testing.T, w *world) {
			w.swarm.mu.Lock()
			w.swarm.self = self
			w.swarm.mu.Unlock()
			theirs, err := w.swarm.expect("m", false)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.swarm.expect("m", false); !errors.Is(err, errKnown) {
				t.Errorf("its second offer: %v", err)
			}
			ours, err := w.swarm.expect("m", true)
			if stands := err == nil; stands != (self < "m") || stands != (theirs.ctx.Err() != nil) {
				t.Errorf("as %q: our offer %v, its offer %v", self, err, theirs.ctx.Err())
			}
			if err == nil {
				if theirs.came() || !ours.came() {
					t.Error("its offer is expected still")
				}
				ours.leave()
			}
			theirs.leave()
			if len(w.swarm.coming) != 0 || w.net.peers != 0 {
				t.Errorf("%d counted", w.net.peers)
			}
			w.stranger("m")
			for _, ours := range []bool{true, false} {
				if _, err := w.swarm.expect("m", ours); !errors.Is(err, errKnown) {
					t.Errorf("a second connection: %v", err)
				}
			}
			if _, err := w.swarm.expect(self, true); !errors.Is(err, errAvoided) {
				t.Errorf("ourselves: %v", err)
			}
		})
	}
}

// TestLimits: there are so many peers and no more, in a swarm and in all.
func TestLimits(t *testing.T) {
	t.Parallel()
	inWorld(t, 3, 1000, true, func(t *testing.T, w *world) {
		w.net.cfg.MaxPeers, w.net.cfg.MaxPeersPerSwarm = 5, 3
		for i := range 5 {
			w.stranger(fmt.Sprint(i))
		}
		other := w.net.Join(Stream{Segments: w.shelf})
		first := w.swarm
		if w.swarm = other; first.Stats().Peers != 3 || first.room() != 0 {
			t.Errorf("one swarm has %d", first.Stats().Peers)
		}
		for i := range 5 {
			w.stranger(fmt.Sprint(i))
		}
		if st := w.net.Stats(); st.Peers != 5 || w.net.room() != 0 {
			t.Errorf("all have %d", st.Peers)
		}
		first.Leave()
		synctest.Wait()
		if st := w.net.Stats(); st.Peers != 2 || w.net.room() != 3 || other.room() != 1 {
			t.Errorf("then %d, room for %d and %d", st.Peers, w.net.room(), other.room())
		}
		if _, err := first.expect("x", false); err == nil {
			t.Error("a swarm that was left takes peers")
		}
	})
}

// TestServeAgain: what Serve started has ended when it returns, the swarms stay.
func TestServeAgain(t *testing.T) {
	t.Parallel()
	inWorld(t, 3, 1000, true, func(t *testing.T, w *world) {
		p := w.stranger("anna")
		p.next(pml.Announcement)
		w.cancel()
		<-w.ended
		p.closed()
		if w.net.spawn(func(context.Context) {}) || w.net.Stats().Peers != 0 {
			t.Error("something runs")
		}
		ctx, cancel := context.WithCancel(t.Context())
		again := make(chan error)
		go func() { again <- w.net.Serve(ctx) }()
		synctest.Wait()
		if got := w.stranger("anna").get(0, 1, 0); !bytes.Equal(got, w.data[0]) {
			t.Error("the second time it serves nothing")
		}
		if err := w.net.Serve(ctx); err == nil || errors.Is(err, context.Canceled) {
			t.Errorf("twice at once: %v", err)
		}
		cancel()
		if err := <-again; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}

// TestIdleSwarms: thousands of files are held and nobody watches: that is cheap.
func TestIdleSwarms(t *testing.T) {
	const count = 4000
	data, extents := p2ptest.Film(1, 3, 100)
	shelf := p2ptest.FullShelf(data, extents)
	n := New(Config{Gate: &valve{}})
	before, goroutines := heap(), runtime.NumGoroutine()
	swarms := make([]*Swarm, count)
	for i := range swarms {
		swarms[i] = n.Join(Stream{Segments: shelf})
	}
	each := (heap() - before) / count
	if each > 1500 || runtime.NumGoroutine() > goroutines+2 {
		t.Errorf("%d bytes a swarm, %d goroutines more", each, runtime.NumGoroutine()-goroutines)
	}
	t.Logf("%d bytes a swarm", each)
	for _, s := range swarms {
		s.Leave()
	}
	if len(n.all()) != 0 {
		t.Error("swarms that were left are kept")
	}
}

func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestChurn: peers that come and go leave nothing behind.
func TestChurn(t *testing.T) {
	t.Parallel()
	inWorld(t, 3, 1000, true, func(t *testing.T, w *world) {
		for i := range 500 {
			p := w.stranger(fmt.Sprint(i))
			if i%3 == 0 {
				p.get(0, 1, 0)
			}
			if i%2 == 0 {
				p.conn.Close()
			} else {
				p.say(pml.Command{Kind: pml.Request, Segment: 1, Request: 2})
				p.conn.Close()
			}
			synctest.Wait()
		}
		s := w.swarm
		if len(s.peers)+len(s.coming)+len(s.reads)+w.net.peers+w.net.uploads != 0 || w.net.bytes != 0 {
			t.Errorf("%d peers, %d coming, %d readings, %d counted", len(s.peers), len(s.coming), len(s.reads), w.net.peers)
		}
	})
}

// TestAvoidedIsBounded: whoever comes under ever new names costs no more memory.
func TestAvoidedIsBounded(t *testing.T) {
	t.Parallel()
	var a avoided
	for i := range 3000 {
		_, theirs := link()
		a.ban(fmt.Sprint(i), theirs.remote.Addr(), true, false)
	}
	if len(a.ids) > maxAvoided || len(a.lies) > maxAvoided || !a.id("2999") {
		t.Errorf("%d ids, %d addresses", len(a.ids), len(a.lies))
	}
}
