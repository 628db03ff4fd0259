package ui_test

import (
	"fmt"
	"image"
	"image/color"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"vidiverse/node/control"
	"vidiverse/ui"
	"vidiverse/ui/page"
	"vidiverse/ui/uitest"
	"vidiverse/ui/widget"
)

// all are the visible objects of a window of a type, overlays first.
func all[T fyne.CanvasObject](s *scene) []T {
	var found []T
	var walk func(o fyne.CanvasObject)
	walk = func(o fyne.CanvasObject) {
		if !o.Visible() {
			return
		}
		if t, is := o.(T); is {
			found = append(found, t)
		}
		switch o := o.(type) {
		case *fyne.Container:
			for _, c := range o.Objects {
				walk(c)
			}
		case fyne.Widget:
			for _, c := range test.WidgetRenderer(o).Objects() {
				walk(c)
			}
		}
	}
	for _, o := range s.win.Canvas().Overlays().List() {
		walk(o)
	}
	walk(s.win.Canvas().Content())
	return found
}

func (s *scene) button(text string) *widget.Button {
	s.t.Helper()
	for _, b := range all[*widget.Button](s) {
		if b.Text == text || b.Name == text {
			return b
		}
	}
	s.t.Fatalf("there is no button %q", text)
	return nil
}

func (s *scene) says(part string) bool {
	return slices.ContainsFunc(all[*widget.Text](s), func(t *widget.Text) bool { return strings.Contains(t.Text(), part) })
}

func (s *scene) key(name fyne.KeyName) {
	if f := s.win.Canvas().Focused(); f != nil {
		f.TypedKey(&fyne.KeyEvent{Name: name})
		return
	}
	s.win.Canvas().OnTypedKey()(&fyne.KeyEvent{Name: name})
}

func (s *scene) rune(r rune) {
	if f := s.win.Canvas().Focused(); f != nil {
		f.TypedRune(r)
		return
	}
	s.win.Canvas().OnTypedRune()(r)
}

// The first question: Enter does nothing before an answer is chosen, no page
// can be reached, and both answers look the same.
func TestFirstRun(t *testing.T) {
	node := uitest.New()
	node.State = control.SharingState{Reason: control.ReasonUnasked}
	s := open(t, node, nil)
	s.loop.Until(t, "the question is asked", func() bool { return s.says("May this computer") })
	s.settle()
	s.save("first-light-en")
	for _, k := range []fyne.KeyName{fyne.KeyReturn, fyne.KeySpace, fyne.KeyEscape} {
		s.key(k)
	}
	yes, no := s.button("Watch and help"), s.button("Only watch")
	if yes.Kind != no.Kind || yes.Size() != no.Size() || yes.Selected || no.Selected {
		t.Error("one of the answers is preferred")
	}
	s.settle()
	if log := node.Log(); slices.ContainsFunc(log, func(q string) bool { return strings.HasPrefix(q, "consent") }) || !s.says("May this computer") {
		t.Fatalf("a key without focus answered: %q", log)
	}
	test.FocusNext(s.win.Canvas())
	test.FocusNext(s.win.Canvas())
	if s.win.Canvas().Focused() != fyne.Focusable(no) {
		t.Fatal("the second Tab does not reach the second answer")
	}
	s.save("first-focus-en")
	s.key(fyne.KeyReturn)
	s.loop.Until(t, "the videos are there", func() bool { return s.says("The slow road") })
	if node.State.On {
		t.Error("no was taken for yes")
	}
}

func TestNavigation(t *testing.T) {
	node := uitest.New()
	s := open(t, node, nil)
	s.loop.Until(t, "the videos are there", func() bool { return s.says("The slow road") })
	shortcut := func(key fyne.KeyName, m fyne.KeyModifier) {
		s.win.Canvas().(interface{ TypedShortcut(fyne.Shortcut) }).TypedShortcut(&desktop.CustomShortcut{KeyName: key, Modifier: m})
	}
	shortcut(fyne.Key5, fyne.KeyModifierShortcutDefault)
	s.loop.Until(t, "the settings are there", func() bool { return s.says("Upload, in MB/s") })
	shortcut(fyne.KeyLeft, fyne.KeyModifierAlt)
	s.loop.Until(t, "the videos are there again", func() bool { return s.says("The slow road") })
	shortcut(fyne.KeyK, fyne.KeyModifierShortcutDefault)
	field, typing := s.win.Canvas().Focused().(*widget.Entry)
	if !typing {
		t.Fatalf("Ctrl+K: the keyboard is at %T", s.win.Canvas().Focused())
	}
	// A field gives the window its shortcuts.
	field.TypedShortcut(&desktop.CustomShortcut{KeyName: fyne.Key2, Modifier: fyne.KeyModifierShortcutDefault})
	s.loop.Until(t, "the library is there", func() bool { return s.says("6 videos") })
	s.app.Clipboard().SetContent(node.Videos[0].Page)
	shortcut(fyne.KeyL, fyne.KeyModifierShortcutDefault)
	s.loop.Until(t, "the pasted link plays", func() bool { return len(s.film.Sources()) == 1 })
	shortcut(fyne.KeyLeft, fyne.KeyModifierAlt)
	s.loop.Until(t, "leaving ends the session and the player", func() bool {
		s.loop.Dispatch(func() {})
		return node.Open() == 0 && s.film.Ended()
	})
}

