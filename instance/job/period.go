package job

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"vidiverse/instance/db"
)

// period is something done once in each slot of time, by one process of all.
type period struct {
	name     string
	interval time.Duration
	spec     Spec
}

// Every enqueues spec once in each interval, counted from the Unix epoch, over
// all processes and restarts. Slots that pass while no process runs are not
// made up for, and a slot is skipped while the job of the last one is
// unfinished. An interval of 0 or less is never.
func (q *Queue) Every(name string, interval time.Duration, spec Spec) {
	if spec.DedupeKey == "" {
		spec.DedupeKey = "every:" + name
	}
	if interval > 0 {
		q.periods = append(q.periods, period{name, interval, spec})
	}
}

func (q *Queue) keepPeriods(ctx context.Context) error {
	g := new(errgroup.Group)
	for _, p := range q.periods {
		g.Go(func() error { return q.each(ctx, p, q.enqueuePeriod) })
	}
	g.Go(func() error {
		return q.each(ctx, period{name: "sweep-jobs", interval: q.cfg.SweepEvery}, q.sweepPeriod)
	})
	return g.Wait()
}

// each calls do at the start of each slot, and once at the start of Serve.
func (q *Queue) each(ctx context.Context, p period, do func(context.Context, period, int64) error) error {
	for {
		now := q.cfg.Now()
		slot := now.UnixMilli() / max(p.interval.Milliseconds(), 1)
		if err := do(ctx, p, slot); err != nil && ctx.Err() == nil {
			q.log.Error("periodic task not started", "task", p.name, "err", err)
		}
		next := time.UnixMilli((slot + 1) * max(p.interval.Milliseconds(), 1))
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(max(next.Sub(now), time.Millisecond)):
		}
	}
}

func (q *Queue) enqueuePeriod(ctx context.Context, p period, slot int64) error {
	return q.store.db.Write(ctx, func(tx db.Tx) error {
		first, err := q.store.takeSlot(ctx, tx, p.name, slot)
		if err != nil || !first {
			return err
		}
		_, err = q.Enqueue(ctx, tx, p.spec)
		return err
	})
}

func (q *Queue) sweepPeriod(ctx context.Context, p period, slot int64) error {
	first := false
	err := q.store.db.Write(ctx, func(tx db.Tx) (err error) {
		first, err = q.store.takeSlot(ctx, tx, p.name, slot)
		return err
	})
	if err != nil || !first {
		return err
	}
	return q.Sweep(ctx)
}

// Sweep deletes finished jobs that are older, or more, than the configuration
// keeps. Serve calls it from time to time.
func (q *Queue) Sweep(ctx context.Context) error {
	const batch = 500 // a transaction; writers get their turn in between
	steps := []func(tx db.Tx) (int64, error){
		func(tx db.Tx) (int64, error) { return q.store.sweep(ctx, tx, Completed, q.cfg.KeepCompleted, batch) },
		func(tx db.Tx) (int64, error) { return q.store.sweep(ctx, tx, Failed, q.cfg.KeepFailed, batch) },
		func(tx db.Tx) (int64, error) { return q.store.sweepBeyond(ctx, tx, q.cfg.KeepMost, batch) },
	}
	for _, step := range steps {
		for n := int64(batch); n == batch; {
			err := q.store.db.Write(ctx, func(tx db.Tx) (err error) {
				n, err = step(tx)
				return err
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}
