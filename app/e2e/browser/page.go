package browser

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"
)

// Options shape a page's profile; the fields are Playwright's.
type Options struct {
	Locale            string    `json:"locale,omitempty"`      // "fr-FR"
	ColorScheme       string    `json:"colorScheme,omitempty"` // light or dark
	ReducedMotion     string    `json:"reducedMotion,omitempty"`
	Viewport          *Viewport `json:"viewport,omitempty"`
	JavaScriptEnabled *bool     `json:"javaScriptEnabled,omitempty"`
	HasTouch          bool      `json:"hasTouch,omitempty"`
	// Header goes with every request of the page.
	Header map[string]string `json:"extraHTTPHeaders,omitempty"`
}

// Viewport is a size in CSS pixels.
type Viewport struct {
	Width  int `json:"width"`
	Height int `json:"height"`
}

// Page is one visitor's tab. Selectors are Playwright's: CSS, text=…, role=….
// A command waits for its element; one that cannot be done ends the test.
type Page struct {
	t       testing.TB
	b       *Browser
	name    string
	frame   string // selector of the frame that commands are for; empty is the page
	shots   int
	timeout time.Duration
}

// Page opens a tab in a profile of its own, closed with the test.
func (b *Browser) Page(t testing.TB, options ...Options) *Page {
	t.Helper()
	b.mu.Lock()
	b.pages++
	p := &Page{t: t, b: b, name: fmt.Sprint("page", b.pages), timeout: patience}
	b.mu.Unlock()
	var o Options
	if len(options) > 0 {
		o = options[0]
	}
	if err := b.call(nil, map[string]any{"op": "open", "page": p.name, "options": o}); err != nil {
		t.Fatalf("open a page: %v", err)
	}
	t.Cleanup(func() { _ = p.Close() }) // closed before, or the browser is gone
	return p
}

// Frame is what an iframe of the page shows. Keys, addresses, sizes and pictures
// of the whole are the page's alone.
func (p *Page) Frame(selector string) *Page {
	inside := *p
	inside.frame = selector
	return &inside
}

// Patience sets how long the next commands may take, 30 s at first.
func (p *Page) Patience(d time.Duration) { p.timeout = d }

func (p *Page) try(out any, op string, args map[string]any) error {
	command := map[string]any{"op": op, "page": p.name, "frame": p.frame, "timeout": p.timeout.Milliseconds()}
	for k, v := range args {
		command[k] = v
	}
	return p.b.call(out, command)
}

func (p *Page) must(out any, op string, args map[string]any) {
	p.t.Helper()
	if err := p.try(out, op, args); err != nil {
		p.t.Fatalf("%s %v: %v\nscreenshot: %s\nthe page said: %q", op, args, err, p.Screenshot("failed"), p.Errors())
	}
}

// Goto loads a URL and reports its status.
func (p *Page) Goto(url string) (status int) {
	p.t.Helper()
	p.must(&status, "goto", map[string]any{"url": url})
	return status
}

// Click clicks an element once it can be clicked.
func (p *Page) Click(selector string) {
	p.t.Helper()
	p.must(nil, "click", map[string]any{"selector": selector})
}

// ClickAt clicks an element at a part of its width, 0 to 1, in the middle of
// its height.
func (p *Page) ClickAt(selector string, part float64) {
	p.t.Helper()
	p.must(nil, "clickAt", map[string]any{"selector": selector, "part": part})
}

// Type replaces the text of a field.
func (p *Page) Type(selector, text string) {
	p.t.Helper()
	p.must(nil, "type", map[string]any{"selector": selector, "text": text})
}

// Press presses a key, such as "Tab" or "Control+A".
func (p *Page) Press(key string) {
	p.t.Helper()
	p.must(nil, "press", map[string]any{"key": key})
}

// Select chooses an option of a select element by value or label.
func (p *Page) Select(selector, option string) {
	p.t.Helper()
	p.must(nil, "select", map[string]any{"selector": selector, "text": option})
}

// Upload gives files to a file input, hidden or not.
func (p *Page) Upload(selector string, files ...string) {
	p.t.Helper()
	p.must(nil, "upload", map[string]any{"selector": selector, "files": files})
}

// Visible waits for an element to be seen.
func (p *Page) Visible(selector string) {
	p.t.Helper()
	p.must(nil, "visible", map[string]any{"selector": selector})
}

// Text is an element's text as a reader sees it.
func (p *Page) Text(selector string) (text string) {
	p.t.Helper()
	p.must(&text, "text", map[string]any{"selector": selector})
	return text
}

// URL is the page's address.
func (p *Page) URL() (url string) {
	p.t.Helper()
	p.must(&url, "url", nil)
	return url
}

// Eval calls a JavaScript function, "(arg) => …", and decodes what it returns,
// or what its promise becomes, into out. Both arg and out may be nil.
func (p *Page) Eval(function string, arg, out any) {
	p.t.Helper()
	p.must(out, "eval", map[string]any{"script": function, "arg": arg})
}

// Wait calls a JavaScript function until it returns something true.
func (p *Page) Wait(function string, arg any) {
	p.t.Helper()
	p.must(nil, "wait", map[string]any{"script": function, "arg": arg})
}

// Size resizes the viewport.
func (p *Page) Size(width, height int) {
	p.t.Helper()
	p.must(nil, "size", map[string]any{"width": width, "height": height})
}

// Scheme shows the page in "light" or "dark".
func (p *Page) Scheme(scheme string) {
	p.t.Helper()
	p.must(nil, "media", map[string]any{"media": map[string]string{"colorScheme": scheme}})
}

// Offline cuts or restores the page's network.
func (p *Page) Offline(offline bool) {
	p.t.Helper()
	p.must(nil, "offline", map[string]any{"offline": offline})
}

// Uplink limits what the page sends, in bytes a second; 0 lifts the limit.
func (p *Page) Uplink(rate int) {
	p.t.Helper()
	p.must(nil, "uplink", map[string]any{"rate": rate})
}

// Screenshot writes what is seen to a PNG and reports its path. It does not end
// the test when it fails.
func (p *Page) Screenshot(name string) string {
	p.t.Helper()
	p.shots++
	file := filepath.Join(p.t.ArtifactDir(), fmt.Sprintf("%s-%02d-%s.png", p.name, p.shots, name))
	if err := p.try(nil, "screenshot", map[string]any{"file": file, "full": false}); err != nil {
		return err.Error()
	}
	return file
}

// ScreenshotOf writes an element to a PNG and reports its path.
func (p *Page) ScreenshotOf(selector, name string) string {
	p.t.Helper()
	p.shots++
	file := filepath.Join(p.t.ArtifactDir(), fmt.Sprintf("%s-%02d-%s.png", p.name, p.shots, name))
	p.must(nil, "screenshot", map[string]any{"file": file, "selector": selector})
	return file
}

// Violation is something axe found against an accessibility rule.
type Violation struct {
	ID      string
	Impact  string // minor, moderate, serious, critical
	Help    string
	Targets []string
}

// Axe reports what axe finds wrong with the page as it is now.
func (p *Page) Axe() (found []Violation) {
	p.t.Helper()
	p.must(&found, "axe", nil)
	return found
}

// Errors are the errors that the page reported since the last call: lines of
// the console, exceptions, crashes.
func (p *Page) Errors() []string {
	var list []string
	if err := p.try(&list, "errors", nil); err != nil {
		return []string{err.Error()}
	}
	return list
}

// Close closes the tab and forgets its profile.
func (p *Page) Close() error { return p.try(nil, "close", nil) }
