package actor

import (
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// ValidHandle tells whether v is name@host of an actor, here or elsewhere.
func ValidHandle(v string) bool {
	name, host, ok := strings.Cut(v, "@")
	return ok && validRemoteName(name) && ValidHost(host)
}

// ValidHost tells whether v is a host, or host:port, as others are named by.
func ValidHost(v string) bool {
	if v == "" || len(v) > 300 {
		return false
	}
	host := v
	if h, port, err := net.SplitHostPort(v); err == nil {
		if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
			return false
		}
		host = h
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	labels := strings.Split(host, ".")
	if len(labels) < 2 && host != "localhost" {
		return false
	}
	for _, l := range labels {
		if !validLabel(l) {
			return false
		}
	}
	return true
}

func validLabel(l string) bool {
	if l == "" || len(l) > 63 || l[0] == '-' || l[len(l)-1] == '-' {
		return false
	}
	for i := range len(l) {
		c := l[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_') {
			return false
		}
	}
	return true
}

// parseServer takes "host" or "name@host"; both are empty when v is neither.
func (s *Service) parseServer(v string) (name, host string) {
	v = strings.TrimPrefix(v, "@")
	if !strings.Contains(v, "@") {
		if !ValidHost(v) {
			return "", ""
		}
		return "", strings.ToLower(v)
	}
	if !ValidHandle(v) {
		return "", ""
	}
	name, host, _ = strings.Cut(v, "@")
	return name, strings.ToLower(host)
}
