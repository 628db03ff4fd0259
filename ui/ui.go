// Package ui is the window: navigation, history, keys and the column with its
// sharing strip, around the pages of ui/page.
//
//	app/desktop ── fyne.App, control.Services ──▶ Window ──▶ page ──▶ viewmodel
//
// A Window belongs to the UI goroutine.
package ui

import (
	"context"
	"log/slog"
	"net/url"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/lang"

	"vidiverse/node/control"
	"vidiverse/ui/page"
	"vidiverse/ui/theme"
	"vidiverse/ui/viewmodel"
	"vidiverse/ui/viewmodel/words"
	"vidiverse/ui/widget"
)

// Config of a window. Services, App and Players are needed.
type Config struct {
	App      fyne.App
	Services control.Services
	Players  page.MakePlayers
	Dispatch func(func()) // nil: fyne.Do
	Version  string
	Link     string // to open, once people agree
	Language string // nil of a setting: what the system speaks
	Log      *slog.Logger
}

// Window is the one window of the program.
type Window struct {
	cfg      Config
	win      fyne.Window
	ctx      context.Context
	end      context.CancelFunc
	desk     *viewmodel.Desk
	pictures *widget.Pictures
	sharing  *viewmodel.Sharing
	opening  *viewmodel.Opening
	handed   *viewmodel.Handed

	root    *fyne.Container
	tips    *widget.Tips
	toasts  *widget.Toasts
	shell   *shell
	current page.Page
	history []visit
	full    bool
}

// visit is a place in the history.
type visit struct {
	route page.Route
	y     float32
}

// Open builds the window and asks the node what to show first. It is shown by
// the caller; the window's work ends with ctx, or when it is closed.
func Open(ctx context.Context, cfg Config) *Window {
	if cfg.Dispatch == nil {
		cfg.Dispatch = fyne.Do
	}
	if cfg.Language == "" {
		cfg.Language = string(lang.SystemLocale())
	}
	cfg.App.Settings().SetTheme(theme.New(theme.System))
	ctx, end := context.WithCancel(ctx)
	w := &Window{cfg: cfg, win: cfg.App.NewWindow("Vidiverse"), ctx: ctx, end: end}
	w.desk = viewmodel.New(ctx, viewmodel.Config{Services: cfg.Services, Dispatch: cfg.Dispatch, Words: words.For(cfg.Language), Log: cfg.Log})
	w.pictures = widget.NewPictures(ctx, w.fetch, cfg.Dispatch)
	w.opening = w.desk.Opening()
	w.opening.Found = func(ref control.Ref) { w.Go(page.Route{Kind: page.WatchKind, Video: ref}) }
	w.opening.Failed = func(p viewmodel.Problem) { w.Toast(p.Text, true) }
	w.sharing = w.desk.Sharing()
	w.win.SetPadded(false)
	w.win.SetIcon(theme.Logo())
	w.win.SetOnDropped(w.dropped)
	w.remember()
	w.keys()
	w.begin()
	w.handed = w.desk.Handed()
	w.handed.Link = w.hand
	w.handed.Wait()
	return w
}

func (w *Window) fetch(ctx context.Context, p widget.Picture) ([]byte, error) {
	return w.cfg.Services.Library.Picture(ctx, control.Ref{Origin: p.Origin, Video: p.Video}, p.Name)
}

// Fyne is the window as Fyne knows it.
func (w *Window) Fyne() fyne.Window { return w.win }

// Wait returns when all work of a closed window has ended.
func (w *Window) Wait() {
	w.desk.Wait()
	w.pictures.Wait()
}

// Close ends all that the window does.
func (w *Window) Close() {
	if w.current != nil {
		w.current.Close()
	}
	w.toasts.Close()
	w.tips.Close(w.win.Canvas())
	w.end()
}

