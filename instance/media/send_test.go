package media_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"strings"
	"testing"

	"vidiverse/instance/media"
	"vidiverse/instance/stream"
	"vidiverse/instance/video"
)

// Players check the range that they get against the one they asked for.
func TestRanges(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	f := h.film(t, video.Public, "")
	path, n := f.base+f.names.fragmented, len(f.bytes)
	all := fmt.Sprintf("bytes */%d", n)
	for _, c := range []struct {
		asked    string
		status   int
		contents string // Content-Range
		body     []byte
	}{
		{"", 200, "", f.bytes},
		{"bytes=0-999", 206, fmt.Sprintf("bytes 0-999/%d", n), f.bytes[:1000]},
		{"bytes=100-", 206, fmt.Sprintf("bytes 100-%d/%d", n-1, n), f.bytes[100:]},
		{"bytes=-10", 206, fmt.Sprintf("bytes %d-%d/%d", n-10, n-1, n), f.bytes[n-10:]},
		{fmt.Sprintf("bytes=%d-%d", n-1, n+50), 206, fmt.Sprintf("bytes %d-%d/%d", n-1, n-1, n), f.bytes[n-1:]},
		{"bytes=0-0", 206, fmt.Sprintf("bytes 0-0/%d", n), f.bytes[:1]},
		{"bytes=99999999-", 416, all, nil},
		{fmt.Sprintf("bytes=%d-%d", n, n-1), 416, all, nil}, // what p2p-media-loader asks when it has it all
		{"bytes=500-499", 416, all, nil},
		{"bytes=abc", 416, all, nil},
		{"bytes=-0", 416, all, nil},
		{"bytes=18446744073709551616-", 416, all, nil},
		{"lines=1-2", 200, "", f.bytes},
	} {
		for _, method := range []string{"GET", "HEAD"} {
			res, body := h.get(t, method, path, "Range", c.asked)
			if res.StatusCode != c.status || res.Header.Get("Content-Range") != c.contents {
				t.Errorf("%s %q: got %d %q, want %d %q", method, c.asked, res.StatusCode, res.Header.Get("Content-Range"), c.status, c.contents)
			}
			if c.status != 416 && res.ContentLength != int64(len(c.body)) {
				t.Errorf("%s %q: got Content-Length %d, want %d", method, c.asked, res.ContentLength, len(c.body))
			}
			if want := c.body; method == "GET" && c.status != 416 && !bytes.Equal(body, want) {
				t.Errorf("%s %q: got %d wrong bytes", method, c.asked, len(body))
			}
			for _, name := range []string{"ETag", "Last-Modified", "Cache-Control", "Access-Control-Allow-Origin"} {
				if res.Header.Get(name) == "" {
					t.Errorf("%s %q: no %s", method, c.asked, name)
				}
			}
		}
	}
}

// A list of hundreds of overlapping ranges must not multiply what is sent.
func TestManyRanges(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	f := h.film(t, video.Public, "")
	path := f.base + f.names.fragmented
	res, body := h.get(t, "GET", path, "Range", "bytes=0-9,20-29")
	if res.StatusCode != 206 || !strings.HasPrefix(res.Header.Get("Content-Type"), "multipart/byteranges") || !bytes.Contains(body, f.bytes[20:30]) {
		t.Errorf("two ranges: got %d %q", res.StatusCode, res.Header.Get("Content-Type"))
	}
	res, _ = h.get(t, "GET", path, "Range", "bytes="+strings.Repeat("0-,", 500)+"0-")
	if res.StatusCode != 416 {
		t.Errorf("501 ranges: got %d, want 416", res.StatusCode)
	}
	res, body = h.get(t, "GET", path, "Range", "bytes=0-,0-,0-,0-,0-")
	if len(body) > len(f.bytes)+1000 {
		t.Errorf("five times the whole file: got %d bytes, %d", len(body), res.StatusCode)
	}
}

