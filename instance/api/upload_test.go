package api

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"vidiverse/instance/upload"
	"vidiverse/instance/upload/uploadtest"
	"vidiverse/instance/user"
)

const resumable = "/api/v1/videos/upload-resumable"

// dock is a REST door that takes uploads.
type dock struct {
	*uploadtest.World
	t          *testing.T
	url        string
	alice, bob string // tokens
}

func openDock(t *testing.T, change func(*upload.Config)) *dock {
	t.Helper()
	d := &dock{World: uploadtest.New(t, "", change), t: t}
	d.alice, d.bob = d.signIn("alice"), d.signIn("bob")
	d.restart()
	return d
}

// restart serves the same rows and files by a new process, as it were.
func (d *dock) restart() {
	d.t.Helper()
	door := New(Config{
		Log: slog.New(slog.DiscardHandler), PublicURL: &url.URL{Scheme: "https", Host: "one.test:8443"},
		Actors: d.Actors, Users: d.Users, Accounts: d.Accounts, Channels: d.Channels, Jobs: d.Jobs,
		Limits: Limits{API: Rate{Max: 10_000}}, Upload: UploadConfig{Service: d.Restart(), Silence: 500 * time.Millisecond},
	})
	server := httptest.NewServer(door)
	d.t.Cleanup(server.Close)
	d.url = server.URL
}

func (d *dock) signIn(name string) string {
	d.t.Helper()
	client, err := d.Users.OAuthClient(d.t.Context())
	if err != nil {
		d.t.Fatal(err)
	}
	tokens, err := d.Users.Login(d.t.Context(), user.Grant{Client: client, Type: "password", Username: name, Password: uploadtest.Password, IP: "192.0.2.1"})
	if err != nil {
		d.t.Fatal(err)
	}
	return tokens.Access
}

// send makes one request for alice unless the headers say otherwise.
func (d *dock) send(method, path string, body io.Reader, headers ...string) (*http.Response, string) {
	d.t.Helper()
	r, err := http.NewRequestWithContext(d.t.Context(), method, d.url+path, body)
	if err != nil {
		d.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+d.alice)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		d.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	return res, string(b)
}

func (d *dock) init(size int) (*http.Response, string) {
	d.t.Helper()
	body := fmt.Sprintf(`{"name":"Resumable upload","channelId":%d,"privacy":1,"filename":"sample10.mp4","waitTranscoding":true}`, d.Channel)
	return d.send("POST", resumable, strings.NewReader(body), "Content-Type", "application/json",
		"X-Upload-Content-Type", "video/mp4", "X-Upload-Content-Length", fmt.Sprint(size))
}

// begin opens an upload and returns the path of its chunks.
func (d *dock) begin(size int) string {
	d.t.Helper()
	res, body := d.init(size)
	_, query, ok := strings.Cut(res.Header.Get("Location"), "?")
	if res.StatusCode != 201 || !ok {
		d.t.Fatalf("init: got %d %s", res.StatusCode, body)
	}
	return resumable + "?" + query
}

