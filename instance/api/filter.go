package api

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"vidiverse/instance/block"
	"vidiverse/instance/fault"
	"vidiverse/instance/video"
)

// filterReader reads a query and keeps the first complaint.
type filterReader struct {
	q   url.Values
	err error
}

func (q *filterReader) refuse(name, value string) { q.refuseAs(name, value, "Invalid value") }

func (q *filterReader) refuseAs(name, value, message string) {
	if q.err == nil {
		q.err = fault.New(fault.Invalid, "").WithField(name, value, message, "query")
	}
}

func (q *filterReader) text(name string) string { return q.q.Get(name) }

// words reads what is looked for: absent is all, and empty makes no sense.
func (q *filterReader) words(name string) string {
	if q.q.Has(name) && q.q.Get(name) == "" {
		q.refuse(name, "")
	}
	return q.q.Get(name)
}

// boolean takes every word but false and 0 for yes, as PeerTube does.
func (q *filterReader) boolean(name string) *bool {
	v := q.q.Get(name)
	if v == "" {
		return nil
	}
	if v == "null" {
		q.refuseAs(name, v, "Should have a valid "+name+" boolean")
	}
	yes := v != "false" && v != "0"
	return &yes
}

func (q *filterReader) number(name string) int {
	v := q.q.Get(name)
	if v == "" {
		return 0
	}
	n, err := strconv.ParseUint(v, 10, 31)
	if err != nil {
		q.refuse(name, v)
	}
	return int(n)
}

// optionalNumber is nil for what was not said; any number makes sense.
func (q *filterReader) optionalNumber(name string) *int {
	v := q.q.Get(name)
	if v == "" {
		return nil
	}
	n, err := strconv.ParseInt(v, 10, 32)
	if err != nil {
		q.refuse(name, v)
	}
	out := int(n)
	return &out
}

// host reads the name of a server, with its port.
func (q *filterReader) host(name string) string {
	v := q.q.Get(name)
	if v != "" && !block.ValidHost(v) {
		q.refuse(name, v)
	}
	return v
}

// dates are the forms of ISO 8601 that clients send.
var dates = []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02T15:04Z07:00", "2006-01-02T15:04", "2006-01-02 15:04:05", time.DateOnly, "2006-01", "2006"}

func (q *filterReader) date(name, what string) time.Time {
	v := q.q.Get(name)
	if v == "" {
		return time.Time{}
	}
	for _, layout := range dates {
		if t, err := time.Parse(layout, v); err == nil {
			return t
		}
	}
	q.refuseAs(name, v, "Should have a "+what+" date that conforms to ISO 8601")
	return time.Time{}
}

// uuids reads UUIDs in their long and short forms.
func (q *filterReader) uuids(name string) []string {
	var out []string
	for _, v := range q.list(name) {
		a, err := video.Ref(v).Parse()
		if err != nil || a.UUID == "" {
			q.refuseAs(name, v, "Should have valid array of uuid")
			return nil
		}
		out = append(out, a.UUID)
	}
	return out
}

// list reads name=a&name=b, name[]=a and name[0]=a.
func (q *filterReader) list(name string) []string {
	out := append(q.q[name][:len(q.q[name]):len(q.q[name])], q.q[name+"[]"]...)
	for i := 0; i < maxIndexed; i++ {
		values, ok := q.q[name+"["+strconv.Itoa(i)+"]"]
		if !ok {
			break
		}
		out = append(out, values...)
	}
	return out
}

// maxIndexed bounds name[0], name[1] and so on, as the parser of PeerTube does.
const maxIndexed = 20

func numbers[T ~int](q *filterReader, name string) []T {
	var out []T
	for _, v := range q.list(name) {
		n, err := strconv.ParseUint(strings.TrimSpace(v), 10, 31)
		if err != nil {
			q.refuseAs(name, v, "Should have a valid "+name+" array")
			return nil
		}
		out = append(out, T(n))
	}
	return out
}
