package job_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"vidiverse/instance/db"
	"vidiverse/instance/db/dbtest"
	"vidiverse/instance/job"
)

// bench is a queue and its database in one test.
type bench struct {
	t *testing.T
	d *db.DB
	*job.Queue
	clock *clock
}

// clock is the time of a test: the real one, moved on at will.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

func open(t *testing.T, d *db.DB) *bench {
	c := &clock{}
	return &bench{t, d, job.New(d, job.Config{Now: c.now, Owner: "one", Poll: 20 * time.Millisecond, Lease: 90 * time.Second}), c}
}

// run runs f for each database.
func run(t *testing.T, f func(t *testing.T, b *bench)) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) { f(t, open(t, d)) })
}

func (b *bench) add(s job.Spec) (id job.ID) {
	b.t.Helper()
	err := b.d.Write(b.t.Context(), func(tx db.Tx) (err error) {
		id, err = b.Enqueue(b.t.Context(), tx, s)
		return err
	})
	if err != nil {
		b.t.Fatalf("enqueue: %v", err)
	}
	return id
}

func (b *bench) get(id job.ID) job.Job {
	b.t.Helper()
	all, _, err := b.List(b.t.Context(), job.Filter{Count: 1000})
	if err != nil {
		b.t.Fatal(err)
	}
	for _, j := range all {
		if j.ID == id {
			return j
		}
	}
	b.t.Fatalf("job %d is gone", id)
	return job.Job{}
}

// serve runs the queue until stop is called, which waits for it.
func serve(t *testing.T, q *job.Queue) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- q.Serve(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

// until waits for a condition that another goroutine brings about.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("waited too long until %s", what)
		}
	}
}

func (b *bench) untilState(id job.ID, want job.State) {
	b.t.Helper()
	until(b.t, fmt.Sprintf("job %d is %s", id, want), func() bool { return b.get(id).State == want })
}

func TestJobRunsOnce(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		type payload struct{ Text string }
		var ran atomic.Int32
		b.Handle("greet", job.Options{}, func(ctx context.Context, j *job.Job) error {
			ran.Add(1)
			var p payload
			if err := j.Decode(&p); err != nil || p.Text != "é\x00'?\\" {
				t.Errorf("got payload %q %v", p.Text, err)
			}
			return j.Progress(ctx, 50)
		})
		serve(t, b.Queue)
		id := b.add(job.Spec{Type: "greet", Payload: payload{"é\x00'?\\"}})
		b.untilState(id, job.Completed)
		j := b.get(id)
		if ran.Load() != 1 || j.Attempt != 1 || j.Percent != 100 || j.StartedAt.IsZero() || j.FinishedAt.IsZero() || j.Error != "" {
			t.Errorf("ran %d times, got %+v", ran.Load(), j)
		}
	})
}

func TestRolledBackJobDoesNotExist(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		err := b.d.Write(t.Context(), func(tx db.Tx) error {
			_, err := b.Enqueue(t.Context(), tx, job.Spec{Type: "x"})
			return errors.Join(err, errors.New("stop"))
		})
		if err == nil {
			t.Fatal("the transaction was committed")
		}
		if _, total, err := b.List(t.Context(), job.Filter{}); err != nil || total != 0 {
			t.Errorf("got %d jobs, %v", total, err)
		}
	})
}

func TestDedupeKey(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		b.Handle("x", job.Options{}, func(context.Context, *job.Job) error { return nil })
		first := b.add(job.Spec{Type: "x", DedupeKey: "k"})
		if again := b.add(job.Spec{Type: "x", DedupeKey: "k"}); again != first {
			t.Errorf("got job %d, want the unfinished %d", again, first)
		}
		if other := b.add(job.Spec{Type: "x"}); other == first {
			t.Error("a job without key was taken for one with a key")
		}
		serve(t, b.Queue)
		b.untilState(first, job.Completed)
		if next := b.add(job.Spec{Type: "x", DedupeKey: "k"}); next == first {
			t.Error("a finished job kept a new one away")
		}
	})
}

