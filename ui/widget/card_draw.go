package widget

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	fynetheme "fyne.io/fyne/v2/theme"

	"vidiverse/ui/theme"
)

// cardRenderer draws a Card with objects that are made once.
type cardRenderer struct {
	c                           *Card
	back, chipBack, face, badge *canvas.Rectangle
	shade, ring                 *canvas.Rectangle
	picture, avatar, disk       *canvas.Image
	closed                      *canvas.Image
	chip, initial               *canvas.Text
	hidden                      *Text
	lines                       [3]*canvas.Rectangle
}

func (r *cardRenderer) Destroy() { r.c.drop() }

func (r *cardRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.back, r.picture, r.shade, r.closed, r.hidden, r.chipBack, r.chip, r.badge, r.disk, r.face, r.initial, r.avatar,
		r.lines[0], r.lines[1], r.lines[2], r.c.title, r.c.channel, r.c.meta, r.ring}
}

func (r *cardRenderer) MinSize() fyne.Size {
	if r.c.Side {
		return fyne.NewSize(200, thumbHeight(136))
	}
	return fyne.NewSize(160, CardHeight(160))
}

func put(o fyne.CanvasObject, x, y, w, h float32) {
	o.Move(fyne.NewPos(x, y))
	o.Resize(fyne.NewSize(w, h))
}

func (r *cardRenderer) Layout(s fyne.Size) {
	c := r.c
	t := c.thumbSize()
	put(r.back, 0, 0, t.Width, t.Height)
	put(r.picture, 0, 0, t.Width, t.Height)
	put(r.shade, 0, 0, t.Width, t.Height)
	put(r.closed, t.Width/2-12, t.Height/2-22, 24, 24)
	put(r.hidden, 0, t.Height/2+6, t.Width, 18)
	m := r.chip.MinSize()
	put(r.chipBack, t.Width-theme.S2-m.Width-12, t.Height-theme.S2-20, m.Width+12, 20)
	put(r.chip, t.Width-theme.S2-m.Width-6, t.Height-theme.S2-20+(20-m.Height)/2, m.Width, m.Height)
	put(r.badge, t.Width-theme.S2-24, theme.S2, 24, 24)
	put(r.disk, t.Width-theme.S2-20, theme.S2+4, 16, 16)
	around(r.ring, s, theme.RingFar)
	if c.Side {
		r.column(t.Width+theme.S3, 0, s.Width-t.Width-theme.S3)
		return
	}
	y := t.Height + 10
	put(r.face, 0, y, 36, 36)
	put(r.avatar, 0, y, 36, 36)
	im := r.initial.MinSize()
	put(r.initial, (36-im.Width)/2, y+(36-im.Height)/2, im.Width, im.Height)
	r.column(48, y, s.Width-48)
}

func (r *cardRenderer) column(x, y, w float32) {
	c := r.c
	h := c.title.HeightFor(w)
	put(c.title, x, y, w, h)
	put(c.channel, x, y+h+2, w, 18)
	put(c.meta, x, y+h+20, w, 18)
	for i, part := range []float32{1, .7, .45} {
		put(r.lines[i], x, y+2+float32(i)*20, w*part, 12)
	}
}

func (r *cardRenderer) Refresh() {
	c := r.c
	r.back.FillColor = paint(c, fynetheme.ColorNameButton)
	r.shade.FillColor = color.NRGBA{A: 20}
	r.shade.Hidden = !c.hovered || c.empty
	r.picture.Image, r.picture.Hidden = c.thumb, c.thumb == nil
	r.picture.CornerRadius = theme.RadiusCard
	r.avatar.CornerRadius = 10
	if c.Side {
		r.picture.CornerRadius, r.back.CornerRadius, r.shade.CornerRadius = theme.RadiusControl, theme.RadiusControl, theme.RadiusControl
	}
	hidden := c.face.Hidden != ""
	r.closed.Hidden, r.hidden.Hidden = !hidden, !hidden
	if hidden && r.closed.Resource == nil {
		r.closed.Resource = theme.Icon("visibility_off", theme.Ink2)
	}
	r.hidden.SetText(c.face.Hidden)
	r.chipBack.FillColor = paint(c, theme.Chip)
	if c.face.Live {
		r.chipBack.FillColor = paint(c, theme.Live)
	}
	r.chip.Text, r.chip.TextSize, r.chip.Color = c.face.Chip, c.Theme().Size(fynetheme.SizeNameCaptionText), paint(c, theme.OnChip)
	r.chip.Hidden, r.chipBack.Hidden = c.face.Chip == "", c.face.Chip == ""
	r.badge.FillColor = paint(c, theme.Chip)
	r.badge.Hidden, r.disk.Hidden = !c.face.Kept, !c.face.Kept
	if c.face.Kept && r.disk.Resource == nil {
		r.disk.Resource = theme.Icon("hard_drive", theme.PeopleOnChip)
	}
	r.avatarLook()
	for _, l := range r.lines {
		l.FillColor, l.Hidden = paint(c, fynetheme.ColorNameButton), !c.empty
	}
	r.ring.StrokeColor, r.ring.Hidden = paint(c, theme.Focus), !c.focused
	r.Layout(c.BaseWidget.Size())
	canvas.Refresh(c)
	for _, o := range []fyne.CanvasObject{r.picture, r.avatar, r.disk, r.closed, c.title, c.channel, c.meta} {
		o.Refresh()
	}
}

// hues are dark enough for white letters; a channel has always the same.
var hues = []color.NRGBA{{0x7C, 0x5C, 0x3F, 255}, {0x3F, 0x6A, 0x7C, 255}, {0x55, 0x70, 0x3D, 255}, {0x5B, 0x4F, 0x8C, 255}, {0x8A, 0x4A, 0x4A, 255}, {0x3D, 0x6E, 0x60, 255}}

func hue(name string) color.NRGBA {
	sum := uint32(2166136261)
	for _, b := range []byte(name) {
		sum = (sum ^ uint32(b)) * 16777619
	}
	return hues[sum%uint32(len(hues))]
}

func (r *cardRenderer) avatarLook() {
	c := r.c
	r.face.FillColor = hue(c.face.Channel)
	if c.empty {
		r.face.FillColor = paint(c, fynetheme.ColorNameButton)
	}
	r.avatar.Image, r.avatar.Hidden = c.avatar, c.avatar == nil || c.Side
	r.face.Hidden = c.Side
	r.initial.Text, r.initial.TextSize, r.initial.TextStyle = c.face.Initial, 14, fyne.TextStyle{Bold: true}
	r.initial.Color = color.White
	r.initial.Hidden = c.Side || c.avatar != nil
}
