package instance

import (
	"net/http"
	"strings"
	"testing"
)

// Other servers get objects where browsers get pages, with the client and
// without, and caches between are told.
func TestObjectsStandAtPages(t *testing.T) {
	for _, client := range []bool{true, false} {
		cfg := testConfig(t)
		cfg.Client = client
		address, stop := serving(t, cfg)
		for _, path := range []string{"/w/2vKxWZv7nYyTzG6uU6vSgW", "/videos/watch/00000000-0000-4000-8000-000000000000"} {
			for accept, kind := range map[string]string{"application/activity+json": "application/problem+json", "text/html": "text/"} {
				r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address+path, nil)
				if err != nil {
					t.Fatal(err)
				}
				r.Header.Set("Accept", accept)
				res, err := http.DefaultTransport.RoundTrip(r)
				if err != nil {
					t.Fatal(err)
				}
				res.Body.Close()
				page := client && accept == "text/html"
				if !strings.HasPrefix(res.Header.Get("Content-Type"), kind) || !strings.Contains(res.Header.Get("Vary"), "Accept") && (page || kind != "text/") {
					t.Errorf("client %v: %s as %s: got %d %v", client, path, accept, res.StatusCode, res.Header)
				}
			}
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
	}
}
