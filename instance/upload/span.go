package upload

import (
	"strconv"
	"strings"

	"vidiverse/instance/fault"
)

// Span is what a Content-Range header of a chunk says: bytes First to Last,
// both inclusive, of Total. Query is set for "bytes */total", which asks how
// much is stored; then First and Last mean nothing. Total is -1 for "*".
type Span struct {
	First, Last, Total int64
	Query              bool
}

// Len is the number of bytes the chunk announces.
func (s Span) Len() int64 {
	if s.Query {
		return 0
	}
	return s.Last - s.First + 1
}

// ParseSpan reads a Content-Range header. Numbers are plain decimal digits:
// signs, blanks inside and values past 2^63-1 are refused as Invalid.
func ParseSpan(header string) (Span, error) {
	bad := fault.New(fault.Invalid, "The Content-Range header is not of the form \"bytes 0-99/1000\" or \"bytes */1000\".")
	rest, ok := strings.CutPrefix(strings.TrimSpace(header), "bytes ")
	if !ok {
		return Span{}, bad
	}
	part, size, ok := strings.Cut(rest, "/")
	if !ok {
		return Span{}, bad
	}
	total, ok := int64(-1), size == "*"
	if !ok {
		if total, ok = digits(size); !ok {
			return Span{}, bad
		}
	}
	if part == "*" {
		if total < 0 {
			return Span{}, bad
		}
		return Span{Total: total, Query: true}, nil
	}
	from, to, ok := strings.Cut(part, "-")
	if !ok {
		return Span{}, bad
	}
	first, ok1 := digits(from)
	last, ok2 := digits(to)
	if !ok1 || !ok2 || last < first || (total >= 0 && last >= total) {
		return Span{}, bad
	}
	return Span{First: first, Last: last, Total: total}, nil
}

func digits(s string) (int64, bool) {
	if s == "" || len(s) > 19 || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	// The length of a span is last-first+1: it must not overflow either.
	return n, err == nil && n < 1<<62
}
