package player

import (
	"testing"
	"time"
)

// TestLatePictures plays to the end where no picture is drawn in time: mpv goes on
// without, but the last one is shown.
func TestLatePictures(t *testing.T) {
	t.Parallel()
	p := forms()["muxed"]
	s := p.take(t, &far{delay: time.Millisecond})
	screen := s.Player.(*mpvPlayer).screen
	for range 3 {
		source := s.source(s.session.Duration - time.Second)
		source.Paused = false
		s.open(source)
		for !s.State().Ended {
			screen.mu.Lock() // the machine is busy with something else
			<-time.After(210 * time.Millisecond)
			screen.mu.Unlock()
			<-time.After(time.Millisecond)
		}
		s.see("the last", func(n int) bool { return n == p.first+minutes-1 })
	}
}
