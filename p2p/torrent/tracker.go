package torrent

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	httpTracker "github.com/anacrolix/torrent/tracker/http"

	"vidiverse/p2p/bencoded"
	"vidiverse/p2p/guard"
)

// tracker is one that is asked over HTTP, for one torrent (BEP 3, 7, 23).
type tracker struct {
	next    time.Time
	started bool
	fails   int
}

// Manners with trackers.
const (
	askEvery   = time.Second / 2 // of all announces
	askLeast   = time.Minute     // between two of a torrent
	askUsual   = 30 * time.Minute
	askMost    = 2 * time.Hour
	askAlone   = 2 * time.Minute // while nobody is there
	askFailed  = time.Minute     // doubled at each failure
	askTime    = 20 * time.Second
	maxAnswer  = 64 << 10
	numWant    = 50
	noListener = 1 // the port of who cannot be reached: trackers want one
)

func isHTTP(u string) bool {
	return strings.HasPrefix(u, "http://") || strings.HasPrefix(u, "https://")
}

// ask asks trackers for peers, one at a time, until ctx ends.
func (n *network) ask(ctx context.Context) error {
	tick := time.NewTicker(askEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case now := <-tick.C:
			if l, address, tr := n.due(now); tr != nil {
				n.askOne(ctx, l, address, tr)
			}
		}
	}
}

// due chooses a tracker to ask now.
func (n *network) due(now time.Time) (l Listing, address string, due *tracker) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, m := range n.members {
		for u, tr := range m.urls {
			if now.After(tr.next) && (due == nil || tr.next.Before(due.next)) {
				l, address, due = m.l, u, tr
			}
		}
	}
	return l, address, due
}

func (n *network) askOne(ctx context.Context, l Listing, address string, tr *tracker) {
	n.e.mu.Lock()
	t := n.e.torrents[l.Hash]
	n.e.mu.Unlock()
	left := int64(0) // of what is held for others nothing is wanted
	if t != nil && !t.held {
		left = t.left()
	}
	if left == 0 && n.port.Load() == 0 {
		tr.next = time.Now().Add(askUsual) // nobody could come
		return
	}
	a, err := n.announce(ctx, l.Hash, address, left, !tr.started)
	if err != nil {
		tr.next = time.Now().Add(min(askFailed<<min(tr.fails, 6), askMost))
		tr.fails++
		n.e.cfg.Log.Debug("torrent tracker", "err", err)
		return
	}
	tr.fails, tr.started = 0, true
	tr.next = time.Now().Add(min(max(a.interval, askLeast), askMost))
	if t != nil && !t.held {
		t.mu.Lock()
		t.meetAll(a.peers)
		if len(t.peers) == 0 && left > 0 { // somebody waits
			tr.next = time.Now().Add(min(max(a.interval, askLeast), askAlone))
		}
		t.mu.Unlock()
	}
}

// left is how many bytes are not held; one where that is not known.
func (t *Torrent) left() int64 {
	p := t.Progress()
	if p.Length == 0 {
		return 1
	}
	return p.Length - p.Held
}

// announced is a tracker's answer.
type announced struct {
	interval time.Duration
	peers    []netip.AddrPort
}

// announce asks over the guard. The library's own request would tell trackers of
// encryption that we do not have, and read answers of any length.
func (n *network) announce(ctx context.Context, hash [20]byte, address string, left int64, first bool) (a announced, err error) {
	port := int(n.port.Load())
	if port == 0 {
		port = noListener
	}
	query := "info_hash=" + url.QueryEscape(string(hash[:])) + "&peer_id=" + url.QueryEscape(string(n.id[:])) +
		"&port=" + strconv.Itoa(port) + "&uploaded=0&downloaded=0&left=" + strconv.FormatInt(left, 10) +
		"&compact=1&numwant=" + strconv.Itoa(numWant)
	if first {
		query += "&event=started"
	}
	sign := "?"
	if strings.Contains(address, "?") {
		sign = "&"
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address+sign+strings.ReplaceAll(query, "+", "%20"), nil)
	if err != nil {
		return a, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	res, body, err := n.e.cfg.HTTP(address).With(guard.Limits{Bytes: maxAnswer, Total: askTime}).Fetch(req)
	if err != nil {
		return a, err
	}
	if res.StatusCode != http.StatusOK {
		return a, fmt.Errorf("tracker: %s", res.Status)
	}
	return readAnnounced(body)
}

func readAnnounced(b []byte) (a announced, err error) {
	var r httpTracker.HttpResponse
	if _, err := bencoded.Read(b, &r, bencoded.Bounds{Depth: 8, Values: 10_000, List: 1000}); err != nil {
		return a, fmt.Errorf("tracker: %w", err)
	}
	if r.FailureReason != "" {
		return a, errors.New("tracker: it refuses")
	}
	a.interval = askUsual
	if r.Interval > 0 && r.Interval < 1<<30 {
		a.interval = time.Duration(r.Interval) * time.Second
	}
	for _, p := range r.Peers.List {
		if one, ok := p.ToNetipAddrPort(); ok && p.Port > 0 && p.Port < 1<<16 {
			a.peers = append(a.peers, netip.AddrPortFrom(one.Addr().Unmap(), one.Port()))
		}
	}
	a.peers = append(a.peers, compact(r.Peers6)...)
	a.peers = a.peers[:min(len(a.peers), maxCandidates)]
	return a, nil
}
