package page

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"vidiverse/node/control"
	"vidiverse/ui/theme"
	"vidiverse/ui/viewmodel"
	"vidiverse/ui/widget"
)

// videos is Home, the videos of one instance, and the results of a search.
type videos struct {
	env    Env
	route  Route
	vm     *viewmodel.Grid
	object fyne.CanvasObject
	grid   *widget.Grid
	middle *fyne.Container // an empty or failed list
	search *widget.Entry
	sorts  *widget.Choice
	notice *widget.Notice
}

var sorts = []string{"", "-trending", "-views"}

func newVideos(e Env, r Route) *videos {
	p := &videos{env: e, route: r, vm: e.Desk.Grid(control.Query{Origin: r.Origin, Search: r.Search})}
	p.grid = widget.NewGrid(e.Pictures, theme.S6)
	p.grid.Len = func() int { return len(p.vm.Cards) }
	p.grid.Face = func(i int) widget.CardFace { return face(p.vm.Cards[i]) }
	p.grid.OnOpen = func(i int) { e.Go(watching(p.vm.Cards[i])) }
	p.grid.NearBy = p.vm.Next
	again := widget.NewButton(widget.Plain, e.say("again"), "replay", p.vm.Load)
	p.notice = widget.NewNotice(again)
	p.middle = container.NewStack()
	p.object = container.New(&topped{}, p.head(), container.NewStack(p.grid, p.middle))
	p.vm.Changed = p.show
	p.vm.Load()
	return p
}

func (p *videos) head() fyne.CanvasObject {
	e := p.env
	title := e.say("nav.home")
	switch {
	case p.route.Search != "":
		title = e.say("search.title", "query", p.route.Search)
	case p.route.Name != "":
		title = p.route.Name
	}
	p.search = widget.NewEntry(e.say("search.hint"), p.submit)
	p.search.SetIcon(theme.Icon("search", theme.Ink2))
	p.search.SetText(p.route.Search)
	heading := widget.NewText(title, widget.Style{Size: "headingText", Bold: true, Lines: 1, Fit: len(title) < 24})
	add := widget.NewIcon(widget.Quiet, "add", e.say("add.title"), func() { e.Go(Route{Kind: InstancesKind}) })
	var bar fyne.CanvasObject
	if len(title) < 24 {
		bar = widget.Row(theme.S7, 1, heading, widget.Inset(0, 0, 0, 0, 704, p.search), add)
	} else {
		bar = widget.Column(theme.S2, widget.Row(theme.S7, 0, widget.Inset(0, 0, 0, 0, 704, p.search), add), heading)
	}
	lines := []fyne.CanvasObject{bar}
	if p.route.Search == "" {
		texts := []string{e.say("sort.recent"), e.say("sort.trending"), e.say("sort.views")}
		p.sorts = widget.NewChoice(sorts, texts, func(by string) {
			p.grid.Top()
			p.vm.Sort(by)
		})
		p.sorts.Choose("")
		lines = append(lines, p.sorts.Container)
	}
	lines = append(lines, p.notice.Container)
	return widget.Inset(theme.S2, theme.S6, theme.S2, theme.S6, 0, widget.Column(theme.S3, lines...))
}

func (p *videos) submit(text string) {
	switch {
	case viewmodel.IsLink(text):
		p.env.Open(text)
	case text != "":
		p.env.Go(Route{Kind: SearchKind, Search: text})
	case p.route.Search != "":
		p.env.Go(Route{Kind: HomeKind})
	}
}

func (p *videos) show() {
	vm := p.vm
	problem := ""
	for i, text := range vm.Problems {
		if i == 3 {
			break
		}
		if i > 0 {
			problem += " "
		}
		problem += text
	}
	var state fyne.CanvasObject
	switch {
	case len(vm.Cards) > 0 && vm.Problem != nil:
		problem = vm.Problem.Text
	case len(vm.Cards) > 0 || vm.Loading:
	default:
		state = p.state()
	}
	p.middle.Objects = nil
	if state != nil {
		p.middle.Objects = []fyne.CanvasObject{state}
	}
	p.middle.Refresh()
	p.notice.Say(problem)
	p.grid.Hidden = state != nil
	holes := 0
	if vm.Loading && len(vm.Cards) == 0 {
		holes = 12
	}
	p.grid.Loading(holes)
	p.object.Refresh()
}

// state is what stands where no card is.
func (p *videos) state() fyne.CanvasObject {
	e, vm := p.env, p.vm
	switch {
	case vm.Problem != nil:
		return widget.State("wifi_off", vm.Problem.Text, "", widget.NewButton(widget.Primary, e.say("again"), "", vm.Load),
			widget.NewButton(widget.Quiet, e.say("nav.library"), "", func() { e.Go(Route{Kind: LibraryKind}) }))
	case p.route.Search != "":
		return widget.State("search", e.say("search.none", "query", p.route.Search), e.say("search.none.text"),
			widget.NewButton(widget.Primary, e.say("search.leave"), "", func() { e.Go(Route{Kind: HomeKind}) }))
	case vm.Nobody:
		return widget.State("video_library", e.say("list.nobody"), e.say("list.nobody.text"),
			widget.NewButton(widget.Primary, e.say("add.title"), "", func() { e.Go(Route{Kind: InstancesKind}) }))
	}
	return widget.State("movie", e.say("list.empty"), e.say("list.empty.text"),
		widget.NewButton(widget.Primary, e.say("again"), "", vm.Load))
}

// FocusSearch implements Searchable.
func (p *videos) FocusSearch() { p.env.Canvas().Focus(p.search) }

// TypedKey implements Keyed: the arrows reach the cards.
func (p *videos) TypedKey(k *fyne.KeyEvent) bool {
	switch k.Name {
	case fyne.KeyDown:
		p.grid.FocusFirst()
	case fyne.KeyF5:
		p.vm.Load()
	default:
		return false
	}
	return true
}

// TypedRune implements Keyed.
func (p *videos) TypedRune(r rune) bool {
	if r == '/' {
		p.FocusSearch()
		return true
	}
	return false
}

// Place implements Placed.
func (p *videos) Place() float32 { return p.grid.Scrolled() }

// SetPlace implements Placed.
func (p *videos) SetPlace(y float32) { p.grid.ScrollTo(y) }

// Object implements Page.
func (p *videos) Object() fyne.CanvasObject { return p.object }

// Close implements Page.
func (p *videos) Close() { p.vm.Close() }

// topped gives the first object its height and the second the rest.
type topped struct{}

func (topped) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	h := widget.HeightOf(objects[0], size.Width)
	objects[0].Resize(fyne.NewSize(size.Width, h))
	objects[1].Move(fyne.NewPos(0, h))
	objects[1].Resize(fyne.NewSize(size.Width, max(size.Height-h, 0)))
}

func (topped) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(320, 240) }
