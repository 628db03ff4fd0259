package crowd

import (
	"fmt"
	"testing"
	"time"
)

// TestHostile: whatever a third or nearly all of a swarm do, nobody sees a wrong
// segment, and nobody waits longer than a tenth more than without any swarm.
func TestHostile(t *testing.T) {
	t.Parallel()
	for _, live := range []bool{false, true} {
		for _, percent := range []int{30, 90} {
			for _, line := range []float64{1.5, 4} {
				t.Run(fmt.Sprintf("live %v, %d percent, line of %.1f", live, percent, line), func(t *testing.T) {
					t.Parallel()
					plan := Besieged(live, percent, line, Node)
					got := run(t, plan)
					plan.Alone, plan.Strangers = true, 0
					alone := run(t, plan)
					t.Logf("stalls %v of %v alone, worst %v of %v, offload %.2f, %+v", got.Stalls, alone.Stalls, got.Worst, alone.Worst, got.Offload(), got.Swarms)
					if got.Stalls > alone.Stalls*11/10 {
						t.Errorf("they wait %v, and %v without the swarm", got.Stalls, alone.Stalls)
					}
					if got.Swarms.Banned == 0 {
						t.Error("nobody is sent away")
					}
				})
			}
		}
	}
}

// TestCut: when the tracker and every connection die in the middle, nobody waits
// longer than who never had them.
func TestCut(t *testing.T) {
	t.Parallel()
	for _, live := range []bool{false, true} {
		plan := evening(10, 2, live)
		plan.Manner, plan.Cut = Node, 50*time.Second
		got := run(t, plan)
		plan.Alone = true
		alone := run(t, plan)
		if got.Stalls > alone.Stalls*11/10 || got.FromPeople == 0 || got.FromOrigin == 0 {
			t.Errorf("live %v: they wait %v, and %v alone; %d bytes came from people, %d from the origin", live, got.Stalls, alone.Stalls, got.FromPeople, got.FromOrigin)
		}
	}
}