// What is asked for while a job runs may be something that it read too early.
func TestAnew(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		begun, end := make(chan struct{}), make(chan struct{})
		b.Handle("x", job.Options{}, func(context.Context, *job.Job) error {
			begun <- struct{}{}
			<-end
			return nil
		})
		spec := job.Spec{Type: "x", DedupeKey: "k", OrderKey: "k", Anew: true}
		first := b.add(spec)
		if again := b.add(spec); again != first {
			t.Errorf("got job %d, want %d, which has not begun", again, first)
		}
		serve(t, b.Queue)
		<-begun
		second := b.add(spec)
		if second == first {
			t.Fatal("a job that runs stood in for a later one")
		}
		if third := b.add(spec); third != second {
			t.Errorf("got job %d, want %d, which has not begun", third, second)
		}
		end <- struct{}{}
		b.untilState(first, job.Completed)
		<-begun
		third := b.add(spec)
		if third == second || third == first {
			t.Error("the second, which runs, stood in for a third")
		}
		end <- struct{}{}
		<-begun
		end <- struct{}{}
		b.untilState(third, job.Completed)
	})
}

// Deliveries to one host must not overlap, whatever their type.
func TestOrderKeyAndConcurrency(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		var mu sync.Mutex
		active, most := map[string]int{}, map[string]int{}
		handle := func(_ context.Context, j *job.Job) error {
			count := func(step int) {
				mu.Lock()
				defer mu.Unlock()
				for _, k := range []string{j.OrderKey, j.Type} {
					active[k] += step
					most[k] = max(most[k], active[k])
				}
			}
			count(1)
			defer count(-1)
			return nil
		}
		b.Handle("a", job.Options{Concurrency: 3}, handle)
		b.Handle("b", job.Options{Concurrency: 2}, handle)
		var ids []job.ID
		for i := range 24 {
			ids = append(ids, b.add(job.Spec{Type: []string{"a", "b"}[i%2], OrderKey: fmt.Sprint("host", i%3)}))
		}
		serve(t, b.Queue)
		for _, id := range ids {
			b.untilState(id, job.Completed)
		}
		mu.Lock()
		defer mu.Unlock()
		for key, limit := range map[string]int{"host0": 1, "host1": 1, "host2": 1, "a": 3, "b": 2} {
			if most[key] > limit {
				t.Errorf("%d jobs of %s ran at once, want at most %d", most[key], key, limit)
			}
		}
	})
}

func TestPriorityAndOrder(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		var got []job.ID
		done := make(chan struct{})
		b.Handle("x", job.Options{}, func(_ context.Context, j *job.Job) error {
			if got = append(got, j.ID); len(got) == 4 {
				close(done)
			}
			return nil
		})
		late := b.add(job.Spec{Type: "x", Priority: 5})
		first := b.add(job.Spec{Type: "x", Priority: 1})
		second := b.add(job.Spec{Type: "x", Priority: 1})
		urgent := b.add(job.Spec{Type: "x", Priority: -1})
		serve(t, b.Queue)
		<-done
		if want := []job.ID{urgent, first, second, late}; !slices.Equal(got, want) {
			t.Errorf("got order %v, want %v", got, want)
		}
	})
}

func TestDelayedJobWaitsForItsTime(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		b.Handle("x", job.Options{}, func(context.Context, *job.Job) error { return nil })
		later := b.add(job.Spec{Type: "x", RunAt: b.clock.now().Add(time.Hour)})
		now := b.add(job.Spec{Type: "x"})
		serve(t, b.Queue)
		b.untilState(now, job.Completed)
		if got := b.get(later).State; got != job.Delayed {
			t.Errorf("got %s, want delayed", got)
		}
		b.clock.ahead.Store(int64(2 * time.Hour))
		b.untilState(later, job.Completed)
	})
}

