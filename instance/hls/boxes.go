package hls

import (
	"encoding/binary"
	"fmt"
	"io"
	"time"
)

// Times sets the duration of each segment from the time stamps inside the
// file. A writer that adds up frame durations, as ffmpeg does, is wrong for
// films whose frames are not evenly spaced. The picture's track counts, or the
// only track. f must hold what the ranges say.
func (m *Media) Times(f io.ReaderAt) error {
	track, err := readHeader(io.NewSectionReader(f, m.Init.Offset, m.Init.Length))
	if err != nil {
		return err
	}
	type span struct{ start, length uint64 }
	spans := make([]span, len(m.Segments))
	for i, s := range m.Segments {
		start, length, err := readFragments(io.NewSectionReader(f, s.Offset, s.Length), track)
		if err != nil {
			return fmt.Errorf("segment %d: %w", i, err)
		}
		spans[i] = span{start, length}
	}
	for i, s := range spans {
		ticks := s.length
		if i+1 < len(spans) && spans[i+1].start > s.start {
			ticks = spans[i+1].start - s.start
		}
		seconds := float64(ticks) / float64(track.timescale)
		if seconds > 86400 {
			return fmt.Errorf("%w: segment %d lasts a day", ErrMalformed, i)
		}
		m.Segments[i].Duration = time.Duration(seconds * float64(time.Second))
	}
	return nil
}

// trackInfo is what fragments are measured by.
type trackInfo struct {
	id, timescale, sampleDuration uint32
}

// maxBox bounds the boxes that are read whole; media data is skipped.
const maxBox = 16 << 20

// box is one part of an MP4 file: size 4 | type 4 | payload.
type box struct {
	name    string
	payload []byte
}

// topBoxes calls fn for the boxes of r whose payload is wanted.
func topBoxes(r *io.SectionReader, want string, fn func(payload []byte) error) error {
	for off := int64(0); off < r.Size(); {
		var head [16]byte
		n, err := r.ReadAt(head[:min(16, r.Size()-off)], off)
		if n < 8 {
			return fmt.Errorf("%w: box header: %v", ErrMalformed, err)
		}
		size, skip := int64(binary.BigEndian.Uint32(head[:])), int64(8)
		switch {
		case size == 1 && n == 16:
			size, skip = int64(binary.BigEndian.Uint64(head[8:])), 16
		case size == 0:
			size = r.Size() - off
		}
		if size < skip || size > r.Size()-off {
			return fmt.Errorf("%w: box of %d bytes", ErrMalformed, size)
		}
		if string(head[4:8]) == want {
			if size > maxBox {
				return ErrTooLarge
			}
			b := make([]byte, size-skip)
			if _, err := r.ReadAt(b, off+skip); err != nil {
				return fmt.Errorf("read box: %w", err)
			}
			if err := fn(b); err != nil {
				return err
			}
		}
		off += size
	}
	return nil
}

// children splits a payload into boxes; what does not fit ends the list.
func children(b []byte) []box {
	var list []box
	for len(b) >= 8 {
		size := uint64(binary.BigEndian.Uint32(b))
		if size < 8 || size > uint64(len(b)) {
			break
		}
		list = append(list, box{string(b[4:8]), b[8:size]})
		b = b[size:]
	}
	return list
}

// child is the payload of the first box with that name, or nil.
func child(b []byte, path ...string) []byte {
	for _, name := range path {
		var next []byte
		for _, c := range children(b) {
			if c.name == name {
				next = c.payload
				break
			}
		}
		if b = next; b == nil {
			return nil
		}
	}
	return b
}

// readHeader finds the track to measure by: the first with a picture, else the
// first of all.
func readHeader(r *io.SectionReader) (t trackInfo, err error) {
	picture := false
	err = topBoxes(r, "moov", func(moov []byte) error {
		for _, c := range children(moov) {
			if c.name != "trak" {
				continue
			}
			one := trackInfo{id: versioned(child(c.payload, "tkhd"), 12, 20), timescale: versioned(child(c.payload, "mdia", "mdhd"), 12, 20)}
			hdlr := child(c.payload, "mdia", "hdlr")
			video := len(hdlr) >= 12 && string(hdlr[8:12]) == "vide"
			if one.timescale != 0 && (t.id == 0 || video && !picture) {
				t, picture = one, video
			}
		}
		for _, c := range children(child(moov, "mvex")) {
			if c.name == "trex" && word(c.payload, 4) == t.id {
				t.sampleDuration = word(c.payload, 12)
			}
		}
		return nil
	})
	if err == nil && t.id == 0 {
		err = fmt.Errorf("%w: no track", ErrMalformed)
	}
	return t, err
}

// versioned reads a word whose place depends on the box's version.
func versioned(b []byte, v0, v1 int) uint32 {
	if len(b) > 0 && b[0] == 1 {
		return word(b, v1)
	}
	return word(b, v0)
}

// word is the 32 bits at off, or 0 beyond the end.
func word(b []byte, off int) uint32 {
	if off < 0 || len(b) < off+4 {
		return 0
	}
	return binary.BigEndian.Uint32(b[off:])
}

// readFragments returns the decoding time of the track's first sample in r and
// the length of all its samples, in ticks.
func readFragments(r *io.SectionReader, t trackInfo) (start, length uint64, err error) {
	found := false
	err = topBoxes(r, "moof", func(moof []byte) error {
		for _, c := range children(moof) {
			tfhd := child(c.payload, "tfhd")
			if c.name != "traf" || word(tfhd, 4) != t.id {
				continue
			}
			if tfdt := child(c.payload, "tfdt"); !found && len(tfdt) > 0 {
				start, found = uint64(word(tfdt, 4)), true
				if tfdt[0] == 1 {
					start = start<<32 | uint64(word(tfdt, 8))
				}
			}
			each := defaultDuration(tfhd, t.sampleDuration)
			for _, run := range children(c.payload) {
				if run.name == "trun" {
					length += runLength(run.payload, each)
				}
			}
		}
		return nil
	})
	if err == nil && !found {
		err = fmt.Errorf("%w: no sample of the track", ErrMalformed)
	}
	return start, length, err
}

func defaultDuration(tfhd []byte, otherwise uint32) uint32 {
	flags := word(tfhd, 0)
	if flags&0x08 == 0 {
		return otherwise
	}
	off := 8
	if flags&0x01 != 0 { // base data offset
		off += 8
	}
	if flags&0x02 != 0 { // sample description
		off += 4
	}
	return word(tfhd, off)
}

// runLength adds up the durations of a trun.
func runLength(b []byte, each uint32) (sum uint64) {
	flags, count := word(b, 0), int(word(b, 4))
	if flags&0x100 == 0 {
		return uint64(count) * uint64(each)
	}
	off, size := 8, 0
	for _, f := range []uint32{0x01, 0x04} { // data offset, first sample's flags
		if flags&f != 0 {
			off += 4
		}
	}
	for _, f := range []uint32{0x100, 0x200, 0x400, 0x800} {
		if flags&f != 0 {
			size += 4
		}
	}
	for i := 0; i < count && off+4 <= len(b); i, off = i+1, off+size {
		sum += uint64(word(b, off))
	}
	return sum
}
