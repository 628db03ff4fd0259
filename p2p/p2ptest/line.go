package p2ptest

import (
	"net/netip"
	"sync"
	"time"
)

// A simulated network is for bubbles of testing/synctest: nothing in it runs by
// itself. When a message is sent, the time at which it arrives is computed from
// the lines it goes over, and its reader sleeps until then.
//
//	host ── Line: up, down, delay ──┐
//	                                ├── Link: a connection of two lines, ordered
//	host ── Line: up, down, delay ──┘
type Line struct {
	// Up and Down are in bytes a second, 0 for no limit.
	Up, Down float64
	// Delay is the time to the middle of the network, one way.
	Delay time.Duration
	// Loss is the part of packets that is lost, 0 to 1. A lost packet costs its
	// message the time of asking for it again, and bounds what one connection
	// gets, as it does for any that halves its window.
	Loss float64
	Addr netip.AddrPort

	mu        sync.Mutex
	sent, got time.Time // until when the line is busy
	bytes     [2]int64  // that went up and came down
	chance    uint32
}

// Change gives a line other rates, for what is sent from now on.
func (l *Line) Change(up, down float64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.Up, l.Down = up, down
}

// packet is the bytes of a message that one packet takes.
const packet = 1200

// send takes size bytes up, and says when the last of them has left.
func (l *Line) send(now time.Time, size int) time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.bytes[0] += int64(size)
	l.sent = later(l.sent, now).Add(takes(size, l.Up))
	return l.sent
}

// take lets size bytes down that are sent now, and says when the line has room
// for the last of them at the earliest. Those of a slow sender leave it to
// others meanwhile.
func (l *Line) take(now time.Time, size int) time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.bytes[1] += int64(size)
	l.got = later(l.got, now).Add(takes(size, l.Down))
	return l.got
}

// lost is how many packets of a message are lost. Chance is the same in every
// run: each packet that should be, by the number of those before.
func (l *Line) lost(size int) int {
	if l.Loss <= 0 {
		return 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for range (size + packet - 1) / packet {
		l.chance = l.chance*1664525 + 1013904223
		if float64(l.chance)/(1<<32) < l.Loss {
			n++
		}
	}
	return n
}

// Bytes that went up and came down.
func (l *Line) Bytes() (up, down int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.bytes[0], l.bytes[1]
}

func takes(size int, rate float64) time.Duration {
	if rate <= 0 {
		return 0
	}
	return time.Duration(float64(size) / rate * float64(time.Second))
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
