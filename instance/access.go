package instance

import (
	"net/http"
	"net/netip"
	"time"

	"github.com/go-chi/chi/v5/middleware"
)

// logged writes a line for each request, without the query: it may hold a
// token. Files and the tracker do not pass here, so that nothing stands
// between a file and its socket.
func (i *Instance) logged(h http.Handler) http.Handler {
	if !i.cfg.Log.Requests {
		return h
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/v1/ping" && !i.cfg.Log.Pings {
			h.ServeHTTP(w, r)
			return
		}
		begin := time.Now()
		seen := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
		h.ServeHTTP(seen, r)
		i.log.Info("request", "method", r.Method, "path", r.URL.Path, "status", seen.Status(),
			"bytes", seen.BytesWritten(), "ms", time.Since(begin).Milliseconds(), "from", i.shown(i.remote(r)))
	})
}

// shown is an address as it may stand in the log: without the last part (IPv4:
// 8 bits, IPv6: 80) when the operator wants so.
func (i *Instance) shown(a netip.Addr) string {
	if !i.cfg.Log.AnonymizeIP || !a.IsValid() {
		return a.String()
	}
	bits := 24
	if a.Is6() {
		bits = 48
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return "unknown"
	}
	return p.Masked().Addr().String()
}
