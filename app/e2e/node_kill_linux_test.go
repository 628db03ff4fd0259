package e2e

import (
	"context"
	"errors"
	"os/exec"
	"strings"
	"testing"
	"time"

	"vidiverse/node/remote/remotetest"
)

// says requires that the status of the node, as people read it, has some words.
func (n *edge) says(words string) {
	n.Helper()
	n.eventually("its status says "+words, func(context.Context) bool { return strings.Contains(n.status(), words) })
}

// TestNodeKilled: a node that is killed while it fetches and serves goes on from
// there, gives nobody a wrong byte, keeps its folder to itself while it runs,
// says why it does not share, and ends when it is told to.
func TestNodeKilled(t *testing.T) {
	t.Parallel()
	s := remotetest.Stock(t, remotetest.Media{Heights: []int{144}, Segments: 40, Rate: 400})
	video := s.Videos()[0]
	n := newEdge(t)
	if got := n.status(); !strings.Contains(got, "no node is running") {
		t.Errorf("without a node: got %q", got)
	}
	s.Delay(300 * time.Millisecond)
	n.start("--follow", s.URL, "--lan")
	for range 2 {
		n.eventually("some of it is there", func(ctx context.Context) bool {
			list, err := n.Mirrors.Holdings(ctx)
			if err != nil {
				t.Fatal(err)
			}
			return len(list) == 1 && list[0].Part > 0
		})
		c := meet(t, trackerOf(s), video.Hashes()[0])
		n.eventually("a guest gets a piece", func(context.Context) bool {
			for i := range video.Renditions()[0].Media.Segments {
				err := c.expectsOne(video.Renditions()[0], i)
				if errors.Is(err, errOthers) {
					t.Fatal(err)
				}
				if err == nil {
					return true
				}
			}
			return false
		})
		n.kill()
		c.leave()
		n.start("--lan")
	}
	s.Delay(0)
	n.holds(1)
	if err := meet(t, trackerOf(s), video.Hashes()[0]).expects(video.Renditions()[0]); err != nil {
		t.Errorf("after it was killed: %v", err)
	}

	out, err := n.command().CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 || !strings.Contains(string(out), "another") && !strings.Contains(string(out), "in use") {
		t.Errorf("a second node over the same folder: got %v and %q, want that it is refused in words", err, out)
	}

	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	n.says("Shares   with 1 viewer")
	must(n.Sharing.Pause(t.Context(), time.Now().Add(time.Hour)))
	n.says("nothing now: paused, until ")
	must(n.Sharing.Pause(t.Context(), time.Time{}))
	must(n.Sharing.Consent(t.Context(), false))
	n.says("nothing now: switched off")
	must(n.Sharing.Consent(t.Context(), true))
	p, err := n.Settings.Preferences(t.Context())
	must(err)
	p.MonthCap = 1
	must(n.Settings.Set(t.Context(), p))
	n.says("the month's limit is reached, until ")
	p.MonthCap = 0
	p.From, p.To = time.Now().Add(2*time.Hour).Format("15:04"), time.Now().Add(3*time.Hour).Format("15:04")
	must(n.Settings.Set(t.Context(), p))
	n.says("outside the hours that were set, until ")
	p.From, p.To = "", ""
	must(n.Settings.Set(t.Context(), p))
	n.says("no viewer has asked")
	began := time.Now()
	n.stop()
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("it took %v to end", took)
	}
}
