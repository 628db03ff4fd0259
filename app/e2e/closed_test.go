package e2e

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"vidiverse/app/e2e/browser"
)

// TestClosed: who has the password or the account sees the film, and who has
// not is told what is missing.
func TestClosed(t *testing.T) {
	t.Parallel()
	s := newServer(t, gentle, "")
	s.start()
	root := s.signIn()
	film := load(t, feature)
	locked := root.upload("Locked.mp4", film, map[string]string{"privacy": "5", "videoPasswords[0]": "open sesame"})
	private := root.upload("Private.mp4", film, map[string]string{"privacy": "3"})
	lockedPage, privatePage := root.settle(locked).ShortUUID, root.settle(private).ShortUUID
	b := browser.Start(t)

	t.Run("password", func(t *testing.T) {
		p := playing{t, b.Page(t, browser.Options{Locale: "en-GB"})}
		p.Patience(patience)
		p.Goto(s.url + "/w/" + lockedPage)
		p.Type(`input[type="password"]`, "open barley")
		p.Press("Enter")
		p.Visible(`text=Wrong password.`)
		p.Screenshot("wrong")
		usable(p, "wrong password")
		p.Type(`input[type="password"]`, "open sesame")
		p.Press("Enter")
		p.reach(0.2)
		p.moves()
		p.refusals(`a video that is closed`)
	})
	t.Run("private", func(t *testing.T) {
		p := playing{t, b.Page(t, browser.Options{Locale: "en-GB"})}
		p.Patience(patience)
		if got := p.Goto(s.url + "/w/" + privatePage); got != http.StatusNotFound {
			t.Errorf("private to a stranger: got %d, want 404, as if it were not there", got)
		}
		p.Visible(`text=This is private`)
		p.Screenshot("private")
		usable(p, "private")
		p.Click(`main a:has-text("Sign in")`)
		p.Type(`input[name="username"]`, "root")
		p.Type(`input[name="password"]`, rootPassword)
		p.Press("Enter")
		p.reach(0.2)
		p.moves()
		p.refusals(`a video that is closed`)
	})
}

// refusals requires that the console has nothing but that the server refused.
func (p playing) refusals(why string) {
	p.Helper()
	for _, e := range p.Errors() {
		if !strings.Contains(e, "the server responded with a status of 40") {
			p.Errorf("%s: the console says %q", why, e)
		}
	}
}

// TestEmbedded: a film plays on somebody else's page, with its controls, and
// links to its own.
func TestEmbedded(t *testing.T) {
	t.Parallel()
	s := newServer(t, gentle, "")
	s.start()
	root := s.signIn()
	v := root.settle(root.upload("Guest.mp4", load(t, feature), nil))
	host := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, `<!doctype html><html lang="en"><title>A blog</title><link rel="icon" href="data:,"><h1>A blog</h1>
<iframe width="560" height="315" title="Guest" src="%s/videos/embed/%s?autoplay=1" allow="autoplay; fullscreen" allowfullscreen></iframe>`, s.url, v.UUID)
	}))
	t.Cleanup(host.Close)
	_, port, err := net.SplitHostPort(host.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	page := browser.Start(t).Page(t, browser.Options{Locale: "en-GB"})
	page.Patience(patience)
	page.Goto("http://localhost:" + port)
	p := playing{t, page.Frame("iframe")}
	p.reach(0.2)
	p.moves()
	page.Screenshot("blog")
	var link string
	p.Eval(`() => document.querySelector(".embed-top a").href`, nil, &link)
	if want := s.url + "/w/" + v.ShortUUID; link != want {
		t.Errorf("the embedded player links to %s, want %s", link, want)
	}
	if errs := page.Errors(); len(errs) > 0 {
		t.Errorf("the page reported %q", errs)
	}
}

// TestPlain: a server of a home network has a name of its own and no
// certificate. Browsers then lend no digests, so there is no swarm; the film
// still plays.
func TestPlain(t *testing.T) {
	t.Parallel()
	s := newServer(t, gentle, "")
	host, port, err := net.SplitHostPort(s.addr)
	if err != nil {
		t.Fatal(err)
	}
	s.url = "http://video.home.test:" + port
	s.start()
	root := s.signIn()
	v := root.settle(root.upload("Home.mp4", load(t, feature), nil))
	b := browser.Start(t, "--host-resolver-rules=MAP video.home.test "+host)
	p := playing{t, b.Page(t, browser.Options{Locale: "en-GB"})}
	p.Patience(patience)
	p.Goto(s.url + "/w/" + v.ShortUUID)
	p.reach(0.2)
	p.moves()
	p.Screenshot("plain")
	if got := p.Text(`.chip-sources`); got != "P2P off" {
		t.Errorf("sources: got %q, want that there is no P2P", got)
	}
	if errs := p.Errors(); len(errs) > 0 {
		t.Errorf("the page reported %q", errs)
	}
}
