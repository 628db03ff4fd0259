package page

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"vidiverse/ui/theme"
	"vidiverse/ui/viewmodel"
	"vidiverse/ui/widget"
)

// giving is the page of what was given: each number leads to what it is made of.
type giving struct {
	env    Env
	vm     *viewmodel.Giving
	object *container.Scroll
	text   *widget.Text
	useful *widget.Text
	notice *widget.Notice
	lists  *fyne.Container
}

func newGiving(e Env) *giving {
	p := &giving{env: e, vm: e.Desk.Giving(), lists: widget.Column(theme.S4), notice: widget.NewNotice()}
	p.text = widget.NewText("", widget.Style{Size: theme.SizeRead, Color: theme.Ink2})
	p.useful = widget.NewText("", widget.Style{Size: theme.SizeRead, Color: theme.Ink2})
	p.object = pageOf(e.say("giving.title"), p.text, p.useful, p.notice.Container, p.lists)
	p.vm.Changed = p.show
	p.vm.Load()
	return p
}

func (p *giving) show() {
	vm, e := p.vm, p.env
	text := ""
	if vm.Problem != nil {
		text = vm.Problem.Text
	}
	p.notice.Say(text)
	p.text.SetText(vm.Sentence)
	p.useful.SetText(vm.Useful)
	if p.useful.Hidden = vm.Useful == ""; !p.useful.Hidden {
		p.useful.Refresh()
	}
	var objects []fyne.CanvasObject
	add := func(title string, rows []viewmodel.GivingRow) {
		if len(rows) == 0 {
			return
		}
		lines := []fyne.CanvasObject{widget.Section(title)}
		for _, row := range rows {
			lines = append(lines, p.row(row))
		}
		objects = append(objects, widget.Panel(widget.Column(theme.S3, lines...)))
	}
	if vm.About != "" {
		objects = append(objects, p.events())
	}
	add(e.say("giving.ways"), vm.Ways)
	add(e.say("giving.videos"), vm.Videos)
	add(e.say("giving.peers"), vm.Peers)
	if vm.Loaded && len(objects) == 0 && vm.Problem == nil {
		objects = append(objects, widget.Panel(widget.State("volunteer_activism", e.say("giving.empty"), e.say("giving.empty.text"))))
	}
	p.lists.Objects = objects
	p.object.Refresh()
}

func (p *giving) row(row viewmodel.GivingRow) fyne.CanvasObject {
	meter := widget.NewMeter(6, 40)
	meter.Set([]widget.Bar{{Color: theme.People, To: row.Part}})
	title := widget.NewText(row.Title, widget.Style{Bold: true, Lines: 1})
	why := widget.NewButton(widget.Plain, p.env.say("giving.explain"), "", func() {
		p.vm.Explain(row)
		p.object.ScrollToTop()
	})
	why.Name = p.env.say("giving.explain.of", "what", row.Title)
	return widget.Row(theme.S4, 0, widget.Column(theme.S1, title, widget.Meta(row.Text), meter), why)
}

// events is what one number is made of, the newest first.
func (p *giving) events() fyne.CanvasObject {
	lines := []fyne.CanvasObject{widget.Section(p.env.say("giving.events", "what", p.vm.About))}
	for _, e := range p.vm.Events {
		lines = append(lines, widget.Column(0, widget.Body(e.Title), widget.Caption(e.Text)))
	}
	if len(p.vm.Events) == 0 {
		lines = append(lines, widget.Meta(p.env.say("giving.events.none")))
	}
	return widget.Panel(widget.Column(theme.S2, lines...))
}

// Scroll implements Scrolled.
func (p *giving) Scroll() *container.Scroll { return p.object }

// Object implements Page.
func (p *giving) Object() fyne.CanvasObject { return p.object }

// Close implements Page.
func (p *giving) Close() { p.vm.Close() }
