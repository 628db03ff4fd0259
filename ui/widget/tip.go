package widget

import (
	"sync"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	fynetheme "fyne.io/fyne/v2/theme"

	"vidiverse/ui/theme"
)

// Tips is a layer over a window that shows the names of icons. It takes no
// clicks.
type Tips struct {
	*fyne.Container
	back *canvas.Rectangle
	text *canvas.Text
	of   fyne.CanvasObject
}

var tips = struct {
	sync.Mutex
	on map[fyne.Canvas]*Tips
}{on: map[fyne.Canvas]*Tips{}}

// NewTips returns the layer of a canvas; put it over everything there.
func NewTips(c fyne.Canvas) *Tips {
	t := &Tips{back: canvas.NewRectangle(nil), text: canvas.NewText("", nil)}
	t.back.CornerRadius = theme.RadiusTag
	t.Container = container.NewWithoutLayout(t.back, t.text)
	t.back.Hide()
	t.text.Hide()
	tips.Lock()
	tips.on[c] = t
	tips.Unlock()
	return t
}

// Clear shows nothing: what was named is gone.
func (t *Tips) Clear() {
	t.of = nil
	t.back.Hide()
	t.text.Hide()
}

// Close forgets the layer of a canvas.
func (t *Tips) Close(c fyne.Canvas) {
	tips.Lock()
	delete(tips.on, c)
	tips.Unlock()
}

// clearTips is for what covers a canvas.
func clearTips(c fyne.Canvas) {
	tips.Lock()
	t := tips.on[c]
	tips.Unlock()
	if t != nil {
		t.Clear()
	}
}

func tip(o fyne.CanvasObject, name string, show bool) {
	driver := fyne.CurrentApp().Driver()
	c := driver.CanvasForObject(o)
	tips.Lock()
	t := tips.on[c]
	tips.Unlock()
	switch {
	case t == nil:
	case !show && t.of == o:
		t.Clear()
	case show && c.Overlays().Top() == nil:
		t.of = o
		t.show(name, driver.AbsolutePositionForObject(o), o.Size(), c.Size())
	}
}

func (t *Tips) show(name string, at fyne.Position, of, room fyne.Size) {
	th := fyne.CurrentApp().Settings().Theme()
	t.text.Text, t.text.Color = name, th.Color(theme.OnChip, variant())
	t.text.TextSize = th.Size(fynetheme.SizeNameCaptionText)
	t.back.FillColor = th.Color(theme.Chip, variant())
	m := t.text.MinSize()
	w, h := m.Width+2*theme.S2, m.Height+theme.S2
	x := min(max(at.X+(of.Width-w)/2, theme.S1), room.Width-w-theme.S1)
	y := at.Y + of.Height + theme.S1
	if y+h > room.Height {
		y = at.Y - h - theme.S1
	}
	t.back.Move(fyne.NewPos(x, y))
	t.back.Resize(fyne.NewSize(w, h))
	t.text.Move(fyne.NewPos(x+theme.S2, y+theme.S1))
	t.text.Resize(m)
	t.back.Show()
	t.text.Show()
	t.back.Refresh()
	t.text.Refresh()
}
