// Command offload prints how much of what people watch the origin does not send
// them, with nodes beside it and without, for finished videos and lives, beside
// what arithmetic allows at best.
//
//	go run ./app/bench/offload [-hostile]
//
// Swarms are real, the network between them is simulated (p2p/p2ptest/crowd):
// people have lines of homes, players the manner of PeerTube's page, and time is
// that of a bubble.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"vidiverse/app/bench/measure"
	"vidiverse/p2p/p2ptest/crowd"
)

func main() {
	// A bubble of false time wants a test around it; Main runs it and exits.
	testing.Main(func(_, _ string) (bool, error) { return true, nil }, []testing.InternalTest{{Name: "offload", F: bench}}, nil, nil)
}

var only = flag.String("only", "", "run the rows whose name contains this")

var hostile = flag.Bool("hostile", false, "swarms most of whom are of ill will, instead of the curve")

func bench(t *testing.T) {
	if *hostile {
		siege(t)
		return
	}
	offload(t)
}

// offload runs the curve and prints it.
func offload(t *testing.T) {
	var rows []measure.Row
	began := time.Now()
	debug.SetGCPercent(400)
	for _, r := range curve() {
		if !strings.Contains(r.name, *only) {
			continue
		}
		synctest.Test(t, func(t *testing.T) {
			result := crowd.Run(t.Context(), r.plan)
			if err := check(r.name, result); err != nil {
				t.Fatal(err)
			}
			rows = append(rows, r.row(result))
			print(r, result)
		})
	}
	fmt.Println()
	measure.Print(os.Stdout, rows)
	fmt.Printf("%.0f s\n", time.Since(began).Seconds())
}

// run is one point of the curve.
type run struct {
	name string
	plan crowd.Plan
}

// curve is all of them: a lone viewer with nodes, and crowds with and without.
func curve() (all []run) {
	for _, live := range []bool{false, true} {
		kind := "video"
		if live {
			kind = "live"
		}
		for _, nodes := range []int{1, 3, 10} {
			all = append(all, run{fmt.Sprintf("%s, 1 viewer, %d nodes", kind, nodes), plan(1, nodes, live)})
		}
		for _, viewers := range []int{10, 100, 1000} {
			all = append(all, run{fmt.Sprintf("%s, %d viewers", kind, viewers), plan(viewers, 0, live)})
		}
		all = append(all, run{kind + ", 100 viewers, 3 nodes", plan(100, 3, live)})
	}
	return all
}

// Homes of today: 2 Mbit/s up and 16 down for who watches, 16 up for who runs a
// node. The rendition has 400 kbit/s.
func plan(viewers, nodes int, live bool) crowd.Plan {
	segments := 30
	if viewers > 100 {
		segments = 20 // so that it stays below a minute
	}
	return crowd.Plan{
		Segments: segments, Length: 4 * time.Second, Size: 200_000, Live: live,
		Viewers: viewers, Nodes: nodes, Arrive: arrive(viewers, live),
		Origin: crowd.Rates{Up: 1e9}, Viewer: crowd.Rates{Up: 250e3, Down: 2e6}, Node: crowd.Rates{Up: 2e6, Down: 10e6},
		Delay: 15 * time.Millisecond, Seed: 1,
	}
}

// arrive is over how long they come: to a live within the first third.
func arrive(viewers int, live bool) time.Duration {
	if viewers == 1 {
		return 0
	}
	if live {
		return 40 * time.Second
	}
	return 2 * time.Minute
}

// bound is what arithmetic allows: no more than all lines carry, one copy of
// everything from the origin if no node has it, and what a page takes from the
// origin in any case, which is the fifteen seconds that it plays first.
func bound(p crowd.Plan) float64 {
	rate := float64(p.Size) / p.Length.Seconds()
	supply := float64(p.Nodes)*p.Node.Up + float64(p.Viewers-1)*p.Viewer.Up
	least := min(1, supply/(rate*float64(p.Viewers)))
	if p.Nodes == 0 {
		least = min(least, 1-1/float64(p.Viewers))
	}
	first := 15.0
	if p.Live {
		first = 4
	}
	return min(least, 1-first/(float64(p.Segments)*p.Length.Seconds()))
}

func (r run) row(result crowd.Result) measure.Row {
	return measure.Row{Figure: r.name, Unit: "%", Ours: 100 * result.Offload(), Peer: 100 * bound(r.plan), Of: "the arithmetic bound", Budget: measure.Budget{RatioMin: 0.6}}
}

// print writes what lies behind a row.
func print(r run, result crowd.Result) {
	fmt.Printf("%-26s origin %6.1f MB, people %7.1f MB, nodes took %5.1f MB, waited %5.0f ms each, %2.0f %% of what was sent helped nobody\n", r.name,
		float64(result.FromOrigin)/1e6, float64(result.FromPeople)/1e6, float64(result.NodesTook)/1e6,
		float64(result.Stalls.Milliseconds())/float64(r.plan.Viewers), 100*(1-result.Swarms.Usefulness()))
}

// check refuses a result that is none.
func check(name string, r crowd.Result) error {
	if r.Bad > 0 || r.Unfinished > 0 || r.Watched == 0 {
		return fmt.Errorf("%s: %d bad segments, %d viewers did not see the end of %d bytes", name, r.Bad, r.Unfinished, r.Watched)
	}
	return nil
}
