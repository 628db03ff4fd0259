package e2e

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vidiverse/node"
	"vidiverse/node/remote/remotetest"
)

// running serves a node in this process until the test ends.
func running(t *testing.T, cfg node.Config) opened {
	t.Helper()
	if cfg.Data == "" {
		cfg.Data = filepath.Join(t.TempDir(), "n")
	}
	cfg.Loopback, cfg.LAN = true, true
	n, err := node.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- n.Serve(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := errors.Join(<-done, n.Close()); err != nil {
			t.Errorf("the node: %v", err)
		}
	})
	return opened{t, n.Services()}
}

// mirrors keeps and shares all of an origin.
func (n opened) mirrors(origin string) {
	n.Helper()
	n.must(n.Sharing.Consent(n.Context(), true))
	in, err := n.Library.Add(n.Context(), origin)
	n.must(err)
	n.must(n.Mirrors.Set(n.Context(), in.Origin, 1<<30))
}

// eventually waits for a condition by asking for it.
func (n opened) eventually(what string, holds func() bool) {
	n.Helper()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); !holds(); <-tick.C {
		if time.Now().After(deadline) {
			n.Fatalf("after %v still not: %s", patience, what)
		}
	}
}

// holds waits until exactly these videos are held, whole.
func (n opened) holds(videos ...*remotetest.Video) {
	n.Helper()
	n.eventually("the node holds these videos", func() bool {
		list, err := n.Mirrors.Holdings(n.Context())
		n.must(err)
		whole := map[string]bool{}
		for _, h := range list {
			whole[h.Video] = h.Part == 1
		}
		for _, v := range videos {
			if !whole[v.UUID] {
				return false
			}
		}
		return len(list) == len(videos)
	})
}

func trackerOf(s *remotetest.Server) string {
	return "ws" + strings.TrimPrefix(s.URL, "http") + "/tracker/socket"
}
