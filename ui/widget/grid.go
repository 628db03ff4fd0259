package widget

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	fynewidget "fyne.io/fyne/v2/widget"

	"vidiverse/ui/theme"
)

// Geometry of a grid of cards.
const (
	cardLeast = float32(260)
	gridMost  = float32(1920)
	across    = theme.S5
	down      = theme.S6
)

// Grid is any number of cards, of which only those in sight exist.
type Grid struct {
	fynewidget.BaseWidget
	Len    func() int
	Face   func(i int) CardFace
	OnOpen func(i int)
	NearBy func() // the end is two rows away

	pictures *Pictures
	scroll   *container.Scroll
	body     *fyne.Container
	cards    map[int]*Card
	free     []*Card
	margin   float32
	holes    int // places shown while nothing is known yet
	made     int
}

// NewGrid returns a grid with margins at its sides.
func NewGrid(pictures *Pictures, margin float32) *Grid {
	g := &Grid{pictures: pictures, cards: map[int]*Card{}, margin: margin}
	g.body = container.New(&gridLayout{g})
	g.scroll = container.NewVScroll(g.body)
	g.scroll.OnScrolled = func(fyne.Position) { g.arrange(false) }
	g.ExtendBaseWidget(g)
	return g
}

// Loading shows places of videos that are still on their way.
func (g *Grid) Loading(places int) {
	g.holes = places
	g.Reload()
}

// Reload shows what Len and Face say now.
func (g *Grid) Reload() {
	g.arrange(true)
	g.scroll.Refresh()
}

// Top goes back to the beginning.
func (g *Grid) Top() { g.scroll.ScrollToTop() }

// Scrolled is how far down the grid is.
func (g *Grid) Scrolled() float32 { return g.scroll.Offset.Y }

// ScrollTo goes that far down, or as far as there is something.
func (g *Grid) ScrollTo(y float32) { g.scroll.ScrollToOffset(fyne.NewPos(0, y)) }

// Made is how many cards were ever made.
func (g *Grid) Made() int { return g.made }

func (g *Grid) count() int {
	if n := g.Len(); n > 0 {
		return n
	}
	return g.holes
}

// Columns is how many cards stand side by side.
func (g *Grid) Columns() int {
	return max(int((g.room()+across)/(cardLeast+across)), 1)
}

func (g *Grid) room() float32 { return min(g.scroll.Size().Width-2*g.margin, gridMost) }

func (g *Grid) cell() fyne.Size {
	n := float32(g.Columns())
	w := (g.room() - across*(n-1)) / n
	return fyne.NewSize(w, CardHeight(w))
}

// arrange makes a card for each place in sight, and a row more, out of those
// that went out of sight.
func (g *Grid) arrange(all bool) {
	if g.scroll.Size().Width < 1 {
		return
	}
	cell, columns, n := g.cell(), g.Columns(), g.count()
	step := cell.Height + down
	first := max(int(g.scroll.Offset.Y/step)-1, 0) * columns
	last := min((int((g.scroll.Offset.Y+g.scroll.Size().Height)/step)+2)*columns, n)
	for i, c := range g.cards {
		if i < first || i >= last {
			g.recycle(i, c)
		}
	}
	for i := first; i < last; i++ {
		c, there := g.cards[i]
		if !there {
			c = g.take(i)
		} else if all {
			g.show(c, i)
		}
		x := g.margin + float32(i%columns)*(cell.Width+across)
		put(c, x, theme.S2+float32(i/columns)*step, cell.Width, cell.Height)
	}
	g.collect(first, last)
	if g.NearBy != nil && g.Len() > 0 && last+2*columns >= g.Len() {
		g.NearBy()
	}
}

