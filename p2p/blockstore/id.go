package blockstore

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"strings"
	"unicode"
	"unicode/utf8"

	"vidiverse/p2p"
)

// What a file may be. An origin chooses these values, so all are bounded; the
// bounds are far beyond any video.
const (
	MaxExtents = 1 << 16  // 72 hours of 4 seconds
	MaxExtent  = 64 << 20 // bytes of one extent: 4 seconds of 128 Mbit/s
	MaxSize    = 1 << 40  // where the last extent ends
	MaxFiles   = 1 << 15  // that one store knows
	maxText    = 255      // bytes of an origin or a name
	maxVideo   = 64
)

// ErrInvalid is a FileID, a list of extents or an index that cannot be.
var ErrInvalid = errors.New("blockstore: not a valid file")

// key names a file in the index and on disk.
type key [sha256.Size]byte

func keyOf(id p2p.FileID) (k key) {
	h := sha256.New()
	for _, text := range []string{id.Origin, id.Video, id.Name} {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(text))))
		h.Write([]byte(text))
	}
	h.Write(id.Version[:])
	h.Sum(k[:0])
	return k
}

func (k key) name() string { return hex.EncodeToString(k[:]) }

// parseName tells the files that the store made from all others: nothing else
// is ever swept, in case the folder is somebody's own.
func parseName(name string) (k key, ok bool) {
	b, err := hex.DecodeString(name)
	if err != nil || len(b) != len(k) || strings.ToLower(name) != name {
		return k, false
	}
	return key(b), true
}

func checkID(id p2p.FileID) error {
	for _, text := range []struct {
		value string
		max   int
	}{{id.Origin, maxText}, {id.Video, maxVideo}, {id.Name, maxText}} {
		odd := func(r rune) bool { return unicode.IsControl(r) || r == '/' || r == '\\' }
		if text.value == "" || len(text.value) > text.max || !utf8.ValidString(text.value) || strings.ContainsFunc(text.value, odd) {
			return fmt.Errorf("%w: its name %.40q", ErrInvalid, text.value)
		}
	}
	return nil
}

// checkExtents wants them in order, apart, and within the bounds above.
func checkExtents(extents []p2p.Extent) error {
	if len(extents) == 0 || len(extents) > MaxExtents {
		return fmt.Errorf("%w: %d extents", ErrInvalid, len(extents))
	}
	end := int64(0)
	for i, e := range extents {
		if e.Length < 1 || e.Length > MaxExtent || e.Offset < end || e.Offset > MaxSize-e.Length {
			return fmt.Errorf("%w: extent %d of %d bytes at %d", ErrInvalid, i, e.Length, e.Offset)
		}
		end = e.Offset + e.Length
	}
	return nil
}

const extentBytes = 8 + 8 + sha256.Size

func encodeExtents(extents []p2p.Extent) []byte {
	b := make([]byte, 0, len(extents)*extentBytes)
	for _, e := range extents {
		b = binary.BigEndian.AppendUint64(b, uint64(e.Offset))
		b = binary.BigEndian.AppendUint64(b, uint64(e.Length))
		b = append(b, e.Sum[:]...)
	}
	return b
}

// extentAt reads extent i of a stored list. The list was checked when it was
// stored; a disk may have changed it since.
func extentAt(list []byte, i int) (e p2p.Extent, err error) {
	if i < 0 || i >= len(list)/extentBytes {
		return e, fmt.Errorf("%w: no extent %d", ErrInvalid, i)
	}
	b := list[i*extentBytes:]
	offset, length := binary.BigEndian.Uint64(b), binary.BigEndian.Uint64(b[8:])
	if offset > math.MaxInt64 || length < 1 || length > MaxExtent || offset > MaxSize-length {
		return e, fmt.Errorf("%w: extent %d in the index", ErrInvalid, i)
	}
	e.Offset, e.Length = int64(offset), int64(length)
	copy(e.Sum[:], b[16:extentBytes])
	return e, nil
}
