package browser

import (
	"fmt"
	"image/png"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

const form = `<!doctype html><html lang="en"><title>form</title><link rel="icon" href="data:,">
<style>:root{color-scheme:light dark}</style>
<main><h1>Form</h1><label>Name <input id="name"></label><input type="file" id="file" hidden>
<button onclick="out.textContent='hello '+document.getElementById('name').value">Greet</button>
<p id="out"></p><img src="data:," id="bad"></main>
<script>
document.getElementById('file').onchange = (e) => { document.title = e.target.files[0].name }
console.error('as ordered'); localStorage.n = +(localStorage.n || 0) + 1
</script>`

// TestPage breaks when the tests of the web client could not see what a person
// sees.
func TestPage(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, form)
	}))
	t.Cleanup(srv.Close)
	b := Start(t)
	p := b.Page(t, Options{Viewport: &Viewport{Width: 400, Height: 300}, Locale: "fr-FR"})
	if got := p.Goto(srv.URL); got != http.StatusOK {
		t.Errorf("status: got %d, want 200", got)
	}
	p.Type("#name", "Ann")
	p.Click("text=Greet")
	if got := p.Text("#out"); got != "hello Ann" {
		t.Errorf("text: got %q, want %q", got, "hello Ann")
	}
	file := filepath.Join(t.TempDir(), "clip.mp4")
	if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	p.Upload("#file", file)
	p.Wait(`(name) => document.title === name`, "clip.mp4")
	var lang string
	p.Eval(`() => navigator.language`, nil, &lang)
	if lang != "fr-FR" {
		t.Errorf("language: got %q, want fr-FR", lang)
	}
	if got := p.Errors(); len(got) != 1 || !strings.Contains(got[0], "as ordered") {
		t.Errorf("errors: got %q, want the one of the console", got)
	}
	if got := p.Axe(); !slices.ContainsFunc(got, func(v Violation) bool { return v.ID == "image-alt" && v.Impact == "critical" }) {
		t.Errorf("axe: got %+v, want image-alt", got)
	}
	checkPicture(t, p.Screenshot("form"), 400, 300)
	p.Patience(100 * time.Millisecond)
	if err := p.try(nil, "click", map[string]any{"selector": "#missing"}); err == nil {
		t.Error("a click on nothing succeeds")
	}
	var visits int
	other := b.Page(t)
	other.Goto(srv.URL)
	if other.Eval(`() => +localStorage.n`, nil, &visits); visits != 1 {
		t.Errorf("another page's profile: got %d visits, want 1", visits)
	}
}

func checkPicture(t *testing.T, file string, width, height int) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	size, err := png.DecodeConfig(f)
	if err != nil || size.Width != width || size.Height != height {
		t.Errorf("screenshot: got %dx%d, %v, want %dx%d", size.Width, size.Height, err, width, height)
	}
}
