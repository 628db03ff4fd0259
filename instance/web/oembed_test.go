package web

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
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
			!strings.Contains(a.HTML, `src="https://one.test/video-playlists/embed/abc"`) {
			t.Errorf("%s: got %+v", address, a)
		}
	}
	for address, want := range map[string]int{"https://one.test/w/p/none": 404, "https://one.test/w/p/": 400, "https://one.test/w/p/a/b": 400} {
		if w := get(t, d, "/services/oembed?url="+address); w.Code != want {
			t.Errorf("%s: got %d, want %d", address, w.Code, want)
		}
	}
}
