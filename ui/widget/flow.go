package widget

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	fynewidget "fyne.io/fyne/v2/widget"

	fynetheme "fyne.io/fyne/v2/theme"

	"vidiverse/ui/theme"
)

// Tall is an object whose height follows from its width, as that of wrapped
// text does. Fyne's layouts know no such thing; those of this file do.
type Tall interface{ HeightFor(width float32) float32 }

type tallLayout interface {
	fyne.Layout
	heightFor(objects []fyne.CanvasObject, width float32) float32
}

func heightFor(o fyne.CanvasObject, width float32) float32 {
	switch o := o.(type) {
	case Tall:
		return o.HeightFor(width)
	case *fyne.Container:
		if l, tall := o.Layout.(tallLayout); tall {
			return l.heightFor(o.Objects, width)
		}
	}
	return o.MinSize().Height
}

// Column stacks objects with a gap.
func Column(gap float32, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(&columnLayout{gap: gap}, objects...)
}

type columnLayout struct{ gap, width float32 }

func (l *columnLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	l.width = size.Width
	y := float32(0)
	for _, o := range objects {
		if !o.Visible() {
			continue
		}
		h := heightFor(o, size.Width)
		o.Move(fyne.NewPos(0, y))
		o.Resize(fyne.NewSize(size.Width, h))
		y += h + l.gap
	}
}

func (l *columnLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	wide := float32(0)
	for _, o := range objects {
		if o.Visible() {
			wide = max(wide, o.MinSize().Width)
		}
	}
	return fyne.NewSize(wide, l.heightFor(objects, max(l.width, wide)))
}

func (l *columnLayout) heightFor(objects []fyne.CanvasObject, width float32) float32 {
	h, gap := float32(0), float32(0)
	for _, o := range objects {
		if o.Visible() {
			h += gap + heightFor(o, width)
			gap = l.gap
		}
	}
	return h
}

// Row lines objects up, each as wide as it must be, save the one at grow, which
// takes the rest (-1: none does). They stand on the middle of the row.
func Row(gap float32, grow int, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(&rowLayout{gap, grow}, objects...)
}

type rowLayout struct {
	gap  float32
	grow int
}

func (l *rowLayout) widths(objects []fyne.CanvasObject, width float32) []float32 {
	w := make([]float32, len(objects))
	rest, n := width, 0
	for i, o := range objects {
		if !o.Visible() {
			continue
		}
		n++
		if i != l.grow {
			w[i] = o.MinSize().Width
			rest -= w[i]
		}
	}
	if l.grow >= 0 && l.grow < len(w) && objects[l.grow].Visible() {
		w[l.grow] = max(rest-l.gap*float32(max(n-1, 0)), 1)
	}
	return w
}

func (l *rowLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	x := float32(0)
	for i, w := range l.widths(objects, size.Width) {
		o := objects[i]
		if !o.Visible() {
			continue
		}
		h := min(heightFor(o, w), size.Height)
		o.Move(fyne.NewPos(x, (size.Height-h)/2))
		o.Resize(fyne.NewSize(w, h))
		x += w + l.gap
	}
}

func (l *rowLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var size fyne.Size
	n := 0
	for _, o := range objects {
		if o.Visible() {
			m := o.MinSize()
			size.Width += m.Width
			size.Height = max(size.Height, m.Height)
			n++
		}
	}
	size.Width += l.gap * float32(max(n-1, 0))
	return size
}

func (l *rowLayout) heightFor(objects []fyne.CanvasObject, width float32) float32 {
	h := float32(0)
	for i, w := range l.widths(objects, width) {
		if objects[i].Visible() {
			h = max(h, heightFor(objects[i], w))
		}
	}
	return h
}

// Wrap lines objects up and begins a new row where one is full.
func Wrap(gap float32, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(&wrapLayout{gap: gap}, objects...)
}

type wrapLayout struct{ gap, width float32 }

func (l *wrapLayout) place(objects []fyne.CanvasObject, width float32, put func(o fyne.CanvasObject, x, y float32, m fyne.Size)) float32 {
	x, y, row := float32(0), float32(0), float32(0)
	for _, o := range objects {
		if !o.Visible() {
			continue
		}
		m := o.MinSize()
		if x > 0 && x+m.Width > width {
			x, y, row = 0, y+row+l.gap, 0
		}
		if put != nil {
			put(o, x, y, m)
		}
		x += m.Width + l.gap
		row = max(row, m.Height)
	}
	return y + row
}

func (l *wrapLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	l.width = size.Width
	l.place(objects, size.Width, func(o fyne.CanvasObject, x, y float32, m fyne.Size) {
		o.Move(fyne.NewPos(x, y))
		o.Resize(m)
	})
}

func (l *wrapLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	wide := float32(0)
	for _, o := range objects {
		if o.Visible() {
			wide = max(wide, o.MinSize().Width)
		}
	}
	return fyne.NewSize(wide, l.place(objects, max(l.width, wide), nil))
}

func (l *wrapLayout) heightFor(objects []fyne.CanvasObject, width float32) float32 {
	return l.place(objects, width, nil)
}

