package ap

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"vidiverse/instance/fault"
	"vidiverse/instance/rest"
)

// headers are those of every answer of this door.
func (d *Door) headers(h http.Header) {
	h.Set("X-Powered-By", "PeerTube")
	h.Set("X-Frame-Options", "DENY")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Expose-Headers", "Retry-After")
	h.Set("Tk", "N")
	h.Set("Vary", "Accept")
}

// preflight lets pages of other sites ask, whatever for.
func (d *Door) preflight(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	d.headers(h)
	h.Set("Access-Control-Allow-Methods", "GET,HEAD,PUT,PATCH,POST,DELETE")
	if asked := r.Header.Get("Access-Control-Request-Headers"); asked != "" {
		h.Set("Access-Control-Allow-Headers", asked)
		h.Add("Vary", "Access-Control-Request-Headers")
	}
	h.Set("Content-Length", "0")
	w.WriteHeader(http.StatusNoContent)
}

// write answers with a document, or that the reader has it already.
func (d *Door) write(w http.ResponseWriter, r *http.Request, kind string, body []byte) {
	d.headers(w.Header())
	h := w.Header()
	etag := fmt.Sprintf(`W/"%x"`, sha256.Sum256(body))
	h.Set("ETag", etag)
	if strings.Contains(r.Header.Get("If-None-Match"), etag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Type", kind)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // a reader that went away is no error of ours
	}
}

// statuses of what may be wrong with a request for a document.
var statuses = map[fault.Kind]int{
	fault.Invalid: http.StatusBadRequest, fault.NotFound: http.StatusNotFound, fault.Gone: http.StatusGone,
	fault.Forbidden: http.StatusForbidden, fault.Unauthorized: http.StatusUnauthorized, fault.Unavailable: http.StatusServiceUnavailable,
}

// refuse answers with a problem, as the REST door does.
func (d *Door) refuse(w http.ResponseWriter, r *http.Request, err error) {
	p := rest.Problem{Type: "about:blank", Status: http.StatusInternalServerError, Detail: "Internal Server Error"}
	if f, ok := fault.As(err); ok && statuses[f.Kind] != 0 {
		p.Status, p.Detail, p.Code = statuses[f.Kind], f.Message, f.Code
		for _, fd := range f.Fields {
			if p.InvalidParams == nil {
				p.InvalidParams, p.Instance = map[string]rest.BadParam{}, r.URL.RequestURI()
			}
			p.InvalidParams[fd.Name] = rest.BadParam{Type: "field", Value: fd.Value, Msg: fd.Message, Path: fd.Name, Location: fd.Location}
		}
	} else if !errors.Is(err, context.Canceled) {
		d.cfg.Log.Error("document not rendered", "err", err)
	}
	if p.Title = http.StatusText(p.Status); p.Code != "" {
		p.Type, p.Title = "https://docs.joinpeertube.org/api-rest-reference.html#section/Errors/"+p.Code, ""
	}
	b, err := json.Marshal(p)
	if err != nil {
		http.Error(w, p.Title, p.Status)
		return
	}
	d.headers(w.Header())
	w.Header().Set("Content-Type", "application/problem+json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache, no-store, must-revalidate")
	w.WriteHeader(p.Status)
	_, _ = w.Write(b) // as above
}
