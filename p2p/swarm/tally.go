package swarm

import (
	"context"
	"errors"
	"time"

	"vidiverse/p2p"
)

// tally weighs what a peer brought against what it claimed to hold and did not
// bring. Who brings now and then, to stay, is found out as well.
type tally struct{ kept, broken float64 }

// note takes the end of a request: its error, how long it took, and how many
// bytes it brought.
func (t *tally) note(err error, took time.Duration, bytes int) {
	switch {
	case err == nil:
		t.kept++
	case errors.Is(err, errSlow):
		t.broken++
	case errors.Is(err, p2p.ErrAbsent):
		t.broken += absentWeight // its announcement may have been on its way
	case errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded):
		// Somebody else was faster. That says something if it was long.
		if took > leastPatience && float64(bytes) < floorRate*took.Seconds() {
			t.broken += lateWeight
		}
	}
	if t.kept+t.broken > tallyMemory {
		t.kept, t.broken = t.kept/2, t.broken/2
	}
}

// useless reports whether most of what is claimed is not brought.
func (t *tally) useless() bool { return t.broken >= maxMisses && t.broken > t.kept }

const (
	absentWeight = 0.25
	lateWeight   = 0.5
	tallyMemory  = 32
	maxMisses    = 3
)
