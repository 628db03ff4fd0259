package api

import (
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
)

// answer is a value with something to say beside it. Status 0 is 200, or 204
// without a body.
type answer struct {
	Status int
	Header http.Header
	Body   any
}

// answer writes what a handler returned.
func (a *API) answer(w http.ResponseWriter, r *http.Request, v any) {
	status, body := 0, v
	if full, ok := v.(*answer); ok {
		status, body = full.Status, full.Body
		for name, values := range full.Header {
			w.Header()[name] = values
		}
	}
	if body == nil {
		if status == 0 {
			status = http.StatusNoContent
		}
		w.WriteHeader(status)
		return
	}
	if status == 0 {
		status = http.StatusOK
	}
	b, err := json.Marshal(body)
	if err != nil {
		a.Log.Error("answer cannot be written", "route", pattern(r), "err", err)
		writeProblem(w, r, internalProblem())
		return
	}
	writeBody(w, r, status, "application/json; charset=utf-8", b)
}

// writeBody writes a whole body with its length and tag, or 304 if the caller
// has it already.
func writeBody(w http.ResponseWriter, r *http.Request, status int, contentType string, b []byte) {
	tag := etag(b)
	h := w.Header()
	h.Set("ETag", tag)
	if status == http.StatusOK && fresh(r, tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", strconv.Itoa(len(b)))
	w.WriteHeader(status)
	_, _ = w.Write(b) // the caller has gone: nobody is left to tell
}

// etag is the weak tag that PeerTube's framework makes: length and SHA-1.
func etag(b []byte) string {
	sum := sha1.Sum(b)
	return `W/"` + strconv.FormatInt(int64(len(b)), 16) + "-" + base64.RawStdEncoding.EncodeToString(sum[:]) + `"`
}

// fresh tells whether the caller named tag as one it has.
func fresh(r *http.Request, tag string) bool {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return false
	}
	if strings.Contains(r.Header.Get("Cache-Control"), "no-cache") {
		return false
	}
	strong := strings.TrimPrefix(tag, "W/")
	for _, one := range strings.Split(r.Header.Get("If-None-Match"), ",") {
		if one = strings.TrimSpace(one); one == "*" || strings.TrimPrefix(one, "W/") == strong {
			return true
		}
	}
	return false
}
