package page

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	fynetheme "fyne.io/fyne/v2/theme"

	"vidiverse/ui/theme"
	"vidiverse/ui/viewmodel"
	"vidiverse/ui/widget"
)

// First is the question of the first start: two answers of one look, of which
// none has the keyboard.
type First struct {
	vm     *viewmodel.Consent
	object fyne.CanvasObject
	terms  *fyne.Container
	notice *widget.Notice
	yes    *widget.Button
	no     *widget.Button
}

// NewFirst builds the question; done is called once it was answered.
func NewFirst(e Env, done func(share bool)) *First {
	p := &First{vm: e.Desk.Consent(), terms: widget.Column(theme.S2), notice: widget.NewNotice()}
	p.yes = widget.NewButton(widget.Quiet, p.vm.Yes, "", func() { p.vm.Answer(true) })
	p.no = widget.NewButton(widget.Quiet, p.vm.No, "", func() { p.vm.Answer(false) })
	text := widget.NewText(p.vm.Text, widget.Style{Size: theme.SizeRead, Color: theme.Ink2})
	body := widget.Column(theme.S3, widget.Heading(p.vm.Title), text, p.terms,
		widget.Space(1, theme.S1), container.New(halves{}, p.yes, p.no), p.notice.Container)
	box := widget.NewBox(theme.Surface, fynetheme.ColorNameSeparator, theme.RadiusCard, theme.S7, body)
	p.object = widget.Middle(620, box)
	p.vm.Changed = p.show
	p.vm.Answered = done
	p.show()
	p.vm.Load()
	return p
}

func (p *First) show() {
	lines := make([]fyne.CanvasObject, 0, len(p.vm.Terms)+1)
	for _, term := range p.vm.Terms {
		lines = append(lines, widget.Line("check", theme.People, widget.Body(term)))
	}
	p.terms.Objects = append(lines, widget.Line("info", theme.Ink2, widget.Body(p.vm.Cost)))
	text := ""
	if p.vm.Problem != nil {
		text = p.vm.Problem.Text
	}
	p.notice.Say(text)
	for _, b := range []*widget.Button{p.yes, p.no} {
		if p.vm.Busy {
			b.Disable()
		} else {
			b.Enable()
		}
	}
	p.object.Refresh()
}

// Object implements Page.
func (p *First) Object() fyne.CanvasObject { return p.object }

// Close implements Page.
func (p *First) Close() { p.vm.Close() }

// halves gives two objects the same width.
type halves struct{}

func (halves) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	w := (size.Width - theme.S2) / 2
	for i, o := range objects {
		o.Move(fyne.NewPos(float32(i)*(w+theme.S2), 0))
		o.Resize(fyne.NewSize(w, size.Height))
	}
}

func (halves) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var m fyne.Size
	for _, o := range objects {
		m = m.Max(o.MinSize())
	}
	return fyne.NewSize(2*m.Width+theme.S2, m.Height)
}
