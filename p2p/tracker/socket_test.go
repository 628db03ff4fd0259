package tracker

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestGhosts: a closed socket leaves nothing behind, in any of its swarms.
func TestGhosts(t *testing.T) {
	t.Parallel()
	tr, url := serve(t, Config{Allow: allow("film", "song", "talk")})
	b := dial(t, url)
	for _, hash := range []string{"film", "song", "talk"} {
		b.join(hash, "anna "+hash, 1)
	}
	b.join("film", "second", 2)
	_ = b.ws.CloseNow()
	await(t, "the memberships to end", func() bool { s := tr.Stats(); return s.Members == 0 && s.Swarms == 0 && s.Sockets == 0 })
}

// TestIdleMember: who stopped announcing goes, though its socket is alive.
func TestIdleMember(t *testing.T) {
	t.Parallel()
	c := frozen()
	tr, url := serve(t, Config{Allow: allow("film", "song"), Now: c.now})
	b := dial(t, url)
	b.join("film", "anna", 1)
	c.advance(idleTime)
	b.join("song", "anna", 1)
	c.advance(2 * time.Second)
	tr.sweep()
	if s := tr.Stats(); s.Members != 1 || s.Swarms != 1 {
		t.Errorf("got %d members in %d swarms, want 1 in 1", s.Members, s.Swarms)
	}
	b.join("film", "anna", 1)
}

// Opcodes of RFC 6455.
const (
	opText = 0x1
	opPing = 0x9
)

// rawDial connects without a websocket library, for frames none would send.
func rawDial(t *testing.T, url string) net.Conn { t.Helper(); return rawDialAs(t, url, "192.0.2.200") }

func rawDialAs(t *testing.T, url, forwarded string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	fmt.Fprintf(conn, "GET /tracker/socket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-Forwarded-For: %s\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Extensions: permessage-deflate\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n", forwarded)
	br := bufio.NewReaderSize(conn, 16)
	status, err := br.ReadString('\n')
	if err != nil || !strings.Contains(status, "101") {
		t.Fatalf("upgrade: %q, %v", status, err)
	}
	for {
		line, err := br.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(line, "Sec-WebSocket-Extensions") {
			t.Errorf("compression was agreed: %s", line)
		}
		if line == "\r\n" {
			return conn
		}
	}
}

// masked is a client's frame under a mask of zeros.
func masked(opcode byte, fin bool, payload string) []byte {
	if fin {
		opcode |= 0x80
	}
	b := []byte{opcode}
	if n := len(payload); n < 126 {
		b = append(b, 0x80|byte(n))
	} else {
		b = append(b, 0x80|126, byte(n>>8), byte(n))
	}
	return append(append(b, 0, 0, 0, 0), payload...)
}

// TestSilentSocket: who does not announce is let go, whatever else it sends.
func TestSilentSocket(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		send []string
	}{
		{"says nothing", nil},
		{"says nothing but pings", []string{string(masked(opPing, true, "x"))}},
		{"talks of other things", []string{string(masked(opText, true, `{"action":"scrape"}`))}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			limits := usual
			limits.Hello, limits.Tick = 200*time.Millisecond, 5*time.Millisecond
			tr, url := serveWith(t, Config{Allow: allow("film")}, limits)
			go pour(rawDial(t, url), tt.send, true)
			await(t, "the socket to end", func() bool { return tr.Stats().Sockets == 0 })
			if got := tr.Stats().Refused["flood"]; got != 0 {
				t.Error("it ended as a flood, not for its silence")
			}
		})
	}
}

// TestBrokenFrame: its sender's memberships end at once, with the reason still
// on its way.
func TestBrokenFrame(t *testing.T) {
	t.Parallel()
	limits := usual
	limits.Close = time.Hour
	tr, url := serveWith(t, Config{Allow: allow("film")}, limits)
	conn := rawDial(t, url)
	pour(conn, []string{string(masked(opText, true, announceOf("film", "anna", 0, "")))}, false)
	await(t, "the announce", func() bool { return tr.Stats().Members == 1 })
	pour(conn, []string{"\x81\x01x"}, false)
	await(t, "the membership to end", func() bool { return tr.Stats().Members == 0 })
	if got := tr.Stats().Sockets; got != 1 {
		t.Errorf("sockets: got %d, want 1", got)
	}
}

