// Package vmp4 lays one track of a fragmented MP4 out as a file that does not
// exist: its size and index are known from the playlist alone, and its segments
// are asked for when somebody reads them.
//
//	published  [init][sidx moof mdat][sidx moof mdat]…       n bytes a segment
//	virtual    [init'][index][moof mdat'][moof mdat']…       n bytes a segment
//
// FFmpeg seeks exactly in such a file, with one request, if two things hold: each
// entry of the index points at a moof, and the end of each mdat is the next moof.
// With a gap between them (the segment's own sidx) it reads a fragment twice and
// drops its frames. So what stood before a moof goes behind its samples, as
// padding inside the mdat: no byte count changes, and segments may differ in what
// they begin with.
//
// A player reads one file a track. Of a file with picture and sound two virtual
// files are made, in each of which the other track is renamed to "free".
//
// It does no I/O and trusts nothing: the bytes come from anybody.
package vmp4

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"math/bits"
	"sort"
	"time"

	"vidiverse/instance/hls"
)

// Bounds on what is laid out.
const (
	MaxInit     = 1 << 20 // bytes of the header
	MaxSegment  = 64 << 20
	MaxSegments = 65535 // the index counts them in 16 bits
	maxTracks   = 16
)

// Errors, for errors.Is.
var (
	ErrMalformed = errors.New("vmp4: malformed")
	ErrShape     = errors.New("vmp4: the segment cannot be moved")
)

// late is added to the times in the index: they choose fragments only, and too
// late means that one fragment more is read, but too early that one is missed:
// FFmpeg then goes on from whatever it last read before.
const late = 2 * time.Millisecond

// File is the layout of one virtual file. It does not change.
type File struct {
	head   []byte
	ends   []int64 // virtual offset behind segment i
	starts []time.Duration
	length time.Duration
}

// New lays out one track of init and the segments of its playlist, whose
// durations are those of the playlist. ErrMalformed: it cannot be done.
func New(init []byte, track Track, segments []hls.Segment) (*File, error) {
	if len(segments) == 0 || len(segments) > MaxSegments {
		return nil, fmt.Errorf("%w: %d segments", ErrMalformed, len(segments))
	}
	alone, err := only(init, track.ID)
	if err != nil {
		return nil, err
	}
	f := &File{ends: make([]int64, len(segments)), starts: make([]time.Duration, len(segments))}
	for i, s := range segments {
		if s.Length < 16 || s.Length > MaxSegment || s.Duration < 0 || s.Duration > 24*time.Hour || f.length > 30*24*time.Hour {
			return nil, fmt.Errorf("%w: segment %d of %d bytes and %v", ErrMalformed, i, s.Length, s.Duration)
		}
		f.starts[i] = f.length
		f.length += s.Duration
	}
	index, err := f.index(track, segments)
	if err != nil {
		return nil, err
	}
	f.head = append(alone, index...)
	end := int64(len(f.head))
	for i, s := range segments {
		end += s.Length
		f.ends[i] = end
	}
	return f, nil
}

// index writes a sidx of version 1 (ISO/IEC 14496-12, 8.16.3):
//
//	size "sidx" 1·flags | track | timescale | earliest 8 | first offset 8 | 0·count
//	then for each segment: bytes | ticks | starts with SAP, type 1
//
// Sums are rounded, not durations: rounding errors must not add up.
func (f *File) index(t Track, segments []hls.Segment) ([]byte, error) {
	shift := t.Delay + t.Cut + late
	tick := func(at time.Duration) uint64 { return ticks(at+shift, t.Timescale) }
	b := make([]byte, 0, 40+12*len(segments))
	b = binary.BigEndian.AppendUint32(b, uint32(cap(b)))
	b = append(b, "sidx\x01\x00\x00\x00"...)
	b = binary.BigEndian.AppendUint32(b, t.ID)
	b = binary.BigEndian.AppendUint32(b, t.Timescale)
	b = binary.BigEndian.AppendUint64(b, tick(0))
	b = binary.BigEndian.AppendUint64(b, 0)
	b = binary.BigEndian.AppendUint32(b, uint32(len(segments)))
	for i, s := range segments {
		length := tick(f.starts[i]+s.Duration) - tick(f.starts[i])
		if length > math.MaxUint32 {
			return nil, fmt.Errorf("%w: segment %d is too long for its timescale", ErrMalformed, i)
		}
		b = binary.BigEndian.AppendUint32(b, uint32(s.Length))
		b = binary.BigEndian.AppendUint32(b, uint32(length))
		b = binary.BigEndian.AppendUint32(b, 0x90000000)
	}
	return b, nil
}

// ticks is d in units of 1/scale seconds, rounded. d is at most a few months.
func ticks(d time.Duration, scale uint32) uint64 {
	hi, lo := bits.Mul64(uint64(max(d, 0)), uint64(scale))
	lo, carry := bits.Add64(lo, uint64(time.Second/2), 0)
	q, _ := bits.Div64(hi+carry, lo, uint64(time.Second)) // hi < 2^30 as d < 2^62
	return q
}

// Size of the file in bytes.
func (f *File) Size() int64 { return f.ends[len(f.ends)-1] }

// Duration of all segments.
func (f *File) Duration() time.Duration { return f.length }

// Len is the number of segments.
func (f *File) Len() int { return len(f.ends) }

// Start is when segment i begins, after the playlist.
func (f *File) Start(i int) time.Duration { return f.starts[i] }

// At is the segment that is played at a time: the first before it, the last
// behind it.
func (f *File) At(t time.Duration) int {
	return max(0, sort.Search(len(f.starts), func(i int) bool { return f.starts[i] > t })-1)
}

// Place is where a virtual offset lies: Offset bytes into a segment's Body, or
// into the header if Segment is -1.
type Place struct {
	Segment int
	Offset  int64
}

// Place of an offset from 0 up to, and not including, Size.
func (f *File) Place(off int64) Place {
	if off < int64(len(f.head)) {
		return Place{Segment: -1, Offset: off}
	}
	i := sort.Search(len(f.ends), func(i int) bool { return f.ends[i] > off })
	start := int64(len(f.head))
	if i > 0 {
		start = f.ends[i-1]
	}
	return Place{Segment: i, Offset: off - start}
}

// Loader gives the Body of a segment.
type Loader func(i int) ([]byte, error)

// ReadAt reads like io.ReaderAt, but never beyond one segment: it returns fewer
// bytes and no error where the next segment begins, so that a reader does not
// wait for what it may not want. Segments come from load.
func (f *File) ReadAt(p []byte, off int64, load Loader) (int, error) {
	if off < 0 {
		return 0, fmt.Errorf("%w: offset %d", ErrMalformed, off)
	}
	if off >= f.Size() {
		return 0, io.EOF
	}
	at := f.Place(off)
	if at.Segment < 0 {
		return copy(p, f.head[at.Offset:]), nil
	}
	body, err := load(at.Segment)
	if err != nil {
		return 0, err
	}
	if want := f.ends[at.Segment] - (off - at.Offset); int64(len(body)) != want {
		return 0, fmt.Errorf("%w: segment %d has %d bytes, not %d", ErrShape, at.Segment, len(body), want)
	}
	return copy(p, body[at.Offset:]), nil
}
