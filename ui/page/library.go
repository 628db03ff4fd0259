package page

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"vidiverse/ui/theme"
	"vidiverse/ui/viewmodel"
	"vidiverse/ui/widget"
)

// library is the videos on this computer.
type library struct {
	env     Env
	vm      *viewmodel.Holdings
	object  fyne.CanvasObject
	summary *widget.Text
	notice  *widget.Notice
	list    *widget.Rows
	middle  *fyne.Container
}

func newLibrary(e Env) *library {
	p := &library{env: e, vm: e.Desk.Holdings(), summary: widget.Meta(""), middle: container.NewStack()}
	p.notice = widget.NewNotice(widget.NewButton(widget.Plain, e.say("again"), "replay", p.vm.Load))
	p.list = widget.NewRows(theme.S6, func(i int) widget.RowFace {
		r := p.vm.Rows[i]
		return widget.RowFace{Title: r.Title, Text: r.Text, Badge: r.Why, Part: r.Part}
	}, func(i int) { e.Go(Route{Kind: WatchKind, Video: p.vm.Rows[i].Ref, Name: p.vm.Rows[i].Title}) })
	head := widget.Inset(theme.S3, theme.S6, theme.S2, theme.S6, 0,
		widget.Column(theme.S2, widget.Heading(e.say("library.title")), p.summary, p.notice.Container))
	p.object = container.New(&topped{}, head, container.NewStack(p.list, p.middle))
	p.vm.Changed = p.show
	p.vm.Load()
	return p
}

func (p *library) show() {
	vm, e := p.vm, p.env
	text := ""
	if vm.Problem != nil {
		text = vm.Problem.Text
	}
	p.notice.Say(text)
	p.summary.SetText(vm.Summary)
	p.middle.Objects = nil
	if len(vm.Rows) == 0 && vm.Loaded && vm.Problem == nil {
		p.summary.SetText("")
		p.middle.Objects = []fyne.CanvasObject{widget.State("hard_drive", e.say("library.empty"), e.say("library.empty.text"),
			widget.NewButton(widget.Primary, e.say("search.leave"), "", func() { e.Go(Route{Kind: HomeKind}) }))}
	}
	p.middle.Refresh()
	p.list.SetCount(len(vm.Rows))
	p.object.Refresh()
}

// Object implements Page.
func (p *library) Object() fyne.CanvasObject { return p.object }

// Close implements Page.
func (p *library) Close() { p.vm.Close() }
