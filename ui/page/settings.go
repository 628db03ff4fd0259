package page

import (
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"vidiverse/node/control"
	"vidiverse/ui/theme"
	"vidiverse/ui/viewmodel"
	"vidiverse/ui/viewmodel/words"
	"vidiverse/ui/widget"
)

// settings is the limits, the look and the language.
type settings struct {
	env     Env
	vm      *viewmodel.Settings
	object  *container.Scroll
	notice  *widget.Notice
	rate    *limit
	month   *limit
	disk    *limit
	folder  *widget.Entry
	from    *widget.Entry
	to      *widget.Entry
	hours   *widget.Check
	times   *widget.Labelled
	metered *widget.Check
	lang    *widget.Choice
	look    *widget.Choice
	save    *widget.Button
	filling bool
}

func newSettings(e Env) *settings {
	p := &settings{env: e, vm: e.Desk.Settings()}
	p.notice = widget.NewNotice(widget.NewButton(widget.Plain, e.say("again"), "replay", p.vm.Load))
	p.save = widget.NewButton(widget.Primary, e.say("settings.save"), "", func() { p.read(); p.vm.Save() })
	p.object = pageOf(e.say("settings.title"), p.notice.Container, p.sharing(), p.appearance(),
		widget.Row(theme.S2, 0, widget.Space(1, 1), p.save), p.about())
	p.vm.Changed = p.show
	p.vm.Saved = func(prefs control.Preferences) {
		e.Toast(e.say("settings.saved"), false)
		e.Apply(prefs)
	}
	p.vm.Load()
	return p
}

// limit is a size: a slider for its rough value, a field for the exact one.
type limit struct {
	*widget.Labelled
	field  *widget.Entry
	slider *widget.Slider
	most   float64
}

// newLimit scales its slider so that small values have room: the square of its
// place, up to most.
func (p *settings) newLimit(label, help string, most float64) *limit {
	l := &limit{most: most}
	l.field = widget.NewEntry("", nil)
	l.slider = widget.NewSlider(.02, func(v float64) {
		x := v * v * l.most
		if x >= 10 {
			x = math.Round(x)
		} else {
			x = math.Round(x*10) / 10
		}
		l.field.SetText(p.env.words().Size(int64(x*1000), 1000))
	})
	l.field.OnChanged = func(text string) {
		if n, ok := words.ParseSize(text, 1000); ok {
			l.slider.Set(math.Sqrt(float64(n) / 1000 / l.most))
		}
		p.typed()
	}
	l.Labelled = widget.NewLabelled(label, help, widget.Row(theme.S4, 0, l.slider, widget.Wide(112, l.field)))
	return l
}

func (p *settings) sharing() fyne.CanvasObject {
	e := p.env
	p.rate = p.newLimit(e.say("settings.rate"), e.say("settings.rate.help"), 20)
	p.month = p.newLimit(e.say("settings.month"), e.say("settings.month.help"), 2000)
	p.disk = p.newLimit(e.say("settings.disk"), e.say("settings.disk.help"), 1000)
	p.from, p.to = widget.NewEntry("23:00", nil), widget.NewEntry("07:00", nil)
	p.hours = widget.NewCheck(e.say("settings.hours"), func(bool) { p.typed() })
	p.metered = widget.NewCheck(e.say("settings.metered"), func(bool) { p.typed() })
	p.times = widget.NewLabelled(e.say("settings.hours.from")+" – "+e.say("settings.hours.to"), "",
		widget.Wrap(theme.S2, widget.Wide(96, p.from), widget.Wide(96, p.to)))
	p.folder = widget.NewEntry("", nil)
	for _, f := range []*widget.Entry{p.from, p.to, p.folder} {
		f.OnChanged = func(string) { p.typed() }
	}
	choose := widget.NewButton(widget.Outline, e.say("settings.folder.choose"), "folder", func() {
		e.ChooseFolder(func(path string) { p.folder.SetText(path) })
	})
	folder := widget.NewLabelled(e.say("settings.folder"), e.say("settings.folder.help"), widget.Row(theme.S2, 0, p.folder, choose))
	return widget.Panel(widget.Column(theme.S4, widget.Section(e.say("settings.sharing")),
		p.rate.Container, p.month.Container, p.disk.Container, folder.Container, p.hours, p.times.Container, p.metered))
}

