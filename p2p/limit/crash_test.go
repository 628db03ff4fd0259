package limit_test

import (
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"vidiverse/p2p/limit"
)

const message = 60_000

// A process that is killed while it sends has counted all that it sent, and at
// most a step more.
func TestKilledWhileSending(t *testing.T) {
	if dir := os.Getenv("LIMIT_TEST_DIR"); dir != "" {
		send(t, filepath.Join(dir, "node.db"))
		return
	}
	dir := t.TempDir()
	sent := int64(0)
	for round := range 12 {
		sent += killed(t, dir, 100<<10+round*777_777)
		db, err := bbolt.Open(filepath.Join(dir, "node.db"), 0o600, &bbolt.Options{Timeout: 10 * time.Second})
		if err != nil {
			t.Fatal(err)
		}
		g, err := limit.Open(db, limit.Config{})
		if err != nil {
			t.Fatal(err)
		}
		// A message may have been let through of which nothing was sent yet.
		if got := g.State().Month; got < sent || got > sent+limit.Step+message {
			t.Errorf("round %d: counted %d, sent %d", round, got, sent)
		}
		sent = g.State().Month
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// killed runs a process that sends into a pipe, kills it after some bytes, and
// returns how many it had sent.
func killed(t *testing.T, dir string, after int) int64 {
	t.Helper()
	c := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKilledWhileSending$", "-test.timeout=60s")
	c.Env = append(os.Environ(), "LIMIT_TEST_DIR="+dir)
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	n, err := io.CopyN(io.Discard, out, int64(after))
	if err != nil {
		t.Errorf("the child sent %d bytes: %v", n, err)
	}
	if err := c.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	rest, err := io.Copy(io.Discard, out)
	if err != nil {
		t.Error(err)
	}
	if err := c.Wait(); err == nil {
		t.Error("the child was not killed")
	}
	return n + rest
}

func send(t *testing.T, name string) {
	db, err := bbolt.Open(name, 0o600, &bbolt.Options{Timeout: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	g, err := limit.Open(db, limit.Config{})
	if err != nil {
		t.Fatal(err)
	}
	set(t, g, limit.Limits{Asked: true, On: true})
	for data := make([]byte, message); ; {
		if err := g.Wait(context.Background(), len(data)); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stdout.Write(data); err != nil {
			t.Fatal(err)
		}
	}
}
