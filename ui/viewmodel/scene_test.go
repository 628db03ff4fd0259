package viewmodel_test

import (
	"context"
	"testing"

	"vidiverse/node/control"
	"vidiverse/ui/uitest"
	"vidiverse/ui/viewmodel"
	"vidiverse/ui/viewmodel/words"
)

// scene is a desk over a node in memory, whose UI goroutine is the test.
type scene struct {
	*uitest.Loop
	t    *testing.T
	node *uitest.Node
	desk *viewmodel.Desk
}

func open(t *testing.T) *scene {
	t.Helper()
	s := &scene{Loop: uitest.NewLoop(), t: t, node: uitest.New()}
	ctx, end := context.WithCancel(t.Context())
	s.desk = viewmodel.New(ctx, viewmodel.Config{Services: s.node.Services(), Dispatch: s.Dispatch, Words: words.For("en")})
	t.Cleanup(func() {
		end()
		s.drain(s.desk.Wait)
	})
	return s
}

// drain runs the loop until wait returns.
func (s *scene) drain(wait func()) {
	done := make(chan struct{})
	go func() { wait(); close(done); s.Dispatch(func() {}) }()
	s.Until(s.t, "all work has ended", func() bool {
		select {
		case <-done:
			return true
		default:
			return false
		}
	})
}

func many(n int) []control.Video {
	base := uitest.New().Videos[0]
	all := make([]control.Video, n)
	for i := range all {
		all[i] = base
		all[i].Video = string(rune('a'+i%26)) + string(rune('a'+i/26%26)) + string(rune('a'+i/676))
	}
	return all
}
