package player

import (
	"fmt"
	"image"
	"image/draw"
	"time"
)

// work shows the pictures of the wanted child when they are due.
func (p *ffmpegPlayer) work() {
	defer close(p.done)
	s := stage{p: p, timer: time.NewTimer(time.Hour)}
	defer s.timer.Stop()
	for {
		var pictures <-chan *image.RGBA
		if s.reel != nil && s.due == nil {
			pictures = s.reel.pictures
		}
		select {
		case <-p.change:
			if !s.follow() {
				s.reel.end()
				return
			}
		case picture, ok := <-pictures:
			if !ok {
				s.over()
				continue
			}
			s.due = picture
			s.arm()
		case <-s.timer.C:
			s.show()
		}
	}
}

// stage is what work knows.
type stage struct {
	p     *ffmpegPlayer
	timer *time.Timer

	reel   *reel
	owner  int
	at     time.Duration // where the reel began
	count  int           // pictures shown of it
	paused bool
	speed  float64
	due    *image.RGBA // next, at when
	when   time.Time
	shown  *image.RGBA // last
	buf    *image.RGBA
}

// follow does what was asked; false: closed.
func (s *stage) follow() bool {
	p := s.p
	p.mu.Lock()
	run, owner, src, closed := p.run, p.owner, p.src, p.closed
	s.paused, s.speed = src.Paused, p.wish.speed
	p.mu.Unlock()
	if closed {
		return false
	}
	if s.reel == nil && p.now.run != run || s.reel != nil && s.reel.run != run {
		s.reel.end()
		if s.owner != owner {
			s.shown = nil
		}
		s.owner, s.at, s.count, s.due = owner, src.At, 0, nil
		var err error
		s.reel, err = startReel(p.program, run, src)
		s.report(progress{run: run, position: src.At, err: err})
	}
	s.arm()
	s.paint()
	return true
}

// arm sets the timer for the picture that is due. The first of a reel is shown
// at once, and when paused it is the only one.
func (s *stage) arm() {
	s.timer.Stop()
	switch {
	case s.due == nil:
	case s.count == 0:
		s.when = time.Now()
		s.timer.Reset(0)
	case !s.paused:
		s.timer.Reset(time.Until(s.when))
	}
}

func (s *stage) show() {
	s.shown, s.due = s.due, nil
	position := s.at + time.Duration(s.count)*time.Second/tempo
	s.count++
	step := time.Duration(float64(time.Second) / tempo / s.speed)
	if s.when = s.when.Add(step); time.Since(s.when) > 10*step { // it cannot keep up, or was paused
		s.when = time.Now()
	}
	s.paint()
	s.report(progress{run: s.reel.run, position: position, shown: true, size: s.shown.Rect.Size()})
}

// paint puts the last picture into the middle of a black place of the shape
// that the painter has.
func (s *stage) paint() {
	if s.shown == nil {
		return
	}
	size := s.shown.Rect.Size()
	place, idle := s.p.screen.size(0, 0)
	if idle {
		return
	}
	// The smallest place of that shape that holds the picture.
	out := image.Pt(max(size.X, size.Y*place.X/place.Y), max(size.Y, size.X*place.Y/place.X))
	if out.X > maxSide || out.Y > maxSide {
		out = size
	}
	s.buf = canvas(s.buf, out)
	draw.Draw(s.buf, s.buf.Rect, image.Black, image.Point{}, draw.Src)
	corner := out.Sub(size).Div(2)
	draw.Draw(s.buf, image.Rectangle{Min: corner, Max: corner.Add(size)}, s.shown, image.Point{}, draw.Src)
	s.buf = s.p.screen.publish(s.owner, s.buf)
}

// over hears that the reel has no more pictures.
func (s *stage) over() {
	s.p.mu.Lock()
	now := s.p.now
	s.p.mu.Unlock()
	now.ended = s.reel.err == nil
	if s.reel.err != nil {
		now.err = fmt.Errorf("%w: ffmpeg: %w", ErrLoad, s.reel.err)
	}
	s.reel = nil
	s.report(now)
}

func (s *stage) report(now progress) {
	s.p.mu.Lock()
	s.p.now = now
	s.p.mu.Unlock()
	s.p.states.ring()
}