func TestChildrenWaitForTheirParent(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		var mu sync.Mutex
		var got []job.ID
		b.Handle("x", job.Options{Concurrency: 4}, func(_ context.Context, j *job.Job) error {
			mu.Lock()
			defer mu.Unlock()
			got = append(got, j.ID)
			return nil
		})
		parent := b.add(job.Spec{Type: "x"})
		child := b.add(job.Spec{Type: "x", Parent: parent})
		grandchild := b.add(job.Spec{Type: "x", Parent: child})
		if got := b.get(child).State; got != job.WaitingChildren {
			t.Errorf("got %s, want waiting-children", got)
		}
		serve(t, b.Queue)
		b.untilState(grandchild, job.Completed)
		mu.Lock()
		if want := []job.ID{parent, child, grandchild}; !slices.Equal(got, want) {
			t.Errorf("got order %v, want %v", got, want)
		}
		mu.Unlock()
		b.untilState(b.add(job.Spec{Type: "x", Parent: parent}), job.Completed) // the parent is done already
	})
}

func TestFailureReachesChildrenAndOwners(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		broken := errors.New("broken")
		b.Handle("x", job.Options{
			Backoff: func(int) time.Duration { return time.Millisecond },
			OnFailed: func(ctx context.Context, tx db.Tx, j job.Job, cause error) error {
				if !errors.Is(cause, broken) {
					t.Errorf("got cause %v", cause)
				}
				_, err := tx.NewRaw("INSERT INTO setting (key, value, updated_at) VALUES (?, '', 0)", fmt.Sprint(j.ID)).Exec(ctx)
				return err
			},
		}, func(context.Context, *job.Job) error { return broken })
		parent := b.add(job.Spec{Type: "x", Attempts: 3})
		child := b.add(job.Spec{Type: "x", Parent: parent})
		grandchild := b.add(job.Spec{Type: "x", Parent: child})
		serve(t, b.Queue)
		for _, id := range []job.ID{parent, child, grandchild} {
			b.untilState(id, job.Failed)
		}
		if j := b.get(parent); j.Attempt != 3 || j.Error != "broken" {
			t.Errorf("got %d attempts and %q, want 3 and the error", j.Attempt, j.Error)
		}
		var told int
		if err := b.d.Read().NewRaw("SELECT count(*) FROM setting").Scan(t.Context(), &told); err != nil || told != 3 {
			t.Errorf("OnFailed wrote for %d jobs (%v), want 3", told, err)
		}
		err := b.d.Write(t.Context(), func(tx db.Tx) error {
			_, err := b.Enqueue(t.Context(), tx, job.Spec{Type: "x", Parent: parent})
			return err
		})
		if err == nil {
			t.Error("a job may wait for a parent that has failed")
		}
	})
}

func TestErrorsOfHandlers(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		quick := func(int) time.Duration { return 0 }
		b.Handle("permanent", job.Options{Backoff: quick}, func(context.Context, *job.Job) error {
			return fmt.Errorf("x: %w", job.Permanent(errors.New("bad")))
		})
		b.Handle("panic", job.Options{Backoff: quick}, func(context.Context, *job.Job) error { panic("bug\x00\xff") })
		b.Handle("timeout", job.Options{Backoff: quick, Timeout: time.Millisecond}, func(ctx context.Context, _ *job.Job) error {
			<-ctx.Done()
			return ctx.Err()
		})
		b.Handle("second time", job.Options{Backoff: quick}, func(_ context.Context, j *job.Job) error {
			if j.Attempt == 1 {
				return errors.New("once")
			}
			return nil
		})
		serve(t, b.Queue)
		for _, c := range []struct {
			typ      string
			state    job.State
			attempts int
		}{{"permanent", job.Failed, 1}, {"panic", job.Failed, 3}, {"timeout", job.Failed, 3}, {"second time", job.Completed, 2}} {
			id := b.add(job.Spec{Type: c.typ})
			b.untilState(id, c.state)
			if j := b.get(id); j.Attempt != c.attempts {
				t.Errorf("%s: got %d attempts, want %d", c.typ, j.Attempt, c.attempts)
			}
		}
	})
}

