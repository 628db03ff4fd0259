package remote

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"vidiverse/p2p/guard"
)

// site is an origin with the manners that are due to it.
type site struct {
	origin  string
	http    *guard.Client
	trusted bool
	now     func() time.Time

	lists *window
	calls *window
	slots map[turn]chan struct{}

	mu     sync.Mutex
	paused time.Time // until when it asked to be left alone; guarded by mu
}

// turn is what a request is for, which decides how many there may be.
type turn int

const (
	listTurn turn = iota // pages of lists, and search
	callTurn             // other REST and ActivityPub
	fileTurn             // playlists, media, pictures
)

func newSite(origin string, http *guard.Client, trusted bool, cfg Config) *site {
	return &site{
		origin: origin, http: http, trusted: trusted, now: cfg.Now,
		lists: &window{max: cfg.Lists, per: time.Minute, now: cfg.Now},
		// PeerTube's own limit is 50 requests in 10 s for an address, which
		// this computer's browser needs too.
		calls: &window{max: 30, per: 10 * time.Second, now: cfg.Now},
		slots: map[turn]chan struct{}{callTurn: make(chan struct{}, 4), fileTurn: make(chan struct{}, 8)},
	}
}

// request is a GET of a URL.
type request struct {
	url    string
	turn   turn
	accept string
	header http.Header // more of them; may be nil
	limits guard.Limits
}

// get asks and reads the whole answer. Its status is not judged, but a server
// that asks us to wait is left alone.
func (s *site) get(ctx context.Context, r request) (*http.Response, []byte, error) {
	leave, err := s.enter(ctx, r.turn)
	if err != nil {
		return nil, nil, err
	}
	defer leave()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.url, nil)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %.200q is no URL", ErrRefused, r.url)
	}
	if r.accept != "" {
		req.Header.Set("Accept", r.accept)
	}
	for name, values := range r.header {
		req.Header[name] = values
	}
	res, body, err := s.http.With(r.limits).Fetch(req)
	if err != nil {
		return nil, nil, s.explain(ctx, err)
	}
	s.heed(res)
	return res, body, nil
}

// enter waits for the origin's pause, for the turn and for a free slot.
func (s *site) enter(ctx context.Context, t turn) (leave func(), err error) {
	if err := s.pause(ctx); err != nil {
		return nil, err
	}
	if t == listTurn {
		if err := s.lists.wait(ctx); err != nil {
			return nil, err
		}
	}
	slot := s.slots[fileTurn]
	if t != fileTurn {
		slot = s.slots[callTurn]
		if err := s.calls.wait(ctx); err != nil {
			return nil, err
		}
	}
	select {
	case slot <- struct{}{}:
		return func() { <-slot }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

const (
	shortPause = 5 * time.Second // is waited for; longer ones are an error
	maxPause   = 15 * time.Minute
)

// pause waits out a short time that the server asked for.
func (s *site) pause(ctx context.Context) error {
	s.mu.Lock()
	left := s.paused.Sub(s.now())
	s.mu.Unlock()
	if left <= 0 {
		return nil
	}
	if left > shortPause {
		return fmt.Errorf("%w: %s asks to be left alone for %d s", ErrUnavailable, HostOf(s.origin), int(left.Seconds()))
	}
	t := time.NewTimer(left)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// heed remembers a Retry-After.
func (s *site) heed(res *http.Response) {
	if res.StatusCode != http.StatusTooManyRequests && res.StatusCode != http.StatusServiceUnavailable {
		return
	}
	wait := retryAfter(res.Header.Get("Retry-After"), s.now())
	if wait == 0 && res.StatusCode == http.StatusTooManyRequests {
		wait = 10 * time.Second
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if until := s.now().Add(min(wait, maxPause)); until.After(s.paused) {
		s.paused = until
	}
}

func retryAfter(value string, now time.Time) time.Duration {
	if n, err := strconv.ParseUint(value, 10, 31); err == nil {
		return time.Duration(n) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}

// explain sorts what the guard says: the caller's own end, what the server may
// not do, and what may pass.
func (s *site) explain(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	kind := ErrUnavailable
	for _, refused := range []error{guard.ErrAddress, guard.ErrURL, guard.ErrRedirect, guard.ErrTooLarge} {
		if errors.Is(err, refused) {
			kind = ErrRefused
		}
	}
	return fmt.Errorf("%w: %s: %w", kind, HostOf(s.origin), err)
}

// status judges an answer's status; nil is a 200.
func (s *site) status(res *http.Response) error {
	kind := ErrUnavailable
	switch res.StatusCode {
	case http.StatusOK:
		return nil
	case http.StatusNotFound, http.StatusGone:
		kind = ErrGone
	case http.StatusUnauthorized, http.StatusForbidden:
		kind = ErrClosed
	}
	return fmt.Errorf("%w: %s answers %d", kind, HostOf(s.origin), res.StatusCode)
}
