package p2ptest

import (
	"bytes"
	"context"
	"io"
	"math"
	"net/netip"
	"sync"
	"time"
)

// Link is one end of a connection of two lines: messages, whole and in order.
// It does what swarm.Conn asks for.
type Link struct {
	line, far *Line
	out, in   *way
}

// Connect connects two lines.
func Connect(a, b *Line) (atA, atB *Link) {
	there, back := newWay(), newWay()
	return &Link{a, b, there, back}, &Link{b, a, back, there}
}

// way is what goes one way over a connection.
type way struct {
	mu     sync.Mutex
	queue  []parcel      // sent and not read
	unsure []parcel      // sent and not known to have arrived, without data
	last   time.Time     // when the latest arrives
	news   chan struct{} // has room for one
	closed chan struct{}
}

type parcel struct {
	data []byte
	size int
	at   time.Time
}

func newWay() *way { return &way{news: make(chan struct{}, 1), closed: make(chan struct{})} }

func (w *way) shut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	select {
	case <-w.closed:
	default:
		close(w.closed)
	}
}

// RTT is the time there and back.
func (l *Link) RTT() time.Duration { return 2 * (l.line.Delay + l.far.Delay) }

// Remote is where the other end is.
func (l *Link) Remote() netip.AddrPort { return l.far.Addr }

// Close ends both directions; what is under way is lost.
func (l *Link) Close() error {
	l.out.shut()
	l.in.shut()
	return nil
}

// Write sends a message.
func (l *Link) Write(message []byte) error {
	select {
	case <-l.out.closed:
		return io.ErrClosedPipe
	default:
	}
	size, w := len(message), l.out
	delay := l.line.Delay + l.far.Delay
	at := Carry(l.line, l.far, size)
	lost := l.line.lost(size) + l.far.lost(size)
	w.mu.Lock()
	defer w.mu.Unlock()
	if p := l.line.Loss + l.far.Loss; p > 0 {
		at = later(at, w.last.Add(takes(size, packet*1.2/(max(l.RTT(), time.Millisecond).Seconds()*math.Sqrt(p)))))
	}
	if lost > 0 {
		at = at.Add(2 * delay)
	}
	w.last = later(at, w.last)
	w.queue = append(w.queue, parcel{bytes.Clone(message), size, w.last})
	w.unsure = append(w.unsure, parcel{size: size, at: w.last.Add(delay)})
	select {
	case w.news <- struct{}{}:
	default: // it is told already
	}
	return nil
}

// Read waits for the next message.
func (l *Link) Read(buf []byte) (int, error) {
	w := l.in
	for {
		w.mu.Lock()
		wait := time.Duration(-1)
		if len(w.queue) > 0 {
			first := w.queue[0]
			if wait = time.Until(first.at); wait <= 0 {
				defer w.mu.Unlock()
				if first.size > len(buf) {
					return 0, io.ErrShortBuffer
				}
				w.queue[0] = parcel{}
				w.queue = w.queue[1:]
				return copy(buf, first.data), nil
			}
		}
		w.mu.Unlock()
		if !w.rest(wait) {
			return 0, io.EOF
		}
	}
}

// rest waits for a time, or for news if it is negative. It is false when the
// connection has ended.
func (w *way) rest(wait time.Duration) bool {
	if wait < 0 {
		select {
		case <-w.news:
			return true
		case <-w.closed:
			return false
		}
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-w.closed:
		return false
	}
}

// Buffered is what was sent and is not known to have arrived.
func (l *Link) Buffered() int {
	w := l.out
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.unknown(time.Now())
}

// unknown forgets what is known to have arrived. mu is held.
func (w *way) unknown(now time.Time) (size int) {
	for len(w.unsure) > 0 && !w.unsure[0].at.After(now) {
		w.unsure = w.unsure[1:]
	}
	for _, p := range w.unsure {
		size += p.size
	}
	return size
}

// Drained waits until Buffered is at most mark.
func (l *Link) Drained(ctx context.Context, mark int) error {
	w := l.out
	for {
		w.mu.Lock()
		left, until := w.unknown(time.Now()), time.Time{}
		for _, p := range w.unsure {
			if left <= mark {
				break
			}
			left, until = left-p.size, p.at
		}
		w.mu.Unlock()
		if until.IsZero() {
			return nil
		}
		timer := time.NewTimer(time.Until(until))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-w.closed:
			timer.Stop()
			return io.ErrClosedPipe
		}
	}
}

// Carry takes size bytes from one line to another, and says when they are there.
func Carry(from, to *Line, size int) time.Time {
	now := time.Now()
	return later(from.send(now, size), to.take(now, size)).Add(from.Delay + to.Delay)
}
