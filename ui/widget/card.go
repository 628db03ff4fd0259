package widget

import (
	"image"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	fynetheme "fyne.io/fyne/v2/theme"
	fynewidget "fyne.io/fyne/v2/widget"

	"vidiverse/ui/theme"
)

// CardFace is what a Card shows.
type CardFace struct {
	Picture, Avatar      Picture // without a Name: there is none
	Title, Channel, Meta string
	Initial              string
	Chip                 string
	Live, Kept           bool
	Hidden               string // why the picture is not shown; empty: it is
}

// Card is a video in a grid, or with Side a line of a list. One card shows many
// videos, one after the other: Set gives it the next.
type Card struct {
	fynewidget.BaseWidget
	Side     bool
	OnTapped func()
	OnKey    func(*fyne.KeyEvent) bool // tried before the window's keys

	pictures         *Pictures
	face             CardFace
	empty            bool // a place whose video is still on its way
	cancel           []func()
	thumb, avatar    image.Image
	hovered, focused bool
	title, channel   *Text
	meta             *Text
	scale            float32
}

// NewCard returns an empty card.
func NewCard(pictures *Pictures, side bool) *Card {
	c := &Card{pictures: pictures, Side: side, empty: true,
		title:   NewText("", Style{Size: theme.SizeTitle, Bold: true, Lines: 2}),
		channel: NewText("", Style{Size: theme.SizeMeta, Color: theme.Ink2, Lines: 1}),
		meta:    NewText("", Style{Size: theme.SizeMeta, Color: theme.Ink2, Lines: 1})}
	if side {
		c.title.style.Size = fynetheme.SizeNameText
	}
	c.ExtendBaseWidget(c)
	return c
}

// CardHeight is that of a card in a grid, of a width.
func CardHeight(width float32) float32 { return thumbHeight(width) + 10 + 2*20 + 2 + 18 + 18 }

func thumbHeight(width float32) float32 { return float32(int(width*9/16 + .5)) }

// Face is what is shown now.
func (c *Card) Face() CardFace { return c.face }

// Set shows a video; pictures of the one before that are still loading are
// given up.
func (c *Card) Set(f CardFace) {
	if f == c.face && !c.empty {
		return
	}
	c.drop()
	c.face, c.empty, c.thumb, c.avatar = f, false, nil, nil
	c.title.SetText(f.Title)
	c.channel.SetText(f.Channel)
	c.meta.SetText(f.Meta)
	c.fetch()
	c.Refresh()
}

// Clear shows the place of a video that is still on its way.
func (c *Card) Clear() {
	if c.empty {
		return
	}
	c.drop()
	c.face, c.empty, c.thumb, c.avatar = CardFace{}, true, nil, nil
	c.title.SetText("")
	c.channel.SetText("")
	c.meta.SetText("")
	c.Refresh()
}

func (c *Card) drop() {
	for _, cancel := range c.cancel {
		cancel()
	}
	c.cancel = nil
}

func (c *Card) thumbSize() fyne.Size {
	w := c.Size().Width
	if c.Side {
		w = 136
	}
	return fyne.NewSize(w, thumbHeight(w))
}

// fetch asks for the pictures in the pixels they need. Widths are rounded up to
// steps, so that a window that is being resized does not ask at each of them.
func (c *Card) fetch() {
	s := c.thumbSize()
	if s.Width < 8 || c.empty {
		return
	}
	c.scale = 1
	if cv := fyne.CurrentApp().Driver().CanvasForObject(c); cv != nil {
		c.scale = max(cv.Scale(), 1)
	}
	w := (int(s.Width*c.scale)/80 + 1) * 80
	if c.face.Hidden == "" {
		c.load(c.face.Picture, w, w*9/16, &c.thumb)
	}
	if !c.Side {
		a := int(36 * c.scale)
		c.load(c.face.Avatar, a, a, &c.avatar)
	}
}

func (c *Card) load(p Picture, w, h int, into *image.Image) {
	if p.Name == "" || c.pictures == nil {
		return
	}
	if img := c.pictures.Get(p, w, h); img != nil {
		*into = img
		return
	}
	c.cancel = append(c.cancel, c.pictures.Load(p, w, h, func(img *image.RGBA) {
		*into = img
		c.Refresh()
	}))
}

// CreateRenderer implements fyne.Widget.
func (c *Card) CreateRenderer() fyne.WidgetRenderer {
	r := &cardRenderer{c: c, ring: newRing(theme.RadiusCard + theme.RingFar),
		back: box(nil, theme.RadiusCard), chipBack: box(nil, theme.RadiusTag), face: box(nil, 10), badge: box(nil, theme.RadiusTag),
		shade: box(nil, theme.RadiusCard)}
	r.picture = canvas.NewImageFromImage(nil)
	r.avatar = canvas.NewImageFromImage(nil)
	r.disk = canvas.NewImageFromResource(nil)
	r.closed = canvas.NewImageFromResource(nil)
	for _, img := range []*canvas.Image{r.picture, r.avatar, r.disk, r.closed} {
		img.FillMode, img.ScaleMode = canvas.ImageFillContain, canvas.ImageScaleFastest
	}
	r.chip, r.initial = canvas.NewText("", nil), canvas.NewText("", nil)
	for i := range r.lines {
		r.lines[i] = box(nil, theme.RadiusTag)
	}
	r.hidden = NewText("", Style{Size: theme.SizeMeta, Color: theme.Ink2, Lines: 1, Align: fyne.TextAlignCenter})
	r.Refresh()
	return r
}

// Resize asks for larger pictures where the place has grown.
func (c *Card) Resize(s fyne.Size) {
	grown := s.Width > c.Size().Width+1
	c.BaseWidget.Resize(s)
	if grown && !c.empty {
		c.drop()
		c.fetch()
		c.Refresh()
	}
}

// Tapped implements fyne.Tappable.
func (c *Card) Tapped(*fyne.PointEvent) {
	if !c.empty && c.OnTapped != nil {
		c.OnTapped()
	}
}

// Cursor implements desktop.Cursorable.
func (c *Card) Cursor() desktop.Cursor { return desktop.PointerCursor }

// MouseIn implements desktop.Hoverable.
func (c *Card) MouseIn(*desktop.MouseEvent) {
	c.hovered = true
	c.Refresh()
}

// MouseMoved implements desktop.Hoverable.
func (c *Card) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements desktop.Hoverable.
func (c *Card) MouseOut() {
	c.hovered = false
	c.Refresh()
}

// FocusGained implements fyne.Focusable.
func (c *Card) FocusGained() {
	c.focused = true
	c.Refresh()
	reveal(c)
}

// FocusLost implements fyne.Focusable.
func (c *Card) FocusLost() {
	c.focused = false
	c.Refresh()
}

// TypedKey implements fyne.Focusable.
func (c *Card) TypedKey(e *fyne.KeyEvent) {
	switch {
	case e.Name == fyne.KeyReturn || e.Name == fyne.KeyEnter || e.Name == fyne.KeySpace:
		c.Tapped(nil)
	case c.OnKey != nil && c.OnKey(e):
	default:
		passKey(c, e)
	}
}

// TypedRune implements fyne.Focusable.
func (c *Card) TypedRune(r rune) {
	if r != ' ' {
		passRune(c, r)
	}
}
