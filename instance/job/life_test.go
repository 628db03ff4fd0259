package job_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"vidiverse/instance/db"
	"vidiverse/instance/db/dbtest"
	"vidiverse/instance/job"
)

// A restart for an upgrade must not count against a long transcoding.
func TestShutdownPutsJobsBack(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		started := make(chan struct{}, 1)
		b.Handle("x", job.Options{}, func(ctx context.Context, _ *job.Job) error {
			started <- struct{}{}
			<-ctx.Done()
			if !errors.Is(context.Cause(ctx), job.ErrShutdown) {
				t.Errorf("the handler's context ended by %v, want ErrShutdown", context.Cause(ctx))
			}
			return ctx.Err()
		})
		b.Handle("saves", job.Options{}, func(ctx context.Context, j *job.Job) error {
			started <- struct{}{}
			<-ctx.Done()
			return j.Finish(ctx, nil)
		})
		stop := serve(t, b.Queue)
		id, saved := b.add(job.Spec{Type: "x", Attempts: 2}), b.add(job.Spec{Type: "saves"})
		<-started
		<-started
		stop()
		if j := b.get(id); j.State != job.Waiting || j.Error != "" {
			t.Errorf("got %s %q, want waiting", j.State, j.Error)
		}
		if j := b.get(saved); j.State != job.Completed {
			t.Errorf("work that was done at shutdown is %s, want completed", j.State)
		}
		next := open(t, b.d)
		at := func(int) time.Duration { return 0 }
		next.Handle("x", job.Options{Backoff: at}, func(context.Context, *job.Job) error { return errors.New("fails") })
		serve(t, next.Queue)
		next.untilState(id, job.Failed)
		if j := b.get(id); j.Attempt != 3 || j.Crashes != 0 {
			t.Errorf("got attempt %d and %d crashes, want 3 and 0: one interrupted, two failed", j.Attempt, j.Crashes)
		}
	})
}

// A process that hung past its lease must not write over the one that took on.
func TestLostLease(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		started, resume, result := make(chan struct{}), make(chan struct{}), make(chan error, 1)
		b.Handle("x", job.Options{}, func(ctx context.Context, j *job.Job) error {
			close(started)
			<-resume
			result <- j.Finish(context.WithoutCancel(ctx), func(db.Tx) error {
				t.Error("an attempt without lease wrote")
				return nil
			})
			return nil
		})
		serve(t, b.Queue)
		id := b.add(job.Spec{Type: "x"})
		<-started
		other := job.New(b.d, job.Config{Now: func() time.Time { return b.clock.now().Add(time.Hour) }, Owner: "two", Poll: 10 * time.Millisecond})
		other.Handle("x", job.Options{}, func(context.Context, *job.Job) error { return nil })
		serve(t, other)
		b.untilState(id, job.Completed)
		close(resume)
		if err := <-result; !errors.Is(err, job.ErrLost) {
			t.Errorf("got %v, want ErrLost", err)
		}
		if j := b.get(id); j.Attempt != 2 || j.Crashes != 1 {
			t.Errorf("got attempt %d and %d crashes, want 2 and 1", j.Attempt, j.Crashes)
		}
	})
}

// Leases are renewed while a handler works, and it is told when that fails.
func TestLeaseIsKept(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		const lease = 300 * time.Millisecond
		q := job.New(b.d, job.Config{Owner: "one", Lease: lease, Poll: 20 * time.Millisecond})
		begun := make(chan context.Context, 2)
		q.Handle("x", job.Options{}, func(ctx context.Context, _ *job.Job) error {
			begun <- ctx
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(4 * lease):
				return nil
			}
		})
		serve(t, q)
		id := b.add(job.Spec{Type: "x"})
		b.untilState(id, job.Completed)
		if j := b.get(id); j.Attempt != 1 {
			t.Errorf("got %d attempts, want 1: the lease was not renewed", j.Attempt)
		}
		<-begun
		id = b.add(job.Spec{Type: "x"})
		ctx := <-begun
		stolen := b.d.Write(t.Context(), func(tx db.Tx) error {
			_, err := tx.NewRaw("UPDATE job SET owner = 'two' WHERE id = ?", id).Exec(t.Context())
			return err
		})
		if stolen != nil {
			t.Fatal(stolen)
		}
		<-ctx.Done()
		if cause := context.Cause(ctx); !errors.Is(cause, job.ErrLost) {
			t.Errorf("the handler's context ended by %v, want ErrLost", cause)
		}
	})
}

