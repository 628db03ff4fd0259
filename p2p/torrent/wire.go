package torrent

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// kind is the type of a message (BEP 3, 10).
type kind byte

const (
	choke kind = iota
	unchoke
	interested
	notInterested
	have
	bitfield
	request
	piece
	cancel
	extended kind = 20
	alive    kind = 255 // our name for a message of no bytes
)

// message is one of the wire. Unknown kinds are read and mean nothing.
type message struct {
	kind                 kind
	index, begin, length int64
	ext                  byte
	data                 []byte // of bitfield, piece and extended: valid until the next read
}

var (
	errTooLong = errors.New("torrent: a message is too long")
	errMessage = errors.New("torrent: a message makes no sense")
)

// readMessage reads one message into buf, which has room for maxMessage bytes
// or for a block.
func readMessage(r io.Reader, buf []byte) (message, error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return message{}, err
	}
	n := int64(binary.BigEndian.Uint32(head[:]))
	if n == 0 {
		return message{kind: alive}, nil
	}
	if n > int64(len(buf)) || n > maxFrame {
		return message{}, fmt.Errorf("%w: %d bytes", errTooLong, n)
	}
	if _, err := io.ReadFull(r, buf[:n]); err != nil {
		return message{}, err
	}
	return decode(buf[:n])
}

// maxFrame is the longest message there can be: a bitfield, a block with its
// place, or a part of the metadata.
const maxFrame = max(maxMessage, blockSize+1024)

// decode reads the bytes of a message.
func decode(b []byte) (m message, err error) {
	if len(b) == 0 {
		return message{kind: alive}, nil
	}
	m.kind = kind(b[0])
	b = b[1:]
	number := func(i int) int64 { return int64(binary.BigEndian.Uint32(b[4*i:])) }
	want := -1
	switch m.kind {
	case alive:
		m.kind-- // nobody's, but not ours either
	case choke, unchoke, interested, notInterested:
		want = 0
	case have:
		want = 4
	case request, cancel:
		want = 12
	}
	switch {
	case want >= 0 && len(b) != want, m.kind == piece && len(b) < 8, m.kind == extended && len(b) < 1:
		return m, fmt.Errorf("%w: kind %d of %d bytes", errMessage, m.kind, len(b))
	}
	switch m.kind {
	case have:
		m.index = number(0)
	case request, cancel:
		m.index, m.begin, m.length = number(0), number(1), number(2)
	case piece:
		m.index, m.begin, m.data = number(0), number(1), b[8:]
		m.length = int64(len(m.data))
	case bitfield:
		m.data = b
	case extended:
		m.ext, m.data = b[0], b[1:]
	}
	return m, nil
}

// encode appends a message with its length.
func (m message) encode(b []byte) []byte {
	if m.kind == alive {
		return append(b, 0, 0, 0, 0)
	}
	at := len(b)
	b = append(b, 0, 0, 0, 0, byte(m.kind))
	number := func(n int64) { b = binary.BigEndian.AppendUint32(b, uint32(n)) }
	switch m.kind {
	case have:
		number(m.index)
	case request, cancel:
		number(m.index)
		number(m.begin)
		number(m.length)
	case piece:
		number(m.index)
		number(m.begin)
		b = append(b, m.data...)
	case bitfield:
		b = append(b, m.data...)
	case extended:
		b = append(append(b, m.ext), m.data...)
	}
	binary.BigEndian.PutUint32(b[at:], uint32(len(b)-at-4))
	return b
}

const protocol = "\x13BitTorrent protocol"

// handshake is the first 68 bytes of each side.
type handshake struct {
	hash, peer [20]byte
	extended   bool // it speaks BEP 10
}

func (h handshake) encode() []byte {
	b := append(make([]byte, 0, 68), protocol...)
	var reserved [8]byte
	reserved[5] = 0x10
	b = append(b, reserved[:]...)
	b = append(b, h.hash[:]...)
	return append(b, h.peer[:]...)
}

var errProtocol = errors.New("torrent: not BitTorrent")

// readHash reads a handshake up to its hash, readPeer the rest: who comes to us
// says first what for.
func readHash(r io.Reader) (h handshake, err error) {
	var b [48]byte
	if _, err := io.ReadFull(r, b[:]); err != nil {
		return h, err
	}
	if string(b[:20]) != protocol {
		return h, errProtocol
	}
	h.extended = b[25]&0x10 != 0
	copy(h.hash[:], b[28:])
	return h, nil
}

func (h *handshake) readPeer(r io.Reader) error {
	_, err := io.ReadFull(r, h.peer[:])
	return err
}

// bits is a bitfield: the first piece is the highest bit of the first byte.
type bits []byte

func newBits(n int) bits { return make(bits, (n+7)/8) }

func (b bits) has(i int) bool { return i >= 0 && i/8 < len(b) && b[i/8]&(0x80>>(i%8)) != 0 }

func (b bits) set(i int) { b[i/8] |= 0x80 >> (i % 8) }

// fits tells whether b can be of n pieces: the spare bits are zero.
func (b bits) fits(n int) bool {
	return len(b) == (n+7)/8 && (n%8 == 0 || b[len(b)-1]&(0xff>>(n%8)) == 0)
}

func (b bits) any() bool {
	for _, c := range b {
		if c != 0 {
			return true
		}
	}
	return false
}
