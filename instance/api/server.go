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

// serverStats counts what is here. Many rows are counted, so a moment's answer
// serves everybody.
func (a *API) serverStats(r *http.Request, _ user.Caller) (any, error) {
	if st, ok := a.stats.Get(struct{}{}, a.Now()); ok {
		return st, nil
	}
	st, err := a.Statistics(r.Context())
	if err == nil {
		a.stats.Put(struct{}{}, st, a.Now())
	}
	return st, err
}
