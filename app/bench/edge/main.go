// Command edge measures the built node: what peers and kept films cost it, how
// fast it gives to browsers, how soon it plays, and how much of a viewer's bytes
// it takes off the server.
//
//	go run ./app/bench/edge -binary bin/vidiverse
//
// Others are measured in the same run: Chromium, pion as it comes, mpv. It needs
// the npm packages of app/e2e/npm, Chromium, ffmpeg, mpv and libmpv. Memory and
// CPU are those of processes apart from the ones that load them.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"vidiverse/app/bench/measure"
)

type options struct {
	binary   string
	peers    int
	churn    int
	channel  int // MiB
	drives   int
	videos   int
	segments int
	settle   time.Duration
	minutes  int
	watch    time.Duration
}

// parts in the order of the table.
var parts = []struct {
	name string
	run  func(context.Context, options) ([]measure.Row, error)
}{
	{"channel", channel},
	{"distance", distance},
	{"peers", peers},
	{"churn", churn},
	{"thousand", thousand},
	{"opening", opening},
	{"origin", origin},
}

func main() {
	var o options
	flag.StringVar(&o.binary, "binary", "bin/vidiverse", "program to measure")
	flag.IntVar(&o.channel, "channel", 40, "MiB that go over a channel at a time")
	flag.IntVar(&o.drives, "drives", 3, "times that each road is taken; the median counts")
	flag.IntVar(&o.peers, "peers", 1000, "peers that are connected and idle")
	flag.IntVar(&o.churn, "churn", 10000, "peers that come and go")
	flag.IntVar(&o.videos, "videos", 1000, "films that a node keeps")
	flag.IntVar(&o.segments, "segments", 150, "segments of each of a film's four files")
	flag.DurationVar(&o.settle, "settle", time.Minute, "pause before a node's memory is read")
	flag.IntVar(&o.minutes, "minutes", 10, "length of the film that somebody watches alone")
	flag.DurationVar(&o.watch, "watch", 40*time.Second, "how much of it is played at most")
	only := flag.String("only", "", "parts to measure, joined by commas")
	kind := flag.String("host", "", "be the host that is measured")
	listen := flag.String("listen", "", "where that host answers")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var err error
	if *kind != "" {
		err = serveHost(ctx, *kind, *listen)
	} else {
		err = run(ctx, o, *only)
	}
	if err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, o options, only string) error {
	var rows []measure.Row
	for _, part := range parts {
		if only != "" && !slices.Contains(strings.Split(only, ","), part.name) {
			continue
		}
		begin := time.Now()
		more, err := part.run(ctx, o)
		rows = append(rows, more...)
		if err != nil {
			measure.Print(os.Stdout, rows)
			return fmt.Errorf("%s: %w", part.name, err)
		}
		fmt.Fprintf(os.Stderr, "%s: %.0f s\n", part.name, time.Since(begin).Seconds())
	}
	measure.Print(os.Stdout, rows)
	return nil
}
