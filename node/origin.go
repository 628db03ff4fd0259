package node

import (
	"net"
	"net/url"
)

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
