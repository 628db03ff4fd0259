package stream

import (
	"encoding/binary"
	"fmt"
)

// Extent is one segment of a media file and its digest.
type Extent struct {
	Offset int64
	Length int64
	SHA256 [32]byte
}

// extentSize is the bytes of one extent at rest:
//
//	offset 8 | length 4 | sha256 32      big-endian
const extentSize = 8 + 4 + 32

// maxExtents bounds what is read back: a day of one second segments.
const maxExtents = 1 << 17

// EncodeExtents packs the digests of one file. Extents must be in order and
// must not overlap.
func EncodeExtents(list []Extent) ([]byte, error) {
	if len(list) > maxExtents {
		return nil, fmt.Errorf("%d extents are too many", len(list))
	}
	out := make([]byte, 0, len(list)*extentSize)
	var end int64
	for i, e := range list {
		if e.Offset < end || e.Length <= 0 || e.Length > 1<<32-1 || e.Offset+e.Length < e.Offset {
			return nil, fmt.Errorf("extent %d at %d+%d is out of order", i, e.Offset, e.Length)
		}
		end = e.Offset + e.Length
		out = binary.BigEndian.AppendUint64(out, uint64(e.Offset))
		out = binary.BigEndian.AppendUint32(out, uint32(e.Length))
		out = append(out, e.SHA256[:]...)
	}
	return out, nil
}

// DecodeExtents reads what EncodeExtents wrote; it refuses anything else.
func DecodeExtents(b []byte) ([]Extent, error) {
	if len(b)%extentSize != 0 || len(b) > maxExtents*extentSize {
		return nil, fmt.Errorf("%d bytes are no extents", len(b))
	}
	list := make([]Extent, 0, len(b)/extentSize)
	var end int64
	for ; len(b) > 0; b = b[extentSize:] {
		e := Extent{Offset: int64(binary.BigEndian.Uint64(b)), Length: int64(binary.BigEndian.Uint32(b[8:]))}
		copy(e.SHA256[:], b[12:])
		if e.Offset < end || e.Length == 0 || e.Offset+e.Length < e.Offset {
			return nil, fmt.Errorf("extent %d at %d+%d is out of order", len(list), e.Offset, e.Length)
		}
		end = e.Offset + e.Length
		list = append(list, e)
	}
	return list, nil
}
