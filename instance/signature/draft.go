package signature

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// readDraft reads keyId="…",algorithm="…",headers="… …",signature="…". The
// library that signs is not used to verify: it hides which headers are covered,
// asks the clock itself, and takes parameters that stand there twice.
func readDraft(header string) (Claim, error) {
	params, err := draftParams(header)
	if err != nil {
		return Claim{}, err
	}
	c := Claim{KeyID: params["keyId"], algorithm: strings.ToLower(params["algorithm"]), covered: []string{"date"}}
	if _, given := params["headers"]; given {
		c.covered = strings.Fields(strings.ToLower(params["headers"]))
	}
	if c.signature, err = base64.StdEncoding.DecodeString(params["signature"]); err != nil || len(c.signature) == 0 {
		return Claim{}, fmt.Errorf("%w: bytes", ErrMalformed)
	}
	for name, at := range map[string]*int64{"created": &c.created, "expires": &c.expires} {
		covered := slices.Contains(c.covered, "("+name+")")
		seconds, err := strconv.ParseInt(params[name], 10, 64)
		if covered && (err != nil || seconds <= 0) {
			return Claim{}, fmt.Errorf("%w: %s", ErrMalformed, name)
		}
		if covered { // anyone may have written one that is not
			*at = seconds
		}
	}
	return c, nil
}

// draftParams are names with values, quoted or not. A quoted value has no
// quotation mark in it.
func draftParams(header string) (map[string]string, error) {
	if len(header) > maxHeader {
		return nil, fmt.Errorf("%w: too long", ErrMalformed)
	}
	params := map[string]string{}
	for rest := strings.TrimSpace(header); rest != ""; {
		name, after, ok := strings.Cut(rest, "=")
		name = strings.TrimSpace(name)
		if _, twice := params[name]; !ok || twice || len(params) == maxParams {
			return nil, fmt.Errorf("%w: parameters", ErrMalformed)
		}
		var value string
		if quoted, is := strings.CutPrefix(after, `"`); is {
			if value, after, ok = strings.Cut(quoted, `"`); !ok {
				return nil, fmt.Errorf("%w: quotation", ErrMalformed)
			}
			before, next, more := strings.Cut(after, ",")
			if strings.TrimSpace(before) != "" || more && strings.TrimSpace(next) == "" {
				return nil, fmt.Errorf("%w: parameters", ErrMalformed)
			}
			rest = next
		} else {
			value, rest, _ = strings.Cut(after, ",")
			value = strings.TrimSpace(value)
		}
		params[name] = value
	}
	return params, nil
}

// draftText is what a draft-cavage signature is over.
func (c Claim) draftText(withQuery bool) (string, error) {
	var b strings.Builder
	for i, name := range c.covered {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(name + ": ")
		switch name {
		case "(request-target)":
			b.WriteString(strings.ToLower(c.r.Method) + " " + target(c.r, withQuery))
		case "(created)":
			b.WriteString(strconv.FormatInt(c.created, 10))
		case "(expires)":
			b.WriteString(strconv.FormatInt(c.expires, 10))
		default:
			value, err := field(c.r, name)
			if err != nil {
				return "", err
			}
			b.WriteString(value)
		}
	}
	return b.String(), nil
}

// target is the path as it was sent, with or without the query.
func target(r *http.Request, withQuery bool) string {
	path := r.URL.EscapedPath()
	if path == "" {
		path = "/"
	}
	if withQuery && r.URL.RawQuery != "" {
		path += "?" + r.URL.RawQuery
	}
	return path
}

// field is a header as it is signed. Those that net/http takes out of the
// headers are put back, and those that say who and when must stand there once.
func field(r *http.Request, name string) (string, error) {
	switch name {
	case "host":
		return r.Host, nil
	case "content-length":
		return strconv.FormatInt(r.ContentLength, 10), nil
	}
	values := r.Header.Values(name)
	once := name == "date" || name == "digest" || name == "content-digest" || name == "content-type"
	if len(values) == 0 || once && len(values) > 1 {
		return "", fmt.Errorf("%w: %q", ErrUncovered, name)
	}
	all := make([]string, len(values))
	for i, v := range values {
		all[i] = strings.TrimSpace(v)
	}
	return strings.Join(all, ", "), nil
}