// A browser asks whether its copy is still good; a resumed download asks for
// the rest only of the same file.
func TestConditions(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	f := h.film(t, video.Public, "")
	path := f.base + f.names.fragmented
	first, _ := h.get(t, "HEAD", path)
	tag, at := first.Header.Get("ETag"), first.Header.Get("Last-Modified")
	if !strings.HasPrefix(tag, `"`) {
		t.Fatalf("got tag %s, want a strong one", tag)
	}
	for _, c := range []struct {
		name   string
		header []string
		want   int
	}{
		{"same tag", []string{"If-None-Match", tag}, 304},
		{"other tag", []string{"If-None-Match", `"x"`}, 200},
		{"not modified", []string{"If-Modified-Since", at}, 304},
		{"the rest of this file", []string{"Range", "bytes=5-", "If-Range", tag}, 206},
		{"the rest by date", []string{"Range", "bytes=5-", "If-Range", at}, 206},
		{"the rest of another file", []string{"Range", "bytes=5-", "If-Range", `"x"`}, 200},
		{"a bad range of another file", []string{"Range", "bytes=9-5", "If-Range", `"x"`}, 200},
		{"a bad range of a known file", []string{"Range", "bytes=9-5", "If-None-Match", tag}, 304},
		{"only another file", []string{"If-Match", `"x"`}, 412},
	} {
		if res, _ := h.get(t, "GET", path, c.header...); res.StatusCode != c.want {
			t.Errorf("%s: got %d, want %d", c.name, res.StatusCode, c.want)
		}
	}
}

// Pages of other servers play our films; their browser asks first.
func TestPreflight(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	res, _ := h.get(t, "OPTIONS", "/static/streaming-playlists/hls/a/b.mp4", "Origin", "https://elsewhere.test",
		"Access-Control-Request-Method", "GET", "Access-Control-Request-Headers", "range")
	if res.StatusCode != 204 || res.Header.Get("Access-Control-Allow-Origin") != "*" ||
		!strings.Contains(strings.ToLower(res.Header.Get("Access-Control-Allow-Headers")), "range") ||
		!strings.Contains(res.Header.Get("Access-Control-Allow-Methods"), "GET") {
		t.Errorf("got %d %v", res.StatusCode, res.Header)
	}
}

// Whatever a path says, only files with a row are sent. The requests go out as
// raw bytes, because clients clean paths up.
func TestTraversal(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	f := h.film(t, video.Public, "")
	closed := h.film(t, video.Private, "")
	if _, err := h.Blob.Put(t.Context(), "secret.mp4", strings.NewReader("SECRET")); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Blob.Put(t.Context(), stream.FolderOf(f.uuid, false)+"/no-row.mp4", strings.NewReader("SECRET")); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{
		"/../../../secret.mp4", "/..%2f..%2f..%2fsecret.mp4", "/..%2F..%2F..%2Fsecret.mp4", "/%2e%2e/%2e%2e/%2e%2e/secret.mp4",
		"/..%5c..%5c..%5csecret.mp4", "/..\\..\\..\\secret.mp4", "/%c0%ae%c0%ae/secret.mp4", "/․․/secret.mp4",
		"/%E2%80%A4%E2%80%A4/secret.mp4", "/．．/secret.mp4", "//etc/passwd", "/%2fetc%2fpasswd", "/etc/passwd%00.mp4", "/" + f.names.fragmented + "%00",
		"/%00" + f.names.fragmented, "/C:%5cwindows%5cwin.ini", "/%5c%5cserver%5cshare%5cx.mp4", "/CON", "/NUL.mp4", "/aux.m3u8", "/no-row.mp4",
		"/" + f.names.fragmented + "/", "/" + f.names.fragmented + "%20", "/" + f.names.fragmented + ".", "/./" + f.names.fragmented, "/",
		"/..", "/.", "/%", "/%zz", "/" + strings.Repeat("a", 5000) + ".mp4", "/x'%20OR%20'1'='1", "/" + closed.names.fragmented,
		"/../private/" + closed.uuid + "/" + closed.names.fragmented, "/..%2fprivate%2f" + closed.uuid + "%2f" + closed.names.fragmented,
	} {
		for _, base := range []string{"/static/streaming-playlists/hls/" + f.uuid, "/static/streaming-playlists/hls", "/static/web-videos",
			"/static/web-videos/private", "/lazy-static/torrents", "/download/torrents", "/download/web-videos", "/lazy-static/thumbnails", "/lazy-static/avatars", "/download/streaming-playlists/hls/videos", "/download/videos/generate"} {
			status, body := h.raw(t, base+path)
			if status == 200 || status == 206 || status >= 500 || strings.Contains(body, "SECRET") || strings.Contains(body, h.Folder) {
				t.Errorf("%s%s: got %d %.80q", base, path, status, body)
			}
		}
	}
	if status, _ := h.raw(t, f.base+f.names.fragmented); status != 200 {
		t.Errorf("the file itself: got %d", status)
	}
}

