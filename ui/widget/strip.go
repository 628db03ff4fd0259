package widget

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	fynetheme "fyne.io/fyne/v2/theme"
	fynewidget "fyne.io/fyne/v2/widget"

	"vidiverse/ui/theme"
)

// Strip stands at the foot of the column on every page: what is sent to others
// now. Pressed, it opens the menu that stops it.
type Strip struct {
	fynewidget.BaseWidget
	OnTapped func()
	Narrow   bool // an icon alone, in the rail

	meter            *Meter
	line, detail     *Text
	active           bool
	used             float64 // below 0: no limit
	hovered, focused bool
}

// NewStrip returns a strip that says nothing yet.
func NewStrip(tapped func()) *Strip {
	s := &Strip{OnTapped: tapped, meter: NewMeter(8, 8), used: -1}
	s.line = NewText("", Style{Size: theme.SizeMeta, Color: theme.Ink2, Lines: 2})
	s.detail = NewText("", Style{Size: fynetheme.SizeNameCaptionText, Color: theme.Ink2, Lines: 2})
	s.ExtendBaseWidget(s)
	return s
}

// Set says what is shared. used is the part of the month's limit; below 0 there
// is none.
func (s *Strip) Set(line, detail string, used float64, active, warn bool) {
	s.active = active
	s.line.SetText(line)
	s.detail.SetText(detail)
	in := theme.Ink2
	switch {
	case active:
		in = theme.People
	case warn:
		in = fynetheme.ColorNameWarning
	}
	s.line.SetColor(in)
	s.used = used
	var bars []Bar
	if used > 0 {
		bars = []Bar{{Color: theme.People, To: used}}
	}
	s.meter.Set(bars)
	s.Refresh()
}

// HeightFor implements Tall.
func (s *Strip) HeightFor(width float32) float32 {
	if s.Narrow {
		return theme.NavItem
	}
	w := width - 2*theme.S3
	h := s.line.HeightFor(w) + s.detail.HeightFor(w) + 2*theme.S2
	if s.used >= 0 {
		h += 8 + theme.S2
	}
	return h
}

// CreateRenderer implements fyne.Widget.
func (s *Strip) CreateRenderer() fyne.WidgetRenderer {
	back, ring := box(nil, theme.RadiusControl), newRing(theme.RadiusControl+4)
	idle, busy := Symbol("volunteer_activism", 20, theme.Ink2), Symbol("volunteer_activism-fill", 20, theme.People)
	r := &renderer{objects: []fyne.CanvasObject{back, s.meter, s.line, s.detail, idle, busy, ring}}
	look := func() {
		back.FillColor = nil
		if s.hovered {
			back.FillColor = paint(s, fynetheme.ColorNameButton)
		}
		ring.StrokeColor, ring.Hidden = paint(s, theme.Focus), !s.focused
		s.line.Hidden, s.detail.Hidden = s.Narrow, s.Narrow
		idle.Hidden, busy.Hidden = !s.Narrow || s.active, !s.Narrow || !s.active
		s.meter.Hidden = s.Narrow || s.used < 0
	}
	look()
	r.layout = func(size fyne.Size) {
		back.Resize(size)
		around(ring, size, theme.Ring)
		put(idle, (size.Width-20)/2, (size.Height-20)/2, 20, 20)
		put(busy, (size.Width-20)/2, (size.Height-20)/2, 20, 20)
		y, w := theme.S2, size.Width-2*theme.S3
		if s.Narrow {
			return
		}
		if s.used >= 0 {
			put(s.meter, theme.S3, y, w, 8)
			y += 8 + theme.S2
		}
		h := s.line.HeightFor(w)
		put(s.line, theme.S3, y, w, h)
		put(s.detail, theme.S3, y+h, w, s.detail.HeightFor(w))
	}
	r.min = func() fyne.Size { return fyne.NewSize(theme.NavItem, s.HeightFor(max(s.BaseWidget.Size().Width, 180))) }
	r.refresh = func() {
		look()
		r.layout(s.BaseWidget.Size())
		for _, o := range r.objects {
			o.Refresh()
		}
	}
	return r
}

// Tapped implements fyne.Tappable.
func (s *Strip) Tapped(*fyne.PointEvent) { s.OnTapped() }

// Cursor implements desktop.Cursorable.
func (s *Strip) Cursor() desktop.Cursor { return desktop.PointerCursor }

// MouseIn implements desktop.Hoverable.
func (s *Strip) MouseIn(*desktop.MouseEvent) {
	s.hovered = true
	s.Refresh()
	if s.Narrow {
		tip(s, s.line.text, true)
	}
}

// MouseMoved implements desktop.Hoverable.
func (s *Strip) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements desktop.Hoverable.
func (s *Strip) MouseOut() {
	s.hovered = false
	s.Refresh()
	tip(s, "", false)
}

// FocusGained implements fyne.Focusable.
func (s *Strip) FocusGained() {
	s.focused = true
	s.Refresh()
}

// FocusLost implements fyne.Focusable.
func (s *Strip) FocusLost() {
	s.focused = false
	s.Refresh()
}

// TypedKey implements fyne.Focusable.
func (s *Strip) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeySpace, fyne.KeyReturn, fyne.KeyEnter:
		s.OnTapped()
	default:
		passKey(s, e)
	}
}

// TypedRune implements fyne.Focusable.
func (s *Strip) TypedRune(r rune) {
	if r != ' ' {
		passRune(s, r)
	}
}
