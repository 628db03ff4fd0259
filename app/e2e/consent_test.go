package e2e

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"vidiverse/instance/hls"
	"vidiverse/node/store"
	"vidiverse/p2p/consent"
	"vidiverse/p2p/p2ptest"
	"vidiverse/p2p/signal"
)

// witness watches nothing and connects to nobody: it writes down to whom the
// tracker introduces it, as one does who collects the addresses of viewers.
type witness struct {
	mu   sync.Mutex
	made int
	met  []string // peer ids
}

func (w *witness) Offers(_ context.Context, n int) (list []signal.Offer) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for range n {
		w.made++
		list = append(list, signal.Offer{ID: rand.Text()[:20], SDP: "v=0\r\n"})
	}
	return list
}

func (w *witness) Offered(_ context.Context, from, _ string) (string, error) {
	w.meet(from)
	return "", errors.New("only looking")
}

func (w *witness) Answered(_, from, _ string) { w.meet(from) }
func (w *witness) Expired(string)             {}

func (w *witness) meet(peer string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.met = append(w.met, peer)
}

func (w *witness) saw() (offers int, met []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.made, slices.Clone(w.met)
}

// TestMirrorsOnly: where the operator wants it so, viewers are introduced to the
// node whose key "node status" printed and stands in the configuration, and to
// nobody else: neither to each other nor to a node that is not listed.
func TestMirrorsOnly(t *testing.T) {
	t.Parallel()
	listed, stranger := newEdge(t), newEdge(t)
	s := newServer(t, single, "")
	key := keyOf(t, listed, s.url)
	config := single + fmt.Sprintf("tracker: {introductions: mirrors-only, nodes: [%s]}\n", key)
	if err := os.WriteFile(filepath.Join(s.home, "production.yaml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	s.start()
	film := s.signIn().publish("Mirrors.mp4", load(t, feature))
	hash := hls.SwarmHashG2(film.master, hls.Main, 0)

	var seats []*signal.Member
	var all []*witness
	for range 2 {
		w := &witness{}
		all = append(all, w)
		seats = append(seats, p2ptest.Signal(t).Join([]string{film.tracker}, hash, w))
	}
	stranger.start("--follow", s.url)
	stranger.holds(1)
	waitFor(t, "both witnesses to make offers", func() bool {
		for i, m := range seats {
			m.Hurry()
			if made, _ := all[i].saw(); made == 0 {
				return false
			}
		}
		return true
	})
	for i, w := range all {
		if _, met := w.saw(); len(met) != 0 {
			t.Errorf("witness %d was introduced to %q, want nobody", i, met)
		}
	}
	listed.start("--follow", s.url)
	listed.holds(1)
	for i, w := range all {
		waitFor(t, "the node to be met", func() bool { _, met := w.saw(); return len(met) > 0 })
		_, met := w.saw()
		if slices.Sort(met); len(slices.Compact(met)) != 1 || slices.ContainsFunc(seats, func(m *signal.Member) bool { return m.PeerID() == met[0] }) {
			t.Errorf("witness %d was introduced to %q, want the node alone", i, met)
		}
	}
	if status := listed.status(); !strings.Contains(status, "knows this node by the key "+key+"\n") {
		t.Errorf("the node says\n%s\nwant its key %s", status, key)
	}
	listed.stop()
	stranger.stop()
}

// keyOf is what a node will print of an instance, before it has run.
func keyOf(t *testing.T, n *edge, origin string) string {
	t.Helper()
	s, err := store.Open(filepath.Join(n.data, "node.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	key, err := s.Identity()
	if err != nil {
		t.Fatal(err)
	}
	return consent.AtOrigin(key, origin)
}

func waitFor(t *testing.T, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); !holds(); <-tick.C {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}
