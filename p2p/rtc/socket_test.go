package rtc

import (
	"bytes"
	"encoding/hex"
	"math/rand/v2"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"time"
)

// stranger is a socket of somebody on this machine.
func stranger(t testing.TB, network string) *net.UDPConn {
	t.Helper()
	at := &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)}
	if network == "udp6" {
		at.IP = net.IPv6loopback
	}
	conn, err := net.ListenUDP(network, at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func send(t testing.TB, conn *net.UDPConn, to netip.AddrPort, b []byte) {
	t.Helper()
	if _, err := conn.WriteToUDPAddrPort(b, to); err != nil {
		t.Fatal(err)
	}
}

func receive(conn *net.UDPConn, d time.Duration) []byte {
	_ = conn.SetReadDeadline(time.Now().Add(d))
	buf := make([]byte, 2048)
	n, err := conn.Read(buf)
	if err != nil {
		return nil
	}
	return buf[:n]
}

// TestVectors holds us to RFC 5769's samples: what they answer is what we read.
func TestVectors(t *testing.T) {
	t.Parallel()
	id := "2112a442b7e7a701bc34d686fa87dfae"
	for want, answer := range map[string]string{
		"192.0.2.1:32853": "0101000c" + id + "002000080001a147e112a643",
		"[2001:db8:1234:5678:11:2233:4455:6677]:32853": "01010018" + id + "002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9",
	} {
		raw, err := hex.DecodeString(answer)
		if err != nil {
			t.Fatal(err)
		}
		got, ok := mappedAddress(raw)
		if !ok || got != netip.MustParseAddrPort(want) {
			t.Errorf("got %v %v, want %s", got, ok, want)
		}
		request, _ := hex.DecodeString("00010000" + id)
		if again := appendBinding(nil, request, got); !bytes.Equal(again, raw) {
			t.Errorf("got  %x\nwant %x", again, raw)
		}
	}
}

// TestAnswersStrangers breaks when another node cannot ask us for its public
// address, or when we can be made to send more than a trickle.
func TestAnswersStrangers(t *testing.T) {
	t.Parallel()
	h := serve(t, loopback())
	for _, at := range h.Addresses() {
		network := "udp4"
		if at.Addr().Is6() {
			network = "udp6"
		}
		conn := stranger(t, network)
		request, id := newQuestion()
		send(t, conn, at, request)
		answer := receive(conn, patience)
		if len(answer) == 0 || stunType(answer) != stunSuccess || transaction(answer[8:20]) != id {
			t.Fatalf("answer: got %x", answer)
		}
		want := conn.LocalAddr().(*net.UDPAddr).AddrPort()
		if got, ok := mappedAddress(answer); !ok || got != unmapped(want) {
			t.Errorf("mapped address: got %v, want %v", got, want)
		}
		if most := 20 + 4 + 4 + at.Addr().BitLen()/8; len(answer) > most {
			t.Errorf("answer of %d bytes, want at most %d", len(answer), most)
		}
	}
	conn, at := stranger(t, "udp4"), h.Addresses()[0]
	request, _ := newQuestion()
	before := h.Stats()
	for range 300 {
		send(t, conn, at, request)
	}
	until(t, "the flood to be seen", func() bool { s := h.Stats(); return s.Answered+s.Dropped >= before.Answered+before.Dropped+250 })
	if got := h.Stats().Answered - before.Answered; got > 20 {
		t.Errorf("answered %d of 300 requests at once", got)
	}
}

// TestGarbage breaks when what anybody can send to an open port ends the
// process, or makes it grow, or disturbs those who are connected.
func TestGarbage(t *testing.T) {
	a, b := serve(t, loopback()), serve(t, loopback())
	ca, cb := mustConnect(t, a, b)
	at := a.Addresses()[0]
	if at.Addr().Is6() {
		at = a.Addresses()[1]
	}
	conn := stranger(t, "udp4")
	request, _ := newQuestion()
	random := rand.New(rand.NewPCG(1, 2))
	a.session().mu.Lock()
	var ufrag string
	for l := range a.session().links {
		ufrag = l.ufrag
	}
	a.session().mu.Unlock()
	runtime.GC()
	var m0, m1 runtime.MemStats
	runtime.ReadMemStats(&m0)
	goroutines := runtime.NumGoroutine()
	for i := range 30_000 {
		p := make([]byte, random.IntN(1400))
		for j := range p {
			p[j] = byte(random.Uint32())
		}
		switch i % 5 {
		case 1: // looks like STUN
			p = append(bytes.Clone(request), p...)
			p[2], p[3] = byte((len(p)-20)>>8), byte(len(p)-20)
		case 2: // a check in a link's name
			p = append(bytes.Clone(request), 0, 6, 0, byte(len(ufrag)+4))
			p = append(p, ufrag+":abc"...)
			for len(p)%4 != 0 {
				p = append(p, 0)
			}
			p[3] = byte(len(p) - 20)
		case 3: // looks like DTLS
			p = append([]byte{22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, byte(i), 0, byte(len(p))}, p...)
		}
		send(t, conn, at, p)
	}
	if err := exchange(ca, cb, 1, MaxMessage); err != nil {
		t.Errorf("a connection during it: %v", err)
	}
	if err := exchange(cb, ca, 1, MaxMessage); err != nil {
		t.Errorf("a connection during it: %v", err)
	}
	runtime.GC()
	runtime.ReadMemStats(&m1)
	if grown := int64(m1.HeapAlloc) - int64(m0.HeapAlloc); grown > 8<<20 {
		t.Errorf("the heap grew by %d bytes", grown)
	}
	if n := runtime.NumGoroutine(); n > goroutines+5 {
		t.Errorf("goroutines: got %d, had %d", n, goroutines)
	}
	mustConnect(t, b, a)
}

// TestHijack breaks when a stranger can cut off a viewer by offering that
// viewer's address as its own: everybody in a swarm knows it.
func TestHijack(t *testing.T) {
	t.Parallel()
	a, b := serve(t, loopback()), serve(t, loopback())
	ca, cb := mustConnect(t, a, b)
	victim := ca.Remote()
	offer := head + line(victim.Addr().String(), int(victim.Port()))
	before := b.Stats().Received
	for range 20 {
		if _, err := a.Accept(t.Context(), offer); err != nil {
			break // lanes have an end
		}
	}
	until(t, "the checks to arrive", func() bool { return b.Stats().Received > before+500 })
	for range 20 {
		if err := exchange(ca, cb, 1000); err != nil {
			t.Fatal(err)
		}
		if err := exchange(cb, ca, 1000); err != nil {
			t.Fatal(err)
		}
	}
}

// TestOwner breaks when a link can take an address from another that lives:
// only what checked it, and lives, has it.
func TestOwner(t *testing.T) {
	t.Parallel()
	s, err := listen(kernel{}, place{addr: netip.MustParseAddr("127.0.0.1")}, 0, newLimits())
	if err != nil {
		t.Fatal(err)
	}
	defer s.conn.Close()
	viewer := unmapped(stranger(t, "udp4").LocalAddr().(*net.UDPAddr).AddrPort())
	honest, _ := s.path("honest")
	hostile, _ := s.path("hostile")
	media := make([]byte, 100)
	media[0] = 23
	request, id := newQuestion()
	success := appendBinding(nil, request, viewer)
	if _, err := hostile.WriteToAddrPort(request, viewer); err != nil {
		t.Fatal(err)
	}
	if got := s.route(media, viewer); got != nil {
		t.Errorf("an address that was only asked is %q's", got.ufrag)
	}
	if _, err := honest.WriteToAddrPort(success, viewer); err != nil {
		t.Fatal(err)
	}
	check := append(bytes.Clone(request), 0, 6, 0, 10, 'h', 'o', 'n', 'e', 's', 't', ':', 'a', 'b', 'c', 0, 0)
	check[3] = 16
	if got := s.route(check, viewer); got != honest {
		t.Fatal("a check does not go by its name")
	}
	if _, err := hostile.WriteToAddrPort(success, viewer); err != nil {
		t.Fatal(err)
	}
	if got := s.route(media, viewer); got != honest {
		t.Errorf("the address was taken from a link that lives")
	}
	if got := s.route(success, viewer); got != hostile || got == nil {
		t.Errorf("an answer goes not to who asked")
	}
	if got := s.route(success, viewer); got != nil {
		t.Errorf("an answer counts twice: %x", id)
	}
	honest.Close()
	if !s.claim(hostile, viewer) || s.route(media, viewer) != hostile {
		t.Error("an address of a link that ended is nobody's")
	}
}

// TestChecksBounded breaks when an offer can aim more than a trickle of packets
// at somebody who never asked for one.
func TestChecksBounded(t *testing.T) {
	t.Parallel()
	cfg := loopback()
	cfg.Addresses = cfg.Addresses[:1]
	h := serve(t, cfg)
	for i := range 200 {
		sdp := head
		for j := range maxSameHost {
			sdp += line("127.0.0.9", 2000+i*maxSameHost+j)
		}
		a, err := h.Accept(t.Context(), sdp)
		if err != nil {
			t.Fatal(err)
		}
		defer a.Close()
	}
	until(t, "the budget's end", func() bool { return h.Stats().Dropped > 0 })
	start := h.Stats().Sent
	<-time.After(2 * time.Second)
	// 50 a second of about a hundred bytes each.
	if got := h.Stats().Sent - start; got > 30_000 {
		t.Errorf("sent %d bytes in two seconds", got)
	}
}

// TestOutside breaks when a node behind a NAT does not name its public address,
// or when dead STUN servers keep it from making offers.
func TestOutside(t *testing.T) {
	t.Parallel()
	other := serve(t, loopback())
	cfg := loopback()
	cfg.Addresses = cfg.Addresses[:1]
	dead := stranger(t, "udp4").LocalAddr().String()
	cfg.STUN = []string{"stun:" + dead, "stun:nobody.invalid:3478"}
	h := serve(t, cfg)
	start := time.Now()
	offer, err := h.Offer(within(t))
	if err != nil {
		t.Fatal(err)
	}
	if d := time.Since(start); d > 5*time.Second {
		t.Errorf("an offer takes %v", d)
	}
	if strings.Contains(offer.SDP(), "srflx") {
		t.Errorf("an address nobody told us:\n%s", offer.SDP())
	}
	start = time.Now()
	if _, err := h.Offer(within(t)); err != nil || time.Since(start) > time.Second {
		t.Errorf("the second offer: %v after %v", err, time.Since(start))
	}
	// A server that sees us elsewhere, as behind a NAT.
	at := netip.MustParseAddrPort("127.0.0.7:4444")
	server := stranger(t, "udp4")
	go func() {
		buf := make([]byte, 100)
		for {
			n, from, err := server.ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			_, _ = server.WriteToUDPAddrPort(appendBinding(nil, buf[:n], at), from)
		}
	}()
	cfg.STUN = []string{server.LocalAddr().String()}
	h = serve(t, cfg)
	offer, err = h.Offer(within(t))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(offer.SDP(), " 127.0.0.7 4444 typ srflx ") {
		t.Errorf("our public address is not named:\n%s", offer.SDP())
	}
	if _, err := parseSDP(offer.SDP(), anywhere); err != nil {
		t.Error(err)
	}
	// Nodes ask each other.
	cfg.STUN = []string{other.Addresses()[0].String()}
	if other.Addresses()[0].Addr().Is6() {
		cfg.STUN = []string{other.Addresses()[1].String()}
	}
	h = serve(t, cfg)
	if _, err := h.Offer(within(t)); err != nil || !h.session().hubs[0][0].outside().IsValid() {
		t.Errorf("another node as a STUN server: %v", err)
	}
}

// FuzzSTUN breaks when a packet crashes us.
func FuzzSTUN(f *testing.F) {
	request, _ := newQuestion()
	f.Add(request)
	f.Add(appendBinding(nil, request, netip.MustParseAddrPort("9.9.9.9:9")))
	f.Add(append(bytes.Clone(request), 0, 6, 0, 3, 'a', ':', 'b', 0))
	s, err := listen(kernel{}, place{addr: netip.MustParseAddr("127.0.0.1")}, 0, newLimits())
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { s.Close() })
	from := unmapped(s.local)
	f.Fuzz(func(t *testing.T, b []byte) {
		if !s.take(b, from) {
			s.route(b, from)
		}
		if stunType(b) != 0 {
			stunAttribute(b, attrUsername)
			mappedAddress(b)
		}
	})
}

// BenchmarkRoute shows that a packet's way in needs no memory.
func BenchmarkRoute(b *testing.B) {
	s, err := listen(kernel{}, place{addr: netip.MustParseAddr("127.0.0.1")}, 0, newLimits())
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	p, err := s.path("abcd")
	if err != nil {
		b.Fatal(err)
	}
	from := netip.MustParseAddrPort("127.0.0.1:5000")
	s.claim(p, from)
	data := make([]byte, 1200)
	data[0] = 23
	b.ReportAllocs()
	for b.Loop() {
		if s.take(data, from) || s.route(data, from) != p {
			b.Fatal("lost")
		}
	}
}
