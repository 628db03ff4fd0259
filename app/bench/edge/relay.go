package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"time"
)

// road is a line between a browser and the host: each direction has the delay
// and the loss, what goes to the browser the rate and the queue.
type road struct {
	delay time.Duration // one way
	loss  float64
	mbit  float64 // 0 is as much as there is
	queue int     // bytes
}

// relay carries packets between a browser and the host over a road. To each it
// is the other.
type relay struct {
	near, far *net.UDPConn // the browser's side, the host's side
	host      netip.AddrPort

	mu      sync.Mutex
	browser netip.AddrPort
}

// newRelay makes a road to a host's socket.
func newRelay(ctx context.Context, r road, host netip.AddrPort) (*relay, error) {
	v := &relay{host: host}
	for _, conn := range []**net.UDPConn{&v.near, &v.far} {
		c, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(host.Addr(), 0)))
		if err != nil {
			return nil, err
		}
		_ = c.SetReadBuffer(4 << 20) // what the kernel allows
		*conn = c
	}
	context.AfterFunc(ctx, func() { _ = v.near.Close(); _ = v.far.Close() }) // the road is over
	up := &lane{road: road{delay: r.delay, loss: r.loss}, out: onto(v.far)}
	down := &lane{road: r, out: onto(v.near)}
	go v.carry(v.near, up, func(from netip.AddrPort) netip.AddrPort { v.meet(from); return v.host })
	go v.carry(v.far, down, func(netip.AddrPort) netip.AddrPort { v.mu.Lock(); defer v.mu.Unlock(); return v.browser })
	return v, nil
}

// onto sends by a socket.
func onto(c *net.UDPConn) func(b []byte, to netip.AddrPort) {
	return func(b []byte, to netip.AddrPort) { _, _ = c.WriteToUDPAddrPort(b, to) } // lost, as on a road
}

func (v *relay) meet(browser netip.AddrPort) {
	v.mu.Lock()
	v.browser = browser
	v.mu.Unlock()
}

func (v *relay) port() uint16 { return v.near.LocalAddr().(*net.UDPAddr).AddrPort().Port() }

func (v *relay) carry(in *net.UDPConn, l *lane, to func(from netip.AddrPort) netip.AddrPort) {
	b := packets.Get().(*[packetSize]byte)
	for {
		n, from, err := in.ReadFromUDPAddrPort(b[:])
		if err != nil {
			return
		}
		if at := to(from); at.IsValid() && l.pass(b, n, at) {
			b = packets.Get().(*[packetSize]byte)
		}
	}
}

const packetSize = 2048

var packets = sync.Pool{New: func() any { return new([packetSize]byte) }}

// lane is one direction of a road.
type lane struct {
	road
	out func(b []byte, to netip.AddrPort)

	mu      sync.Mutex
	free    time.Time
	waiting []parcel
	woke    time.Time
}

type parcel struct {
	b  *[packetSize]byte
	n  int
	to netip.AddrPort
	at time.Time
}

// A line delivers no faster than this, however late this program was.
const (
	lineRate  = 250e6 / 8 // bytes a second
	lineBurst = 16 << 10
)

// pass puts a packet on its way; kept tells that its memory is the lane's now.
func (l *lane) pass(b *[packetSize]byte, n int, to netip.AddrPort) (kept bool) {
	if l.loss > 0 && rand.Float64() < l.loss {
		return false
	}
	if l.delay == 0 && l.mbit == 0 {
		l.out(b[:n], to)
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	at := now
	if l.mbit > 0 {
		rate := l.mbit * 1e6 / 8
		if l.free.Before(now) {
			l.free = now
		}
		if int(l.free.Sub(now).Seconds()*rate)+n > l.queue {
			return false
		}
		l.free = l.free.Add(time.Duration(float64(n+28) / rate * float64(time.Second)))
		at = l.free
	}
	if l.waiting = append(l.waiting, parcel{b, n, to, at.Add(l.delay)}); len(l.waiting) == 1 {
		time.AfterFunc(time.Until(l.waiting[0].at), l.arrive)
	}
	return true
}

// arrive delivers what is due.
func (l *lane) arrive() {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	room := int(min(now.Sub(l.woke), 20*time.Millisecond).Seconds()*lineRate) + lineBurst
	for l.woke = now; len(l.waiting) > 0 && !l.waiting[0].at.After(now) && room > 0; l.waiting = l.waiting[1:] {
		p := l.waiting[0]
		l.out(p.b[:p.n], p.to)
		packets.Put(p.b)
		room -= p.n
	}
	if len(l.waiting) > 0 {
		time.AfterFunc(max(time.Until(l.waiting[0].at), time.Millisecond/4), l.arrive)
	}
}

func (r road) String() string {
	s := fmt.Sprintf("%d ms", 2*r.delay.Milliseconds())
	if r.mbit > 0 {
		s += fmt.Sprintf(", %g Mbit/s", r.mbit)
	}
	if r.loss > 0 {
		s += fmt.Sprintf(", %g %% lost", 100*r.loss)
	}
	return s
}
