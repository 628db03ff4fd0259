package ledger

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"vidiverse/p2p"
)

// Transport is how bytes go.
type Transport string

// The transports, by the names that people and metrics read.
const (
	MediaLoader Transport = "p2p-media-loader"
	WebTorrent  Transport = "webtorrent"
	BitTorrent  Transport = "bittorrent"
	HTTP        Transport = "http"
)

// Transports lists all, in the order in which they are shown.
func Transports() []Transport { return []Transport{MediaLoader, WebTorrent, BitTorrent, HTTP} }

// Gate is the only way out: *limit.Gate.
type Gate interface {
	// Wait waits until n bytes may be sent, and counts them.
	Wait(ctx context.Context, n int) error
}

// Config of a Ledger. Zero fields are defaults.
type Config struct {
	Now    func() time.Time
	Events int // that are kept; 1,000
	Files  int // that are told apart; 4,096, the rest count as the zero FileID
}

// Sums are bytes since the ledger was made.
type Sums struct {
	Line     int64 // over the line with all that protocols add: what the gate counted
	Sent     int64 // media
	Vain     int64 // of Sent, what helped nobody: see Line.Vain
	Received int64 // media
	Refused  int64 // requests
	Opened   int64 // connections
	Open     int   // of them, now
}

// Ledger is safe for several goroutines.
type Ledger struct {
	gate Gate
	cfg  Config

	mu     sync.Mutex
	last   uint64 // number of a line
	lines  map[*Line]struct{}
	by     map[Transport]*Sums
	files  map[p2p.FileID]*Sums
	fresh  map[p2p.FileID]int64 // sent, and not yet drained
	events ring
}

// New makes a ledger before a gate.
func New(gate Gate, cfg Config) *Ledger {
	cfg.Events, cfg.Files = cmp.Or(cfg.Events, 1000), cmp.Or(cfg.Files, 4096)
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	l := &Ledger{gate: gate, cfg: cfg, lines: map[*Line]struct{}{}, by: map[Transport]*Sums{},
		files: map[p2p.FileID]*Sums{}, fresh: map[p2p.FileID]int64{}, events: ring{most: cfg.Events}}
	for _, t := range Transports() {
		l.by[t] = &Sums{}
	}
	return l
}

// ByTransport returns the sums of each.
func (l *Ledger) ByTransport() map[Transport]Sums {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := make(map[Transport]Sums, len(l.by))
	for t, s := range l.by {
		out[t] = *s
	}
	return out
}

// ByFile returns the sums of each file of which something went.
func (l *Ledger) ByFile() map[p2p.FileID]Sums {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := make(map[p2p.FileID]Sums, len(l.files))
	for id, s := range l.files {
		out[id] = *s
	}
	return out
}

// Lines lists the open connections, the latest first.
func (l *Ledger) Lines() []Info {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := make([]Info, 0, len(l.lines))
	for c := range l.lines {
		out = append(out, c.info())
	}
	slices.SortFunc(out, func(a, b Info) int { return cmp.Compare(b.Number, a.Number) })
	return out
}

// Drain returns the media bytes sent of each file since it was last called, for
// whoever keeps a lasting count. Return gives back what could not be kept.
func (l *Ledger) Drain() map[p2p.FileID]int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := l.fresh
	l.fresh = map[p2p.FileID]int64{}
	return out
}

// Return undoes a Drain.
func (l *Ledger) Return(bytes map[p2p.FileID]int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for id, n := range bytes {
		l.fresh[id] += n
	}
}

// Undrained is what Drain would return.
func (l *Ledger) Undrained() map[p2p.FileID]int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.fresh)
}

// file returns the sums of a file; of files beyond the bound, those of the zero
// FileID. The caller has the lock.
func (l *Ledger) file(id p2p.FileID) (p2p.FileID, *Sums) {
	s, known := l.files[id]
	if !known && len(l.files) >= l.cfg.Files {
		id = p2p.FileID{}
		s, known = l.files[id]
	}
	if !known {
		s = &Sums{}
		l.files[id] = s
	}
	return id, s
}

// Active is how many connections were sent media within the last moments, but
// for one of them, or nil.
func (l *Ledger) Active(but *Line) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.cfg.Now()
	for c := range l.lines {
		if g := c.gift; c != but && g.Bytes > 0 && now.Sub(g.At)-g.Took < giftBreak {
			n++
		}
	}
	return n
}
