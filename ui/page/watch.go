package page

import (
	"net/url"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"vidiverse/node/control"
	"vidiverse/ui/theme"
	"vidiverse/ui/viewmodel"
	"vidiverse/ui/widget"
)

// watch is a video: its player, what is said of it, where it comes from.
type watch struct {
	env    Env
	vm     *viewmodel.Watch
	stage  *stage
	root   *fyne.Container // the stage alone in full screen, else the page
	around fyne.CanvasObject
	scroll *container.Scroll

	title, channel, host, facts *widget.Text
	text                        *widget.Text
	more                        *widget.Button
	moreLine                    *fyne.Container
	moreShown                   bool
	textBox                     *widget.Box
	square                      *fyne.Container
	sources                     *sourcesPanel
	swarm                       *swarmPanel
	web                         *widget.Button
	next                        *fyne.Container
	cards                       []*widget.Card
	left                        bool
}

func newWatch(e Env, r Route) *watch {
	p := &watch{env: e}
	p.stage = newStage(e, p)
	p.vm = e.Desk.Watch(r.Video, e.Players(p.stage.newFrame, p.stage.adopt))
	p.vm.Title, p.vm.Poster = r.Name, r.Poster
	p.stage.vm = p.vm
	p.title = widget.NewText("", widget.Style{Size: "headingText", Bold: true, Lines: 2})
	p.channel = widget.NewText("", widget.Style{Bold: true, Lines: 1})
	p.host = widget.NewText("", widget.Style{Size: theme.SizeMeta, Color: theme.Ink2, Lines: 1})
	p.facts = widget.NewText("", widget.Style{Size: theme.SizeMeta, Bold: true, Lines: 1})
	p.text = widget.NewText("", widget.Style{Size: theme.SizeRead, Lines: 3, Wide: 640})
	p.more = widget.NewButton(widget.Plain, e.say("video.more"), "", p.toggleText)
	p.moreLine = widget.Wrap(0, p.more)
	p.square = container.NewStack()
	p.sources = newSources(e)
	p.swarm = newSwarm()
	p.next = widget.Column(theme.S3)
	p.around = p.build()
	p.root = container.NewStack(p.around)
	p.vm.Changed = p.show
	p.vm.Ticked = p.stage.tick
	p.vm.Load()
	return p
}

func (p *watch) build() fyne.CanvasObject {
	e := p.env
	copyLink := widget.NewButton(widget.Quiet, e.say("video.copy"), "link", func() {
		e.Copy(p.vm.Page)
		e.Toast(e.say("video.copied"), false)
	})
	p.web = widget.NewIcon(widget.Quiet, "open_in_new", e.say("video.page"), func() {
		if u, err := url.Parse(p.vm.Page); err == nil && (u.Scheme == "https" || u.Scheme == "http") {
			e.OpenURL(u)
		}
	})
	by := widget.Row(theme.S2, 1, p.square, widget.Inset(0, 0, 0, theme.S1, 0, widget.Column(0, p.channel, p.host)), copyLink, p.web)
	p.textBox = widget.NewBox("button", "", theme.RadiusCard, theme.S4, widget.Column(theme.S2, p.facts, p.text, p.moreLine))
	main := widget.Column(theme.S3, p.stage, widget.Inset(theme.S1, 0, 0, 0, 0, p.title), by, p.textBox)
	side := widget.Column(theme.S5, p.swarm.object, p.sources.object, p.next)
	p.scroll = widget.Scroll(widget.Inset(theme.S4, theme.S6, theme.S7, theme.S6, 1760, widget.Split(360, 1000, theme.S5, main, side)))
	return p.scroll
}

func (p *watch) toggleText() {
	p.moreShown = !p.moreShown
	lines, id := 3, "video.more"
	if p.moreShown {
		lines, id = 0, "video.less"
	}
	p.text.SetLines(lines)
	p.more.Set(p.env.say(id), "", "", false)
	p.around.Refresh()
}

