package web

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
)

// hostile texts try to leave the place where a page puts what people wrote.
var hostile = []string{
	`"><script>alert(1)</script>`, `'><script>alert(1)</script>`, `</script><script>alert(1)</script>`, `</title><script>alert(1)</script>`,
	`<img src=x onerror=alert(1)>`, `"><svg/onload=alert(1)>`, `" onmouseover="alert(1)`, `' onfocus='alert(1)' autofocus='`,
	`<!--<script>alert(1)//`, `]]><script>alert(1)</script>`, `<!--`, `-->`, `</noscript><script>alert(1)</script>`, `</head><body onload=alert(1)>`,
	`"><meta http-equiv="refresh" content="0;url=javascript:alert(1)">`, `javascript:alert(1)`, `data:text/html,<script>alert(1)</script>`,
	`<iframe srcdoc="<script>alert(1)</script>">`, "\u2028</script><script>alert(1)</script>", "\x00\"><script>alert(1)</script>",
	`{{.}}`, `${alert(1)}`, `<base href="https://evil.test/">`, `</textarea><script>alert(1)</script>`, `"><a href="javascript:alert(1)">`,
	`<ScRiPt>alert(1)</sCrIpT>`, "\"\n><script\n>alert(1)</script>", `&#34;&gt;&lt;script&gt;alert(1)`, `%22%3E%3Cscript%3Ealert(1)`,
	`<link rel=stylesheet href=//evil.test>`, `<object data=//evil.test>`, `<form action=//evil.test><button>`, "<\u0130mg onerror=alert(1)>",
}

// dirty puts one text into every member that a person or another server writes.
func dirty(text string) map[string]any {
	v := sample()
	v["name"], v["description"], v["tags"] = text, text, []string{text, text}
	v["previewPath"], v["embedPath"], v["url"] = text, "/"+text, text
	v["thumbnails"] = []map[string]any{{"width": 850, "height": 480, "aspectRatio": "16:9", "fileUrl": text}}
	v["channel"] = map[string]any{"name": text, "displayName": text, "url": text}
	v["isLocal"] = false
	v["streamingPlaylists"] = []map[string]any{{"playlistUrl": text, "files": []map[string]any{{"fileUrl": text, "hasVideo": true, "hasAudio": true}}}}
	return v
}

// A reader of a page must never run what a title, tag, name or description says.
func TestHostileTextStaysText(t *testing.T) {
	t.Parallel()
	for _, text := range hostile {
		actor := map[string]any{"name": text, "displayName": text, "description": text, "avatars": []map[string]any{{"width": 120, "fileUrl": text}}}
		d := door(t, facts{
			configPath:           map[string]any{"instance": map[string]any{"name": text, "shortDescription": text}},
			"/api/v1/videos/v":   dirty(text),
			"/api/v1/accounts/x": actor, "/api/v1/video-channels/x": actor,
			recentPath: map[string]any{"total": 1, "data": []any{dirty(text)}},
		})
		for _, path := range []string{"/", "/w/v", "/videos/embed/v", "/c/x", "/a/x", "/about", "/w/" + url.PathEscape(text)} {
			checkPage(t, path, text, get(t, d, path).Body.String())
		}
	}
}

// checkPage counts the tags of a page: a hostile text may add none.
func checkPage(t *testing.T, path, text, body string) {
	t.Helper()
	low := strings.ToLower(body)
	if n := strings.Count(low, "<script"); n != 2 {
		t.Errorf("%s with %q: got %d script elements, want 2", path, text, n)
	}
	head, data, ok := strings.Cut(low, `<script type="application/json" id="first">`)
	raw, tail, _ := strings.Cut(data, "</script>")
	if !ok || !json.Valid([]byte(raw)) {
		t.Errorf("%s with %q: first data is broken", path, text)
	}
	low = head + tail
	for _, bad := range []string{
		"<script>alert", "<img src=x", "<svg", "<iframe", "<base", "<object", "<form", "<meta http-equiv", "onload=alert(1)>", "\" onmouseover=\"",
		"' onfocus='", `href="javascript:`, `src="javascript:`, `src="data:`, "<link rel=stylesheet",
	} {
		if strings.Contains(low, bad) {
			t.Errorf("%s with %q: page contains %q", path, text, bad)
		}
	}
}

// The code that other sites paste carries the title as an attribute.
func TestHostileTitleInEmbedCode(t *testing.T) {
	t.Parallel()
	for _, text := range hostile {
		d := door(t, facts{"/api/v1/videos/v": dirty(text)})
		w := get(t, d, "/services/oembed?url="+url.QueryEscape(address+"/w/v"))
		var a oembedAnswer
		if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil {
			t.Fatalf("oembed with %q: %v", text, err)
		}
		if strings.Count(a.HTML, "<") != 2 || strings.Count(a.HTML, ">") != 2 {
			t.Errorf("oembed with %q: got %s", text, a.HTML)
		}
	}
}

func FuzzPage(f *testing.F) {
	for _, text := range hostile {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d := door(t, facts{"/api/v1/videos/v": dirty(text)})
		body := strings.ToLower(get(t, d, "/w/v").Body.String())
		if n := strings.Count(body, "<script"); n != 2 {
			t.Errorf("%q: got %d script elements, want 2", text, n)
		}
	})
}
