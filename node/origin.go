package node

import (
	"net"
	"net/url"
	"strings"
)

// hostOf is the host[:port] of an origin such as "https://mare.video".
func hostOf(origin string) string {
	_, host, found := strings.Cut(origin, "://")
	if !found {
		return origin
	}
	return host
}

// addressOf is the host:port that an origin is dialled at.
func addressOf(origin string) string {
	u, err := url.Parse(origin)
	if err != nil {
		return ""
	}
	if port := u.Port(); port != "" {
		return net.JoinHostPort(u.Hostname(), port)
	}
	return net.JoinHostPort(u.Hostname(), map[string]string{"http": "80", "https": "443"}[u.Scheme])
}
