package web

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"

	"vidiverse/instance/fault"
)

func answers() http.Handler {
	r := chi.NewRouter()
	r.Get("/api/v1/config", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"instance":{"name":"Maré Vidéo"}}`))
	})
	r.Get("/api/v1/videos/{id}", func(w http.ResponseWriter, r *http.Request) {
		if chi.URLParam(r, "id") == "locked" {
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = w.Write([]byte(`{"detail":"a password is needed","code":"video_requires_password"}`))
			return
		}
		_, _ = w.Write([]byte(`{"name":"` + chi.URLParam(r, "id") + `"}`))
	})
	return r
}

// A page asks for other paths than its own, also when only its head is wanted.
func TestThroughAsksWithItsOwnMethodAndPath(t *testing.T) {
	t.Parallel()
	d, err := New(Config{URL: address, Source: Through(answers()), Dist: dist()})
	if err != nil {
		t.Fatal(err)
	}
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		w := httptest.NewRecorder()
		d.ServeHTTP(w, httptest.NewRequest(method, "/w/abc", nil))
		if w.Code != http.StatusOK {
			t.Errorf("%s: got status %d, want 200", method, w.Code)
		}
		if body := w.Body.String(); method == http.MethodGet && !strings.Contains(body, "<title>abc · Maré Vidéo</title>") {
			t.Errorf("title is missing in %s", body)
		}
	}
}

func TestThroughKeepsTheProblem(t *testing.T) {
	t.Parallel()
	_, err := Through(answers()).Read(t.Context(), "/api/v1/videos/locked")
	f, ok := fault.As(err)
	if !ok || f.Kind != fault.Unauthorized || f.Code != "video_requires_password" {
		t.Errorf("got %v, want an Unauthorized fault with PeerTube's code", err)
	}
	if _, err := Through(answers()).Read(t.Context(), "/api/v1/nothing"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("got %v, want NotFound", err)
	}
}
