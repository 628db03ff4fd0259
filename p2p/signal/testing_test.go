package signal

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	trackers "vidiverse/p2p/tracker"
)

// patience is ten times what anything here should take.
const patience = 20 * time.Second

// quick is a Config whose lost sockets come back at once.
func quick() Config {
	return Config{Dial: (&net.Dialer{}).DialContext, RetryBase: 20 * time.Millisecond, RetryJitter: time.Millisecond}
}

// serve runs a client until the test ends, or stop is called.
func serve(t testing.TB, cfg Config) (c *Client, stop func()) {
	t.Helper()
	c = New(cfg)
	return c, run1(t, c)
}

func run1(t testing.TB, c *Client) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- c.Serve(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-done:
			if !errors.Is(err, context.Canceled) {
				t.Errorf("serve: got %v, want context.Canceled", err)
			}
		case <-time.After(patience):
			t.Error("serve does not end")
		}
	})
	t.Cleanup(stop)
	return stop
}

// serveTracker runs our tracker behind a real HTTP server and returns its URL.
func serveTracker(t testing.TB, cfg trackers.Config) (*trackers.Tracker, string) {
	t.Helper()
	tr, url, _ := serveTrackerAt(t, "127.0.0.1:0", cfg)
	return tr, url
}

// serveTrackerAt is one that can end before the test and be started again.
func serveTrackerAt(t testing.TB, address string, cfg trackers.Config) (tr *trackers.Tracker, url string, stop func()) {
	t.Helper()
	ln, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	url = socketURL("http://" + ln.Addr().String())
	cfg.Socket = url
	tr = trackers.New(cfg)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = tr.Serve(ctx) }()
	srv := &http.Server{Handler: tr}
	go func() { _ = srv.Serve(ln) }() // ends with Close
	stop = sync.OnceFunc(func() { cancel(); <-done; _ = srv.Close() })
	t.Cleanup(stop)
	return tr, url, stop
}

func socketURL(http string) string {
	return "ws" + strings.TrimPrefix(http, "http") + "/tracker/socket"
}

// known is an allow list.
type known map[[20]byte]bool

func (k known) Allowed(_ context.Context, hash [20]byte) (bool, error) { return k[hash], nil }

func hashOf(name string) (h [20]byte) {
	copy(h[:], fmt.Sprintf("%-20s", name))
	return h
}

// party is a Peer whose descriptions are plain words, and who writes down what
// it hears.
type party struct {
	name string
	wait chan struct{} // Offered waits for it, if not nil

	mu      sync.Mutex
	made    map[string]bool
	offered []string // "from sdp"
	answers []string // "sdp"
	expired int
	busy    int
	most    int
}

func (p *party) Offers(_ context.Context, n int) (list []Offer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for range n {
		o := Offer{ID: rand.Text()[:20], SDP: "offer of " + p.name}
		if p.made == nil {
			p.made = map[string]bool{}
		}
		p.made[o.ID] = true
		list = append(list, o)
	}
	return list
}

func (p *party) Offered(ctx context.Context, from, sdp string) (string, error) {
	p.mu.Lock()
	p.offered = append(p.offered, from+" "+sdp)
	p.busy++
	p.most = max(p.most, p.busy)
	p.mu.Unlock()
	if p.wait != nil {
		select {
		case <-p.wait:
		case <-ctx.Done():
		}
	}
	p.mu.Lock()
	p.busy--
	p.mu.Unlock()
	return "answer of " + p.name, nil
}

func (p *party) Answered(offerID, from, sdp string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.made[offerID] {
		delete(p.made, offerID)
		p.answers = append(p.answers, sdp)
	}
}

func (p *party) Expired(offerID string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.made[offerID] {
		delete(p.made, offerID)
		p.expired++
	}
}

// seen is what a party has heard so far.
type seen struct{ offered, answers, expired, open, most int }

func (p *party) seen() seen {
	p.mu.Lock()
	defer p.mu.Unlock()
	return seen{len(p.offered), len(p.answers), p.expired, len(p.made), p.most}
}

func until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-deadline:
			t.Fatalf("%s does not happen", what)
		case <-tick.C:
		}
	}
}