// begin asks for the settings and the answer of the first start.
func (w *Window) begin() {
	w.dress()
	start := w.desk.Start()
	start.Ready = func(p control.Preferences, asked bool) {
		start.Close()
		w.Apply(p)
		w.sharing.Show(true)
		if !asked {
			w.first()
			return
		}
		w.home()
	}
	start.Changed = func() {
		if start.Problem != nil {
			again := widget.NewButton(widget.Primary, w.desk.Words.Say("again"), "", start.Load)
			w.put(widget.State("wifi_off", start.Problem.Text, "", again))
		}
	}
	start.Load()
}

// dress lays the layers of the window in the language of now.
func (w *Window) dress() {
	if w.toasts != nil {
		w.toasts.Close()
	}
	w.toasts = widget.NewToasts(w.cfg.Dispatch, w.desk.Words.Say("close"))
	w.shell = newShell(w)
	w.tips = widget.NewTips(w.win.Canvas())
	w.root = container.NewStack()
	w.win.SetContent(w.root)
	w.put(container.NewStack())
}

// put shows an object under the toasts and tips.
func (w *Window) put(o fyne.CanvasObject) {
	w.root.Objects = []fyne.CanvasObject{o, w.toasts, w.tips.Container}
	w.root.Refresh()
}

func (w *Window) env() page.Env {
	return page.Env{Host: w, Desk: w.desk, Pictures: w.pictures, Players: w.cfg.Players}
}

// first asks the question of the first start; nothing else can be reached.
func (w *Window) first() {
	w.leave()
	p := page.NewFirst(w.env(), func(bool) { w.home() })
	w.current = p
	w.put(p.Object())
}

func (w *Window) home() {
	kind := page.Kind(w.cfg.App.Preferences().IntWithFallback("page", int(page.HomeKind)))
	if kind < page.HomeKind || kind > page.SettingsKind {
		kind = page.HomeKind
	}
	w.Go(page.Route{Kind: kind})
	if w.cfg.Link != "" {
		w.outside(w.cfg.Link)
		w.cfg.Link = ""
	}
}

// hand shows the window for a later start of the program, and takes its link. Who
// has not answered the first question is asked about it afterwards.
func (w *Window) hand(link string) {
	w.win.RequestFocus()
	switch {
	case link == "":
	case !w.free():
		w.cfg.Link = link
	default:
		for widget.CloseTop(w.Canvas()) {
		}
		w.outside(link)
	}
}

// outside asks before it follows a link that another program handed over.
func (w *Window) outside(link string) {
	if _, file := viewmodel.TorrentFile(link); file || viewmodel.IsMagnet(link) {
		w.outsideTorrent(link)
		return
	}
	u, err := url.Parse(link)
	if err != nil || u.Host == "" || !viewmodel.IsLink(link) {
		w.Toast(w.desk.Words.Say("link.invalid"), true)
		return
	}
	say, host := w.desk.Words.Say, words.Clean(u.Host, 80)
	widget.Ask(w.Canvas(), widget.Dialog{
		Title: say("link.confirm.title", "host", host), Text: say("link.confirm.text", "host", host),
		Quiet: say("cancel"), Verb: say("link.confirm.verb"), Kind: widget.Primary,
		Do: func() { w.Open(link) },
	})
}

// outsideTorrent asks before it opens a torrent.
func (w *Window) outsideTorrent(link string) {
	say := w.desk.Words.Say
	widget.Ask(w.Canvas(), widget.Dialog{
		Title: say("torrent.confirm.title", "name", w.desk.TorrentName(link)), Text: say("torrent.confirm.text"),
		Quiet: say("cancel"), Verb: say("link.confirm.verb"), Kind: widget.Primary,
		Do: func() { w.Open(link) },
	})
}

// dropped opens what was dropped on the window, the first of it, if people
// agree.
func (w *Window) dropped(_ fyne.Position, what []fyne.URI) {
	if len(what) > 0 && w.free() && w.Canvas().Overlays().Top() == nil {
		w.outside(what[0].String())
	}
}

