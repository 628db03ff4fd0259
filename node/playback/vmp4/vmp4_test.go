package vmp4_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vidiverse/instance/hls"
	"vidiverse/node/playback/vmp4"
)

// lay lays out the track of a kind.
func lay(t *testing.T, c clip, video bool) (*vmp4.File, vmp4.Track) {
	t.Helper()
	tracks, err := vmp4.Tracks(c.init())
	if err != nil {
		t.Fatal(err)
	}
	for _, track := range tracks {
		if track.Video == video {
			f, err := vmp4.New(c.init(), track, c.Segments)
			if err != nil {
				t.Fatal(err)
			}
			return f, track
		}
	}
	t.Fatal("no such track")
	return nil, vmp4.Track{}
}

// readAll reads the file in pieces of random size.
func readAll(t *testing.T, f *vmp4.File, load vmp4.Loader) []byte {
	t.Helper()
	var all []byte
	for buf := make([]byte, 40000); ; {
		n, err := f.ReadAt(buf[:1+rand.IntN(len(buf))], int64(len(all)), load)
		all = append(all, buf[:n]...)
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func save(t *testing.T, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "film.mp4")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// frames are the times and digests of what ffmpeg decodes from a file.
func frames(t *testing.T, path, kind string, before ...string) string {
	t.Helper()
	args := append([]string{"-v", "error", "-nostdin", "-threads", "1", "-copyts"}, before...)
	return run(t, "", "ffmpeg", append(args, "-i", path, "-map", "0:"+kind, "-fps_mode", "passthrough", "-f", "framemd5", "-")...)
}

// difference is the first line in which two texts differ.
func difference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			return fmt.Sprintf("line %d of %d: got %q, want %q of %d", i, len(g), g[i], w[i], len(w))
		}
	}
	return fmt.Sprintf("got %d lines, want %d", len(g), len(w))
}

// landed reports an error unless what was decoded after a seek are the last
// frames of the film, of about that many seconds. The first two may be cut. Of
// sound only the times are compared: its noise depends on what was heard before.
func landed(got, want, kind string, seconds float64) error {
	g, w := rows(got), rows(want)
	if len(g) < 4 || len(g) > len(w) {
		return fmt.Errorf("got %d rows of %d", len(g), len(w))
	}
	if share := float64(len(g)) / float64(len(w)); math.Abs(share-seconds/5) > 0.2 {
		return fmt.Errorf("got %d rows of %d for %.3f s", len(g), len(w), seconds)
	}
	for i := 2; i < len(g); i++ {
		ours, theirs := g[i], w[len(w)-len(g)+i]
		if kind == "a" {
			ours, theirs = ours[:strings.LastIndex(ours, ",")], theirs[:strings.LastIndex(theirs, ",")]
		}
		if ours != theirs {
			return fmt.Errorf("row %d: got %q, want %q", i, ours, theirs)
		}
	}
	return nil
}

// rows are the frames of a list without its head.
func rows(list string) []string {
	var all []string
	for line := range strings.Lines(list) {
		if !strings.HasPrefix(line, "#") {
			all = append(all, line)
		}
	}
	return all
}

// TestFilms: a virtual file decodes to every frame of the published one, at the
// same time, from its start and from anywhere, whatever the form of the film.
func TestFilms(t *testing.T) {
	for name, c := range clips(t) {
		original := save(t, c.bytes)
		tracks, err := vmp4.Tracks(c.init())
		if err != nil {
			t.Fatal(err)
		}
		for _, track := range tracks {
			kind := map[bool]string{true: "v", false: "a"}[track.Video]
			t.Run(name+" "+kind, func(t *testing.T) {
				f, _ := lay(t, c, track.Video)
				all := readAll(t, f, c.body)
				if int64(len(all)) != f.Size() {
					t.Fatalf("got %d bytes, want %d", len(all), f.Size())
				}
				if n := bytes.Count(all[:len(c.init())], []byte("trak")); n != 1 {
					t.Errorf("got %d tracks for the player, want its own alone", n)
				}
				virtual := save(t, all)
				want := frames(t, original, kind)
				if got := frames(t, virtual, kind); got != want || strings.Count(want, "\n") < 50 {
					t.Error(difference(got, want))
				}
				for range 3 {
					at := 0.1 + rand.Float64()*4
					got := frames(t, virtual, kind, "-ss", fmt.Sprintf("%.3f", at))
					if err := landed(got, want, kind, 5-at); err != nil {
						t.Errorf("from %.3f: %v", at, err)
					}
				}
			})
		}
	}
}

