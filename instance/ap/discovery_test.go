package ap

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vidiverse/instance/db/dbtest"
	"vidiverse/instance/rest"
)

// asked is a captured answer of a fixed address.
type asked struct {
	Path, Accept, ContentType, Location, CacheControl string
	Status                                            int
	Body                                              json.RawMessage
}

// captured asks what was asked of the captured server, and wants its answer.
func (w *town) captured(file string) asked {
	w.t.Helper()
	var c asked
	w.read("discovery/"+file+".json", &c)
	resp, body := w.get(c.Path, c.Accept)
	if resp.StatusCode != c.Status || resp.Header.Get("Content-Type") != c.ContentType && c.Status/100 != 3 {
		w.t.Errorf("%s: got %s %s, want %d %s", file, resp.Status, resp.Header.Get("Content-Type"), c.Status, c.ContentType)
	}
	if resp.Header.Get("Location") != c.Location {
		w.t.Errorf("%s leads to %q, want %q", file, resp.Header.Get("Location"), c.Location)
	}
	var text string
	switch {
	case c.Status/100 == 3:
	case json.Unmarshal(c.Body, &text) == nil:
		if body != text {
			w.t.Errorf("%s: got %q, want %q", file, body, text)
		}
	default:
		w.same(file, body, c.Body)
	}
	return c
}

// usage is what the captured server counted.
func (w *town) usage(context.Context) (Usage, error) {
	return Usage{Users: 2, ActiveMonth: 2, ActiveHalfYear: 2, Videos: 100, Comments: 2}, nil
}

// Whoever looks for somebody here finds them as on PeerTube.
func TestDiscoveryIsCaptured(t *testing.T) {
	w := newTown(t, dbtest.SQLite(t))
	for _, file := range []string{
		"webfinger-account", "webfinger-channel", "webfinger-instance", "webfinger-bad-resource", "webfinger-unknown", "host-meta",
		"nodeinfo-links", "well-known-change-password", "well-known-tk",
	} {
		w.captured(file)
	}
	resp, body := w.get("/.well-known/security.txt", "*/*")
	if resp.StatusCode != 200 || !strings.HasPrefix(body, "Contact: ") || !strings.Contains(body, "\nExpires: 2027-12-31T11:00:00.000Z\n") {
		t.Errorf("security.txt: %s %q", resp.Status, body)
	}
	if resp, _ := w.get("/nodeinfo/2.1.json", "*/*"); resp.StatusCode != 404 {
		t.Errorf("another schema: %s", resp.Status)
	}
	if _, body := w.get("/robots.txt", "*/*"); body != "User-agent: *\nDisallow:\n" {
		t.Errorf("robots.txt: %q", body)
	}
}

// NodeInfo has PeerTube's members, and is counted once in ten minutes.
func TestNodeInfo(t *testing.T) {
	w := newTown(t, dbtest.SQLite(t))
	var c asked
	w.read("discovery/nodeinfo-2.0.json", &c)
	resp, body := w.get(c.Path, c.Accept)
	if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != c.ContentType || resp.Header.Get("Cache-Control") != c.CacheControl {
		t.Errorf("got %s %v", resp.Status, resp.Header)
	}
	var got, want map[string]any
	w.must(json.Unmarshal([]byte(body), &got))
	w.must(json.Unmarshal(c.Body, &want))
	if d := cmp.Diff(members("", want), members("", got)); d != "" {
		t.Errorf("members (-captured +got):\n%s", d)
	}
	if d := cmp.Diff(want["usage"], got["usage"]); d != "" {
		t.Errorf("usage: %s", d)
	}
	count := 0
	w.door.cfg.Discovery.Usage = func(context.Context) (Usage, error) { count++; return Usage{Users: int64(count)}, nil }
	for range 3 {
		w.get(c.Path, c.Accept)
	}
	w.now = w.now.Add(nodeInfoLife + 1)
	for range 3 {
		w.get(c.Path, c.Accept)
	}
	if count != 1 {
		t.Errorf("counted %d times in ten minutes and a moment, want once more", count)
	}
}

// members are the paths of all members, without values.
func members(path string, v any) (all []string) {
	m, ok := v.(map[string]any)
	if !ok {
		return []string{path}
	}
	for k, v := range m {
		all = append(all, members(path+"/"+k, v)...)
	}
	return sorted(all)
}