// abandon leaves a claimed job behind, as a killed process does.
func (b *bench) abandon(id job.ID, owner string) {
	b.t.Helper()
	err := b.d.Write(b.t.Context(), func(tx db.Tx) error {
		_, err := tx.NewRaw("UPDATE job SET state = 'active', attempt = attempt + 1, owner = ?, lease_until = ? WHERE id = ?",
			owner, db.Millis(b.clock.now().Add(time.Minute)), id).Exec(b.t.Context())
		return err
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

func TestRestartTakesUpItsOwnJobsAtOnce(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		mine, others := b.add(job.Spec{Type: "x", Attempts: 1}), b.add(job.Spec{Type: "x"})
		b.abandon(mine, "one")
		b.abandon(others, "two")
		b.Handle("x", job.Options{}, func(context.Context, *job.Job) error { return nil })
		serve(t, b.Queue)
		b.untilState(mine, job.Completed)
		if j := b.get(mine); j.Attempt != 2 || j.Crashes != 1 {
			t.Errorf("got attempt %d and %d crashes, want 2 and 1", j.Attempt, j.Crashes)
		}
		if j := b.get(others); j.State != job.Active {
			t.Errorf("the job of another live process is %s", j.State)
		}
		b.clock.ahead.Store(int64(2 * time.Minute))
		b.untilState(others, job.Completed)
	})
}

// A film that kills ffmpeg's parent may not do so for ever.
func TestPoisonJobIsParked(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		never := func(context.Context, *job.Job) error { t.Error("the job ran again"); return nil }
		id := b.add(job.Spec{Type: "x", Attempts: 1})
		child := b.add(job.Spec{Type: "x", Parent: id})
		for crash := 1; crash <= 3; crash++ {
			b.abandon(id, "one")
			q := open(t, b.d)
			q.Handle("x", job.Options{Crashes: 2}, never)
			ctx, cancel := context.WithCancel(t.Context())
			cancel() // Serve recovers what was left behind and ends
			if err := q.Serve(ctx); err != nil {
				t.Fatal(err)
			}
			want := map[int]job.State{1: job.Waiting, 2: job.Delayed, 3: job.Failed}[crash]
			if j := b.get(id); j.State != want || j.Crashes != crash {
				t.Errorf("after crash %d: got %s with %d crashes, want %s", crash, j.State, j.Crashes, want)
			}
		}
		if j := b.get(child); j.State != job.Failed {
			t.Errorf("the child of a parked job is %s, want failed", j.State)
		}
	})
}

func TestPeriodicJobRunsOnceASlot(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		var ran atomic.Int32
		interval := time.Hour
		for range 3 { // three processes, or one that is restarted
			q := job.New(b.d, job.Config{Now: b.clock.now, Poll: 10 * time.Millisecond})
			q.Every("views", interval, job.Spec{Type: "views"})
			q.Every("never", 0, job.Spec{Type: "views"})
			q.Handle("views", job.Options{}, func(context.Context, *job.Job) error { ran.Add(1); return nil })
			defer serve(t, q)()
		}
		until(t, "the task ran", func() bool {
			_, total, err := b.List(t.Context(), job.Filter{States: []job.State{job.Completed}})
			return err == nil && total == 1
		})
		var slots int
		if err := b.d.Read().NewRaw("SELECT count(*) FROM job_period WHERE name = 'views'").Scan(t.Context(), &slots); err != nil || slots != 1 {
			t.Errorf("got %d slots, %v", slots, err)
		}
		if ran.Load() != 1 {
			t.Errorf("ran %d times in a slot, want once", ran.Load())
		}
	})
}

// Two server processes over one database share the work: each job runs once,
// and one order key is never active twice.
func TestTwoProcessesShareTheQueue(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		const jobs = 60
		var active [4]atomic.Int32
		var ran atomic.Int32
		for i := range jobs {
			b.add(job.Spec{Type: "x", OrderKey: fmt.Sprint(i % len(active))})
		}
		for _, owner := range []string{"one", "two"} {
			q := job.New(b.d, job.Config{Owner: owner, Poll: 10 * time.Millisecond})
			q.Handle("x", job.Options{Concurrency: 4}, func(_ context.Context, j *job.Job) error {
				key := &active[j.OrderKey[0]-'0']
				if key.Add(1) > 1 {
					t.Errorf("two jobs of key %s ran at once", j.OrderKey)
				}
				defer key.Add(-1)
				ran.Add(1)
				return nil
			})
			serve(t, q)
		}
		until(t, "all are completed", func() bool {
			_, total, err := b.List(t.Context(), job.Filter{States: []job.State{job.Completed}})
			return err == nil && total == jobs
		})
		if ran.Load() != jobs {
			t.Errorf("%d runs of %d jobs", ran.Load(), jobs)
		}
	})
}

