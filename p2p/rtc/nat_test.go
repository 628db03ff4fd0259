package rtc

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"vidiverse/p2p/router"
)

// behind puts a machine behind routers, the nearest first, and gives it a host
// that asks the network's STUN servers.
func behind(in *internet, addr string, routers ...*translator) *Host {
	const ms = time.Millisecond
	m := in.machine(addr, wire{delay: 5 * ms}, wire{delay: 5 * ms})
	m.routers = routers
	h := New(Config{STUN: []string{"stun:8.8.8.1:3478", "stun:8.8.8.2:3478"}})
	h.ground = m
	return h
}

// stunServer is a node that tells others their addresses, as every node does.
func stunServer(in *internet, addr string) *Host {
	h := New(Config{Port: 3478})
	h.ground = in.machine(addr, wire{}, wire{})
	return h
}

// TestRouters breaks when a node behind a router does not reach viewers whom it
// could reach, or when two who never can do not give up in time.
func TestRouters(t *testing.T) {
	kinds := []struct {
		name    string
		routers func() []*translator
		strict  bool // a port for each peer
		careful bool // lets in only whom it sent to, port and all
	}{
		{name: "none", routers: func() []*translator { return nil }},
		{name: "full cone", routers: func() []*translator { return []*translator{newTranslator("9.1.0.1", fullCone)} }},
		{name: "address restricted", routers: func() []*translator { return []*translator{newTranslator("9.1.0.2", addressRestricted)} }},
		{name: "port restricted", routers: func() []*translator { return []*translator{newTranslator("9.1.0.3", portRestricted)} }, careful: true},
		{name: "symmetric", routers: func() []*translator { return []*translator{newTranslator("9.1.0.4", symmetric)} }, strict: true, careful: true},
		{name: "of the home and of the carrier", routers: func() []*translator {
			return []*translator{newTranslator("100.64.0.5", portRestricted), newTranslator("9.1.0.5", addressRestricted)}
		}, careful: true},
	}
	for i, node := range kinds {
		for j, viewer := range kinds {
			synctest.Test(t, func(t *testing.T) {
				in := newInternet(uint64(i*10 + j))
				for _, addr := range []string{"8.8.8.1", "8.8.8.2"} {
					defer run(t, stunServer(in, addr))()
				}
				a := behind(in, "8.1.1.1", node.routers()...)
				theirs := viewer.routers()
				for _, r := range theirs {
					r.addr = r.addr.Next().Next().Next().Next().Next().Next() // another one of the kind
				}
				b := behind(in, "8.2.2.2", theirs...)
				if len(node.routers()) > 0 {
					a.ground.(*machine).move("192.168.1.2")
				}
				if len(theirs) > 0 {
					b.ground.(*machine).move("192.168.7.2")
				}
				defer run(t, a)()
				defer run(t, b)()
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				begin := time.Now()
				ca, cb, err := connect(ctx, a, b)
				took := time.Since(begin)
				possible := !(node.strict && viewer.careful || viewer.strict && node.careful)
				switch {
				case possible && err != nil:
					t.Errorf("node behind %s, viewer behind %s: %v", node.name, viewer.name, err)
				case !possible && err == nil:
					t.Errorf("node behind %s, viewer behind %s: how?", node.name, viewer.name)
				case !possible && took > connectTime+5*time.Second:
					t.Errorf("node behind %s, viewer behind %s: given up after %v", node.name, viewer.name, took)
				case possible:
					if err := exchange(ca, cb, 1, MaxMessage); err != nil {
						t.Error(err)
					}
					if took > 5*time.Second {
						t.Errorf("node behind %s, viewer behind %s: %v", node.name, viewer.name, took)
					}
					ca.Close()
				}
			})
		}
	}
}

// TestMoves breaks when a node whose address changes is not met at the new one,
// or when what went over the old one lingers.
func TestMoves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := newInternet(3)
		a, b := behind(in, "8.1.1.1"), behind(in, "8.2.2.2")
		defer run(t, a)()
		defer run(t, b)()
		ca, _ := mustConnect(t, a, b)
		home := a.ground.(*machine)
		for _, addr := range []string{"8.1.1.9", "", "8.1.1.1"} { // another network, none, the first again
			home.move(addr)
			time.Sleep(2 * watchTime)
			select {
			case <-ca.Done():
			default:
				t.Errorf("a connection over an address that went lives on")
			}
			if addr == "" {
				if got := a.Addresses(); len(got) > 0 {
					t.Errorf("addresses of a machine that has none: %v", got)
				}
				continue
			}
			if got := a.Addresses(); len(got) != 1 || got[0].Addr() != netip.MustParseAddr(addr) {
				t.Errorf("addresses: got %v, want %s", got, addr)
			}
			var err error
			var cb *Conn
			if ca, cb, err = connect(within(t), b, a); err != nil {
				t.Fatal(err)
			}
			if err := exchange(ca, cb, 1, MaxMessage); err != nil {
				t.Error(err)
			}
			ca = cb // the end that moves
		}
		in.mu.Lock()
		defer in.mu.Unlock()
		if n := len(home.sockets); n != 1 {
			t.Errorf("sockets: got %d, want 1", n)
		}
	})
}

// TestRouterPort breaks when a port that the router passes on is not named to
// others, or stays open after sharing has ended.
func TestRouterPort(t *testing.T) {
	t.Parallel()
	asked := make(chan []byte, 100)
	conn := stranger(t, "udp4")
	go func() {
		buf := make([]byte, 64)
		for {
			n, from, err := conn.ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			asked <- slices.Clone(buf[:n])
			answer := []byte{0, 128 + buf[1], 0, 0, 0, 0, 0, 1, 127, 0, 0, 7} // our address outside
			if n == 12 {
				answer = slices.Concat(answer[:8], buf[4:6], []byte{0x11, 0x5c}, buf[8:12]) // port 4444
			}
			_, _ = conn.WriteToUDPAddrPort(answer, from)
		}
	}()
	cfg := loopback()
	cfg.Addresses = cfg.Addresses[:1]
	cfg.Router = &router.Config{Gateway: unmapped(conn.LocalAddr().(*net.UDPAddr).AddrPort())}
	h := New(cfg)
	stop := run(t, h)
	until(t, "the port", func() bool {
		offer, err := h.Offer(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer offer.Close()
		return strings.Contains(offer.SDP(), " 127.0.0.7 4444 typ srflx ")
	})
	stop()
	var last []byte
	for len(asked) > 0 {
		last = <-asked
	}
	if len(last) != 12 || !slices.Equal(last[6:], make([]byte, 6)) {
		t.Errorf("the last question does not close the port: %v", last)
	}
}
