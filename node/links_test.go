package node

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"vidiverse/node/control"
)

// TestLinksAreHandedOver: a link goes to a window that waits, and to one alone; a
// node without a window says so at once, and the program opens one.
func TestLinksAreHandedOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l, begun := newLinks(), time.Now()
		if err := l.Hand(t.Context(), "magnet:?a"); !errors.Is(err, control.ErrUnavailable) || time.Since(begun) > 0 {
			t.Fatalf("without a window: got %v after %v, want at once that none is open", err, time.Since(begun))
		}
		ctx, leave := context.WithCancel(t.Context())
		taken := make(chan string, 3)
		for range 2 {
			go func() {
				for {
					link, err := l.Next(ctx)
					if err != nil {
						return
					}
					taken <- link
					time.Sleep(time.Second) // the window looks at it
				}
			}()
		}
		synctest.Wait()
		for _, link := range []string{"a", "", "c"} {
			if err := l.Hand(t.Context(), link); err != nil {
				t.Fatalf("%q: %v", link, err)
			}
			if got := <-taken; got != link {
				t.Fatalf("got %q, want %q", got, link)
			}
		}
		if err := l.Hand(t.Context(), strings.Repeat("x", control.MaxLink+1)); !errors.Is(err, control.ErrInvalid) {
			t.Errorf("a link without end: got %v", err)
		}
		leave()
		synctest.Wait()
		time.Sleep(handBetween)
		if err := l.Hand(t.Context(), "d"); !errors.Is(err, control.ErrUnavailable) || len(taken) > 0 {
			t.Errorf("after the windows were closed: got %v, %d taken", err, len(taken))
		}
		synctest.Wait()
	})
}
