package remote

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"vidiverse/p2p/guard"
)

// Six requests a minute to a server, whoever asks: the first at once, the rest
// when their turn comes.
func TestWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &window{max: 6, per: time.Minute, now: time.Now}
		start := time.Now()
		var mu sync.Mutex
		var went []time.Duration
		var wg sync.WaitGroup
		for range 16 {
			wg.Go(func() {
				if err := w.wait(t.Context()); err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				went = append(went, time.Since(start))
			})
		}
		wg.Wait()
		for i, at := range went {
			if want := time.Duration(i/6) * time.Minute; at != want {
				t.Errorf("request %d went after %v, want %v", i, at, want)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		before := time.Now()
		for range 6 {
			_ = w.wait(ctx) // fills what is left of this minute
		}
		if err := w.wait(ctx); !errors.Is(err, ErrUnavailable) || time.Since(before) > 0 {
			t.Errorf("a turn behind the deadline: got %v after %v, want ErrUnavailable at once", err, time.Since(before))
		}
		time.Sleep(10 * time.Minute)
		if err := w.wait(t.Context()); err != nil || time.Since(before) != 10*time.Minute {
			t.Errorf("after a rest: got %v", err)
		}
	})
}

func TestWindowGivesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &window{max: 1, per: time.Minute, now: time.Now}
		if err := w.wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		go func() { time.Sleep(time.Second); cancel() }()
		if err := w.wait(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		start := time.Now()
		if err := w.wait(t.Context()); err != nil || time.Since(start) != 59*time.Second {
			t.Errorf("got %v after %v, want the turn that was given back", err, time.Since(start))
		}
	})
}

// A server that says when to come back is left alone until then.
func TestRetryAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite("https://a.example", guard.New(guard.Config{}), false, Config{Now: time.Now, Lists: 6})
		answer := func(status int, after string) {
			s.heed(&http.Response{StatusCode: status, Header: http.Header{"Retry-After": {after}}})
		}
		start := time.Now()
		answer(200, "1000")
		answer(503, "")
		if err := s.pause(t.Context()); err != nil || time.Since(start) != 0 {
			t.Errorf("nothing asked for: got %v", err)
		}
		answer(429, "3")
		if err := s.pause(t.Context()); err != nil || time.Since(start) != 3*time.Second {
			t.Errorf("3 s: got %v after %v", err, time.Since(start))
		}
		answer(503, "100")
		answer(429, "1") // does not shorten it
		if err := s.pause(t.Context()); !errors.Is(err, ErrUnavailable) || time.Since(start) != 3*time.Second {
			t.Errorf("100 s: got %v after %v, want ErrUnavailable at once", err, time.Since(start))
		}
		time.Sleep(100 * time.Second)
		answer(429, time.Now().Add(4*time.Second).UTC().Format(http.TimeFormat))
		if err := s.pause(t.Context()); err != nil || time.Since(start) != 107*time.Second {
			t.Errorf("a date: got %v after %v", err, time.Since(start))
		}
		answer(429, "99999999999999999999")
		answer(429, "2147483647")
		time.Sleep(maxPause)
		if err := s.pause(t.Context()); err != nil {
			t.Errorf("longer than %v: got %v", maxPause, err)
		}
	})
}

func TestETagsAreBounded(t *testing.T) {
	var e etags
	for i := range 100 {
		e.keep(string(rune('a'+i)), "x", make([]byte, maxTaggedOne))
		if e.size > maxTagged {
			t.Fatalf("%d bytes are kept", e.size)
		}
	}
	e.keep("large", "x", make([]byte, maxTaggedOne+1))
	if _, ok := e.find("large"); ok {
		t.Error("an answer of more than a megabyte is kept")
	}
}
