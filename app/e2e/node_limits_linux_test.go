package e2e

import (
	"encoding/binary"
	"errors"
	"sync"
	"syscall"
	"testing"
	"time"

	"vidiverse/node"
	"vidiverse/node/control"
	"vidiverse/node/remote/remotetest"
	"vidiverse/p2p"
)

// wiretap counts the IP packets that come from one UDP port of this network.
type wiretap struct {
	port uint16

	mu      sync.Mutex
	packets []packet
}

type packet struct {
	at   time.Time
	size int
}

const everyProtocol = 0x0300 // ETH_P_ALL, in network order

func newWiretap(t *testing.T, port uint16) *wiretap {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_PACKET, syscall.SOCK_DGRAM|syscall.SOCK_CLOEXEC, everyProtocol)
	if err != nil {
		t.Fatal(err)
	}
	timeout := syscall.NsecToTimeval(int64(100 * time.Millisecond))
	if err := errors.Join(syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_RCVBUF, 4<<20),
		syscall.SetsockoptTimeval(fd, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, &timeout)); err != nil {
		t.Fatal(err)
	}
	w := &wiretap{port: port}
	var listening sync.WaitGroup
	listening.Go(func() { w.listen(t, fd) })
	t.Cleanup(func() {
		listening.Wait()
		_ = syscall.Close(fd) // nothing was written
	})
	return w
}

func (w *wiretap) listen(t *testing.T, fd int) {
	var head [64]byte
	for t.Context().Err() == nil {
		size, from, err := syscall.Recvfrom(fd, head[:], syscall.MSG_TRUNC)
		link, ok := from.(*syscall.SockaddrLinklayer)
		if err != nil || !ok || link.Pkttype != syscall.PACKET_HOST { // on loopback each packet is seen going, too
			continue
		}
		if w.port == sourcePort(head) {
			w.mu.Lock()
			w.packets = append(w.packets, packet{time.Now(), size})
			w.mu.Unlock()
		}
	}
}

// sourcePort is that of a UDP datagram, 0 of other packets.
func sourcePort(ip [64]byte) uint16 {
	switch {
	case ip[0]>>4 == 4 && ip[9] == syscall.IPPROTO_UDP:
		return binary.BigEndian.Uint16(ip[4*(ip[0]&15):])
	case ip[0]>>4 == 6 && ip[6] == syscall.IPPROTO_UDP:
		return binary.BigEndian.Uint16(ip[40:])
	}
	return 0
}

// between is how many bytes came between two moments, IP headers included.
func (w *wiretap) between(from, to time.Time) (bytes int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, p := range w.packets {
		if !p.at.Before(from) && p.at.Before(to) {
			bytes += p.size
		}
	}
	return bytes
}

// greedy asks for everything, again and again, as long as it is connected. It
// tells when it got the first segment.
func greedy(began *sync.Once, first chan struct{}) func(*talk) {
	return func(c *talk) {
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for i := 0; ; i++ {
			_, err := c.ask(i % 40)
			switch {
			case err == nil:
				began.Do(func() { close(first) })
			case !errors.Is(err, p2p.ErrAbsent):
				return
			default: // busy with others
				select {
				case <-tick.C:
				case <-c.Done():
				}
			}
		}
	}
}

// TestLimitsOnTheWire: a rate, a pause and a month's cap hold for what goes over
// the line, with all that protocols add, whatever viewers ask for.
func TestLimitsOnTheWire(t *testing.T) {
	if !inside(t) {
		return
	}
	const (
		port  = 41000
		rate  = 200_000
		month = 6_000_000
	)
	s := remotetest.Stock(t, remotetest.Media{Heights: []int{144}, Segments: 40, Rate: 1000})
	n := running(t, node.Config{Port: port})
	n.must(n.Settings.Set(t.Context(), control.Preferences{UploadRate: rate, MonthCap: month}))
	n.mirrors(s.URL)
	n.holds(s.Videos()...)
	tap := newWiretap(t, port)
	start := time.Now()
	swarm := s.Videos()[0].Hashes()[0]
	come := func() (leave func()) {
		var once sync.Once
		first := make(chan struct{})
		var all []func()
		for range 3 {
			all = append(all, newGuest(t, trackerOf(s), swarm, greedy(&once, first)))
		}
		select {
		case <-first:
		case <-time.After(patience):
			t.Fatal("nobody got anything")
		}
		return func() {
			for _, leave := range all {
				leave()
			}
		}
	}

	leave := come()
	from := time.Now()
	n.eventually("ten seconds of sharing", func() bool { return time.Since(from) > 10*time.Second })
	n.must(n.Sharing.Pause(t.Context(), time.Now().Add(time.Hour)))
	paused := time.Now()
	got := tap.between(from, from.Add(10*time.Second))
	t.Logf("%d bytes in ten seconds of at most %d", got, 10*rate)
	if got > 10*rate+rate/2 || got < 5*rate {
		t.Errorf("got %d bytes in ten seconds, want at most %d and what half a second brings, and no less than half", got, 10*rate)
	}
	n.eventually("all sockets are closed", func() bool {
		st, err := n.Sharing.State(t.Context())
		n.must(err)
		return st.Reason == control.ReasonPaused && len(st.Addresses) == 0
	})
	leave()
	if late := tap.between(paused, time.Now()); late > rate {
		t.Errorf("after the pause: got %d bytes more, want at most a second's", late)
	}

	n.must(n.Settings.Set(t.Context(), control.Preferences{UploadRate: 5 * rate, MonthCap: month}))
	n.must(n.Sharing.Pause(t.Context(), time.Time{}))
	leave = come()
	n.eventually("the month's bytes are sent", func() bool {
		st, err := n.Sharing.State(t.Context())
		n.must(err)
		return st.Reason == control.ReasonCap && len(st.Addresses) == 0
	})
	leave()
	sent := tap.between(start, time.Now())
	t.Logf("%d bytes in a month of at most %d", sent, month)
	if sent > month+1<<18 || sent < month-1<<20 {
		t.Errorf("got %d bytes on the wire, want %d, or up to a MiB less", sent, month)
	}
}
