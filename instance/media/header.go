package media

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"

	"vidiverse/instance/fault"
	"vidiverse/instance/rest"
)

// headers are on every answer. Any page may play our files, and must be able
// to check which range it got. Pictures and films never run as documents.
func headers(h http.Header) {
	h.Set("X-Powered-By", "PeerTube")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Allow-Credentials", "true")
	h.Set("Access-Control-Expose-Headers", "Retry-After,Content-Range,Content-Length,Accept-Ranges")
	h.Set("Tk", "N")
	h.Set("X-Content-Type-Options", "nosniff")
}

// preflight allows what players send; it is asked again after 20 days.
func preflight(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Access-Control-Allow-Methods", "GET,HEAD,OPTIONS")
	allowed := "Range, If-Range, Authorization, x-peertube-video-password"
	if asked := r.Header.Get("Access-Control-Request-Headers"); asked != "" {
		allowed = asked
		h.Add("Vary", "Access-Control-Request-Headers")
	}
	h.Set("Access-Control-Allow-Headers", allowed)
	h.Set("Access-Control-Max-Age", "1728000")
	w.WriteHeader(http.StatusNoContent)
}

var types = map[string]string{
	".mp4":  "video/mp4",
	".m4a":  "audio/mp4",
	".m3u8": "application/vnd.apple.mpegurl",
	".json": "application/json; charset=UTF-8",
	".ts":   "video/mp2t",
	".webm": "video/webm",
	".ogv":  "video/ogg",
	".vtt":  "text/vtt; charset=utf-8",
	".jpg":  "image/jpeg",
	".jpeg": "image/jpeg",
	".png":  "image/png",
	".webp": "image/webp",
	".gif":  "image/gif",
}

// contentType goes by the name that we gave the file. What is not on the list
// is bytes, so that no browser takes it for a page.
func contentType(name string) string {
	if t, ok := types[strings.ToLower(path.Ext(name))]; ok {
		return t
	}
	return "application/octet-stream"
}

var statuses = map[fault.Kind]int{
	fault.Invalid:       http.StatusBadRequest,
	fault.Unauthorized:  http.StatusUnauthorized,
	fault.Forbidden:     http.StatusForbidden,
	fault.NotFound:      http.StatusNotFound,
	fault.Gone:          http.StatusGone,
	fault.Conflict:      http.StatusConflict,
	fault.Unprocessable: http.StatusUnprocessableEntity,
	fault.TooMany:       http.StatusTooManyRequests,
	fault.Unavailable:   http.StatusServiceUnavailable,
}

const docsError = "https://docs.joinpeertube.org/api-rest-reference.html#section/Errors/"

// fail answers with a problem. An error that no rule foresaw is logged here,
// once, by route: the address may hold a token.
func (d *Door) fail(w *meter, r *http.Request, err error) {
	f, ok := fault.As(err)
	status := http.StatusInternalServerError
	if ok && statuses[f.Kind] != 0 {
		status = statuses[f.Kind]
	}
	if status == http.StatusInternalServerError {
		if !errors.Is(err, context.Canceled) {
			d.Log.Error("file cannot be sent", "path", r.URL.Path, "err", err)
		}
		f = fault.New(fault.Internal, "%s", http.StatusText(status))
	}
	if f.Retry > 0 {
		w.Header().Set("Retry-After", strconv.FormatInt(int64((f.Retry+time.Second-1)/time.Second), 10))
	}
	w.Header().Set("Cache-Control", "no-store")
	writeProblem(w, r, f, status)
}

func writeProblem(w http.ResponseWriter, r *http.Request, f *fault.Error, status int) {
	p := rest.Problem{Type: "about:blank", Title: http.StatusText(status), Detail: f.Message, Status: status}
	if f.Code != "" {
		p = rest.Problem{Type: docsError + f.Code, Detail: f.Message, Status: status, Code: f.Code}
	}
	b, err := json.Marshal(p)
	if err != nil {
		b = []byte("{}") // cannot be: it holds texts and a number
	}
	w.Header().Set("Content-Type", "application/problem+json; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(b)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(b) // the caller has gone: nobody is left to tell
	}
}

func notThere(*meter, *http.Request) error { return errAbsent }

var errAbsent = fault.New(fault.NotFound, "There is no such file.")