// show follows every change of the model but the passing of time.
func (p *watch) show() {
	vm, e := p.vm, p.env
	p.title.SetText(vm.Title)
	p.channel.SetText(vm.Channel)
	p.host.SetText(vm.Host)
	p.facts.SetText(vm.Facts)
	p.text.SetText(vm.Text)
	p.text.Hidden = vm.Text == ""
	long := len(vm.Text) > 240
	p.moreLine.Hidden = !long
	p.textBox.Hidden = vm.Facts == ""
	if len(p.square.Objects) == 0 && vm.Channel != "" {
		p.square.Objects = []fyne.CanvasObject{widget.Square(vm.Channel)}
	}
	p.sources.show(vm.Sources)
	p.swarm.show(vm.Swarm)
	p.web.Hidden = vm.Ref.Origin == control.TorrentOrigin
	if len(p.cards) == 0 && len(vm.Next) > 0 {
		p.next.Objects = []fyne.CanvasObject{widget.NewText(e.say("video.next"), widget.Style{Size: theme.SizeTitle, Bold: true})}
		for _, c := range vm.Next {
			card := widget.NewCard(e.Pictures, true)
			card.Set(face(c))
			card.OnTapped = func() { e.Go(watching(c)) }
			p.cards = append(p.cards, card)
			p.next.Objects = append(p.next.Objects, card)
		}
	}
	p.stage.show()
	if !p.env.Full() { // the page that is hidden then must not lay out the stage
		p.around.Refresh()
	}
}

// full shows the player alone, or in its page again.
func (p *watch) full(on bool) {
	p.env.SetFull(on)
	if on {
		p.root.Objects = []fyne.CanvasObject{p.stage}
	} else {
		p.around = p.build() // laid out anew: the stage had another size
		p.root.Objects = []fyne.CanvasObject{p.around}
	}
	p.root.Refresh()
	p.show()
}

// Scroll implements Scrolled.
func (p *watch) Scroll() *container.Scroll { return p.scroll }

// Object implements Page.
func (p *watch) Object() fyne.CanvasObject { return p.root }

// Close implements Page.
func (p *watch) Close() {
	p.left = true
	if p.env.Full() {
		p.env.SetFull(false)
	}
	p.stage.close()
	p.vm.Close()
}

// sourcesPanel says where the bytes of the video came from.
type sourcesPanel struct {
	env    Env
	object *widget.Box
	title  *widget.Text
	total  *widget.Text
	meter  *widget.Meter
	rows   []*sourceRow
	proof  *widget.Text
	good   fyne.CanvasObject
	bad    fyne.CanvasObject
	none   *widget.Text
}

type sourceRow struct {
	line          *fyne.Container
	name, percent *widget.Text
}

// colours of the origins of bytes, in the order of every meter.
var colours = []struct {
	origin string
	colour fyne.ThemeColorName
}{{control.FromDevice, theme.Device}, {control.FromPeople, theme.People}, {control.FromMirror, theme.Mirror}, {control.FromServer, theme.Server}}

func colourOf(origin string) fyne.ThemeColorName {
	for _, c := range colours {
		if c.origin == origin {
			return c.colour
		}
	}
	return theme.Server
}

func newSources(e Env) *sourcesPanel {
	p := &sourcesPanel{env: e, title: widget.Strong(""), meter: widget.NewMeter(8, 60), proof: widget.Caption("")}
	p.total = widget.NewText("", widget.Style{Size: theme.SizeMeta, Color: "placeholder", Fit: true})
	p.none = widget.Meta(e.say("sources.waiting"))
	lines := []fyne.CanvasObject{widget.Row(theme.S2, 0, p.title, p.total), p.meter, p.none}
	for _, c := range colours {
		r := &sourceRow{name: widget.NewText("", widget.Style{Size: theme.SizeMeta, Lines: 1}), percent: widget.NewText("", widget.Style{Size: theme.SizeMeta, Fit: true})}
		r.line = widget.Row(theme.S2, 1, widget.Swatch(c.colour), r.name, r.percent)
		r.line.Hide()
		p.rows = append(p.rows, r)
		lines = append(lines, r.line)
	}
	p.good, p.bad = widget.Symbol("verified", 16, "placeholder"), widget.Symbol("gpp_bad", 16, "error")
	p.bad.Hide()
	lines = append(lines, widget.Row(theme.S2, 2, p.good, p.bad, p.proof))
	p.object = widget.Panel(widget.Column(theme.S2, lines...))
	return p
}

func (p *sourcesPanel) show(s viewmodel.Sources) {
	p.title.SetText(s.Title)
	p.total.SetText(s.Total)
	var bars []widget.Bar
	for i, c := range colours {
		r := p.rows[i]
		r.line.Hidden = true
		for _, share := range s.Shares {
			if share.Origin == c.origin {
				r.line.Hidden = false
				r.name.SetText(share.Name)
				r.percent.SetText(share.Percent)
				bars = append(bars, widget.Bar{Color: c.colour, To: share.Part})
			}
		}
	}
	p.meter.Set(bars)
	p.none.Hidden = len(bars) > 0
	if len(bars) == 0 && !s.Refused {
		s.Proof = "" // of nothing
	}
	p.proof.SetText(s.Proof)
	p.good.Hide()
	p.bad.Hide()
	switch {
	case s.Refused:
		p.bad.Show()
	case s.Proof != "":
		p.good.Show()
	}
}
