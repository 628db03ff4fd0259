// Command serve measures the built server over many videos: its start, its
// memory, what lists, videos and pages cost, and ranges of a file beside nginx
// in the same run:
//
//	go run ./app/bench/serve -binary bin/vidiverse
//
// PeerTube's figures were recorded on another machine of two cores.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"vidiverse/app/bench/measure"
)

// options say what is measured and for how long.
type options struct {
	binary string
	videos int
	span   time.Duration // each figure is loaded so long
	settle time.Duration // before memory is read
	pairs  int           // of ours and nginx, in turn
}

func main() {
	var o options
	flag.StringVar(&o.binary, "binary", "bin/vidiverse", "program to measure")
	flag.IntVar(&o.videos, "videos", 10_000, "videos in the database")
	flag.DurationVar(&o.span, "for", 4*time.Second, "length of each load")
	flag.DurationVar(&o.settle, "settle", 10*time.Second, "pause before memory is read; the budget says 60s")
	flag.IntVar(&o.pairs, "pairs", 4, "times that ours and nginx are loaded with ranges, in turn")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	rows, err := run(ctx, o)
	measure.Print(os.Stdout, rows)
	if err != nil {
		log.Fatal(err)
	}
}

// starts is how often the cold start is measured.
const starts = 5

func run(ctx context.Context, o options) (rows []measure.Row, err error) {
	dir, err := os.MkdirTemp("", "bench-serve")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	film, err := prepare(ctx, o, dir)
	if err != nil {
		return nil, err
	}
	var cold []time.Duration
	for range starts {
		i, err := measure.StartInstance(ctx, o.binary, dir)
		if err != nil {
			return nil, err
		}
		cold = append(cold, i.Ready)
		if err := i.Stop(); err != nil {
			return nil, err
		}
	}
	slices.Sort(cold)
	rows = append(rows, measure.Row{Figure: fmt.Sprintf("cold start, median of %d", starts), Unit: "s", Ours: cold[starts/2].Seconds(),
		Peer: 2.06, Of: peerTube, Budget: measure.Budget{Max: 0.2}})
	i, err := measure.StartInstance(ctx, o.binary, dir)
	if err != nil {
		return rows, err
	}
	more, err := load(ctx, o, i, film, dir)
	rows = append(rows, more...)
	if stopped := i.Stop(); err == nil {
		err = stopped
	}
	return rows, err
}

const peerTube = "PeerTube, recorded"

// prepare fills a new data folder: rows of many videos, and one film that went
// the whole way.
func prepare(ctx context.Context, o options, dir string) (film, error) {
	i, err := measure.StartInstance(ctx, o.binary, dir)
	if err != nil {
		return film{}, err
	}
	path := filepath.Join(dir, "film.mp4")
	f, err := publish(ctx, i, path)
	if stopped := i.Stop(); err == nil {
		err = stopped
	}
	if err != nil {
		return film{}, err
	}
	begin := time.Now()
	f.others, err = fill(ctx, filepath.Join(dir, "data"), o.videos)
	fmt.Fprintf(os.Stderr, "%d videos made in %.0f s\n", o.videos, time.Since(begin).Seconds())
	return f, err
}
