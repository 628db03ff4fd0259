package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"vidiverse/app/bench/measure"
)

// drought is how long nothing may arrive before a storm counts as stuck.
const drought = 30 * time.Second

// outbreak is a viral video: so many comments on it that each healthy server is
// sent, together, the deliveries that were asked for, and as many edits as
// comments, of which only the newest are worth anything. It ends when all
// comments are everywhere.
func (b *bench) outbreak(ctx context.Context) ([]measure.Row, error) {
	if b.storm == 0 {
		return nil, nil
	}
	if err := b.Put(ctx, "/api/v1/videos/"+b.video, map[string]int{"privacy": 1}); err != nil {
		return nil, err
	}
	healthy := b.hosts - b.dead - b.slow
	// Who only follows the instance hears of comments once it announced the video.
	for begin := time.Now(); b.crowd.reached() < healthy && time.Since(begin) < patience && ctx.Err() == nil; {
		measure.Settle(ctx, 10*time.Millisecond)
	}
	comments := max(1, b.storm/healthy)
	path := "/api/v1/videos/" + b.video
	used, begin := b.CPU(), time.Now()
	for n := range comments {
		if err := b.Post(ctx, path+"/comment-threads", map[string]string{"text": fmt.Sprint("What a film: ", n)}); err != nil {
			return nil, err
		}
		if err := b.Put(ctx, path, map[string]string{"description": fmt.Sprint("Seen by ", n)}); err != nil {
			return nil, err
		}
	}
	told, want := time.Since(begin), int64(comments*healthy)
	last, at := int64(-1), time.Now()
	for b.crowd.notes.Load() < want {
		if n := b.crowd.notes.Load(); n != last {
			last, at = n, time.Now()
		}
		if time.Since(at) > drought || ctx.Err() != nil {
			return nil, errors.Join(ctx.Err(), fmt.Errorf("%d of %d comments came, and no more", last, want))
		}
		measure.Settle(ctx, 20*time.Millisecond)
	}
	took := time.Since(begin)
	return []measure.Row{
		{Figure: fmt.Sprintf("storm: %d comments told", comments), Unit: "s", Ours: told.Seconds()},
		{Figure: fmt.Sprintf("  at %d servers", healthy), Unit: "s", Ours: took.Seconds()},
		{Figure: "  deliveries of comments", Unit: "1/s", Ours: float64(want) / took.Seconds()},
		{Figure: "  edits asked for", Unit: "thousand", Ours: float64(comments*healthy) / 1000},
		{Figure: "  edits delivered", Unit: "thousand", Ours: float64(b.crowd.edits.Load()) / 1000},
		{Figure: "  CPU", Unit: "s", Ours: (b.CPU() - used).Seconds()},
		{Figure: "RSS at most", Unit: "MB", Ours: b.Memory("VmHWM"), Budget: measure.Budget{Max: 300}},
	}, nil
}