// The arrows walk over the cards, Enter opens one.
func TestCardsByKeyboard(t *testing.T) {
	s := open(t, uitest.New(), nil)
	s.size(1280, 800)
	s.loop.Until(t, "the videos are there", func() bool { return s.says("The slow road") })
	s.key(fyne.KeyDown)
	s.key(fyne.KeyRight)
	s.key(fyne.KeyDown)
	s.save("home-focus-light-en")
	s.key(fyne.KeyReturn)
	s.loop.Until(t, "the fifth video is opened", func() bool { return s.says("Bread at four") && len(s.film.Sources()) == 1 })
}

// Every key of the player, also while one of its buttons has the keyboard.
func TestPlayerKeys(t *testing.T) {
	node := uitest.New()
	s := open(t, node, nil)
	s.loop.Until(t, "the videos are there", func() bool { return s.says("The slow road") })
	s.win.Go(page.Route{Kind: page.WatchKind, Video: node.Videos[0].Ref})
	s.loop.Until(t, "it plays", func() bool { return len(s.film.Sources()) == 1 })
	at := func(want time.Duration) func() bool {
		return func() bool { return s.film.State().Position == want }
	}
	for _, focused := range []bool{false, true} {
		if focused {
			s.win.Canvas().Focus(s.button("Full screen (f)"))
		}
		s.rune('5')
		s.loop.Until(t, "5: half of it", at(12*time.Minute+9*time.Second))
		s.rune('l')
		s.loop.Until(t, "l: 10 s on", at(12*time.Minute+19*time.Second))
		s.rune('j')
		s.loop.Until(t, "j: 10 s back", at(12*time.Minute+9*time.Second))
		s.key(fyne.KeyRight)
		s.loop.Until(t, "right: 5 s on", at(12*time.Minute+14*time.Second))
		s.key(fyne.KeyLeft)
		s.loop.Until(t, "left: 5 s back", at(12*time.Minute+9*time.Second))
		s.rune('k')
		s.loop.Until(t, "k: pause", func() bool { return s.film.State().Paused })
		s.rune('.')
		s.loop.Until(t, "full stop: a frame", at(12*time.Minute+9*time.Second+time.Second/30))
		s.rune('k')
		s.rune('m')
		s.rune('c')
		s.rune('>')
		s.key(fyne.KeyDown)
		s.loop.Until(t, "the rest reached the player", func() bool {
			st := s.film.State()
			return !st.Paused && st.Caption == 0 && st.Speed == 1.25 && st.Volume < 100
		})
		s.rune('<')
		s.rune('c')
		s.key(fyne.KeyUp)
		s.rune('0')
		s.loop.Until(t, "0: the beginning", at(0))
		s.rune('f')
		if !s.win.Full() {
			t.Error("f does not take the whole screen")
		}
		s.settle()
		s.save("full-dark-en")
		s.key(fyne.KeyEscape)
		if s.win.Full() {
			t.Error("Escape does not leave the full screen")
		}
		s.settle()
	}
}

// Ten thousand videos are as many cards as there is room for.
func TestManyVideos(t *testing.T) {
	node := uitest.New()
	base := node.Videos[0]
	node.Videos = nil
	for i := range 10_000 {
		v := base
		v.Thumbnail = "" // painting ten thousand pictures is not what is looked at
		v.Video, v.Title = fmt.Sprint(i), fmt.Sprintf("Video %d", i)
		node.Videos = append(node.Videos, v)
	}
	s := open(t, node, nil)
	s.size(1280, 800)
	s.loop.Until(t, "the videos are there", func() bool { return s.says("Video 3") })
	grid := all[*widget.Grid](s)[0]
	for grid.Len() < 10_000 {
		n := grid.Len()
		grid.ScrollTo(1e9)
		s.loop.Until(t, "the next page is there", func() bool { return grid.Len() > n })
	}
	s.loop.Until(t, "the last video is in sight", func() bool {
		grid.ScrollTo(1e9)
		return s.says("Video 9999")
	})
	if grid.Made() > 30 {
		t.Errorf("%d cards were made", grid.Made())
	}
}

