package vmp4

import (
	"encoding/binary"
	"fmt"
	"math"
)

// Body is a segment as it stands in the virtual file: as many bytes, from its
// first moof on, with an mdat that reaches to the end. It is a new slice.
//
// ErrShape: there is no moof with an mdat behind it, or the moof counts from the
// start of the published file, so that it means something else elsewhere.
//
// Only segments of one moof are found exactly by seeking; more play as well.
func Body(segment []byte) ([]byte, error) {
	if len(segment) > MaxSegment {
		return nil, fmt.Errorf("%w: %d bytes", ErrShape, len(segment))
	}
	all, err := boxes(segment)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrShape, err)
	}
	first, last := -1, -1
	for i, b := range all {
		switch {
		case b.kind == "moof":
			if err := movable(b.payload(segment)); err != nil {
				return nil, err
			}
			if last = -1; first < 0 {
				first = i
			}
		case b.kind == "mdat" && first >= 0:
			last = i
		}
	}
	if first < 0 || last < 0 {
		return nil, fmt.Errorf("%w: no moof and mdat", ErrShape)
	}
	from := all[first].at
	body := make([]byte, len(segment))
	copy(body, segment[from:])
	return body, grow(body[all[last].at-from:], all[last].head)
}

// grow lets the box at the start of b reach to the end of b.
func grow(b []byte, head int) error {
	if head == 16 {
		binary.BigEndian.PutUint64(b[8:], uint64(len(b)))
		return nil
	}
	if len(b) > math.MaxInt32 {
		return fmt.Errorf("%w: %d bytes", ErrShape, len(b))
	}
	binary.BigEndian.PutUint32(b, uint32(len(b)))
	return nil
}

// baseOffset is the flag of a tfhd that holds an offset into the whole file.
const baseOffset = 0x000001

func movable(moof []byte) error {
	all, err := boxes(moof)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrShape, err)
	}
	for _, b := range all {
		if b.kind == "traf" && word(child(b.payload(moof), "tfhd"), 0)&baseOffset != 0 {
			return fmt.Errorf("%w: its offsets are those of the whole file", ErrShape)
		}
	}
	return nil
}
