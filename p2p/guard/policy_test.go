package guard

import (
	"encoding/binary"
	"net/netip"
	"testing"
)

// set aside by IANA, with the reason; each is tested at both of its ends.
var setAside = map[string]string{
	"0.0.0.0/8": "this network", "10.0.0.0/8": "private", "100.64.0.0/10": "shared address space",
	"127.0.0.0/8": "loopback", "169.254.0.0/16": "link local", "169.254.169.254/32": "cloud metadata",
	"172.16.0.0/12": "private", "192.0.0.0/24": "protocol assignments", "192.0.0.0/29": "DS-Lite",
	"192.0.0.8/32": "dummy", "192.0.0.9/32": "PCP anycast", "192.0.0.10/32": "TURN anycast",
	"192.0.0.170/31": "NAT64 discovery", "192.0.2.0/24": "documentation", "192.31.196.0/24": "AS112",
	"192.52.193.0/24": "AMT", "192.88.99.0/24": "6to4 relay", "192.168.0.0/16": "private",
	"192.175.48.0/24": "AS112", "198.18.0.0/15": "benchmark", "198.51.100.0/24": "documentation",
	"203.0.113.0/24": "documentation", "224.0.0.0/4": "multicast", "240.0.0.0/4": "reserved",
	"255.255.255.255/32": "broadcast",

	"::/128": "unspecified", "::1/128": "loopback", "::/96": "IPv4-compatible", "::ffff:0:0:0/96": "IPv4-translated",
	"64:ff9b::/96": "NAT64", "64:ff9b:1::/48": "local NAT64", "100::/64": "discard", "100:0:0:1::/64": "dummy",
	"2001::/23": "protocol assignments", "2001::/32": "Teredo", "2001:1::1/128": "PCP anycast",
	"2001:2::/48": "benchmark", "2001:3::/32": "AMT", "2001:4:112::/48": "AS112", "2001:10::/28": "ORCHID",
	"2001:20::/28": "ORCHIDv2", "2001:30::/28": "DRIP", "2001:db8::/32": "documentation", "2002::/16": "6to4",
	"2620:4f:8000::/48": "AS112", "3fff::/20": "documentation", "5f00::/16": "segment routing",
	"fc00::/7": "unique local", "fe80::/10": "link local", "fec0::/10": "site local", "ff00::/8": "multicast",
	"4000::/3": "not given out", "8000::/1": "not given out",

	"::ffff:0.0.0.0/104": "mapped this network", "::ffff:10.0.0.0/104": "mapped private", "::ffff:127.0.0.0/104": "mapped loopback",
	"::ffff:169.254.169.254/128": "mapped metadata", "::ffff:192.168.0.0/112": "mapped private",
	"2002:7f00:1::/48": "6to4 of loopback", "2002:a00::/24": "6to4 of private", "64:ff9b::7f00:1/128": "NAT64 of loopback",
	"2001:0:7f00:1::/64": "Teredo of loopback",
}

func ends(p netip.Prefix) [2]netip.Addr {
	last := p.Masked().Addr().AsSlice()
	for i := p.Bits(); i < len(last)*8; i++ {
		last[i/8] |= 0x80 >> (i % 8)
	}
	a, _ := netip.AddrFromSlice(last)
	return [2]netip.Addr{p.Masked().Addr(), a}
}

func TestSpecialPurposeAddressesAreRefused(t *testing.T) {
	for prefix, why := range setAside {
		for _, a := range ends(netip.MustParsePrefix(prefix)) {
			if Public(a) || (Policy{}).Permits(a) {
				t.Errorf("%s (%s) may be reached", a, why)
			}
		}
	}
	for _, s := range []string{"fe80::1%eth0", "2606:4700::1111%eth0"} {
		if (Policy{}).Permits(netip.MustParseAddr(s)) {
			t.Errorf("%s may be reached though it has a zone", s)
		}
	}
	if (Policy{}).Permits(netip.Addr{}) {
		t.Error("no address may be reached")
	}
}

func TestPublicAddressesPass(t *testing.T) {
	for _, s := range []string{
		"1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.0",
		"198.17.255.255", "198.20.0.0", "223.255.255.255", "::ffff:1.1.1.1",
		"2000::1", "2001:200::1", "2001:db7:ffff::", "2001:db9::", "2003::1", "2606:4700::1111", "2a01:4f8::1", "3ffe:ffff::1",
	} {
		if !(Policy{}).Permits(netip.MustParseAddr(s)) {
			t.Errorf("%s is refused", s)
		}
	}
}

func TestAllow(t *testing.T) {
	p := Policy{Allow: []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("64:ff9b::/96")}}
	for s, want := range map[string]bool{"10.1.2.3": true, "::ffff:10.1.2.3": true, "10.2.0.0": false, "127.0.0.1": false, "64:ff9b::808:808": true, "1.1.1.1": true} {
		if got := p.Permits(netip.MustParseAddr(s)); got != want {
			t.Errorf("%s: got %v, want %v", s, got, want)
		}
	}
}

func FuzzPublic(f *testing.F) {
	for prefix := range setAside {
		a := netip.MustParsePrefix(prefix).Addr().As16()
		f.Add(binary.BigEndian.Uint64(a[:8]), binary.BigEndian.Uint64(a[8:]))
	}
	f.Fuzz(func(t *testing.T, hi, lo uint64) {
		var b [16]byte
		binary.BigEndian.PutUint64(b[:8], hi)
		binary.BigEndian.PutUint64(b[8:], lo)
		a := netip.AddrFrom16(b)
		u := a.Unmap()
		if Public(a) != Public(u) {
			t.Errorf("%s and %s differ", a, u)
		}
		if Public(a) && (!u.IsGlobalUnicast() || u.IsPrivate() || u.IsLoopback() || u.IsLinkLocalUnicast() || u.IsUnspecified()) {
			t.Errorf("%s may be reached", a)
		}
	})
}
