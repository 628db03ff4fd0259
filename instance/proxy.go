package instance

import (
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/pires/go-proxyproto"
)

// headLimit is how long a proxy may take to say for whom it connects.
const headLimit = 5 * time.Second

// behind has connections of trusted proxies begin with the PROXY protocol, which
// says who is behind them (haproxy's proxy-protocol.txt, versions 1 and 2). What
// others send in its manner is no header, and no request either.
func behind(l net.Listener, trusted []netip.Prefix) net.Listener {
	return &proxyproto.Listener{
		Listener: l, ReadHeaderTimeout: headLimit,
		ConnPolicy: func(o proxyproto.ConnPolicyOptions) (proxyproto.Policy, error) {
			from, err := netip.ParseAddrPort(o.Upstream.String())
			if err != nil || !slices.ContainsFunc(trusted, func(p netip.Prefix) bool { return p.Contains(from.Addr().Unmap()) }) {
				return proxyproto.SKIP, nil // as it is: nothing stands between a file and its socket
			}
			return proxyproto.USE, nil
		},
	}
}
