package ledger

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"vidiverse/p2p"
	"vidiverse/p2p/limit"
)

// Kind is what happened.
type Kind string

// Kinds of events.
const (
	Opened  Kind = "opened"
	Gave    Kind = "gave"    // Bytes of media, in Took
	Refused Kind = "refused" // why is Reason
	Closed  Kind = "closed"  // after Took; Bytes of media were given in all
)

// Reasons of a refusal, beside those of package limit.
const (
	Absent = "absent" // it is not held
	Busy   = "busy"   // others are being served
	Greedy = "greedy" // it was given often enough
	Failed = "failed" // the disk or the line
)

// Event is something that happened on a connection.
type Event struct {
	Number    uint64 // in the order of events, without gaps
	At        time.Time
	Kind      Kind
	Peer      uint64 // Line.Number
	Transport Transport
	File      p2p.FileID
	Bytes     int64
	Took      time.Duration
	Reason    string
	Times     int // that it happened in a row, if more than once
}

// A gift is told as one event while it goes on without a break, for so long at
// most.
const (
	giftTime  = 10 * time.Second
	giftBreak = 2 * time.Second
	maxReason = 40 // bytes
)

// Events returns those with a Number above after, at most count of them, the
// oldest first. What is being given just now is the last, without a Number.
func (l *Ledger) Events(after uint64, count int) []Event {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := l.events.after(after)
	for c := range l.lines {
		if c.gift.Bytes > 0 {
			out = append(out, c.gift)
		}
	}
	slices.SortStableFunc(out, func(a, b Event) int { return cmp.Compare(a.Number-1, b.Number-1) }) // 0 is last
	return out[max(0, len(out)-max(0, count)):]
}

// give adds to what c is being given. The caller has the lock.
func (l *Ledger) give(c *Line, n int64) {
	now := l.cfg.Now()
	if g := c.gift; g.Bytes > 0 && (now.Sub(g.At) >= giftTime || now.Sub(g.At)-g.Took >= giftBreak || now.Before(g.At)) {
		l.gave(c)
	}
	if c.gift.Bytes == 0 {
		c.gift = l.of(c, Event{Kind: Gave, At: now})
	}
	c.gift.Bytes += n
	c.gift.Took = now.Sub(c.gift.At)
}

// gave makes an event of what c was given. The caller has the lock.
func (l *Ledger) gave(c *Line) {
	if c.gift.Bytes > 0 {
		l.events.add(c.gift)
	}
	c.gift = Event{}
}

// refuse counts and notes. Whoever asks again and again makes one event. The
// caller has the lock.
func (l *Ledger) refuse(c *Line, why string) {
	why = why[:min(len(why), maxReason)]
	_, file := l.file(c.use.File)
	for _, s := range []*Sums{&c.sums, l.by[c.use.Transport], file} {
		s.Refused++
	}
	if last := l.events.last(); last != nil && last.Kind == Refused && last.Peer == c.number && last.Reason == why {
		last.Times++
		return
	}
	l.note(c, Event{Kind: Refused, Reason: why, Times: 1})
}

func (l *Ledger) note(c *Line, e Event) {
	e.At = l.cfg.Now()
	l.events.add(l.of(c, e))
}

func (l *Ledger) of(c *Line, e Event) Event {
	e.Peer, e.Transport, e.File = c.number, c.use.Transport, c.use.File
	return e
}

func reasonOf(err error) string {
	var closed *limit.Closed
	if errors.As(err, &closed) {
		return closed.Reason
	}
	return Failed
}

// ring is the newest events.
type ring struct {
	most  int
	list  []Event // list[(Number-1)%most]
	total uint64
}

func (r *ring) add(e Event) {
	r.total++
	e.Number = r.total
	if len(r.list) < r.most {
		r.list = append(r.list, e)
		return
	}
	r.list[(e.Number-1)%uint64(r.most)] = e
}

func (r *ring) last() *Event {
	if r.total == 0 {
		return nil
	}
	return &r.list[(r.total-1)%uint64(r.most)]
}

func (r *ring) after(number uint64) (out []Event) {
	first := max(number, r.total-uint64(len(r.list)))
	for n := first + 1; n <= r.total; n++ {
		out = append(out, r.list[(n-1)%uint64(r.most)])
	}
	return out
}
