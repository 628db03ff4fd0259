package crowd

import (
	"testing"
	"testing/synctest"
	"time"
)

// evening is an ordinary one: people with lines of homes.
func evening(viewers, nodes int, live bool) Plan {
	return Plan{
		Segments: 20, Length: 4 * time.Second, Size: 200_000, Live: live,
		Viewers: viewers, Nodes: nodes, Arrive: 40 * time.Second,
		Origin: Rates{Up: 100e6}, Viewer: Rates{Up: 250e3, Down: 2e6}, Node: Rates{Up: 2e6, Down: 10e6},
		Delay: 15 * time.Millisecond, Seed: 1,
	}
}

func run(t *testing.T, p Plan) (r Result) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { r = Run(t.Context(), p) })
	if r.Bad > 0 || r.Unfinished > 0 {
		t.Errorf("%d bad segments, %d viewers did not see the end", r.Bad, r.Unfinished)
	}
	return r
}

// TestOffload: those who watch together take most of it off the origin, without
// waiting more for it.
func TestOffload(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		plan  Plan
		least float64
	}{
		"one viewer, no node": {evening(1, 0, false), 0},
		"one viewer, a node":  {evening(1, 1, false), 0.5},
		"twenty viewers":      {evening(20, 0, false), 0.5},
		"a live of twenty":    {evening(20, 0, true), 0.5},
		"a live with a node":  {evening(3, 1, true), 0.5},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := run(t, tt.plan)
			t.Logf("offload %.2f, stalls %v, worst %v, %+v", r.Offload(), r.Stalls, r.Worst, r.Swarms)
			if r.Offload() < tt.least {
				t.Errorf("offload %.2f, want %.2f", r.Offload(), tt.least)
			}
		})
	}
}
