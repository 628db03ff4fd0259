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

// TestUnknownHash: we are nobody's open tracker. The address that asks is shut
// out for three minutes, as PeerTube does; who is in stays.
func TestUnknownHash(t *testing.T) {
	t.Parallel()
	c := frozen()
	list := allow("film")
	_, url := serve(t, Config{Allow: list, Now: c.now, TrustProxy: loopback})
	inside := dialAs(t, url, "192.0.2.3")
	inside.join("film", "anna", 1)
	b := dialAs(t, url, "192.0.2.1")
	b.send(announceOf("other", "bert", 1, ""))
	want := fmt.Sprintf(`{"action":"announce","failure reason":"Unknown infoHash %x requested by ip 192.0.2.1","info_hash":%s}`, idOf("other"), name("other"))
	if got := b.receive(); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := b.closed(); got != websocket.StatusNoStatusRcvd {
		t.Errorf("closed with %d, want no status", got)
	}
	c.advance(blockTime - time.Second)
	if _, got := tryDial(t, url, "192.0.2.1"); got != http.StatusForbidden {
		t.Errorf("after 179 s: got %d, want 403", got)
	}
	dialAs(t, url, "192.0.2.2").join("film", "carl", 2)
	inside.idle()
	c.advance(2 * time.Second)
	dialAs(t, url, "192.0.2.1").join("film", "bert", 3)
}

// TestAllowListIsKept: the database is asked once a minute, and a new video is
// let in at once when we are told.
func TestAllowListIsKept(t *testing.T) {
	t.Parallel()
	c := frozen()
	list := allow("film")
	tr, url := serve(t, Config{Allow: list, Now: c.now})
	b := dial(t, url)
	for range 3 {
		b.send(announceOf("film", "anna", 0, ""))
		b.receive()
	}
	if list.asked != 1 {
		t.Errorf("asked %d times, want 1", list.asked)
	}
	c.advance(allowTime)
	b.send(announceOf("film", "anna", 0, ""))
	b.receive()
	if list.asked != 2 {
		t.Errorf("after a minute: asked %d times, want 2", list.asked)
	}
	list.known[idOf("film")] = false
	tr.Forget(idOf("film"))
	b.send(announceOf("film", "anna", 0, ""))
	if got := b.receive(); !strings.Contains(got, "Unknown infoHash") {
		t.Errorf("after Forget: got %s", got)
	}
}

// TestAllowListFails: a broken database shuts nobody out.
func TestAllowListFails(t *testing.T) {
	t.Parallel()
	list := allow("film")
	list.err = http.ErrServerClosed
	_, url := serve(t, Config{Allow: list})
	b := dial(t, url)
	b.send(announceOf("film", "anna", 0, ""))
	if got := b.receive(); !strings.Contains(got, string(errBusy)) {
		t.Errorf("got %s", got)
	}
	list.mu.Lock()
	list.err = nil
	list.mu.Unlock()
	b.join("film", "anna", 1)
}

// TestIntroductions: whoever answers every offer to learn addresses, or makes
// offers to everybody, or comes again under another name, meets a bounded number
// of viewers.
func TestIntroductions(t *testing.T) {
	t.Parallel()
	clock := frozen()
	tr, url := serve(t, Config{Allow: allow("film"), Now: clock.now})
	observer := dial(t, url)
	observer.join("film", "observer", 1)
	most := int(meetRate.burst)
	for i := range most / 2 {
		b := dial(t, url)
		b.send(announceOf("film", fmt.Sprint("viewer", i), 1, ""))
		b.receive()
		b.send(announceOf("film", fmt.Sprint("viewer", i), 0, `,"event":"stopped"`))
		b.receive()
	}
	crowd := dial(t, url)
	for i := range maxPerSwarm {
		crowd.join("film", fmt.Sprint("other", i), i+2)
	}
	for _, name := range []string{"observer", "guise", "disguise"} {
		for range 12 {
			observer.send(announceOf("film", name, 4, ""))
		}
		observer.send(announceOf("film", name, 0, `,"event":"stopped"`))
	}
	observer.settle()
	if got := tr.Stats().Relayed; got != int64(most) {
		t.Errorf("introductions: got %d, want %d", got, most)
	}
	clock.advance(10 * meetRate.every)
	observer.send(announceOf("film", "observer", 20, ""))
	observer.settle()
	if got := tr.Stats().Relayed - int64(most); got != 4 {
		t.Errorf("20 s later: got %d more, want one of each other", got)
	}
}