func (d *dock) put(path string, clip []byte, from, to int) (*http.Response, string) {
	d.t.Helper()
	return d.send("PUT", path, bytes.NewReader(clip[from:to]), "Content-Type", "application/octet-stream",
		"Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, to-1, len(clip)))
}

func (d *dock) status(path string, size int) (*http.Response, string) {
	d.t.Helper()
	return d.send("PUT", path, nil, "Content-Range", fmt.Sprintf("bytes */%d", size))
}

// captured is an exchange that PeerTube had.
type captured struct {
	Response struct {
		Status  int         `json:"status"`
		Headers [][2]string `json:"headers"`
		Body    any         `json:"body"`
	} `json:"response"`
}

func readCaptured(t *testing.T, name string) (c captured) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("../../testdata/rest", name+".json"))
	if err == nil {
		err = json.Unmarshal(b, &c)
	}
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// wantLike compares an answer with a captured one: status, headers but for
// those that count or date, and the members of the body with their types.
func wantLike(t *testing.T, name string, res *http.Response, body string) {
	t.Helper()
	c := readCaptured(t, name)
	if res.StatusCode != c.Response.Status {
		t.Errorf("%s: got %d %s, want %d", name, res.StatusCode, body, c.Response.Status)
	}
	for _, h := range c.Response.Headers {
		k, want := http.CanonicalHeaderKey(h[0]), h[1]
		switch got := res.Header.Get(k); k {
		case "Date", "Connection", "Keep-Alive", "Etag", "X-Ratelimit-Limit", "X-Ratelimit-Remaining", "X-Ratelimit-Reset", "Location", "Range":
		case "Content-Length": // Go leaves a length out where there can be no body
			if want == "0" && body != "" {
				t.Errorf("%s: got a body %q", name, body)
			}
		default:
			if got != want {
				t.Errorf("%s: got %s %q, want %q", name, k, got, want)
			}
		}
	}
	var got any = ""
	if body != "" {
		if err := json.Unmarshal([]byte(body), &got); err != nil {
			t.Fatalf("%s: %v in %s", name, err, body)
		}
	}
	if a, b := shape(got), shape(c.Response.Body); !reflect.DeepEqual(a, b) {
		t.Errorf("%s: got a body of shape %v, want %v", name, a, b)
	}
}

func shape(v any) any {
	m, ok := v.(map[string]any)
	if !ok {
		return fmt.Sprintf("%T", v)
	}
	out := map[string]any{}
	for k, inner := range m {
		out[k] = shape(inner)
	}
	return out
}

// Clients made for PeerTube must find every answer as they know it.
func TestUploadVectors(t *testing.T) {
	t.Parallel()
	d, clip := openDock(t, nil), uploadtest.Clip(t)
	res, body := d.init(len(clip))
	wantLike(t, "upload-resumable-1-init", res, body)
	location := res.Header.Get("Location")
	if !strings.HasPrefix(location, "//one.test:8443"+resumable+"?upload_id=") {
		t.Errorf("got Location %q, want the public address without a scheme", location)
	}
	again, _ := d.init(len(clip))
	if again.StatusCode != 200 || again.Header.Get("Location") != location {
		t.Errorf("init again: got %d %q", again.StatusCode, again.Header.Get("Location"))
	}
	_, query, _ := strings.Cut(location, "?")
	path, half := resumable+"?"+query, len(clip)/2
	if res, _ := d.status(path, len(clip)); res.StatusCode != 308 || res.Header.Get("Range") != "" {
		t.Errorf("status of nothing: got %d %q", res.StatusCode, res.Header.Get("Range"))
	}
	res, body = d.put(path, clip, 0, half)
	wantLike(t, "upload-resumable-2-chunk", res, body)
	if want := fmt.Sprintf("bytes=0-%d", half-1); res.Header.Get("Range") != want {
		t.Errorf("got Range %q, want %q", res.Header.Get("Range"), want)
	}
	res, body = d.status(path, len(clip))
	wantLike(t, "upload-resumable-2b-status-query", res, body)
	res, body = d.put(path, clip, half, len(clip))
	wantLike(t, "upload-resumable-3-chunk", res, body)
	if res, again := d.put(path, clip, half, len(clip)); res.StatusCode != 200 || again != body {
		t.Errorf("the last chunk again: got %d %s, want %s", res.StatusCode, again, body)
	}
	res, body = d.send("DELETE", d.begin(len(clip)+1), nil, "Content-Length", "0")
	wantLike(t, "upload-resumable-9-cancel", res, body)
}

