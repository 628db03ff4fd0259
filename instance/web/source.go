package web

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"

	"github.com/go-chi/chi/v5"

	"vidiverse/instance/fault"
)

// handlerSource reads through a handler in this process.
type handlerSource struct{ h http.Handler }

// Through returns a Source that asks h, the REST door, without a network in
// between. Requests carry no credentials, and all come from the loopback
// address: h must not limit them as it limits visitors.
func Through(h http.Handler) Source { return handlerSource{h} }

func (s handlerSource) Read(ctx context.Context, path string) (json.RawMessage, error) {
	// The page's own route must not look like a parent of h's routes.
	ctx = context.WithValue(ctx, chi.RouteCtxKey, (*chi.Context)(nil))
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, path, nil)
	if err != nil {
		return nil, fault.New(fault.Invalid, "path %q: %w", path, err)
	}
	req.RemoteAddr = "127.0.0.1:0"
	rec := &recorder{header: http.Header{}, status: http.StatusOK}
	s.h.ServeHTTP(rec, req)
	if rec.status == http.StatusOK {
		return rec.body.Bytes(), nil
	}
	var problem struct{ Detail, Code string }
	// A body that is no problem document only leaves the two texts empty.
	_ = json.Unmarshal(rec.body.Bytes(), &problem)
	return nil, fault.New(kindOf(rec.status), "%s", problem.Detail).WithCode(problem.Code)
}

func kindOf(status int) fault.Kind {
	switch status {
	case http.StatusBadRequest:
		return fault.Invalid
	case http.StatusUnauthorized:
		return fault.Unauthorized
	case http.StatusForbidden:
		return fault.Forbidden
	case http.StatusNotFound:
		return fault.NotFound
	case http.StatusGone:
		return fault.Gone
	case http.StatusTooManyRequests:
		return fault.TooMany
	case http.StatusServiceUnavailable:
		return fault.Unavailable
	}
	return fault.Internal
}

// recorder keeps an answer in memory.
type recorder struct {
	header http.Header
	status int
	wrote  bool
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header { return r.header }

func (r *recorder) WriteHeader(status int) {
	if !r.wrote {
		r.status, r.wrote = status, true
	}
}

func (r *recorder) Write(p []byte) (int, error) {
	r.wrote = true
	return r.body.Write(p)
}

// pathPart escapes s as one element of a path: a name with a slash or a
// question mark in it stays one name.
func pathPart(s string) string {
	// The router hands over the element as it was written in the request.
	if plain, err := url.PathUnescape(s); err == nil {
		s = plain
	}
	return url.PathEscape(s)
}
