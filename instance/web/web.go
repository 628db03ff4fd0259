// Package web is the door for browsers: pages, the embedded player's page and
// the files of the client program. A page is the client's shell with a head
// that search engines, chat programs and other players understand, and with
// the first data the client would ask for, so that it can draw at once.
//
//	GET /w/{id} ──▶ Source.Read("/api/v1/videos/{id}") ──▶ head + inlined JSON + shell
//	GET /client/app-<hash>.js ──▶ dist, cached for ever
//
// It decides nothing about videos: what a visitor without an account may know
// of one is what the source answers.
package web

import (
	"context"
	"embed"
	"encoding/json"
	"hash/maphash"
	"io/fs"
	"log/slog"
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"
)

//go:embed dist
var built embed.FS

// Source answers the REST paths whose facts pages need, as for a visitor
// without an account. It returns the JSON body, or an error of package fault
// (NotFound, Unauthorized, Forbidden, …) whose Code is PeerTube's.
type Source interface {
	Read(ctx context.Context, path string) (json.RawMessage, error)
}

// Config is what the door needs. Zero fields mean the default.
type Config struct {
	URL    string       // public address of the instance, scheme and host, without a final slash
	Source Source       // see Through for one over the REST door
	Dist   fs.FS        // built client; nil means the embedded one
	Log    *slog.Logger // nil means none
}

// Door serves the pages. It is safe for use by several goroutines.
type Door struct {
	cfg    Config
	assets *assets
	pages  *pages
	keeper keeper
	mapped sitemap
	routes http.Handler
}

// New returns the door as a handler for everything that no other door serves.
func New(cfg Config) (*Door, error) {
	cfg.URL = strings.TrimSuffix(cfg.URL, "/")
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Dist == nil {
		sub, err := fs.Sub(built, "dist")
		if err != nil {
			return nil, err
		}
		cfg.Dist = sub
	}
	a, err := loadAssets(cfg.Dist)
	if err != nil {
		return nil, err
	}
	d := &Door{cfg: cfg, assets: a, pages: parsePages()}
	d.cfg.Source = noted{cfg.Source, maphash.MakeSeed()}
	d.routes = d.router()
	return d, nil
}

func (d *Door) router() http.Handler {
	r := chi.NewRouter()
	for _, route := range []struct {
		path string
		h    http.HandlerFunc
	}{
		{"/", d.kept(d.home)},
		{"/videos/browse", d.kept(d.home)},
		{"/login", d.kept(d.plain("Log in"))},
		{"/upload", d.kept(d.plain("Upload"))},
		{"/my/videos", d.kept(d.plain("My videos"))},
		{"/my/videos/{id}/edit", d.kept(d.plain("Edit video"))},
		{"/my/playlists", d.kept(d.plain("My playlists"))},
		{"/my/channels", d.kept(d.plain("My channels"))},
		{"/my/reports", d.kept(d.plain("My reports"))},
		{"/my/notifications", d.kept(d.plain("Notifications"))},
		{"/my/settings", d.kept(d.plain("Settings"))},
		{"/signup", d.kept(d.plain("Create an account"))},
		{"/remote-interaction", d.kept(d.plain("From another server"))},
		{"/admin/{desk}", d.kept(d.plain("Administration"))},
		{"/following", d.kept(d.plain("Following"))},
		{"/videos/subscriptions", d.kept(d.plain("Following"))},
		{"/search", d.kept(d.plain("Search"))},
		{"/w/p/{id}", d.kept(d.playlist)},
		{"/about", d.kept(d.about)},
		{"/w/{id}", d.kept(d.watch)},
		{"/videos/watch/{id}/comments/{comment}", d.toComment},
		{"/videos/embed/{id}", d.kept(d.embed)},
		{"/c/{name}", d.kept(d.channel)},
		{"/a/{name}", d.kept(d.account)},
		{"/services/oembed", d.oembed},
		{"/sitemap.xml", d.sitemap},
		{"/client/{file}", d.assets.serve},
		{"/favicon.ico", d.assets.favicon},
	} {
		r.Get(route.path, route.h)
		r.Head(route.path, route.h)
	}
	for path, h := range d.aliases() {
		r.Get(path, h)
		r.Head(path, h)
	}
	for from, to := range elsewhere {
		h := http.RedirectHandler(to, http.StatusFound)
		r.Method(http.MethodGet, from, h)
		r.Method(http.MethodHead, from, h)
	}
	r.NotFound(d.notFound)
	r.MethodNotAllowed(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
	})
	return r
}

// ServeHTTP implements http.Handler.
func (d *Door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.routes.ServeHTTP(w, r)
}
