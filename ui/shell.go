package ui

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"vidiverse/ui/page"
	"vidiverse/ui/theme"
	"vidiverse/ui/widget"
)

// Widths of the column beside the pages.
const (
	columnWide = float32(228)
	railWide   = float32(68)
	columnFrom = float32(1000) // width of a window that has room for the column
)

// shell is the column, or the rail, beside a page. The sharing strip is at its
// foot on every page.
type shell struct {
	w      *Window
	object *fyne.Container
	layout *shellLayout
	nav    *fyne.Container
	back   *widget.Button
	items  []*navItem
	strip  *widget.Strip
}

type navItem struct {
	button       *widget.Button
	kind         page.Kind
	icon, chosen string
	name         string
}

func newShell(w *Window) *shell {
	s := &shell{w: w}
	say := w.desk.Words.Say
	s.back = widget.NewButton(widget.Nav, say("nav.back"), "arrow_back", w.Back)
	lines := []fyne.CanvasObject{s.back}
	for _, n := range []struct {
		kind     page.Kind
		look     widget.Kind
		icon, id string
	}{
		{page.HomeKind, widget.Nav, "home", "nav.home"},
		{page.LibraryKind, widget.Nav, "download", "nav.library"},
		{page.InstancesKind, widget.Nav, "dns", "nav.instances"},
		{page.MirrorsKind, widget.NavTeal, "volunteer_activism", "nav.help"},
		{page.SettingsKind, widget.Nav, "settings", "nav.settings"},
	} {
		item := &navItem{kind: n.kind, icon: n.icon, chosen: n.icon + "-fill", name: say(n.id)}
		item.button = widget.NewButton(n.look, item.name, n.icon, func() { w.Go(page.Route{Kind: n.kind}) })
		s.items = append(s.items, item)
		lines = append(lines, item.button)
	}
	s.strip = widget.NewStrip(s.menu)
	s.nav = widget.Column(2, lines...)
	s.layout = &shellLayout{s: s}
	s.object = container.New(s.layout, s.nav, s.strip, widget.NewEdge(), container.NewStack())
	w.sharing.Changed = s.share
	s.share()
	return s
}

// share shows what is sent now.
func (s *shell) share() {
	vm := s.w.sharing
	s.strip.Set(vm.Line, vm.Detail, vm.Used, vm.Active, vm.Warn)
	s.object.Layout.Layout(s.object.Objects, s.object.Size())
}

// menu pauses, stops and starts sharing.
func (s *shell) menu() {
	vm, say := s.w.sharing, s.w.desk.Words.Say
	var items []widget.Item
	switch {
	case !vm.Known:
	case !vm.On:
		items = append(items, widget.Item{Text: say("share.switch.on"), Icon: "volunteer_activism", Do: func() { vm.Switch(true) }})
	default:
		if vm.Paused {
			items = append(items, widget.Item{Text: say("share.resume"), Icon: "play_arrow-fill", Do: vm.Resume})
		} else {
			items = append(items, widget.Item{Text: say("share.pause.hour"), Icon: "pause-fill", Do: func() { vm.PauseFor(time.Hour) }},
				widget.Item{Text: say("share.pause.tomorrow"), Icon: "schedule", Do: vm.PauseUntilTomorrow})
		}
		items = append(items, widget.Item{Text: say("share.switch.off"), Icon: "close", Do: func() { vm.Switch(false) }})
	}
	items = append(items, widget.Item{},
		widget.Item{Text: say("share.giving"), Icon: "groups", Do: func() { s.w.Go(page.Route{Kind: page.GivingKind}) }},
		widget.Item{Text: say("share.limits"), Icon: "settings", Do: func() { s.w.Go(page.Route{Kind: page.SettingsKind}) }})
	text := vm.Sentence
	if text == "" {
		text = vm.Line
	}
	widget.Menu(s.w.Canvas(), s.strip, widget.Column(theme.S1, widget.Strong(say("share.title")), widget.Meta(text)), items)
}

// show puts a page beside the column.
func (s *shell) show(o fyne.CanvasObject, r page.Route, back bool) {
	kind := r.Kind
	if r.Kind == page.SearchKind || r.Kind == page.HomeKind && r.Origin != "" {
		kind = -1
	}
	for _, item := range s.items {
		item.button.Selected = item.kind == kind
		item.button.Icon = item.icon
		if item.button.Selected {
			item.button.Icon = item.chosen
		}
	}
	if back { // its place is kept: nothing jumps
		s.back.Enable()
	} else {
		s.back.Disable()
	}
	s.layout.rail = r.Kind == page.WatchKind
	s.object.Objects[3] = o
	s.layout.narrow = nil
	s.object.Refresh()
}

// full shows the page alone, or the column beside it again.
func (s *shell) full(on bool) {
	s.layout.alone = on
	s.object.Refresh()
}

// shellLayout lays out the column, the strip, an edge and the page.
type shellLayout struct {
	s      *shell
	rail   bool // whatever the width
	alone  bool
	narrow *bool // what the buttons show now
}

func (l *shellLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	nav, strip, edge, content := objects[0], objects[1], objects[2], objects[3]
	for _, o := range objects[:3] {
		o.(interface{ Show() }).Show()
		if l.alone {
			o.Hide()
		}
	}
	if l.alone {
		content.Move(fyne.NewPos(0, 0))
		content.Resize(size)
		return
	}
	narrow := l.rail || size.Width < columnFrom
	l.dress(narrow)
	wide := columnWide
	if narrow {
		wide = railWide
	}
	inner := wide - 2*theme.S3
	l.s.w.toasts.Start = wide // what is said never hides what is sent
	nav.Move(fyne.NewPos(theme.S3, theme.S3))
	nav.Resize(fyne.NewSize(inner, widget.HeightOf(nav, inner)))
	h := l.s.strip.HeightFor(inner)
	strip.Move(fyne.NewPos(theme.S3, size.Height-h-theme.S3))
	strip.Resize(fyne.NewSize(inner, h))
	edge.Move(fyne.NewPos(wide, 0))
	edge.Resize(fyne.NewSize(1, size.Height))
	content.Move(fyne.NewPos(wide+1, 0))
	content.Resize(fyne.NewSize(max(size.Width-wide-1, 1), size.Height))
}

// dress gives the buttons their words, or in the rail their names alone.
func (l *shellLayout) dress(narrow bool) {
	if l.narrow != nil && *l.narrow == narrow {
		return
	}
	l.narrow = &narrow
	l.s.strip.Narrow = narrow
	name := l.s.w.desk.Words.Say("nav.back")
	dress := func(b *widget.Button, name string) {
		text := name
		if narrow {
			text = ""
		}
		b.Text, b.Name = text, name
		b.Refresh()
	}
	dress(l.s.back, name)
	for _, item := range l.s.items {
		dress(item.button, item.name)
	}
	l.s.strip.Refresh()
}

func (l *shellLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(480, 360) }
