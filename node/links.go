package node

import (
	"context"
	"fmt"
	"sync"
	"time"

	"vidiverse/node/control"
)

// links go from later starts of the program to a window that waits for them. The
// zero value is not ready: see newLinks.
type links struct {
	next chan string // without room: what was handed over was taken

	mu      sync.Mutex
	windows int       // that wait
	left    time.Time // when one ended waiting
}

func newLinks() *links { return &links{next: make(chan string)} }

const (
	handBetween = 2 * time.Second // a window that took a link waits for the next soon
	handWait    = 5 * time.Second
)

// Hand implements control.Links. Where no window is open it does not wait.
func (l *links) Hand(ctx context.Context, link string) error {
	if len(link) > control.MaxLink {
		return fmt.Errorf("%w: the link is longer than %d bytes", control.ErrInvalid, control.MaxLink)
	}
	l.mu.Lock()
	open := l.windows > 0 || !l.left.IsZero() && time.Since(l.left) < handBetween
	l.mu.Unlock()
	if !open {
		return fmt.Errorf("%w: no window is open", control.ErrUnavailable)
	}
	wait := time.NewTimer(handWait)
	defer wait.Stop()
	select {
	case l.next <- link:
		return nil
	case <-wait.C:
		return fmt.Errorf("%w: the window does not take the link", control.ErrUnavailable)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Next implements control.Links.
func (l *links) Next(ctx context.Context) (string, error) {
	l.mu.Lock()
	l.windows++
	l.mu.Unlock()
	defer func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.windows--
		l.left = time.Now()
	}()
	select {
	case link := <-l.next:
		return link, nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}
