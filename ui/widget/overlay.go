package widget

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	fynetheme "fyne.io/fyne/v2/theme"
	fynewidget "fyne.io/fyne/v2/widget"

	"vidiverse/ui/theme"
)

// Overlay stands over a window until it is closed: a dialog in the middle over
// a scrim, or a menu beside what opened it. The keyboard stays inside.
type Overlay struct {
	fynewidget.BaseWidget
	OnClosed func()

	canvas  fyne.Canvas
	content *Box
	scrim   bool
	place   func(room, size fyne.Size) fyne.Position
	wide    float32
	before  fyne.Focusable
	closed  bool
}

// Dialog is a question, and its answers: the quiet one first.
type Dialog struct {
	Title, Text string
	Quiet, Verb string
	Kind        Kind // of the verb's button
	Do          func()
}

// Ask opens a dialog; the focus starts on the quiet answer.
func Ask(c fyne.Canvas, d Dialog) *Overlay {
	o := &Overlay{canvas: c, scrim: true, wide: 480}
	quiet := NewButton(Plain, d.Quiet, "", o.Close)
	verb := NewButton(d.Kind, d.Verb, "", func() { o.Close(); d.Do() })
	actions := Row(theme.S2, 0, Space(1, 1), quiet, verb)
	text := Body(d.Text)
	text.SetColor(theme.Ink2)
	o.content = NewBox(fynetheme.ColorNameOverlayBackground, fynetheme.ColorNameSeparator, theme.RadiusDialog, theme.S6,
		Column(theme.S2, Section(d.Title), text, Space(1, theme.S3), actions))
	o.place = func(room, size fyne.Size) fyne.Position {
		return fyne.NewPos((room.Width-size.Width)/2, (room.Height-size.Height)/2)
	}
	o.open()
	c.Focus(quiet)
	return o
}

// Item is a line of a menu; without Do it is a heading, without Text a rule.
type Item struct {
	Text   string
	Icon   string
	Chosen bool
	Do     func()
}

// Menu opens a menu beside an object, above it where there is more room.
func Menu(c fyne.Canvas, beside fyne.CanvasObject, head fyne.CanvasObject, items []Item) *Overlay {
	o := &Overlay{canvas: c, wide: 280}
	var lines []fyne.CanvasObject
	if head != nil {
		lines = append(lines, Inset(theme.S2, theme.S3, theme.S2, theme.S3, 0, head))
	}
	var first *Button
	chosen := false
	for _, item := range items {
		switch {
		case item.Text == "":
			lines = append(lines, Inset(theme.S1, 0, theme.S1, 0, 0, NewRule()))
		case item.Do == nil:
			lines = append(lines, Inset(theme.S1, theme.S3, theme.S1, theme.S3, 0, Caption(item.Text)))
		default:
			icon := item.Icon
			if item.Chosen {
				icon = "check"
			}
			b := NewButton(MenuItem, item.Text, icon, func() { o.Close(); item.Do() })
			lines = append(lines, b)
			if first == nil || item.Chosen && !chosen {
				first, chosen = b, item.Chosen
			}
		}
	}
	o.content = NewBox(fynetheme.ColorNameMenuBackground, fynetheme.ColorNameSeparator, theme.RadiusCard, theme.S2, Column(0, lines...))
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject(beside)
	of := beside.Size()
	o.place = func(room, size fyne.Size) fyne.Position {
		x := min(max(at.X+of.Width-size.Width, theme.S2), room.Width-size.Width-theme.S2)
		if at.X < room.Width/3 {
			x = max(at.X, theme.S2)
		}
		y := at.Y + of.Height + theme.S1
		if y+size.Height > room.Height-theme.S2 {
			y = at.Y - size.Height - theme.S1
		}
		return fyne.NewPos(x, max(y, theme.S2))
	}
	o.open()
	if first != nil {
		c.Focus(first)
		first.focused = false // the ring comes with the first key
		first.Refresh()
	}
	return o
}

func (o *Overlay) open() {
	o.before = o.canvas.Focused()
	clearTips(o.canvas)
	o.ExtendBaseWidget(o)
	o.Resize(o.canvas.Size())
	o.canvas.Overlays().Add(o)
	o.Resize(o.canvas.Size())
}

// Close takes the overlay away and gives the keyboard back.
func (o *Overlay) Close() {
	if o.closed {
		return
	}
	o.closed = true
	o.canvas.Overlays().Remove(o)
	if o.before != nil {
		o.canvas.Focus(o.before)
	}
	if o.OnClosed != nil {
		o.OnClosed()
	}
}

// CloseTop closes the overlay that is on top, and reports whether there was one.
func CloseTop(c fyne.Canvas) bool {
	if o, ours := c.Overlays().Top().(*Overlay); ours {
		o.Close()
		return true
	}
	return false
}

// Tapped outside of the content closes.
func (o *Overlay) Tapped(e *fyne.PointEvent) {
	p, s := o.content.Position(), o.content.Size()
	if e.Position.X < p.X || e.Position.Y < p.Y || e.Position.X > p.X+s.Width || e.Position.Y > p.Y+s.Height {
		o.Close()
	}
}

// CreateRenderer implements fyne.Widget.
func (o *Overlay) CreateRenderer() fyne.WidgetRenderer {
	back, lift := canvas.NewRectangle(color.Transparent), box(paint(o, fynetheme.ColorNameShadow), theme.RadiusDialog)
	r := &renderer{objects: []fyne.CanvasObject{back, lift, o.content}}
	look := func() {
		if o.scrim {
			back.FillColor = paint(o, theme.Scrim)
		}
		lift.FillColor = paint(o, fynetheme.ColorNameShadow)
	}
	look()
	r.layout = func(s fyne.Size) {
		back.Resize(s)
		w := min(max(o.wide, o.content.MinSize().Width), s.Width-2*theme.S4)
		size := fyne.NewSize(w, o.content.HeightFor(w))
		at := o.place(s, size)
		o.content.Move(at)
		o.content.Resize(size)
		lift.Move(at.Add(fyne.NewPos(-1, 2)))
		lift.Resize(size.AddWidthHeight(2, 3))
	}
	r.min = func() fyne.Size { return fyne.NewSize(1, 1) }
	r.refresh = func() {
		look()
		r.layout(o.BaseWidget.Size())
		canvas.Refresh(o)
	}
	return r
}

// Rule is a thin line across.
type Rule struct {
	fynewidget.BaseWidget
	upright bool
}

// NewRule returns a line across.
func NewRule() *Rule {
	r := &Rule{}
	r.ExtendBaseWidget(r)
	return r
}

// NewEdge returns an upright line.
func NewEdge() *Rule {
	r := &Rule{upright: true}
	r.ExtendBaseWidget(r)
	return r
}

// CreateRenderer implements fyne.Widget.
func (r *Rule) CreateRenderer() fyne.WidgetRenderer {
	line := canvas.NewRectangle(paint(r, fynetheme.ColorNameSeparator))
	return &renderer{
		objects: []fyne.CanvasObject{line},
		layout: func(s fyne.Size) {
			if r.upright {
				line.Resize(fyne.NewSize(1, s.Height))
				return
			}
			line.Resize(fyne.NewSize(s.Width, 1))
		},
		min: func() fyne.Size { return fyne.NewSize(1, 1) },
		refresh: func() {
			line.FillColor = paint(r, fynetheme.ColorNameSeparator)
			line.Refresh()
		},
	}
}
