package hls

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"testing"
	"time"
)

// mp4 writes a box of its parts.
func mp4(name string, parts ...[]byte) []byte {
	b := slices.Concat(parts...)
	head := binary.BigEndian.AppendUint32(nil, uint32(8+len(b)))
	return slices.Concat(head, []byte(name), b)
}

func words(w ...uint32) []byte {
	var b []byte
	for _, v := range w {
		b = binary.BigEndian.AppendUint32(b, v)
	}
	return b
}

func trak(id, timescale uint32, handler string) []byte {
	return mp4("trak", mp4("tkhd", words(0, 0, 0, id)),
		mp4("mdia", mp4("mdhd", words(0, 0, 0, timescale)), mp4("hdlr", words(0, 0), []byte(handler))))
}

// unevenFilm is a file of two segments: the first sample of each is late.
func unevenFilm() ([]byte, Media) {
	header := mp4("moov", trak(1, 48000, "soun"), trak(2, 1000, "vide"))
	segment := func(start uint32, durations ...uint32) []byte {
		run := words(0x100, uint32(len(durations)))
		return slices.Concat(mp4("moof",
			mp4("traf", mp4("tfhd", words(0, 1)), mp4("tfdt", words(0, 99)), mp4("trun", words(0x100, 1, 48000))),
			mp4("traf", mp4("tfhd", words(0, 2)), mp4("tfdt", words(1<<24, 0, start)), mp4("trun", run, words(durations...)))),
			mp4("mdat", make([]byte, 100)))
	}
	one, two := segment(0, 40, 40, 40), segment(4000, 40, 500)
	m := Media{File: "x.mp4", Init: Range{0, int64(len(header))}, Segments: []Segment{
		{Range: Range{int64(len(header)), int64(len(one))}}, {Range: Range{int64(len(header) + len(one)), int64(len(two))}}}}
	return slices.Concat(header, one, two), m
}

// TestTimes: a segment lasts until the next begins, whatever its frames claim.
func TestTimes(t *testing.T) {
	t.Parallel()
	file, m := unevenFilm()
	if err := m.Times(bytes.NewReader(file)); err != nil {
		t.Fatal(err)
	}
	if m.Segments[0].Duration != 4*time.Second || m.Segments[1].Duration != 540*time.Millisecond {
		t.Errorf("got %v and %v, want 4s and 540ms", m.Segments[0].Duration, m.Segments[1].Duration)
	}
}

func TestTimesRefuses(t *testing.T) {
	t.Parallel()
	file, m := unevenFilm()
	for name, damage := range map[string]func([]byte){
		"no header":        func(b []byte) { copy(b[4:], "free") },
		"box beyond file":  func(b []byte) { binary.BigEndian.PutUint32(b, 1<<30) },
		"box of no size":   func(b []byte) { binary.BigEndian.PutUint32(b, 3) },
		"no fragment":      func(b []byte) { copy(b[m.Segments[0].Offset+4:], "free") },
		"fragment too big": func(b []byte) { binary.BigEndian.PutUint32(b[m.Segments[1].Offset:], 1<<31) },
	} {
		bad := slices.Clone(file)
		damage(bad)
		if err := m.Times(bytes.NewReader(bad)); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: got %v, want ErrMalformed", name, err)
		}
	}
}

func FuzzTimes(f *testing.F) {
	file, m := unevenFilm()
	f.Add(file, m.Init.Length, m.Segments[0].Length)
	f.Fuzz(func(t *testing.T, b []byte, header, first int64) {
		size := int64(len(b))
		if header <= 0 || first <= 0 || header >= size || first >= size-header {
			return
		}
		m := Media{Init: Range{0, header}, Segments: []Segment{{Range: Range{header, first}}, {Range: Range{header + first, size - header - first}}}}
		if m.Times(bytes.NewReader(b)) == nil && (m.Segments[0].Duration < 0 || m.Segments[1].Duration < 0) {
			t.Errorf("got %+v", m.Segments)
		}
	})
}
