package stock

import (
	"bufio"
	"context"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// Kinds of trackers.
const (
	Bittorrent = "bittorrent-tracker" // npm's own
	PeerTube   = "peertube"           // the package that PeerTube runs
)

// Tracker starts other people's tracker server, which ends with the test, and
// returns its host and port. npm is the folder of tracker.mjs and its packages.
func Tracker(t testing.TB, npm, kind string) string {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, "node", "tracker.mjs", kind)
	cmd.Dir, cmd.WaitDelay = npm, 10*time.Second
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
	return "127.0.0.1:" + strings.TrimSpace(port)
}
