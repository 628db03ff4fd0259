package torrent

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"

	pp "github.com/anacrolix/torrent/peer_protocol"
)

var (
	errMessage  = errors.New("torrent: a message makes no sense")
	errProtocol = errors.New("torrent: not BitTorrent")
)

// maxFrame is the longest message there can be: a bitfield, a block with its
// place, or a part of the metadata. A length that a peer claims costs no more.
const maxFrame = max(maxMessage, blockSize+1024)

// spoken are the kinds of messages that mean something here (BEP 3, 10).
var spoken = []pp.MessageType{pp.Choke, pp.Unchoke, pp.Interested, pp.NotInterested, pp.Have, pp.Bitfield, pp.Request, pp.Piece, pp.Cancel, pp.Extended}

// messages reads what a peer says.
type messages struct {
	r *bufio.Reader
	d pp.Decoder
}

func newMessages(r io.Reader) *messages {
	m := &messages{r: bufio.NewReaderSize(r, 4<<10)}
	block := make([]byte, maxFrame) // the only one: a block is taken before the next is read
	m.d = pp.Decoder{R: m.r, MaxLength: maxFrame, Pool: &sync.Pool{New: func() any { return &block }}}
	return m
}

// next reads a message. The bytes of a block are valid until the next one.
// Kinds that mean nothing here are as if nothing was said, whatever they hold.
func (m *messages) next() (msg pp.Message, err error) {
	head, err := m.r.Peek(4)
	if err != nil {
		return msg, err
	}
	if n := binary.BigEndian.Uint32(head); n > 0 && n <= maxFrame {
		if head, err = m.r.Peek(5); err != nil {
			return msg, err
		}
		if !slices.Contains(spoken, pp.MessageType(head[4])) {
			_, err = m.r.Discard(4 + int(n))
			return pp.Message{Keepalive: true}, err
		}
	}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v", errMessage, p)
		}
	}()
	if err := m.d.Decode(&msg); err != nil {
		return msg, fmt.Errorf("%w: %w", errMessage, err)
	}
	return msg, nil
}

// blockOf is the block that a message asks for, takes back or brings.
func blockOf(m pp.Message) block {
	s := m.RequestSpec()
	return block{int(s.Index), int64(s.Begin), int64(s.Length)}
}

// asks is a message about a block without its bytes.
func asks(kind pp.MessageType, b block) pp.Message {
	return pp.Message{Type: kind, Index: pp.Integer(b.piece), Begin: pp.Integer(b.begin), Length: pp.Integer(b.length)}
}

// handshake is the first 68 bytes of each side. peer_protocol.Handshake would
// send before the gate is asked, and starts goroutines that outlive it.
type handshake struct {
	hash, peer [20]byte
	extended   bool // it speaks BEP 10
}

func (h handshake) encode() []byte {
	var can pp.PeerExtensionBits
	can.SetBit(pp.ExtensionBitLtep, h.extended)
	return slices.Concat([]byte(pp.Protocol), can[:], h.hash[:], h.peer[:])
}

// readHash reads a handshake up to its hash, readPeer the rest: who comes to us
// says first what for.
func readHash(r io.Reader) (h handshake, err error) {
	var b [48]byte
	if _, err := io.ReadFull(r, b[:]); err != nil {
		return h, err
	}
	const at = len(pp.Protocol)
	if string(b[:at]) != pp.Protocol {
		return h, errProtocol
	}
	h.extended = pp.PeerExtensionBits(b[at:]).SupportsExtended()
	copy(h.hash[:], b[at+len(pp.PeerExtensionBits{}):])
	return h, nil
}

func (h *handshake) readPeer(r io.Reader) error {
	_, err := io.ReadFull(r, h.peer[:])
	return err
}

// bits is a bitfield: the first piece is the highest bit of the first byte.
type bits []byte

func newBits(n int) bits { return make(bits, (n+7)/8) }

// packed is a bitfield in an eighth of the memory that messages have it in.
func packed(list []bool) bits {
	b := newBits(len(list))
	for i, is := range list {
		if is {
			b.set(i)
		}
	}
	return b
}

func (b bits) has(i int) bool { return i >= 0 && i/8 < len(b) && b[i/8]&(0x80>>(i%8)) != 0 }

func (b bits) set(i int) { b[i/8] |= 0x80 >> (i % 8) }

// fits tells whether b can be of n pieces: the spare bits are zero.
func (b bits) fits(n int) bool {
	return len(b) == (n+7)/8 && (n%8 == 0 || b[len(b)-1]&(0xff>>(n%8)) == 0)
}
