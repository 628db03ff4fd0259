package wsock

import (
	"net/http"
	"testing"
)

// get asks for an upgrade with changed headers; an empty one is left out.
func get(t *testing.T, w *world, change map[string]string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
	} {
		r.Header.Set(name, value)
	}
	for name, value := range change {
		r.Header.Set(name, value)
		if value == "" {
			r.Header.Del(name)
		}
	}
	resp, err := w.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return resp
}

// TestNotAnUpgrade: a request that is none gets an answer and no connection.
func TestNotAnUpgrade(t *testing.T) {
	t.Parallel()
	w := plain(t, Limits{})
	for name, change := range map[string]map[string]string{
		"no key":            {"Sec-WebSocket-Key": ""},
		"a key too short":   {"Sec-WebSocket-Key": "AAAA"},
		"a key of no kind":  {"Sec-WebSocket-Key": "!!!!!!!!!!!!!!!!!!!!!!=="},
		"an old version":    {"Sec-WebSocket-Version": "8"},
		"no upgrade":        {"Upgrade": ""},
		"another upgrade":   {"Upgrade": "h2c"},
		"not of this hop":   {"Connection": "keep-alive"},
		"a word within one": {"Connection": "upgraded"},
	} {
		if resp := get(t, w, change); resp.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: got %s, want 400", name, resp.Status)
		}
	}
	if got := w.now().opened; got != 0 {
		t.Errorf("opened: got %d, want 0", got)
	}
}
