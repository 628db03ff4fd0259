package guard

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"syscall"
)

// Policy says what may be reached. The zero Policy is that of the open
// internet: https to public addresses.
type Policy struct {
	Plain bool           // http:// too: closed networks and tests
	Allow []netip.Prefix // addresses that may be reached although they are not public
	// Home is an origin that the user of this program typed, such as
	// "http://localhost:9000", in lower case and without its scheme's own port.
	// It alone may be plain, and alone its host and port may lead to this
	// machine or the private network. Elsewhere on the same address is not home.
	Home string
}

// Loopback are the prefixes of this machine, to Allow in tests.
func Loopback() []netip.Prefix {
	return []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
}

// Permits reports whether the policy lets us connect to the address.
func (p Policy) Permits(a netip.Addr) bool {
	if !a.IsValid() || a.Zone() != "" {
		return false
	}
	a = a.Unmap()
	for _, prefix := range p.Allow {
		if prefix.Contains(a) {
			return true
		}
	}
	return Public(a)
}

// Control is for net.Dialer: it refuses the connection before the first packet
// when the resolved address is not permitted.
func (p Policy) Control(network, address string, _ syscall.RawConn) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil || !p.Permits(ap.Addr()) {
		return fmt.Errorf("%w: %s %s", ErrAddress, network, address)
	}
	return nil
}

// Dial returns a function that connects where the policy lets us, with d's
// other settings.
func (p Policy) Dial(d net.Dialer) func(ctx context.Context, network, address string) (net.Conn, error) {
	strict, home := d, d
	strict.Control = p.Control
	home.Control = Policy{Allow: append(slices.Clone(inside), p.Allow...)}.Control
	at := p.homeAddress()
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		if at != "" && strings.EqualFold(address, at) {
			return home.DialContext(ctx, network, address)
		}
		return strict.DialContext(ctx, network, address)
	}
}

// homeAddress is the host:port of Home, or empty.
func (p Policy) homeAddress() string {
	u, err := url.Parse(p.Home)
	if err != nil || u.Hostname() == "" {
		return ""
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return net.JoinHostPort(u.Hostname(), port)
}

// plain reports whether the policy lets us speak to u without TLS.
func (p Policy) plain(u *url.URL) bool {
	return p.Plain || p.Home != "" && strings.EqualFold(u.Scheme+"://"+u.Host, p.Home)
}

// inside is where a Home may be: this machine and private networks. Link local
// is not: the clouds' metadata answer there.
var inside = prefixes("10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7")

// global is what IANA gives out as unicast; special is what is set aside in it
// (registries iana-ipv4-special-registry and iana-ipv6-special-registry).
// Even entries that are globally reachable are refused: they are anycast
// services of the network, not hosts of somebody.
var (
	global  = prefixes("0.0.0.0/0", "2000::/3")
	special = prefixes(
		"0.0.0.0/8",       // this network
		"10.0.0.0/8",      // private
		"100.64.0.0/10",   // shared by a provider's customers
		"127.0.0.0/8",     // loopback
		"169.254.0.0/16",  // link local, and the clouds' metadata
		"172.16.0.0/12",   // private
		"192.0.0.0/24",    // protocol assignments
		"192.0.2.0/24",    // documentation
		"192.31.196.0/24", // AS112
		"192.52.193.0/24", // AMT
		"192.88.99.0/24",  // 6to4 relays
		"192.168.0.0/16",  // private
		"192.175.48.0/24", // AS112
		"198.18.0.0/15",   // benchmarks
		"198.51.100.0/24", // documentation
		"203.0.113.0/24",  // documentation
		"224.0.0.0/4",     // multicast
		"240.0.0.0/4",     // reserved, and broadcast

		"2001::/23",         // protocol assignments: Teredo, ORCHID, benchmarks
		"2001:db8::/32",     // documentation
		"2002::/16",         // 6to4: any IPv4 address, private ones too
		"2620:4f:8000::/48", // AS112
		"3fff::/20",         // documentation
	)
)

func prefixes(list ...string) []netip.Prefix {
	all := make([]netip.Prefix, len(list))
	for i, s := range list {
		all[i] = netip.MustParsePrefix(s)
	}
	return all
}

// Public reports whether the address is global unicast and not set aside for a
// special purpose. What is not known to be public is not: in IPv6 that leaves
// out NAT64, unique and site local, and all that IANA has not given out yet.
func Public(a netip.Addr) bool {
	a = a.Unmap()
	return a.Zone() == "" && within(global, a) && !within(special, a)
}

func within(list []netip.Prefix, a netip.Addr) bool {
	for _, p := range list {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// checkURL is about what the socket cannot see. Credentials in a URL would be
// sent to whoever wrote it.
func (c *Client) checkURL(u *url.URL) error {
	switch {
	case u == nil || u.Host == "" || u.Hostname() == "" || u.Opaque != "":
		return fmt.Errorf("%w: no host", ErrURL)
	case u.Scheme != "https" && (u.Scheme != "http" || !c.policy.plain(u)):
		return fmt.Errorf("%w: scheme %.20q", ErrURL, u.Scheme)
	case u.User != nil:
		return fmt.Errorf("%w: it holds a user name", ErrURL)
	}
	return nil
}

func tlsConfig(roots *x509.CertPool) *tls.Config {
	return &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
}
