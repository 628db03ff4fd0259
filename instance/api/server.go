package api

import (
	"net/http"

	"vidiverse/instance/rest"
	"vidiverse/instance/user"
)

// ping says that the server runs. Nothing is asked of the database.
func (a *API) ping(w http.ResponseWriter, r *http.Request, _ user.Caller) error {
	writeBody(w, r, http.StatusOK, "text/html; charset=utf-8", []byte("pong"))
	return nil
}

func (a *API) config(*http.Request, user.Caller) (any, error) { return a.Server, nil }

func (a *API) about(*http.Request, user.Caller) (any, error) { return a.About, nil }

// serverDebug tells an administrator which address the server sees them at: the
// wrong one means a proxy that is not trusted.
func (a *API) serverDebug(r *http.Request, _ user.Caller) (any, error) {
	return rest.Debug{IP: a.clientIP(r).String()}, nil
}
