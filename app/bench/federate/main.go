// Command federate measures the built server among many others, all on this
// machine: how soon a new video is at all servers that follow, while some of them
// are dead and some are slow; and what lists and searches cost over many videos
// of other servers.
//
//	go run ./app/bench/federate -binary bin/vidiverse
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"vidiverse/app/bench/measure"
)

// options say what is measured.
type options struct {
	binary    string
	hosts     int
	followers int // in all
	dead      int // of the hosts
	slow      int
	videos    int // of other servers
	span      time.Duration
}

func main() {
	var o options
	flag.StringVar(&o.binary, "binary", "bin/vidiverse", "program to measure")
	flag.IntVar(&o.hosts, "hosts", 1000, "servers that follow")
	flag.IntVar(&o.followers, "followers", 10_000, "people on them who do")
	flag.IntVar(&o.dead, "dead", 100, "servers of them that refuse connections")
	flag.IntVar(&o.slow, "slow", 100, "servers of them that answer after six seconds")
	flag.IntVar(&o.videos, "videos", 100_000, "videos of other servers that are known")
	flag.DurationVar(&o.span, "for", 4*time.Second, "length of each load")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	rows, err := run(ctx, o)
	measure.Print(os.Stdout, rows)
	if err != nil {
		log.Fatal(err)
	}
}

// configuration lets the server talk to servers on this machine.
const configuration = `rates_limit:
  api: {window: 1 second, max: 1000000}
  login: {window: 1 second, max: 1000000}
federation:
  prevent_ssrf: false
`

func run(ctx context.Context, o options) (rows []measure.Row, err error) {
	dir, err := os.MkdirTemp("", "bench-federate")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	uuid, err := prepare(ctx, o, dir)
	if err != nil {
		return nil, err
	}
	c, err := gather(o)
	if err != nil {
		return nil, err
	}
	defer c.close()
	begin := time.Now()
	if err := fill(ctx, filepath.Join(dir, "data"), o, c); err != nil {
		return nil, err
	}
	fmt.Fprintf(os.Stderr, "%d followers and %d videos made in %.0f s\n", o.followers, o.videos, time.Since(begin).Seconds())
	i, err := measure.StartInstanceWith(ctx, o.binary, dir, configuration)
	if err != nil {
		return nil, err
	}
	rows, err = fanOut(ctx, o, i, c, uuid)
	if err == nil {
		var more []measure.Row
		more, err = lists(ctx, o, i)
		rows = append(rows, more...)
	}
	if stopped := i.Stop(); err == nil {
		err = stopped
	}
	return rows, err
}

// prepare makes a closed video that is ready to be opened.
func prepare(ctx context.Context, o options, dir string) (uuid string, err error) {
	i, err := measure.StartInstanceWith(ctx, o.binary, dir, configuration)
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "film.mp4")
	steps := []func() error{
		func() error { return measure.Film(ctx, path, 5) },
		func() error { return i.SignIn(ctx) },
		func() error { uuid, err = i.Upload(ctx, path); return err },
		func() error { _, err := i.Await(ctx, uuid, true); return err },
		func() error { return i.Put(ctx, "/api/v1/videos/"+uuid, map[string]int{"privacy": 3}) },
	}
	for _, step := range steps {
		if err = step(); err != nil {
			break
		}
	}
	if stopped := i.Stop(); err == nil {
		err = stopped
	}
	return uuid, err
}

// patience is how long the healthy servers are waited for.
const patience = 2 * time.Minute

// fanOut opens the video and waits until each healthy server heard of it.
func fanOut(ctx context.Context, o options, i *measure.Instance, c *crowd, uuid string) ([]measure.Row, error) {
	if err := i.SignIn(ctx); err != nil {
		return nil, err
	}
	measure.Settle(ctx, 2*time.Second)
	idle, used, begin := i.RSS(), i.CPU(), time.Now()
	if err := i.Put(ctx, "/api/v1/videos/"+uuid, map[string]int{"privacy": 1}); err != nil {
		return nil, err
	}
	healthy := o.hosts - o.dead - o.slow
	for c.reached() < healthy && time.Since(begin) < patience {
		measure.Settle(ctx, 10*time.Millisecond)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	took := c.times(begin)
	if len(took) < healthy {
		return nil, fmt.Errorf("only %d of %d healthy servers heard of the video in %v", len(took), healthy, patience)
	}
	slices.Sort(took)
	return []measure.Row{
		{Figure: fmt.Sprintf("new video at half of %d servers", healthy), Unit: "s", Ours: took[healthy/2].Seconds()},
		{Figure: "  at 99 %", Unit: "s", Ours: took[healthy*99/100].Seconds(), Budget: measure.Budget{Max: 5}},
		{Figure: "  at all", Unit: "s", Ours: took[healthy-1].Seconds(), Budget: measure.Budget{Max: 10}},
		{Figure: "  CPU", Unit: "s", Ours: (i.CPU() - used).Seconds()},
		{Figure: "RSS before", Unit: "MB", Ours: idle},
		{Figure: "RSS at most", Unit: "MB", Ours: i.Memory("VmHWM"), Budget: measure.Budget{Max: 300}},
	}, nil
}

// lists measures what is asked for over many videos of other servers.
func lists(ctx context.Context, o options, i *measure.Instance) (rows []measure.Row, err error) {
	for _, c := range []struct {
		name string
		path func() string
	}{
		{"list of 15, everywhere", func() string { return "/api/v1/videos" }},
		{"  any page", func() string { return fmt.Sprint("/api/v1/videos?start=", rand.N(o.videos-15)) }},
		{"  ours alone", func() string { return "/api/v1/videos?isLocal=true" }},
		{"  trending", func() string { return "/api/v1/videos?sort=-trending" }},
		{"search for a word", func() string { return fmt.Sprint("/api/v1/search/videos?search=number", rand.N(o.videos)) }},
		{"search for a frequent word", func() string { return "/api/v1/search/videos?search=remote" }},
	} {
		r, err := i.Run(ctx, measure.Load{For: o.span, Clients: 4, Request: func(int, int) []byte { return measure.Get(i.Addr, c.path(), "") }})
		if err != nil {
			return rows, fmt.Errorf("%s: %w", c.name, err)
		}
		rows = append(rows, measure.Row{Figure: c.name, Unit: "1/s", Ours: r.Rate}, measure.Row{Figure: "  p99", Unit: "ms", Ours: r.P99.Seconds() * 1000})
	}
	return append(rows, measure.Row{Figure: "RSS after", Unit: "MB", Ours: i.RSS()}), nil
}
