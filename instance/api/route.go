package api

import (
	"log/slog"
	"net/http"
	"runtime/debug"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"vidiverse/instance/user"
)

// handler answers with a value to write as JSON (nil is 204, *answer says
// more) or an error. Callers of public routes are always strangers.
type handler func(r *http.Request, c user.Caller) (any, error)

// rawHandler writes the answer itself. An error that it returns is written as
// a problem, so it must not have written anything then.
type rawHandler func(w http.ResponseWriter, r *http.Request, c user.Caller) error

// level is who may call a route.
type level int

const (
	public    level = iota // a token is not even looked at
	optional               // a token, if there is one, must be good
	signedIn               // a good token
	moderator              // of a moderator or administrator
	admin                  // of an administrator
)

// route is one row of the table. Exactly one of handle and raw is set.
type route struct {
	method, path string
	auth         level
	right        int    // PeerTube's number of the right that a moderator or admin route needs
	docs         string // operation named in errors, empty for none
	limit        string // name of the rate limit, empty for the common one, noLimit for none
	handle       handler
	raw          rawHandler
}

const (
	limitAPI    = "api"
	limitLogin  = "login"
	limitSignup = "signup" // of those that succeed
	noLimit     = "-"
)

// mount builds the router from the table.
func (a *API) mount() {
	// yt-dlp puts a slash after a video's address.
	a.router.Use(a.recoverer, a.headers, middleware.StripSlashes, middleware.GetHead)
	for _, rt := range a.routes() {
		a.router.Method(rt.method, rt.path, a.serve(rt))
	}
	a.router.NotFound(unknownRoute)
	a.router.MethodNotAllowed(unknownRoute)
}

// serve puts the limit, the caller and the answer around one route.
func (a *API) serve(rt route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := a.admit(w, r, rt); err != nil {
			a.fail(w, r, rt, err)
			return
		}
		c, err := a.caller(r, rt)
		if err != nil {
			a.fail(w, r, rt, err)
			return
		}
		if rt.raw != nil {
			if err := rt.raw(w, r, c); err != nil {
				a.fail(w, r, rt, err)
			}
			return
		}
		v, err := rt.handle(r, c)
		if err != nil {
			if rt.limit == limitSignup {
				a.buckets[limitSignup].giveBack(a.clientIP(r))
			}
			a.fail(w, r, rt, err)
			return
		}
		a.answer(w, r, v)
	})
}

// unknownRoute answers what no route matches: PeerTube says 400 without a body.
func unknownRoute(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Content-Length", "0")
	w.WriteHeader(http.StatusBadRequest)
}

// recoverer keeps a bug in one request from ending the process.
func (a *API) recoverer(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			if v == http.ErrAbortHandler { //nolint:errorlint // the sentinel is thrown, not wrapped
				panic(v)
			}
			a.Log.Error("panic in a request", slog.String("method", r.Method), slog.String("route", pattern(r)),
				slog.Any("panic", v), slog.String("stack", string(debug.Stack())))
			writeProblem(w, r, internalProblem())
		}()
		next.ServeHTTP(w, r)
	})
}

// pattern is the route's pattern: paths and queries may carry tokens, and logs
// must not.
func pattern(r *http.Request) string {
	if rc := chi.RouteContext(r.Context()); rc != nil {
		return rc.RoutePattern()
	}
	return ""
}