func (p *settings) appearance() fyne.CanvasObject {
	e := p.env
	langs, texts := []string{""}, []string{e.say("settings.language.system")}
	for _, tag := range words.Languages {
		langs, texts = append(langs, tag), append(texts, e.say("settings.language."+tag))
	}
	p.lang = widget.NewChoice(langs, texts, func(tag string) { p.vm.Language = tag; p.typed() })
	p.look = widget.NewChoice([]string{"", "light", "dark"},
		[]string{e.say("settings.theme.system"), e.say("settings.theme.light"), e.say("settings.theme.dark")},
		func(look string) { p.vm.Theme = look; p.typed() })
	return widget.Panel(widget.Column(theme.S4, widget.Section(e.say("settings.look")),
		widget.Column(theme.S2, widget.Strong(e.say("settings.language")), p.lang.Container),
		widget.Column(theme.S2, widget.Strong(e.say("settings.theme")), p.look.Container)))
}

func (p *settings) about() fyne.CanvasObject {
	e := p.env
	return widget.Panel(widget.Column(theme.S3, widget.Section(e.say("settings.about")),
		widget.Body(e.say("settings.about.text", "version", e.Version())),
		widget.Meta(e.say("settings.about.readers")),
		widget.Strong(e.say("keys.title")), widget.Meta(e.say("keys.text"))))
}

// typed follows what people type; the model checks when they save.
func (p *settings) typed() {
	if p.filling {
		return
	}
	p.read()
	p.state()
}

func (p *settings) read() {
	vm := p.vm
	vm.Rate, vm.Month, vm.Disk = p.rate.field.Text, p.month.field.Text, p.disk.field.Text
	vm.Folder, vm.Hours, vm.From, vm.To, vm.Metered = p.folder.Text, p.hours.Checked, p.from.Text, p.to.Text, p.metered.Checked
}

// show fills the form from the model.
func (p *settings) show() {
	vm := p.vm
	p.filling = true
	for _, pair := range []struct {
		field *widget.Entry
		text  string
	}{{p.rate.field, vm.Rate}, {p.month.field, vm.Month}, {p.disk.field, vm.Disk}, {p.folder, vm.Folder}, {p.from, vm.From}, {p.to, vm.To}} {
		if pair.field.Text != pair.text {
			pair.field.SetText(pair.text)
		}
	}
	p.hours.SetChecked(vm.Hours)
	p.metered.SetChecked(vm.Metered)
	p.filling = false
	text := ""
	if vm.Problem != nil {
		text = vm.Problem.Text
	}
	p.notice.Say(text)
	for field, l := range map[string]*widget.Labelled{"rate": p.rate.Labelled, "month": p.month.Labelled, "disk": p.disk.Labelled, "hours": p.times} {
		l.Wrong(vm.Wrong[field])
	}
	p.state()
}

// state shows what can be done now.
func (p *settings) state() {
	p.lang.Choose(p.vm.Language)
	p.look.Choose(p.vm.Theme)
	p.times.Hidden = !p.vm.Hours
	if p.vm.Dirty() && !p.vm.Saving && !p.vm.Loading {
		p.save.Enable()
	} else {
		p.save.Disable()
	}
	p.object.Refresh()
}

// Scroll implements Scrolled.
func (p *settings) Scroll() *container.Scroll { return p.object }

// Object implements Page.
func (p *settings) Object() fyne.CanvasObject { return p.object }

// Close implements Page.
func (p *settings) Close() { p.vm.Close() }
