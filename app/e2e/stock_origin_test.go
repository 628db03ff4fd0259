package e2e

import (
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"vidiverse/app/e2e/browser"
	"vidiverse/app/e2e/stock"
	"vidiverse/node/remote/remotetest"
)

// stockOrigin is a PeerTube 8.2 without anything of ours that anybody could
// notice: captured answers and files, and behind the same address, as behind
// nginx, PeerTube's tracker package. It also has the player's page.
func stockOrigin(t *testing.T, media remotetest.Media) *remotetest.Server {
	t.Helper()
	s := remotetest.Stock(t, media)
	tracker := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: stock.Tracker(t, browser.Packages(t), stock.PeerTube)})
	page := stock.Handler(t, browser.Packages(t))
	s.Intercept(func(w http.ResponseWriter, r *http.Request) bool {
		switch {
		case strings.HasPrefix(r.URL.Path, "/tracker/"):
			tracker.ServeHTTP(w, r)
		case strings.HasPrefix(r.URL.Path, "/stock/"):
			page.ServeHTTP(w, r)
		default:
			return false
		}
		return true
	})
	return s
}

// pageOf is the address of the stock player with a video of a stock origin.
func pageOf(s *remotetest.Server, v *remotetest.Video) string {
	sha256 := strings.TrimSuffix(v.Master(), v.MasterName()) + v.DigestsName()
	return s.URL + "/stock/" + stock.Query(v.Master(), sha256, "ws"+strings.TrimPrefix(s.URL, "http")+"/tracker/socket")
}

// TestStockOrigin: where the instance, its tracker and the page are all
// PeerTube's, somebody alone with a video gets nearly all of it from a node.
func TestStockOrigin(t *testing.T) {
	t.Parallel()
	origin := stockOrigin(t, remotetest.Media{Heights: []int{144}, Split: true, Segments: 45, Length: 4, Rate: 300})
	video := origin.Videos()[0]
	n := newEdge(t)
	n.start("--follow", origin.URL)
	n.holds(1)
	before := origin.MediaBytes() // the node asks for no more

	page := browser.Start(t).Page(t)
	page.Patience(patience)
	page.Goto(pageOf(origin, video))
	until := func(seconds float64) {
		page.Wait(`(at) => document.querySelector("video").currentTime >= at`, seconds)
	}
	until(30)
	page.Eval(`() => { document.querySelector("video").currentTime = 120 }`, nil, nil)
	until(140)

	var got stock.Stats
	page.Eval(`() => stats`, nil, &got)
	server := int(origin.MediaBytes() - before)
	first := between(video, 0, 15) + between(video, 120, 135)
	all := server + got.P2P
	beyond, carried := all-first, all-max(server, first)
	t.Logf("%d bytes: %d from the server, %d from the node; beyond the first seconds %d, of which the node carried %.1f %%; stalls %d",
		all, server, got.P2P, beyond, 100*float64(carried)/float64(beyond), got.Stalls)
	if beyond <= 0 || carried*4 < beyond*3 {
		t.Errorf("the node carried %d of %d bytes, want three quarters", carried, beyond)
	}
	if len(got.Invalid)+len(got.Warnings) > 0 || got.Stalls > 0 {
		t.Errorf("got %d stalls, invalid %v, warnings %v, want none", got.Stalls, got.Invalid, got.Warnings)
	}
	if errs := page.Errors(); len(errs) > 0 {
		t.Errorf("the page reported %q", errs)
	}
	n.stop()
}

// between is how many bytes of a video's files lie between two moments, in
// whole segments.
func between(v *remotetest.Video, from, to float64) (bytes int) {
	for _, r := range v.Renditions() {
		at := 0.0
		for _, s := range r.Media.Segments {
			end := at + s.Duration.Seconds()
			if end > from && at < to {
				bytes += int(s.Length)
			}
			at = end
		}
	}
	return bytes
}
