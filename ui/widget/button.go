package widget

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	fynetheme "fyne.io/fyne/v2/theme"
	fynewidget "fyne.io/fyne/v2/widget"

	"vidiverse/ui/theme"
)

// Kind is how a button looks.
type Kind int

// The kinds. A view has at most one Primary; People is for helping, and Bad
// for what cannot be undone.
const (
	Quiet Kind = iota
	Primary
	Outline
	People
	Bad
	Plain    // no fill until hovered
	OnVideo  // white, over a picture
	Nav      // an item of the column
	NavTeal  // an item of the column, in the colour of people
	MenuItem // a line of a menu
)

// Button is pressed.
type Button struct {
	fynewidget.DisableableWidget
	Text     string
	Icon     string // name of a symbol
	Name     string // what an icon alone says, shown beside it
	Kind     Kind
	Selected bool // a chosen chip, page or line
	Trailing string
	OnTapped func()

	hovered, pressed, focused bool
}

// NewButton returns a button.
func NewButton(kind Kind, text, icon string, tapped func()) *Button {
	b := &Button{Kind: kind, Text: text, Icon: icon, OnTapped: tapped}
	b.ExtendBaseWidget(b)
	return b
}

// NewIcon returns a button of an icon alone, which has a name.
func NewIcon(kind Kind, icon, name string, tapped func()) *Button {
	b := NewButton(kind, "", icon, tapped)
	b.Name = name
	return b
}

// Set shows another icon, name and choice; the same ones cost nothing.
func (b *Button) Set(text, icon, name string, selected bool) {
	if b.Text == text && b.Icon == icon && b.Name == name && b.Selected == selected {
		return
	}
	b.Text, b.Icon, b.Name, b.Selected = text, icon, name, selected
	b.Refresh()
}

// look is a button's colours.
type look struct{ fill, ink, edge fyne.ThemeColorName }

func (b *Button) look() look {
	if b.Disabled() && (b.Kind == Nav || b.Kind == NavTeal) {
		return look{"", fynetheme.ColorNameDisabled, ""}
	}
	if b.Disabled() {
		return look{fynetheme.ColorNameDisabledButton, fynetheme.ColorNameDisabled, ""}
	}
	switch b.Kind {
	case Primary:
		return look{fynetheme.ColorNamePrimary, fynetheme.ColorNameForegroundOnPrimary, ""}
	case People:
		return look{theme.People, theme.OnPeople, ""}
	case Bad:
		return look{fynetheme.ColorNameError, fynetheme.ColorNameForegroundOnError, ""}
	case Outline:
		return look{theme.Surface, fynetheme.ColorNameForeground, fynetheme.ColorNameInputBorder}
	case Plain:
		return look{"", fynetheme.ColorNameForeground, ""}
	case MenuItem:
		return look{"", fynetheme.ColorNameForeground, ""}
	case OnVideo:
		return look{"", theme.OnChip, ""}
	case Nav, NavTeal:
		l := look{"", theme.Ink2, ""}
		if b.Selected {
			l = look{theme.HoverFill, fynetheme.ColorNameForeground, ""}
		}
		if b.Kind == NavTeal {
			l.ink = theme.People
		}
		return l
	}
	if b.Selected {
		return look{fynetheme.ColorNamePrimary, fynetheme.ColorNameForegroundOnPrimary, ""}
	}
	return look{fynetheme.ColorNameButton, fynetheme.ColorNameForeground, ""}
}

// step is the fill one step up, for hover and press.
func (b *Button) step(l look) color.Color {
	if b.Disabled() || !b.hovered && !b.pressed {
		if l.fill == "" {
			return color.Transparent
		}
		return paint(b, l.fill)
	}
	switch b.Kind {
	case Primary, People, Bad:
		return blend(paint(b, l.fill), paint(b, l.ink), map[bool]float64{false: .1, true: .2}[b.pressed])
	case OnVideo:
		return color.NRGBA{255, 255, 255, map[bool]uint8{false: 36, true: 64}[b.pressed]}
	}
	if b.Selected && b.Kind == Quiet {
		return blend(paint(b, l.fill), paint(b, l.ink), .1)
	}
	if b.pressed {
		return paint(b, theme.PressFill)
	}
	if b.Kind == Nav || b.Kind == NavTeal {
		if b.Selected {
			return paint(b, theme.HoverFill)
		}
		return paint(b, fynetheme.ColorNameButton)
	}
	return paint(b, theme.HoverFill)
}

// blend mixes a part of b into a.
func blend(a, b color.Color, part float64) color.Color {
	x, y := color.NRGBAModel.Convert(a).(color.NRGBA), color.NRGBAModel.Convert(b).(color.NRGBA)
	mix := func(p, q uint8) uint8 { return uint8(float64(p)*(1-part) + float64(q)*part) }
	return color.NRGBA{mix(x.R, y.R), mix(x.G, y.G), mix(x.B, y.B), x.A}
}

