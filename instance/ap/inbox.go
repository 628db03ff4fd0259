package ap

import (
	"net/http"
	"strings"

	"vidiverse/instance/actor"
)

// Inbox receives what other servers deliver. It is package federation/inbox.
type Inbox interface {
	// ServeHTTP is the shared inbox.
	http.Handler
	// Personal is the inbox of an account or channel of ours.
	Personal(w http.ResponseWriter, r *http.Request, kind actor.Kind, name string)
}

// Inboxes takes deliveries, and leaves the rest to others. It stands before the
// limits of requests: a busy server has many things to tell, and an inbox has
// limits of its own.
func (d *Door) Inboxes(rest http.Handler) http.Handler {
	if d.cfg.Inbox == nil {
		return rest
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		kind, name, ok := inboxOf(r.URL.Path)
		switch {
		case !ok || r.Method != http.MethodPost:
			rest.ServeHTTP(w, r)
		case name == "":
			d.cfg.Inbox.ServeHTTP(w, r)
		default:
			d.cfg.Inbox.Personal(w, r, kind, name)
		}
	})
}

// inboxOf finds whose inbox has that path; no name is the shared one.
func inboxOf(path string) (kind actor.Kind, name string, ok bool) {
	if path == "/inbox" || path == "/inbox/" {
		return 0, "", true
	}
	path, ok = strings.CutSuffix(strings.TrimSuffix(path, "/"), "/inbox")
	if !ok {
		return 0, "", false
	}
	for prefix, kind := range map[string]actor.Kind{
		"/accounts/": actor.Person, "/account/": actor.Person, "/a/": actor.Person,
		"/video-channels/": actor.Group, "/video-channel/": actor.Group, "/c/": actor.Group,
	} {
		if name, ok := strings.CutPrefix(path, prefix); ok && name != "" && !strings.Contains(name, "/") {
			return kind, name, true
		}
	}
	return 0, "", false
}