// TestEveryFragmentIsInTheIndex: what ffmpeg needs to seek exactly: each mdat
// ends where a moof begins, and both are where the index says.
func TestEveryFragmentIsInTheIndex(t *testing.T) {
	c := muxed(t)
	f, track := lay(t, c, true)
	all := readAll(t, f, c.body)
	at := f.Size()
	for i := f.Len() - 1; i >= 0; i-- {
		at -= c.Segments[i].Length
		if got := f.Place(at); got != (vmp4.Place{Segment: i}) {
			t.Errorf("got %+v for the start of segment %d", got, i)
		}
		if string(all[at+4:at+8]) != "moof" {
			t.Errorf("segment %d begins with %q", i, all[at+4:at+8])
		}
		kinds := topLevel(t, all[at:at+c.Segments[i].Length])
		if got := strings.Join(kinds, " "); got != "moof mdat" {
			t.Errorf("segment %d is %q", i, got)
		}
	}
	if track.Delay != 2*time.Second/20 {
		t.Errorf("got an empty edit of %v, want two frames", track.Delay)
	}
	if got := f.At(f.Start(2)); got != 2 {
		t.Errorf("got %d at the start of segment 2", got)
	}
	if f.At(-1) != 0 || f.At(time.Hour) != f.Len()-1 || f.At(f.Start(1)-1) != 0 {
		t.Error("times outside are not the first and the last segment")
	}
}

func topLevel(t *testing.T, b []byte) (kinds []string) {
	t.Helper()
	for len(b) > 0 {
		size := int(b[0])<<24 | int(b[1])<<16 | int(b[2])<<8 | int(b[3])
		if size < 8 || size > len(b) {
			t.Fatalf("a box of %d bytes in %d", size, len(b))
		}
		kinds = append(kinds, string(b[4:8]))
		b = b[size:]
	}
	return kinds
}

// TestShapes: segments that begin with more or less than the first one are played
// all the same, and what cannot be moved is refused.
func TestShapes(t *testing.T) {
	c := pictures(t)
	moof := c.segment(1)[52:]
	free := append([]byte{0, 0, 0, 20}, "freetwelve bytes"...)
	for name, segment := range map[string][]byte{
		"as published":  c.segment(1),
		"nothing first": moof,
		"more first":    append(bytes.Clone(free), c.segment(1)...),
		"more behind":   append(bytes.Clone(moof), free...),
	} {
		body, err := vmp4.Body(segment)
		if err != nil || len(body) != len(segment) || strings.Join(topLevel(t, body), " ") != "moof mdat" {
			t.Errorf("%s: got %d bytes of %d, %v", name, len(body), len(segment), err)
		}
	}
	absolute := bytes.Clone(moof)
	absolute[bytes.Index(absolute, []byte("tfhd"))+7] |= 1
	for name, segment := range map[string][]byte{
		"empty": nil, "no moof": free, "cut": moof[:len(moof)-1], "no mdat": moof[:len(moof)-len(moof)+int(moof[2])<<8+int(moof[3])],
		"counts from the file's start": absolute,
	} {
		if _, err := vmp4.Body(segment); !errors.Is(err, vmp4.ErrShape) {
			t.Errorf("%s: got %v, want ErrShape", name, err)
		}
	}
	f, _ := lay(t, c, true)
	if _, err := f.ReadAt(make([]byte, 1), f.Size()-1, func(int) ([]byte, error) { return c.segment(0), nil }); !errors.Is(err, vmp4.ErrShape) {
		t.Errorf("a segment of another size: got %v, want ErrShape", err)
	}
}

