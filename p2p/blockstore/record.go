package blockstore

import (
	"encoding/binary"
	"fmt"
	"math"
	"time"

	"vidiverse/p2p"
)

// record is what the index says of a file:
//
//	1 format   1 flags   8 used, ms   8 bytes held   8 size   4 extents   32 version
//	8 earned   2+n origin   2+n video   2+n name   bitmap
//
// Numbers are big endian. Format 1 had nothing of what was earned.
type record struct {
	id     p2p.FileID
	pinned bool
	used   time.Time
	earned int64 // see File.earned
	bytes  int64 // sum of the lengths of what is held
	size   int64 // where the last extent ends
	count  int
	held   bitmap
}

const (
	recordFormat = 2
	recordFirst  = 1 // without earned
	recordHead   = 1 + 1 + 8 + 8 + 8 + 4 + 32
	flagPinned   = 1
)

func (r record) encode() []byte {
	b := []byte{recordFormat, 0}
	if r.pinned {
		b[1] = flagPinned
	}
	b = binary.BigEndian.AppendUint64(b, uint64(max(0, r.used.UnixMilli())))
	b = binary.BigEndian.AppendUint64(b, uint64(r.bytes))
	b = binary.BigEndian.AppendUint64(b, uint64(r.size))
	b = binary.BigEndian.AppendUint32(b, uint32(r.count))
	b = append(b, r.id.Version[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(max(0, r.earned)))
	for _, text := range []string{r.id.Origin, r.id.Video, r.id.Name} {
		b = binary.BigEndian.AppendUint16(b, uint16(len(text)))
		b = append(b, text...)
	}
	return append(b, r.held...)
}

// decodeRecord refuses everything that encode does not write, so that a damaged
// index costs a file and not the process.
func decodeRecord(b []byte) (r record, err error) {
	if len(b) < recordHead || b[0] != recordFormat && b[0] != recordFirst || b[1]&^flagPinned != 0 {
		return r, fmt.Errorf("%w: a record of %d bytes", ErrInvalid, len(b))
	}
	first := b[0] == recordFirst
	r.pinned = b[1] == flagPinned
	used, held, size := binary.BigEndian.Uint64(b[2:]), binary.BigEndian.Uint64(b[10:]), binary.BigEndian.Uint64(b[18:])
	count := binary.BigEndian.Uint32(b[26:])
	if used > math.MaxInt64/1_000_000 || size < 1 || size > MaxSize || held > size || count < 1 || count > MaxExtents {
		return r, fmt.Errorf("%w: a record's numbers", ErrInvalid)
	}
	r.used, r.bytes, r.size, r.count = time.UnixMilli(int64(used)), int64(held), int64(size), int(count)
	copy(r.id.Version[:], b[30:])
	b = b[recordHead:]
	if !first {
		if len(b) < 8 || binary.BigEndian.Uint64(b) > math.MaxInt64 {
			return r, fmt.Errorf("%w: what a record earned", ErrInvalid)
		}
		r.earned, b = int64(binary.BigEndian.Uint64(b)), b[8:]
	}
	for _, text := range []*string{&r.id.Origin, &r.id.Video, &r.id.Name} {
		if len(b) < 2 || len(b)-2 < int(binary.BigEndian.Uint16(b)) {
			return r, fmt.Errorf("%w: a record's text", ErrInvalid)
		}
		n := 2 + int(binary.BigEndian.Uint16(b))
		*text, b = string(b[2:n]), b[n:]
	}
	if err := checkID(r.id); err != nil {
		return r, err
	}
	r.held = append(bitmap(nil), b...)
	return r, r.checkHeld()
}

func (r record) checkHeld() error {
	if len(r.held) != (r.count+7)/8 || r.count%8 != 0 && r.held[len(r.held)-1]>>(r.count%8) != 0 {
		return fmt.Errorf("%w: a record's bitmap", ErrInvalid)
	}
	if n := int64(r.held.count()); n > r.bytes || n == 0 && r.bytes != 0 {
		return fmt.Errorf("%w: %d extents of %d bytes in a record", ErrInvalid, n, r.bytes)
	}
	return nil
}