func (h *house) raw(t *testing.T, path string) (int, string) {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(h.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: one.test\r\nConnection: close\r\n\r\n", path); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

// What players download is counted in bytes, by address of the connection: a
// header that anyone can write must not choose whose count it is.
func TestObserve(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	f := h.film(t, video.Public, "")
	path := f.base + f.names.fragmented
	h.get(t, "GET", path, "Range", "bytes=0-999", "X-Forwarded-For", "203.0.113.9")
	h.get(t, "GET", path+"?videoFileToken=secret", "X-Forwarded-For", "203.0.113.9")
	h.get(t, "HEAD", path)
	h.get(t, "GET", path, "Range", "bytes=9-5")
	want := []media.Entry{{Path: path, Status: 206, Bytes: 1000}, {Path: path, Status: 200, Bytes: int64(len(f.bytes))}, {Path: path, Status: 200}, {Path: path, Status: 416}}
	for i, got := range h.entries(t, len(want)) {
		if got.Remote != netip.MustParseAddr("127.0.0.1") {
			t.Errorf("answer %d: got address %v, want the connection's", i, got.Remote)
		}
		if got.Status == 416 {
			got.Bytes = 0 // the problem's text
		}
		if got.Remote = (netip.Addr{}); got != want[i] {
			t.Errorf("answer %d: got %+v, want %+v", i, got, want[i])
		}
	}
}

// recorder notes how the bytes come.
type recorder struct {
	*httptest.ResponseRecorder
	from []io.Reader
}

func (r *recorder) ReadFrom(src io.Reader) (int64, error) {
	r.from = append(r.from, src)
	return io.Copy(r.ResponseRecorder, src)
}

// The connection must be given the file itself, or the kernel cannot copy it.
func TestSendfileIsKept(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	f := h.film(t, video.Public, "")
	door := media.New(media.Config{Blob: h.Blob, Videos: h.Videos, Users: h.Users, Observe: func(media.Entry) {}})
	for _, asked := range []string{"", "bytes=10-9999"} {
		w := &recorder{ResponseRecorder: httptest.NewRecorder()}
		r := httptest.NewRequest("GET", f.base+f.names.fragmented, nil)
		r.Header.Set("Range", asked)
		door.ServeHTTP(w, r)
		if len(w.from) != 1 {
			t.Fatalf("%q: ReadFrom was called %d times, want once", asked, len(w.from))
		}
		limited, ok := w.from[0].(*io.LimitedReader)
		if !ok {
			t.Fatalf("%q: got a %T, want a part of a file", asked, w.from[0])
		}
		if _, ok := limited.R.(*os.File); !ok {
			t.Errorf("%q: got a part of a %T, want of an *os.File", asked, limited.R)
		}
	}
}

// Pictures are found by row too.
func TestThumbnails(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	f := h.film(t, video.Public, "")
	res, body := h.get(t, "GET", "/lazy-static/thumbnails/"+f.prefix+".jpg")
	if res.StatusCode != 200 || res.Header.Get("Content-Type") != "image/jpeg" || len(body) != 3 || !strings.Contains(res.Header.Get("Cache-Control"), "public") {
		t.Errorf("got %d %v", res.StatusCode, res.Header)
	}
	if _, err := h.Blob.Put(t.Context(), "thumbnails/stranger.jpg", strings.NewReader("x")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"stranger.jpg", f.names.fragmented, ".jpg", "x.html"} {
		if res, _ := h.get(t, "GET", "/lazy-static/thumbnails/"+name); res.StatusCode != 404 {
			t.Errorf("%s: got %d, want 404", name, res.StatusCode)
		}
	}
}