// collect puts the cards in the order of their places, which Tab follows.
func (g *Grid) collect(first, last int) {
	objects := make([]fyne.CanvasObject, 0, len(g.cards)+len(g.free))
	for i := first; i < last; i++ {
		if c := g.cards[i]; c != nil {
			objects = append(objects, c)
		}
	}
	if !slices.Equal(g.body.Objects, objects) {
		g.body.Objects = objects
		canvas.Refresh(g.body) // the cards have drawn themselves
	}
}

func (g *Grid) recycle(i int, c *Card) {
	if c.focused {
		if cv := fyne.CurrentApp().Driver().CanvasForObject(c); cv != nil {
			cv.Unfocus()
		}
	}
	c.hovered = false
	c.drop()
	delete(g.cards, i)
	g.free = append(g.free, c)
}

func (g *Grid) take(i int) *Card {
	var c *Card
	if n := len(g.free); n > 0 {
		c, g.free = g.free[n-1], g.free[:n-1]
	} else {
		c = NewCard(g.pictures, false)
		g.made++
	}
	g.cards[i] = c
	c.OnTapped = func() {
		if i < g.Len() {
			g.OnOpen(i)
		}
	}
	c.OnKey = func(e *fyne.KeyEvent) bool { return g.move(i, e) }
	g.show(c, i)
	return c
}

func (g *Grid) show(c *Card, i int) {
	if i < g.Len() {
		c.Set(g.Face(i))
		return
	}
	c.Clear()
}

// move takes the keyboard from a card to a neighbour.
func (g *Grid) move(i int, e *fyne.KeyEvent) bool {
	to := i
	switch e.Name {
	case fyne.KeyLeft:
		to--
	case fyne.KeyRight:
		to++
	case fyne.KeyUp:
		to -= g.Columns()
	case fyne.KeyDown:
		to += g.Columns()
	case fyne.KeyHome:
		to = 0
	case fyne.KeyEnd:
		to = g.Len() - 1
	case fyne.KeyPageDown:
		to = min(to+2*g.Columns(), g.Len()-1)
	case fyne.KeyPageUp:
		to = max(to-2*g.Columns(), 0)
	default:
		return false
	}
	if to < 0 || to >= g.Len() {
		return e.Name != fyne.KeyUp
	}
	g.focus(to)
	return true
}

// focus scrolls to a card and gives it the keyboard.
func (g *Grid) focus(i int) {
	step := g.cell().Height + down
	top := float32(i/g.Columns()) * step
	switch {
	case top < g.scroll.Offset.Y:
		g.ScrollTo(top)
	case top+step > g.scroll.Offset.Y+g.scroll.Size().Height:
		g.ScrollTo(top + step - g.scroll.Size().Height)
	}
	g.arrange(false)
	if c := g.cards[i]; c != nil {
		if cv := fyne.CurrentApp().Driver().CanvasForObject(g); cv != nil {
			cv.Focus(c)
		}
	}
}

// FocusFirst gives the first card the keyboard.
func (g *Grid) FocusFirst() {
	if g.Len() > 0 {
		g.focus(0)
	}
}

// CreateRenderer implements fyne.Widget.
func (g *Grid) CreateRenderer() fyne.WidgetRenderer {
	return &renderer{
		objects: []fyne.CanvasObject{g.scroll},
		layout: func(s fyne.Size) {
			g.scroll.Resize(s)
			g.arrange(false)
			g.scroll.Refresh()
		},
		min:     func() fyne.Size { return fyne.NewSize(cardLeast, 160) },
		refresh: func() { g.arrange(true) },
	}
}

type gridLayout struct{ g *Grid }

func (l *gridLayout) Layout([]fyne.CanvasObject, fyne.Size) {}

func (l *gridLayout) MinSize([]fyne.CanvasObject) fyne.Size {
	g := l.g
	if g.scroll.Size().Width < 1 {
		return fyne.NewSize(1, 1)
	}
	rows := (g.count() + g.Columns() - 1) / g.Columns()
	return fyne.NewSize(1, theme.S2+float32(rows)*(g.cell().Height+down))
}
