// Package ap is the ActivityPub door: at the addresses of pages it answers
// other servers and nodes with objects.
//
//	GET /videos/watch/{id}…    ─ Accept ─┬─ application/activity+json ─▶ the object
//	    /w/{id}, /accounts/… …           └─ else ─▶ the page
//
// What a stranger may not see is refused as REST refuses it; what was deleted is
// gone; what is another server's is there.
package ap

import (
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"vidiverse/instance/actor"
	"vidiverse/instance/cache"
	"vidiverse/instance/federation/object"
	"vidiverse/instance/video"
)

// Config is what the door needs; all but Discovery and Log are required.
type Config struct {
	PublicURL *url.URL // scheme and host[:port] that the world sees
	Videos    *video.Service
	Objects   *object.Renderer
	Actors    *actor.Service
	Discovery Discovery
	Inbox     Inbox // nil takes nothing
	// Admit counts a request for an object, and refuses one that is one too many;
	// nil admits all.
	Admit func(w http.ResponseWriter, r *http.Request) bool
	Log   *slog.Logger // nil discards
}

// Door answers with objects. It is safe for concurrent use.
type Door struct {
	cfg     Config
	base    string
	counted counted
	recent  cache.Cache[string, []byte] // documents of the last second: a new video is asked for by many at once
}

// New builds the door. It starts nothing.
func New(cfg Config) *Door {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Discovery.Now == nil {
		cfg.Discovery.Now = time.Now
	}
	d := &Door{cfg: cfg, base: cfg.PublicURL.Scheme + "://" + cfg.PublicURL.Host}
	d.recent.Max, d.recent.Life = 100, time.Second
	return d
}

// Over answers what asks for objects, and leaves the rest to pages.
func (d *Door) Over(pages http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodOptions {
			d.preflight(w, r)
			return
		}
		if !reads(r) {
			pages.ServeHTTP(w, r)
			return
		}
		if p, ok := findActor(r.URL.Path); ok && d.open() && p.asked(r.Header) {
			if d.admits(w, r) {
				d.actor(w, r, p)
			}
			return
		}
		// Nodes read videos here, also of a server that is closed to others.
		if p, ok := findPlace(r.URL.Path); ok && (p.what == aVideo || d.open()) && wanted(r.Header) {
			if d.admits(w, r) {
				d.object(w, r, p)
			}
			return
		}
		pages.ServeHTTP(w, r)
	})
}

func (d *Door) admits(w http.ResponseWriter, r *http.Request) bool {
	d.headers(w.Header())
	return d.cfg.Admit == nil || d.cfg.Admit(w, r)
}

func reads(r *http.Request) bool { return r.Method == http.MethodGet || r.Method == http.MethodHead }
