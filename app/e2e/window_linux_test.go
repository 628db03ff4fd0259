package e2e

import (
	"context"
	"image"
	"image/color"
	"net/http/httptest"
	"testing"
	"time"

	"vidiverse/app/e2e/browser"
	"vidiverse/app/e2e/stock"
	"vidiverse/node/control"
)

// two is a configuration of two renditions, and an access log.
const two = `
rates_limit: {api: {max: 100000}, login: {max: 1000}, client: {max: 100000}}
log: {log_http_requests: true}
trust_proxy: [loopback]
transcoding:
  resolutions: {144p: true, 240p: false, 360p: false, 480p: false, 720p: false, 1080p: false}
`

// atHome is somebody at a window, and the server that they watch.
type atHome struct {
	*desk
	server *server
	film   public
}

// TestWindow: a person starts the app, answers its question, types the address
// of an instance, and watches: what is on the screen is what the film shows,
// also after a jump and in another quality. Then a browser somewhere takes the
// video from this app, until the person stops that with two clicks.
func TestWindow(t *testing.T) {
	t.Parallel()
	s := newServer(t, two, "")
	s.start()
	h := atHome{desk: newDesk(t), server: s, film: s.signIn().publish("Numbers.mp4", load(t, numbered))}
	program, err := desktopProgram()
	if err != nil {
		t.Fatal(err)
	}
	h.start(program)
	h.answers()
	h.follows()
	h.watches()
	h.jumps()
	h.changesQuality()
	h.carries()
	h.stop()

	// What was answered and followed is known the next time.
	h.start(program)
	h.key("ctrl+1")
	h.until("the videos are there again", func(seen *image.RGBA) bool { return number(seen) >= 0 })
	if st := h.state(t.Context()); st.Reason != control.ReasonPaused {
		t.Errorf("after another start: got %+v, want that sharing is paused as before", st)
	}
	h.stop()
}

// answers the question of the first start by keyboard. Enter alone does nothing.
func (h atHome) answers() {
	h.Helper()
	asked := h.calm()
	h.key("Return", "Escape", "ctrl+1", "space")
	h.until("the question stands", func(seen *image.RGBA) bool { return same(asked, seen, seen.Rect) })
	if st := h.state(h.Context()); st.Reason != control.ReasonUnasked {
		h.Fatalf("nobody answered: got %+v, want that the question is open", st)
	}
	h.key("Tab", "Return")
	h.eventually("the answer is kept", func(ctx context.Context) bool { return h.state(ctx).On })
	h.until("the question is gone", func(seen *image.RGBA) bool { return !same(asked, seen, seen.Rect) })
}

// follows types the address of the instance where the window waits for one, and
// finds the video by its picture.
func (h atHome) follows() {
	h.Helper()
	h.key("ctrl+3")
	h.eventually("the address is taken", func(ctx context.Context) bool {
		h.key("ctrl+a")
		h.write(h.server.addr)
		h.key("Return")
		list, err := h.Library.Instances(ctx)
		return err == nil && len(list) == 1
	})
	h.until("the thumbnail is there", func(seen *image.RGBA) bool { return number(seen) >= 0 })
}

// watches opens the video with a click and sees it play, pause and fill the
// screen.
func (h atHome) watches() {
	h.Helper()
	thumbnail := picture(h.look())
	h.click(thumbnail.Min.Add(thumbnail.Size().Div(2)))
	h.until("the player is there", func(seen *image.RGBA) bool { return picture(seen).Dx() > thumbnail.Dx()+100 && number(seen) >= 0 })
	from := number(h.until("the film begins, after its thumbnail", func(seen *image.RGBA) bool { return number(seen) >= 0 && number(seen) < 60 }))
	for _, on := range []int{1, 2, 3} {
		h.until("the film plays", func(seen *image.RGBA) bool { return number(seen) >= from+on && number(seen) < from+60 })
	}

	h.key("space")
	h.still()
	h.key("f")
	h.until("the film fills the screen", func(seen *image.RGBA) bool {
		return picture(seen).Dx() == screenSize.X && seen.RGBAAt(5, 5) == color.RGBA{A: 255}
	})
}

// still requires that the picture stops, and stands for three seconds.
func (h atHome) still() {
	h.Helper()
	var at int
	var since time.Time
	h.until("the picture stands still", func(seen *image.RGBA) bool {
		if n := number(seen); n != at || n < 0 {
			at, since = n, time.Now()
		}
		return time.Since(since) > 3*time.Second
	})
}

