package vmp4

import (
	"encoding/binary"
	"fmt"
)

// maxBoxes bounds the boxes of one list.
const maxBoxes = 1024

// box is a part of an MP4 file: size 4 | type 4 | payload, or with size 1:
// 1 | type 4 | size 8 | payload. A size of 0 reaches to the end.
type box struct {
	kind string
	at   int // of the box in the list
	head int // bytes before the payload
	size int
}

func (b box) payload(list []byte) []byte { return list[b.at+b.head : b.at+b.size] }

// boxes splits a list; every byte of it must belong to a box.
func boxes(list []byte) ([]box, error) {
	var all []box
	for at := 0; at < len(list); {
		rest := list[at:]
		if len(rest) < 8 || len(all) == maxBoxes {
			return nil, fmt.Errorf("%w: no box at %d", ErrMalformed, at)
		}
		b := box{kind: string(rest[4:8]), at: at, head: 8}
		size := uint64(binary.BigEndian.Uint32(rest))
		switch {
		case size == 1 && len(rest) >= 16:
			size, b.head = binary.BigEndian.Uint64(rest[8:]), 16
		case size == 0:
			size = uint64(len(rest))
		}
		if size < uint64(b.head) || size > uint64(len(rest)) {
			return nil, fmt.Errorf("%w: a box of %d bytes in %d", ErrMalformed, size, len(rest))
		}
		b.size = int(size)
		all = append(all, b)
		at += b.size
	}
	return all, nil
}

// child is the payload of the first box at the end of a path, or nil. The path
// is as long as the descent is deep.
func child(list []byte, path ...string) []byte {
	for _, kind := range path {
		all, err := boxes(list)
		if err != nil {
			return nil
		}
		var found []byte
		for _, b := range all {
			if b.kind == kind {
				found = b.payload(list)
				break
			}
		}
		if list = found; list == nil {
			return nil
		}
	}
	return list
}

// word is the 32 bits at off, or 0 beyond the end.
func word(b []byte, off int) uint32 {
	if off < 0 || len(b) < off+4 {
		return 0
	}
	return binary.BigEndian.Uint32(b[off:])
}

// long is the 64 bits at off, or 0 beyond the end.
func long(b []byte, off int) uint64 {
	if off < 0 || len(b) < off+8 {
		return 0
	}
	return binary.BigEndian.Uint64(b[off:])
}

// version of a full box.
func version(b []byte) byte {
	if len(b) == 0 {
		return 0
	}
	return b[0]
}
