package db

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strconv"
	"sync"
	"time"

	"github.com/uptrace/bun"

	"vidiverse/instance/fault"
)

// ErrNested answers a Write begun inside another one.
var ErrNested = errors.New("db: Write inside Write")

// Tx is a running transaction. It is not safe for several goroutines.
type Tx struct {
	bun.Tx
	after *[]func()
}

// AfterCommit has fn run once, after the transaction is durable; never if it is
// not. It runs on the goroutine of Write, outside the transaction.
func (t Tx) AfterCommit(fn func()) { *t.after = append(*t.after, fn) }

// Write runs fn in a serialisable transaction and commits it when fn returns
// nil. fn runs again when the transaction collided with another, so it must
// have no effect but through tx, and do no I/O. A transaction that lasts longer
// than the limit (5 s) is rolled back and fails with fault.Unavailable.
func (d *DB) Write(ctx context.Context, fn func(tx Tx) error) error {
	leave, err := enter(d)
	if err != nil {
		return err
	}
	defer leave() // fn may panic
	after, err := d.writeRetry(ctx, fn)
	leave()
	if err != nil {
		return d.explain("write", err)
	}
	for _, f := range after {
		f()
	}
	return nil
}

func (d *DB) writeRetry(ctx context.Context, fn func(tx Tx) error) ([]func(), error) {
	if err := d.takeTurn(ctx); err != nil {
		return nil, err
	}
	defer func() { <-d.turn }()
	limited, cancel := context.WithTimeout(ctx, d.limit)
	defer cancel()
	pause := 2 * time.Millisecond
	for {
		after, err := d.writeOnce(limited, fn)
		switch {
		case err == nil:
			return after, nil
		case limited.Err() != nil && ctx.Err() == nil:
			return nil, fault.New(fault.Unavailable, "database write took longer than %v: %w", d.limit, err)
		case limited.Err() != nil || !d.engine.collided(err):
			return nil, err
		}
		select {
		case <-limited.Done():
		case <-time.After(pause/2 + rand.N(pause)):
		}
		pause = min(2*pause, 200*time.Millisecond)
	}
}

func (d *DB) writeOnce(ctx context.Context, fn func(tx Tx) error) (after []func(), err error) {
	btx, err := d.write.BeginTx(ctx, d.engine.txOptions())
	if err != nil {
		return nil, fmt.Errorf("begin: %w", err)
	}
	done := false
	defer func() {
		if !done { // fn failed or panicked
			err = errors.Join(err, ignoreDone(btx.Rollback()))
		}
	}()
	if err := fn(Tx{Tx: btx, after: &after}); err != nil {
		return nil, err
	}
	done = true
	if err := btx.Commit(); err != nil {
		return nil, fmt.Errorf("commit: %w", err)
	}
	return after, nil
}

// takeTurn waits for the right to write. The queue is in this process because
// SQLite's own lock is taken by polling, which starves under load.
func (d *DB) takeTurn(ctx context.Context) error {
	select {
	case d.turn <- struct{}{}:
		return nil
	default:
	}
	t := time.NewTimer(d.wait)
	defer t.Stop()
	select {
	case d.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return fault.New(fault.Unavailable, "the database is busy").WithRetry(d.wait)
	}
}

// writing holds the goroutines that are inside Write. A closure is free to
// capture the outer ctx, so a mark in ctx would not see the nesting that
// matters: on SQLite it would wait for itself, on PostgreSQL it would commit
// half of the work.
var writing sync.Map // of writer

type writer struct {
	db *DB
	id int64
}

func enter(d *DB) (leave func(), err error) {
	w := writer{d, goroutine()}
	if _, nested := writing.LoadOrStore(w, struct{}{}); nested {
		return nil, ErrNested
	}
	return sync.OnceFunc(func() { writing.Delete(w) }), nil
}

// goroutine is the number in the first line of a stack trace, "goroutine 7 [".
func goroutine() int64 {
	var buf [64]byte
	line := buf[:runtime.Stack(buf[:], false)]
	fields := bytes.Fields(line)
	if len(fields) < 2 {
		return 0
	}
	n, err := strconv.ParseInt(string(fields[1]), 10, 64)
	if err != nil {
		return 0
	}
	return n
}
