package tracker

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// frozen is a clock that stands: meters do not refill.
func frozen() *clock {
	c := &clock{}
	c.still = time.Now()
	return c
}

// TestLongFrame: a client must not make us keep more than 64 KiB.
func TestLongFrame(t *testing.T) {
	t.Parallel()
	_, url := serve(t, Config{Allow: allow("film")})
	pad := func(size int) string {
		f := announceOf("film", "anna", 0, `,"pad":""`)
		return strings.Replace(f, `"pad":"`, `"pad":"`+strings.Repeat("x", size-len(f)), 1)
	}
	b := dial(t, url)
	b.send(pad(64 << 10))
	if got := b.receive(); !strings.HasPrefix(got, `{"complete":0,"incomplete":1`) {
		t.Errorf("a frame of 64 KiB: got %s", got)
	}
	// The end may overtake the rest of the frame and its own reason.
	_ = b.ws.Write(t.Context(), websocket.MessageText, []byte(pad(64<<10+1)))
	if got := b.closed(); got != websocket.StatusMessageTooBig && got != -1 {
		t.Errorf("a longer one: closed with %d, want %d", got, websocket.StatusMessageTooBig)
	}
}

// TestManyOffers: one announce reaches twenty others at most, whatever it wants.
func TestManyOffers(t *testing.T) {
	t.Parallel()
	tr, url := serve(t, Config{Allow: allow("film")})
	for i := range 25 {
		dial(t, url).join("film", fmt.Sprint("viewer", i), i+1)
	}
	b := dial(t, url)
	b.send(announceOf("film", "anna", 25, `,"numwant":1000000`))
	b.receive()
	b.idle()
	if got := tr.Stats().Relayed; got != 20 {
		t.Errorf("relayed: got %d, want %d", got, 20)
	}
}

// TestLongSDP: a description above 8 KiB goes nowhere.
func TestLongSDP(t *testing.T) {
	t.Parallel()
	_, url := serve(t, Config{Allow: allow("film")})
	a, b := dial(t, url), dial(t, url)
	a.join("film", "anna", 1)
	for _, tt := range []struct {
		size int
		want bool
	}{{8<<10 + 1, false}, {8 << 10, true}} {
		b.send(fmt.Sprintf(`{"action":"announce","info_hash":%s,"peer_id":%s,"offers":[{"offer_id":%s,"offer":{"sdp":"%s","type":"offer"}}]}`,
			name("film"), name("bert"), name("o"), strings.Repeat("x", tt.size-2)))
		b.receive()
		b.idle()
		if !tt.want {
			a.idle()
		} else if got := a.receive(); !strings.Contains(got, `"offer_id":`+name("o")) {
			t.Errorf("sdp of %d bytes: got %.80s", tt.size, got)
		}
	}
}

// TestSocketFlood: a socket that talks without pause is closed, others are not.
func TestSocketFlood(t *testing.T) {
	t.Parallel()
	_, url := serve(t, Config{Allow: allow("film"), Now: frozen().now})
	good, bad := dial(t, url), dial(t, url)
	good.join("film", "anna", 1)
	for range socketRate.burst + 1 {
		if bad.ws.Write(t.Context(), websocket.MessageText, []byte(`{"action":"scrape"}`)) != nil {
			break
		}
	}
	if got := bad.closed(); got != websocket.StatusPolicyViolation {
		t.Errorf("flood: closed with %d, want %d", got, websocket.StatusPolicyViolation)
	}
	good.idle()
}

// TestAddressFlood: the sockets of one address together are bounded as well.
func TestAddressFlood(t *testing.T) {
	t.Parallel()
	_, url := serve(t, Config{Allow: allow("film"), Now: frozen().now, TrustProxy: loopback})
	frames := int(addressRate.burst) + 1
	for frames > 0 {
		b := dialAs(t, url, "192.0.2.1")
		n := min(frames, int(socketRate.burst))
		frames -= n
		for range n {
			b.send(`{"action":"scrape"}`)
			if _, ok := <-b.frames; !ok {
				if frames > 0 || b.status != websocket.StatusPolicyViolation {
					t.Errorf("closed with %d, %d frames early", b.status, frames)
				}
				dialAs(t, url, "192.0.2.2").idle()
				return
			}
		}
	}
	t.Error("no limit was met")
}

var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}

