package torrent

import (
	"bytes"
	"net/netip"
	"testing"

	pp "github.com/anacrolix/torrent/peer_protocol"
)

func wireOf(t testing.TB, m pp.Message) []byte {
	t.Helper()
	b, err := m.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func payloadOf(t testing.TB, m pp.Message, err error) []byte {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return m.ExtendedPayload
}

// FuzzMessage: what is read makes a message or an error, and a message that we
// send reads as itself.
func FuzzMessage(f *testing.F) {
	for _, m := range []pp.Message{
		{Type: pp.Choke}, {Type: pp.Have, Index: 7}, asks(pp.Request, block{1, 2, 3}), {Keepalive: true},
		{Type: pp.Piece, Index: 1, Begin: 16384, Piece: []byte("abc")}, {Type: pp.Bitfield, Bitfield: []bool{true, true, true, true}},
		{Type: pp.Extended, ExtendedID: extMetadata, ExtendedPayload: []byte("d8:msg_typei1e5:piecei1e10:total_sizei9eex")},
		{Type: pp.Port, Port: 6881},
	} {
		f.Add(wireOf(f, m))
	}
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 7})
	f.Add([]byte{0, 0, 0, 5, 2, 1, 2, 3, 4})
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := newMessages(bytes.NewReader(b)).next()
		if err != nil || m.Keepalive && !bytes.HasPrefix(b, make([]byte, 4)) {
			return
		}
		if wire := wireOf(t, m); !bytes.HasPrefix(b, wire) {
			t.Errorf("%x reads as %+v, which is %x", b, m, wire)
		}
	})
}

// Kinds that mean nothing here are passed over, and what follows them is heard.
func TestUnknownKinds(t *testing.T) {
	var b []byte
	for _, kind := range []byte{9, 13, 14, 21, 22, 99, 255} {
		b = append(append(b, 0, 0, 0, 4, kind), "abc"...)
	}
	b = append(b, wireOf(t, pp.Message{Type: pp.Have, Index: 7})...)
	r := newMessages(bytes.NewReader(b))
	for range 7 {
		if m, err := r.next(); err != nil || !m.Keepalive {
			t.Errorf("%+v, %v", m, err)
		}
	}
	if m, err := r.next(); err != nil || m.Type != pp.Have || m.Index != 7 {
		t.Errorf("%+v, %v", m, err)
	}
}

// FuzzExtension: what peers and trackers bencode is taken within its bounds.
func FuzzExtension(f *testing.F) {
	m, err := hello{metadata: 1, pex: 2, size: 1000, port: 6881}.message()
	f.Add(payloadOf(f, m, err))
	f.Add(pp.MetadataExtensionRequestMsg(1, 3).ExtendedPayload)
	f.Add(tellsPEX(2, []netip.AddrPort{netip.MustParseAddrPort("8.8.8.8:6881"), netip.MustParseAddrPort("[2001:4860::8]:6881")}).ExtendedPayload)
	f.Add([]byte("d5:added12:\x08\x08\x08\x08\x1a\xe1\x08\x08\x04\x04\x1a\xe16:added60:e"))
	f.Add([]byte("d8:intervali600e5:peersld2:ip7:8.8.8.84:porti80eeee"))
	f.Add([]byte("d5:peersli1eee"))
	f.Add([]byte("d14:failure reason5:errore"))
	f.Add(bytes.Repeat([]byte("l"), 1000))
	f.Fuzz(func(t *testing.T, b []byte) {
		if h, err := readHello(b); err == nil && (h.size < 0 || h.size > maxMetadata || h.port < 0 || h.port > 1<<16) {
			t.Errorf("%+v", h)
		}
		if p, err := readPart(b); err == nil && (p.Piece < 0 || len(p.data) > blockSize) {
			t.Errorf("%+v", p)
		}
		if list, err := readPEX(b); err == nil && len(list) > maxPEX {
			t.Errorf("%d addresses", len(list))
		}
		if a, err := readAnnounced(b); err == nil && (len(a.peers) > maxCandidates || a.interval < 0) {
			t.Errorf("%+v", a)
		}
	})
}

// What we tell of ourselves and of others, others read, and the other way round.
func TestExtensions(t *testing.T) {
	m, err := hello{size: 1000, port: 6881, pex: 1}.message()
	h, bad := readHello(payloadOf(t, m, err))
	if want := (hello{metadata: extMetadata, pex: extPEX, size: 1000, port: 6881}); h != want || bad != nil {
		t.Errorf("%+v, %v", h, bad)
	}
	libtorrent := "d1:ei1e4:ipv44:\x08\x08\x08\x0812:complete_agoi-1e1:md11:lt_donthavei7e10:share_modei8e11:ut_metadatai2e6:ut_pexi1ee13:metadata_sizei5e4:reqqi500e11:upload_onlyi3e1:v17:libtorrent/2.0.1e6:yourip4:\x7f\x00\x00\x01e"
	if h, err := readHello([]byte(libtorrent)); h != (hello{metadata: 2, pex: 1, size: 5}) || err != nil {
		t.Errorf("%+v, %v", h, err)
	}
	peers := []netip.AddrPort{netip.MustParseAddrPort("8.8.8.8:6881"), netip.MustParseAddrPort("[::ffff:8.8.4.4]:80"), netip.MustParseAddrPort("[2001:4860::8]:6881")}
	back, err := readPEX(tellsPEX(2, peers).ExtendedPayload)
	if err != nil || len(back) != 3 || back[1] != netip.MustParseAddrPort("8.8.4.4:80") || back[2] != peers[2] {
		t.Errorf("%v, %v", back, err)
	}
	a, err := readAnnounced([]byte("d8:intervali60e5:peersld2:ip7:8.8.8.84:porti80eed2:ip7:no.name4:porti80eed2:ip7:8.8.8.84:porti80000eee6:peers618:\x20\x01\x48\x60\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x08\x1a\xe1e\n"))
	if err != nil || len(a.peers) != 2 || a.peers[0] != netip.MustParseAddrPort("8.8.8.8:80") || a.peers[1] != peers[2] {
		t.Errorf("%+v, %v", a, err)
	}
}

// FuzzHandshake: the first bytes of a peer.
func FuzzHandshake(f *testing.F) {
	f.Add(handshake{hash: [20]byte{1}, peer: [20]byte{2}}.encode())
	f.Add([]byte("GET / HTTP/1.1\r\n\r\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := bytes.NewReader(b)
		h, err := readHash(r)
		if err == nil {
			err = h.readPeer(r)
		}
		if err == nil && !bytes.Equal(h.encode()[28:], b[28:68]) {
			t.Errorf("%x reads as %+v", b, h)
		}
	})
}