// TestScrapeAll: nobody gets a list of what is watched.
func TestScrapeAll(t *testing.T) {
	t.Parallel()
	_, url := serve(t, Config{Allow: allow("film")})
	b := dial(t, url)
	b.join("film", "anna", 1)
	b.send(`{"action":"scrape"}`)
	if got, want := b.receive(), `{"action":"scrape","files":{},"flags":{"min_request_interval":600}}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestForwarded: only a trusted proxy names the client.
func TestForwarded(t *testing.T) {
	t.Parallel()
	trusted := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	tests := []struct {
		name, remote string
		forwarded    []string
		want         string
		proxy        bool
	}{
		{"direct", "192.0.2.9:1", nil, "192.0.2.9", false},
		{"direct, spoofed", "192.0.2.9:1", []string{"198.51.100.1"}, "192.0.2.9", false},
		{"direct, spoofing the proxy", "192.0.2.9:1", []string{"127.0.0.1"}, "192.0.2.9", false},
		{"proxy", "127.0.0.1:1", []string{"192.0.2.9"}, "192.0.2.9", false},
		{"proxy, client spoofed", "127.0.0.1:1", []string{"198.51.100.1, 192.0.2.9"}, "192.0.2.9", false},
		{"proxy, client spoofed the proxy", "127.0.0.1:1", []string{"127.0.0.1, 192.0.2.9"}, "192.0.2.9", false},
		{"two proxies", "127.0.0.1:1", []string{"198.51.100.1", "192.0.2.9, 10.1.2.3"}, "192.0.2.9", false},
		{"proxy that names nobody", "127.0.0.1:1", nil, "127.0.0.1", false},
		{"garbage", "127.0.0.1:1", []string{"evil' OR 1"}, "127.0.0.1", true},
		{"garbage behind a client", "127.0.0.1:1", []string{"evil, 192.0.2.9"}, "192.0.2.9", false},
		{"IPv6", "[::1]:1", []string{"2001:db8::1"}, "2001:db8::1", false},
		{"IPv4 in IPv6", "[::ffff:127.0.0.1]:1", []string{"::ffff:192.0.2.9"}, "192.0.2.9", false},
	}
	for _, tt := range tests {
		r, err := http.NewRequest(http.MethodGet, "http://x/tracker/socket", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.RemoteAddr = tt.remote
		r.Header["X-Forwarded-For"] = tt.forwarded
		if got := sourceOf(r, trusted); got.addr.String() != tt.want || got.proxy != tt.proxy {
			t.Errorf("%s: got %v, want %s proxy=%v", tt.name, got, tt.want, tt.proxy)
		}
	}
}

// TestProxyIsNotBlocked: a proxy that garbles its header keeps its clients.
func TestProxyIsNotBlocked(t *testing.T) {
	t.Parallel()
	_, url := serve(t, Config{Allow: allow("film"), TrustProxy: loopback})
	b := dialAs(t, url, "unknown")
	b.send(announceOf("other", "anna", 0, ""))
	b.closed()
	dialAs(t, url, "unknown").join("film", "anna", 1)
}

// TestTakenID: an id belongs to the socket that used it first. From the same
// address it may come back, because a browser that lost its connection does.
func TestTakenID(t *testing.T) {
	t.Parallel()
	_, url := serve(t, Config{Allow: allow("film"), TrustProxy: loopback})
	victim, viewer := dialAs(t, url, "192.0.2.1"), dialAs(t, url, "192.0.2.3")
	victim.join("film", "anna", 1)
	thief := dialAs(t, url, "192.0.2.2")
	thief.send(announceOf("film", "anna", 0, ""))
	if got, want := thief.receive(), `{"action":"announce","failure reason":"invalid peer_id","info_hash":`+name("film")+`}`; got != want {
		t.Fatalf("got %s, want %s", got, want)
	}
	thief.send(announceOf("film", "anna", 0, `,"event":"stopped"`))
	thief.receive()
	viewer.send(announceOf("film", "bert", 1, ""))
	viewer.receive()
	if got := victim.receive(); !strings.Contains(got, `"offer_id":`+name("bert0")) {
		t.Errorf("the victim: got %s, want bert's offer", got)
	}
	again := dialAs(t, url, "192.0.2.1")
	again.join("film", "anna", 2)
	victim.send(announceOf("film", "anna", 0, `,"event":"stopped"`))
	victim.receive()
	again.join("film", "anna", 2)
}

// TestDeadOwner: an id whose socket shows no life becomes free soon.
func TestDeadOwner(t *testing.T) {
	t.Parallel()
	short := usual
	short.Probe, short.Tick = 50*time.Millisecond, 5*time.Millisecond
	tr, url := serveWith(t, Config{Allow: allow("film"), TrustProxy: loopback}, short)
	dead := rawDialAs(t, url, "192.0.2.1")
	if _, err := dead.Write(masked(opText, true, announceOf("film", "anna", 0, ""))); err != nil {
		t.Fatal(err)
	}
	await(t, "the membership", func() bool { return tr.Stats().Members == 1 })
	b := dialAs(t, url, "192.0.2.2")
	b.send(announceOf("film", "anna", 0, ""))
	b.receive()
	await(t, "the dead owner to go", func() bool { return tr.Stats().Members == 0 })
	b.join("film", "anna", 1)
}

// TestAnswers: an answer goes to the peer whose offer it answers, once, and
// only from whom the offer was given to.
func TestAnswers(t *testing.T) {
	t.Parallel()
	tr, url := serve(t, Config{Allow: allow("film", "song")})
	a, b, other := dial(t, url), dial(t, url), dial(t, url)
	a.join("film", "anna", 1)
	other.join("song", "carl", 1)
	b.send(announceOf("film", "bert", 1, ""))
	b.receive()
	a.receive()
	for _, tt := range []struct {
		name string
		from *browser
		text string
	}{
		{"offer of nobody", a, answerOf("film", "anna", "bert", "invented")},
		{"peer of another swarm", other, answerOf("song", "carl", "bert", "bert0")},
		{"peer of another swarm, in its own", a, answerOf("film", "anna", "carl", "bert0")},
		{"offer given to another", other, answerOf("film", "carl", "bert", "bert0")},
		{"itself", a, answerOf("film", "anna", "anna", "bert0")},
	} {
		tt.from.send(tt.text)
		tt.from.idle()
		b.idle()
		other.idle()
		_ = tt.name
	}
	a.send(answerOf("film", "anna", "bert", "bert0"))
	want := `{"action":"announce","answer":{"type":"answer","sdp":"v=0 anna"},"offer_id":` + name("bert0") + `,"peer_id":` + name("anna") + `,"info_hash":` + name("film") + `}`
	if got := b.receive(); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	a.send(answerOf("film", "anna", "bert", "bert0"))
	a.idle()
	b.idle()
	if got := tr.Stats().Refused["stray_answer"]; got != 6 {
		t.Errorf("stray answers: got %d, want 6", got)
	}
}
