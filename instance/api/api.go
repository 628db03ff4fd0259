// Package api is the REST door of an instance: PeerTube's routes, answers and
// errors over the services of the domain.
//
//	request ─▶ limits ─▶ who asks ─▶ handler ─▶ value ─▶ JSON with ETag
//	                                    └─────▶ fault ─▶ problem+json
//
// A handler decodes, calls one service method, and returns a value or an
// error. It holds no rule, no SQL and no status code; the table of routes.go
// says who may call it. Host and scheme of every address that leaves here are
// those of the configured public URL, never those of the request.
package api

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"github.com/go-chi/chi/v5"

	"vidiverse/instance/account"
	"vidiverse/instance/actor"
	"vidiverse/instance/block"
	"vidiverse/instance/channel"
	"vidiverse/instance/comment"
	"vidiverse/instance/notify"
	"vidiverse/instance/playlist"
	"vidiverse/instance/report"
	"vidiverse/instance/rest"
	"vidiverse/instance/user"
)

// Config is what the door needs. Log, PublicURL and the services are
// required.
type Config struct {
	Log       *slog.Logger
	PublicURL *url.URL // scheme and host[:port] that the world sees
	Now       func() time.Time

	Actors   *actor.Service
	Users    *user.Service
	Accounts *account.Service
	Channels *channel.Service
	Blocks   *block.Service
	Reports  *report.Service // nil: no routes of reports
	Notices  *notify.Service // nil: no routes of notifications
	Quota    QuotaFunc
	Jobs     Jobs
	// Waiting is how many deliveries of other servers wait; nil is none.
	Waiting  func(context.Context) (int, error)
	Commands Commands // of POST /server/debug/run-command
	// Statistics answers GET /server/stats; nil has no route for it.
	Statistics func(context.Context) (rest.ServerStats, error)

	Comments  *comment.Service  // nil has no comments
	Playlists *playlist.Service // nil has no playlists

	Server rest.ServerConfig // answers GET /config
	About  rest.About        // answers GET /config/about

	Limits  Limits
	Proxies []netip.Prefix // whose X-Forwarded-For is believed; nil means loopback

	Search Search // nil has no routes for it
	// Seen is told that somebody looks at an account or channel of another
	// server, and when it was last read; nil need not know.
	Seen  func(ctx context.Context, url string, fetched time.Time)
	Faces Faces // avatars and banners; nil has no routes for them

	Video  VideoConfig
	Upload UploadConfig
}

// API serves everything below /api. It is safe for concurrent use.
type API struct {
	Config
	router  chi.Router
	buckets map[string]*limiter
	stats   chan struct{} // a place for one who counts all rows
}

// New builds the door. It starts nothing.
func New(cfg Config) *API {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Proxies == nil {
		cfg.Proxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	}
	a := &API{Config: cfg, router: chi.NewRouter(), stats: make(chan struct{}, 1)}
	limits := cfg.Limits.withDefaults()
	a.buckets = map[string]*limiter{
		limitAPI:    newLimiter(limits.API, cfg.Now),
		limitLogin:  newLimiter(limits.Login, cfg.Now),
		limitSignup: newLimiter(limits.Signup, cfg.Now),
	}
	a.mount()
	return a
}

// ServeHTTP answers one request.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.router.ServeHTTP(w, r) }
