package copies

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// span is a part of a file.
type span struct{ from, length int64 }

func (p span) of(size int64) string {
	return fmt.Sprintf("bytes %d-%d/%d", p.from, p.from+p.length-1, size)
}

// want says which part is asked for, with the status of its answer: all with
// 200; a range with 206; 416 where there is none, or more than one.
func want(r *http.Request, tag string, size int64) (span, int) {
	whole := span{0, size}
	text := r.Header.Get("Range")
	if text == "" || r.Method != http.MethodGet {
		return whole, http.StatusOK
	}
	if mark := r.Header.Get("If-Range"); mark != "" && mark != tag {
		return whole, http.StatusOK // another version, or a date, which files here have not
	}
	p, known, ok := parse(text, size)
	switch {
	case !known:
		return whole, http.StatusOK // another unit: as if it were not there
	case !ok:
		return span{}, http.StatusRequestedRangeNotSatisfiable
	}
	return p, http.StatusPartialContent
}

// parse reads "bytes=0-499", "bytes=500-" or "bytes=-500".
func parse(text string, size int64) (p span, known, ok bool) {
	list, known := strings.CutPrefix(strings.TrimSpace(text), "bytes=")
	first, last, dash := strings.Cut(strings.TrimSpace(list), "-")
	if !known || !dash {
		return p, known, false
	}
	if first == "" {
		n, ok := number(last)
		n = min(n, size)
		return span{size - n, n}, true, ok && n > 0
	}
	from, ok := number(first)
	to := size - 1
	if last != "" && ok {
		to, ok = number(last)
		to = min(to, size-1)
	}
	return span{from, to - from + 1}, true, ok && from <= to
}

// number is a decimal number without a sign.
func number(text string) (int64, bool) {
	if text == "" || strings.Trim(text, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil
}

// matches is If-None-Match.
func matches(list, tag string) bool {
	for one := range strings.SplitSeq(list, ",") {
		if one = strings.TrimPrefix(strings.TrimSpace(one), "W/"); one == tag || one == "*" {
			return true
		}
	}
	return false
}
