package widget

import (
	"image/color"

	"fyne.io/fyne/v2"
	fynewidget "fyne.io/fyne/v2/widget"

	"vidiverse/ui/theme"
)

// Bar is a part of a Meter, or of a seek bar's thread.
type Bar struct {
	Color    fyne.ThemeColorName
	From, To float64 // 0 to 1
}

// Meter is a bar of parts in the order they are given, with gaps of 2.
type Meter struct {
	fynewidget.BaseWidget
	parts []Bar
	high  float32
	least float32
}

// NewMeter returns an empty meter of a height and a least width.
func NewMeter(high, least float32) *Meter {
	m := &Meter{high: high, least: least}
	m.ExtendBaseWidget(m)
	return m
}

// Set shows parts one after the other; To of each is its share of the whole.
func (m *Meter) Set(parts []Bar) {
	if same(m.parts, parts) {
		return
	}
	m.parts = append([]Bar(nil), parts...)
	m.Refresh()
}

func same(a, b []Bar) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// CreateRenderer implements fyne.Widget.
func (m *Meter) CreateRenderer() fyne.WidgetRenderer {
	back := box(nil, m.high/2)
	r := &renderer{}
	draw := func(size fyne.Size) {
		objects := r.objects[:0:0]
		back.FillColor = paint(m, theme.HoverFill)
		back.Resize(fyne.NewSize(size.Width, m.high))
		back.Move(fyne.NewPos(0, (size.Height-m.high)/2))
		objects = append(objects, back)
		for _, p := range m.placed(size.Width) {
			b := box(paint(m, p.name), 2)
			b.Move(fyne.NewPos(p.x, (size.Height-m.high)/2))
			b.Resize(fyne.NewSize(p.w, m.high))
			objects = append(objects, b)
		}
		back.Hidden = len(objects) > 1 && m.whole()
		r.objects = objects
	}
	r.layout = draw
	r.min = func() fyne.Size { return fyne.NewSize(m.least, m.high) }
	r.refresh = func() {
		draw(m.BaseWidget.Size())
		for _, o := range r.objects {
			o.Refresh()
		}
	}
	return r
}

// whole reports whether the parts fill the meter.
func (m *Meter) whole() bool {
	sum := 0.0
	for _, p := range m.parts {
		sum += p.To
	}
	return sum > .999
}

type placed struct {
	name fyne.ThemeColorName
	x, w float32
}

// placed gives each part its width, at least 4, with gaps of 2.
func (m *Meter) placed(width float32) []placed {
	const gap, least = float32(2), float32(4)
	n := float32(len(m.parts))
	room := width
	if m.whole() {
		room -= gap * max(n-1, 0)
	}
	var all []placed
	over, big := float32(0), -1
	for i, p := range m.parts {
		w := float32(p.To) * room
		if w < least {
			over += least - w
			w = least
		}
		all = append(all, placed{p.Color, 0, w})
		if big < 0 || w > all[big].w {
			big = i
		}
	}
	if big >= 0 {
		all[big].w = max(all[big].w-over, least)
	}
	x := float32(0)
	for i := range all {
		all[i].x = x
		x += all[i].w + gap
	}
	return all
}

// Swatch is the small square that names a part of a meter.
func Swatch(name fyne.ThemeColorName) fyne.CanvasObject {
	b := NewBox(name, "", 3, 5, Space(0, 0))
	return b
}

// Space is empty room.
func Space(w, h float32) fyne.CanvasObject {
	r := box(color.Transparent, 0)
	r.SetMinSize(fyne.NewSize(w, h))
	return r
}
