package e2e

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"vidiverse/node/control"
)

// edge is a `vidiverse node` process over a data folder; it may be started and
// ended any number of times. What fails ends the test and shows its log.
type edge struct {
	testing.TB
	data    string
	log     *record
	process *exec.Cmd // nil while none runs
	ended   chan error
	control.Services
}

func newEdge(t testing.TB) *edge {
	t.Helper()
	n := &edge{TB: t, data: filepath.Join(t.TempDir(), "n"), log: newRecord()}
	t.Cleanup(func() {
		if n.process != nil {
			n.kill()
		}
		if t.Failed() {
			t.Logf("log of the node:\n%s", n.log)
		}
	})
	return n
}

func (n *edge) command(args ...string) *exec.Cmd {
	n.Helper()
	name, err := program()
	if err != nil {
		n.Fatal(err)
	}
	cmd := exec.CommandContext(n.Context(), name, append([]string{"node"}, append(args, "--data", n.data)...)...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + filepath.Dir(n.data)}
	cmd.WaitDelay = 10 * time.Second
	return cmd
}

// start returns when the node answers.
func (n *edge) start(args ...string) {
	n.Helper()
	cmd := n.command(args...)
	ready := n.log.await("The node is ready")
	cmd.Stdout, cmd.Stderr = n.log, n.log
	if err := cmd.Start(); err != nil {
		n.Fatal(err)
	}
	n.process, n.ended = cmd, make(chan error, 1)
	go func(ended chan error) { ended <- cmd.Wait() }(n.ended)
	select {
	case <-ready:
	case err := <-n.ended:
		n.process = nil
		n.Fatalf("the node ended while it started: %v", err)
	case <-time.After(patience):
		n.Fatal("the node does not become ready")
	}
	var err error
	if n.Services, err = control.Dial(n.Context(), filepath.Join(n.data, "node.sock")); err != nil {
		n.Fatal(err)
	}
}

func (n *edge) wait() error {
	n.Helper()
	select {
	case err := <-n.ended:
		n.process = nil
		return err
	case <-time.After(patience):
		n.Fatal("the node does not end")
		return nil
	}
}

func (n *edge) kill() {
	n.Helper()
	_ = n.process.Process.Kill() // it may have ended by itself: wait says so
	if err := n.wait(); err == nil || !strings.Contains(err.Error(), "killed") {
		n.Errorf("the node ended with %v, want that it was killed", err)
	}
}

// stop asks the node to end, and requires that it says it did so in order.
func (n *edge) stop() {
	n.Helper()
	if err := n.process.Process.Signal(syscall.SIGTERM); err != nil {
		n.Fatal(err)
	}
	if err := n.wait(); err != nil {
		n.Fatalf("the node ended with %v, want success", err)
	}
}

// eventually waits for a condition by asking for it.
func (n *edge) eventually(what string, holds func(ctx context.Context) bool) {
	n.Helper()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); !holds(n.Context()); <-tick.C {
		select {
		case err := <-n.ended:
			n.process = nil
			n.Fatalf("the node ended (%v) before: %s", err, what)
		default:
		}
		if time.Now().After(deadline) {
			n.Fatalf("after %v still not: %s\nthe node says %s", patience, what, n.status())
		}
	}
}

// holds waits until the node has all of so many videos.
func (n *edge) holds(videos int) {
	n.Helper()
	n.eventually("the node holds the videos", func(ctx context.Context) bool {
		list, err := n.Mirrors.Holdings(ctx)
		if err != nil {
			n.Fatal(err)
		}
		whole := 0
		for _, h := range list {
			if h.Part == 1 {
				whole++
			}
		}
		return whole >= videos
	})
}

// status is what the command says about the node that runs.
func (n *edge) status() string {
	n.Helper()
	out, err := n.command("status").CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		n.Fatal(err)
	}
	return string(out)
}
