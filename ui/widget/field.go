package widget

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	fynetheme "fyne.io/fyne/v2/theme"
	fynewidget "fyne.io/fyne/v2/widget"

	"vidiverse/ui/theme"
)

// Entry is a line to type in.
type Entry struct {
	fynewidget.Entry
	ring     *canvas.Rectangle
	OnEscape func()
}

// NewEntry returns an empty line.
func NewEntry(hint string, submitted func(string)) *Entry {
	e := &Entry{ring: newRing(theme.RadiusControl + 4)}
	e.PlaceHolder, e.OnSubmitted = hint, submitted
	e.Scroll = fyne.ScrollHorizontalOnly
	e.ExtendBaseWidget(e)
	return e
}

// CreateRenderer implements fyne.Widget.
func (e *Entry) CreateRenderer() fyne.WidgetRenderer {
	return &ringed{e.Entry.CreateRenderer(), e.ring}
}

// MinSize is at least the height of a control.
func (e *Entry) MinSize() fyne.Size {
	m := e.Entry.MinSize()
	return fyne.NewSize(max(m.Width, 60), max(m.Height, theme.Control))
}

// FocusGained implements fyne.Focusable.
func (e *Entry) FocusGained() {
	e.ring.StrokeColor = paint(e, theme.Focus)
	e.ring.Show()
	e.Entry.FocusGained()
	reveal(e)
}

// FocusLost implements fyne.Focusable.
func (e *Entry) FocusLost() {
	e.ring.Hide()
	e.Entry.FocusLost()
}

// TypedKey implements fyne.Focusable.
func (e *Entry) TypedKey(k *fyne.KeyEvent) {
	if k.Name == fyne.KeyEscape {
		if e.OnEscape != nil {
			e.OnEscape()
			return
		}
		passKey(e, k)
		return
	}
	e.Entry.TypedKey(k)
}

// TypedShortcut implements fyne.Shortcutable: the window's own come first, as a
// field would swallow them.
func (e *Entry) TypedShortcut(s fyne.Shortcut) {
	if shortcuts == nil || !shortcuts(s) {
		e.Entry.TypedShortcut(s)
	}
}

var shortcuts func(fyne.Shortcut) bool

// OnShortcut is asked about each shortcut that is typed in a field, and reports
// whether it took it. There is one listener: the window.
func OnShortcut(listener func(fyne.Shortcut) bool) { shortcuts = listener }

// ringed adds a focus ring to a widget of Fyne's.
type ringed struct {
	fyne.WidgetRenderer
	ring *canvas.Rectangle
}

func (r *ringed) Objects() []fyne.CanvasObject {
	inner := r.WidgetRenderer.Objects()
	return append(inner[:len(inner):len(inner)], r.ring)
}

func (r *ringed) Layout(s fyne.Size) {
	r.WidgetRenderer.Layout(s)
	around(r.ring, s, theme.Ring)
}

// Check is a yes or no.
type Check struct {
	fynewidget.Check
	ring *canvas.Rectangle
}

// NewCheck returns a check.
func NewCheck(text string, changed func(bool)) *Check {
	c := &Check{ring: newRing(theme.RadiusControl + 4)}
	c.Text, c.OnChanged = text, changed
	c.ExtendBaseWidget(c)
	return c
}

// CreateRenderer implements fyne.Widget.
func (c *Check) CreateRenderer() fyne.WidgetRenderer {
	return &ringed{c.Check.CreateRenderer(), c.ring}
}

// FocusGained implements fyne.Focusable.
func (c *Check) FocusGained() {
	c.ring.StrokeColor = paint(c, theme.Focus)
	c.ring.Show()
	c.Check.FocusGained()
	reveal(c)
}

// FocusLost implements fyne.Focusable.
func (c *Check) FocusLost() {
	c.ring.Hide()
	c.Check.FocusLost()
}

// TypedKey implements fyne.Focusable.
func (c *Check) TypedKey(k *fyne.KeyEvent) {
	if k.Name != fyne.KeySpace {
		passKey(c, k)
		return
	}
	c.Check.TypedKey(k)
}

// Labelled is a field with its label above, and help or what is wrong below.
type Labelled struct {
	*fyne.Container
	note *Text
	help string
}

// NewLabelled puts a label and a line of help around a field.
func NewLabelled(label, help string, field fyne.CanvasObject) *Labelled {
	l := &Labelled{note: Meta(help), help: help}
	l.Container = Column(theme.S1, Strong(label), Inset(2, 0, 2, 0, 0, field), l.note)
	l.note.Hidden = help == ""
	return l
}

// Wrong says what is wrong with the field; empty: nothing.
func (l *Labelled) Wrong(text string) {
	if text == "" {
		l.note.SetText(l.help)
		l.note.SetColor(theme.Ink2)
		l.note.Hidden = l.help == ""
		return
	}
	l.note.SetText(text)
	l.note.SetColor(fynetheme.ColorNameError)
	l.note.Hidden = false
}

// Choice is a few buttons of which one is chosen.
type Choice struct {
	*fyne.Container
	buttons []*Button
	values  []string
}

// NewChoice returns buttons for values with the texts beside them.
func NewChoice(values, texts []string, chosen func(value string)) *Choice {
	c := &Choice{values: values}
	objects := make([]fyne.CanvasObject, len(values))
	for i, v := range values {
		b := NewButton(Quiet, texts[i], "", nil)
		b.OnTapped = func() { c.Choose(v); chosen(v) }
		c.buttons = append(c.buttons, b)
		objects[i] = b
	}
	c.Container = Wrap(theme.S2, objects...)
	return c
}

// Choose shows a value as chosen.
func (c *Choice) Choose(value string) {
	for i, b := range c.buttons {
		b.Set(b.Text, b.Icon, b.Name, c.values[i] == value)
	}
}
