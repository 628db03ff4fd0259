// Package eventtest is the contract of event.Bus as tests: every
// implementation runs it.
package eventtest

import (
	"context"
	"testing"
	"time"

	"vidiverse/instance/event"
)

// Run checks the buses that open returns. Two buses of one call of open are
// the same bus seen from two processes, or simply the same bus.
func Run(t *testing.T, open func(t *testing.T) (publisher, subscriber event.Bus)) {
	t.Run("delivers", func(t *testing.T) {
		p, s := open(t)
		video := s.Subscribe(t.Context(), "video")
		all := s.Subscribe(t.Context())
		want := event.Event{Topic: "video", ID: 7, Name: "published"}
		p.Publish(t.Context(), event.Event{Topic: "job", ID: 1, Name: "progress"})
		p.Publish(t.Context(), want)
		if got := next(t, video); got != want {
			t.Errorf("got %v, want %v", got, want)
		}
		if got := next(t, all); got.Topic != "job" {
			t.Errorf("got %v, want every topic in order", got)
		}
		if got := next(t, all); got != want {
			t.Errorf("got %v, want %v", got, want)
		}
	})
	t.Run("a slow subscriber blocks nobody", func(t *testing.T) {
		p, s := open(t)
		slow := s.Subscribe(t.Context(), "x")
		for i := range 10_000 {
			p.Publish(t.Context(), event.Event{Topic: "x", ID: int64(i)})
		}
		if got := next(t, slow); got.ID != 0 {
			t.Errorf("got %v first, want the oldest kept", got)
		}
	})
	t.Run("ends with its context", func(t *testing.T) {
		p, s := open(t)
		ctx, cancel := context.WithCancel(t.Context())
		ch := s.Subscribe(ctx, "x")
		cancel()
		for range ch { // ends when it is closed
		}
		p.Publish(t.Context(), event.Event{Topic: "x"})
	})
}

func next(t *testing.T, ch <-chan event.Event) event.Event {
	t.Helper()
	select {
	case e, ok := <-ch:
		if !ok {
			t.Fatal("the channel was closed")
		}
		return e
	case <-time.After(10 * time.Second):
		t.Fatal("no event came")
	}
	return event.Event{}
}
