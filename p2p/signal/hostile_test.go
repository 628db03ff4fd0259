package signal

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"vidiverse/p2p/consent"
)

// TestHostileTracker breaks when a tracker can make us hold or do without end:
// each of these must be dropped, or end the socket.
func TestHostileTracker(t *testing.T) {
	t.Parallel()
	hash, peer, name := id(hashOf("ours")), id(hashOf("peer")), id(hashOf("offer"))
	offer := map[string]any{
		"action": "announce", "info_hash": hash, "peer_id": peer, "offer_id": name,
		"offer": description{"offer", "v=0"},
	}
	with := func(key string, value any) map[string]any {
		m := map[string]any{}
		for k, v := range offer {
			m[k] = v
		}
		m[key] = value
		return m
	}
	answer := with("answer", description{"answer", "v=0"})
	delete(answer, "offer")
	for _, test := range []struct {
		name string
		say  any
		most int // times; 0: without end
	}{
		{"giant frame", with("x", strings.Repeat("x", maxFrame)), 1},
		{"wrong hash", with("info_hash", id(hashOf("theirs"))), 2 * maxStrange},
		{"unknown offer", answer, 2 * maxStrange},
		{"short peer id", with("peer_id", "short"), 2 * maxStrange},
		{"wide peer id", with("peer_id", strings.Repeat("€", 20)), 2 * maxStrange},
		{"long description", with("offer", description{"offer", strings.Repeat("x", maxSDP+1)}), 2 * maxStrange},
		{"answer as offer", with("offer", description{"answer", "v=0"}), 2 * maxStrange},
		{"array", []int{1, 2, 3}, 2 * maxStrange},
		{"flood of counts", map[string]any{"action": "announce", "info_hash": hash, "interval": 1e300, "complete": -1e300, "incomplete": 1e300}, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := &fake{onOpen: func(ctx context.Context, ws *websocket.Conn) {
				for i := 0; (test.most == 0 || i < test.most) && say(ctx, ws, test.say) == nil; i++ {
				}
			}}
			cfg, url := serveFake(t, f)
			c, _ := serve(t, cfg)
			p := &party{}
			m := c.Join([]string{url}, hash, p)
			until(t, "the socket's end", func() bool { return len(f.opened()) > 1 })
			if s := p.seen(); s.offered+s.answers != 0 {
				t.Errorf("the peer was told of it: %+v", s)
			}
			if n := m.Others(); n < 0 || n > 1e6 {
				t.Errorf("others: got %d", n)
			}
		})
	}
}

// TestOfferFlood breaks when a tracker can make us answer any number of offers
// at once.
func TestOfferFlood(t *testing.T) {
	t.Parallel()
	hash := id(hashOf("ours"))
	f := &fake{onOpen: func(ctx context.Context, ws *websocket.Conn) {
		for i := range 500 {
			_ = say(ctx, ws, map[string]any{
				"action": "announce", "info_hash": hash, "peer_id": id(hashOf(fmt.Sprint("peer ", i))),
				"offer_id": id(hashOf(fmt.Sprint("offer ", i))), "offer": description{"offer", "v=0"},
			})
		}
	}}
	cfg, url := serveFake(t, f)
	c, _ := serve(t, cfg)
	p := &party{wait: make(chan struct{})}
	c.Join([]string{url}, hash, p)
	until(t, "the flood", func() bool { s := c.Stats(); return s.Dropped+s.Strange >= 500-maxOffered })
	if s := p.seen(); s.most > maxOffered || s.offered > maxOffered {
		t.Errorf("answered at once: got %+v, want at most %d", s, maxOffered)
	}
	close(p.wait)
	until(t, "the answers", func() bool { return len(f.notes()) >= 1+p.seen().offered })
}

// TestPlain breaks when a tracker's URL makes us speak in the clear with the
// open internet, or leads somewhere else.
func TestPlain(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]bool{
		"wss://a.test/tracker/socket": true, "wss://a.test:9000/tracker/socket": true, "ws://a.test/x": true,
		"https://a.test/tracker/announce": false, "http://a.test/": false, "udp://a.test:80": false, "wss://": false,
		"wss://user@a.test/": false, "::": false, "wss://" + strings.Repeat("a", 4000) + ".test/": false,
	} {
		if _, got := consent.TrackerOf(url); got != want {
			t.Errorf("%.40s: got %v, want %v", url, got, want)
		}
	}
}

// elsewhere is a connection whose other end says where it is.
type elsewhere struct {
	net.Conn
	at netip.AddrPort
}

func (e elsewhere) RemoteAddr() net.Addr { return net.TCPAddrFromAddrPort(e.at) }

// TestClear breaks when what we announce can be read on the way: only this
// machine and its network are spoken to in the clear.
func TestClear(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		url, at string
		plain   bool
		want    bool
	}{
		{"ws://a.test/x", "9.9.9.9:80", false, false},
		{"ws://a.test/x", "[2a00::1]:80", false, false},
		{"ws://a.test/x", "9.9.9.9:80", true, true},
		{"ws://a.test/x", "127.0.0.1:80", false, true},
		{"ws://a.test/x", "192.168.1.1:80", false, true},
		{"wss://a.test/x", "9.9.9.9:443", false, true},
	} {
		here, there := net.Pipe()
		defer there.Close()
		c := New(Config{Plain: test.plain, Dial: func(context.Context, string, string) (net.Conn, error) {
			return elsewhere{here, netip.MustParseAddrPort(test.at)}, nil
		}})
		tr := &tracker{c: c, url: test.url}
		conn, err := tr.reach(t.Context(), "tcp", test.at)
		if got := err == nil; got != test.want {
			t.Errorf("%s at %s, plain %v: got %v", test.url, test.at, test.plain, err)
		}
		if conn != nil {
			conn.Close()
		}
	}
}
