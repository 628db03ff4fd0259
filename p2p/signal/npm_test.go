package signal

import (
	"bufio"
	"context"
	"crypto/ed25519"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestStockTracker breaks when we cannot be met through bittorrent-tracker, or
// through the package that PeerTube made of it.
func TestStockTracker(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"bittorrent-tracker", "peertube"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			meetThrough(t, kind)
		})
	}
}

func meetThrough(t *testing.T, kind string) {
	dir := filepath.Join("..", "..", "app", "e2e", "npm")
	node, err := exec.LookPath("node")
	if _, there := os.Stat(filepath.Join(dir, "node_modules", "@peertube", "bittorrent-tracker-server")); err != nil || there != nil {
		t.Skip("node or the npm packages of app/e2e/npm are not installed")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, node, "tracker.mjs", kind)
	cmd.Dir, cmd.WaitDelay = dir, 5*time.Second
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cancel(); _ = cmd.Wait() }) // killed, as it was told
	port, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the tracker does not start: %v", err)
	}
	url := "ws://127.0.0.1:" + strings.TrimSpace(port) + "/"
	signing := quick()
	signing.Key = ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)) // which they pass over
	a, stopA := serve(t, signing)
	b, _ := serve(t, signing)
	alice, bob := &party{name: "alice"}, &party{name: "bob"}
	hash := hashOf("\x01\x7f\x80\xff\"\\\n<>&")
	ma := a.Join([]string{url}, hash, alice)
	until(t, "the first announce", func() bool { return a.Stats().Announces == 1 })
	mb := b.Join([]string{url}, hash, bob)
	until(t, "an answer", func() bool { return bob.seen().answers+alice.seen().answers == 1 })
	if s := a.Stats().Strange + b.Stats().Strange; s != 0 {
		t.Errorf("frames that make no sense: got %d", s)
	}
	stopA() // tells so
	_, _ = ma, mb
	c, _ := serve(t, quick())
	mc := c.Join([]string{url}, hash, &party{name: "carol"})
	until(t, "carol's reply", func() bool { return mc.Others() == 1 })
}