func (w *Window) leave() {
	if w.current != nil {
		w.current.Close()
		w.current = nil
	}
	w.Canvas().Unfocus()
}

// Go shows a place, and keeps the one before for Back.
func (w *Window) Go(r page.Route) {
	if n := len(w.history); n > 0 {
		if w.history[n-1].route == r {
			return
		}
		if placed, can := w.current.(page.Placed); can {
			w.history[n-1].y = placed.Place()
		}
	}
	w.history = append(w.history, visit{route: r})
	if len(w.history) > 100 {
		w.history = w.history[1:]
	}
	w.show(visit{route: r})
}

// Back shows the place before.
func (w *Window) Back() {
	if n := len(w.history); n > 1 {
		w.history = w.history[:n-1]
		w.show(w.history[n-2])
	}
}

func (w *Window) show(v visit) {
	for widget.CloseTop(w.Canvas()) {
	}
	w.leave()
	w.tips.Clear()
	w.current = page.New(w.env(), v.route)
	if v.route.Kind <= page.SettingsKind {
		w.cfg.App.Preferences().SetInt("page", int(v.route.Kind))
	}
	w.shell.show(w.current.Object(), v.route, len(w.history) > 1)
	w.put(w.shell.object)
	if placed, can := w.current.(page.Placed); can && v.y > 0 {
		placed.SetPlace(v.y)
	}
}

// Open follows a link that was pasted here.
func (w *Window) Open(link string) { w.opening.Open(link) }

// Toast says something at the foot of the window.
func (w *Window) Toast(text string, trouble bool) { w.toasts.Say(text, trouble) }

// Canvas is where everything is drawn.
func (w *Window) Canvas() fyne.Canvas { return w.win.Canvas() }

// OpenURL opens a web page in the browser.
func (w *Window) OpenURL(u *url.URL) {
	if err := w.cfg.App.OpenURL(u); err != nil {
		w.Toast(w.desk.Words.Say("problem.failed"), true)
	}
}

// Copy puts text on the clipboard.
func (w *Window) Copy(text string) { w.cfg.App.Clipboard().SetContent(text) }

// SetFull shows the current page alone on the whole screen, or not.
func (w *Window) SetFull(full bool) {
	w.full = full
	w.shell.full(full)
	w.win.SetFullScreen(full)
}

// Full reports whether the window takes the whole screen.
func (w *Window) Full() bool { return w.full }

// ChooseFolder asks for a folder.
func (w *Window) ChooseFolder(done func(path string)) {
	dialog.ShowFolderOpen(func(folder fyne.ListableURI, err error) {
		if err == nil && folder != nil {
			done(folder.Path())
		}
	}, w.win)
}

// Apply shows the language and the look that people chose.
func (w *Window) Apply(p control.Preferences) {
	w.cfg.App.Settings().SetTheme(theme.New(theme.ModeOf(p.Theme)))
	spoken := words.For(p.Language, w.cfg.Language)
	if spoken == w.desk.Words {
		return
	}
	w.desk.Words = spoken
	w.dress()
	w.sharing.Refresh()
	if n := len(w.history); n > 0 {
		w.show(w.history[n-1])
	}
}

// Sharing is the state of sharing, for all pages.
func (w *Window) Sharing() *viewmodel.Sharing { return w.sharing }

// Version of the program.
func (w *Window) Version() string { return w.cfg.Version }

// remember gives the window the size it had, and keeps it for the next time.
func (w *Window) remember() {
	prefs := w.cfg.App.Preferences()
	width, height := prefs.FloatWithFallback("width", 1280), prefs.FloatWithFallback("height", 800)
	w.win.Resize(fyne.NewSize(float32(min(max(width, 480), 8192)), float32(min(max(height, 360), 8192))))
	w.win.SetCloseIntercept(func() {
		if size := w.Canvas().Size(); !w.full {
			prefs.SetFloat("width", float64(size.Width))
			prefs.SetFloat("height", float64(size.Height))
		}
		w.Close()
		w.win.Close()
	})
}
