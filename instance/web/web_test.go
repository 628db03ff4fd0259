package web

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"vidiverse/instance/fault"
)

// facts answers paths from a table, as the REST door would.
type facts map[string]any

func (f facts) Read(_ context.Context, path string) (json.RawMessage, error) {
	v, ok := f[path]
	if !ok {
		return nil, fault.New(fault.NotFound, "nothing at %s", path)
	}
	if err, ok := v.(error); ok {
		return nil, err
	}
	return json.Marshal(v)
}

const address = "https://one.test"

func dist() fstest.MapFS {
	return fstest.MapFS{
		"manifest.json": {Data: []byte(`{"app":{"js":"app-AAAA.js","css":"app-BBBB.css","preload":["chunk-CCCC.js"]},` +
			`"embed":{"js":"embed-DDDD.js","css":"embed-EEEE.css","preload":[]},"player":["engine-FFFF.js"],"icons":"icons-0000.svg"}`)},
		"app-AAAA.js":    {Data: []byte("plain script")},
		"app-AAAA.js.gz": {Data: []byte("pressed script")},
		"logo.svg":       {Data: []byte("<svg/>")},
	}
}

func sample() map[string]any {
	return map[string]any{
		"uuid": "e6b078bc-3feb-4c72-8f4f-aff5828507e1", "shortUUID": "uudAEwiGGmQZza4HuoY6Kg", "name": "Bread at four",
		"description": "Dough, **slowly**.\nThen fire.", "duration": 753, "isLocal": true, "privacy": map[string]any{"id": 1},
		"url": address + "/videos/watch/e6b078bc-3feb-4c72-8f4f-aff5828507e1", "embedPath": "/videos/embed/uudAEwiGGmQZza4HuoY6Kg",
		"publishedAt": "2026-11-18T20:00:00Z", "tags": []string{"bread", "fire"}, "aspectRatio": 1.7778,
		"previewPath": "/lazy-static/thumbnails/p.jpg",
		"thumbnails": []map[string]any{
			{"width": 1920, "height": 1080, "aspectRatio": "16:9", "fileUrl": address + "/lazy-static/thumbnails/x.jpg"},
			{"width": 1280, "height": 720, "aspectRatio": "16:9", "fileUrl": address + "/lazy-static/thumbnails/p.jpg"},
		},
		"channel": map[string]any{"name": "fournil", "displayName": "Fournil", "url": address + "/video-channels/fournil"},
		"streamingPlaylists": []map[string]any{{
			"playlistUrl": address + "/static/streaming-playlists/hls/e/m-master.m3u8",
			"files": []map[string]any{
				{"fileUrl": address + "/1080.mp4", "hasVideo": true, "hasAudio": true, "resolution": map[string]any{"id": 1080}},
				{"fileUrl": address + "/720.mp4", "hasVideo": true, "hasAudio": true, "resolution": map[string]any{"id": 720}},
			},
		}},
	}
}

func door(t *testing.T, f facts) *Door {
	t.Helper()
	if f == nil {
		f = facts{}
	}
	if _, ok := f[configPath]; !ok {
		f[configPath] = map[string]any{"instance": map[string]any{"name": "Maré Vidéo", "shortDescription": "A small sea of videos"}}
	}
	d, err := New(Config{URL: address + "/", Source: f, Dist: dist()})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func get(t *testing.T, h http.Handler, path string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestWatchHeadIsUnderstoodByOthers(t *testing.T) {
	t.Parallel()
	d := door(t, facts{"/api/v1/videos/uudAEwiGGmQZza4HuoY6Kg": sample()})
	w := get(t, d, "/w/uudAEwiGGmQZza4HuoY6Kg")
	if w.Code != http.StatusOK {
		t.Fatalf("got status %d, want 200", w.Code)
	}
	for _, want := range []string{
		`<meta property="og:platform" content="PeerTube" />`,
		`<title>Bread at four · Maré Vidéo</title>`,
		`<link rel="canonical" href="https://one.test/w/uudAEwiGGmQZza4HuoY6Kg" />`,
		`<meta property="og:title" content="Bread at four" />`,
		`<meta name="description" content="Dough, slowly. Then fire." />`,
		`<meta property="og:image" content="https://one.test/lazy-static/thumbnails/p.jpg" />`,
		`<meta property="twitter:card" content="player" />`,
		`<meta property="twitter:player" content="https://one.test/videos/embed/uudAEwiGGmQZza4HuoY6Kg" />`,
		`<meta property="og:type" content="video" />`,
		`type="application/json+oembed" href="https://one.test/services/oembed?url=https%3A%2F%2Fone.test%2Fw%2FuudAEwiGGmQZza4HuoY6Kg"`,
		`<meta property="video:tag" content="fire" />`,
		`<script type="module" src="/client/app-AAAA.js"></script>`,
		`<link rel="modulepreload" href="/client/engine-FFFF.js" />`,
		`src="https://one.test/720.mp4"`, // without script: a plain video
	} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("page lacks %s", want)
		}
	}
}

