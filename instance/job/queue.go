package job

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	mrand "math/rand/v2"
	"sync"
	"time"

	"vidiverse/instance/db"
)

// Config of a Queue. Zero fields mean the default.
type Config struct {
	Log   *slog.Logger     // nil discards
	Now   func() time.Time // replaces the database's clock, for tests
	Owner string           // names this process over restarts; default is random

	Lease time.Duration // default 60 s
	Poll  time.Duration // how often to look for jobs of other processes; default 5 s

	KeepCompleted time.Duration // default 2 days
	KeepFailed    time.Duration // default 7 days
	KeepMost      int           // finished jobs of all kinds; default 10,000
	SweepEvery    time.Duration // default 1 h
}

// Options say how jobs of one type are run. Zero fields mean the default.
type Options struct {
	Concurrency int                                                           // at once in this process; default 1
	Timeout     time.Duration                                                 // of one attempt; default none
	Backoff     func(int) time.Duration                                       // wait after the nth failure; default 10 s, doubling up to 1 h
	Crashes     int                                                           // deaths of the process it survives; default 3
	CrashPause  func(int) time.Duration                                       // wait after the nth death; default none, then 2 s, doubling up to 1 min
	OnFailed    func(ctx context.Context, tx db.Tx, j Job, cause error) error // in the transaction that marks it failed for good
}

// Handler does one job. Its context ends when the lease is lost, at shutdown
// and at the timeout; returning nil completes the job.
type Handler func(ctx context.Context, j *Job) error

type kind struct {
	Options
	handle Handler
}

// Queue enqueues jobs and, under Serve, runs them. It is safe for several
// goroutines, except that Handle and Every come before Serve.
type Queue struct {
	cfg     Config
	log     *slog.Logger
	store   *store
	kinds   map[string]kind
	periods []period
	wake    chan struct{}

	mu      sync.Mutex
	ready   map[string]bool // types that may have a waiting job
	used    map[string]int  // active jobs a type in this process
	running map[ID]*run
	paused  bool
	due     time.Time // when the next delayed job is due, if this process knows
}

// New returns a queue over d.
func New(d *db.DB, cfg Config) *Queue {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Owner == "" {
		cfg.Owner = rand.Text()
	}
	fill(&cfg.Lease, time.Minute)
	fill(&cfg.Poll, 5*time.Second)
	fill(&cfg.KeepCompleted, 48*time.Hour)
	fill(&cfg.KeepFailed, 7*24*time.Hour)
	fill(&cfg.KeepMost, 10_000)
	fill(&cfg.SweepEvery, time.Hour)
	q := &Queue{
		cfg: cfg, log: cfg.Log, store: &store{db: d, clock: cfg.Now}, kinds: map[string]kind{},
		wake: make(chan struct{}, 1), ready: map[string]bool{}, used: map[string]int{}, running: map[ID]*run{},
	}
	if cfg.Now == nil {
		q.cfg.Now = time.Now
	}
	return q
}

func fill[T comparable](field *T, otherwise T) {
	var zero T
	if *field == zero {
		*field = otherwise
	}
}

// Handle registers who does jobs of a type. It panics on a second handler of
// one type, which is a bug.
func (q *Queue) Handle(typ string, o Options, h Handler) {
	if _, twice := q.kinds[typ]; twice {
		panic("job: two handlers of " + typ)
	}
	fill(&o.Concurrency, 1)
	fill(&o.Crashes, 3)
	if o.Backoff == nil {
		o.Backoff = doubling
	}
	if o.CrashPause == nil {
		o.CrashPause = crashPause
	}
	q.kinds[typ] = kind{o, h}
}

func doubling(n int) time.Duration {
	d := min(10*time.Second<<min(n-1, 10), time.Hour)
	return d - d/8 + mrand.N(d/4)
}

// crashPause does not hold the first death against the job.
func crashPause(n int) time.Duration {
	if n <= 1 {
		return 0
	}
	return min(time.Second<<min(n-1, 10), time.Minute)
}

// Enqueue adds a job in the caller's transaction. When an unfinished job has
// the same DedupeKey it returns that one's ID and adds nothing; with Anew that
// job must not have begun. A parent that completed does not hold the job back;
// one that failed is an error.
func (q *Queue) Enqueue(ctx context.Context, tx db.Tx, s Spec) (ID, error) {
	if s.Type == "" {
		return 0, errors.New("job: spec without type")
	}
	fill(&s.Attempts, 3)
	id, err := q.store.insert(ctx, tx, s)
	if err != nil {
		return 0, fmt.Errorf("enqueue %s: %w", s.Type, err)
	}
	tx.AfterCommit(func() { q.notify(s.RunAt, s.Type) })
	return id, nil
}

// Cancel removes an unfinished job and those that wait for it. A handler that
// runs it loses its lease. Cancelling what is finished or absent does nothing.
func (q *Queue) Cancel(ctx context.Context, tx db.Tx, id ID) error {
	gone, err := q.store.remove(ctx, tx, id)
	if err != nil {
		return fmt.Errorf("cancel job %d: %w", id, err)
	}
	tx.AfterCommit(func() {
		for _, id := range gone {
			q.lose(id)
		}
		q.notifyAll()
	})
	return nil
}

// Filter selects jobs for List.
type Filter struct {
	States   []State // empty: all
	Type     string  // empty: all
	OrderKey string  // empty: all
	Start    int
	Count    int    // default 15
	Sort     string // "createdAt" or, the default, "-createdAt"
}

// List returns one page of jobs and how many match in all.
func (q *Queue) List(ctx context.Context, f Filter) (jobs []Job, total int, err error) {
	fill(&f.Count, 15)
	return q.store.list(ctx, f)
}

// notify wakes the dispatcher: jobs of these types may be waiting, or will be at.
func (q *Queue) notify(at time.Time, types ...string) {
	q.mu.Lock()
	if at.After(q.cfg.Now()) {
		if q.due.IsZero() || at.Before(q.due) {
			q.due = at
		}
	} else {
		for _, t := range types {
			q.ready[t] = true
		}
	}
	q.mu.Unlock()
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

func (q *Queue) notifyAll() {
	types := make([]string, 0, len(q.kinds))
	for t := range q.kinds {
		types = append(types, t)
	}
	q.notify(time.Time{}, types...)
}
