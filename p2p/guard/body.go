package guard

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// body is an answer's body within limits. What counts as waiting is time spent
// in Read, so that a slow consumer does not make a sender look slow.
type body struct {
	io.ReadCloser
	ctx    context.Context
	cut    context.CancelCauseFunc
	end    func()
	limits Limits

	left   int64 // bytes that may still come
	got    int64
	waited time.Duration
	once   sync.Once
}

func (b *body) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, ErrTooLarge
	}
	allowed := b.limits.Patience + time.Duration(float64(b.got)/float64(b.limits.Rate)*float64(time.Second))
	slow := time.AfterFunc(max(allowed-b.waited, 0), func() { b.cut(ErrTooSlow) })
	start := time.Now()
	// One byte more than is left: else a body of exactly the limit looks too long.
	n, err := b.ReadCloser.Read(p[:min(int64(len(p)), b.left+1)])
	b.waited += time.Since(start)
	slow.Stop()
	b.got += int64(n)
	b.left -= int64(n)
	if b.left < 0 {
		b.cut(ErrTooLarge)
		return n - 1, fmt.Errorf("%w: more than %d bytes", ErrTooLarge, b.limits.Bytes)
	}
	return n, b.explain(err)
}

// explain names the limit behind an error: the transport says only "canceled".
func (b *body) explain(err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	if cause := context.Cause(b.ctx); errors.Is(cause, ErrTooSlow) || errors.Is(cause, context.DeadlineExceeded) {
		return fmt.Errorf("%w (%w)", ErrTooSlow, err)
	}
	return err
}

// Close frees the connection; what was not read is thrown away with it.
func (b *body) Close() error {
	b.once.Do(b.end)
	return b.ReadCloser.Close()
}
