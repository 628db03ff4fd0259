package signal

import (
	"crypto/ed25519"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"vidiverse/p2p/consent"
	trackers "vidiverse/p2p/tracker"
)

// TestRestart breaks when peers do not find each other any more after their
// tracker was started anew.
func TestRestart(t *testing.T) {
	t.Parallel()
	_, url, stop := serveTrackerAt(t, "127.0.0.1:0", trackers.Config{Public: true})
	a, _ := serve(t, quick())
	b, _ := serve(t, quick())
	alice, bob := &party{name: "alice"}, &party{name: "bob"}
	ma := a.Join([]string{url}, hashOf("film"), alice)
	until(t, "the first announce", func() bool { return a.Stats().Announces == 1 })
	mb := b.Join([]string{url}, hashOf("film"), bob)
	until(t, "an answer", func() bool { return bob.seen().answers == 1 })
	stop()
	until(t, "the end to be noticed", func() bool { return a.Stats().Sockets+b.Stats().Sockets == 0 })
	before := alice.seen().answers + bob.seen().answers
	address := strings.TrimSuffix(strings.TrimPrefix(url, "ws://"), "/tracker/socket")
	tr, _, _ := serveTrackerAt(t, address, trackers.Config{Public: true})
	until(t, "both to be back", func() bool { return tr.Stats().Members == 2 })
	until(t, "another answer", func() bool { return alice.seen().answers+bob.seen().answers > before })
	if max(ma.Others(), mb.Others()) != 1 {
		t.Errorf("others: got %d and %d, want 1 of who came last", ma.Others(), mb.Others())
	}
}

// TestSeveralTrackers breaks when a stream is lost with one of its trackers: with
// the first, which never was there, or with the second, which goes.
func TestSeveralTrackers(t *testing.T) {
	t.Parallel()
	_, dead, stopDead := serveTrackerAt(t, "127.0.0.1:0", trackers.Config{})
	stopDead()
	_, second, stopSecond := serveTrackerAt(t, "127.0.0.1:0", trackers.Config{Public: true})
	third, last, _ := serveTrackerAt(t, "127.0.0.1:0", trackers.Config{Public: true})
	a, _ := serve(t, quick())
	alice := &party{name: "alice"}
	a.Join([]string{dead, second, second, last}, hashOf("film"), alice)
	until(t, "announces at both that are there", func() bool { return a.Stats().Sockets == 2 && third.Stats().Members == 1 })
	stopSecond()
	until(t, "the end to be noticed", func() bool { return a.Stats().Sockets == 1 })
	b, _ := serve(t, quick())
	bob := &party{name: "bob"}
	b.Join([]string{dead, second, last}, hashOf("film"), bob)
	until(t, "an answer through the last", func() bool { return alice.seen().answers+bob.seen().answers > 0 })
}

// TestSpread breaks when all who lost a tracker come back to it at the same moment:
// it would go down again. They must be back soon all the same.
func TestSpread(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const nodes = 60
		f := &fake{refuses: 503}
		cfg, url := serveFake(t, f)
		cfg.RetryBase, cfg.RetryJitter = 0, 0 // the defaults
		for range nodes {
			c, _ := serve(t, cfg)
			c.Join([]string{url}, hashOf("x"), &party{})
		}
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		opened := f.opened()
		if len(opened) < 2*nodes {
			t.Fatalf("upgrades: got %d, want that each of %d tried again", len(opened), nodes)
		}
		again := opened[nodes : 2*nodes]
		most := 0
		for i := range again {
			n := 0
			for n < len(again)-i && again[i+n].Sub(again[i]) < time.Second {
				n++
			}
			most = max(most, n)
		}
		if most > nodes/3 {
			t.Errorf("%d of %d came back within one second", most, nodes)
		}
	})
}

// TestAdvice breaks when a tracker that everybody comes back to is not left the
// time it asks for, or can send us away for good, or have us ask without pause.
func TestAdvice(t *testing.T) {
	tests := []struct {
		later       string
		least, most time.Duration // to the second and third try
	}{
		{"40", 40 * time.Second, 50 * time.Second},
		{"0", retryBase, 2 * retryBase},
		{"-1", retryBase, 3*retryBase + retryJitter},
		{"soon", retryBase, 3*retryBase + retryJitter},
		{"999999999", retryMost, retryMost + retryBase},
	}
	for _, tt := range tests {
		synctest.Test(t, func(t *testing.T) {
			f := &fake{refuses: 503, later: tt.later}
			cfg, url := serveFake(t, f)
			cfg.RetryBase, cfg.RetryJitter = 0, 0 // the defaults
			c, stop := serve(t, cfg)
			c.Join([]string{url}, hashOf("x"), &party{})
			time.Sleep(3 * retryMost)
			opens := f.opened()
			if len(opens) < 3 {
				t.Fatalf("%s: got %d tries in three hours", tt.later, len(opens))
			}
			for i := range 2 {
				if d := opens[i+1].Sub(opens[i]); d < tt.least || d > tt.most {
					t.Errorf("%s: came back after %v, want %v to %v", tt.later, d, tt.least, tt.most)
				}
			}
			if len(opens) > 40 {
				t.Errorf("%s: got %d tries in three hours", tt.later, len(opens))
			}
			stop()
		})
	}
}

// TestConsent breaks when a node is not introduced though its key is enrolled,
// or others are, or a hash that was withdrawn costs it all others.
func TestConsent(t *testing.T) {
	t.Parallel()
	key := func(seed string) ed25519.PrivateKey {
		return ed25519.NewKeyFromSeed([]byte(fmt.Sprintf("%-32s", seed)))
	}
	film, gone := hashOf("film"), hashOf("gone")
	nodes := trackers.Keys{}
	tr, url, _ := serveTrackerAt(t, "127.0.0.1:0", trackers.Config{
		Allow: known{film: true}, Introductions: trackers.MirrorsOnly, Nodes: nodes,
	})
	name, _ := consent.TrackerOf(url)
	nodes[consent.KeyOf(consent.At(key("home"), name))] = true
	var parties []*party
	var clients []*Client
	for _, name := range []string{"viewer", "alien", "home"} {
		cfg := quick()
		if name != "viewer" {
			cfg.Key = key(name)
		}
		c, _ := serve(t, cfg)
		p := &party{name: name}
		c.Join([]string{url}, film, p)
		until(t, "the announce of "+name, func() bool { return c.Stats().Announces >= 1 && c.Stats().Sockets == 1 })
		parties, clients = append(parties, p), append(clients, c)
	}
	viewer, alien, home := parties[0], parties[1], parties[2]
	until(t, "both to answer the node", func() bool { return home.seen().answers == 2 })
	if got := tr.Stats().Mirrors; got != 1 {
		t.Errorf("mirrors: got %d, want 1", got)
	}
	for _, p := range []*party{viewer, alien} {
		p.mu.Lock()
		for _, from := range p.offered {
			if !strings.HasSuffix(from, "offer of home") {
				t.Errorf("%s was offered %q", p.name, from)
			}
		}
		p.mu.Unlock()
	}
	withdrawn := clients[2].Join([]string{url}, gone, &party{})
	until(t, "the refusal", withdrawn.Dead)
	more := clients[2].Join([]string{url}, film, &party{name: "again"})
	until(t, "another announce on the same socket", func() bool { return more.Others() > 0 })
	if s := tr.Stats(); s.Refused["blocked_address"] != 0 || s.Sockets != 3 {
		t.Errorf("got %d sockets, %d refused, want 3 and none", s.Sockets, s.Refused["blocked_address"])
	}
}
