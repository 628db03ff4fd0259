package player

import (
	"math/rand/v2"
	"testing"
	"time"
)

// TestAgain: in films as PeerTube makes them, picture and sound in one file and
// two key frames in a segment, every place is found exactly, whatever was played
// before, also where the sound of its segment begins a little later.
func TestAgain(t *testing.T) {
	t.Parallel()
	const fps, gop = 30, 60
	p := published{film: film{name: "again", frames: 300 * fps, fps: fps, first: 1000}, muxed: true,
		encode: []string{"-threads", "1", "-c:v", "libx264", "-preset", "ultrafast", "-bf", "0", "-g", "60", "-sc_threshold", "0"}}
	s := p.take(t, &far{delay: time.Millisecond})
	s.open(s.source(0))
	s.arrive(-1, p.first)
	offset := fps / 2 // what a seek goes back before it goes on
	places := rand.New(rand.NewPCG(3, 30))
	for _, key := range places.Perm(p.frames/gop - 1) {
		s.jump(p.first + key*gop + offset + places.IntN(10) - 5)
	}
}
