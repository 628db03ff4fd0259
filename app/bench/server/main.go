// Command server measures the instance: start, memory, requests, and ranges
// beside nginx on the same file in the same run. It prints a table; figures of
// a busy machine mean little but their ratios.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

func main() {
	binary := flag.String("vidiverse", "bin/vidiverse", "program to measure")
	videos := flag.Int("videos", 10_000, "how many videos it holds")
	span := flag.Duration("for", 5*time.Second, "how long each kind of request is sent")
	flag.Parse()
	if err := measure(context.Background(), *binary, *videos, *span); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func measure(ctx context.Context, binary string, videos int, span time.Duration) error {
	binary, err := filepath.Abs(binary)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "vidiverse-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o755); err != nil { // nginx's workers read here
		return err
	}
	first, err := start(ctx, binary, dir)
	if err != nil {
		return err
	}
	if err := first.stop(); err != nil {
		return err
	}
	if err := seed(ctx, filepath.Join(dir, "data"), videos); err != nil {
		return err
	}
	var cold []time.Duration
	for range 5 {
		p, err := start(ctx, binary, dir)
		if err != nil {
			return err
		}
		cold = append(cold, p.ready)
		if err := p.stop(); err != nil {
			return err
		}
	}
	slices.Sort(cold)
	row("cold start to first 200, median of 5", "%.3f s", cold[2].Seconds())
	return load(ctx, binary, dir, span)
}

// load sends each kind of request to one process.
func load(ctx context.Context, binary, dir string, span time.Duration) error {
	p, err := start(ctx, binary, dir)
	if err != nil {
		return err
	}
	defer p.stop()
	row("memory before load", "%.1f MB", p.memory())
	for _, c := range []struct{ name, path string }{
		{"list of 15", "/api/v1/videos?count=15"},
		{"video", "/api/v1/videos/" + one},
		{"page", "/w/" + one},
	} {
		if err := report(ctx, c.name, p, p.base+c.path, "", span); err != nil {
			return err
		}
	}
	media := "/streaming-playlists/hls/" + one + "/" + fileName
	ours, err := requests(ctx, p.base+"/static"+media, ranges, span)
	if err != nil {
		return err
	}
	n, err := nginx(ctx, dir)
	if err != nil {
		return err
	}
	defer n.stop()
	theirs, err := requests(ctx, n.base+media, ranges, span)
	if err != nil {
		return err
	}
	row("256 KiB ranges", "%.0f/s, nginx %.0f/s, ratio %.2f", ours.rate, theirs.rate, ours.rate/theirs.rate)
	row("memory after load", "%.1f MB", p.memory())
	return nil
}

func report(ctx context.Context, name string, p *process, url, rng string, span time.Duration) error {
	before := p.cpu()
	r, err := requests(ctx, url, rng, span)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	each := (p.cpu() - before).Seconds() / float64(r.count) * 1e6
	row(name, "%.0f/s, %.0f µs of CPU each, p99 %.1f ms", r.rate, each, r.p99.Seconds()*1000)
	return nil
}

func row(name, format string, args ...any) {
	fmt.Printf("%-40s %s\n", name, fmt.Sprintf(format, args...))
}
