package e2e

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"vidiverse/node"
	"vidiverse/node/remote/remotetest"
)

// stream is a guest of a video's only file who asks for it over and over.
type stream struct {
	c     *talk
	ended chan error // how it went on, once the connection has ended
}

func streams(t *testing.T, s *remotetest.Server, v *remotetest.Video) stream {
	t.Helper()
	r := v.Renditions()[0]
	c := meet(t, trackerOf(s), v.Hashes()[0])
	if err := c.expects(r); err != nil {
		t.Fatal(err)
	}
	g := stream{c, make(chan error, 1)}
	go func() {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for i := 0; ; i++ {
			err := c.expectsOne(r, i%len(r.Media.Segments))
			select {
			case <-c.Done():
				if !errors.Is(err, errOthers) {
					err = nil // the end
				}
				g.ended <- err
				return
			case <-tick.C:
			}
			if err != nil {
				g.ended <- err
				return
			}
		}
	}()
	return g
}

// gone waits until a guest's connection has ended, before which all that came
// was right.
func (g stream) gone(t *testing.T, what string) {
	t.Helper()
	select {
	case err := <-g.ended:
		g.c.leave()
		if err != nil {
			t.Errorf("the %s video, until its guest was told to go: %v", what, err)
		}
	case <-time.After(patience):
		t.Errorf("the %s video is shared on", what)
	}
}

// TestOriginChanges: what an instance changes, takes back or hides is no more
// given to anybody by a node that runs, and never mixed with what it was.
func TestOriginChanges(t *testing.T) {
	t.Parallel()
	small := remotetest.Media{Heights: []int{144}, Segments: 6}
	s := remotetest.Stock(t, small, small, small, small)
	videos := s.Videos()
	n := running(t, node.Config{Look: 5 * time.Second})
	n.mirrors(s.URL)
	n.holds(videos...)
	replaced, rewritten := streams(t, s, videos[0]), streams(t, s, videos[1])
	videos[0].Replace(remotetest.Media{Heights: []int{240}, Segments: 5})
	videos[1].Rewrite()
	replaced.gone(t, "replaced")
	rewritten.gone(t, "rewritten")
	n.holds(videos...)
	for _, v := range videos[:2] {
		if err := meet(t, trackerOf(s), v.Hashes()[0]).expects(v.Renditions()[0]); err != nil {
			t.Errorf("after the change: %v", err)
		}
	}

	hidden, deleted := streams(t, s, videos[2]), streams(t, s, videos[3])
	videos[2].SetPrivacy(remotetest.Private)
	videos[3].Delete()
	hidden.gone(t, "hidden")
	deleted.gone(t, "deleted")
	n.holds(videos[0], videos[1])
}

// TestOriginDies: what an instance had goes on being given to those who come by
// its tracker, and to those who are there when that dies, too.
func TestOriginDies(t *testing.T) {
	t.Parallel()
	s := remotetest.Stock(t, remotetest.Media{Heights: []int{144}, Segments: 6})
	video := s.Videos()[0]
	n := running(t, node.Config{Look: 5 * time.Second})
	n.mirrors(s.URL)
	n.holds(video)
	s.Intercept(func(_ http.ResponseWriter, r *http.Request) bool {
		if !strings.HasPrefix(r.URL.Path, "/tracker/") {
			panic(http.ErrAbortHandler)
		}
		return false
	})
	n.eventually("the node says that the instance does not answer", func() bool {
		list, err := n.Library.Instances(t.Context())
		n.must(err)
		return strings.Contains(list[0].Problem.String(), "does not answer")
	})
	guest := meet(t, trackerOf(s), video.Hashes()[0])
	s.Die()
	if err := guest.expects(video.Renditions()[0]); err != nil {
		t.Errorf("while the instance is dead: %v", err)
	}
	n.holds(video)
	if state, err := n.Sharing.State(t.Context()); err != nil || state.Reason != "" || state.People == 0 {
		t.Errorf("got %+v, %v, want that it shares", state, err)
	}
}
