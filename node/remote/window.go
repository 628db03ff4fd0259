package remote

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// window lets at most max through in any time of length per. The first ones
// pass at once; later ones wait for their turn.
type window struct {
	max int
	per time.Duration
	now func() time.Time

	mu sync.Mutex
	at []time.Time // when the last ones went or will go, in order; guarded by mu
}

// wait returns when the caller may go. It does not wait in vain: a turn behind
// the context's deadline, or one that is far off, is ErrUnavailable at once.
func (w *window) wait(ctx context.Context) error {
	now := w.now()
	turn, err := w.take(ctx, now)
	if err != nil || !turn.After(now) {
		return err
	}
	t := time.NewTimer(turn.Sub(now))
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		w.giveBack(turn)
		return ctx.Err()
	}
}

func (w *window) take(ctx context.Context, now time.Time) (time.Time, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	turn := now
	if len(w.at) >= w.max {
		if next := w.at[len(w.at)-w.max].Add(w.per); next.After(turn) {
			turn = next
		}
	}
	if end, ok := ctx.Deadline(); ok && turn.Sub(now) >= end.Sub(now) || turn.Sub(now) > 2*w.per {
		return turn, fmt.Errorf("%w: %w", ErrUnavailable, ErrBusy)
	}
	for len(w.at) > w.max && !w.at[0].Add(w.per).After(now) {
		w.at = w.at[1:]
	}
	w.at = append(w.at, turn) // at most three times max: two times per lie ahead
	return turn, nil
}

// giveBack frees a turn that nobody will use, if no later one was counted from
// it.
func (w *window) giveBack(turn time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if last := len(w.at) - 1; last >= 0 && w.at[last].Equal(turn) {
		w.at = w.at[:last]
	}
}
