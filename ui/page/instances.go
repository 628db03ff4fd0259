package page

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	fynetheme "fyne.io/fyne/v2/theme"

	"vidiverse/ui/theme"
	"vidiverse/ui/viewmodel"
	"vidiverse/ui/widget"
)

// instances is the servers that are followed, and the form to follow one more.
type instances struct {
	env    Env
	vm     *viewmodel.Instances
	object *container.Scroll
	list   *fyne.Container
	notice *widget.Notice
	field  *widget.Entry
	label  *widget.Labelled
	add    *widget.Button
	cancel *widget.Button
	asked  bool // whoever follows nobody has the keyboard in the field
}

func newInstances(e Env) *instances {
	p := &instances{env: e, vm: e.Desk.Instances(), list: widget.Column(theme.S3)}
	p.notice = widget.NewNotice(widget.NewButton(widget.Plain, e.say("again"), "replay", p.vm.Load))
	p.field = widget.NewEntry(e.say("add.example"), p.vm.Add)
	p.add = widget.NewButton(widget.Primary, e.say("add.verb"), "add", func() { p.vm.Add(p.field.Text) })
	p.cancel = widget.NewButton(widget.Plain, e.say("cancel"), "", p.vm.Cancel)
	p.label = widget.NewLabelled(e.say("add.label"), e.say("add.text"), widget.Row(theme.S2, 0, p.field, p.add, p.cancel))
	form := widget.Panel(widget.Column(theme.S3, widget.Section(e.say("add.title")), p.label.Container))
	p.object = pageOf(e.say("nav.instances"), form, p.notice.Container, p.list)
	p.vm.Changed = p.show
	p.vm.Added = func(row viewmodel.InstanceRow) {
		p.field.SetText("")
		e.Toast(e.say("add.done", "name", row.Name), false)
		e.Go(Route{Kind: HomeKind, Origin: row.Origin, Name: row.Name})
	}
	p.vm.Removed = func(host string) { e.Toast(e.say("instance.removed", "host", host), false) }
	p.vm.Load()
	return p
}

func (p *instances) show() {
	vm := p.vm
	wrong := ""
	if vm.AddProblem != nil {
		wrong = vm.AddProblem.Text
	}
	p.label.Wrong(wrong)
	p.cancel.Hidden = !vm.Adding
	if vm.Adding {
		p.add.Disable()
	} else {
		p.add.Enable()
	}
	text := ""
	if vm.Problem != nil {
		text = vm.Problem.Text
	}
	p.notice.Say(text)
	p.list.Objects = nil
	for _, row := range vm.Rows {
		p.list.Objects = append(p.list.Objects, p.row(row))
	}
	p.object.Refresh()
	if !p.asked && !vm.Loading && vm.Problem == nil {
		if p.asked = true; len(vm.Rows) == 0 {
			p.env.Canvas().Focus(p.field)
		}
	}
}

func (p *instances) row(row viewmodel.InstanceRow) fyne.CanvasObject {
	e := p.env
	lines := []fyne.CanvasObject{widget.NewText(row.Name, widget.Style{Bold: true, Lines: 1}), widget.NewText(row.Host, widget.Style{Color: theme.Ink2, Size: theme.SizeMeta, Lines: 1})}
	if row.Text != "" {
		lines = append(lines, widget.NewText(row.Text, widget.Style{Color: theme.Ink2, Size: theme.SizeMeta, Lines: 2}))
	}
	if row.Problem != "" {
		t := widget.Meta(row.Problem)
		t.SetColor(fynetheme.ColorNameWarning)
		lines = append(lines, widget.Line("warning-fill", fynetheme.ColorNameWarning, t))
	}
	open := widget.NewButton(widget.Outline, e.say("instances.open"), "", func() { e.Go(Route{Kind: HomeKind, Origin: row.Origin, Name: row.Name}) })
	remove := widget.NewIcon(widget.Plain, "delete", e.say("instance.remove"), func() { p.ask(row) })
	return widget.Panel(widget.Row(theme.S2, 1, widget.Square(row.Name), widget.Inset(0, 0, 0, theme.S1, 0, widget.Column(2, lines...)), open, remove))
}

func (p *instances) ask(row viewmodel.InstanceRow) {
	e := p.env
	widget.Ask(e.Canvas(), widget.Dialog{
		Title: e.say("instance.remove.title", "name", row.Name), Text: e.say("instance.remove.text"),
		Quiet: e.say("cancel"), Verb: e.say("instance.remove"), Kind: widget.Bad,
		Do: func() { p.vm.Remove(row) },
	})
}

// Scroll implements Scrolled.
func (p *instances) Scroll() *container.Scroll { return p.object }

// Object implements Page.
func (p *instances) Object() fyne.CanvasObject { return p.object }

// Close implements Page.
func (p *instances) Close() { p.vm.Close() }

// pageOf is a page of one column of cards under a heading.
func pageOf(title string, objects ...fyne.CanvasObject) *container.Scroll {
	column := append([]fyne.CanvasObject{widget.Heading(title)}, objects...)
	return widget.Scroll(widget.Inset(theme.S3, theme.S6, theme.S8, theme.S6, 720, widget.Column(theme.S4, column...)))
}
