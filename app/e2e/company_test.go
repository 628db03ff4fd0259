package e2e

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"vidiverse/app/e2e/browser"
	"vidiverse/instance/rest"
)

// welcoming lets people make accounts.
const welcoming = `signup: {enabled: true, requires_approval: false, requires_email_verification: false, limit: -1}
`

// company is nina before a page of her server, and alice elsewhere.
type company struct {
	playing
	here, there *server
	alice       resident
	keeper      resident // root of alice's server
	film        string
}

// TestCompany: somebody makes an account, watches a film of another server, and
// is in company there: says something, is answered, follows, keeps and reports
// it, all in the page.
func TestCompany(t *testing.T) {
	t.Parallel()
	c := company{}
	c.there, c.keeper = newFederated(t, "")
	c.alice = c.keeper.invites("alice")
	var root resident
	c.here, root = newFederated(t, welcoming)
	c.film = c.alice.settle(c.alice.upload("A walk.mp4", load(t, walk), nil)).UUID
	c.alice.settle(c.alice.upload("A run.mp4", load(t, walk), nil))
	root.does("POST", "/api/v1/server/following", rest.ServerFollow{Hosts: []string{c.there.addr}})

	b := browser.Start(t)
	c.playing = playing{t, b.Page(t, browser.Options{Viewport: &browser.Viewport{Width: 1280, Height: 900}, Locale: "en-GB", ColorScheme: "light"})}
	c.Patience(patience)
	c.signsUp()
	c.watches()
	c.speaks()
	c.answered()
	c.follows()
	c.keeps()
	c.reports()
	c.links()
	for _, at := range []struct{ path, ready string }{
		{"/my/settings", `main form.details`}, {"/my/channels?new", `main form.details`}, {"/my/reports", `li.report`}, {"/remote-interaction", `main h1`}, {"/admin/reports", `main h1`}, {"/search?search=walk", `main h1`},
		{"/search?search=" + url.QueryEscape("alice_channel@"+c.there.addr) + "&show=channels", `.who-row`},
	} {
		c.Goto(c.here.url + at.path)
		c.Visible(at.ready)
		c.looks(at.path)
	}
	moderates(c, b)
}

// looks requires that everybody can use what is there, in both lights, and that
// the console is empty.
func (c company) looks(name string) {
	c.Helper()
	c.Screenshot("page")
	usable(c.playing, name)
	c.Scheme("dark")
	usable(c.playing, name+" in the dark")
	c.Scheme("light")
	if errs := c.Errors(); len(errs) > 0 {
		c.Errorf("%s: the console says %q", name, errs)
	}
}

func (c company) signsUp() {
	c.Goto(c.here.url + "/signup")
	c.Type(`input[autocomplete="username"]`, "nina")
	c.Type(`input[type="email"]`, "nina@people.example")
	c.Type(`input[type="password"]`, passwordOfAll)
	c.looks("sign-up")
	c.Click(`form.login input[type="checkbox"]`)
	c.Click(`form.login button.primary`)
	c.Visible(`button.you`)
}

// watches comes from the other server, where somebody pressed "follow".
func (c company) watches() {
	c.Goto(c.here.url + "/remote-interaction?uri=" + url.QueryEscape(c.alice.watch(c.film).URL))
	c.Wait(`() => location.pathname.startsWith("/w/")`, nil)
	c.Visible(`.watch-title`)
	c.reach(0.5)
	c.Visible(`.write textarea`)
	c.looks("a film of another server")
}

func (c company) says(form, text string) {
	c.Helper()
	c.Type(form+` textarea`, text)
	c.Click(form + ` button.primary`)
	c.Visible(`article.comment:has-text("` + text + `")`)
}

// speaks writes a comment and another that is deleted again.
func (c company) speaks() {
	c.says(`.write`, "Where is this?")
	c.alice.reads(c.film, "Where is this?")
	c.says(`.write`, "Nothing")
	c.alice.reads(c.film, "Nothing")
	c.Click(`article.comment:has-text("Nothing") .menu-wrap button`)
	c.Click(`article.comment:has-text("Nothing") .menu button:has-text("Delete")`)
	c.Click(`dialog button.danger`)
	c.Visible(`.comment.gone`)
	c.alice.sees("that a comment is gone", func() bool { _, ok := c.alice.comment(c.film, "Nothing"); return !ok })
}

// answered: the page counts by itself, and leads to the answer.
func (c company) answered() {
	asked, _ := c.alice.comment(c.film, "Where is this?")
	c.Eval(`() => { window.same = true }`, nil, nil)
	c.alice.comments(c.film, asked.ID, "By the sea, @nina@"+c.here.addr+" <p>as <em>ever</em></p><script>document.title = 'run'</script>")
	c.Wait(`() => document.querySelector(".bell-n")?.textContent === "1" && window.same`, nil)
	c.Click(`a.bell`)
	c.Visible(`.notice.unread`)
	c.looks("notifications")
	c.Click(`.notice a`)
	c.Visible(`article.comment:has-text("By the sea")`)
	// What other software sends as HTML is read here, and nothing of it runs.
	if text := c.Text(`article.comment:has-text("By the sea") .read`); !strings.HasSuffix(text, "as ever") {
		c.Errorf("the answer is shown as %q", text)
	}
	c.Wait(`() => !document.querySelector(".bell-n")`, nil)
	c.Click(`article.comment:has-text("By the sea") button:has-text("Reply")`)
	c.says(`article.comment:has-text("By the sea") .write`, "How nice")
	c.alice.reads(c.film, "How nice")
	c.looks("an answer")
}

