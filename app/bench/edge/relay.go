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
	name  string
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
	up := &lane{road: road{delay: r.delay, loss: r.loss}, out: v.far}
	down := &lane{road: r, out: v.near}
	go v.carry(v.near, up, func(from netip.AddrPort) netip.AddrPort { v.meet(from); return v.host })
	go v.carry(v.far, down, func(netip.AddrPort) netip.AddrPort { v.mu.Lock(); defer v.mu.Unlock(); return v.browser })
	return v, nil
}

func (v *relay) meet(browser netip.AddrPort) {
	v.mu.Lock()
	v.browser = browser
	v.mu.Unlock()
}

func (v *relay) port() uint16 { return v.near.LocalAddr().(*net.UDPAddr).AddrPort().Port() }

func (v *relay) carry(in *net.UDPConn, l *lane, to func(from netip.AddrPort) netip.AddrPort) {
	for {
		b := make([]byte, 2048)
		n, from, err := in.ReadFromUDPAddrPort(b)
		if err != nil {
			return
		}
		if at := to(from); at.IsValid() {
			l.pass(b[:n], at)
		}
	}
}

// lane is one direction of a road.
type lane struct {
	road
	out *net.UDPConn

	mu      sync.Mutex
	free    time.Time
	waiting []parcel
}

type parcel struct {
	b  []byte
	to netip.AddrPort
	at time.Time
}

func (l *lane) pass(b []byte, to netip.AddrPort) {
	if l.loss > 0 && rand.Float64() < l.loss {
		return
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
		if int(l.free.Sub(now).Seconds()*rate)+len(b) > l.queue {
			return
		}
		l.free = l.free.Add(time.Duration(float64(len(b)+28) / rate * float64(time.Second)))
		at = l.free
	}
	if l.delay == 0 && l.mbit == 0 {
		_, _ = l.out.WriteToUDPAddrPort(b, to) // lost, as on a road
		return
	}
	if l.waiting = append(l.waiting, parcel{b, to, at.Add(l.delay)}); len(l.waiting) == 1 {
		time.AfterFunc(time.Until(l.waiting[0].at), l.arrive)
	}
}

// arrive delivers what is due.
func (l *lane) arrive() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.waiting) > 0 && !l.waiting[0].at.After(time.Now()) {
		_, _ = l.out.WriteToUDPAddrPort(l.waiting[0].b, l.waiting[0].to) // as above
		l.waiting = l.waiting[1:]
	}
	if len(l.waiting) > 0 {
		time.AfterFunc(time.Until(l.waiting[0].at), l.arrive)
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
