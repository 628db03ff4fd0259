package tracker

import (
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"strings"
)

// The websocket protocol, RFC 6455, as a server without extensions needs it.

// Opcodes, section 5.2.
const (
	opNext   = 0x0
	opText   = 0x1
	opBinary = 0x2
	opClose  = 0x8
	opPing   = 0x9
	opPong   = 0xA
)

// Statuses of a close frame, section 7.4. statusNone sends none.
const (
	statusNone     = 0
	statusGoing    = 1001
	statusProtocol = 1002
	statusPolicy   = 1008
	statusTooBig   = 1009
)

// wsFrame is one frame of a client; its payload aliases what it was cut from.
type wsFrame struct {
	fin     bool
	opcode  byte
	payload []byte
}

// control tells that a frame may stand between the fragments of a message.
func (f *wsFrame) control() bool { return f.opcode&8 != 0 }

// cut takes the first frame off b and unmasks it in place. size is how much it
// took, 0 when b does not hold all of it; status is why it is refused, else 0.
func cut(b []byte) (f wsFrame, size int, status uint16) {
	if len(b) < 2 {
		return f, 0, 0
	}
	f.fin, f.opcode = b[0]&0x80 != 0, b[0]&0x0f
	known := f.opcode <= opBinary || f.opcode >= opClose && f.opcode <= opPong
	length := uint64(b[1] & 0x7f)
	if b[0]&0x70 != 0 || b[1]&0x80 == 0 || !known || f.control() && (!f.fin || length > 125) {
		return f, 0, statusProtocol
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
	if length > maxFrame {
		return f, 0, statusTooBig
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

// beginFrame leaves room for the longest header we write: what we send is
// shorter than 64 KiB.
func beginFrame(b []byte) []byte { return append(b[:0], 0, 0, 0, 0) }

// endFrame writes the header of the payload into the room that beginFrame left,
// and returns the frame.
func endFrame(b []byte, opcode byte) []byte {
	n := len(b) - 4
	if n < 126 {
		b[2], b[3] = 0x80|opcode, byte(n)
		return b[2:]
	}
	b[0], b[1], b[2], b[3] = 0x80|opcode, 126, byte(n>>8), byte(n)
	return b
}

// handshake is the answer to an upgrade; ok is false when the request is none.
func handshake(r *http.Request) (answer string, ok bool) {
	key := r.Header.Get("Sec-WebSocket-Key")
	if raw, err := base64.StdEncoding.DecodeString(key); err != nil || len(raw) != 16 {
		return "", false
	}
	if r.Method != http.MethodGet || r.Header.Get("Sec-WebSocket-Version") != "13" ||
		!token(r.Header, "Connection", "upgrade") || !token(r.Header, "Upgrade", "websocket") {
		return "", false
	}
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
		base64.StdEncoding.EncodeToString(sum[:]) + "\r\n\r\n", true
}

// token looks for a word in a header's comma-separated list.
func token(h http.Header, name, word string) bool {
	for _, line := range h.Values(name) {
		for part := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(strings.TrimSpace(part), word) {
				return true
			}
		}
	}
	return false
}
