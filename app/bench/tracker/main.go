// Command tracker compares our tracker with bittorrent-tracker's server, each
// in a process of its own, under the same load:
//
//	go run ./app/bench/tracker -peers 20000
//
// It prints CPU and memory of either server and their ratios. It needs the npm
// packages of app/e2e/npm.
package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"strings"

	"vidiverse/p2p/tracker"
)

func main() {
	peers := flag.Int("peers", 20_000, "connections")
	rounds := flag.Int("announces", 60_000, "announces with five offers, as fast as they are answered")
	npm := flag.String("npm", "app/e2e/npm", "folder of tracker.mjs and its packages")
	serve := flag.Bool("serve", false, "be the server that is measured")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var err error
	if *serve {
		err = serveOurs(ctx)
	} else {
		err = compare(ctx, *npm, min(*peers, descriptors()-500), *rounds)
	}
	if err != nil {
		log.Fatal(err)
	}
}

// known stands for an allow list that knows every hash.
type known struct{}

func (known) Allowed(context.Context, [20]byte) (bool, error) { return true, nil }

func serveOurs(ctx context.Context) error {
	t := tracker.New(tracker.Config{Allow: known{}, MaxSocketsPerAddress: 1 << 20})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(ln.Addr().(*net.TCPAddr).Port)
	go func() { _ = t.Serve(ctx) }() // ends with the process
	return http.Serve(ln, t)
}

func compare(ctx context.Context, npm string, peers, rounds int) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	ours, err := run(ctx, exec.CommandContext(ctx, self, "-serve"), "/tracker/socket", peers, rounds)
	if err != nil {
		return fmt.Errorf("our server: %w", err)
	}
	node := exec.CommandContext(ctx, "node", "tracker.mjs")
	node.Dir = npm
	theirs, err := run(ctx, node, "/", peers, rounds)
	if err != nil {
		return fmt.Errorf("bittorrent-tracker: %w", err)
	}
	fmt.Printf("%-32s %14s %18s %8s %s\n", "tracker, "+fmt.Sprint(peers)+" peers", "vidiverse", "bittorrent-tracker", "ratio", "budget")
	row := func(what string, a, b, ratio float64, budget string) {
		fmt.Printf("%-32s %14.1f %18.1f %8.2f %s\n", what, a, b, ratio, budget)
	}
	row("announces / CPU-second", ours.perCPU, theirs.perCPU, ours.perCPU/theirs.perCPU, ">= 2")
	row("peers / MB", 1/ours.peerMB, 1/theirs.peerMB, theirs.peerMB/ours.peerMB, ">= 5")
	row("KiB / peer", ours.peerMB*1024, theirs.peerMB*1024, ours.peerMB/theirs.peerMB, "<= 12 KiB")
	row("p99 ms at 500 announces/s", ours.p99, theirs.p99, ours.p99/theirs.p99, "< 50 ms")
	return nil
}

// start runs a server that prints its port.
func start(cmd *exec.Cmd) (port string, err error) {
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := cmd.Start(); err != nil {
		return "", err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	go func() { _, _ = io.Copy(io.Discard, out) }() // ends with the server
	return strings.TrimSpace(line), err
}
