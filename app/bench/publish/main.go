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
	"syscall"
	"time"

	"vidiverse/app/bench/measure"
)

func main() {
	binary := flag.String("binary", "bin/vidiverse", "program to measure")
	seconds := flag.Int("seconds", 30, "length of the film")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
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
	var first, sum cost
	for n, e := range encodes {
		took, err := e.again(ctx, rec.real)
		if err != nil {
			return nil, err
		}
		if n == 0 {
			first = took
		}
		sum.wall, sum.cpu = sum.wall+took.wall, sum.cpu+took.cpu
	}
	return rows(seconds, len(encodes), published, all, first, sum), nil
}

func rows(seconds, encodes int, published, all, first, sum cost) []measure.Row {
	const of = "ffmpeg alone, now"
	film := fmt.Sprintf("%d s film → ", seconds)
	whole := fmt.Sprintf("%sall of %d encodes", film, encodes)
	return []measure.Row{
		{Figure: film + "published", Unit: "s", Ours: published.wall.Seconds(), Peer: first.wall.Seconds(), Of: of,
			Budget: measure.Budget{Max: first.wall.Seconds() + 1}},
		{Figure: whole, Unit: "s", Ours: all.wall.Seconds(), Peer: sum.wall.Seconds(), Of: of, Budget: measure.Budget{RatioMax: 1.05}},
		{Figure: "  CPU, thumbnails and all", Unit: "s", Ours: all.cpu.Seconds(), Peer: sum.cpu.Seconds(), Of: of},
	}
}

// ours is what the server takes, from the first byte of the upload on.
func ours(ctx context.Context, i *measure.Instance, film string) (published, all cost, err error) {
	if err := i.SignIn(ctx); err != nil {
		return published, all, err
	}
	before, begin := i.CPU(), time.Now()
	since := func() cost { return cost{time.Since(begin), i.CPU() - before} }
	uuid, err := i.Upload(ctx, film)
	if err != nil {
		return published, all, err
	}
	if _, err := i.Await(ctx, uuid, false); err != nil {
		return published, all, err
	}
	published = since()
	_, err = i.Await(ctx, uuid, true)
	return published, since(), err
}