// Inset puts space around an object, and keeps it at most so wide (0: any).
func Inset(top, end, bottom, start, most float32, o fyne.CanvasObject) *fyne.Container {
	return container.New(&insetLayout{top: top, end: end, bottom: bottom, start: start, most: most}, o)
}

type insetLayout struct{ top, end, bottom, start, most float32 }

func (l *insetLayout) inner(width float32) float32 {
	w := max(width-l.start-l.end, 1)
	if l.most > 0 {
		w = min(w, l.most)
	}
	return w
}

func (l *insetLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objects {
		o.Move(fyne.NewPos(l.start, l.top))
		o.Resize(fyne.NewSize(l.inner(size.Width), max(size.Height-l.top-l.bottom, 0)))
	}
}

func (l *insetLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var m fyne.Size
	for _, o := range objects {
		m = m.Max(o.MinSize())
	}
	return m.AddWidthHeight(l.start+l.end, l.top+l.bottom)
}

func (l *insetLayout) heightFor(objects []fyne.CanvasObject, width float32) float32 {
	h := float32(0)
	for _, o := range objects {
		h = max(h, heightFor(o, l.inner(width)))
	}
	return h + l.top + l.bottom
}

// Panel is a card: a surface with an edge, around an object.
func Panel(o fyne.CanvasObject) *Box {
	return NewBox(theme.Surface, fynetheme.ColorNameSeparator, theme.RadiusCard, theme.S4, o)
}

// Box is a coloured shape behind an object.
type Box struct {
	fynewidget.BaseWidget
	fill, edge  fyne.ThemeColorName
	radius, pad float32
	content     fyne.CanvasObject
}

// NewBox returns a box; an empty edge has no line.
func NewBox(fill, edge fyne.ThemeColorName, radius, pad float32, o fyne.CanvasObject) *Box {
	b := &Box{fill: fill, edge: edge, radius: radius, pad: pad, content: o}
	b.ExtendBaseWidget(b)
	return b
}

// HeightFor implements Tall.
func (b *Box) HeightFor(width float32) float32 {
	return heightFor(b.content, width-2*b.pad) + 2*b.pad
}

// CreateRenderer implements fyne.Widget.
func (b *Box) CreateRenderer() fyne.WidgetRenderer {
	back := canvas.NewRectangle(nil)
	look := func() {
		back.FillColor, back.CornerRadius = paint(b, b.fill), b.radius
		if b.edge != "" {
			back.StrokeColor, back.StrokeWidth = paint(b, b.edge), 1
		}
	}
	look()
	return &renderer{
		objects: []fyne.CanvasObject{back, b.content},
		layout: func(s fyne.Size) {
			back.Resize(s)
			b.content.Move(fyne.NewPos(b.pad, b.pad))
			b.content.Resize(s.SubtractWidthHeight(2*b.pad, 2*b.pad))
		},
		min:     func() fyne.Size { return b.content.MinSize().AddWidthHeight(2*b.pad, 2*b.pad) },
		refresh: func() { look(); back.Refresh(); b.content.Refresh() },
	}
}

// Scroll shows an object of this file's layouts that may be higher than there
// is room.
func Scroll(o fyne.CanvasObject) *container.Scroll {
	inside := container.New(&scrolledLayout{}, o)
	s := container.NewVScroll(inside)
	inside.Layout.(*scrolledLayout).scroll = s
	return s
}

// scrolledLayout tells its scroller when the width has changed the height.
type scrolledLayout struct {
	scroll        *container.Scroll
	width, height float32
}

func (l *scrolledLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	h := heightFor(objects[0], size.Width)
	objects[0].Resize(fyne.NewSize(size.Width, max(h, size.Height)))
	if size.Width != l.width || h != l.height {
		l.width, l.height = size.Width, h
		l.scroll.Refresh()
	}
}

func (l *scrolledLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	m := objects[0].MinSize()
	if l.width > 0 {
		m.Height = heightFor(objects[0], l.width)
	}
	return fyne.NewSize(m.Width, m.Height)
}

// Split stands a side of a width beside the main object where there is room for
// both, and below it elsewhere.
func Split(side, from, gap float32, main, aside fyne.CanvasObject) *fyne.Container {
	return container.New(&splitLayout{side, from, gap}, main, aside)
}

type splitLayout struct{ side, from, gap float32 }

func (l *splitLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	if size.Width < l.from {
		h := heightFor(objects[0], size.Width)
		put(objects[0], 0, 0, size.Width, h)
		put(objects[1], 0, h+l.gap, size.Width, heightFor(objects[1], size.Width))
		return
	}
	w := size.Width - l.side - l.gap
	put(objects[0], 0, 0, w, heightFor(objects[0], w))
	put(objects[1], w+l.gap, 0, l.side, heightFor(objects[1], l.side))
}

func (l *splitLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(objects[0].MinSize().Width, objects[0].MinSize().Height)
}

func (l *splitLayout) heightFor(objects []fyne.CanvasObject, width float32) float32 {
	if width < l.from {
		return heightFor(objects[0], width) + l.gap + heightFor(objects[1], width)
	}
	return max(heightFor(objects[0], width-l.side-l.gap), heightFor(objects[1], l.side))
}

// HeightOf is the height of an object of this package's layouts at a width.
func HeightOf(o fyne.CanvasObject, width float32) float32 { return heightFor(o, width) }
