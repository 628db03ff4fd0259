// Command tracker compares our tracker with bittorrent-tracker's server and with
// the package that PeerTube runs, each in a process of its own, under the same
// load:
//
//	go run ./app/bench/tracker -peers 20000
//
// It prints CPU, memory and delay of each, in peace and after a restart to which
// everybody comes back at once. It needs the npm packages of app/e2e/npm.
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

	"vidiverse/app/bench/measure"
	"vidiverse/p2p/tracker"
)

func main() {
	peers := flag.Int("peers", 20_000, "connections")
	rounds := flag.Int("announces", 60_000, "announces with five offers, as fast as they are answered")
	npm := flag.String("npm", "app/e2e/npm", "folder of tracker.mjs and its packages")
	serve := flag.String("serve", "", "be the server that is measured, at this address")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var err error
	if *serve != "" {
		err = serveOurs(ctx, *serve)
	} else {
		err = compare(ctx, *npm, min(*peers, descriptors()-64), *rounds)
	}
	if err != nil {
		log.Fatal(err)
	}
}

// known stands for an allow list that knows every hash.
type known struct{}

func (known) Allowed(context.Context, [20]byte) (bool, error) { return true, nil }

func serveOurs(ctx context.Context, listen string) error {
	t := tracker.New(tracker.Config{Allow: known{}, MaxSockets: 1 << 20, MaxSocketsPerAddress: 1 << 20})
	ln, err := net.Listen("tcp", listen)
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
	theirs := func(kind string) func(string) *exec.Cmd {
		return func(port string) *exec.Cmd {
			cmd := exec.CommandContext(ctx, "node", "tracker.mjs", kind, port)
			cmd.Dir = npm
			return cmd
		}
	}
	ours := &server{name: "vidiverse", path: "/tracker/socket", make: func(port string) *exec.Cmd {
		return exec.CommandContext(ctx, self, "-serve", "127.0.0.1:"+port)
	}}
	mine, again, err := ours.measured(ctx, peers, rounds)
	if err != nil {
		return fmt.Errorf("our server: %w", err)
	}
	var rows []measure.Row
	for _, kind := range []string{"bittorrent-tracker", "peertube"} {
		s := &server{name: kind, path: "/", make: theirs(kind)}
		r, back, err := s.measured(ctx, peers, rounds)
		if err != nil {
			return fmt.Errorf("%s: %w", kind, err)
		}
		of := kind + ", now"
		rows = append(rows,
			measure.Row{Figure: "announces a CPU-second", Unit: "1/s", Ours: mine.perCPU, Peer: r.perCPU, Of: of, Budget: measure.Budget{RatioMin: 2}},
			measure.Row{Figure: "memory of a peer", Unit: "KiB", Ours: mine.peerMB * 1024, Peer: r.peerMB * 1024, Of: of, Budget: measure.Budget{RatioMax: 0.25}},
			measure.Row{Figure: "p99 at 500 announces/s", Unit: "ms", Ours: mine.p99, Peer: r.p99, Of: of, Budget: measure.Budget{Max: 50}},
			measure.Row{Figure: "all back after a restart", Unit: "s", Ours: again.back, Peer: back.back, Of: of, Budget: measure.Budget{Max: 60}},
			measure.Row{Figure: "CPU of that", Unit: "s", Ours: again.cpu, Peer: back.cpu, Of: of},
			measure.Row{Figure: "p99 of who is in, meanwhile", Unit: "ms", Ours: again.p99, Peer: back.p99, Of: of, Budget: measure.Budget{Max: 50}},
			measure.Row{Figure: "upgrades a peer", Unit: "", Ours: again.tries, Peer: back.tries, Of: of},
		)
	}
	rows = append(rows, measure.Row{Figure: "memory of a peer, bound", Unit: "KiB", Ours: mine.peerMB * 1024, Budget: measure.Budget{Max: 12}})
	fmt.Printf("tracker, %d peers\n", peers)
	measure.Print(os.Stdout, rows)
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
