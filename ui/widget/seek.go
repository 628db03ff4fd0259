package widget

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	fynewidget "fyne.io/fyne/v2/widget"

	"vidiverse/ui/theme"
)

// Seek is the time line of a player: a bar with a knob, and under it the thread
// that tells where each loaded part came from.
type Seek struct {
	fynewidget.BaseWidget
	OnSeek func(part float64)
	Label  func(part float64) string // of the place under the pointer

	value, pointer          float64
	thread                  []Bar
	hovered, focused, drags bool
}

// NewSeek returns a time line; it wears the dark theme.
func NewSeek(onSeek func(float64), label func(float64) string) *Seek {
	s := &Seek{OnSeek: onSeek, Label: label}
	s.ExtendBaseWidget(s)
	return s
}

// Set shows where playing is, and what is loaded.
func (s *Seek) Set(value float64, thread []Bar) {
	value = min(max(value, 0), 1)
	width := float64(max(s.Size().Width, 1))
	moved := int(value*width*2) != int(s.value*width*2)
	if s.drags {
		value, moved = s.value, false
	}
	if !moved && same(s.thread, thread) {
		return
	}
	s.value = value
	s.thread = append([]Bar(nil), thread...)
	s.Refresh()
}

// CreateRenderer implements fyne.Widget.
func (s *Seek) CreateRenderer() fyne.WidgetRenderer {
	white := color.NRGBA{255, 255, 255, 255}
	track, loaded, played := box(color.NRGBA{255, 255, 255, 64}, 2), box(color.NRGBA{255, 255, 255, 90}, 2), box(white, 2)
	knob := canvas.NewCircle(white)
	ring := newRing(10)
	label, back := canvas.NewText("", white), box(nil, theme.RadiusTag)
	label.TextSize = 12
	r := &renderer{}
	fixed := []fyne.CanvasObject{track, loaded, played}
	draw := func(size fyne.Size) {
		thin := float32(4)
		if s.hovered || s.focused {
			thin = 6
		}
		y := float32(8)
		put := func(o fyne.CanvasObject, to float64) {
			o.Move(fyne.NewPos(0, y-thin/2))
			o.Resize(fyne.NewSize(size.Width*float32(to), thin))
		}
		end := 0.0
		for _, b := range s.thread {
			if b.From <= s.value+.001 || b.From <= end+.001 {
				end = max(end, b.To)
			}
		}
		put(track, 1)
		put(loaded, end)
		put(played, s.value)
		at := size.Width * float32(s.value)
		knob.Move(fyne.NewPos(at-6, y-6))
		knob.Resize(fyne.NewSquareSize(12))
		ring.Move(fyne.NewPos(at-10, y-10))
		ring.Resize(fyne.NewSquareSize(20))
		ring.StrokeColor, ring.Hidden = paint(s, theme.Focus), !s.focused
		objects := append(fixed[:len(fixed):len(fixed)], s.marks(size.Width)...)
		objects = append(objects, knob, ring)
		if s.hovered && s.Label != nil {
			objects = append(objects, s.place(back, label, size.Width)...)
		}
		r.objects = objects
	}
	r.layout = draw
	r.min = func() fyne.Size { return fyne.NewSize(120, 20) }
	r.refresh = func() {
		draw(s.BaseWidget.Size())
		canvas.Refresh(s)
	}
	return r
}

// marks are the thread: 3 high, with gaps of 2 where the source changes.
func (s *Seek) marks(width float32) []fyne.CanvasObject {
	var all []fyne.CanvasObject
	for _, b := range s.thread {
		w := max(width*float32(b.To-b.From)-2, 1)
		m := box(paint(s, b.Color), 1)
		m.Move(fyne.NewPos(width*float32(b.From), 16))
		m.Resize(fyne.NewSize(w, 3))
		all = append(all, m)
	}
	return all
}

func (s *Seek) place(back *canvas.Rectangle, label *canvas.Text, width float32) []fyne.CanvasObject {
	back.FillColor = paint(s, theme.Chip)
	label.Text = s.Label(s.pointer)
	m := label.MinSize()
	x := min(max(width*float32(s.pointer)-m.Width/2, 0), width-m.Width)
	label.Move(fyne.NewPos(x, -m.Height-8))
	label.Resize(m)
	back.Move(fyne.NewPos(x-6, -m.Height-10))
	back.Resize(fyne.NewSize(m.Width+12, m.Height+4))
	return []fyne.CanvasObject{back, label}
}

func (s *Seek) part(x float32) float64 {
	return min(max(float64(x/max(s.Size().Width, 1)), 0), 1)
}

// Tapped implements fyne.Tappable.
func (s *Seek) Tapped(e *fyne.PointEvent) {
	s.value = s.part(e.Position.X)
	s.Refresh()
	s.OnSeek(s.value)
}

// Dragged implements fyne.Draggable; the place is sought when it ends.
func (s *Seek) Dragged(e *fyne.DragEvent) {
	s.drags = true
	s.value = s.part(e.Position.X)
	s.pointer = s.value
	s.Refresh()
}

// DragEnd implements fyne.Draggable.
func (s *Seek) DragEnd() {
	s.drags = false
	s.OnSeek(s.value)
}

// MouseIn implements desktop.Hoverable.
func (s *Seek) MouseIn(e *desktop.MouseEvent) { s.hover(true, e) }

// MouseMoved implements desktop.Hoverable.
func (s *Seek) MouseMoved(e *desktop.MouseEvent) { s.hover(true, e) }

// MouseOut implements desktop.Hoverable.
func (s *Seek) MouseOut() { s.hover(false, nil) }

func (s *Seek) hover(in bool, e *desktop.MouseEvent) {
	s.hovered = in
	if e != nil {
		s.pointer = s.part(e.Position.X)
	}
	s.Refresh()
}

// FocusGained implements fyne.Focusable.
func (s *Seek) FocusGained() {
	s.focused = true
	s.Refresh()
	reveal(s)
}

// FocusLost implements fyne.Focusable.
func (s *Seek) FocusLost() {
	s.focused = false
	s.Refresh()
}

// TypedKey implements fyne.Focusable: the arrows are the window's.
func (s *Seek) TypedKey(e *fyne.KeyEvent) { passKey(s, e) }

// TypedRune implements fyne.Focusable.
func (s *Seek) TypedRune(r rune) { passRune(s, r) }
