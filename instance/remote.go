package instance

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// remote answers who asks: the connection's other end, or, as long as that is
// a trusted proxy, whom it says it speaks for. Addresses are read from the
// right: what stands left of the first untrusted one, anybody may have made up.
func remote(trusted []netip.Prefix) func(*http.Request) netip.Addr {
	trust := func(a netip.Addr) bool {
		return slices.ContainsFunc(trusted, func(p netip.Prefix) bool { return p.Contains(a) })
	}
	return func(r *http.Request) netip.Addr {
		at, _ := netip.ParseAddrPort(r.RemoteAddr)
		addr := at.Addr().Unmap().WithZone("")
		said := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		for i := len(said) - 1; i >= 0 && trust(addr); i-- {
			next, err := netip.ParseAddr(strings.TrimSpace(said[i]))
			if err != nil {
				break
			}
			addr = next.Unmap().WithZone("")
		}
		return addr
	}
}
