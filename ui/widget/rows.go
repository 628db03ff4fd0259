package widget

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	fynetheme "fyne.io/fyne/v2/theme"
	fynewidget "fyne.io/fyne/v2/widget"

	"vidiverse/ui/theme"
)

// rowHigh is the height of a line of a list.
const rowHigh = float32(64)

// RowFace is what a line shows.
type RowFace struct {
	Title, Text, Badge string
	Part               float64 // how much of it is there
}

// Rows is a list of any length, of which only the lines in sight exist.
type Rows struct {
	fynewidget.BaseWidget
	face   func(int) RowFace
	open   func(int)
	count  int
	margin float32
	scroll *container.Scroll
	body   *fyne.Container
	lines  []*rowLine
}

// NewRows returns a list.
func NewRows(margin float32, face func(int) RowFace, open func(int)) *Rows {
	r := &Rows{face: face, open: open, margin: margin}
	r.body = container.New(rowsLayout{r})
	r.scroll = container.NewVScroll(r.body)
	r.scroll.OnScrolled = func(fyne.Position) { r.arrange() }
	r.ExtendBaseWidget(r)
	return r
}

// SetCount shows so many lines.
func (r *Rows) SetCount(n int) {
	r.count = n
	r.arrange()
	r.scroll.Refresh()
}

func (r *Rows) arrange() {
	size := r.scroll.Size()
	first := max(int(r.scroll.Offset.Y/rowHigh)-1, 0)
	last := min(int((r.scroll.Offset.Y+size.Height)/rowHigh)+2, r.count)
	n := max(last-first, 0)
	for len(r.lines) < n {
		r.lines = append(r.lines, newRowLine(r))
	}
	objects := make([]fyne.CanvasObject, 0, n)
	for i := range n {
		l := r.lines[(first+i)%len(r.lines)]
		l.show(first+i, r.face(first+i))
		put(l, r.margin, float32(first+i)*rowHigh, size.Width-2*r.margin, rowHigh)
		objects = append(objects, l)
	}
	r.body.Objects = objects
	r.body.Refresh()
}

// CreateRenderer implements fyne.Widget.
func (r *Rows) CreateRenderer() fyne.WidgetRenderer {
	return &renderer{
		objects: []fyne.CanvasObject{r.scroll},
		layout: func(s fyne.Size) {
			r.scroll.Resize(s)
			r.arrange()
		},
		min:     func() fyne.Size { return fyne.NewSize(200, rowHigh) },
		refresh: r.arrange,
	}
}

type rowsLayout struct{ r *Rows }

func (l rowsLayout) Layout([]fyne.CanvasObject, fyne.Size) {}
func (l rowsLayout) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(1, float32(l.r.count)*rowHigh)
}

// rowLine is one line.
type rowLine struct {
	fynewidget.BaseWidget
	rows             *Rows
	at               int
	title, text      *Text
	badge            *Text
	meter            *Meter
	hovered, focused bool
}

func newRowLine(r *Rows) *rowLine {
	l := &rowLine{rows: r, title: NewText("", Style{Bold: true, Lines: 1}), text: NewText("", Style{Size: theme.SizeMeta, Color: theme.Ink2, Lines: 1}),
		badge: NewText("", Style{Size: fynetheme.SizeNameCaptionText, Color: theme.Ink2, Lines: 1, Align: fyne.TextAlignTrailing}), meter: NewMeter(6, 40)}
	l.ExtendBaseWidget(l)
	return l
}

func (l *rowLine) show(i int, f RowFace) {
	l.at = i
	l.title.SetText(f.Title)
	l.text.SetText(f.Text)
	l.badge.SetText(f.Badge)
	l.meter.Set([]Bar{{Color: fynetheme.ColorNamePrimary, To: f.Part}})
}

// CreateRenderer implements fyne.Widget.
func (l *rowLine) CreateRenderer() fyne.WidgetRenderer {
	back, rule, ring := box(nil, theme.RadiusControl), canvas.NewRectangle(nil), newRing(theme.RadiusControl)
	look := func() {
		back.FillColor = nil
		if l.hovered {
			back.FillColor = paint(l, fynetheme.ColorNameButton)
		}
		rule.FillColor = paint(l, fynetheme.ColorNameSeparator)
		ring.StrokeColor, ring.Hidden = paint(l, theme.Focus), !l.focused
	}
	look()
	r := &renderer{objects: []fyne.CanvasObject{back, rule, l.title, l.text, l.badge, l.meter, ring}}
	r.layout = func(s fyne.Size) {
		put(back, 0, 0, s.Width, s.Height-1)
		put(rule, 0, s.Height-1, s.Width, 1)
		put(ring, 0, 0, s.Width, s.Height-1)
		w := s.Width - 2*theme.S2 - 120 - theme.S4
		put(l.title, theme.S2, 11, w, 20)
		put(l.text, theme.S2, 33, w, 18)
		put(l.badge, s.Width-theme.S2-120, 13, 120, 16)
		put(l.meter, s.Width-theme.S2-120, 38, 120, 6)
	}
	r.min = func() fyne.Size { return fyne.NewSize(200, rowHigh) }
	r.refresh = func() {
		look()
		canvas.Refresh(l)
	}
	return r
}

// Tapped implements fyne.Tappable.
func (l *rowLine) Tapped(*fyne.PointEvent) {
	if l.at < l.rows.count {
		l.rows.open(l.at)
	}
}

// Cursor implements desktop.Cursorable.
func (l *rowLine) Cursor() desktop.Cursor { return desktop.PointerCursor }

// MouseIn implements desktop.Hoverable.
func (l *rowLine) MouseIn(*desktop.MouseEvent) {
	l.hovered = true
	l.Refresh()
}

// MouseMoved implements desktop.Hoverable.
func (l *rowLine) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements desktop.Hoverable.
func (l *rowLine) MouseOut() {
	l.hovered = false
	l.Refresh()
}

// FocusGained implements fyne.Focusable.
func (l *rowLine) FocusGained() {
	l.focused = true
	l.Refresh()
	s := l.rows.scroll
	top := float32(l.at) * rowHigh
	if top < s.Offset.Y {
		s.ScrollToOffset(fyne.NewPos(0, top))
	} else if top+rowHigh > s.Offset.Y+s.Size().Height {
		s.ScrollToOffset(fyne.NewPos(0, top+rowHigh-s.Size().Height))
	}
}

// FocusLost implements fyne.Focusable.
func (l *rowLine) FocusLost() {
	l.focused = false
	l.Refresh()
}

// TypedKey implements fyne.Focusable.
func (l *rowLine) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace:
		l.Tapped(nil)
	default:
		passKey(l, e)
	}
}

// TypedRune implements fyne.Focusable.
func (l *rowLine) TypedRune(r rune) {
	if r != ' ' {
		passRune(l, r)
	}
}
