package e2e

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"vidiverse/app/e2e/browser"
)

// steady is how much of a page may move while it loads, as Chromium counts it.
const steady = 0.02

// place is a page of the client.
type place struct {
	name, path string
	ready      string // selector of what shows that it is all there
	status     int
	refused    bool // what it shows first is refused
	signedIn   bool
	steady     bool // nothing may move
	plays      bool
}

func places(watch, locked string) []place {
	return []place{
		{name: "home", path: "/", ready: `.vcard img`, steady: true},
		{name: "watch", path: "/w/" + watch, ready: `.watch-title`, steady: true, plays: true},
		{name: "embed", path: "/videos/embed/" + watch + "?autoplay=1", ready: `video`, plays: true},
		{name: "login", path: "/login", ready: `input[name="password"]`},
		{name: "about", path: "/about", ready: `main h1`},
		{name: "channel", path: "/c/root_channel", ready: `.vcard img`},
		{name: "account", path: "/a/root", ready: `main h1`},
		{name: "nothing", path: "/no/such/page", ready: `main h1`, status: 404},
		{name: "gone", path: "/w/6yJwZ1bC3dE4fG5hJ6kL7m", ready: `main h1`, status: 404},
		{name: "password", path: "/w/" + locked, ready: `input[type="password"]`, refused: true},
		{name: "upload", path: "/upload", ready: `.drop`, signedIn: true},
		{name: "my videos", path: "/my/videos", ready: `li.mine`, signedIn: true},
		{name: "edit", path: "/my/videos/" + watch + "/edit", ready: `main form`, signedIn: true},
	}
}

// TestPages: every page in both languages, small and large, light and dark, is
// one that everybody can use: nothing jumps, nothing sticks out, axe finds no
// serious fault and the console stays empty.
func TestPages(t *testing.T) {
	t.Parallel()
	s := newServer(t, gentle, "")
	s.start()
	root := s.signIn()
	open := root.upload("A walk by the sea.mp4", load(t, feature), nil)
	locked := root.upload("Locked.mp4", load(t, clip), map[string]string{"privacy": "5", "videoPasswords[0]": "open sesame"})
	list := places(root.settle(open).ShortUUID, root.settle(locked).ShortUUID)
	b := browser.Start(t)
	for _, look := range []struct {
		name string
		browser.Options
	}{
		{"desktop", browser.Options{Viewport: &browser.Viewport{Width: 1280, Height: 900}, Locale: "en-GB", ColorScheme: "light"}},
		{"phone", browser.Options{Viewport: &browser.Viewport{Width: 390, Height: 844}, Locale: "fr-FR", ColorScheme: "dark", HasTouch: true}},
	} {
		t.Run(look.name, func(t *testing.T) {
			p := playing{t, b.Page(t, look.Options)}
			p.Patience(patience)
			offline(p, s.url)
			signedIn := false
			for _, at := range list {
				if at.signedIn && !signedIn {
					signInOn(p.Page, s.url)
					signedIn = true
				}
				visit(p, s.url, at, look.Locale[:2])
			}
		})
	}
}

var dayFirst = regexp.MustCompile(`\d+ \p{L}+ \d{4}`)

// visit looks at a page; at the English one in dark colours, too: the French one
// always has them.
func visit(p playing, url string, at place, language string) {
	p.Helper()
	status := p.Goto(url + at.path)
	if want := max(at.status, 200); status != want {
		p.Errorf("%s: got %d, want %d", at.name, status, want)
	}
	p.Visible(at.ready)
	if at.plays {
		p.reach(0.5)
	}
	if moved := shifts(p); at.steady && moved > steady {
		p.Errorf("%s: got a layout shift of %.3f, want at most %v", at.name, moved, steady)
	}
	if at.name == "watch" {
		if facts := p.Text(`.facts-line`); !dayFirst.MatchString(facts) {
			p.Errorf("%s: got %q, want a date as it is written in the reader's country", at.name, facts)
		}
	}
	p.Screenshot(at.name)
	var shape struct {
		Language        string
		Title           string
		Wide, Headlines int
	}
	p.Eval(`() => ({ language: document.documentElement.lang, title: document.title, headlines: document.querySelectorAll("h1").length,
		wide: document.documentElement.scrollWidth - document.documentElement.clientWidth })`, nil, &shape)
	if shape.Language != language || shape.Title == "" || shape.Wide > 0 {
		p.Errorf("%s: got %+v, want it in %s, with a title, no wider than the window", at.name, shape, language)
	}
	usable(p, at.name)
	if language == "en" {
		p.Scheme("dark")
		usable(p, at.name+" in the dark")
		p.Scheme("light")
	}
	complaints := slices.DeleteFunc(p.Errors(), func(e string) bool {
		return (at.status >= 400 || at.refused) && strings.Contains(e, "Failed to load resource: the server responded with a status of 4")
	})
	if len(complaints) > 0 {
		p.Errorf("%s: the console says %q", at.name, complaints)
	}
}

// offline opens a film without a connection, and again with one.
func offline(p playing, url string) {
	p.Helper()
	p.Goto(url)
	p.Visible(`.vcard img`)
	p.Offline(true)
	p.Click(`a.vcard-title`)
	p.Visible(`main h1`)
	p.Screenshot("offline")
	usable(p, "offline")
	p.Offline(false)
	p.Click(`main button.primary`)
	p.reach(0.2)
	for _, e := range p.Errors() {
		if !strings.Contains(e, "net::ERR_INTERNET_DISCONNECTED") {
			p.Errorf("offline: the console says %q", e)
		}
	}
}

// usable requires that axe finds nothing serious.
func usable(p playing, name string) {
	p.Helper()
	// Colours on their way to others have contrasts of their own.
	p.Page.Wait(`() => document.getAnimations().every((a) => a.playState !== "running" || a.effect.getTiming().iterations === Infinity)`, nil)
	for _, v := range p.Axe() {
		if v.Impact == "serious" || v.Impact == "critical" {
			p.Errorf("%s: axe finds %s (%s, %s) in %q", name, v.ID, v.Impact, v.Help, v.Targets)
		} else {
			p.Logf("%s: axe finds %s (%s, %s) in %q", name, v.ID, v.Impact, v.Help, v.Targets)
		}
	}
}

// shifts is how much of the page has moved by itself since it was opened.
func shifts(p playing) (sum float64) {
	p.Helper()
	p.Eval(`() => new Promise((done) => {
		let sum = 0
		const add = (list) => { for (const e of list.getEntries()) if (!e.hadRecentInput) sum += e.value }
		new PerformanceObserver(add).observe({ type: "layout-shift", buffered: true })
		setTimeout(() => done(sum), 300)
	})`, nil, &sum)
	return sum
}