func (c company) follows() {
	c.Click(`.acts button:has-text("Follow")`)
	c.Visible(`.acts button:has-text("Following")`)
	c.alice.notified(newFollower, func(n rest.Notification) bool { return n.ActorFollow != nil && n.ActorFollow.Follower.Name == "nina" })
	c.Goto(c.here.url + "/following")
	c.Visible(`a.vcard-title:has-text("A walk")`)
	c.looks("what is followed")
	c.Goto(c.here.url + "/following?show=channels")
	c.Visible(`.who-row`)
	c.looks("who is followed")
}

func (c company) keeps() {
	c.Goto(c.here.url + "/w/" + c.film)
	c.Click(`.acts button:has-text("Save")`)
	c.Click(`dialog .check:has-text("Watch later")`)
	c.Wait(`() => document.querySelector("dialog .check input").checked`, nil)
	c.looks("where to save")
	c.Click(`dialog button.primary`)
	c.Goto(c.here.url + "/my/playlists")
	c.Visible(`a.vcard-title:has-text("Watch later")`)
	c.looks("playlists")
	c.Click(`a.vcard-title:has-text("Watch later")`)
	c.Visible(`main :text("A walk")`)
	c.looks("a playlist")
	c.orders()
}

// orders puts a second film into the playlist from its card, changes places by
// key, takes one out and back, and plays all: the list stays beside the film.
func (c company) orders() {
	c.Goto(c.here.url + "/c/" + url.PathEscape("alice_channel@"+c.there.addr))
	c.Click(`.vcard:has-text("A run") .card-menu`)
	c.Click(`.menu button:has-text("Watch later")`)
	c.Visible(`.toast:has-text("Added")`)
	c.Goto(c.here.url + "/my/playlists")
	c.Click(`a.vcard-title:has-text("Watch later")`)
	c.Visible(`.in-list:nth-child(2):has-text("A run")`)
	c.Eval(`() => document.querySelector(".in-list:nth-child(2) .grip").focus()`, nil, nil)
	c.Press("ArrowUp")
	c.Visible(`.in-list:nth-child(1):has-text("A run")`)
	c.Click(`.in-list:nth-child(2) .menu-wrap button`)
	c.Click(`.menu button:has-text("Remove")`)
	c.Wait(`() => document.querySelectorAll(".in-list").length === 1`, nil)
	c.Click(`.toast button:has-text("Undo")`)
	c.Visible(`.in-list:nth-child(2):has-text("A walk")`)
	c.Click(`a:has-text("Play all")`)
	c.Visible(`.beside li[aria-current]:has-text("A run")`)
	c.looks("a playlist beside its film")
	c.Press("n")
	c.Visible(`.beside li[aria-current]:has-text("A walk")`)
}

func (c company) reports() {
	c.Goto(c.here.url + "/w/" + c.film)
	c.Click(`.watch-bar .menu-wrap button`)
	c.Click(`.menu button:has-text("Report")`)
	c.Type(`dialog textarea`, "This is my walk.")
	c.Click(`dialog .check >> nth=0`)
	c.looks("a report")
	c.Click(`dialog button.danger`)
	c.Wait(`() => !document.querySelector("dialog")`, nil)
}

// links: the time of a comment leads to it, also from elsewhere.
func (c company) links() {
	c.Click(`article.comment:has-text("Where is this?") .when`)
	c.Goto(c.URL() + "&again")
	c.Visible(`.linked .marked:has-text("Where is this?")`)
	c.Wait(`() => { const b = document.querySelector(".marked").getBoundingClientRect(); return b.top > 0 && b.bottom < innerHeight }`, nil)
	c.Size(390, 844)
	c.looks("a linked comment on a phone")
	c.Size(1280, 900)
}

// moderates: who looks after alice's server hears of the report in the page,
// and decides.
func moderates(c company, b *browser.Browser) {
	p := c
	p.playing = playing{c.TB, b.Page(c.TB, browser.Options{Viewport: &browser.Viewport{Width: 1280, Height: 900}, Locale: "en-GB", ColorScheme: "light"})}
	p.Patience(patience)
	// Who is signed out is led to their own server.
	p.Goto(c.there.url + "/@alice_channel")
	p.Click(`.acts button:has-text("Follow")`)
	p.Type(`dialog input`, "nina@"+c.here.addr)
	p.looks("whose server")
	signInOn(p.Page, c.there.url)
	p.Goto(c.there.url + "/admin/reports")
	p.Visible(`li.report:has-text("This is my walk.")`)
	p.looks("reports")
	p.Click(`li.report button:has-text("Accept")`)
	p.Visible(`:text("No reports")`)
	for _, desk := range []string{"follows", "mutes"} {
		p.Goto(c.there.url + "/admin/" + desk)
		p.Visible(`main h2`)
		p.looks(desk)
	}
	l := list[rest.AdminAbuse](c.keeper, "/api/v1/abuses")
	if len(l) != 1 || l[0].State.ID != 3 || l[0].ReporterAccount == nil || l[0].ReporterAccount.Name != "nina" {
		c.Errorf("reports: got %+v, want nina's, accepted", l)
	}
	if got := c.there.get("/api/v1/accounts/" + fmt.Sprint("nina@", c.here.addr)); got.status != http.StatusOK {
		c.Errorf("the reporter where she reported: got %d %s", got.status, got.body)
	}
}
