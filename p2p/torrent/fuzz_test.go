package torrent

import (
	"bytes"
	"testing"
)

// FuzzMessage: what is read makes a message or an error, and a message that we
// send reads as itself.
func FuzzMessage(f *testing.F) {
	for _, m := range []message{
		{kind: choke}, {kind: have, index: 7}, {kind: request, index: 1, begin: 2, length: 3}, {kind: alive},
		{kind: piece, index: 1, begin: 16384, data: []byte("abc")}, {kind: bitfield, data: []byte{0xf0}},
		{kind: extended, ext: extMetadata, data: part{kind: metaData, piece: 1, size: 9, data: []byte("x")}.encode()},
	} {
		f.Add(m.encode(nil))
	}
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 7})
	buf := make([]byte, maxFrame)
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := readMessage(bytes.NewReader(b), buf)
		if err != nil || m.kind > piece && m.kind != cancel && m.kind != extended && m.kind != alive {
			return
		}
		wire := m.encode(nil)
		if !bytes.HasPrefix(b, wire) {
			t.Errorf("%x reads as %+v, which is %x", b, m, wire)
		}
	})
}

// FuzzExtension: what peers and trackers bencode is taken within its bounds.
func FuzzExtension(f *testing.F) {
	f.Add(hello{metadata: 1, pex: 2, size: 1000, port: 6881}.encode())
	f.Add(part{kind: metaRequest, piece: 3}.encode())
	f.Add([]byte("d5:added12:\x08\x08\x08\x08\x1a\xe1\x08\x08\x04\x04\x1a\xe16:added60:e"))
	f.Add([]byte("d8:intervali600e5:peersld2:ip7:8.8.8.84:porti80eeee"))
	f.Add([]byte("d14:failure reason5:errore"))
	f.Add(bytes.Repeat([]byte("l"), 1000))
	f.Fuzz(func(t *testing.T, b []byte) {
		if h, err := readHello(b); err == nil && (h.size < 0 || h.size > maxMetadata || h.port < 0 || h.port > 1<<16) {
			t.Errorf("%+v", h)
		}
		if p, err := readPart(b); err == nil && (p.piece < 0 || len(p.data) > blockSize) {
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
