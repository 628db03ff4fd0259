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

// trust is what a swarm may still lose to peers of whom nothing is known. Each of
// them that lies, or keeps a segment and does not bring it, costs as much as it
// may; a swarm full of them is soon asked for nothing, but now and then, and
// costs a viewer little more than one without peers.
type trust struct {
	left float64
	at   time.Time
}

// ask reports whether somebody unknown may be asked.
func (t *trust) ask(now time.Time) bool {
	if t.at.IsZero() {
		t.left = mostTrust
	}
	t.left = min(mostTrust, t.left+now.Sub(t.at).Seconds()*trustRate)
	t.at = now
	return t.left >= 1
}

// trusting notes what became of a request to a peer that was unknown, as it had
// brought nothing yet.
func (s *Swarm) trusting(unknown bool, took time.Duration, err error) {
	gaveUp := errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case err == nil:
		s.trust.left = min(mostTrust, s.trust.left+1)
	case unknown && !errors.Is(err, p2p.ErrAbsent) && !errors.Is(err, errDown) && (!gaveUp || took > leastPatience):
		s.trust.left--
	}
}

// useless reports whether most of what is claimed is not brought.
func (t *tally) useless() bool { return t.broken >= maxMisses && t.broken > t.kept }

const (
	absentWeight = 0.25
	lateWeight   = 0.5
	tallyMemory  = 32
	// mostTrust segments may be lost to peers of whom nothing is known, and
	// trustRate more a second.
	mostTrust = 4
	trustRate = 1.0 / 20
	maxMisses = 3
)
