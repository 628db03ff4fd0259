package wsock

import "encoding/binary"

// The frames of RFC 6455, as a server without extensions needs them.

// Opcodes, section 5.2.
const (
	opNext   = 0x0
	opText   = 0x1
	opBinary = 0x2
	opClose  = 0x8
	opPing   = 0x9
	opPong   = 0xA
)

// Status is why a connection is closed, RFC 6455 section 7.4.
type Status uint16

// Statuses of a close frame. StatusNone sends none.
const (
	StatusNone     Status = 0
	StatusGoing    Status = 1001
	StatusProtocol Status = 1002
	StatusPolicy   Status = 1008
	StatusTooBig   Status = 1009
)

// frame is one frame of a client; its payload aliases what it was cut from.
type frame struct {
	fin     bool
	opcode  byte
	payload []byte
}

// between tells that a frame may stand between the fragments of a message.
func (f *frame) between() bool { return f.opcode&8 != 0 }

// cut takes the first frame off b and unmasks it in place. size is how much it
// took, 0 when b does not hold all of it; status is why it is refused, else 0.
// most bounds the payload, and with it what the caller keeps of half a frame.
func cut(b []byte, most int) (f frame, size int, status Status) {
	if len(b) < 2 {
		return f, 0, 0
	}
	f.fin, f.opcode = b[0]&0x80 != 0, b[0]&0x0f
	known := f.opcode <= opBinary || f.opcode >= opClose && f.opcode <= opPong
	length := uint64(b[1] & 0x7f)
	if b[0]&0x70 != 0 || b[1]&0x80 == 0 || !known || f.between() && (!f.fin || length > 125) {
		return f, 0, StatusProtocol
	}
	head := 2
	switch length {
	case 126:
		head = 4
	case 127:
		head = 10
	}
	if len(b) < head+4 {
		return f, 0, 0
	}
	switch head {
	case 4:
		length = uint64(binary.BigEndian.Uint16(b[2:]))
	case 10:
		length = binary.BigEndian.Uint64(b[2:])
	}
	// Compared without a sign: a length with its top bit set is a long one.
	if length > uint64(most) {
		return f, 0, StatusTooBig
	}
	mask := b[head : head+4]
	head += 4
	size = head + int(length)
	if len(b) < size {
		return f, 0, 0
	}
	f.payload = b[head:size]
	unmask(f.payload, mask)
	return f, size, 0
}

func unmask(b, mask []byte) {
	key := uint64(binary.LittleEndian.Uint32(mask))
	key |= key << 32
	if key == 0 {
		return
	}
	for len(b) >= 8 {
		binary.LittleEndian.PutUint64(b, binary.LittleEndian.Uint64(b)^key)
		b = b[8:]
	}
	for i := range b {
		b[i] ^= mask[i&3]
	}
}

// maxHeader is the longest header of a frame without a mask.
const maxHeader = 10

// Begin empties b and leaves room in it for a frame's header. The payload is
// appended to what it returns.
func Begin(b []byte) []byte { return append(b[:0], make([]byte, maxHeader)...) }

// Text makes a text frame of the payload that was appended to Begin's room. It
// is what [Conn.Send] takes, as often as needed, until b is used anew.
func Text(b []byte) []byte { return seal(b, opText) }

// seal writes the header right before the payload and returns the frame.
func seal(b []byte, opcode byte) []byte {
	n := len(b) - maxHeader
	switch {
	case n < 126:
		b = b[maxHeader-2:]
		b[1] = byte(n)
	case n <= 0xffff:
		b = b[maxHeader-4:]
		b[1] = 126
		binary.BigEndian.PutUint16(b[2:], uint16(n))
	default:
		b[1] = 127
		binary.BigEndian.PutUint64(b[2:], uint64(n))
	}
	b[0] = 0x80 | opcode
	return b
}

// control makes a frame of a control opcode, whose payload is short.
func control(opcode byte, payload ...byte) []byte {
	return seal(append(Begin(nil), payload...), opcode)
}

func closeFrame(why Status) []byte {
	if why == StatusNone {
		return control(opClose)
	}
	return control(opClose, byte(why>>8), byte(why))
}