// TestOnlyWhatIsNeeded: header and index are read without a segment, and a read
// ends where the next segment would have to be loaded.
func TestOnlyWhatIsNeeded(t *testing.T) {
	c := pictures(t)
	f, _ := lay(t, c, true)
	var loads []int
	load := func(i int) ([]byte, error) { loads = append(loads, i); return c.body(i) }
	head := f.Size() - f.Place(0).Offset
	for _, s := range c.Segments {
		head -= s.Length
	}
	big := make([]byte, f.Size())
	if n, err := f.ReadAt(big, 0, load); int64(n) != head || err != nil || loads != nil {
		t.Errorf("header: got %d bytes of %d, %v, loads %v", n, head, err, loads)
	}
	if n, err := f.ReadAt(big, head+10, load); int64(n) != c.Segments[0].Length-10 || err != nil || len(loads) != 1 {
		t.Errorf("segment: got %d bytes, %v, loads %v", n, err, loads)
	}
	if _, err := f.ReadAt(big, f.Size(), load); err != io.EOF {
		t.Errorf("behind the end: got %v, want EOF", err)
	}
	if _, err := f.ReadAt(big, -1, load); err == nil {
		t.Error("before the start: got no error")
	}
}

// TestTimesDoNotDrift: two hours of segments that no timescale divides end in the
// index where the playlist ends.
func TestTimesDoNotDrift(t *testing.T) {
	c := pictures(t)
	tracks, err := vmp4.Tracks(c.init())
	if err != nil {
		t.Fatal(err)
	}
	var segments []hls.Segment
	for range 2000 {
		segments = append(segments, hls.Segment{Range: hls.Range{Length: 1000}, Duration: 3333 * time.Millisecond})
	}
	f, err := vmp4.New(c.init(), tracks[0], segments)
	if err != nil {
		t.Fatal(err)
	}
	head := make([]byte, f.Size()-2000*1000)
	if n, err := f.ReadAt(head, 0, nil); n != len(head) || err != nil {
		t.Fatal(n, err)
	}
	index := head[bytes.LastIndex(head, []byte("sidx"))+36:]
	sum := 0
	for i := range 2000 {
		e := index[i*12+4:]
		sum += int(e[0])<<24 | int(e[1])<<16 | int(e[2])<<8 | int(e[3])
	}
	got := time.Duration(sum) * time.Second / time.Duration(tracks[0].Timescale)
	if diff := got - f.Duration(); diff.Abs() > time.Second/time.Duration(tracks[0].Timescale) {
		t.Errorf("got %v, want %v", got, f.Duration())
	}
}

func TestRefused(t *testing.T) {
	c := muxed(t)
	tracks, err := vmp4.Tracks(c.init())
	if err != nil {
		t.Fatal(err)
	}
	one := func(s hls.Segment) []hls.Segment { return []hls.Segment{s} }
	for name, test := range map[string]struct {
		init     []byte
		track    vmp4.Track
		segments []hls.Segment
	}{
		"no segment":     {c.init(), tracks[0], nil},
		"too many":       {c.init(), tracks[0], make([]hls.Segment, vmp4.MaxSegments+1)},
		"empty segment":  {c.init(), tracks[0], one(hls.Segment{Duration: time.Second})},
		"huge segment":   {c.init(), tracks[0], one(hls.Segment{Range: hls.Range{Length: vmp4.MaxSegment + 1}})},
		"negative time":  {c.init(), tracks[0], one(hls.Segment{Range: hls.Range{Length: 100}, Duration: -1})},
		"unknown track":  {c.init(), vmp4.Track{ID: 9, Timescale: 1}, c.Segments},
		"cut header":     {c.init()[:200], tracks[0], c.Segments},
		"media inside":   {append(bytes.Clone(c.init()), c.segment(0)...), tracks[0], c.Segments},
		"two headers":    {append(bytes.Clone(c.init()), c.init()...), tracks[0], c.Segments},
		"same track ids": {bytes.Replace(c.init(), trackID(2), trackID(1), 1), tracks[0], c.Segments},
	} {
		if _, err := vmp4.New(test.init, test.track, test.segments); !errors.Is(err, vmp4.ErrMalformed) {
			t.Errorf("%s: got %v, want ErrMalformed", name, err)
		}
	}
}

// trackID is the start of a tkhd of version 0.
func trackID(id byte) []byte {
	return append(append([]byte("tkhd\x00\x00\x00\x03"), make([]byte, 8)...), 0, 0, 0, id)
}
