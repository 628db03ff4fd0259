package player

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// twoHours are 216,000 pictures in about 1,670 segments, with split sound.
var twoHours = published{
	film:   film{name: "hours", frames: 2 * 3600 * 30, fps: 30},
	encode: uneven(2 * 3600 * 30),
}

const aSegment = 200 * time.Millisecond

// TestTwoHours seeks to sixty places of a film of two hours that nobody has
// loaded, at 200 ms a segment: the very picture each time, and soon.
func TestTwoHours(t *testing.T) {
	t.Parallel()
	begin := time.Now()
	twoHours.renditions(t)
	t.Logf("film made in %v", time.Since(begin).Round(time.Millisecond))
	far := &far{delay: aSegment}
	s := twoHours.take(t, far)
	begin = time.Now()
	free := far.holdBack(func(i int) bool { return i > 0 }) // two loads must do: a segment of pictures, one of sound
	s.open(s.source(0))
	s.arrive(-1, 0)
	t.Logf("first picture after %v", time.Since(begin).Round(time.Millisecond))
	free()

	places := rand.New(rand.NewPCG(3, 4))
	var took []time.Duration
	before := far.count()
	for _, stretch := range places.Perm(60) { // of two minutes: what is fetched ahead stays inside
		took = append(took, s.jump(stretch*3600+places.IntN(1800)))
	}
	slices.Sort(took)
	t.Logf("60 seeks: exact; p50 %v, p95 %v, max %v; %.1f loads a seek", took[30].Round(time.Millisecond),
		took[56].Round(time.Millisecond), took[59].Round(time.Millisecond), float64(far.count()-before)/60)
	if took[56] > 8*time.Second { // the goal is 800 ms; a busy machine is given ten times that
		t.Errorf("p95 of seeks is %v", took[56])
	}
}
