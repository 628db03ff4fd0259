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

// serverDebug tells an administrator which address the server sees them at: the
// wrong one means a proxy that is not trusted. It also tells how much of what
// other servers sent is not worked on yet.
func (a *API) serverDebug(r *http.Request, _ user.Caller) (any, error) {
	out := rest.Debug{IP: a.clientIP(r).String()}
	if a.Waiting == nil {
		return out, nil
	}
	var err error
	out.ActivityPubMessagesWaiting, err = a.Waiting(r.Context())
	return out, err
}

// serverStats counts what is here. That reads many rows, so one request does it
// at a time.
func (a *API) serverStats(r *http.Request, _ user.Caller) (any, error) {
	select {
	case a.stats <- struct{}{}:
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	defer func() { <-a.stats }()
	return a.Statistics(r.Context())
}
