package e2e

import (
	"fmt"
	"net/http/httptest"
	"net/url"
	"path"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"vidiverse/app/e2e/browser"
	"vidiverse/app/e2e/stock"
)

// open is a configuration whose server keeps an access log, and believes a page
// of the tests about who it is.
const open = apart + `
log: {log_http_requests: true}
trust_proxy: [loopback]
`

// viewer is a page with an address of its own in the server's access log.
type viewer struct {
	playing
	server  *server
	address string
}

func newViewer(s *server, b *browser.Browser, n int) viewer {
	v := viewer{server: s, address: fmt.Sprintf("192.0.2.%d", n)}
	v.playing = playing{s, b.Page(s, browser.Options{Locale: "en-GB", Header: map[string]string{"X-Forwarded-For": v.address}})}
	v.Patience(patience)
	return v
}

var accessLine = regexp.MustCompile(`msg=request method=GET path=(\S+) status=(\d+) bytes=(\d+) .*from=(\S+)`)

// sent is how many bytes of each file of a folder the server sent to an
// address, by its access log.
func (s *server) sent(folder, address string) map[string]int {
	s.Helper()
	got := map[string]int{}
	for _, m := range accessLine.FindAllStringSubmatch(s.log.String(), -1) {
		if m[4] != address || !strings.HasPrefix(m[1], folder) {
			continue
		}
		n, err := strconv.Atoi(m[3])
		if err != nil {
			s.Fatal(err)
		}
		got[path.Base(m[1])] += n
	}
	return got
}

// ledger is what our page says about its bytes.
type ledger struct{ People, Server, Sent, Verified, Refused int }

func (v viewer) ledger() (l ledger) {
	v.Helper()
	v.Eval(`() => { const d = document.querySelector(".player").dataset
		return { people: +d.people, server: +d.server, sent: +d.sent, verified: +d.verified, refused: +d.refused } }`, nil, &l)
	return l
}

// takes waits until the page has the whole film. Players keep half a minute in
// advance, so this one hurries.
func (v viewer) takes() {
	v.Helper()
	v.reach(1)
	v.Eval(`() => { document.querySelector("video").playbackRate = 4 }`, nil, nil)
	v.Page.Wait(`(end) => { const b = document.querySelector("video").buffered; return b.length > 0 && b.start(0) < 0.5 && b.end(b.length - 1) > end }`, featureSeconds-1)
	v.Eval(`() => { document.querySelector("video").playbackRate = 1 }`, nil, nil)
}

// public is a published film.
type public struct {
	page                    string         // its short UUID
	master, sha256, tracker string         // addresses
	folder                  string         // of its files, as a path of the server
	size                    map[string]int // of the files
}

func (p person) publish(name string, film []byte) public {
	p.Helper()
	v := p.settle(p.upload(name, film, nil))
	var more struct {
		Trackers  []string                             `json:"trackerUrls"`
		Playlists []struct{ SegmentsSha256URL string } `json:"streamingPlaylists"`
	}
	p.decode(p.get("/api/v1/videos/"+v.UUID), &more)
	f := public{page: v.ShortUUID, master: v.Playlists[0].PlaylistURL, sha256: more.Playlists[0].SegmentsSha256URL, size: map[string]int{}}
	for _, u := range more.Trackers {
		if strings.HasPrefix(u, "ws") {
			f.tracker = u
		}
	}
	for _, file := range v.Playlists[0].Files {
		u, err := url.Parse(file.FileURL)
		if err != nil {
			p.Fatal(err)
		}
		f.folder = path.Dir(u.Path)
		f.size[path.Base(u.Path)] = len(p.get(file.FileURL).body)
	}
	return f
}

// TestTogether: of people who watch the same film, the second takes part of it
// from the first, also when one of them has the player that PeerTube has.
func TestTogether(t *testing.T) {
	t.Parallel()
	s := newServer(t, open, "")
	s.start()
	film := s.signIn().publish("Together.mp4", load(t, feature))
	theirs := httptest.NewServer(stock.Handler(t, browser.Packages(t)))
	t.Cleanup(theirs.Close)
	b := browser.Start(t)

	first, second := newViewer(s, b, 1), newViewer(s, b, 2)
	first.watch(film)
	if got := first.ledger(); got.People != 0 || got.Refused != 0 {
		t.Errorf("the first page: got %+v, want bytes of the server alone", got)
	}
	second.watch(film)
	second.moves()
	second.shared(film, first)
	if chip, panel := second.Text(`.chip-sources`), second.Text(`.sources`); !strings.Contains(chip, "% from people") || !strings.Contains(panel, "1 viewer") {
		t.Errorf("the second page says %q and %q, want a share from people, and one viewer", chip, panel)
	}
	second.Screenshot("second")
	second.leave()

	// The other player, and then us from it alone.
	third := newViewer(s, b, 3)
	third.Goto(theirs.URL + stock.Query(film.master, film.sha256, film.tracker))
	third.takes()
	third.moves()
	before := first.ledger().Sent
	var got stock.Stats
	third.Eval(`() => stats`, nil, &got)
	t.Logf("the stock player: %+v; we sent %d in all", got, before)
	if got.P2P == 0 || len(got.Invalid)+len(got.Warnings) > 0 {
		t.Errorf("the stock player beside ours: got %+v, want bytes of people, valid, without a warning", got)
	}
	first.leave()

	fourth := newViewer(s, b, 4)
	fourth.watch(film)
	fourth.moves()
	third.Eval(`() => stats`, nil, &got)
	t.Logf("ours beside the stock player, which sent %d: %+v", got.Uploaded, fourth.ledger())
	if l := fourth.ledger(); l.People == 0 || l.Refused > 0 || got.Uploaded < l.People {
		t.Errorf("our player beside the stock one, which sent %d: got %+v, want bytes of people, none refused", got.Uploaded, l)
	}
	fourth.leave()
	third.leave()
}

// watch opens a film and waits until all of it is there.
func (v viewer) watch(f public) {
	v.Helper()
	v.Goto(v.server.url + "/w/" + f.page)
	v.takes()
}

// leave closes the page, which must not have complained.
func (v viewer) leave() {
	v.Helper()
	if errs := v.Errors(); len(errs) > 0 {
		v.Errorf("the page of %s reported %q", v.address, errs)
	}
	if err := v.Close(); err != nil {
		v.Errorf("close the page of %s: %v", v.address, err)
	}
}

// shared requires that what the server, by its own log, did not send to a page
// came from another one.
func (v viewer) shared(f public, from viewer) {
	v.Helper()
	sent, all := 0, 0
	for file, n := range v.server.sent(f.folder, v.address) {
		if size, media := f.size[file]; media {
			sent, all = sent+n, all+size
		}
	}
	mine, theirs := v.ledger(), from.ledger()
	v.Logf("of %d bytes the server sent %d; the page says %+v, the other %+v", all, sent, mine, theirs)
	if mine.Server != sent {
		v.Errorf("bytes from the server: the page says %d, its log %d", mine.Server, sent)
	}
	if missing := all - sent; missing <= 0 || mine.People < missing-last {
		v.Errorf("of %d bytes that the server did not send: got %d from people", missing, mine.People)
	}
	if mine.People > theirs.Sent {
		v.Errorf("got %d bytes from people; the other page says it sent %d", mine.People, theirs.Sent)
	}
	if mine.Verified == 0 || mine.Refused > 0 {
		v.Errorf("got %d pieces verified, %d refused", mine.Verified, mine.Refused)
	}
}

// last is the most bytes of the last piece of sound, which may still be under
// way when the picture is there to the end.
const last = 4 << 10