// pour writes pieces, the last again and again if so asked, until it cannot.
func pour(conn net.Conn, pieces []string, again bool) {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for i := 0; len(pieces) > 0; i++ {
		if i >= len(pieces) && !again {
			return
		}
		<-tick.C
		if _, err := conn.Write([]byte(pieces[min(i, len(pieces)-1)])); err != nil {
			return
		}
	}
}

// TestPingFlood: pings count as frames.
func TestPingFlood(t *testing.T) {
	t.Parallel()
	tr, url := serve(t, Config{Allow: allow("film"), Now: frozen().now})
	conn := rawDial(t, url)
	for range socketRate.burst + 1 {
		if _, err := conn.Write(masked(opPing, true, "")); err != nil {
			break
		}
	}
	await(t, "the flood to be refused", func() bool { return tr.Stats().Refused["flood"] == 1 })
}

// TestStampede: after a restart everybody comes at once. Who cannot be served
// in time is told to come back, and announces are spread.
func TestStampede(t *testing.T) {
	t.Parallel()
	c := frozen()
	tr, url := serve(t, Config{Allow: allow("film"), Now: c.now})
	for range upgradeRate.burst {
		tr.ramp.enter(c.now())
	}
	resp, err := http.DefaultClient.Do(upgradeRequest(t, url))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("Retry-After") == "" {
		t.Errorf("got %d, Retry-After %q, want 503 and a time", resp.StatusCode, resp.Header.Get("Retry-After"))
	}
	c.advance(time.Second)
	b := dial(t, url)
	spread := map[string]bool{}
	for range memberRate.burst {
		b.send(announceOf("film", "anna", 0, ""))
		spread[b.receive()] = true
	}
	if len(spread) < 2 {
		t.Error("everybody is told the same interval")
	}
	c.advance(time.Minute)
	b.join("film", "bert", 2)
}

func upgradeRequest(t *testing.T, url string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/tracker/socket", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Connection", "Upgrade")
	r.Header.Set("Upgrade", "websocket")
	r.Header.Set("Sec-WebSocket-Version", "13")
	r.Header.Set("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA==")
	return r
}

// TestCrowd: the number of sockets is bounded, of one address and of all.
func TestCrowd(t *testing.T) {
	t.Parallel()
	_, url := serve(t, Config{Allow: allow("film"), MaxSockets: 3, MaxSocketsPerAddress: 2, TrustProxy: loopback})
	dialAs(t, url, "192.0.2.1")
	dialAs(t, url, "192.0.2.1")
	if _, got := tryDial(t, url, "192.0.2.1"); got != http.StatusTooManyRequests {
		t.Errorf("third of an address: got %d, want 429", got)
	}
	dialAs(t, url, "2001:db8::1")
	if _, got := tryDial(t, url, "192.0.2.2"); got != http.StatusServiceUnavailable {
		t.Errorf("fourth of all: got %d, want 503", got)
	}
}

// TestStrict: with PeerTube's own limit on, the sixteenth is refused in its words.
func TestStrict(t *testing.T) {
	t.Parallel()
	_, url := serve(t, Config{Allow: allow("film"), RejectTooManyAnnounces: true})
	b := dial(t, url)
	for range strictMost {
		b.send(announceOf("film", "anna", 0, ""))
		b.receive()
	}
	b.send(announceOf("film", "anna", 0, ""))
	if got, want := b.receive(), fmt.Sprintf("Too many requests (16 of ip 127.0.0.1 for torrent %x)", idOf("film")); !strings.Contains(got, want) {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestDisabled refuses in PeerTube's words.
func TestDisabled(t *testing.T) {
	t.Parallel()
	_, url := serve(t, Config{Disabled: true})
	b := dial(t, url)
	b.send(announceOf("film", "anna", 0, ""))
	if got := b.receive(); !strings.Contains(got, "Tracker is disabled on this instance.") {
		t.Errorf("got %s", got)
	}
}
