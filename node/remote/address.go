package remote

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// Address is where an instance is, and which of its videos was meant.
type Address struct {
	Origin string // "https://host[:port]", in lower case, without the scheme's own port
	Video  string // UUID or short UUID; empty if none was named
}

// ParseAddress reads an address as people type or paste it: a host, the page of
// an instance, a link to a video. Without a scheme it is https, or http for this
// computer and the private network. The error, an ErrAddress, says in words what
// is wrong.
func ParseAddress(text string) (Address, error) {
	text = strings.TrimSpace(text)
	if text == "" || len(text) > 2000 || !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r == '\\' || r == 0x7f }) {
		return Address{}, fmt.Errorf("%w: type the name of a server, such as peertube.example", ErrAddress)
	}
	scheme, rest, ok := strings.Cut(text, "://")
	if !ok {
		scheme, rest = "", text
	}
	u, err := url.Parse("//" + rest)
	if err != nil || u.Host == "" {
		return Address{}, fmt.Errorf("%w: %.100q is not the address of a server", ErrAddress, text)
	}
	if u.User != nil {
		return Address{}, fmt.Errorf("%w: a server's address holds no name or password before an @", ErrAddress)
	}
	host, err := hostName(u.Hostname())
	if err != nil {
		return Address{}, err
	}
	switch strings.ToLower(scheme) {
	case "":
		scheme = "https"
		if atHome(host) {
			scheme = "http"
		}
		if !strings.ContainsAny(host, ".:") && u.Port() == "" && host != "localhost" {
			return Address{}, fmt.Errorf("%w: %.100q is not the whole name of a server", ErrAddress, text)
		}
	case "http", "https":
		scheme = strings.ToLower(scheme)
	default:
		return Address{}, fmt.Errorf("%w: it must begin with https://", ErrAddress)
	}
	origin, err := origin(scheme, host, u.Port())
	return Address{Origin: origin, Video: videoOf(u.Path)}, err
}

var names = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.StrictDomainName(true), idna.VerifyDNSLength(true))

// hostName is the host in the form that certificates and servers use.
func hostName(host string) (string, error) {
	if a, err := netip.ParseAddr(host); err == nil && a.Zone() == "" {
		return a.String(), nil
	}
	name, err := names.ToASCII(strings.TrimSuffix(host, "."))
	again, err2 := names.ToASCII(name)
	_, number := netip.ParseAddr(name)
	if err != nil || err2 != nil || again != name || number == nil || strings.HasSuffix(name, ".") || !strings.ContainsAny(name, "abcdefghijklmnopqrstuvwxyz") {
		return "", fmt.Errorf("%w: %.100q is not the name of a server", ErrAddress, host)
	}
	return name, nil
}

// atHome tells whether nobody can have a certificate for the host.
func atHome(host string) bool {
	a, err := netip.ParseAddr(host)
	if err != nil {
		return !strings.Contains(host, ".") || strings.HasSuffix(host, ".localhost") || strings.HasSuffix(host, ".local")
	}
	return a.IsLoopback() || a.IsPrivate()
}

func origin(scheme, host, port string) (string, error) {
	if n, err := net.LookupPort("tcp", port); port != "" && (err != nil || n == 0) {
		return "", fmt.Errorf("%w: %.20q is not a port", ErrAddress, port)
	}
	if scheme == "https" && port == "443" || scheme == "http" && port == "80" {
		port = ""
	}
	if port != "" {
		return scheme + "://" + net.JoinHostPort(host, port), nil
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return scheme + "://" + host, nil
}

// originOf is the origin of a URL that a server wrote, in the form of Address.
func originOf(address string) (string, bool) {
	u, err := url.Parse(address)
	if err != nil || u.User != nil || u.Opaque != "" || u.Scheme != "https" && u.Scheme != "http" {
		return "", false
	}
	host, err := hostName(u.Hostname())
	if err != nil {
		return "", false
	}
	o, err := origin(u.Scheme, host, u.Port())
	return o, err == nil
}

// HostOf is the host[:port] of an origin such as "https://mare.video", as people
// write it.
func HostOf(origin string) string {
	_, host, found := strings.Cut(origin, "://")
	if !found {
		return origin
	}
	return host
}

// videoOf finds the id in the paths that PeerTube gives to a video.
func videoOf(path string) string {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	switch {
	case len(parts) == 2 && parts[0] == "w" && parts[1] != "p":
		return idOf(parts[1])
	case len(parts) >= 3 && parts[0] == "videos" && (parts[1] == "watch" || parts[1] == "embed") && parts[2] != "playlist":
		return idOf(parts[2])
	}
	return ""
}

// idOf keeps what can be a UUID or a short UUID. Some links carry a start time
// behind it: /w/uuid;start=10.
func idOf(s string) string {
	s, _, _ = strings.Cut(s, ";")
	if len(s) > 36 || strings.ContainsFunc(s, func(r rune) bool {
		return !(r == '-' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z')
	}) {
		return ""
	}
	return s
}
