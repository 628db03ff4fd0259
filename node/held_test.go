package node

import (
	"net/netip"
	"testing"
)

// TestWhoAsksRouters: a router is asked for a port, but for somebody who said no
// or who stays on this machine.
func TestWhoAsksRouters(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		cfg  Config
		asks bool
	}{
		"as it comes":  {Config{}, true},
		"told not to":  {Config{NoRouter: true}, false},
		"on loopback":  {Config{Loopback: true}, false},
		"an address":   {Config{Addresses: []netip.Addr{netip.MustParseAddr("192.0.2.7")}}, true},
		"loopback one": {Config{Addresses: []netip.Addr{netip.MustParseAddr("127.0.0.1")}}, false},
	} {
		if got := (&Node{cfg: test.cfg}).router() != nil; got != test.asks {
			t.Errorf("%s: asks %v, want %v", name, got, test.asks)
		}
	}
}
