package player

import (
	"image"
	"math"
	"sync"
)

// screen hands pictures from the engine to the painter without either waiting:
// one being drawn (the engine's own), one ready, one shown (the painter's).
type screen struct {
	news *bell

	mu     sync.Mutex
	owner  int // generation whose pictures count
	ready  *image.RGBA
	shown  *image.RGBA
	fresh  bool // ready is newer than shown
	blank  bool // shown is of a video that is gone
	wanted image.Point
	unseen int // pictures since the painter last looked
}

// Bounds of what is drawn. Beyond maxSide nothing is asked of a screen; below
// fineHeight it is not worth saving work, and captions would get coarse.
const (
	maxSide    = 8192
	maxArea    = 3840 * 2160
	fineHeight = 720
	unseenMax  = 30 // pictures drawn for nobody before drawing pauses
)

func newScreen(news *bell) *screen {
	return &screen{news: news, blank: true, wanted: image.Pt(1280, 720)}
}

// hand gives the screen to generation owner; clear hides what is shown.
func (s *screen) hand(owner int, clear bool) {
	s.mu.Lock()
	s.owner = owner
	s.fresh = false
	s.blank = s.blank || clear
	s.unseen = 0
	s.mu.Unlock()
}

// publish takes a picture of owner and gives back a buffer to draw the next
// in, which may be nil. The picture of anybody else is given back at once.
func (s *screen) publish(owner int, picture *image.RGBA) *image.RGBA {
	s.mu.Lock()
	if owner != s.owner {
		s.mu.Unlock()
		return picture
	}
	picture, s.ready = s.ready, picture
	s.fresh = true
	s.unseen++
	s.mu.Unlock()
	s.news.ring()
	return picture
}

// take is Frame; resized says that the engine should draw anew.
func (s *screen) take(w, h int) (picture *image.RGBA, resized bool) {
	s.news.answer()
	s.mu.Lock()
	defer s.mu.Unlock()
	want := image.Pt(min(max(w, 1), maxSide), min(max(h, 1), maxSide))
	resized = want != s.wanted || s.unseen > unseenMax
	s.wanted, s.unseen = want, 0
	if s.fresh {
		s.ready, s.shown = s.shown, s.ready
		s.fresh, s.blank = false, false
	}
	if s.blank {
		return nil, resized
	}
	return s.shown, resized
}

// size is what to draw for pictures of width by height; idle says that nobody
// has looked for a while.
func (s *screen) size(width, height int) (size image.Point, idle bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return fit(s.wanted, width, height), s.unseen > unseenMax
}

// fit is want, smaller where the painter can stretch the picture for less than
// drawing it larger costs.
func fit(want image.Point, width, height int) image.Point {
	scale := math.Sqrt(maxArea / math.Max(maxArea, float64(want.X)*float64(want.Y)))
	if width > 0 && height > 0 {
		grow := math.Min(float64(want.X)/float64(width), float64(want.Y)/float64(height))
		useful := math.Max(1, fineHeight/float64(height)) // of the picture's own size
		if grow > useful {
			scale = math.Min(scale, useful/grow)
		}
	}
	if scale >= 1 {
		return want
	}
	return image.Pt(max(1, int(float64(want.X)*scale)), max(1, int(float64(want.Y)*scale)))
}

// canvas is buf if it has that size, or a new picture. Rows follow each other
// without a gap: the painter hands Pix to the graphics card as it is.
func canvas(buf *image.RGBA, size image.Point) *image.RGBA {
	if buf != nil && buf.Rect.Size() == size {
		return buf
	}
	return image.NewRGBA(image.Rectangle{Max: size})
}
