package rtc

import (
	"cmp"
	"net"
	"net/netip"
	"slices"

	"vidiverse/p2p/guard"
)

// Addresses are those of the machine's interfaces.
func (kernel) Addresses() (all []netip.Addr, err error) {
	ifaces, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	for _, i := range ifaces {
		if i.Flags&net.FlagUp == 0 {
			continue
		}
		list, err := i.Addrs()
		if err != nil {
			continue // it went between the two questions
		}
		for _, a := range list {
			if p, err := netip.ParsePrefix(a.String()); err == nil {
				all = append(all, p.Addr().Unmap())
			}
		}
	}
	return all, nil
}

// localAddresses are the addresses that may be bound, those that most people
// can reach first.
func localAddresses(g ground, cfg Config) ([]netip.Addr, error) {
	all, err := g.Addresses()
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(a netip.Addr) bool { return !bindable(a, cfg) })
	slices.SortStableFunc(all, func(a, b netip.Addr) int { return cmp.Compare(rank(a), rank(b)) })
	all = slices.Compact(all)
	return all[:min(len(all), maxAddresses)], nil
}

func bindable(a netip.Addr, cfg Config) bool {
	if cfg.Addresses != nil && !slices.Contains(cfg.Addresses, a) {
		return false
	}
	return unicast(a) && (!a.IsLoopback() || cfg.Loopback)
}

// unicast reports whether an address is one machine's, and means the same
// machine whoever of its network says it: link-local addresses do not.
func unicast(a netip.Addr) bool {
	return a.IsValid() && a.Zone() == "" && !a.IsUnspecified() && !a.IsMulticast() && !a.IsLinkLocalUnicast() &&
		(a.Is6() || a.As4()[0] != 0 && a.As4()[0] < 240)
}

func rank(a netip.Addr) int {
	switch {
	case guard.Public(a):
		return 0
	case a.IsLoopback():
		return 2
	}
	return 1
}

// reachable reports whether packets may be sent to an address that a stranger
// wrote down. One that a stranger's packets come from needs no permission.
func reachable(a netip.Addr, cfg Config) bool {
	if !unicast(a) {
		return false
	}
	if a.IsLoopback() {
		return cfg.Loopback
	}
	return cfg.LAN || guard.Public(a)
}