// jumps to places that are not there yet: what is seen is the place before, then
// only the right piece, and at the end the right picture.
func (h atHome) jumps() {
	h.Helper()
	for key, want := range map[string]int{"7": 213, "3": 91, "5": 152} {
		before := number(h.look())
		h.key(key)
		h.until("the picture of the place", func(seen *image.RGBA) bool {
			got := number(seen)
			if got != want && got != before && got != -1 && (got < want-4 || got > want) {
				h.Errorf("jump from %d to %d: the picture of %d is shown", before, want, got)
			}
			return got == want
		})
	}
}

// changesQuality takes the lowest in the menu: the picture stays, and what is
// watched from now on is of that quality.
func (h atHome) changesQuality() {
	h.Helper()
	closed, before := h.look(), h.film.file(h.server, "144")
	at := number(closed)
	h.click(screenSize.Sub(image.Pt(74, 26))) // beside the button of the full screen
	h.until("a menu is open", func(seen *image.RGBA) bool {
		return picture(seen).Dx() < screenSize.X || !same(closed, seen, image.Rect(900, 200, 1270, 700))
	})
	h.key("Down", "Return")
	h.eventually("the other quality is fetched", func(context.Context) bool { return h.film.file(h.server, "144") > before })
	h.until("the picture is the same", func(seen *image.RGBA) bool { return number(seen) == at })
	before = h.film.file(h.server, "162")
	h.key("9")
	h.until("the picture of the place", func(seen *image.RGBA) bool { return number(seen) == 274 })
	if got := h.film.file(h.server, "162") - before; got > 0 {
		h.Errorf("after the choice of 144p: got %d bytes more of the other quality, want none", got)
	}
	h.key("0")
	h.until("the beginning", func(seen *image.RGBA) bool { return number(seen) == 0 })
	h.key("space", "f")
	h.until("the film plays in its page", func(seen *image.RGBA) bool { return number(seen) > 2 && picture(seen).Dx() < 1000 })
}

// strip is the foot of the column, where the window says what it sends.
var strip = image.Rect(0, 700, 228, 800)

// carries lets a page elsewhere take the video from this app. The strip says so,
// and stops it.
func (h atHome) carries() {
	h.Helper()
	h.key("ctrl+1")
	idle := h.until("home is there", func(seen *image.RGBA) bool { return picture(seen).Dx() < 700 && number(seen) >= 0 })
	theirs := httptest.NewServer(stock.Handler(h, browser.Packages(h)))
	h.Cleanup(theirs.Close)
	page := theirs.URL + stock.Query(h.film.master, h.film.sha256, h.film.tracker)
	b := browser.Start(h)
	v := newViewer(h.server, b, 9)
	v.Goto(page)
	v.Page.Wait(`() => stats.p2pSegments >= 2 && document.querySelector("video").currentTime > 1`, nil)
	busy := h.until("the strip says that something is sent", func(seen *image.RGBA) bool { return !same(idle, seen, strip) })
	h.keep(busy, "sending")
	if st := h.state(h.Context()); st.People == 0 || st.Month == 0 {
		h.Errorf("a page took bytes: got %+v, want a person and what they were sent", st)
	}

	if got := v.stats(); len(got.Invalid)+len(got.Warnings)+got.Stalls > 0 {
		h.Errorf("the page: got %+v, want no complaint", got)
	}

	h.click(strip.Min.Add(strip.Size().Div(2)))
	h.until("a menu is open", func(seen *image.RGBA) bool { return !same(busy, seen, image.Rect(0, 400, 228, 700)) })
	h.key("Return")
	h.eventually("sharing stops", func(ctx context.Context) bool {
		st := h.state(ctx)
		return st.Reason == control.ReasonPaused && st.People == 0 && st.Swarms == 0
	})
	v.leave()

	later := newViewer(h.server, b, 10)
	later.Goto(page)
	later.until(20)
	if got := later.stats(); got.P2P > 0 || got.HTTP == 0 {
		h.Errorf("a page that came after sharing was paused: got %+v, want bytes of the server alone", got)
	}
	later.leave()
}

// stats are those of a page with the stock player.
func (v viewer) stats() (got stock.Stats) {
	v.Helper()
	v.Eval(`() => stats`, nil, &got)
	return got
}
