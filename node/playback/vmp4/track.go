package vmp4

import (
	"fmt"
	"slices"
	"time"
)

// Track is one of a file's tracks.
type Track struct {
	ID        uint32
	Video     bool
	Sound     bool
	Timescale uint32
	Delay     time.Duration // by how much an empty edit shifts it
	Cut       time.Duration // by how much its part of a segment may begin after the pictures' part
}

// Tracks reads the header of a fragmented file, what EXT-X-MAP points to.
func Tracks(init []byte) ([]Track, error) {
	moov, err := movie(init)
	if err != nil {
		return nil, err
	}
	all, err := boxes(moov)
	if err != nil {
		return nil, err
	}
	scale := timescale(child(moov, "mvhd"))
	var tracks []Track
	for _, b := range all {
		if b.kind != "trak" {
			continue
		}
		t := readTrack(b.payload(moov), scale)
		twice := slices.ContainsFunc(tracks, func(o Track) bool { return o.ID == t.ID })
		if len(tracks) == maxTracks || t.ID == 0 || t.Timescale == 0 || twice {
			return nil, fmt.Errorf("%w: track %d of %d", ErrMalformed, t.ID, len(tracks)+1)
		}
		tracks = append(tracks, t)
	}
	if len(tracks) == 0 {
		return nil, fmt.Errorf("%w: no track", ErrMalformed)
	}
	cut(tracks)
	return tracks, nil
}

// longFrame is longer than any frame of sound: AAC has 1024 samples, or 2048 where
// its second half is made up, at 8 or 16 kHz.
const longFrame = 150 * time.Millisecond

// cut tells by how much sound may begin late in its segments: they are cut where
// pictures begin, and each goes on with the first sound frame behind that.
func cut(tracks []Track) {
	i := slices.IndexFunc(tracks, func(t Track) bool { return t.Video })
	if i < 0 {
		return
	}
	for k := range tracks {
		if !tracks[k].Video {
			tracks[k].Cut = tracks[i].Delay + longFrame
		}
	}
}

// movie is the payload of the header's one moov. A header that holds an index
// or media of its own would contradict ours.
func movie(init []byte) ([]byte, error) {
	if len(init) > MaxInit {
		return nil, fmt.Errorf("%w: a header of %d bytes", ErrMalformed, len(init))
	}
	all, err := boxes(init)
	if err != nil {
		return nil, err
	}
	var moov []byte
	for _, b := range all {
		switch b.kind {
		case "moov":
			if moov != nil {
				return nil, fmt.Errorf("%w: two headers", ErrMalformed)
			}
			moov = b.payload(init)
		case "ftyp", "styp", "free", "skip", "meta", "uuid", "udta":
		default:
			return nil, fmt.Errorf("%w: %.4q in the header", ErrMalformed, b.kind)
		}
	}
	if moov == nil {
		return nil, fmt.Errorf("%w: no header", ErrMalformed)
	}
	return moov, nil
}

func readTrack(trak []byte, movieScale uint32) Track {
	tkhd, mdia := child(trak, "tkhd"), child(trak, "mdia")
	t := Track{ID: word(tkhd, 12), Timescale: timescale(child(mdia, "mdhd"))}
	if version(tkhd) == 1 {
		t.ID = word(tkhd, 20)
	}
	if hdlr := child(mdia, "hdlr"); len(hdlr) >= 12 {
		t.Video, t.Sound = string(hdlr[8:12]) == "vide", string(hdlr[8:12]) == "soun"
	}
	t.Delay = emptyEdit(child(trak, "edts", "elst"), movieScale)
	return t
}

// timescale of an mvhd or mdhd: both have it behind two times.
func timescale(b []byte) uint32 {
	if version(b) == 1 {
		return word(b, 20)
	}
	return word(b, 12)
}

// emptyEdit adds up the edits without media at the front of an edit list, which
// are counted in the movie's timescale. More than a minute is not believed.
func emptyEdit(elst []byte, scale uint32) time.Duration {
	count, size := int(min(word(elst, 4), 16)), 12
	if version(elst) == 1 {
		size = 20
	}
	var sum uint64
	for i := range count {
		at := 8 + i*size
		length, media := uint64(word(elst, at)), int64(int32(word(elst, at+4)))
		if size == 20 {
			length, media = long(elst, at), int64(long(elst, at+8))
		}
		if media != -1 || at+size > len(elst) {
			break
		}
		sum += min(length, 1<<40)
	}
	if scale == 0 || sum/uint64(scale) > 60 {
		return 0
	}
	return time.Duration(sum * uint64(time.Second) / uint64(scale))
}

// only is a copy of the header in which the other tracks are called free.
func only(init []byte, id uint32) ([]byte, error) {
	tracks, err := Tracks(init)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(tracks, func(t Track) bool { return t.ID == id }) {
		return nil, fmt.Errorf("%w: no track %d", ErrMalformed, id)
	}
	alone := slices.Clone(init)
	moov, err := movie(alone)
	if err != nil {
		return nil, err
	}
	all, err := boxes(moov)
	if err != nil {
		return nil, err
	}
	for i, n := 0, 0; i < len(all); i++ {
		if all[i].kind != "trak" {
			continue
		}
		if tracks[n].ID != id {
			copy(moov[all[i].at+4:], "free")
		}
		n++
	}
	return alone, nil
}