// Titles of strangers stay in their places.
func TestHostileTitles(t *testing.T) {
	node := uitest.New()
	for i, title := range []string{
		strings.Repeat("W", 10_000), strings.Repeat("word ", 2000), "\u202eevil\u202c\u2067 title", "Z" + strings.Repeat("\u0334\u0301", 3000) + "algo",
		"مرحبا بالعالم، هذا عنوان طويل جدا لمقطع فيديو يمتد على أكثر من سطر واحد في هذه البطاقة", "👩‍👩‍👧‍👦🏳️‍🌈 family day 🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉",
	} {
		node.Videos[i].Title, node.Videos[i].Channel, node.Videos[i].Host = title, title, title
		node.Videos[i].Description = title
	}
	s := open(t, node, nil)
	s.size(900, 600)
	s.loop.Until(t, "the videos are there", func() bool { return len(all[*widget.Card](s)) >= 6 })
	s.settle()
	s.save("hostile-small-light-en")
	for _, card := range all[*widget.Card](s) {
		if got := widget.CardHeight(card.Size().Width); card.Size().Height != got {
			t.Errorf("a card is %v high, want %v", card.Size().Height, got)
		}
		for _, o := range test.WidgetRenderer(card).Objects() {
			if text, is := o.(*widget.Text); is && text.Size().Height > 40 {
				t.Errorf("%.20q takes more than two lines", text.Text())
			}
		}
	}
	for _, v := range node.Videos {
		opened := len(s.film.Sources())
		s.win.Go(page.Route{Kind: page.WatchKind, Video: v.Ref})
		s.loop.Until(t, "it plays", func() bool { return len(s.film.Sources()) > opened })
	}
	s.save("hostile-watch-light-en")
}

// A window that nobody touches is not drawn again.
func TestIdle(t *testing.T) {
	s := open(t, uitest.New(), nil)
	s.loop.Until(t, "the videos are there", func() bool { return s.says("The slow road") })
	s.settle()
	for range 5 { // on a busy machine its pictures come late
		before := s.win.Canvas().Capture()
		s.loop.For(2500 * time.Millisecond)
		if equal(before, s.win.Canvas().Capture()) {
			return
		}
	}
	t.Error("an idle window changes")
}

func equal(a, b image.Image) bool {
	if a.Bounds() != b.Bounds() {
		return false
	}
	for y := a.Bounds().Min.Y; y < a.Bounds().Max.Y; y += 3 {
		for x := a.Bounds().Min.X; x < a.Bounds().Max.X; x += 3 {
			if color.NRGBAModel.Convert(a.At(x, y)) != color.NRGBAModel.Convert(b.At(x, y)) {
				return false
			}
		}
	}
	return true
}

// A link that another program hands over is not followed before people agree.
func TestLinkFromOutside(t *testing.T) {
	node := uitest.New()
	link := node.Videos[1].Page
	s := open(t, node, func(c *ui.Config) { c.Link = link })
	s.loop.Until(t, "it is asked", func() bool { return s.says("Open a video of tube.example?") })
	s.settle()
	s.save("link-light-en")
	if slices.ContainsFunc(node.Log(), func(q string) bool { return strings.HasPrefix(q, "resolve") }) || len(s.film.Sources()) > 0 {
		t.Fatal("the link was followed before anybody agreed")
	}
	if f, is := s.win.Canvas().Focused().(*widget.Button); !is || f.Text != "Cancel" {
		t.Error("the keyboard does not start on the quiet answer")
	}
	test.Tap(s.button("Open"))
	s.loop.Until(t, "it plays", func() bool { return len(s.film.Sources()) == 1 })
}

