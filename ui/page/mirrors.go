package page

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"vidiverse/ui/theme"
	"vidiverse/ui/viewmodel"
	"vidiverse/ui/viewmodel/words"
	"vidiverse/ui/widget"
)

// mirrors is the page of help: how much of each followed server is kept.
type mirrors struct {
	env    Env
	vm     *viewmodel.Mirrors
	object *container.Scroll
	list   *fyne.Container
	notice *widget.Notice
	forms  map[string]*mirrorForm
}

// mirrorForm is the card of one server. It is made once, so that what is being
// typed stays when the numbers around it change.
type mirrorForm struct {
	object fyne.CanvasObject
	size   *widget.Entry
	text   *widget.Text
	doing  *widget.Text
	meter  *widget.Meter
	start  *widget.Button
	change *widget.Button
	leave  *widget.Button
	row    viewmodel.MirrorRow
}

func newMirrors(e Env) *mirrors {
	p := &mirrors{env: e, vm: e.Desk.Mirrors(), list: widget.Column(theme.S4), forms: map[string]*mirrorForm{}}
	p.notice = widget.NewNotice()
	intro := widget.NewText(e.say("mirrors.text"), widget.Style{Size: theme.SizeRead, Color: theme.Ink2})
	p.object = pageOf(e.say("mirrors.title"), intro, p.notice.Container, p.list)
	p.vm.Changed = p.show
	p.vm.Set = func(row viewmodel.MirrorRow) {
		id := "mirror.stopped"
		if row.Helping {
			id = "mirror.started"
		}
		e.Toast(e.say(id, "name", row.Name), false)
	}
	p.vm.Load()
	return p
}

func (p *mirrors) show() {
	vm, e := p.vm, p.env
	text := vm.Wrong
	if vm.Problem != nil {
		text = vm.Problem.Text
	}
	p.notice.Say(text)
	var objects []fyne.CanvasObject
	for _, row := range vm.Rows {
		f := p.forms[row.Origin]
		if f == nil {
			f = p.form(row)
			p.forms[row.Origin] = f
		}
		f.show(row)
		objects = append(objects, f.object)
	}
	if vm.Loaded && len(vm.Rows) == 0 && vm.Problem == nil {
		objects = append(objects, widget.Panel(widget.State("volunteer_activism", e.say("mirrors.empty"), e.say("mirrors.empty.text"),
			widget.NewButton(widget.Primary, e.say("add.title"), "", func() { e.Go(Route{Kind: InstancesKind}) }))))
	}
	p.list.Objects = objects
	p.object.Refresh()
}

func (p *mirrors) form(row viewmodel.MirrorRow) *mirrorForm {
	e := p.env
	f := &mirrorForm{row: row, text: widget.Meta(""), doing: widget.Caption(""), meter: widget.NewMeter(8, 40)}
	keep := func() { p.vm.Keep(f.row, f.size.Text) }
	f.size = widget.NewEntry("50", func(string) { keep() })
	if row.Limit > 0 {
		f.size.SetText(e.words().Size(row.Limit, viewmodel.GB))
	}
	f.start = widget.NewButton(widget.People, e.say("mirror.start"), "volunteer_activism-fill", keep)
	f.change = widget.NewButton(widget.Quiet, e.say("mirror.change"), "", keep)
	f.leave = widget.NewButton(widget.Plain, e.say("mirror.leave"), "", func() { p.ask(f.row) })
	label := widget.NewText(e.say("mirror.keep"), widget.Style{})
	unit := widget.NewText(e.say("mirror.unit"), widget.Style{Fit: true})
	sentence := widget.Wrap(theme.S2, widget.Inset(theme.S2, 0, 0, 0, 0, widget.NewText(label.Text(), widget.Style{Fit: true})),
		widget.Wide(96, f.size), widget.Inset(theme.S2, 0, 0, 0, 0, unit))
	f.size.OnChanged = func(text string) { f.offer(text) }
	f.object = widget.Panel(widget.Column(theme.S3, widget.Section(e.say("mirror.title", "name", row.Name)),
		sentence, f.meter, f.text, f.doing, widget.Wrap(theme.S2, f.start, f.change, f.leave)))
	return f
}

func (f *mirrorForm) show(row viewmodel.MirrorRow) {
	f.row = row
	f.text.SetText(row.Text)
	f.doing.SetText(row.Doing)
	f.doing.Hidden = row.Doing == ""
	f.meter.Hidden = !row.Helping
	f.meter.Set([]widget.Bar{{Color: theme.People, To: row.Part}})
	f.start.Hidden, f.leave.Hidden = row.Helping, !row.Helping
	f.offer(f.size.Text)
}

// offer shows the way to keep what was typed, if it is something else.
func (f *mirrorForm) offer(text string) {
	n, ok := words.ParseSize(text, viewmodel.GB)
	f.change.Hidden = !f.row.Helping || !ok || n == f.row.Limit || n == 0
	f.object.Refresh()
}

func (p *mirrors) ask(row viewmodel.MirrorRow) {
	e := p.env
	widget.Ask(e.Canvas(), widget.Dialog{
		Title: e.say("mirror.leave.title", "name", row.Name), Text: e.say("mirror.leave.text"),
		Quiet: e.say("mirror.keepon"), Verb: e.say("mirror.leave"), Kind: widget.Bad,
		Do: func() { p.vm.Leave(row) },
	})
}

// Scroll implements Scrolled.
func (p *mirrors) Scroll() *container.Scroll { return p.object }

// Object implements Page.
func (p *mirrors) Object() fyne.CanvasObject { return p.object }

// Close implements Page.
func (p *mirrors) Close() { p.vm.Close() }
