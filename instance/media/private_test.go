package media_test

import (
	"bytes"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"vidiverse/instance/access"
	"vidiverse/instance/media"
	"vidiverse/instance/stream"
	"vidiverse/instance/user"
	"vidiverse/instance/video"
)

// Closed videos must be closed for whoever has only the address.
func TestPrivateFiles(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	f := h.film(t, video.Private, "")
	other := h.film(t, video.Private, "")
	h.settle(t)
	token, err := h.Videos.NewFileToken(t.Context(), h.Alice, video.Ref(f.uuid), video.Credentials{})
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := h.Videos.NewFileToken(t.Context(), h.Alice, video.Ref(other.uuid), video.Credentials{})
	if err != nil {
		t.Fatal(err)
	}
	alice, bob := h.token(t, "alice"), h.token(t, "bob")
	for _, c := range []struct {
		name, query string
		header      []string
		want        int
	}{
		{"nothing", "", nil, 401},
		{"empty token", "?videoFileToken=", nil, 401},
		{"token", "?videoFileToken=" + token.Token, nil, 200},
		{"wrong token", "?videoFileToken=71a7288e-d4e5-4a5a-9530-e680f05efaaa", nil, 401},
		{"token of another video", "?videoFileToken=" + foreign.Token, nil, 401},
		{"token with a wildcard", "?videoFileToken=%25", nil, 401},
		{"two tokens", "?videoFileToken=x&videoFileToken=" + token.Token, nil, 401},
		{"owner", "", []string{"Authorization", alice}, 200},
		{"another user", "", []string{"Authorization", bob}, 403},
		{"root", "", []string{"Authorization", h.token(t, "root")}, 200},
		{"bad bearer", "", []string{"Authorization", "Bearer x"}, 401},
		{"basic", "", []string{"Authorization", "Basic " + strings.TrimPrefix(alice, "Bearer ")}, 401},
		{"password for a video without", "", []string{"x-peertube-video-password", "secret"}, 401},
	} {
		for _, name := range []string{f.names.fragmented, f.names.playlist, f.names.master, f.names.sha256} {
			res, body := h.get(t, "GET", f.base+name+c.query, c.header...)
			if res.StatusCode != c.want {
				t.Errorf("%s, %s: got %d, want %d", c.name, name, res.StatusCode, c.want)
			}
			if cache := res.Header.Get("Cache-Control"); !strings.Contains(cache, "no-store") {
				t.Errorf("%s, %s: got Cache-Control %q, want no caching", c.name, name, cache)
			}
			if c.want != 200 && bytes.Contains(body, f.bytes[:50]) {
				t.Errorf("%s, %s: the film was sent", c.name, name)
			}
		}
		for _, path := range append(h.torrents(t, f), "/static/web-videos/private/"+f.names.web) {
			if res, body := h.get(t, "GET", path+c.query, c.header...); res.StatusCode != c.want || !strings.Contains(res.Header.Get("Cache-Control"), "no-store") {
				t.Errorf("%s, %s: got %d %v, want %d; %d bytes", c.name, path, res.StatusCode, res.Header, c.want, len(body))
			}
		}
		if res, _ := h.get(t, "GET", "/static/web-videos/"+f.names.web+c.query, c.header...); res.StatusCode != 404 {
			t.Errorf("%s, web video by the public folder: got %d, want 404", c.name, res.StatusCode)
		}
		public := strings.Replace(f.base, "/private/", "/", 1)
		if res, _ := h.get(t, "GET", public+f.names.fragmented+c.query, c.header...); res.StatusCode != 404 {
			t.Errorf("%s, by the public folder: got %d, want 404", c.name, res.StatusCode)
		}
	}
}

// Password-protected videos open for who knows the password, and for no other.
func TestPasswordFiles(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	f := h.film(t, video.PasswordProtected, "open sesame")
	for password, want := range map[string]int{"open sesame": 200, "wrong": 403, "": 401} {
		if res, _ := h.get(t, "GET", f.base+f.names.fragmented, "x-peertube-video-password", password); res.StatusCode != want {
			t.Errorf("%q: got %d, want %d", password, res.StatusCode, want)
		}
	}
}

