package e2e

import (
	"math"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"vidiverse/app/e2e/browser"
)

// feature is a film long enough that players do not take all of it at once.
var feature = sync.OnceValues(func() ([]byte, error) {
	return film("feature.mp4", "testsrc2=size=640x360:rate=10", "-t", "48", "-c:v", "libx264", "-preset", "ultrafast", "-g", "20", "-pix_fmt", "yuv420p", "-c:a", "aac", "-b:a", "64k")
})

const featureSeconds = 48

// TestUploadAndWatch: somebody signs in, uploads a film, leaves and comes back
// meanwhile, watches it, changes the quality and jumps about.
func TestUploadAndWatch(t *testing.T) {
	t.Parallel()
	film := filepath.Join(t.TempDir(), "Sunday walk.mp4")
	write(t, filepath.Dir(film), filepath.Base(film), load(t, feature))
	s := newServer(t, gentle, "")
	s.start()
	p := playing{t, browser.Start(t).Page(t, browser.Options{Viewport: &browser.Viewport{Width: 1280, Height: 900}, Locale: "en-GB"})}
	p.Patience(patience)

	signInOn(p.Page, s.url)
	uploadOn(p, film)
	p.Click(`li.upload a:has-text("Watch")`)
	p.Wait(`() => location.pathname.startsWith("/w/")`, nil)
	p.reach(0.5)
	p.moves()
	p.Screenshot("watch")
	qualities(p)
	jumps(p)
	sources(p)

	p.Click(`.brand`)
	p.Click(`a.vcard-title:has-text("Sunday walk")`)
	p.reach(0.2)
	p.moves()
	if errs := p.Errors(); len(errs) > 0 {
		t.Errorf("the page reported %q", errs)
	}
	s.stop()
	s.check()
}

// signInOn signs root in through the page.
func signInOn(p *browser.Page, url string) {
	p.Goto(url + "/login")
	p.Type(`input[name="username"]`, "root")
	p.Type(`input[name="password"]`, rootPassword)
	p.Click(`form button:has-text("Sign in"), form button:has-text("Se connecter")`)
	p.Visible(`button.you`)
}

// watchPhases keeps what the row of an upload shows, as long as the page lives.
const watchPhases = `() => {
	window.seen = { phases: [], amounts: [], lines: [] }
	const note = (list, x) => { if (x && list.at(-1) !== x) list.push(x) }
	const look = () => {
		const row = document.querySelector("li.upload")
		if (!row) return
		note(seen.phases, row.dataset.phase)
		note(seen.amounts, row.querySelector(".upload-names .num").textContent)
		note(seen.lines, row.querySelector(".phase span:last-child").textContent)
	}
	new MutationObserver(look).observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true })
}`

// uploadOn sends a film through the upload page, goes elsewhere in the middle
// of it, and waits until the film is published.
func uploadOn(p playing, film string) {
	p.Helper()
	p.Click(`a[href="/upload"]`)
	p.Eval(watchPhases, nil, nil)
	p.Uplink(128 << 10) // else it is over before anyone can look
	p.Upload(`input[type="file"]`, film)
	p.Wait(`() => seen.amounts.length > 2`, nil)
	p.Screenshot("sending")
	p.Click(`a[href="/my/videos"]:visible`)
	p.Wait(`() => document.querySelector("h1").textContent === "My videos"`, nil)
	p.Click(`a[href="/upload"]:visible`)
	p.Visible(`li.upload[data-phase="sending"]`)
	p.Uplink(0)
	p.Visible(`li.upload[data-phase="received"], li.upload[data-phase="done"]`)
	p.Screenshot("received")
	p.Click(`a[href="/my/videos"]:visible`)
	p.Visible(`li.mine[data-state]`)
	p.Click(`a[href="/upload"]:visible`)
	p.Visible(`li.upload[data-phase="done"]`)
	p.Screenshot("done")
	var seen struct{ Phases, Amounts, Lines []string }
	p.Eval(`() => seen`, nil, &seen)
	p.Logf("the upload's row said %+v", seen)
	if want := []string{"sending", "received", "done"}; !contains(seen.Phases, want) {
		p.Errorf("phases: got %q, want %q among them", seen.Phases, want)
	}
	if !slices.ContainsFunc(seen.Lines, func(l string) bool { return strings.HasPrefix(l, "Uploading ·") }) {
		p.Errorf("got lines %q, want one with rate and time left", seen.Lines)
	}
}

// contains reports whether want is in got in this order, with others between.
func contains(got, want []string) bool {
	for _, x := range got {
		if len(want) > 0 && x == want[0] {
			want = want[1:]
		}
	}
	return len(want) == 0
}

// qualities changes the quality through the menu, to and fro.
func qualities(p playing) {
	p.Helper()
	for _, q := range []struct {
		label  string
		height int
	}{{"144p", 144}, {"360p", 360}} {
		p.Press("Shift") // a key shows the controls
		p.Click(`.gear > button`)
		p.Visible(`.gear-menu`)
		p.stays()
		p.Screenshot("qualities")
		p.Click(`.gear-menu [role="menuitemradio"]:has-text("` + q.label + `")`)
		p.Wait(`(h) => document.querySelector("video").videoHeight === h`, q.height)
		p.Press("Escape")
		p.moves()
	}
}

// stays requires that controls do not go away under somebody who reads a menu.
func (p playing) stays() {
	p.Helper()
	var opacity float64
	p.Eval(`() => new Promise((done) => {
		document.querySelector("media-controller").setAttribute("userinactive", "") // as after some seconds without a hand on the mouse
		setTimeout(() => done(+getComputedStyle(document.querySelector(".controls")).opacity), 500)
	})`, nil, &opacity)
	if opacity != 1 {
		p.Errorf("controls with an open menu: got an opacity of %.2f, want 1", opacity)
	}
}

// jumps seeks by the bar and by a key.
func jumps(p playing) {
	p.Helper()
	for _, jump := range []struct {
		by   string
		part float64
		do   func()
	}{
		{"the bar", 0.25, func() { p.ClickAt(`media-time-range`, 0.25) }},
		{"a key", 0.7, func() { p.Press("7") }},
	} {
		want := jump.part * featureSeconds
		jump.do()
		p.Wait(`(want) => Math.abs(document.querySelector("video").currentTime - want) < 4 && !document.querySelector("video").seeking`, want)
		if at := p.at(); math.Abs(at-want) > 4 {
			p.Errorf("by %s: got to %.1f s, want near %.1f", jump.by, at, want)
		}
		p.moves()
	}
}

// sources looks at where the page says its bytes came from.
func sources(p playing) {
	p.Helper()
	p.Wait(`() => +document.querySelector(".player").dataset.server > 100000`, nil)
	if got := p.Text(`.chip-sources`); got != "From this server" {
		p.Errorf("sources: got %q, want the server alone", got)
	}
	p.Visible(`.sources`)
	if got := p.Text(`.sources`); !strings.Contains(got, "MB") || !strings.Contains(got, "100%") || !strings.Contains(got, "Every piece verified") {
		p.Errorf("panel of sources: got %q, want megabytes, all from the server, verified", got)
	}
	p.Screenshot("sources")
}
