package p2ptest

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"
)

// over sends count messages of size bytes from a to b and returns how long they
// take.
func over(t *testing.T, a, b *Line, count, size int) time.Duration {
	t.Helper()
	near, far := Connect(a, b)
	defer near.Close()
	began := time.Now()
	go func() {
		for i := range count {
			if near.Write(bytes.Repeat([]byte{byte(i)}, size)) != nil || near.Drained(t.Context(), 1<<20) != nil {
				return
			}
		}
	}()
	buf := make([]byte, size)
	for i := range count {
		if n, err := far.Read(buf); err != nil || n != size || buf[0] != byte(i) {
			t.Fatalf("message %d: %d bytes, %v", i, n, err)
		}
	}
	return time.Since(began)
}

// TestLink: a link is as fast as the slower of its lines, as far as both of them
// are long, and slower when packets are lost.
func TestLink(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		far := 10 * time.Millisecond
		for name, tt := range map[string]struct {
			a, b        *Line
			least, most time.Duration
		}{
			"no limits":       {&Line{}, &Line{}, 0, 0},
			"only far":        {&Line{Delay: far}, &Line{Delay: far}, 20 * time.Millisecond, 300 * time.Millisecond},
			"a slow way up":   {&Line{Up: 1e6}, &Line{Down: 1e7}, 6400 * time.Millisecond, 6500 * time.Millisecond},
			"a slow way down": {&Line{Up: 1e7}, &Line{Down: 1e6}, 6400 * time.Millisecond, 6500 * time.Millisecond},
			"losses":          {&Line{Delay: far, Loss: 0.01}, &Line{Delay: far}, 15 * time.Second, 40 * time.Second},
		} {
			if took := over(t, tt.a, tt.b, 100, 64_000); took < tt.least || took > tt.most {
				t.Errorf("%s: took %v", name, took)
			}
		}
	})
}

// TestLinkShares: two that send over one line get half each; one that waits for
// a slow sender leaves it to others.
func TestLinkShares(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		home, quick, slow := &Line{Down: 1e6}, &Line{}, &Line{Up: 1e4}
		done := make(chan time.Duration, 3)
		for _, from := range []*Line{quick, quick, slow} {
			go func() { done <- over(t, from, home, 10, 50_000) }()
		}
		if first, second, third := <-done, <-done, <-done; first < 900*time.Millisecond || second > 1600*time.Millisecond || third < 50*time.Second {
			t.Errorf("took %v, %v, %v", first, second, third)
		}
		if _, down := home.Bytes(); down != 1_500_000 {
			t.Errorf("%d bytes came", down)
		}
	})
}

func TestLinkEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a, b := Connect(&Line{Up: 1000}, &Line{})
		if err := a.Write(make([]byte, 5000)); err != nil || a.Buffered() != 5000 {
			t.Errorf("%d are buffered, %v", a.Buffered(), err)
		}
		if _, err := b.Read(make([]byte, 4999)); !errors.Is(err, io.ErrShortBuffer) || time.Until(b.in.last) > 0 {
			t.Errorf("a short buffer: %v", err)
		}
		if n, err := b.Read(make([]byte, 5000)); err != nil || n != 5000 || a.Buffered() != 0 {
			t.Errorf("got %d, %v", n, err)
		}
		go func() {
			time.Sleep(time.Second)
			a.Close()
		}()
		if _, err := b.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
			t.Errorf("after the end: %v", err)
		}
		if err := b.Write([]byte{1}); err == nil {
			t.Error("it writes on")
		}
		if err := b.Drained(t.Context(), 0); err != nil {
			t.Error(err)
		}
	})
}
