package media_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"vidiverse/instance/video"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// exchange is a captured request and answer.
type exchange struct {
	Request struct {
		Method  string            `json:"method"`
		URL     string            `json:"url"`
		Headers map[string]string `json:"headers"`
	} `json:"request"`
	Response struct {
		Status  int             `json:"status"`
		Headers [][2]string     `json:"headers"`
		Body    json.RawMessage `json:"body"`
	} `json:"response"`
}

func (e exchange) header() http.Header {
	h := http.Header{}
	for _, kv := range e.Response.Headers {
		h.Add(kv[0], kv[1])
	}
	return h
}

// differing are headers that we deliberately send otherwise, each with its
// reason.
var differing = map[string]string{
	"Etag":                          "ours is strong: names never come back for other bytes, and If-Range needs it",
	"Access-Control-Expose-Headers": "ours also lets pages of other origins read Content-Range, to check what they got",
	"Keep-Alive":                    "said by the other's HTTP library",
	"Connection":                    "said by the other's HTTP library",
	"Date":                          "the time",
	"Last-Modified":                 "the time",
	"Content-Length":                "of other files",
	"Content-Range":                 "of other files",
	"Cache-Control":                 "ours also forbids caching of closed files, where the other says nothing",
}

// What stock players and mirrors read of an answer must be what PeerTube sends.
func TestVectors(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	open, closed := h.film(t, video.Public, ""), h.film(t, video.Private, "")
	token, err := h.Videos.NewFileToken(t.Context(), h.Alice, video.Ref(closed.uuid), video.Credentials{})
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("../../testdata/wire/media/*.json")
	if err != nil || len(files) < 10 {
		t.Fatalf("got vectors %v, %v", files, err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var e exchange
		if err := json.Unmarshal(b, &e); err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(file)
		var header []string
		for k, v := range e.Request.Headers {
			header = append(header, k, v)
		}
		res, _ := h.get(t, e.Request.Method, ownPath(e.Request.URL, open, closed, token.Token), header...)
		if res.StatusCode != e.Response.Status {
			t.Errorf("%s: got %d, want %d", name, res.StatusCode, e.Response.Status)
		}
		for k, want := range e.header() {
			if got := res.Header.Values(k); differing[k] == "" && (len(got) != 1 || !strings.EqualFold(got[0], want[0])) {
				t.Errorf("%s: got %s %q, want %q", name, k, got, want[0])
			}
			if res.Header.Get(k) == "" && k != "Connection" && k != "Keep-Alive" && (k != "Etag" || (res.StatusCode != 404 && res.StatusCode != 401 && !strings.Contains(name, "reinject"))) {
				t.Errorf("%s: no %s", name, k)
			}
		}
		if c := e.header().Get("Cache-Control"); c != "" && res.Header.Get("Cache-Control") != c {
			t.Errorf("%s: got Cache-Control %q, want %q", name, res.Header.Get("Cache-Control"), c)
		}
	}
}

// ownPath is the path of the like file here.
func ownPath(captured string, open, closed film, token string) string {
	f := open
	if strings.Contains(captured, "/private/") {
		f = closed
	}
	_, query, _ := strings.Cut(captured, "?")
	if query != "" {
		query = "?" + strings.Replace(query, "71a7288e-d4e5-4a5a-9530-e680f05efaaa", token, 1)
	}
	if strings.Contains(captured, "/static/web-videos/") {
		return "/static/web-videos/" + f.names.web + query
	}
	for suffix, name := range map[string]string{"-fragmented.mp4": f.names.fragmented, "-master.m3u8": f.names.master,
		"-360.m3u8": f.names.playlist, "-segments-sha256.json": f.names.sha256} {
		if path, _, _ := strings.Cut(captured, "?"); strings.HasSuffix(path, suffix) {
			return f.base + name + query
		}
	}
	return f.base + "nothing.m3u8" + query
}