// TestAnnounceRate: a peer that announces again and again is told to stop, and
// nobody hears its offers.
func TestAnnounceRate(t *testing.T) {
	t.Parallel()
	c := frozen()
	_, url := serve(t, Config{Allow: allow("film"), Now: c.now})
	a, b := dial(t, url), dial(t, url)
	a.join("film", "anna", 1)
	for range memberRate.burst {
		b.send(announceOf("film", "bert", 1, ""))
		b.receive()
		a.receive()
	}
	b.send(announceOf("film", "bert", 1, ""))
	if got, want := b.receive(), `{"action":"announce","failure reason":"Too many requests","info_hash":`+name("film")+`}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	a.idle()
	c.advance(memberRate.every)
	b.send(announceOf("film", "bert", 1, ""))
	b.receive()
	a.receive()
}

// TestKnocks: who connects again and again does not take the turn of others.
func TestKnocks(t *testing.T) {
	t.Parallel()
	tr, url := serve(t, Config{Allow: allow("film"), Now: frozen().now, TrustProxy: loopback})
	flooder := source{addr: netip.MustParseAddr("192.0.2.1")}
	for range knockRate.burst {
		tr.clients.enter(flooder.addr, tr.cfg.Now(), 1<<20)
		tr.clients.leave(flooder.addr)
	}
	for range upgradeRate.burst {
		if status, _ := tr.enter(flooder); status != http.StatusTooManyRequests {
			t.Fatalf("the flooder: got %d, want 429", status)
		}
	}
	dialAs(t, url, "192.0.2.2").join("film", "anna", 1)
}

// TestQuestions: a stranger's guesses do not keep the database busy, and who
// watches with that address goes on.
func TestQuestions(t *testing.T) {
	t.Parallel()
	list := allow("film")
	tr, url := serve(t, Config{Allow: list, Now: frozen().now})
	viewer := dial(t, url)
	viewer.join("film", "anna", 1)
	for i := range askRate.burst + 100 {
		tr.vet(idOf(fmt.Sprint("guess", i)), netip.MustParseAddr("127.0.0.1"), false)
	}
	if got := list.asked; got != int(askRate.burst) {
		t.Errorf("questions: got %d, want %d", got, askRate.burst)
	}
	viewer.join("film", "anna", 1)
	dial(t, url).join("film", "bert", 2)
}

// TestManyIDs: one socket cannot fill a swarm with itself.
func TestManyIDs(t *testing.T) {
	t.Parallel()
	tr, url := serve(t, Config{Allow: allow("film")})
	b := dial(t, url)
	for i := range maxPerSwarm + 3 {
		b.send(announceOf("film", fmt.Sprint("sybil", i), 0, ""))
		b.receive()
	}
	if got := tr.Stats().Members; got != maxPerSwarm {
		t.Errorf("members: got %d, want %d", got, maxPerSwarm)
	}
}

// TestSlowReader: who does not read is cut off, and holds nobody up.
func TestSlowReader(t *testing.T) {
	t.Parallel()
	patient := usual
	patient.Write = time.Hour
	tr, url := serveWith(t, Config{Allow: allow("film")}, patient)
	good := dial(t, url)
	good.join("film", "anna", 1)
	slow := rawDial(t, url)
	var names []string
	for i := range maxScrape {
		names = append(names, name(fmt.Sprint("hash", i)))
	}
	ask := `{"action":"scrape","info_hash":[` + strings.Join(names, ",") + `]}`
	for range socketRate.burst - 1 {
		if _, err := slow.Write(masked(opText, true, ask)); err != nil {
			break
		}
	}
	await(t, "the slow reader to be cut off", func() bool { return tr.Stats().Refused["slow_reader"] == 1 && tr.Stats().Sockets == 1 })
	good.idle()
}

// TestCampus: three hundred viewers behind one address, and a seeder of a
// thousand videos, are served like anybody, though one of them asks for what is
// not ours.
func TestCampus(t *testing.T) {
	t.Parallel()
	list := allow("film")
	for i := range 1000 {
		list.known[idOf(fmt.Sprint("film", i))] = true
	}
	tr, url := serve(t, Config{Allow: list})
	for i := range 300 {
		b := dial(t, url)
		b.send(announceOf("film", fmt.Sprint("viewer", i), 5, ""))
		if got := b.receive(); !strings.Contains(got, fmt.Sprintf(`"incomplete":%d,`, i+1)) {
			t.Fatalf("viewer %d: got %s", i, got)
		}
	}
	seeder := dial(t, url)
	for i := range 500 {
		seeder.join(fmt.Sprint("film", i), fmt.Sprint("seeder", i), 1)
	}
	stray := dial(t, url)
	stray.send(announceOf("other", "stray", 0, ""))
	if got := stray.receive(); !strings.Contains(got, "Unknown infoHash") {
		t.Errorf("the stray: got %s", got)
	}
	stray.closed()
	dial(t, url).join("film500", "late", 1)
	for reason, n := range tr.Stats().Refused {
		if n != 0 && reason != "unknown_hash" {
			t.Errorf("refused for %s: got %d, want 0", reason, n)
		}
	}
}
