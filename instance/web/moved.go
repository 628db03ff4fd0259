package web

import (
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"
)

// elsewhere are addresses of pages in PeerTube's client and in links that people
// kept, with those of ours that show the same.
var elsewhere = map[string]string{
	"/videos/trending":              "/?show=trending",
	"/videos/local":                 "/?show=local",
	"/videos/recently-added":        "/",
	"/about/instance":               "/about",
	"/my-account":                   "/my/settings",
	"/my-account/settings":          "/my/settings",
	"/my-account/notifications":     "/my/notifications",
	"/my-account/abuses":            "/my/reports",
	"/my-library/videos":            "/my/videos",
	"/my-library/video-channels":    "/my/channels",
	"/my-library/video-playlists":   "/my/playlists",
	"/my-library/subscriptions":     "/following?show=channels",
	"/admin/moderation/abuses/list": "/admin/reports",
	"/admin/settings/follows":       "/admin/follows",
}

// toComment sends the address of a comment, which other servers and letters
// name, to the page of its video, scrolled to it.
func (d *Door) toComment(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Vary", "Accept")
	http.Redirect(w, r, "/w/"+pathPart(chi.URLParam(r, "id"))+"?threadId="+pathPart(chi.URLParam(r, "comment")), http.StatusFound)
}

// idPart is the id in an address. What PeerTube's client writes behind a
// semicolon, such as ";threadId=12", is for the page alone.
func idPart(r *http.Request) string {
	id, _, _ := strings.Cut(chi.URLParam(r, "id"), ";")
	return pathPart(id)
}
