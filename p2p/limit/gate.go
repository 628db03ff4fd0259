package limit

import (
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"go.etcd.io/bbolt"
)

// Reasons for which the gate is closed.
const (
	Unasked  = "unasked"  // the question was not answered
	Off      = "off"      // answered with no
	Paused   = "paused"   // until Until
	Cap      = "cap"      // the month's bytes are sent; again at Until
	Schedule = "schedule" // outside the hours; again at Until
	Metered  = "metered"  // the network costs by the byte
)

// Closed is the error of Wait when nothing may be sent.
type Closed struct {
	Reason string
	Until  time.Time // zero if not known
}

func (c *Closed) Error() string { return "limit: closed: " + c.Reason }

// Config is what a gate needs to know of its surroundings.
type Config struct {
	Now      func() time.Time
	Location *time.Location // of hours, days and months; nil: local
	// Metered tells whether the network costs by the byte. It is asked for every
	// message, so it answers from memory. Nil: not known, which counts as no.
	Metered func() bool
	Log     *slog.Logger
}

// Gate is passed by every byte. It may be used from several goroutines.
type Gate struct {
	db      *bbolt.DB
	now     func() time.Time
	in      *time.Location
	metered func() bool
	log     *slog.Logger

	setting sync.Mutex    // serialises Set
	writing sync.Mutex    // serialises writes of the count; before mu
	turn    chan struct{} // held by the one who waits for the rate
	kick    chan struct{} // wakes Serve
	starts  time.Time

	mu      sync.Mutex
	limits  Limits
	sent    count
	ahead   int64 // bytes that the disk has counted and that are not sent
	dirty   bool  // sent began a period that the disk does not know
	capped  bool  // the rest of the month's bytes was too little for somebody
	closed  *Closed
	changed chan struct{} // closed when a waiter has to look again
	paid    time.Time     // until when the rate is used up
	yield   yielding
	lately  meter
	subs    map[*func()]func()
	told    bool // what the subscribers believe: open
}

// State is what the gate does now.
type State struct {
	Open   bool
	Reason string    // why not
	Until  time.Time // when that may change, if known
	Rate   int64     // bytes a second over the last seconds
	Today  int64     // bytes
	Month  int64     // bytes; after a crash up to Step too many
}

// Open reads the limits and the count from db, which stays the caller's and
// must outlive the gate.
func Open(db *bbolt.DB, cfg Config) (*Gate, error) {
	g := &Gate{db: db, now: cfg.Now, in: cfg.Location, metered: cfg.Metered, log: cfg.Log,
		turn: make(chan struct{}, 1), kick: make(chan struct{}, 1), changed: make(chan struct{}),
		starts: time.Now(), subs: map[*func()]func(){}}
	if g.now == nil {
		g.now = time.Now
	}
	if g.in == nil {
		g.in = time.Local
	}
	if g.metered == nil {
		g.metered = func() bool { return false }
	}
	if g.log == nil {
		g.log = slog.New(slog.DiscardHandler)
	}
	if err := g.load(); err != nil {
		return nil, fmt.Errorf("read the limits: %w", err)
	}
	g.look()
	g.told = g.closed == nil
	return g, nil
}

func (g *Gate) local() time.Time { return g.now().In(g.in) }

// Limits returns what is set.
func (g *Gate) Limits() Limits {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.limits
}

// Set changes the limits, for good: they are on disk when it returns. Whoever
// waits is bound by them at once. ErrInvalid names what cannot be.
func (g *Gate) Set(l Limits) error {
	if err := l.check(); err != nil {
		return err
	}
	g.setting.Lock()
	defer g.setting.Unlock()
	// What closes the gate must work even when the disk does not.
	g.mu.Lock()
	old := g.limits
	g.limits, g.capped = l, false
	g.mu.Unlock()
	err := g.store(limitsKey, l)
	if err != nil && l.Asked && l.On {
		g.mu.Lock()
		g.limits = old
		g.mu.Unlock()
	}
	g.look()
	g.mu.Lock()
	g.wake()
	g.mu.Unlock()
	if err != nil {
		return fmt.Errorf("store the limits: %w", err)
	}
	return nil
}

// look finds out whether the gate is open.
func (g *Gate) look() *Closed {
	metered := g.metered()
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.judge(g.local(), metered)
}

// judge notes whether the gate is open at t, and wakes all if that changed. The
// caller has the lock.
func (g *Gate) judge(t time.Time, metered bool) *Closed {
	before := g.sent
	g.sent.turn(t)
	if g.sent.Day.Name != before.Day.Name || g.sent.Month.Name != before.Month.Name || g.sent.Behind != before.Behind || g.sent.Ahead != before.Ahead {
		g.ahead, g.dirty = 0, true // what the disk counted ahead was of another day
	}
	if g.sent.Month.Bytes < before.Month.Bytes {
		g.capped = false
	}
	closed := g.reason(t, metered)
	if (closed == nil) != (g.closed == nil) {
		g.wake()
	}
	g.closed = closed
	return closed
}

func (g *Gate) reason(t time.Time, metered bool) *Closed {
	l := g.limits
	h, err := l.hours()
	inside, edge := h.allow(t)
	switch {
	case !l.Asked:
		return &Closed{Reason: Unasked}
	case !l.On:
		return &Closed{Reason: Off}
	case t.Before(l.PausedUntil):
		return &Closed{Reason: Paused, Until: l.PausedUntil}
	case l.Month > 0 && (g.capped || g.sent.Month.Bytes >= l.Month):
		return &Closed{Reason: Cap, Until: g.sent.monthEnd(g.in)}
	case err != nil || !inside:
		return &Closed{Reason: Schedule, Until: edge}
	case metered && !l.Metered:
		return &Closed{Reason: Metered}
	}
	return nil
}

// wake makes waiters and Serve look again. The caller has the lock.
func (g *Gate) wake() {
	close(g.changed)
	g.changed = make(chan struct{})
	select {
	case g.kick <- struct{}{}:
	default: // Serve is already to look
	}
}

// State tells what the gate does now.
func (g *Gate) State() State {
	g.look()
	g.mu.Lock()
	defer g.mu.Unlock()
	s := State{Open: g.closed == nil, Rate: g.lately.rate(time.Since(g.starts)), Today: g.sent.Day.Bytes, Month: g.sent.Month.Bytes}
	if g.closed != nil {
		s.Reason, s.Until = g.closed.Reason, g.closed.Until
	}
	return s
}

// Notify calls fn from Serve whenever the gate opened or closed. No call begins
// after stop returned.
func (g *Gate) Notify(fn func()) (stop func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	id := &fn
	g.subs[id] = fn
	return func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		delete(g.subs, id)
	}
}

var errAgain = errors.New("limit: look again")