func TestFinishWritesWithTheJob(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		tried := make(chan struct{})
		b.Handle("x", job.Options{}, func(ctx context.Context, j *job.Job) error {
			err := j.Finish(ctx, func(tx db.Tx) error {
				_, err := b.Enqueue(ctx, tx, job.Spec{Type: "y", Parent: j.ID})
				return err
			})
			if err := j.Finish(ctx, nil); !errors.Is(err, job.ErrLost) {
				t.Errorf("a second Finish: got %v, want ErrLost", err)
			}
			close(tried)
			return err
		})
		b.Handle("y", job.Options{}, func(context.Context, *job.Job) error { return nil })
		serve(t, b.Queue)
		b.add(job.Spec{Type: "x"})
		until(t, "both are completed", func() bool {
			_, total, err := b.List(t.Context(), job.Filter{States: []job.State{job.Completed}})
			return err == nil && total == 2
		})
		<-tried
	})
}

func TestCancel(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		started := make(chan struct{})
		cause := make(chan error, 1)
		b.Handle("x", job.Options{}, func(ctx context.Context, j *job.Job) error {
			close(started)
			<-ctx.Done()
			cause <- context.Cause(ctx)
			if err := j.Finish(ctx, nil); !errors.Is(err, job.ErrLost) {
				t.Errorf("finish of a cancelled job: got %v, want ErrLost", err)
			}
			return ctx.Err()
		})
		serve(t, b.Queue)
		id := b.add(job.Spec{Type: "x"})
		b.add(job.Spec{Type: "x", Parent: id})
		<-started
		err := b.d.Write(t.Context(), func(tx db.Tx) error { return b.Cancel(t.Context(), tx, id) })
		if err != nil {
			t.Fatal(err)
		}
		if err := <-cause; !errors.Is(err, job.ErrLost) {
			t.Errorf("the handler's context ended by %v, want ErrLost", err)
		}
		if _, total, err := b.List(t.Context(), job.Filter{}); err != nil || total != 0 {
			t.Errorf("got %d jobs (%v), want none", total, err)
		}
	})
}

func TestList(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		b.add(job.Spec{Type: "a"})
		p := b.add(job.Spec{Type: "b", OrderKey: "o"})
		b.add(job.Spec{Type: "b", Parent: p})
		b.add(job.Spec{Type: "b", RunAt: b.clock.now().Add(time.Hour)})
		for _, c := range []struct {
			f     job.Filter
			total int
		}{
			{job.Filter{}, 4},
			{job.Filter{Type: "b"}, 3},
			{job.Filter{OrderKey: "o"}, 1},
			{job.Filter{States: []job.State{job.Waiting}}, 2},
			{job.Filter{States: []job.State{job.Delayed}}, 1},
			{job.Filter{States: []job.State{job.Delayed, job.WaitingChildren}, Type: "b"}, 2},
			{job.Filter{States: []job.State{job.Waiting, job.Delayed}, Type: "a"}, 1},
			{job.Filter{States: []job.State{job.Active}}, 0},
		} {
			if got, total, err := b.List(t.Context(), c.f); err != nil || total != c.total || len(got) != c.total {
				t.Errorf("%+v: got %d of %d (%v), want %d", c.f, len(got), total, err, c.total)
			}
		}
		old, total, err := b.List(t.Context(), job.Filter{Count: 1, Start: 1, Sort: "createdAt"})
		if err != nil || total != 4 || len(old) != 1 || old[0].ID != p {
			t.Errorf("got %v of %d (%v), want the second oldest", old, total, err)
		}
	})
}
