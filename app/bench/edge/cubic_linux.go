package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// The kernel's TCP goes over a road of ours through a network interface that is
// a mirror: what this computer sends to its other end comes back, sender and
// receiver exchanged, and meets a listener of ours. It takes the right to make
// interfaces.
//
//	client here:c ──▶ there:p ── mirror and road ──▶ there:c ──▶ here:p listener
const (
	mirrorName = "vvmirror"
	mirrorMTU  = 1256 // as long as our packets
)

var here, there = netip.MustParseAddr("10.255.77.1"), netip.MustParseAddr("10.255.77.2")

// cubic is how many Mbit/s one connection of TCP Cubic carries over a road, its
// start included.
func cubic(ctx context.Context, r road, d time.Duration) (mbit float64, err error) {
	tun, err := mirror()
	if err != nil {
		return 0, err
	}
	defer tun.Close()
	ln, err := net.Listen("tcp4", netip.AddrPortFrom(here, 0).String())
	if err != nil {
		return 0, err
	}
	defer ln.Close()
	port := ln.Addr().(*net.TCPAddr).AddrPort().Port()
	out := func(b []byte, _ netip.AddrPort) { _, _ = tun.Write(b) } // lost, as on a road
	go reflect(tun, port, &lane{road: r, out: out}, &lane{road: road{delay: r.delay, loss: r.loss}, out: out})
	var got, first atomic.Int64
	go func() {
		c, err := ln.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		b := make([]byte, 256<<10)
		for err == nil {
			var n int
			n, err = c.Read(b)
			first.CompareAndSwap(0, time.Now().UnixNano())
			got.Add(int64(n))
		}
	}()
	dialer := net.Dialer{Timeout: 10 * time.Second, Control: func(_, _ string, c syscall.RawConn) (err error) {
		return errors.Join(c.Control(func(fd uintptr) {
			err = unix.SetsockoptString(int(fd), unix.IPPROTO_TCP, unix.TCP_CONGESTION, "cubic")
		}), err)
	}}
	c, err := dialer.DialContext(ctx, "tcp4", netip.AddrPortFrom(there, port).String())
	if err != nil {
		return 0, err
	}
	defer c.Close()
	end := time.Now().Add(d + 2*r.delay)
	_ = c.SetDeadline(end) // an open connection takes it
	for message := make([]byte, 64<<10); err == nil; {
		_, err = c.Write(message)
	}
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		return 0, err
	}
	return float64(got.Load()) * 8e3 / float64(time.Now().UnixNano()-first.Load()), nil
}

// mirror makes the interface, for as long as it is open.
func mirror() (*os.File, error) {
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	ifr, err := unix.NewIfreq(mirrorName)
	if err == nil {
		ifr.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
		err = unix.IoctlIfreq(fd, unix.TUNSETIFF, ifr)
	}
	if err == nil {
		err = raise()
	}
	if err != nil {
		_ = unix.Close(fd) // it is over either way
		return nil, fmt.Errorf("make an interface: %w", err)
	}
	return os.NewFile(uintptr(fd), "/dev/net/tun"), nil
}

// raise gives the interface its address and lets it begin.
func raise() error {
	s, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(s)
	for _, step := range []struct {
		request uint
		set     func(*unix.Ifreq) error
	}{
		{unix.SIOCSIFADDR, func(i *unix.Ifreq) error { return i.SetInet4Addr(here.AsSlice()) }},
		{unix.SIOCSIFNETMASK, func(i *unix.Ifreq) error { return i.SetInet4Addr([]byte{255, 255, 255, 252}) }},
		{unix.SIOCSIFMTU, func(i *unix.Ifreq) error { i.SetUint32(mirrorMTU); return nil }},
		{unix.SIOCSIFFLAGS, func(i *unix.Ifreq) error { i.SetUint16(unix.IFF_UP | unix.IFF_RUNNING); return nil }},
	} {
		i, err := unix.NewIfreq(mirrorName)
		if err == nil {
			err = step.set(i)
		}
		if err == nil {
			err = unix.IoctlIfreq(s, step.request, i)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// reflect sends what is for the listener's port down one lane, and the answers
// up the other, until the interface is closed.
func reflect(tun *os.File, port uint16, down, up *lane) {
	b := packets.Get().(*[packetSize]byte)
	for {
		n, err := tun.Read(b[:])
		if err != nil {
			return
		}
		const header = 20 // of IPv4 without options
		if n < header+4 || b[0] != 0x45 || b[9] != unix.IPPROTO_TCP {
			continue
		}
		var from [4]byte
		copy(from[:], b[12:])
		copy(b[12:], b[16:20])
		copy(b[16:], from[:]) // sums stay what they are
		l := up
		if uint16(b[header+2])<<8|uint16(b[header+3]) == port {
			l = down
		}
		if l.pass(b, n, netip.AddrPort{}) {
			b = packets.Get().(*[packetSize]byte)
		}
	}
}
