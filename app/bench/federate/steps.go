package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"vidiverse/app/bench/measure"
)

// patience is how long the healthy servers are waited for.
const patience = 2 * time.Minute

// fanOut opens the video and waits until each healthy server heard of it.
func (b *bench) fanOut(ctx context.Context) ([]measure.Row, error) {
	measure.Settle(ctx, 2*time.Second)
	idle, used, begin := b.RSS(), b.CPU(), time.Now()
	if err := b.Put(ctx, "/api/v1/videos/"+b.video, map[string]int{"privacy": 1}); err != nil {
		return nil, err
	}
	healthy := b.hosts - b.dead - b.slow
	for b.crowd.reached() < healthy && time.Since(begin) < patience && ctx.Err() == nil {
		measure.Settle(ctx, 10*time.Millisecond)
	}
	took := b.crowd.times(begin)
	if len(took) < healthy {
		return nil, errors.Join(ctx.Err(), fmt.Errorf("only %d of %d healthy servers heard of the video in %v", len(took), healthy, patience))
	}
	slices.Sort(took)
	return []measure.Row{
		{Figure: fmt.Sprintf("new video at half of %d servers", healthy), Unit: "s", Ours: took[healthy/2].Seconds()},
		{Figure: "  at 99 %", Unit: "s", Ours: took[healthy*99/100].Seconds(), Budget: measure.Budget{Max: 5}},
		{Figure: "  at all", Unit: "s", Ours: took[healthy-1].Seconds(), Budget: measure.Budget{Max: 10}},
		{Figure: "  CPU", Unit: "s", Ours: (b.CPU() - used).Seconds()},
		{Figure: "RSS before", Unit: "MB", Ours: idle},
		{Figure: "RSS then", Unit: "MB", Ours: b.Memory("VmHWM"), Budget: measure.Budget{Max: 300}},
	}, nil
}

// PeerTube's lists of fifteen a second on two cores, as it was measured.
const peertube = 194

// lists measures what is asked for over many videos of other servers. Each
// question is another one, so that no answer is repeated.
func (b *bench) lists(ctx context.Context) (rows []measure.Row, err error) {
	fast := measure.Budget{RatioMin: 10}
	soon := measure.Budget{Max: 100}
	other := func(path string) func() string {
		return func() string { return fmt.Sprint(path, "nobody=", rand.N(1<<40)) }
	}
	for _, c := range []struct {
		name string
		rate measure.Budget
		p99  measure.Budget
		path func() string
	}{
		{"list of 15, everywhere", fast, soon, other("/api/v1/videos?")},
		{"  the same question", fast, soon, func() string { return "/api/v1/videos" }},
		{"  any page", measure.Budget{}, soon, func() string { return fmt.Sprint("/api/v1/videos?start=", rand.N(b.videos-15)) }},
		{"  any page, most liked", measure.Budget{}, soon, func() string { return fmt.Sprint("/api/v1/videos?sort=-likes&start=", rand.N(b.videos-15)) }},
		{"  ours alone", fast, soon, other("/api/v1/videos?isLocal=true&")},
		{"  trending", fast, soon, other("/api/v1/videos?sort=-trending&")},
		{"  hot, nothing sensitive", fast, soon, other("/api/v1/videos?sort=-hot&nsfw=false&")},
		{"  one of two categories", measure.Budget{}, soon, func() string {
			return fmt.Sprint("/api/v1/videos?categoryOneOf=", rand.N(18), "&categoryOneOf=", rand.N(18))
		}},
		{"  of one server", measure.Budget{}, soon, func() string { return "/api/v1/videos?host=" + b.crowd.host(rand.N(b.hosts)) }},
		{"search for a rare word", measure.Budget{}, soon, func() string { return "/api/v1/search/videos?search=" + rare(rand.N(b.videos)) }},
		{"search for a frequent word", measure.Budget{}, soon, func() string { return "/api/v1/search/videos?search=remote" }},
		{"search for two words", measure.Budget{}, soon, func() string { return fmt.Sprint("/api/v1/search/videos?search=remote+", rare(rand.N(b.videos))) }},
	} {
		r, err := b.Run(ctx, measure.Load{For: b.span, Clients: 4, Request: func(int, int) []byte { return measure.Get(b.Addr, c.path(), "") }})
		if err != nil {
			return rows, fmt.Errorf("%s: %w", c.name, err)
		}
		row := measure.Row{Figure: c.name, Unit: "1/s", Ours: r.Rate, Budget: c.rate}
		if c.rate != (measure.Budget{}) {
			row.Peer, row.Of = peertube, "PeerTube's newest, recorded"
		}
		rows = append(rows, row, measure.Row{Figure: "    p99", Unit: "ms", Ours: r.P99.Seconds() * 1000, Budget: c.p99})
	}
	return rows, nil
}
