package web

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"vidiverse/instance/fault"
)

// counted answers from facts that may change, and counts how often.
type counted struct {
	facts
	asked int
}

func (c *counted) Read(ctx context.Context, path string) (json.RawMessage, error) {
	c.asked++
	return c.facts.Read(ctx, path)
}

// Readers must never see a page of what was: a new title, or a video that
// became private while its page was kept.
func TestKeptPageFollowsItsVideo(t *testing.T) {
	t.Parallel()
	const api = "/api/v1/videos/v"
	c := &counted{facts: facts{api: sample(), configPath: map[string]any{"instance": map[string]any{"name": "One"}}}}
	d, err := New(Config{URL: address, Source: c, Dist: dist()})
	if err != nil {
		t.Fatal(err)
	}
	first := get(t, d, "/w/v")
	if again := get(t, d, "/w/v"); again.Body.String() != first.Body.String() || again.Header().Get("Content-Security-Policy") == "" {
		t.Error("the kept page differs from the first")
	}
	if len(d.keeper.known) != 1 || c.asked != 4 {
		t.Errorf("got %d kept pages and %d questions, want 1 and 4", len(d.keeper.known), c.asked)
	}
	renamed := sample()
	renamed["name"] = "Bread at five"
	c.facts[api] = renamed
	if body := get(t, d, "/w/v").Body.String(); !strings.Contains(body, "Bread at five") || strings.Contains(body, "Bread at four") {
		t.Error("the old title is still shown")
	}
	c.facts[api] = fault.New(fault.Unauthorized, "private")
	if res := get(t, d, "/w/v"); res.Code != http.StatusNotFound || strings.Contains(res.Body.String(), "Bread") {
		t.Errorf("got %d and a page of the private video", res.Code)
	}
}

// What one reader chose must not reach another.
func TestKeptPagesAreApart(t *testing.T) {
	t.Parallel()
	d := door(t, facts{"/api/v1/videos/v": sample()})
	seen := map[string]bool{}
	for _, header := range [][]string{
		{}, {"Accept-Language", "fr"}, {"Cookie", "theme=dark"}, {"Accept-Encoding", "gzip"}, {"Cookie", "lang=fr; theme=light"},
	} {
		for range 2 {
			seen[get(t, d, "/w/v", header...).Body.String()] = true
		}
	}
	if len(seen) != 5 {
		t.Errorf("got %d different pages, want 5", len(seen))
	}
}

// A reader who asks for page after page must not fill the memory.
func TestKeptPagesAreBounded(t *testing.T) {
	t.Parallel()
	d := door(t, facts{"/api/v1/videos/v": sample()})
	for n := range 3 * keepMost {
		get(t, d, "/my/videos/"+strings.Repeat("x", n)+"/edit")
	}
	if n := len(d.keeper.known); n > keepMost {
		t.Errorf("got %d kept pages, want at most %d", n, keepMost)
	}
}
