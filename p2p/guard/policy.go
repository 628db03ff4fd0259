package guard

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/netip"
	"net/url"
	"syscall"
)

// Policy says what may be reached. The zero Policy is that of the open
// internet: https to public addresses.
type Policy struct {
	Plain bool           // http:// too: closed networks and tests
	Allow []netip.Prefix // addresses that may be reached although they are not public
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
	case u.Scheme != "https" && (u.Scheme != "http" || !c.policy.Plain):
		return fmt.Errorf("%w: scheme %.20q", ErrURL, u.Scheme)
	case u.User != nil:
		return fmt.Errorf("%w: it holds a user name", ErrURL)
	}
	return nil
}

func tlsConfig(roots *x509.CertPool) *tls.Config {
	return &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
}
