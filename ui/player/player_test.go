package player

import (
	"errors"
	"testing"
	"time"
)

// TestPlays opens a video: its pictures come in order, pause holds them, and
// the end shows the last one.
func TestPlays(t *testing.T) {
	short.mp4(t)
	long.mp4(t)
	v := watch(t, Options{})
	srv := server(t)
	v.open(Source{Media: srv.URL + secret + long.name})
	a := v.see("of the film", func(n int) bool { return n >= long.first })
	b := v.see("later", func(n int) bool { return n > a+10 })
	if b >= long.first+long.frames {
		t.Fatalf("got picture %d, which the film has not", b)
	}
	s := v.until("duration and size", func(s State) bool { return s.Duration > 0 && s.Width > 0 })
	if s.Duration.Round(time.Second) != 30*time.Second || s.Width != width || s.Height != height || s.Err != nil || s.Paused {
		t.Errorf("got %+v", s)
	}
	v.Pause(true)
	v.until("pause", func(s State) bool { return s.Paused })
	v.Seek(10 * time.Second)
	v.until("sought", func(s State) bool { return !s.Seeking })
	v.see("at 10 s", func(n int) bool { return n == long.first+300 })
	v.Seek(time.Hour)
	v.until("end", func(s State) bool { return s.Ended })
	v.see("the last", func(n int) bool { return n == long.first+long.frames-1 })
}

func TestMissing(t *testing.T) {
	v := watch(t, Options{})
	srv := server(t)
	v.open(Source{Media: srv.URL + secret + "nothing.mp4"})
	s := v.until("error", func(s State) bool { return s.Err != nil })
	if !errors.Is(s.Err, ErrLoad) {
		t.Fatal(s.Err)
	}
	t.Log(s.Err)
}
