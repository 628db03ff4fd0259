package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"

	"vidiverse/app/bench/measure"
)

// rangeSize is about what a player asks for at once.
const rangeSize = 256 << 10

// load measures a started server.
func load(ctx context.Context, o options, i *measure.Instance, f film, dir string) (rows []measure.Row, err error) {
	measure.Settle(ctx, o.settle)
	rows = append(rows, measure.Row{Figure: "RSS idle", Unit: "MB", Ours: i.RSS(), Peer: 509, Of: peerTube, Budget: measure.Budget{Max: 60}})
	some := func() string { return f.others[rand.N(len(f.others))] }
	for _, c := range []struct {
		name string
		path func() string
		peer float64
	}{
		{"list of 15", func() string { return "/api/v1/videos" }, 194},
		{"list of 15, any page", func() string { return fmt.Sprint("/api/v1/videos?start=", rand.N(len(f.others)-15)) }, 0},
		{"one video", func() string { return "/api/v1/videos/" + f.uuid }, 365},
		{"any video", func() string { return "/api/v1/videos/" + some() }, 0},
		{"page of a video", func() string { return "/w/" + f.uuid }, 564},
		{"page of any video", func() string { return "/w/" + some() }, 0},
		{"home page", func() string { return "/" }, 0},
	} {
		l := measure.Load{For: o.span, Request: func(int, int) []byte { return measure.Get(i.Addr, c.path(), "") }}
		r, err := warm(ctx, i.Process, l)
		if err != nil {
			return rows, err
		}
		rows = append(rows, figures(c.name, r, c.peer)...)
	}
	ranged, err := ranges(ctx, o, i, f, dir)
	rows = append(rows, ranged...)
	if err != nil {
		return rows, err
	}
	measure.Settle(ctx, o.settle)
	return append(rows, measure.Row{Figure: fmt.Sprintf("RSS %v after load", o.settle), Unit: "MB", Ours: i.RSS(), Budget: measure.Budget{Max: 150}}), nil
}

// warm loads for a moment before it measures.
func warm(ctx context.Context, p *measure.Process, l measure.Load) (measure.Result, error) {
	first := l
	first.For = l.For / 8
	if _, err := p.Run(ctx, first); err != nil {
		return measure.Result{}, err
	}
	return p.Run(ctx, l)
}

// figures are the rows of one kind of request; peer is PeerTube's rate.
func figures(name string, r measure.Result, peer float64) []measure.Row {
	rate := measure.Row{Figure: name, Unit: "1/s", Ours: r.Rate}
	if peer > 0 {
		rate.Peer, rate.Of, rate.Budget = peer, peerTube, measure.Budget{RatioMin: 10}
	}
	return []measure.Row{rate,
		{Figure: "  CPU", Unit: "ms", Ours: r.CPU.Seconds() * 1000},
		{Figure: "  p99", Unit: "ms", Ours: r.P99.Seconds() * 1000},
	}
}

// ranges loads the server and nginx with the same ranges of the same file, in
// turn, and keeps the median of the pairs.
func ranges(ctx context.Context, o options, i *measure.Instance, f film, dir string) ([]measure.Row, error) {
	peer, err := nginx(ctx, dir)
	if err != nil {
		return nil, err
	}
	defer func() { _ = peer.Stop() }() // it served its purpose
	whole := int(f.size / rangeSize)
	if whole == 0 {
		return nil, fmt.Errorf("%s has %d bytes", f.path, f.size)
	}
	one := func(p *measure.Process) (measure.Result, error) {
		return warm(ctx, p, measure.Load{Status: 206, For: o.span / 2, Request: func(int, int) []byte {
			from := rand.N(whole) * rangeSize
			return measure.Get(p.Addr, f.path, fmt.Sprintf("bytes=%d-%d", from, from+rangeSize-1))
		}})
	}
	var rate, cpu, p99 []measure.Row
	for n := range o.pairs {
		a, err := one(i.Process)
		if err != nil {
			return nil, err
		}
		b, err := one(peer)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(os.Stderr, "ranges, pair %d: %.0f/s and %.0f/s\n", n+1, a.Rate, b.Rate)
		rate = append(rate, beside("256 KiB ranges", "1/s", a.Rate, b.Rate, measure.Budget{RatioMin: 0.9}))
		cpu = append(cpu, beside("  CPU", "ms", a.CPU.Seconds()*1000, b.CPU.Seconds()*1000, measure.Budget{}))
		p99 = append(p99, beside("  p99", "ms", a.P99.Seconds()*1000, b.P99.Seconds()*1000, measure.Budget{}))
	}
	return []measure.Row{middle(rate), middle(cpu), middle(p99)}, nil
}

func beside(figure, unit string, ours, peer float64, b measure.Budget) measure.Row {
	return measure.Row{Figure: figure, Unit: unit, Ours: ours, Peer: peer, Of: "nginx, now", Budget: b}
}

// middle is the row whose ratio is the median.
func middle(rows []measure.Row) measure.Row {
	slices.SortFunc(rows, func(a, b measure.Row) int {
		if a.Ratio() < b.Ratio() {
			return -1
		}
		return 1
	})
	return rows[len(rows)/2]
}
