package vmp4_test

import (
	"testing"
	"time"

	"vidiverse/instance/hls"
	"vidiverse/node/playback/vmp4"
)

// FuzzTracks: no header panics, and one that is read can be laid out.
func FuzzTracks(f *testing.F) {
	for _, seed := range seeds() {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, init []byte) {
		tracks, err := vmp4.Tracks(init)
		if err != nil {
			return
		}
		segments := []hls.Segment{{Range: hls.Range{Length: 100}, Duration: time.Second}, {Range: hls.Range{Length: 16}, Duration: 0}}
		for _, track := range tracks {
			v, err := vmp4.New(init, track, segments)
			if err != nil {
				t.Fatalf("track %+v: %v", track, err)
			}
			if index := int64(40 + 2*12); track.Delay < 0 || v.Size() != int64(len(init))+index+116 {
				t.Fatalf("got %+v, size %d", track, v.Size())
			}
		}
	})
}

// FuzzBody: no segment panics or changes its size.
func FuzzBody(f *testing.F) {
	for _, seed := range seeds() {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, segment []byte) {
		body, err := vmp4.Body(segment)
		if err != nil {
			return
		}
		if len(body) != len(segment) || string(body[4:8]) != "moof" {
			t.Fatalf("got %d bytes of %d, %.8q", len(body), len(segment), body)
		}
		again, err := vmp4.Body(body)
		if err != nil || string(again) != string(body) {
			t.Fatalf("a body is not its own body: %v", err)
		}
	})
}

// seeds are headers and segments written by hand: small, and of every form that
// the reader tells apart.
func seeds() [][]byte {
	box := func(kind string, payload ...byte) []byte {
		n := len(payload) + 8
		return append([]byte{0, 0, byte(n >> 8), byte(n), kind[0], kind[1], kind[2], kind[3]}, payload...)
	}
	join := func(parts ...[]byte) (all []byte) {
		for _, p := range parts {
			all = append(all, p...)
		}
		return all
	}
	full := func(version byte, words ...byte) []byte {
		b := []byte{version, 0, 0, 0}
		for _, w := range words {
			b = append(b, 0, 0, 0, w)
		}
		return b
	}
	trak := func(id byte, kind string, elst []byte) []byte {
		return box("trak", join(box("tkhd", full(0, 0, 0, id)...), box("edts", box("elst", elst...)...),
			box("mdia", join(box("mdhd", full(0, 0, 0, 100)...), box("hdlr", append(full(0, 0), kind...)...))...))...)
	}
	empty := append(full(0, 1, 66), 255, 255, 255, 255, 0, 1, 0, 0)
	long := join(full(1, 1, 0, 66), []byte{255, 255, 255, 255, 255, 255, 255, 255, 0, 1, 0, 0})
	moof := box("moof", box("traf", box("tfhd", full(0, 1)...)...)...)
	wide := append([]byte{0, 0, 0, 1, 'm', 'd', 'a', 't', 0, 0, 0, 0, 0, 0, 0, 20}, 1, 2, 3, 4)
	return [][]byte{
		join(box("ftyp", 0, 0, 0, 0), box("moov", join(box("mvhd", full(0, 0, 0, 100)...), trak(1, "vide", empty), trak(2, "soun", long))...)),
		join(box("sidx", 1), moof, box("mdat", 1, 2, 3)),
		join(moof, wide),
		join(moof, []byte{0, 0, 0, 0, 'm', 'd', 'a', 't', 1}),
		box("moov", box("moov", box("moov")...)...),
		{0, 0, 0, 1, 'm', 'o', 'o', 'v', 255, 255, 255, 255, 255, 255, 255, 255},
	}
}
