package job

import (
	"context"
	"maps"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"vidiverse/instance/db"
)

// Serve runs jobs until ctx ends, then interrupts the handlers, waits for them
// and returns. What was interrupted is waiting again when it returns.
func (q *Queue) Serve(ctx context.Context) error {
	if err := q.reap(context.WithoutCancel(ctx), q.cfg.Owner); err != nil {
		return err
	}
	q.notifyAll()
	// The leases are kept until the last handler has ended, later than ctx.
	leases, release := context.WithCancel(context.WithoutCancel(ctx))
	defer release()
	g := new(errgroup.Group)
	g.Go(func() error { return q.keepLeases(leases) })
	g.Go(func() error { return q.keepPeriods(ctx) })
	g.Go(func() error {
		defer release()
		return q.dispatch(ctx)
	})
	return g.Wait()
}

// dispatch hands waiting jobs to handlers while there are free places.
func (q *Queue) dispatch(ctx context.Context) error {
	workers := new(errgroup.Group)
	defer workers.Wait() //nolint:errcheck // workers return nil
	tick := time.NewTimer(q.cfg.Poll)
	defer tick.Stop()
	for ctx.Err() == nil {
		if err := q.claim(ctx, workers); db.IsDuplicate(err) {
			q.notifyAll() // another process took a job of the same order key
		} else if err != nil && ctx.Err() == nil {
			q.log.Error("jobs not claimed", "err", err)
		}
		tick.Reset(q.untilDue())
		select {
		case <-ctx.Done():
		case <-q.wake:
		case <-tick.C:
			if err := q.look(ctx); err != nil && ctx.Err() == nil {
				q.log.Error("queue not read", "err", err)
			}
		}
	}
	return nil
}

// claim starts what may run, all claims in one transaction.
func (q *Queue) claim(ctx context.Context, workers *errgroup.Group) error {
	free := q.takeReady()
	if len(free) == 0 {
		return nil
	}
	var got []Job
	var more []string // types that may have yet more
	err := q.store.db.Write(ctx, func(tx db.Tx) error {
		got, more = nil, nil
		for typ, places := range free {
			n, err := q.claimType(ctx, tx, typ, places, &got)
			if err != nil {
				return err
			}
			if n == places {
				more = append(more, typ)
			}
		}
		return nil
	})
	if err != nil {
		more = slices.Collect(maps.Keys(free))
	}
	q.mu.Lock()
	for _, typ := range more {
		q.ready[typ] = true
	}
	for _, j := range got {
		q.used[j.Type]++
	}
	q.mu.Unlock()
	if err != nil {
		return err
	}
	for i := range got {
		workers.Go(func() error {
			q.work(ctx, &got[i])
			return nil
		})
	}
	return nil
}

func (q *Queue) claimType(ctx context.Context, tx db.Tx, typ string, places int, got *[]Job) (n int, err error) {
	for n < places {
		j, ok, err := q.store.claim(ctx, tx, typ, q.cfg.Owner, q.cfg.Lease)
		if err != nil || !ok {
			return n, err
		}
		*got = append(*got, j)
		n++
	}
	return n, nil
}

// takeReady returns the free places of types that may have a waiting job, and
// forgets that they may: whoever enqueues from now on says so again.
func (q *Queue) takeReady() map[string]int {
	q.mu.Lock()
	defer q.mu.Unlock()
	free := map[string]int{}
	if q.paused {
		return free
	}
	for typ := range q.ready {
		k, known := q.kinds[typ]
		if n := k.Concurrency - q.used[typ]; known && n > 0 {
			free[typ] = n
			delete(q.ready, typ)
		}
	}
	return free
}

// begin and end keep the books of running jobs.
func (q *Queue) begin(j *Job) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.running[j.ID] = j.run
}

func (q *Queue) end(j *Job) {
	q.mu.Lock()
	q.used[j.Type]--
	if q.running[j.ID] == j.run {
		delete(q.running, j.ID)
	}
	q.mu.Unlock()
	if j.OrderKey != "" {
		q.notifyAll() // another type may have waited for the key
	} else {
		q.notify(time.Time{})
	}
}

// lose ends the handler of a job that is no longer ours.
func (q *Queue) lose(id ID) {
	q.mu.Lock()
	r := q.running[id]
	q.mu.Unlock()
	if r != nil {
		r.lost(ErrLost)
	}
}

// untilDue is how long the dispatcher may sleep.
func (q *Queue) untilDue() time.Duration {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.due.IsZero() {
		return q.cfg.Poll
	}
	return min(max(q.due.Sub(q.cfg.Now()), time.Millisecond), q.cfg.Poll)
}

// look asks the database for what nobody told this process: jobs of others,
// jobs that became due, jobs whose process died.
func (q *Queue) look(ctx context.Context) error {
	err := q.reap(ctx, "")
	if err != nil {
		return err
	}
	wait, err := q.store.nextDue(ctx, q.types())
	if err != nil {
		return err
	}
	q.mu.Lock()
	q.due = time.Time{}
	if wait > 0 {
		q.due = q.cfg.Now().Add(wait)
	}
	q.mu.Unlock()
	q.notifyAll()
	return nil
}

func (q *Queue) types() []string { return append(slices.Collect(maps.Keys(q.kinds)), "") }

// reap handles jobs whose process is gone; owner is this process's name when
// it has just started, and what ran under it before.
func (q *Queue) reap(ctx context.Context, owner string) error {
	gone, err := q.store.abandoned(ctx, q.types(), owner)
	if err != nil {
		return err
	}
	for i := range gone {
		if err := q.crashed(ctx, &gone[i]); err != nil && err != ErrLost {
			return err
		}
	}
	return nil
}

// keepLeases renews the leases of running jobs, and ends handlers whose lease
// is gone, or could not be renewed for so long that it may be.
func (q *Queue) keepLeases(ctx context.Context) error {
	t := time.NewTicker(q.cfg.Lease / 3)
	defer t.Stop()
	last := time.Now()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
		asked := time.Now()
		ids := q.runningIDs()
		held, err := q.renew(ctx, ids)
		if err == nil {
			last = asked
		} else if ctx.Err() == nil {
			q.log.Error("job leases not renewed", "err", err)
			if time.Since(last) < q.cfg.Lease*2/3 {
				held = ids
			}
		}
		for _, id := range ids {
			if !slices.Contains(held, id) {
				q.lose(id)
			}
		}
	}
}

func (q *Queue) renew(ctx context.Context, ids []ID) (held []ID, err error) {
	if len(ids) == 0 {
		return nil, nil
	}
	err = q.store.db.Write(ctx, func(tx db.Tx) error {
		held, err = q.store.renew(ctx, tx, q.cfg.Owner, q.cfg.Lease, ids)
		return err
	})
	return held, err
}

func (q *Queue) runningIDs() []ID {
	q.mu.Lock()
	defer q.mu.Unlock()
	return slices.Collect(maps.Keys(q.running))
}