// The one-request upload answers alike, and names all that is wrong at once.
func TestUploadAtOnce(t *testing.T) {
	t.Parallel()
	d, clip := openDock(t, nil), uploadtest.Clip(t)
	kind, form := formWith(t, map[string]string{"name": "At once", "channelId": fmt.Sprint(d.Channel)}, "videofile", "a.mp4", clip)
	res, body := d.send("POST", "/api/v1/videos/upload", form, "Content-Type", kind)
	wantLike(t, "upload-legacy-response", res, body)

	const path = "/api/v1/videos/upload"
	res, body = d.send("POST", path, strings.NewReader("name=x"), "Content-Type", "application/x-www-form-urlencoded")
	wantLike(t, "error-400-upload-validation", res, body)
	want, err := json.Marshal(readCaptured(t, "error-400-upload-validation").Response.Body)
	if err != nil {
		t.Fatal(err)
	}
	var a, b any
	if json.Unmarshal([]byte(body), &a) != nil || json.Unmarshal(want, &b) != nil || !reflect.DeepEqual(a, b) {
		t.Errorf("got %s\nwant %s", body, want)
	}
	if res, body := d.send("POST", path, form, "Authorization", ""); res.StatusCode != 401 {
		t.Errorf("without a token: got %d %s", res.StatusCode, body)
	}
}