// CreateRenderer implements fyne.Widget.
func (b *Button) CreateRenderer() fyne.WidgetRenderer {
	b.ExtendBaseWidget(b)
	back, ring := box(color.Transparent, theme.RadiusControl), newRing(theme.RadiusControl+4)
	icon := canvas.NewImageFromResource(nil)
	icon.FillMode = canvas.ImageFillContain
	label := canvas.NewText("", nil)
	r := &renderer{objects: []fyne.CanvasObject{back, icon, label, ring}}
	shown := ""
	refresh := func() {
		l := b.look()
		back.FillColor = b.step(l)
		back.StrokeWidth = 0
		if l.edge != "" {
			back.StrokeColor, back.StrokeWidth = paint(b, l.edge), 1
			if b.hovered {
				back.StrokeColor = paint(b, theme.Ink2)
			}
		}
		if key := b.Icon + " " + string(l.ink); key != shown {
			shown = key
			icon.Resource = nil
			if b.Icon != "" {
				icon.Resource = theme.Icon(b.Icon, l.ink)
			}
		}
		icon.Hidden = b.Icon == ""
		label.Text, label.Color = b.Text, paint(b, l.ink)
		label.TextSize = b.Theme().Size(fynetheme.SizeNameText)
		label.TextStyle = b.textStyle()
		ring.StrokeColor, ring.Hidden = paint(b, theme.Focus), !b.focused
	}
	refresh()
	r.layout = func(s fyne.Size) {
		back.Resize(s)
		around(ring, s, theme.Ring)
		b.place(s, icon, label)
	}
	r.min = b.least
	r.refresh = func() {
		refresh()
		r.layout(b.BaseWidget.Size())
		for _, o := range r.objects {
			o.Refresh()
		}
	}
	return r
}

func (b *Button) textStyle() fyne.TextStyle {
	switch b.Kind {
	case Nav, NavTeal:
		return fyne.TextStyle{Bold: b.Selected}
	case MenuItem:
		return fyne.TextStyle{}
	}
	return fyne.TextStyle{Bold: true}
}

func (b *Button) least() fyne.Size {
	high := theme.Control
	if b.Kind == Nav || b.Kind == NavTeal {
		high = theme.NavItem
	}
	if b.Text == "" {
		return fyne.NewSize(high, high)
	}
	w := fyne.MeasureText(b.Text, b.Theme().Size(fynetheme.SizeNameText), fyne.TextStyle{Bold: b.Kind != MenuItem}).Width + 2*theme.S3
	switch {
	case b.Kind == Nav || b.Kind == NavTeal:
		w += 20 + 14
	case b.Icon != "":
		w += 20 + theme.S2
	}
	return fyne.NewSize(w, high)
}

func (b *Button) place(s fyne.Size, icon *canvas.Image, label *canvas.Text) {
	const px = float32(20)
	size := label.MinSize()
	icon.Resize(fyne.NewSquareSize(px))
	y := (s.Height - px) / 2
	gap := theme.S2
	start := (s.Width - size.Width) / 2
	switch {
	case b.Text == "":
		icon.Move(fyne.NewPos((s.Width-px)/2, y))
		return
	case b.Kind == Nav || b.Kind == NavTeal:
		start, gap = theme.S3, 14
	case b.Kind == MenuItem:
		start = theme.S3
	case b.Icon != "":
		start -= (px + gap) / 2
	}
	start = max(start, theme.S2)
	if b.Icon != "" {
		icon.Move(fyne.NewPos(start, y))
		start += px + gap
	} else if b.Kind == MenuItem {
		start += px + gap
	}
	label.Move(fyne.NewPos(start, (s.Height-size.Height)/2))
	label.Resize(size)
}

func (b *Button) tap() {
	if b.OnTapped != nil && !b.Disabled() {
		b.OnTapped()
	}
}

// Tapped implements fyne.Tappable.
func (b *Button) Tapped(*fyne.PointEvent) { b.tap() }

// FocusGained implements fyne.Focusable.
func (b *Button) FocusGained() {
	b.focused = true
	b.Refresh()
	reveal(b)
	b.tip(true)
}

// FocusLost implements fyne.Focusable.
func (b *Button) FocusLost() {
	b.focused = false
	b.Refresh()
	b.tip(false)
}

// TypedKey implements fyne.Focusable.
func (b *Button) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeySpace, fyne.KeyReturn, fyne.KeyEnter:
		b.tap()
	default:
		passKey(b, e)
	}
}

// TypedRune implements fyne.Focusable.
func (b *Button) TypedRune(r rune) {
	if r != ' ' {
		passRune(b, r)
	}
}

// MouseIn implements desktop.Hoverable.
func (b *Button) MouseIn(*desktop.MouseEvent) {
	b.hovered = true
	b.Refresh()
	b.tip(true)
}

// MouseMoved implements desktop.Hoverable.
func (b *Button) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements desktop.Hoverable.
func (b *Button) MouseOut() {
	b.hovered, b.pressed = false, false
	b.Refresh()
	b.tip(false)
}

// MouseDown implements desktop.Mouseable.
func (b *Button) MouseDown(*desktop.MouseEvent) {
	b.pressed = true
	b.Refresh()
}

// MouseUp implements desktop.Mouseable.
func (b *Button) MouseUp(*desktop.MouseEvent) {
	b.pressed = false
	b.Refresh()
}

func (b *Button) tip(show bool) {
	if b.Name != "" && b.Text == "" {
		tip(b, b.Name, show)
	}
}
