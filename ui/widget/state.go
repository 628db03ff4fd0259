package widget

import (
	"image/color"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	fynetheme "fyne.io/fyne/v2/theme"
	fynewidget "fyne.io/fyne/v2/widget"

	"vidiverse/ui/theme"
)

// Symbol is an icon of a size in a colour.
func Symbol(name string, size float32, in fyne.ThemeColorName) *canvas.Image {
	img := canvas.NewImageFromResource(theme.Icon(name, in))
	img.FillMode = canvas.ImageFillContain
	img.SetMinSize(fyne.NewSquareSize(size))
	return img
}

// Line is an icon beside a sentence.
func Line(icon string, in fyne.ThemeColorName, t *Text) *fyne.Container {
	return Row(theme.S2, 1, Symbol(icon, 20, in), t)
}

// State fills a page that has nothing to show: what comes here, and one action.
func State(icon, title, text string, actions ...fyne.CanvasObject) *fyne.Container {
	centred := func(s Style, words string) *Text {
		s.Align = fyne.TextAlignCenter
		return NewText(words, s)
	}
	lines := []fyne.CanvasObject{
		container.NewCenter(Symbol(icon, 32, theme.Ink2)),
		centred(Style{Size: fynetheme.SizeNameSubHeadingText, Bold: true}, title),
	}
	if text != "" {
		lines = append(lines, centred(Style{Color: theme.Ink2}, text))
	}
	if len(actions) > 0 {
		lines = append(lines, Space(1, theme.S1), container.NewCenter(Row(theme.S2, -1, actions...)))
	}
	return container.New(&middleLayout{480}, Column(theme.S2, lines...))
}

// Middle puts an object of a width in the middle of the room.
func Middle(width float32, o fyne.CanvasObject) *fyne.Container {
	return container.New(&middleLayout{width}, o)
}

type middleLayout struct{ width float32 }

func (l *middleLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objects {
		w := min(l.width, size.Width-2*theme.S6)
		h := heightFor(o, w)
		o.Move(fyne.NewPos((size.Width-w)/2, max((size.Height-h)/2, theme.S4)))
		o.Resize(fyne.NewSize(w, h))
	}
}

func (l *middleLayout) MinSize(objects []fyne.CanvasObject) fyne.Size { return fyne.NewSize(200, 100) }

func (l *middleLayout) heightFor(objects []fyne.CanvasObject, width float32) float32 {
	h := float32(0)
	for _, o := range objects {
		h = max(h, heightFor(o, min(l.width, width-2*theme.S6))+2*theme.S4)
	}
	return h
}

// Notice is a line across a page about something that does not work.
type Notice struct {
	*fyne.Container
	text *Text
}

// NewNotice returns a hidden notice.
func NewNotice(actions ...fyne.CanvasObject) *Notice {
	n := &Notice{text: NewText("", Style{Color: fynetheme.ColorNameWarning})}
	line := Row(theme.S2, 1, append([]fyne.CanvasObject{Symbol("warning-fill", 20, fynetheme.ColorNameWarning), n.text}, actions...)...)
	n.Container = Column(0, NewBox(theme.WarnSoft, "", theme.RadiusControl, theme.S3, line))
	n.Hide()
	return n
}

// Say shows a sentence; empty hides the notice.
func (n *Notice) Say(text string) {
	n.text.SetText(text)
	if text == "" {
		n.Hide()
		return
	}
	n.Show()
}

// toastTime is how long a toast stays.
const toastTime = 6 * time.Second

// Toasts are short sentences at the bottom of a window, one at a time.
type Toasts struct {
	fynewidget.BaseWidget
	Dispatch func(func())
	Start    float32 // distance from the window's start

	line  *Text
	good  *canvas.Image
	bad   *canvas.Image
	close *Button
	box   *Box
	timer *time.Timer
	times int
}

// NewToasts returns the layer of a window.
func NewToasts(dispatch func(func()), closeName string) *Toasts {
	t := &Toasts{Dispatch: dispatch, line: NewText("", Style{})}
	t.good, t.bad = Symbol("check_circle-fill", 20, fynetheme.ColorNameSuccess), Symbol("error-fill", 20, fynetheme.ColorNameError)
	t.close = NewIcon(Plain, "close", closeName, t.hide)
	t.box = NewBox(fynetheme.ColorNameMenuBackground, fynetheme.ColorNameSeparator, theme.RadiusCard, theme.S2,
		Inset(0, 0, 0, theme.S2, 0, Row(theme.S3, 2, t.good, t.bad, t.line, t.close)))
	t.box.Hide()
	t.ExtendBaseWidget(t)
	return t
}

// Say shows a sentence for a while; one of trouble stays until it is closed.
func (t *Toasts) Say(text string, trouble bool) {
	t.line.SetText(text)
	t.good.Hidden, t.bad.Hidden = trouble, !trouble
	t.times++
	if t.timer != nil {
		t.timer.Stop()
	}
	if times := t.times; !trouble {
		t.timer = time.AfterFunc(toastTime, func() {
			t.Dispatch(func() {
				if t.times == times {
					t.hide()
				}
			})
		})
	}
	t.box.Show()
	t.Refresh()
}

// Close ends the clock of a toast that is shown.
func (t *Toasts) Close() {
	if t.timer != nil {
		t.timer.Stop()
	}
	t.times++
}

func (t *Toasts) hide() {
	t.box.Hide()
	t.Refresh()
}

// CreateRenderer implements fyne.Widget.
func (t *Toasts) CreateRenderer() fyne.WidgetRenderer {
	r := &renderer{objects: []fyne.CanvasObject{t.box}}
	r.layout = func(s fyne.Size) {
		w := min(440, s.Width-t.Start-2*theme.S6)
		need := fyne.MeasureText(t.line.text, 14, fyne.TextStyle{}).Width + 20 + theme.Control + 2*theme.S3 + 3*theme.S2 + 8
		w = min(w, need)
		h := t.box.HeightFor(w)
		put(t.box, t.Start+theme.S6, s.Height-h-theme.S6, w, h)
	}
	r.min = func() fyne.Size { return fyne.NewSize(1, 1) }
	r.refresh = func() {
		r.layout(t.BaseWidget.Size())
		t.box.Refresh()
		canvas.Refresh(t)
	}
	return r
}

// Square stands for a channel or a server that has no picture: its first letter.
func Square(name string) fyne.CanvasObject {
	letter := "·"
	for _, r := range name {
		letter = strings.ToUpper(string(r))
		break
	}
	t := canvas.NewText(letter, color.White)
	t.TextStyle, t.TextSize, t.Alignment = fyne.TextStyle{Bold: true}, 15, fyne.TextAlignCenter
	back := box(hue(name), 11)
	back.SetMinSize(fyne.NewSquareSize(40))
	return container.NewStack(back, container.NewCenter(t))
}

// Wide makes an object exactly so wide.
func Wide(width float32, o fyne.CanvasObject) *fyne.Container {
	return container.New(wideLayout(width), o)
}

type wideLayout float32

func (l wideLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objects {
		o.Resize(fyne.NewSize(float32(l), size.Height))
	}
}

func (l wideLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(float32(l), objects[0].MinSize().Height)
}