func formWith(t *testing.T, fields map[string]string, file, name string, content []byte) (kind string, body *bytes.Reader) {
	t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	w, err := m.CreateFormFile(file, name)
	if err == nil {
		_, err = w.Write(content)
	}
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range fields {
		if err := m.WriteField(k, v); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	return m.FormDataContentType(), bytes.NewReader(b.Bytes())
}

// The train enters a tunnel in the middle of a chunk; later it goes on where
// the bytes ended, on a server that was started anew.
func TestUploadCutAndRestarted(t *testing.T) {
	t.Parallel()
	d, clip := openDock(t, nil), uploadtest.Clip(t)
	path := d.begin(len(clip))
	conn, err := net.Dial("tcp", strings.TrimPrefix(d.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(conn, "PUT %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Range: bytes 0-%d/%d\r\nContent-Length: %d\r\n\r\n",
		path, d.alice, len(clip)-1, len(clip), len(clip))
	if _, err := conn.Write(clip[:30_000]); err != nil {
		t.Fatal(err)
	}
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, conn) // until the server is done with it
	conn.Close()
	if res, body := d.status(path, len(clip)); res.StatusCode != 308 || res.Header.Get("Range") != "bytes=0-29999" {
		t.Fatalf("after the cut: got %d %q %s", res.StatusCode, res.Header.Get("Range"), body)
	}
	d.restart()
	if res, body := d.put(path, clip, 30_000, 50_000); res.StatusCode != 308 || res.Header.Get("Range") != "bytes=0-49999" {
		t.Fatalf("after the restart: got %d %q %s", res.StatusCode, res.Header.Get("Range"), body)
	}
	d.restart()
	if res, body := d.put(path, clip, 50_000, len(clip)); res.StatusCode != 200 {
		t.Fatalf("the rest: got %d %s", res.StatusCode, body)
	}
	files := d.Files()
	if len(files) != 1 {
		t.Fatalf("got files %v", files)
	}
	if got, err := os.ReadFile(files[0]); err != nil || !bytes.Equal(got, clip) {
		t.Errorf("the stored file differs: %d bytes, %v", len(got), err)
	}
}

// A client that goes silent without closing must not hold its upload.
func TestUploadSilentClient(t *testing.T) {
	t.Parallel()
	d, clip := openDock(t, nil), uploadtest.Clip(t)
	path := d.begin(len(clip))
	conn, err := net.Dial("tcp", strings.TrimPrefix(d.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "PUT %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Range: bytes 0-%d/%d\r\nContent-Length: %d\r\n\r\n",
		path, d.alice, len(clip)-1, len(clip), len(clip))
	if _, err := conn.Write(clip[:1000]); err != nil {
		t.Fatal(err)
	}
	_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if errors.Is(err, os.ErrDeadlineExceeded) || (err == nil && res.StatusCode < 400) {
		t.Errorf("the silent client got %v, %v; want an error or the end", res, err)
	}
	if res, body := d.put(path, clip, 1000, len(clip)); res.StatusCode != 200 {
		t.Errorf("the next connection: got %d %s", res.StatusCode, body)
	}
}

// Each way to go wrong has PeerTube's status.
func TestUploadRefusals(t *testing.T) {
	t.Parallel()
	d, clip := openDock(t, func(c *upload.Config) { c.MaxSize = 200_000 }), uploadtest.Clip(t)
	path := d.begin(len(clip))
	unknown := resumable + "?upload_id=" + strings.Repeat("0", 16) + "-" + strings.Repeat("0", 16) + "-" + strings.Repeat("0", 16) + "-" + strings.Repeat("0", 16)
	all := fmt.Sprintf("bytes 0-%d/%d", len(clip)-1, len(clip))
	for _, c := range []struct {
		name, method, path, span, token string
		body                            []byte
		want                            int
	}{
		{"unknown", "PUT", unknown, all, d.alice, clip, 404},
		{"no id", "PUT", resumable, all, d.alice, clip, 404},
		{"another user's", "PUT", path, all, d.bob, clip, 403},
		{"nobody's", "PUT", path, all, "x", clip, 401},
		{"a gap", "PUT", path, fmt.Sprintf("bytes 5-5/%d", len(clip)), d.alice, clip[:1], 409},
		{"another total", "PUT", path, "bytes 0-0/5", d.alice, clip[:1], 409},
		{"no range", "PUT", path, "", d.alice, clip[:1], 400},
		{"a bad range", "PUT", path, "bytes 5-0/10", d.alice, clip[:1], 400},
		{"another length", "PUT", path, "bytes 0-9/" + fmt.Sprint(len(clip)), d.alice, clip[:1], 400},
		{"cancel an unknown", "DELETE", unknown, "", d.alice, nil, 404},
		{"cancel another user's", "DELETE", path, "", d.bob, nil, 403},
	} {
		res, body := d.send(c.method, c.path, bytes.NewReader(c.body), "Content-Range", c.span, "Authorization", "Bearer "+c.token)
		if res.StatusCode != c.want || !strings.HasPrefix(res.Header.Get("Content-Type"), "application/problem+json") {
			t.Errorf("%s: got %d %s, want %d", c.name, res.StatusCode, body, c.want)
		}
	}
	if res, body := d.init(200_001); res.StatusCode != 413 || !strings.Contains(body, "max_file_size_reached") {
		t.Errorf("too large: got %d %s", res.StatusCode, body)
	}
	zip := append([]byte("PK\x03\x04"), clip[:5000]...)
	res, body := d.put(d.begin(len(zip)), zip, 0, len(zip))
	if res.StatusCode != 415 || !strings.Contains(body, "it looks like a ZIP archive. Try MP4, WebM, MKV, MOV or AVI.") {
		t.Errorf("a ZIP archive: got %d %s", res.StatusCode, body)
	}
	if res, body := d.put(d.begin(300), clip[:300], 0, 300); res.StatusCode != 422 {
		t.Errorf("half a film: got %d %s", res.StatusCode, body)
	}
}

// A thumbnail that is too large or not allowed here must not stay on the disk.
func TestUploadThumbnail(t *testing.T) {
	t.Parallel()
	d := openDock(t, nil)
	fields := map[string]string{"name": "With a picture", "channelId": fmt.Sprint(d.Channel), "filename": "a.mp4"}
	for _, size := range []int{1000, 9 << 20} {
		kind, form := formWith(t, fields, "thumbnailfile", "a.jpg", make([]byte, size))
		res, body := d.send("POST", resumable, form, "Content-Type", kind, "X-Upload-Content-Type", "video/mp4", "X-Upload-Content-Length", "1000")
		if res.StatusCode != 400 && res.StatusCode != 413 {
			t.Errorf("%d bytes: got %d %s", size, res.StatusCode, body)
		}
	}
	if files := d.Files(); len(files) > 0 || d.Rows() > 0 {
		t.Errorf("left behind: %v, %d rows", files, d.Rows())
	}
}
