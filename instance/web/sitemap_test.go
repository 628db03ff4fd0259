package web

import (
	"encoding/xml"
	"net/http"
	"strings"
	"testing"
)

// Search engines find the public videos of this server and who made them.
func TestSitemap(t *testing.T) {
	t.Parallel()
	v := sample()
	v["name"], v["description"] = strings.Repeat("v", 115), `Fire & "<script>"`
	v["likes"], v["dislikes"], v["views"], v["nsfw"] = 2, 1, 7, false
	v["account"] = map[string]any{"name": "alice", "displayName": "Alice"}
	d := door(t, facts{"/api/v1/videos?isLocal=true&nsfw=false&sort=-publishedAt&skipCount=true&count=100&start=0": map[string]any{"data": []any{v, v}}})
	w := get(t, d, "/sitemap.xml")
	body := w.Body.String()
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "application/xml" {
		t.Fatalf("got %d %v", w.Code, w.Header())
	}
	for _, want := range []string{
		`xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"`, "<url><loc>" + address + "/about/instance/home</loc></url>",
		"<video:title>" + strings.Repeat("v", 97) + "...</video:title>", "<loc>" + address + "/w/uudAEwiGGmQZza4HuoY6Kg</loc>",
		"<video:thumbnail_loc>" + address + "/lazy-static/thumbnails/p.jpg</video:thumbnail_loc>", "<video:player_loc>" + address + "/videos/embed/uudAEwiGGmQZza4HuoY6Kg</video:player_loc>",
		"<video:duration>753</video:duration>", "<video:rating>3.3333333333333335</video:rating>", "<video:view_count>7</video:view_count>",
		"<video:publication_date>2026-11-18T20:00:00.000Z</video:publication_date>",
		`<video:uploader info="` + address + `/c/fournil/videos">Fournil</video:uploader><video:live>NO</video:live>`,
		"<url><loc>" + address + "/c/fournil/videos</loc></url><url><loc>" + address + "/a/alice/video-channels</loc></url></urlset>",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("%s is not in %s", want, body)
		}
	}
	if strings.Contains(body, "<script>") || xml.Unmarshal(w.Body.Bytes(), new(struct{})) != nil {
		t.Errorf("not well formed: %s", body)
	}
	if w := get(t, door(t, nil), "/sitemap.xml"); w.Code != http.StatusNotFound {
		t.Errorf("without a source: got %d", w.Code)
	}
}