// A video that its owner closes must be closed at once, at its old address too.
func TestClosingAVideo(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	f := h.film(t, video.Public, "")
	if res, _ := h.get(t, "GET", f.base+f.names.fragmented); res.StatusCode != 200 {
		t.Fatalf("got %d while it was public", res.StatusCode)
	}
	private := video.Private
	if err := h.Videos.Edit(t.Context(), h.Alice, video.Ref(f.uuid), video.Patch{Privacy: &private}, nil); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{f.names.fragmented, f.names.playlist, f.names.master} {
		if res, _ := h.get(t, "GET", f.base+name); res.StatusCode != 401 && res.StatusCode != 404 {
			t.Errorf("%s: got %d after it was closed", name, res.StatusCode)
		}
	}
	if res, _ := h.get(t, "GET", f.base+f.names.fragmented, "Authorization", h.token(t, "alice")); res.StatusCode != 200 {
		t.Errorf("the owner, before the files have moved: got %d", res.StatusCode)
	}
}

// A token that is revoked, and a user who signs out, lose the bytes.
func TestRevokedBearer(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	f := h.film(t, video.Private, "")
	bearer := h.token(t, "alice")
	c, err := h.Users.Authenticate(t.Context(), strings.TrimPrefix(bearer, "Bearer "))
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Users.Revoke(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if res, _ := h.get(t, "GET", f.base+f.names.fragmented, "Authorization", bearer); res.StatusCode != 401 {
		t.Errorf("got %d after the sign-out, want 401", res.StatusCode)
	}
}

// Players that cannot send headers get playlists whose addresses carry the
// token; only addresses beside the playlist may.
func TestReinject(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	f := h.film(t, video.Private, "")
	token, err := h.Videos.NewFileToken(t.Context(), h.Alice, video.Ref(f.uuid), video.Credentials{})
	if err != nil {
		t.Fatal(err)
	}
	query := "?videoFileToken=" + token.Token
	plain, was := h.get(t, "GET", f.base+f.names.master+query)
	if plain.Header.Get("Content-Type") != "application/x-mpegurl; charset=utf-8" || bytes.Contains(was, []byte("videoFileToken")) {
		t.Errorf("without being asked: got %q\n%s", plain.Header.Get("Content-Type"), was)
	}
	const again = "&reinjectVideoFileToken=true"
	res, body := h.get(t, "GET", f.base+f.names.master+query+again)
	want := "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",URI=\"" + f.names.playlist + query + again +
		"\"\n#EXT-X-STREAM-INF:BANDWIDTH=1\n" + f.names.playlist + query + again + "\nhttps://elsewhere.test/x.m3u8\n"
	if res.StatusCode != 200 || string(body) != want || res.ContentLength != int64(len(want)) {
		t.Errorf("master: got %d\n%s\nwant\n%s", res.StatusCode, body, want)
	}
	_, body = h.get(t, "GET", f.base+f.names.playlist+query+again)
	if n := strings.Count(string(body), f.names.fragmented+query); n != 2 || bytes.Contains(body, []byte("reinject")) {
		t.Errorf("media playlist: got\n%s", body)
	}
	if res, _ := h.get(t, "GET", f.base+f.names.master+"?videoFileToken=x\"%0Ax"+again); res.StatusCode != 401 {
		t.Errorf("a token that is none: got %d", res.StatusCode)
	}
}

// Downloads carry the title as a safe file name, and only where it is allowed.
func TestDownload(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	f := h.film(t, video.Public, "")
	path := "/download/streaming-playlists/hls/videos/" + f.uuid + "-180-fragmented.mp4"
	whole := "/download/web-videos/" + f.uuid + "-180.mp4"
	res, body := h.get(t, "GET", whole)
	if res.StatusCode != 200 || !bytes.Equal(body, f.bytes) {
		t.Fatalf("web video: got %d, %d bytes", res.StatusCode, len(body))
	}
	for _, bad := range []string{"-181.mp4", "-180.webm.mp4", "-180-fragmented.mp4", "-.mp4", ".mp4"} {
		if res, _ := h.get(t, "GET", "/download/web-videos/"+f.uuid+bad); res.StatusCode != 404 {
			t.Errorf("web video %s: got %d, want 404", bad, res.StatusCode)
		}
	}
	res, body = h.get(t, "GET", path)
	if res.StatusCode != 200 || !bytes.Equal(body, f.bytes) {
		t.Fatalf("got %d, %d bytes", res.StatusCode, len(body))
	}
	const want = `attachment; filename="_n_ted _film_ _ 1-180p.mp4"; filename*=UTF-8''%C3%9Cn%C3%AFted%20_film_%20_%201-180p.mp4`
	if got := res.Header.Get("Content-Disposition"); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	if res, body := h.get(t, "GET", path, "Range", "bytes=5-9"); res.StatusCode != 206 || !bytes.Equal(body, f.bytes[5:10]) {
		t.Errorf("a part: got %d", res.StatusCode)
	}
	short := strings.Replace(path, f.uuid, access.ShortUUID(f.uuid), 1)
	if res, _ := h.get(t, "GET", short); res.StatusCode != 200 {
		t.Errorf("by short UUID: got %d", res.StatusCode)
	}
	if res, _ := h.get(t, "GET", strings.Replace(path, "-180-", "-1080-", 1)); res.StatusCode != 404 {
		t.Errorf("a resolution that is not there: got %d", res.StatusCode)
	}
	no := false
	if err := h.Videos.Edit(t.Context(), h.Alice, video.Ref(f.uuid), video.Patch{Downloadable: &no}, nil); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{path, whole} {
		if res, _ := h.get(t, "GET", path); res.StatusCode != 403 {
			t.Errorf("when downloads are off: got %d, want 403", res.StatusCode)
		}
	}
	if res, _ := h.get(t, "GET", path, "Authorization", h.token(t, "alice")); res.StatusCode != 200 {
		t.Errorf("the owner, when downloads are off: got %d", res.StatusCode)
	}
	closed := h.film(t, video.Private, "")
	for _, path := range []string{"/download/streaming-playlists/hls/videos/" + closed.uuid + "-180-fragmented.mp4",
		"/download/web-videos/" + closed.uuid + "-180.mp4", "/download/videos/generate/" + closed.uuid + "?videoFileIds=1"} {
		if res, _ := h.get(t, "GET", path); res.StatusCode != 401 {
			t.Errorf("%s: got %d, want 401", path, res.StatusCode)
		}
	}
}

// Picture and sound, which HLS keeps apart, come as one file.
func TestGeneratedDownload(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	f := h.film(t, video.Public, "")
	d, err := h.Videos.Get(t.Context(), user.Caller{}, video.Ref(f.uuid), video.Credentials{})
	if err != nil {
		t.Fatal(err)
	}
	id := d.Playlist.Renditions[0].ID
	path := "/download/videos/generate/" + f.uuid
	res, body := h.get(t, "GET", path+"?videoFileIds="+itoa(id))
	if res.StatusCode != 200 || len(body) < 10_000 || string(body[4:8]) != "ftyp" || !strings.Contains(res.Header.Get("Content-Disposition"), "180p.mp4") {
		t.Fatalf("got %d, %d bytes, %v", res.StatusCode, len(body), res.Header)
	}
	for _, query := range []string{"", "?videoFileIds=", "?videoFileIds=999", "?videoFileIds=" + itoa(id) + "&videoFileIds=" + itoa(id), "?videoFileIds=1&videoFileIds=2&videoFileIds=3", "?videoFileIds=1;id"} {
		if res, _ := h.get(t, "GET", path+query); res.StatusCode != 400 {
			t.Errorf("%q: got %d, want 400", query, res.StatusCode)
		}
	}
}

// A crawler that has files put together without end must be stopped; one that
// only claims to be many is still one.
func TestGeneratedDownloadRate(t *testing.T) {
	t.Parallel()
	h := open(t, func(c *media.Config) { c.Downloads.Rate = media.Rate{Window: time.Hour, Max: 2} })
	f := h.film(t, video.Public, "")
	d, err := h.Videos.Get(t.Context(), user.Caller{}, video.Ref(f.uuid), video.Credentials{})
	if err != nil {
		t.Fatal(err)
	}
	path := "/download/videos/generate/" + f.uuid + "?videoFileIds=" + itoa(d.Playlist.Renditions[0].ID)
	for i, want := range []int{200, 200, 429} {
		res, _ := h.get(t, "GET", path, "X-Forwarded-For", "203.0.113."+itoa(int64(i)))
		if res.StatusCode != want || (want == 429) != (res.Header.Get("Retry-After") != "") {
			t.Errorf("request %d: got %d, retry after %q; want %d", i, res.StatusCode, res.Header.Get("Retry-After"), want)
		}
	}
}

// An operator can slow downloads down; what is sent stays the same.
func TestThrottledDownload(t *testing.T) {
	t.Parallel()
	var slowed atomic.Int64
	h := open(t, func(c *media.Config) {
		c.Throttle = func(w http.ResponseWriter, _ netip.Addr) http.ResponseWriter { return counted{w, &slowed} }
	})
	f := h.film(t, video.Public, "")
	_, body := h.get(t, "GET", "/download/streaming-playlists/hls/videos/"+f.uuid+"-180-fragmented.mp4")
	if !bytes.Equal(body, f.bytes) || slowed.Load() != int64(len(f.bytes)) {
		t.Errorf("got %d bytes, %d of them slowed", len(body), slowed.Load())
	}
	if h.get(t, "GET", f.base+f.names.fragmented); slowed.Load() != int64(len(f.bytes)) {
		t.Error("watching is slowed down too")
	}
}

// counted is a writer as a throttle is one: it hides ReadFrom.
type counted struct {
	http.ResponseWriter
	n *atomic.Int64
}

func (c counted) Write(p []byte) (int, error) {
	c.n.Add(int64(len(p))) // first: who reads the bytes may look at once
	return c.ResponseWriter.Write(p)
}

// The uploaded file goes back to its owner, and to nobody who merely watches.
func TestOriginal(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	f := h.film(t, video.Public, "")
	src, err := h.Videos.Source(t.Context(), h.Alice, video.Ref(f.uuid))
	if err != nil {
		t.Fatal(err)
	}
	name, ok := stream.OriginalName(src.Key)
	if !ok {
		t.Fatalf("the original lies at %q", src.Key)
	}
	path := "/download/original-video-files/" + name
	token := func(c user.Caller) string {
		made, err := h.Videos.NewFileToken(t.Context(), c, video.Ref(f.uuid), video.Credentials{})
		if err != nil {
			t.Fatal(err)
		}
		return "?videoFileToken=" + made.Token
	}
	bob, err := h.Users.Authenticate(t.Context(), strings.TrimPrefix(h.token(t, "bob"), "Bearer "))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, path, bearer string
		want               int
	}{
		{"owner", path, h.token(t, "alice"), 200},
		{"root", path, h.token(t, "root"), 200},
		{"token of the owner", path + token(h.Alice), "", 200},
		{"nobody", path, "", 401},
		{"a viewer", path, h.token(t, "bob"), 403},
		{"token of a viewer", path + token(bob), "", 401},
		{"wrong token", path + "?videoFileToken=71a7288e-d4e5-4a5a-9530-e680f05efaaa", "", 401},
		{"another name", "/download/original-video-files/x.mp4", h.token(t, "alice"), 404},
		{"a climbing name", "/download/original-video-files/..%2Fthumbnails%2F" + f.prefix + ".jpg", h.token(t, "alice"), 404},
	} {
		res, body := h.get(t, "GET", c.path, "Authorization", c.bearer)
		if res.StatusCode != c.want || (c.want == 200) != bytes.Equal(body, f.bytes) {
			t.Errorf("%s: got %d with %d bytes, want %d", c.name, res.StatusCode, len(body), c.want)
		}
		if c.want == 200 && (res.Header.Get("Content-Disposition") != `attachment; filename="a.mp4"; filename*=UTF-8''a.mp4` || !strings.Contains(res.Header.Get("Cache-Control"), "no-store")) {
			t.Errorf("%s: got %v, want a file to keep that no cache keeps", c.name, res.Header)
		}
	}
}
