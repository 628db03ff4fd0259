package job

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"vidiverse/instance/db"
)

// run is one attempt of a job in this process.
type run struct {
	q    *Queue
	kind kind
	lost context.CancelCauseFunc

	mu       sync.Mutex
	finished bool
	shown    time.Time // when progress was last written
	percent  int
}

// Progress notes how far the job is, in percent. It writes at most once a
// second, so it may be called often. ErrLost means: stop working.
func (j *Job) Progress(ctx context.Context, percent int) error {
	if j.run == nil {
		return ErrLost
	}
	percent = min(max(percent, 0), 100)
	if !j.run.worthShowing(percent, time.Now()) {
		return nil
	}
	return j.run.q.store.db.Write(ctx, func(tx db.Tx) error { return j.run.q.store.progress(ctx, tx, j, percent) })
}

func (r *run) worthShowing(percent int, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if percent == r.percent || now.Sub(r.shown) < time.Second {
		return false
	}
	r.percent, r.shown = percent, now
	return true
}

// Finish completes the job and runs fn in the same transaction: both are
// written or neither. It returns ErrLost, having written nothing, when this
// attempt no longer holds the job. fn may be nil and may run more than once.
// A shutdown that has begun does not keep finished work from being written.
func (j *Job) Finish(ctx context.Context, fn func(tx db.Tx) error) error {
	if j.run == nil {
		return ErrLost
	}
	switch cause := context.Cause(ctx); {
	case errors.Is(cause, ErrLost):
		return ErrLost
	case errors.Is(cause, ErrShutdown):
		ctx = context.WithoutCancel(ctx)
	}
	q := j.run.q
	err := q.store.db.Write(ctx, func(tx db.Tx) error {
		freed, err := q.store.complete(ctx, tx, j)
		if err != nil {
			return err
		}
		if fn != nil {
			if err := fn(tx); err != nil {
				return err
			}
		}
		tx.AfterCommit(func() { q.notify(time.Time{}, freed...) })
		return nil
	})
	if err == nil {
		j.run.mu.Lock()
		j.run.finished = true
		j.run.mu.Unlock()
	}
	return err
}

func (r *run) isFinished() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.finished
}

// work runs the handler of a claimed job and writes what came of it.
func (q *Queue) work(ctx context.Context, j *Job) {
	hctx, lost := context.WithCancelCause(context.WithoutCancel(ctx))
	defer lost(nil)
	stop := context.AfterFunc(ctx, func() { lost(ErrShutdown) })
	defer stop()
	j.run = &run{q: q, kind: q.kinds[j.Type], lost: lost}
	q.begin(j)
	err := q.handle(hctx, j)
	q.conclude(context.WithoutCancel(ctx), j, err, context.Cause(hctx))
	q.end(j)
}

func (q *Queue) handle(ctx context.Context, j *Job) (err error) {
	if limit := j.run.kind.Timeout; limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, limit)
		defer cancel()
	}
	defer func() {
		if p := recover(); p != nil {
			q.log.Error("job handler panicked", "job", j.ID, "type", j.Type, "panic", p, "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return j.run.kind.handle(ctx, j)
}

// conclude tries for a while: a disk that is full for a moment must not turn a
// finished job into one that looks crashed.
func (q *Queue) conclude(ctx context.Context, j *Job, err, cause error) {
	ctx, cancel := context.WithTimeout(ctx, q.cfg.Lease)
	defer cancel()
	for pause := 100 * time.Millisecond; ; pause *= 2 {
		werr := q.settle(ctx, j, err, cause)
		if errors.Is(werr, ErrLost) {
			q.log.Warn("job was cancelled or its lease lost", "job", j.ID, "type", j.Type, "attempt", j.Attempt, "err", err)
			return
		}
		if werr == nil {
			return
		}
		q.log.Error("outcome of a job not written", "job", j.ID, "type", j.Type, "err", werr)
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}

func (q *Queue) settle(ctx context.Context, j *Job, err, cause error) error {
	switch {
	case j.run.isFinished():
		if err != nil {
			q.log.Warn("job handler failed after it had finished", "job", j.ID, "type", j.Type, "err", err)
		}
		return nil
	case errors.Is(cause, ErrLost):
		return ErrLost
	case err == nil:
		return j.Finish(ctx, nil)
	case errors.Is(cause, ErrShutdown) && !isPermanent(err):
		return q.store.db.Write(ctx, func(tx db.Tx) error { return q.store.again(ctx, tx, j, 0, false, false, nil) })
	}
	return q.failed(ctx, j, err)
}

// failed retries a job whose handler returned an error, or gives up.
func (q *Queue) failed(ctx context.Context, j *Job, cause error) error {
	if isPermanent(cause) || j.failures() >= j.MaxAttempts {
		q.log.Warn("job failed", "job", j.ID, "type", j.Type, "attempt", j.Attempt, "err", cause)
		return q.giveUp(ctx, j, false, cause)
	}
	pause := q.kinds[j.Type].Backoff(j.failures())
	q.log.Info("job will be tried again", "job", j.ID, "type", j.Type, "attempt", j.Attempt, "seconds", pause.Seconds(), "err", cause)
	return q.store.db.Write(ctx, func(tx db.Tx) error {
		tx.AfterCommit(func() { q.notify(q.cfg.Now().Add(pause), j.Type) })
		return q.store.again(ctx, tx, j, pause, false, true, cause)
	})
}

// crashed retries a job whose process died, or parks it: a job that kills its
// process must not do so for ever.
func (q *Queue) crashed(ctx context.Context, j *Job) error {
	k := q.kinds[j.Type]
	cause := fmt.Errorf("the process ended while attempt %d ran", j.Attempt)
	q.log.Warn("job was interrupted by the end of its process", "job", j.ID, "type", j.Type, "attempt", j.Attempt, "crashes", j.Crashes+1)
	if j.Crashes+1 > k.Crashes {
		return q.giveUp(ctx, j, true, cause)
	}
	pause := k.CrashPause(j.Crashes + 1)
	return q.store.db.Write(ctx, func(tx db.Tx) error {
		tx.AfterCommit(func() { q.notify(q.cfg.Now().Add(pause), j.Type) })
		return q.store.again(ctx, tx, j, pause, true, true, cause)
	})
}

// giveUp fails a job and all that waited for it, and tells their owners, in
// one transaction.
func (q *Queue) giveUp(ctx context.Context, j *Job, crash bool, cause error) error {
	return q.store.db.Write(ctx, func(tx db.Tx) error {
		if err := q.store.fail(ctx, tx, j, crash, cause); err != nil {
			return err
		}
		children, err := q.store.failChildren(ctx, tx, j, fmt.Errorf("job %d failed: %w", j.ID, cause))
		if err != nil {
			return err
		}
		for _, f := range append([]Job{*j}, children...) {
			tell := q.kinds[f.Type].OnFailed
			if tell == nil {
				continue
			}
			if err := tell(ctx, tx, f, cause); err != nil {
				return fmt.Errorf("note the failure of job %d: %w", f.ID, err)
			}
		}
		return nil
	})
}
