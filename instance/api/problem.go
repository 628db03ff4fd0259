package api

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"vidiverse/instance/fault"
	"vidiverse/instance/rest"
)

const (
	docsOperation = "https://docs.joinpeertube.org/api-rest-reference.html#operation/"
	docsError     = "https://docs.joinpeertube.org/api-rest-reference.html#section/Errors/"
)

var statuses = map[fault.Kind]int{
	fault.Internal:      http.StatusInternalServerError,
	fault.Invalid:       http.StatusBadRequest,
	fault.Unauthorized:  http.StatusUnauthorized,
	fault.Forbidden:     http.StatusForbidden,
	fault.NotFound:      http.StatusNotFound,
	fault.Gone:          http.StatusGone,
	fault.Conflict:      http.StatusConflict,
	fault.TooLarge:      http.StatusRequestEntityTooLarge,
	fault.Unprocessable: http.StatusUnprocessableEntity,
	fault.Unsupported:   http.StatusUnsupportedMediaType,
	fault.TooMany:       http.StatusTooManyRequests,
	fault.Unavailable:   http.StatusServiceUnavailable,
}

// fail writes an error as a problem. What no rule foresaw is logged here, once,
// and told to the caller only as "Internal Server Error".
func (a *API) fail(w http.ResponseWriter, r *http.Request, rt route, err error) {
	f, ok := fault.As(err)
	if !ok || f.Kind == fault.Internal {
		if !errors.Is(err, context.Canceled) {
			a.Log.Error("request failed", slog.String("method", r.Method), slog.String("route", rt.path), slog.Any("err", err))
		}
		writeProblem(w, r, internalProblem())
		return
	}
	if f.Retry > 0 {
		w.Header().Set("Retry-After", strconv.FormatInt(int64((f.Retry+time.Second-1)/time.Second), 10))
	}
	writeProblem(w, r, problem(r, rt, f))
}

// problem puts a fault into one of PeerTube's two shapes.
func problem(r *http.Request, rt route, refusal *fault.Error) rest.Problem {
	f := *refusal
	status := statuses[f.Kind]
	p := rest.Problem{Detail: f.Message, Status: status, Code: f.Code}
	if rt.docs != "" {
		p.Docs = docsOperation + rt.docs
	}
	if f.Code != "" {
		p.Type = docsError + f.Code
		return p
	}
	p.Type, p.Title = "about:blank", http.StatusText(status)
	if len(f.Fields) > 0 {
		f.Fields = asNamed(f.Fields, rt.path)
		names := make([]string, 0, len(f.Fields))
		p.InvalidParams = make(map[string]rest.BadParam, len(f.Fields))
		for _, fd := range f.Fields {
			names = append(names, fd.Name)
			p.InvalidParams[fd.Name] = rest.BadParam{Type: "field", Value: fd.Value, Msg: fd.Message, Path: fd.Name, Location: fd.Location}
		}
		p.Detail = "Incorrect request parameters: " + strings.Join(names, ", ")
		p.Instance = r.URL.RequestURI()
	}
	return p
}

// asNamed gives a refused number of a video the name that the route's path has
// for it.
func asNamed(fields []fault.Field, path string) []fault.Field {
	if !strings.Contains(path, "{videoId}") {
		return fields
	}
	out := slices.Clone(fields)
	for i := range out {
		if out[i].Name == "id" && out[i].Location == "params" {
			out[i].Name = "videoId"
		}
	}
	return out
}

func internalProblem() rest.Problem {
	return rest.Problem{
		Type: "about:blank", Title: http.StatusText(http.StatusInternalServerError),
		Detail: http.StatusText(http.StatusInternalServerError), Status: http.StatusInternalServerError,
	}
}

func writeProblem(w http.ResponseWriter, r *http.Request, p rest.Problem) {
	b, err := json.Marshal(p)
	if err != nil { // a refused value that JSON cannot hold
		p.InvalidParams = nil
		b, _ = json.Marshal(p) // only strings and numbers are left
	}
	writeBody(w, r, p.Status, "application/problem+json; charset=utf-8", b)
}