// A playlist and somebody of another server say what they are, and where they are at home.
func TestHeadsOfPlaylistsAndActors(t *testing.T) {
	t.Parallel()
	zoe := map[string]any{"name": "zoe", "displayName": "Zoë", "host": "two.test", "url": "https://two.test/accounts/zoe"}
	d := door(t, facts{
		playlistsPath + "abc": map[string]any{
			"shortUUID": "abc", "displayName": "Bread, all of it", "description": "From dough to crumb", "isLocal": true, "privacy": map[string]any{"id": 1},
			"thumbnailPath": "/lazy-static/thumbnails/l.jpg", "embedPath": "/video-playlists/embed/abc", "ownerAccount": zoe,
		},
		accountsPath + "zoe@two.test": zoe,
	})
	for path, all := range map[string][]string{
		"/w/p/abc": {
			`<title>Bread, all of it · Maré Vidéo</title>`, `<meta property="og:title" content="Bread, all of it" />`, `<meta property="og:type" content="video" />`,
			`<link rel="canonical" href="https://one.test/w/p/abc" />`, `<meta property="og:image" content="https://one.test/lazy-static/thumbnails/l.jpg" />`,
			`<meta property="twitter:card" content="player" />`, `href="https://one.test/services/oembed?url=https%3A%2F%2Fone.test%2Fw%2Fp%2Fabc" title="Bread, all of it" />`,
		},
		"/a/zoe@two.test": {
			`<meta property="og:title" content="Zoë" />`, `<meta property="og:type" content="website" />`, `<meta name="robots" content="noindex" />`,
			`<link rel="canonical" href="https://two.test/accounts/zoe" />`,
		},
	} {
		body := get(t, d, path).Body.String()
		for _, want := range all {
			if !strings.Contains(body, want) {
				t.Errorf("%s lacks %s", path, want)
			}
		}
	}
	for from, to := range map[string]string{"/my-account": "/my/settings", "/videos/watch/abc/comments/7": "/w/abc?threadId=7"} {
		if got := get(t, d, from).Header().Get("Location"); got != to {
			t.Errorf("%s: got %q, want %q", from, got, to)
		}
	}
}

func TestFirstDataIsInlined(t *testing.T) {
	t.Parallel()
	d := door(t, facts{recentPath: map[string]any{"total": 0, "data": []any{}}})
	body := get(t, d, "/").Body.String()
	_, rest, _ := strings.Cut(body, `<script type="application/json" id="first">`)
	raw, _, _ := strings.Cut(rest, "</script>")
	var first map[string]json.RawMessage
	if err := json.Unmarshal([]byte(raw), &first); err != nil {
		t.Fatalf("first data is no JSON: %v in %q", err, raw)
	}
	for _, path := range []string{configPath, recentPath} {
		if first[path] == nil {
			t.Errorf("first data lacks %s", path)
		}
	}
}

