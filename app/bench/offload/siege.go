package main

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"vidiverse/p2p/p2ptest/crowd"
)

// siege prints how long people wait in a swarm of whom most are of ill will, in
// the manner of PeerTube's page and in that of a node, beside the same people
// who are served by the origin alone.
func siege(t *testing.T) {
	fmt.Printf("%-52s %10s %10s %7s %9s\n", "30 people", "waited", "alone", "ratio", "offload")
	for _, live := range []bool{false, true} {
		for _, percent := range []int{30, 90} {
			for _, line := range []float64{1.5, 4} {
				for _, manner := range []crowd.Manner{crowd.Page, crowd.Node} {
					plan := crowd.Besieged(live, percent, line, manner)
					got := played(t, plan)
					plan.Alone, plan.Strangers = true, 0
					alone := played(t, plan)
					name := fmt.Sprintf("%s, %d %% hostile, line of %.1f, %s", map[bool]string{false: "video", true: "live"}[live], percent, line,
						map[crowd.Manner]string{crowd.Page: "pages", crowd.Node: "nodes"}[manner])
					each := time.Duration(plan.Viewers)
					fmt.Printf("%-52s %10v %10v %7.2f %7.0f %%\n", name, (got.Stalls / each).Round(time.Millisecond),
						(alone.Stalls / each).Round(time.Millisecond), float64(got.Stalls)/float64(alone.Stalls), 100*got.Offload())
				}
			}
		}
	}
}

func played(t *testing.T, plan crowd.Plan) (result crowd.Result) {
	synctest.Test(t, func(t *testing.T) {
		result = crowd.Run(t.Context(), plan)
		if result.Bad > 0 || result.Watched == 0 {
			t.Errorf("%d bad segments of %d bytes", result.Bad, result.Watched)
		}
	})
	return result
}
