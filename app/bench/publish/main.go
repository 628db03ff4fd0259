// Command publish measures how long an uploaded film takes through the built
// server until it is published, and until all its renditions are there, beside
// ffmpeg alone doing the same work in the same run:
//
//	go run ./app/bench/publish -binary bin/vidiverse
//
// The server finds a small script in place of ffmpeg that writes down each
// command line. Afterwards the same command lines run again by themselves, one
// after the other.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"vidiverse/app/bench/measure"
)

func main() {
	binary := flag.String("binary", "bin/vidiverse", "program to measure")
	seconds := flag.Int("seconds", 30, "length of the film")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	rows, err := run(ctx, *binary, *seconds)
	if err != nil {
		log.Fatal(err)
	}
	measure.Print(os.Stdout, rows)
}

func run(ctx context.Context, binary string, seconds int) ([]measure.Row, error) {
	dir, err := os.MkdirTemp("", "bench-publish")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	film := filepath.Join(dir, "film.mp4")
	if err := measure.Film(ctx, film, seconds); err != nil {
		return nil, err
	}
	rec, err := newRecorder(dir)
	if err != nil {
		return nil, err
	}
	i, err := measure.StartInstance(ctx, binary, dir, rec.environ())
	if err != nil {
		return nil, err
	}
	published, all, err := ours(ctx, i, film)
	if stopped := i.Stop(); err == nil {
		err = stopped
	}
	if err != nil {
		return nil, err
	}
	encodes, err := rec.encodes()
	if err != nil {
		return nil, err
	}
	var alone []time.Duration
	var sum time.Duration
	for _, e := range encodes {
		took, err := e.again(ctx, rec.real)
		if err != nil {
			return nil, err
		}
		alone, sum = append(alone, took), sum+took
	}
	return rows(seconds, len(alone), published, all, alone[0], sum), nil
}

func rows(seconds, renditions int, published, all, first, sum time.Duration) []measure.Row {
	const of = "ffmpeg alone, now"
	return []measure.Row{
		{Figure: fmt.Sprintf("%d s film → published", seconds), Unit: "s", Ours: published.Seconds(), Peer: first.Seconds(), Of: of,
			Budget: measure.Budget{Max: first.Seconds() + 1}},
		{Figure: fmt.Sprintf("%d s film → all of %d", seconds, renditions), Unit: "s", Ours: all.Seconds(), Peer: sum.Seconds(), Of: of,
			Budget: measure.Budget{RatioMax: 1.05}},
	}
}

// ours is how long the server takes, from the first byte of the upload on.
func ours(ctx context.Context, i *measure.Instance, film string) (published, all time.Duration, err error) {
	if err := i.SignIn(ctx); err != nil {
		return 0, 0, err
	}
	begin := time.Now()
	uuid, err := i.Upload(ctx, film)
	if err != nil {
		return 0, 0, err
	}
	if _, err := i.Await(ctx, uuid, false); err != nil {
		return 0, 0, err
	}
	published = time.Since(begin)
	_, err = i.Await(ctx, uuid, true)
	return published, time.Since(begin), err
}
