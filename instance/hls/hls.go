// Package hls reads and writes PeerTube's HLS files, and names the swarms that
// browsers form around them.
//
//	<uuid>-master.m3u8            variants, ascending; audio and subtitles as EXT-X-MEDIA
//	  <uuid>-720.m3u8             one media playlist a rendition
//	    <uuid>-720-fragmented.mp4 all its segments: [init][moof mdat][moof mdat]…
//	<uuid>-segments-sha256.json   the digest of each byte range of each file
//
// Only bytes: it does no I/O, and knows no database and no ffmpeg. What it
// reads may come from anyone: sizes and counts are capped, names must be plain
// file names, and nothing panics.
package hls

import (
	"errors"
	"fmt"
	"strings"
)

// Caps on what is read.
const (
	MaxPlaylist = 1 << 20 // bytes of one playlist
	MaxSegments = 10_000
	MaxVariants = 20
	MaxDigests  = 8 << 20 // bytes of one digest list
)

// Errors of reading, for errors.Is.
var (
	ErrTooLarge  = errors.New("hls: larger than accepted")
	ErrMalformed = errors.New("hls: malformed")
	ErrForeign   = errors.New("hls: names a file elsewhere")
)

// Range is a part of a file: Length bytes from Offset.
type Range struct {
	Offset int64
	Length int64
}

// End is the offset behind the last byte.
func (r Range) End() int64 { return r.Offset + r.Length }

// Inside reports an error unless r is a non-empty part of size bytes.
func (r Range) Inside(size int64) error {
	if r.Offset < 0 || r.Length <= 0 || r.Offset > size || r.Length > size-r.Offset {
		return fmt.Errorf("%w: bytes %d+%d of %d", ErrMalformed, r.Offset, r.Length, size)
	}
	return nil
}

// plainName refuses what is not a file beside the playlist. A query is kept:
// PeerTube adds the token of a private video there.
func plainName(uri string) error {
	name, _, _ := strings.Cut(uri, "?")
	if name == "" || name == "." || name == ".." || len(uri) > 1024 ||
		strings.ContainsAny(name, "/\\:%#") || strings.ContainsFunc(uri, func(r rune) bool { return r <= ' ' || r == '"' || r == 0x7f }) {
		return fmt.Errorf("%w: %.80q", ErrForeign, uri)
	}
	return nil
}
