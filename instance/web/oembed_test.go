package web

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"vidiverse/instance/fault"
)

// A playlist is shown in a frame as a video is, under the name of its channel.
func TestOEmbedOfPlaylists(t *testing.T) {
	t.Parallel()
	const playlist = `{"displayName":"Sea & sky","embedPath":"/video-playlists/embed/abc","ownerAccount":{"displayName":"Alice","url":"https://one.test/accounts/alice"},
		"videoChannel":{"displayName":"Blue","url":"https://one.test/video-channels/blue"},"thumbnails":[{"width":850,"height":480,"aspectRatio":"16:9","fileUrl":"https://one.test/p.jpg"}]}`
	d := door(t, facts{
		"/api/v1/video-playlists/abc": json.RawMessage(playlist),
		"/api/v1/video-playlists/own": json.RawMessage(strings.Replace(playlist, `"videoChannel":{`, `"other":{`, 1)),
	})
	for address, author := range map[string]string{
		"https://one.test/w/p/abc": "Blue", "https://one.test/w/p/abc?playlistPosition=2": "Blue", "https://one.test/videos/watch/playlist/abc": "Blue",
		"https://one.test/w/p/own": "Alice",
	} {
		w := get(t, d, "/services/oembed?url="+address)
		var a oembedAnswer
		if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil || w.Code != http.StatusOK {
			t.Fatalf("%s: got %d %s", address, w.Code, w.Body)
		}
		if a.Title != "Sea & sky" || a.AuthorName != author || a.Width != 560 || a.Height != 315 || a.ThumbnailURL != "https://one.test/p.jpg" ||
			!strings.Contains(a.HTML, `src="https://one.test/video-playlists/embed/abc`) || strings.Contains(address, "Position") != strings.Contains(a.HTML, "?playlistPosition=2") {
			t.Errorf("%s: got %+v", address, a)
		}
	}
	for address, want := range map[string]int{"https://one.test/w/p/none": 404, "https://one.test/w/p/": 400, "https://one.test/w/p/a/b": 400} {
		if w := get(t, d, "/services/oembed?url="+address); w.Code != want {
			t.Errorf("%s: got %d, want %d", address, w.Code, want)
		}
	}
}

// Who shows a video by its address gets PeerTube's code of a frame: what the
// address says to a player stands in it, and no picture is larger than asked for.
func TestOEmbedIsAsked(t *testing.T) {
	t.Parallel()
	d := door(t, facts{
		"/api/v1/videos/abc":      sample(),
		"/api/v1/videos/private":  fault.New(fault.Unauthorized, "Authentication is required"),
		"/api/v1/videos/nonsense": fault.New(fault.Invalid, "Incorrect request parameters: id"),
	})
	const page = "https://one.test/w/abc"
	ask := func(query string) (int, oembedAnswer) {
		w := get(t, d, "/services/oembed?"+query)
		var a oembedAnswer
		if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil {
			t.Fatalf("%s: %d %s", query, w.Code, w.Body)
		}
		return w.Code, a
	}
	for said, player := range map[string]string{
		"": "", "?param=1": "", "?muted=1&warningTitle=0&toto=1": "?muted=1&warningTitle=0", "?start=1m2s&stop=2&unknown=3": "?start=1m2s&stop=2",
		`?title="><script>`: "?title=%22%3E%3Cscript%3E",
	} {
		code, a := ask("url=" + url.QueryEscape(page+said))
		want := `<iframe width="560" height="315" sandbox="allow-same-origin allow-scripts allow-popups allow-forms" title="Bread at four" ` +
			`src="https://one.test/videos/embed/uudAEwiGGmQZza4HuoY6Kg` + player + `" style="border: none" allow="fullscreen"></iframe>`
		if code != http.StatusOK || a.HTML != want || a.ThumbnailWidth != 1280 || a.ThumbnailHeight != 720 || a.Title != "Bread at four" || a.AuthorName != "Fournil" {
			t.Errorf("%q: got %d %+v", said, code, a)
		}
	}
	if code, a := ask("url=" + page + "&maxwidth=50&maxheight=50&format=json"); code != 200 || a.Width != 50 || a.Height != 50 || a.ThumbnailURL != "" || !strings.Contains(a.HTML, `width="50" height="50"`) {
		t.Errorf("small: got %d %+v", code, a)
	}
	for query, want := range map[string]int{
		"": 400, "url=nonsense": 400, "url=https://two.test/w/abc": 400, "url=https://one.test/watch/abc": 400,
		"url=https://one.test/w/nonsense": 400, "url=https://one.test/w/none": 404, "url=https://one.test/w/private": 403,
		"url=" + page + "&maxwidth=wide": 400, "url=" + page + "&maxheight=-1": 400, "url=" + page + "&format=blabla": 400, "url=" + page + "&format=xml": 501,
	} {
		if w := get(t, d, "/services/oembed?"+query); w.Code != want || !strings.HasPrefix(w.Header().Get("Content-Type"), "application/problem+json") {
			t.Errorf("%s: got %d %s", query, w.Code, w.Body)
		}
	}
}
