package vmp4_test

import (
	"bytes"
	"encoding/binary"
	"testing"
	"time"

	"vidiverse/node/playback/vmp4"
)

// TestTheIndexIsNotEarly: no segment is in the index with a time before that of
// its first sample, or FFmpeg would look for an earlier one in it, in vain. Sound
// at 8 kHz has the longest frames, and the cut falls anywhere in them.
func TestTheIndexIsNotEarly(t *testing.T) {
	all := clips(t)
	all["long frames"] = makeClip(t, with("-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", sound, "-ar", "8000")...)
	for name, c := range all {
		tracks, err := vmp4.Tracks(c.init())
		if err != nil {
			t.Fatal(err)
		}
		for _, track := range tracks {
			f, _ := lay(t, c, track.Video)
			for i, at := range indexed(t, f, c) {
				first, ok := decodeTime(c.segment(i), track.ID)
				if !ok {
					continue // the sound has not begun, or is over
				}
				if tick := time.Second / time.Duration(track.Timescale); at < first-int64(time.Millisecond/tick)/2 {
					t.Errorf("%s, track %d, segment %d: the index says %v, the first sample is at %v",
						name, track.ID, i, time.Duration(at)*tick, time.Duration(first)*tick)
				}
			}
		}
	}
}

// indexed are the times of the segments in the index, in the track's timescale.
func indexed(t *testing.T, f *vmp4.File, c clip) []int64 {
	t.Helper()
	head := make([]byte, f.Size())
	n, err := f.ReadAt(head, 0, c.body)
	if err != nil {
		t.Fatal(err)
	}
	index := head[:n][bytes.LastIndex(head[:n], []byte("sidx"))+16:]
	at := int64(binary.BigEndian.Uint64(index))
	var all []int64
	for e := index[20:]; len(e) >= 12; e = e[12:] {
		all = append(all, at)
		at += int64(binary.BigEndian.Uint32(e[4:]))
	}
	if len(all) != f.Len() {
		t.Fatalf("%d segments are in the index, not %d", len(all), f.Len())
	}
	return all
}

// decodeTime is the tfdt of a track in a segment: "tfhd" flags 4 | track 4 … "tfdt"
// version·flags 4 | time 4 or 8.
func decodeTime(segment []byte, track uint32) (int64, bool) {
	for rest := segment; ; {
		at := bytes.Index(rest, []byte("tfhd"))
		if at < 0 {
			return 0, false
		}
		found := binary.BigEndian.Uint32(rest[at+8:]) == track
		rest = rest[at+12:]
		if b := rest[bytes.Index(rest, []byte("tfdt"))+4:]; found && b[0] == 1 {
			return int64(binary.BigEndian.Uint64(b[4:])), true
		} else if found {
			return int64(binary.BigEndian.Uint32(b[4:])), true
		}
	}
}