func TestShortPeriodRepeats(t *testing.T) {
	b := open(t, dbtest.SQLite(t))
	var ran atomic.Int32
	b.Every("tick", 30*time.Millisecond, job.Spec{Type: "tick"})
	b.Handle("tick", job.Options{}, func(context.Context, *job.Job) error { ran.Add(1); return nil })
	serve(t, b.Queue)
	until(t, "it ran three times", func() bool { return ran.Load() >= 3 })
}

func TestSweep(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		q := job.New(b.d, job.Config{Now: b.clock.now, KeepMost: 3})
		b.Handle("good", job.Options{}, func(context.Context, *job.Job) error { return nil })
		b.Handle("bad", job.Options{}, func(context.Context, *job.Job) error { return job.Permanent(errors.New("x")) })
		count := func(state job.State) int {
			_, total, err := b.List(t.Context(), job.Filter{States: []job.State{state}})
			if err != nil {
				t.Fatal(err)
			}
			return total
		}
		for range 4 {
			b.add(job.Spec{Type: "good"})
		}
		b.add(job.Spec{Type: "bad"})
		b.add(job.Spec{Type: "unknown"})
		stop := serve(t, b.Queue)
		until(t, "all are done", func() bool { return count(job.Completed) == 4 && count(job.Failed) == 1 })
		stop()
		for _, step := range []struct {
			ahead             time.Duration
			completed, failed int
		}{{0, 2, 1}, {3 * 24 * time.Hour, 0, 1}, {8 * 24 * time.Hour, 0, 0}} {
			b.clock.ahead.Store(int64(step.ahead))
			if err := q.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
			if c, f := count(job.Completed), count(job.Failed); c != step.completed || f != step.failed {
				t.Errorf("after %v: got %d completed and %d failed, want %d and %d", step.ahead, c, f, step.completed, step.failed)
			}
		}
		if got := count(job.Waiting); got != 1 {
			t.Errorf("the sweep took an unfinished job: %d left", got)
		}
	})
}

// Whatever moment a server is killed at, each job has its effect exactly once.
func TestKilledServerLosesNoJob(t *testing.T) {
	const env, jobs = "JOB_TEST_DB", 150
	if file := os.Getenv(env); file != "" {
		d, err := db.Open(context.Background(), db.Config{URL: "sqlite:" + file})
		if err != nil {
			t.Fatal(err)
		}
		work(t, d)
		return
	}
	file := filepath.Join(t.TempDir(), "a.db")
	url := db.Config{URL: "sqlite:" + file}
	d, err := db.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	b := open(t, d)
	for range jobs {
		b.add(job.Spec{Type: "x", Attempts: 1})
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	for range 8 {
		c := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKilledServerLosesNoJob$", "-test.timeout=60s")
		c.Env = append(os.Environ(), env+"="+file)
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		kill := time.AfterFunc(60*time.Millisecond, func() { _ = c.Process.Kill() }) // it may have ended
		_ = c.Wait()                                                                 // killed
		kill.Stop()
	}
	if d, err = db.Open(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	b = open(t, d)
	stop := startWork(t, b)
	until(t, "all jobs are completed", func() bool {
		_, total, err := b.List(t.Context(), job.Filter{States: []job.State{job.Completed}})
		return err == nil && total == jobs
	})
	stop()
	var effects int
	if err := d.Read().NewRaw("SELECT count(*) FROM setting").Scan(t.Context(), &effects); err != nil || effects != jobs {
		t.Errorf("got %d effects (%v), want %d", effects, err, jobs)
	}
}

func work(t *testing.T, d *db.DB) {
	b := open(t, d)
	startWork(t, b)
	select {} // until it is killed
}

func startWork(t *testing.T, b *bench) (stop func()) {
	b.Handle("x", job.Options{Concurrency: 2, Crashes: 100}, func(ctx context.Context, j *job.Job) error {
		return j.Finish(ctx, func(tx db.Tx) error { // a plain INSERT: a second effect would fail
			_, err := tx.NewRaw("INSERT INTO setting (key, value, updated_at) VALUES (?, '', 0)", fmt.Sprint(j.ID)).Exec(ctx)
			return err
		})
	})
	return serve(t, b.Queue)
}

func BenchmarkEnqueueAndRun(b *testing.B) {
	d := dbtest.SQLite(b)
	q := job.New(d, job.Config{})
	left := make(chan struct{}, b.N+1)
	q.Handle("x", job.Options{Concurrency: 8}, func(context.Context, *job.Job) error { left <- struct{}{}; return nil })
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan error, 1)
	go func() { done <- q.Serve(ctx) }()
	b.ResetTimer()
	for range b.N {
		err := d.Write(ctx, func(tx db.Tx) error {
			_, err := q.Enqueue(ctx, tx, job.Spec{Type: "x"})
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	for range b.N {
		<-left
	}
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "jobs/s")
	cancel()
	if err := <-done; err != nil {
		b.Fatal(err)
	}
}
