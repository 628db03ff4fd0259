package api

import (
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-chi/chi/v5"

	"vidiverse/instance/fault"
)

const (
	defaultCount = 15
	maxCount     = 100
	maxSearch    = 1000 // characters
)

// page is which part of a list is asked for, and in which order.
type page struct {
	Start, Count int
	Sort         string // one of the route's columns, "-" before it means descending
}

// parsePage reads start, count and sort. The first column with its sign is the
// default order, for example "-createdAt". A count of 0 asks for the total
// alone.
func parsePage(r *http.Request, sorts ...string) (page, error) {
	q := r.URL.Query()
	p := page{Count: defaultCount}
	if len(sorts) > 0 {
		p.Sort = sorts[0]
	}
	var bad *fault.Error
	refuse := func(name, value, msg string) {
		if bad == nil {
			bad = fault.New(fault.Invalid, "Incorrect request parameters")
		}
		bad = bad.WithField(name, value, msg, "query")
	}
	if v := q.Get("start"); v != "" {
		n, err := strconv.ParseUint(v, 10, 63)
		if err != nil {
			refuse("start", v, "Should have a number start")
		}
		p.Start = int(min(n, math.MaxInt32))
	}
	if v := q.Get("count"); v != "" {
		n, err := strconv.ParseUint(v, 10, 31)
		if err != nil || n > maxCount {
			refuse("count", v, "Should have a number count (max: "+strconv.Itoa(maxCount)+")")
		}
		p.Count = int(n)
	}
	if bad != nil {
		return page{}, bad
	}
	if v := q.Get("sort"); v != "" && len(sorts) > 0 {
		if !slices.ContainsFunc(sorts, func(s string) bool { return strings.TrimPrefix(s, "-") == strings.TrimPrefix(v, "-") }) {
			refuse("sort", v, "Should have correct sortable column: "+sortable(sorts))
			return page{}, bad
		}
		p.Sort = v
	}
	return p, nil
}

// sortable names the columns in both directions.
func sortable(sorts []string) string {
	names := make([]string, 0, 2*len(sorts))
	for _, s := range sorts {
		names = append(names, strings.TrimPrefix(s, "-"))
	}
	for _, s := range sorts {
		names = append(names, "-"+strings.TrimPrefix(s, "-"))
	}
	return strings.Join(names, ", ")
}

// param is a part of the path, decoded once.
func param(r *http.Request, name string) string {
	v := chi.URLParam(r, name)
	if r.URL.RawPath == "" {
		return v // the router saw the decoded path
	}
	if decoded, err := url.PathUnescape(v); err == nil {
		return decoded
	}
	return v
}

// searched reads what is looked for; PeerTube refuses to look for nothing.
func searched(r *http.Request) (string, error) {
	if q := r.URL.Query(); q.Has("search") && q.Get("search") == "" {
		return "", fault.New(fault.Invalid, "").WithField("search", "", "Invalid value", "query")
	}
	return queryText(r, "search", maxSearch)
}

// queryText reads a text that a database will see: no NUL (PostgreSQL refuses
// it), valid UTF-8, at most limit characters.
func queryText(r *http.Request, name string, limit int) (string, error) {
	v := r.URL.Query().Get(name)
	if strings.ContainsRune(v, 0) || !utf8.ValidString(v) || utf8.RuneCountInString(v) > limit {
		return "", fault.New(fault.Invalid, "%s is no usable text", name).WithField(name, strings.ToValidUTF8(v, ""), "Invalid value", "query")
	}
	return v, nil
}