// What a second start of the program hands over is asked about as any link from
// outside, not before the first question is answered, and without a link the
// window stays as it is.
func TestHandedOver(t *testing.T) {
	node := uitest.New()
	node.State = control.SharingState{Reason: control.ReasonUnasked}
	link := node.Videos[1].Page
	s := open(t, node, nil)
	hand := func(link string) {
		t.Helper()
		handed := make(chan error, 1)
		go func() { handed <- node.Services().Links.Hand(t.Context(), link) }()
		s.loop.Until(t, "it is taken", func() bool { return len(handed) == 1 })
		if err := <-handed; err != nil {
			t.Fatal(err)
		}
		s.settle()
	}
	s.loop.Until(t, "the question is asked", func() bool { return s.says("May this computer") })
	hand(link)
	if s.says("Open a video of tube.example?") {
		t.Fatal("a link is asked about before the first question is answered")
	}
	test.Tap(s.button("Only watch"))
	s.loop.Until(t, "it is asked afterwards", func() bool { return s.says("Open a video of tube.example?") })
	hand("")
	if !s.says("Open a video of tube.example?") {
		t.Fatal("a start without a link took the question away")
	}
	hand("magnet:?xt=urn:btih:08ada5a7a6183aae1e09d831df6748d566095a10&dn=A%20walk")
	if !s.says("A walk") || s.says("Open a video of tube.example?") {
		t.Fatal("the newer link is not asked about alone")
	}
	if slices.ContainsFunc(node.Log(), func(q string) bool { return strings.HasPrefix(q, "magnet") || strings.HasPrefix(q, "resolve") }) {
		t.Fatal("a link was followed before anybody agreed")
	}
	test.Tap(s.button("Cancel"))
	hand(link)
	test.Tap(s.button("Open"))
	s.loop.Until(t, "it plays", func() bool { return len(s.film.Sources()) == 1 })
}

// A torrent that is handed over from outside is not opened before people agree,
// and its page says how it comes along.
func TestTorrentFromOutside(t *testing.T) {
	for _, language := range []string{"en", "fr"} {
		node := uitest.New()
		node.Prefs.Language = language
		node.Videos = append(node.Videos, uitest.Torrent())
		node.Progress = uitest.TorrentProgress()
		s := open(t, node, func(c *ui.Config) {
			c.Link = "magnet:?xt=urn:btih:08ada5a7a6183aae1e09d831df6748d566095a10&dn=A%20walk"
		})
		s.loop.Until(t, "it is asked", func() bool { return s.says("A walk") })
		s.settle()
		s.fits("the question in " + language)
		s.save("torrent-question-light-" + language)
		if slices.ContainsFunc(node.Log(), func(q string) bool { return strings.HasPrefix(q, "magnet") || strings.HasPrefix(q, "open") }) {
			t.Fatal("the torrent was opened before anybody agreed")
		}
		test.Tap(s.button(map[string]string{"en": "Open", "fr": "Ouvrir"}[language]))
		s.loop.Until(t, "it plays", func() bool { return len(s.film.Sources()) == 1 })
		s.loop.Until(t, "it is said how it comes along", func() bool { return s.says("4.2\u00a0MB/s") || s.says("4,2\u00a0Mo/s") })
		s.settle()
		s.fits("the torrent in " + language)
		s.save("torrent-light-" + language)
	}
}

// Sharing is stopped with one click, then a choice, on every page.
func TestSharingMenu(t *testing.T) {
	node := uitest.New()
	s := open(t, node, nil)
	s.loop.Until(t, "the strip is there", func() bool { return s.says("1.2\u00a0MB/s to 4 people") })
	for _, kind := range []page.Kind{page.LibraryKind, page.InstancesKind, page.MirrorsKind, page.SettingsKind, page.HomeKind} {
		s.win.Go(page.Route{Kind: kind})
		if len(all[*widget.Strip](s)) != 1 {
			t.Errorf("page %d has no sharing strip", kind)
		}
	}
	test.Tap(all[*widget.Strip](s)[0])
	s.settle()
	s.save("sharing-light-en")
	test.Tap(s.button("Pause for 1 hour"))
	s.loop.Until(t, "the strip says so", func() bool { return s.says("Paused until") })
	if node.State.Reason != control.ReasonPaused {
		t.Errorf("got %q", node.State.Reason)
	}
}

// Without mpv the page says what to install, and the system's player helps.
func TestNoPlayerPage(t *testing.T) {
	node := uitest.New()
	film := &uitest.Film{}
	s := open(t, node, func(c *ui.Config) { c.Players = film.Absent() })
	s.loop.Until(t, "the videos are there", func() bool { return s.says("The slow road") })
	s.win.Go(page.Route{Kind: page.WatchKind, Video: node.Videos[0].Ref})
	s.loop.Until(t, "it is said", func() bool { return s.says("libmpv2") })
	s.settle()
	s.save("nompv-light-en")
	test.Tap(s.button("Copy command"))
	if got := s.app.Clipboard().Content(); got != "sudo apt install libmpv2" {
		t.Errorf("copied %q", got)
	}
	test.Tap(s.button("Use system player"))
	s.loop.Until(t, "the system's player has it", func() bool { return len(film.Sources()) == 1 })
}
