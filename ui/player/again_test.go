package player

import (
	"math/rand/v2"
	"testing"
	"time"
)

// TestAgain: places that were played are found as exactly when they are sought
// again, in films as PeerTube makes them: picture and sound in one file, two key
// frames a segment.
func TestAgain(t *testing.T) {
	t.Parallel()
	p := published{film: film{name: "again", frames: 200 * 30, fps: 30, first: 1000}, muxed: true,
		encode: []string{"-threads", "1", "-c:v", "libx264", "-preset", "ultrafast", "-bf", "3", "-g", "60", "-sc_threshold", "0"}}
	s := p.take(t, &far{delay: time.Millisecond})
	s.open(s.source(0))
	s.arrive(-1, 1000)
	places := rand.New(rand.NewPCG(3, 30))
	for range 2 {
		for _, second := range places.Perm(48) { // of the same three minutes
			s.jump(1000 + 4*30*second + places.IntN(4*30))
		}
	}
}
