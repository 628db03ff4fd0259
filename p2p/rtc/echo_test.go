package rtc

import (
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/pion/stun/v4"
)

// asked is a question as ICE's, signed with pwd.
func asked(t *testing.T, pwd string, more ...stun.Setter) []byte {
	t.Helper()
	all := append([]stun.Setter{stun.TransactionID, stun.BindingRequest, stun.NewUsername("us:them")}, more...)
	m, err := stun.Build(append(all, stun.NewShortTermIntegrity(pwd), stun.Fingerprint)...)
	if err != nil {
		t.Fatal(err)
	}
	return m.Raw
}

// TestEcho: what pion answered is answered again without it, if it is the same to
// the letter, from the same address and signed; and every now and then pion has
// one.
func TestEcho(t *testing.T) {
	t.Parallel()
	s, err := listen(kernel{}, place{addr: netip.MustParseAddr("127.0.0.1")}, 0, newLimits())
	if err != nil {
		t.Fatal(err)
	}
	defer s.conn.Close()
	peer, other := stranger(t, "udp4"), stranger(t, "udp4")
	from, elsewhere := unmapped(peer.LocalAddr().(*net.UDPAddr).AddrPort()), unmapped(other.LocalAddr().(*net.UDPAddr).AddrPort())
	const pwd = "a password of two dozen"
	p, _ := s.path("us")
	answer := func(b []byte) { // as pion would
		t.Helper()
		if _, err := p.WriteToAddrPort(sign(appendBinding(nil, b, from), []byte(pwd)), from); err != nil {
			t.Fatal(err)
		}
		_ = received(t, peer)
	}
	long := time.Now().Add(-time.Minute)
	settled := func() {
		p.mu.Lock()
		p.since = long
		p.mu.Unlock()
	}
	first := asked(t, pwd)
	if p.echo(first, from) {
		t.Error("the first question is not for pion")
	}
	answer(first)
	settled()
	if p.echo(asked(t, pwd), from) {
		t.Error("it is answered before the link met its peer")
	}
	p.trust(pwd)
	again := asked(t, pwd)
	if !p.echo(again, from) {
		t.Fatal("the same question is for pion again")
	}
	got := &stun.Message{Raw: received(t, peer)}
	var addr stun.XORMappedAddress
	if err := got.Decode(); err != nil || got.Type != stun.BindingSuccess || got.TransactionID != transaction(again[8:stunHeader]) {
		t.Fatalf("got %v, %v", got, err)
	}
	if err := stun.NewShortTermIntegrity(pwd).Check(got); err != nil {
		t.Error(err)
	}
	if err := stun.Fingerprint.Check(got); err != nil {
		t.Error(err)
	}
	if err := addr.GetFrom(got); err != nil || addr.Port != int(from.Port()) {
		t.Errorf("got %v, %v", addr, err)
	}
	cut := asked(t, pwd)
	for name, b := range map[string][]byte{
		"another password": asked(t, "guessed"),
		"something new":    asked(t, pwd, stun.RawAttribute{Type: stun.AttrUseCandidate}),
		"no signature":     cut[:stunHeader],
		"data":             {23, 254, 253, 0},
	} {
		if p.echo(b, from) {
			t.Errorf("%s: it is answered without pion", name)
		}
	}
	if p.echo(asked(t, pwd), elsewhere) {
		t.Error("another address: it is answered without pion")
	}
	answer(func() []byte {
		b := asked(t, pwd)
		p.mu.Lock()
		p.answered.at = long
		p.mu.Unlock()
		p.echo(b, from)
		return b
	}())
	if !p.echo(asked(t, pwd), from) {
		t.Error("after pion had one more, the next is for pion too")
	}
	p.mu.Lock()
	p.answered.at = long
	p.mu.Unlock()
	if p.echo(asked(t, pwd), from) {
		t.Error("pion has none for a minute")
	}
	if err := p.Close(); err != nil || p.echo(asked(t, pwd), from) {
		t.Error("a closed path answers")
	}
}

// received is the next packet of a socket.
func received(t *testing.T, c *net.UDPConn) []byte {
	t.Helper()
	b := make([]byte, packetSize)
	if err := c.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	n, err := c.Read(b)
	if err != nil {
		t.Fatal(err)
	}
	return b[:n]
}

// FuzzEcho: no packet makes the path answer, or fall, that was not signed.
func FuzzEcho(f *testing.F) {
	s, err := listen(kernel{}, place{addr: netip.MustParseAddr("127.0.0.1")}, 0, newLimits())
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { s.conn.Close() })
	p, _ := s.path("us")
	p.trust("secret")
	from := netip.MustParseAddrPort("127.0.0.1:9")
	request, _ := newQuestion()
	f.Add(request)
	f.Add(append(append([]byte{0, 1, 0, 24, 0x21, 0x12, 0xa4, 0x42}, make([]byte, 12)...), append([]byte{0, 8, 0, 20}, make([]byte, 20)...)...))
	f.Fuzz(func(t *testing.T, b []byte) {
		p.mu.Lock()
		p.since, p.answered = time.Now().Add(-time.Hour), question{from: from, at: time.Now()}
		if at := integrityAt(append(b, make([]byte, 0)...)); len(b) >= stunHeader && at >= 0 {
			p.answered.said = b[stunHeader:at]
		}
		p.mu.Unlock()
		if p.echo(b, from) {
			t.Errorf("%x is answered", b)
		}
	})
}
