// Package viewmodel is what the windows show and do, without any window: the
// state and commands of each screen, in words that need no further work.
//
//	page ── command ──▶ view model ── ask ──▶ control.Services (off the UI goroutine)
//	page ◀── Changed ── view model ◀─ dispatch ── answer
//
// A view model belongs to one goroutine, the one of the UI: its fields are read
// and its methods called there alone, and Changed is called there. What takes
// time happens elsewhere; an answer to a question that was asked again since,
// or whose screen was left, is dropped.
package viewmodel

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"vidiverse/node/control"
	"vidiverse/ui/viewmodel/words"
)

// Config of a Desk. Zero fields have defaults, save Services and Dispatch.
type Config struct {
	Services control.Services
	Words    *words.Words     // nil: English
	Dispatch func(func())     // runs a function on the UI goroutine, later, in order
	Now      func() time.Time // nil: time.Now
	Log      *slog.Logger     // nil: discard
}

// Desk is what all screens of a window share.
type Desk struct {
	Config
	ctx  context.Context
	work sync.WaitGroup
}

// New returns a desk whose work ends with ctx.
func New(ctx context.Context, c Config) *Desk {
	if c.Words == nil {
		c.Words = words.For()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Desk{Config: c, ctx: ctx}
}

// Wait returns when all that was asked has ended, after the context of New has.
func (d *Desk) Wait() { d.work.Wait() }

// Scope is the life of a screen.
type Scope struct {
	*Desk
	Changed func() // the screen shows something else now; nil while nobody looks
	ctx     context.Context
	end     context.CancelFunc
}

// Scope opens a screen; its Close ends all that it asked.
func (d *Desk) Scope() *Scope {
	ctx, end := context.WithCancel(d.ctx)
	return &Scope{Desk: d, ctx: ctx, end: end}
}

// Close drops every answer that is still to come. It does not wait.
func (s *Scope) Close() {
	s.Changed = nil
	s.end()
}

// Closed reports whether the screen was left.
func (s *Scope) Closed() bool { return s.ctx.Err() != nil }

func (s *Scope) changed() {
	if s.Changed != nil {
		s.Changed()
	}
}

// question is one thing that a screen asks again and again; asking anew
// cancels what was asked before.
type question struct {
	times int
	end   context.CancelFunc
}

func (q *question) asked() bool { return q.end != nil }

func (q *question) stop() {
	if q.end != nil {
		q.end()
		q.end = nil
	}
	q.times++
}

// ask does the work off the UI goroutine, and done on it, unless the screen was
// left or the question asked again before.
func ask[T any](s *Scope, q *question, work func(context.Context) (T, error), done func(T, error)) {
	askOr(s, q, work, done, func(T) {})
}

// askOr is ask for what must be given back: drop gets an answer that nobody
// waits for any more.
func askOr[T any](s *Scope, q *question, work func(context.Context) (T, error), done func(T, error), drop func(T)) {
	if s.ctx.Err() != nil {
		return
	}
	q.stop()
	ctx, end := context.WithCancel(s.ctx)
	times := q.times
	q.end = end
	s.Desk.work.Go(func() {
		value, err := work(ctx)
		s.Dispatch(func() {
			end()
			if s.ctx.Err() != nil || q.times != times {
				if err == nil {
					drop(value)
				}
				return
			}
			q.end = nil
			done(value, err)
		})
	})
}

// every calls do on the UI goroutine once a period, until the screen is left.
func every(s *Scope, period time.Duration, do func()) {
	s.Desk.work.Go(func() {
		t := time.NewTicker(period)
		defer t.Stop()
		for {
			select {
			case <-s.ctx.Done():
				return
			case <-t.C:
			}
			ran := make(chan struct{})
			s.Dispatch(func() {
				defer close(ran)
				if s.ctx.Err() == nil {
					do()
				}
			})
			select { // one at a time: a busy window is not given a queue of ticks
			case <-s.ctx.Done():
				return
			case <-ran:
			}
		}
	})
}

// later does work that nobody waits for and that outlives the screen.
func (d *Desk) later(limit time.Duration, what string, work func(context.Context) error) {
	d.work.Go(func() {
		ctx, end := context.WithTimeout(context.WithoutCancel(d.ctx), limit)
		defer end()
		if err := work(ctx); err != nil {
			d.Log.Debug("late work", "what", what, "err", err)
		}
	})
}

// nothing is the answer of work that only succeeds or fails.
type nothing struct{}

func only(work func(context.Context) error) func(context.Context) (nothing, error) {
	return func(ctx context.Context) (nothing, error) { return nothing{}, work(ctx) }
}