func TestStatusOfErrors(t *testing.T) {
	t.Parallel()
	f := facts{
		"/api/v1/videos/private": fault.New(fault.Unauthorized, "Authentication is required"),
		"/api/v1/videos/locked":  fault.New(fault.Unauthorized, "password").WithCode("video_requires_password"),
		"/api/v1/videos/broken":  fmt.Errorf("read row 7 of table video: disk on fire"),
		"/api/v1/videos/busy":    fault.New(fault.Unavailable, "later"),
		"/api/v1/videos/gone":    fault.New(fault.Gone, "deleted"),
	}
	d := door(t, f)
	for path, want := range map[string]int{
		"/w/absent": 404, "/c/absent": 404, "/a/absent": 404, "/no/such/page": 404, "/w/private": 404, "/w/locked": 200, "/w/gone": 410, "/w/p/absent": 404,
		"/w/broken": 500, "/w/busy": 503, "/videos/embed/absent": 404, "/client/absent.js": 404,
		"/services/oembed?url=https://two.test/w/x": 400, "/services/oembed?url=https://one.test/w/private": 403,
		"/": 200, "/about": 200, "/login": 200, "/upload": 200, "/my/videos": 200,
	} {
		w := get(t, d, path)
		if w.Code != want {
			t.Errorf("%s: got status %d, want %d", path, w.Code, want)
		}
		if strings.Contains(w.Body.String(), "disk on fire") {
			t.Errorf("%s: the text of an internal error reached the reader", path)
		}
	}
	if body := get(t, d, "/w/locked").Body.String(); !strings.Contains(body, `data-code="video_requires_password"`) {
		t.Error("the page does not say that a password is needed")
	}
}

func TestPolicyForbidsForeignScript(t *testing.T) {
	t.Parallel()
	d := door(t, facts{"/api/v1/videos/v": sample()})
	for _, path := range []string{"/", "/w/v", "/videos/embed/v", "/w/absent"} {
		h := get(t, d, path).Header()
		policy := h.Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none'", "script-src 'self';", "base-uri 'none'"} {
			if !strings.Contains(policy, want) {
				t.Errorf("%s: policy %q lacks %q", path, policy, want)
			}
		}
		if framed := strings.Contains(policy, "frame-ancestors *"); framed != strings.HasPrefix(path, "/videos/embed/") {
			t.Errorf("%s: may be framed: %v", path, framed)
		}
		if h.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: no nosniff", path)
		}
	}
}

func TestFilesAreCachedForEver(t *testing.T) {
	t.Parallel()
	d := door(t, nil)
	w := get(t, d, "/client/app-AAAA.js")
	if got := w.Header().Get("Cache-Control"); got != "public, max-age=31536000, immutable" {
		t.Errorf("hashed file: got Cache-Control %q", got)
	}
	if got := w.Body.String(); got != "plain script" {
		t.Errorf("got %q without Accept-Encoding", got)
	}
	w = get(t, d, "/client/app-AAAA.js", "Accept-Encoding", "br, gzip;q=0.8")
	if w.Body.String() != "pressed script" || w.Header().Get("Content-Encoding") != "gzip" {
		t.Errorf("got %q as %q, want the compressed file", w.Body.String(), w.Header().Get("Content-Encoding"))
	}
	if got := get(t, d, "/client/logo.svg").Header().Get("Cache-Control"); strings.Contains(got, "immutable") {
		t.Errorf("file without hash: got Cache-Control %q", got)
	}
	if got := get(t, d, "/").Header().Get("Cache-Control"); got != "no-cache" {
		t.Errorf("page: got Cache-Control %q", got)
	}
	if w := get(t, d, "/client/..%2fmanifest.json"); w.Code != http.StatusNotFound {
		t.Errorf("a path out of the folder: got status %d", w.Code)
	}
}

func TestPageIsCompressed(t *testing.T) {
	t.Parallel()
	d := door(t, nil)
	w := get(t, d, "/", "Accept-Encoding", "gzip")
	z, err := gzip.NewReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil || !strings.Contains(string(b), "og:platform") {
		t.Errorf("compressed page does not read back: %v", err)
	}
}

