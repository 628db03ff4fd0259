package tracker

import (
	"math/rand/v2"
	"slices"
	"time"
)

// Introductions say who may meet whom.
type Introductions uint8

const (
	// Everyone meets everyone, as with PeerTube.
	Everyone Introductions = iota
	// MirrorsOnly has viewers meet nobody but enrolled nodes: no viewer learns
	// another's address, and neither does one who only pretends to watch.
	MirrorsOnly
)

// network is where addresses are near each other: a /24 of IPv4, a /48 of IPv6.
// Nought is no network.
type network uint64

func networkOf(src source) network {
	a := src.addr
	switch {
	case src.proxy || !a.IsValid():
		return 0
	case a.Is4():
		b := a.As4()
		return 1<<63 | network(b[0])<<16 | network(b[1])<<8 | network(b[2])
	}
	var n network
	b := a.As16()
	for _, c := range b[:6] {
		n = n<<8 | network(c)
	}
	return 1<<62 | n
}

// picking is one search for members that somebody's offers go to.
type picking struct {
	me   *member
	only Introductions
	now  time.Time
}

// pick chooses up to n distinct members on other sockets that may be introduced
// to me now: about half of them from its own network, which come first, the
// others from anywhere else, at random. It counts the introductions, to both
// sides.
func (w *swarm) pick(dst []*member, p picking, n int) []*member {
	whom := w.members
	if p.only == MirrorsOnly && !p.me.mirror {
		whom = w.mirrors
	}
	half := (n + rand.IntN(2)) / 2 // of an odd number, now and then the larger
	home := p.me.sock.network
	if home != 0 {
		street := w.near[home]
		if w.near == nil {
			street = w.members
		}
		dst = p.walk(dst, street, half, func(m *member) bool { return m.sock.network == home })
	}
	dst = p.walk(dst, whom, n, func(m *member) bool { return home == 0 || m.sock.network != home })
	if home != 0 && len(dst) < n { // nobody is elsewhere
		dst = p.walk(dst, whom, n, func(m *member) bool { return !slices.Contains(dst, m) })
	}
	return dst
}

// soonSeen is how many members are looked at one by one.
const soonSeen = 64

// walk adds members of a list until there are n.
func (p picking) walk(dst []*member, from list, n int, ok func(*member) bool) []*member {
	size := len(from)
	// Distinct: a random starting point and a step without common divisor walk
	// through all members once in an order that differs every time.
	step, at := coprime(size), 0
	if size > 0 {
		at = rand.IntN(size)
	}
	// A swarm whose members were all met enough is not searched to its end.
	for tries := min(size, max(4*n+8, soonSeen)); tries > 0 && len(dst) < n; tries-- {
		m := from[at]
		at = (at + step) % size
		if m.sock != p.me.sock && p.may(m) && ok(m) && p.meet(m) {
			dst = append(dst, m)
		}
	}
	return dst
}

// may tells whether the operator lets the two meet.
func (p picking) may(m *member) bool {
	return p.only == Everyone || p.me.mirror || m.mirror
}

// meet counts an introduction if both may still be introduced to somebody.
func (p picking) meet(m *member) bool {
	return p.me.met.room(p.now, p.me.meetRate()) && m.met.allow(p.now, m.meetRate()) && p.me.met.allow(p.now, p.me.meetRate())
}

func (m *member) meetRate() rate {
	if m.mirror {
		return mirrorMeetRate
	}
	return meetRate
}

// coprime draws a step below n that visits every index.
func coprime(n int) int {
	if n <= 2 {
		return 1
	}
	for {
		if step := 1 + rand.IntN(n-1); gcd(step, n) == 1 {
			return step
		}
	}
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
