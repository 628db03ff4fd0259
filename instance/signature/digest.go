package signature

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"net/http"
	"strings"
)

// CheckDigest compares the body with its digests, before anything of it is
// parsed: all of Digest and Content-Digest that are SHA-256 or SHA-512 have to
// match, and there must be one. It is ErrDigest otherwise.
func CheckDigest(r *http.Request, body []byte) error {
	old, err := digests(r.Header.Values("Digest"), body, false)
	if err != nil {
		return err
	}
	now, err := digests(r.Header.Values("Content-Digest"), body, true)
	if err != nil {
		return err
	}
	if old+now == 0 {
		return ErrDigest
	}
	return nil
}

// digests counts those that match, and refuses one that does not. In a
// Content-Digest the base64 stands between colons.
func digests(headers []string, body []byte, colons bool) (matched int, err error) {
	for _, entry := range strings.Split(strings.Join(headers, ","), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(entry), "=")
		want, known := sum(name, body)
		if !known {
			continue
		}
		if colons {
			inner, ok := strings.CutPrefix(value, ":")
			if value, ok = strings.CutSuffix(inner, ":"); !ok {
				return 0, ErrDigest
			}
		}
		got, err := base64.StdEncoding.DecodeString(value)
		if err != nil || !bytes.Equal(got, want) {
			return 0, ErrDigest
		}
		matched++
	}
	return matched, nil
}

func sum(name string, body []byte) ([]byte, bool) {
	switch strings.ToLower(name) {
	case "sha-256":
		s := sha256.Sum256(body)
		return s[:], true
	case "sha-512":
		s := sha512.Sum512(body)
		return s[:], true
	}
	return nil, false
}