func TestLanguageAndThemeOfTheReader(t *testing.T) {
	t.Parallel()
	d := door(t, nil)
	for _, c := range []struct{ accept, cookie, want string }{
		{"", "", `<html lang="en"`}, {"fr-CA,fr;q=0.9,en;q=0.5", "", `<html lang="fr"`}, {"de,fr;q=0.5", "", `<html lang="fr"`},
		{"fr", "lang=en", `<html lang="en"`}, {"", "lang=\"><script>", `<html lang="en"`},
		{"", "theme=dark", `data-theme="dark"`},
	} {
		if body := get(t, d, "/", "Accept-Language", c.accept, "Cookie", c.cookie).Body.String(); !strings.Contains(body, c.want) {
			t.Errorf("accept %q, cookie %q: page lacks %s", c.accept, c.cookie, c.want)
		}
	}
}

// Every address of PeerTube's that other servers show leads to its page.
func TestLongAddressesLeadToPages(t *testing.T) {
	t.Parallel()
	alice := map[string]any{"name": "alice", "url": address + "/accounts/alice"}
	far := map[string]any{"name": "zoe", "url": "https://two.test/video-channels/zoe", "host": "two.test"}
	d := door(t, facts{
		accountsPath + "alice": alice, channelsPath + "bread": map[string]any{"name": "bread", "url": address + "/video-channels/bread"},
		channelsPath + "zoe@two.test":              far,
		playlistsPath + "p/videos?count=1&start=0": map[string]any{"data": []any{map[string]any{"video": map[string]any{"shortUUID": "abc"}}}},
		playlistsPath + "p/videos?count=1&start=1": map[string]any{"data": []any{map[string]any{"video": nil}}},
	})
	const always, now = http.StatusMovedPermanently, http.StatusFound
	for from, to := range map[string]struct {
		status int
		path   string
	}{
		"/videos/watch/abc?start=5": {always, "/w/abc?start=5"}, "/video-channels/bread": {always, "/c/bread"}, "/accounts/alice": {always, "/a/alice"},
		"/videos/watch/%2f%2fevil.test": {always, "/w/%2F%2Fevil.test"}, "/@%2f%2fevil.test": {http.StatusNotFound, ""},
		"/c/bread/videos": {always, "/c/bread"}, "/c/bread/video-playlists": {always, "/c/bread?show=playlists"}, "/video-channels/bread/videos": {always, "/c/bread"},
		"/a/alice/video-channels": {always, "/a/alice"}, "/accounts/alice/video-channels": {always, "/a/alice"},
		"/@alice": {now, "/a/alice"}, "/@bread?x=1": {now, "/c/bread?x=1"}, "/@zoe@two.test": {now, "/c/zoe@two.test"}, "/@nobody": {http.StatusNotFound, ""},
		"/videos/watch/playlist/p": {always, "/w/p/p"}, "/video-playlists/p": {always, "/w/p/p"},
		"/videos/watch/abc;threadId=12": {always, "/w/abc?threadId=12"}, "/w/abc;threadId=12?start=5": {always, "/w/abc?threadId=12&start=5"},
		"/video-playlists/embed/p": {now, "/videos/embed/abc"}, "/video-playlists/embed/p?playlistPosition=2": {http.StatusNotFound, ""}, "/video-playlists/embed/none": {http.StatusNotFound, ""},
		"/services/redirect/accounts/alice": {now, address + "/accounts/alice"}, "/services/redirect/accounts/bread": {http.StatusNotFound, ""},
		"/services/redirect/actors/bread": {now, address + "/video-channels/bread"}, "/services/redirect/actors/@zoe@two.test": {now, "https://two.test/video-channels/zoe"},
		"/services/redirect/actors/nobody@two.test": {http.StatusNotFound, ""}, "/services/redirect/other/alice": {http.StatusNotFound, ""},
	} {
		w := get(t, d, from)
		if w.Code != to.status || w.Header().Get("Location") != to.path {
			t.Errorf("%s: got %d to %q, want %d to %q", from, w.Code, w.Header().Get("Location"), to.status, to.path)
		}
	}
}

func TestUnbuiltClientSaysSo(t *testing.T) {
	t.Parallel()
	d, err := New(Config{URL: address, Source: facts{}, Dist: fstest.MapFS{}})
	if err != nil {
		t.Fatal(err)
	}
	if w := get(t, d, "/"); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "make build") {
		t.Errorf("got status %d and no word on the missing client", w.Code)
	}
}
