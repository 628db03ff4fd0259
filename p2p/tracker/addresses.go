package tracker

import (
	"net"
	"net/url"
)

// Addresses are those of the tracker of a server whose public address is given:
// HTTP first, then the socket, whose port PeerTube writes out even when it is
// the scheme's own.
func Addresses(public *url.URL) (announce, socket string) {
	u := url.URL{Scheme: "ws", Host: public.Host, Path: "/tracker/socket"}
	port := "80"
	if public.Scheme == "https" {
		u.Scheme, port = "wss", "443"
	}
	if public.Port() == "" {
		u.Host = net.JoinHostPort(public.Hostname(), port)
	}
	return public.Scheme + "://" + public.Host + "/tracker/announce", u.String()
}
