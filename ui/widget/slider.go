package widget

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	fynewidget "fyne.io/fyne/v2/widget"

	"vidiverse/ui/theme"
)

// Slider is a part of a whole, from 0 to 1: a thin track and a knob. OnVideo it
// is white.
type Slider struct {
	fynewidget.BaseWidget
	Value   float64
	Step    float64 // of an arrow key
	OnVideo bool
	Changed func(float64)

	hovered, focused bool
}

// NewSlider returns a slider.
func NewSlider(step float64, changed func(float64)) *Slider {
	s := &Slider{Step: step, Changed: changed}
	s.ExtendBaseWidget(s)
	return s
}

// Set shows a value without telling Changed.
func (s *Slider) Set(v float64) {
	if v = min(max(v, 0), 1); v != s.Value {
		s.Value = v
		s.Refresh()
	}
}

func (s *Slider) change(v float64) {
	before := s.Value
	s.Set(v)
	if s.Value != before && s.Changed != nil {
		s.Changed(s.Value)
	}
}

func (s *Slider) knob() float32 {
	if s.OnVideo {
		return 12
	}
	return 20
}

// CreateRenderer implements fyne.Widget.
func (s *Slider) CreateRenderer() fyne.WidgetRenderer {
	track, used := box(nil, 2), box(nil, 2)
	knob := canvas.NewCircle(nil)
	ring := newRing(16)
	r := &renderer{objects: []fyne.CanvasObject{track, used, knob, ring}}
	r.layout = func(size fyne.Size) {
		k := s.knob()
		room := size.Width - k
		y := size.Height / 2
		at := k/2 + room*float32(s.Value)
		put(track, 0, y-2, size.Width, 4)
		put(used, 0, y-2, at, 4)
		knob.Move(fyne.NewPos(at-k/2, y-k/2))
		knob.Resize(fyne.NewSquareSize(k))
		d := theme.Ring * 2
		ring.CornerRadius = k/2 + d
		ring.Move(fyne.NewPos(at-k/2-d, y-k/2-d))
		ring.Resize(fyne.NewSquareSize(k + 2*d))
	}
	look := func() {
		track.FillColor, used.FillColor = paint(s, theme.HoverFill), paint(s, theme.People)
		knob.FillColor, knob.StrokeColor, knob.StrokeWidth = paint(s, theme.Surface), paint(s, theme.People), 2
		if s.OnVideo {
			track.FillColor, used.FillColor = color.NRGBA{255, 255, 255, 64}, color.White
			knob.FillColor, knob.StrokeWidth = color.White, 0
		}
		ring.StrokeColor, ring.Hidden = paint(s, theme.Focus), !s.focused
	}
	look()
	r.min = func() fyne.Size { return fyne.NewSize(64, theme.Control) }
	r.refresh = func() {
		look()
		r.layout(s.BaseWidget.Size())
		for _, o := range r.objects {
			o.Refresh()
		}
	}
	return r
}

func (s *Slider) at(x float32) { s.change(float64((x - s.knob()/2) / max(s.Size().Width-s.knob(), 1))) }

// Tapped implements fyne.Tappable.
func (s *Slider) Tapped(e *fyne.PointEvent) { s.at(e.Position.X) }

// Dragged implements fyne.Draggable.
func (s *Slider) Dragged(e *fyne.DragEvent) { s.at(e.Position.X) }

// DragEnd implements fyne.Draggable.
func (s *Slider) DragEnd() {}

// FocusGained implements fyne.Focusable.
func (s *Slider) FocusGained() {
	s.focused = true
	s.Refresh()
	reveal(s)
}

// FocusLost implements fyne.Focusable.
func (s *Slider) FocusLost() {
	s.focused = false
	s.Refresh()
}

// TypedKey implements fyne.Focusable.
func (s *Slider) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyLeft, fyne.KeyDown:
		s.change(s.Value - s.Step)
	case fyne.KeyRight, fyne.KeyUp:
		s.change(s.Value + s.Step)
	case fyne.KeyHome:
		s.change(0)
	case fyne.KeyEnd:
		s.change(1)
	default:
		passKey(s, e)
	}
}

// TypedRune implements fyne.Focusable.
func (s *Slider) TypedRune(r rune) { passRune(s, r) }

// Cursor implements desktop.Cursorable.
func (s *Slider) Cursor() desktop.Cursor { return desktop.PointerCursor }