// Nobody asks another server through these addresses, whatever they name; and
// a closed server shows nobody.
func TestDiscoveryAsksNobody(t *testing.T) {
	w := newTown(t, dbtest.SQLite(t))
	asked := make(chan string, 100)
	other := w.elsewhere(asked)
	for _, resource := range []string{
		"acct:alicia@" + other, "acct:x@" + other, "http://" + other + "/accounts/x", "acct:x@127.0.0.1:9001@" + other, "data:,x", "file:///etc/passwd",
		"acct:alicia@127.0.0.1:9001#@" + other, "acct:@127.0.0.1:9001", "acct:", "",
	} {
		resp, body := w.get("/.well-known/webfinger?resource="+strings.ReplaceAll(strings.ReplaceAll(resource, "#", "%23"), "@", "%40"), "*/*")
		if resp.StatusCode != 400 && resp.StatusCode != 404 {
			t.Errorf("%q: got %s %s", resource, resp.Status, body)
		}
	}
	for _, path := range []string{"/accounts/x@" + other, "/video-channels/x@" + other + "/followers", "/a/x@" + other} {
		if resp, body := w.get(path, activity); resp.StatusCode != 404 {
			t.Errorf("%q: got %s %s", path, resp.Status, body)
		}
	}
	if len(asked) > 0 {
		t.Errorf("another server was asked: %s", <-asked)
	}
	w.door.cfg.Discovery.Closed = true
	if resp, _ := w.get("/.well-known/webfinger?resource=acct:alicia@127.0.0.1:9001", "*/*"); resp.StatusCode != 404 {
		t.Errorf("closed: got %s", resp.Status)
	}
	if _, body := w.get("/accounts/alicia", activity); body != "the page" {
		t.Errorf("closed: got %s", body)
	}
	config := rest.NewServerConfig()
	config.Federation.Enabled = false
	w.door.cfg.Discovery.Config = func() rest.ServerConfig { return config }
	if _, body := w.get("/nodeinfo/2.0.json", "*/*"); !strings.Contains(body, `"protocols":[]`) {
		t.Errorf("closed: got %s", body)
	}
}

// elsewhere is a server that notes what it is asked.
func (w *town) elsewhere(asked chan<- string) (host string) {
	return w.serve(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { asked <- r.URL.String() }))
}

// An operator's own files stand below /.well-known/, and nothing above them does.
func TestOwnFiles(t *testing.T) {
	w := newTown(t, dbtest.SQLite(t))
	resp, body := w.get("/.well-known/dnt-policy.txt", "*/*")
	if resp.StatusCode != 200 || !strings.Contains(body, "http://www.w3.org/TR/tracking-dnt") || !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/plain") {
		t.Errorf("policy: %s %s", resp.Status, body)
	}
	dir := filepath.Join(t.TempDir(), "well-known")
	w.must(os.MkdirAll(filepath.Join(dir, "matrix"), 0o750))
	for name, text := range map[string]string{"app.json": `{"a":1}`, "matrix/client": "{}", "dnt-policy.txt": "promised", "../secret.txt": "secret"} {
		w.must(os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	w.must(os.Symlink("../secret.txt", filepath.Join(dir, "out.txt")))
	w.door.cfg.Discovery.Folder = dir
	for path, want := range map[string]string{"app.json": `{"a":1}`, "matrix/client": "{}", "dnt-policy.txt": "promised"} {
		if resp, body := w.get("/.well-known/"+path, "*/*"); resp.StatusCode != 200 || body != want || resp.Header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s: got %s %q", path, resp.Status, body)
		}
	}
	for _, path := range []string{"none", "matrix", "matrix/", "out.txt", "..%2fsecret.txt", "%2e%2e/secret.txt", "matrix/..%2f..%2fsecret.txt", "%00", ""} {
		if resp, body := w.get("/.well-known/"+path, "*/*"); resp.StatusCode/100 == 2 || strings.Contains(body, "secret") && !strings.Contains(body, "problem") && resp.StatusCode == 200 {
			t.Errorf("%s: got %s %q", path, resp.Status, body)
		}
	}
	if resp, _ := w.get("/security.txt", "*/*"); resp.StatusCode != 301 || resp.Header.Get("Location") != "/.well-known/security.txt" {
		t.Errorf("security.txt: %s", resp.Status)
	}
}

// Pages of other sites may ask, and are told so beforehand.
func TestPreflight(t *testing.T) {
	w := newTown(t, dbtest.SQLite(t))
	for _, path := range []string{"/accounts/alicia", "/.well-known/webfinger", "/w/x"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodOptions, w.url+path, nil)
		w.must(err)
		r.Header.Set("Access-Control-Request-Headers", "x-one")
		resp, err := http.DefaultTransport.RoundTrip(r)
		w.must(err)
		resp.Body.Close()
		if h := resp.Header; resp.StatusCode != 204 || h.Get("Access-Control-Allow-Origin") != "*" || h.Get("Access-Control-Allow-Headers") != "x-one" {
			t.Errorf("%s: got %s %v", path, resp.Status, h)
		}
	}
}
