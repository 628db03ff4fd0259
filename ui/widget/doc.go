// Package widget is the controls that Fyne lacks, in the look of the design
// language: text that is cut with "…", buttons, fields, cards, meters, the seek
// bar, dialogs, toasts. They take values and callbacks, know no view model, and
// are used on the UI goroutine alone.
//
// All draw a ring where the keyboard is, and hand keys they have no use for to
// the window, so that its keys work wherever the focus is.
package widget

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"vidiverse/ui/theme"
)

// variant of the theme that the desktop asks for.
func variant() fyne.ThemeVariant { return fyne.CurrentApp().Settings().ThemeVariant() }

// paint is a colour as the theme around a widget has it.
func paint(w interface{ Theme() fyne.Theme }, name fyne.ThemeColorName) color.Color {
	return w.Theme().Color(name, variant())
}

func box(fill color.Color, radius float32) *canvas.Rectangle {
	r := canvas.NewRectangle(fill)
	r.CornerRadius = radius
	return r
}

// newRing is the focus ring, hidden.
func newRing(radius float32) *canvas.Rectangle {
	r := box(color.Transparent, radius)
	r.StrokeWidth = theme.Ring
	r.Hide()
	return r
}

// around lays a ring so far outside a box of a size.
func around(ring *canvas.Rectangle, size fyne.Size, far float32) {
	d := far + theme.Ring
	ring.Move(fyne.NewPos(-d, -d))
	ring.Resize(fyne.NewSize(size.Width+2*d, size.Height+2*d))
}

// renderer is a fyne.WidgetRenderer made of functions.
type renderer struct {
	objects []fyne.CanvasObject
	layout  func(fyne.Size)
	min     func() fyne.Size
	refresh func()
}

func (r *renderer) Destroy()                     {}
func (r *renderer) Layout(s fyne.Size)           { r.layout(s) }
func (r *renderer) MinSize() fyne.Size           { return r.min() }
func (r *renderer) Objects() []fyne.CanvasObject { return r.objects }
func (r *renderer) Refresh()                     { r.refresh() }

// passKey gives the window a key that a focused widget has no use for.
func passKey(o fyne.CanvasObject, e *fyne.KeyEvent) {
	if c := fyne.CurrentApp().Driver().CanvasForObject(o); c != nil && c.OnTypedKey() != nil {
		c.OnTypedKey()(e)
	}
}

func passRune(o fyne.CanvasObject, r rune) {
	if c := fyne.CurrentApp().Driver().CanvasForObject(o); c != nil && c.OnTypedRune() != nil {
		c.OnTypedRune()(r)
	}
}

// reveal scrolls whatever holds a focused widget so that it is seen.
func reveal(o fyne.CanvasObject) {
	if revealer != nil {
		revealer(o)
	}
}

var revealer func(fyne.CanvasObject)

// OnFocus is told of each widget of this package that the keyboard reaches.
// There is one listener: the window.
func OnFocus(listener func(fyne.CanvasObject)) { revealer = listener }
