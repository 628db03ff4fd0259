// Command federate measures the built server among many others, all on this
// machine: how soon a new video is at all servers that follow, while some of them
// are dead and some are slow; how many activities it takes in; what lists and
// searches cost over many videos of other servers; and, where it is asked to, how
// a million deliveries drain. It does so on SQLite, and on PostgreSQL too where
// VIDIVERSE_TEST_POSTGRES names one.
//
//	go run ./app/bench/federate -binary bin/vidiverse
//	.ci/postgres go run ./app/bench/federate -binary bin/vidiverse -only lists
//	go run ./app/bench/federate -binary bin/vidiverse -only storm -storm 1000000
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
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
	inbox     int // activities that come in
	storm     int // deliveries that go out; 0 is none
	span      time.Duration
	only      string // the beginning of a step's name; empty is all
	on        string // sqlite or postgres; empty is both
}

func main() {
	var o options
	flag.StringVar(&o.binary, "binary", "bin/vidiverse", "program to measure")
	flag.IntVar(&o.hosts, "hosts", 1000, "servers that follow")
	flag.IntVar(&o.followers, "followers", 10_000, "people on them who do")
	flag.IntVar(&o.dead, "dead", 100, "servers of them that refuse connections")
	flag.IntVar(&o.slow, "slow", 100, "servers of them that answer after six seconds")
	flag.IntVar(&o.videos, "videos", 100_000, "videos of other servers that are known")
	flag.IntVar(&o.inbox, "inbox", 5000, "activities of other servers that come in")
	flag.IntVar(&o.storm, "storm", 0, "deliveries that go out at once, such as 1000000")
	flag.DurationVar(&o.span, "for", 4*time.Second, "length of each load")
	flag.StringVar(&o.only, "only", "", "one step alone: fan-out, inbox, lists or storm")
	flag.StringVar(&o.on, "on", "", "one database alone: sqlite or postgres")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := both(ctx, o); err != nil {
		log.Fatal(err)
	}
}

// both measures on one database after the other.
func both(ctx context.Context, o options) error {
	if o.on != "postgres" {
		rows, err := run(ctx, o, "")
		fmt.Println("SQLite")
		measure.Print(os.Stdout, rows)
		if err != nil {
			return err
		}
	}
	server := os.Getenv("VIDIVERSE_TEST_POSTGRES")
	if o.on == "sqlite" || o.on == "" && server == "" {
		return nil
	}
	url, drop, err := newDatabase(ctx, server)
	if err != nil {
		return err
	}
	rows, err := run(ctx, o, url)
	fmt.Println("PostgreSQL")
	measure.Print(os.Stdout, rows)
	return errors.Join(err, drop())
}

// configuration lets the server talk to servers on this machine. What comes in
// comes from very few addresses.
const configuration = `rates_limit:
  api: {window: 1 second, max: 1000000}
  login: {window: 1 second, max: 1000000}
  activity_pub: {window: 1 second, max: 1000000}
federation:
  prevent_ssrf: false
`

// bench is one run: a server on one database among the crowd.
type bench struct {
	options
	*measure.Instance
	crowd *crowd
	keys  keyPair
	video string // uuid of the one that is published
}

// run measures on the database at url, or on SQLite in a new folder.
func run(ctx context.Context, o options, url string) (rows []measure.Row, err error) {
	dir, err := os.MkdirTemp("", "bench-federate")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	text := configuration
	if url == "" {
		url = "sqlite:" + filepath.Join(dir, "data", "vidiverse.sqlite")
	} else {
		text += "database: {url: '" + url + "'}\n"
	}
	b := &bench{options: o}
	if b.video, err = prepare(ctx, o, dir, text); err != nil {
		return nil, err
	}
	if b.crowd, err = gather(o); err != nil {
		return nil, err
	}
	defer b.crowd.close()
	begin := time.Now()
	if b.keys, err = fill(ctx, url, o, b.crowd); err != nil {
		return nil, err
	}
	fmt.Fprintf(os.Stderr, "%d followers and %d videos made in %.0f s\n", o.followers, o.videos, time.Since(begin).Seconds())
	if b.Instance, err = measure.StartInstanceWith(ctx, o.binary, dir, text); err != nil {
		return nil, err
	}
	rows, err = b.steps(ctx)
	return rows, errors.Join(err, b.Stop())
}

func (b *bench) steps(ctx context.Context) (rows []measure.Row, err error) {
	if err := b.SignIn(ctx); err != nil {
		return nil, err
	}
	for _, step := range []struct {
		name string
		do   func(context.Context) ([]measure.Row, error)
	}{{"fan-out", b.fanOut}, {"inbox", b.takeIn}, {"lists", b.lists}, {"storm", b.outbreak}} {
		if b.only != "" && !strings.HasPrefix(step.name, b.only) {
			continue
		}
		more, err := step.do(ctx)
		rows = append(rows, more...)
		if err != nil {
			return rows, fmt.Errorf("%s: %w", step.name, err)
		}
	}
	return append(rows, measure.Row{Figure: "RSS after", Unit: "MB", Ours: b.RSS()}, measure.Row{Figure: "RSS at most", Unit: "MB", Ours: b.Memory("VmHWM"), Budget: measure.Budget{Max: 300}}), nil
}

// prepare makes a closed video that is ready to be opened.
func prepare(ctx context.Context, o options, dir, text string) (uuid string, err error) {
	i, err := measure.StartInstanceWith(ctx, o.binary, dir, text)
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
	return uuid, errors.Join(err, i.Stop())
}
