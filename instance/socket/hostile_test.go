package socket

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// Without a log-in nobody hears anything, and what is refused says why.
func TestRefused(t *testing.T) {
	w := newWorld(t, nil)
	for query, want := range map[string]string{
		"EIO=3&transport=polling": badProtocol, "transport=polling": badProtocol, "EIO=4": noTransport, "EIO=4&transport=carrier-pigeon": noTransport,
		"EIO=4&transport=polling&sid=nope": noSession, "EIO=4&transport=websocket&sid=nope": noSession,
	} {
		if status, got := w.do("GET", query, ""); status != 400 || got != want {
			t.Errorf("%s: got %d %s", query, status, got)
		}
	}
	if status, got := w.do("POST", "EIO=4&transport=polling", "40"); status != 400 || got != badMethod {
		t.Errorf("got %d %s", status, got)
	}
	id := w.poller("", "/live-videos")
	for _, tt := range []struct{ packet, want string }{ // in order: a token that was shown is remembered
		{"40/user-notifications,", `44/user-notifications,{"message":"No access token provided"}`},
		{`40/user-notifications,{"accessToken":"bad"}`, `44/user-notifications,{"message":"Invalid access token."}`},
		{"40/nowhere,", `44/nowhere,{"message":"Invalid namespace"}`},
		{`40/runners,{"accessToken":"` + w.token["bob"] + `"}`, `44/runners,{"message":"Invalid namespace"}`},
	} {
		w.post(id, tt.packet)
		if got := w.poll(id); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.packet, got, tt.want)
		}
	}
	w.post(id, `40/user-notifications,{"accessToken":"`+w.token["bob"]+`"}`)
	if got := w.poll(id); !strings.HasPrefix(got, `40/user-notifications,{"sid":`) {
		t.Errorf("a token of the connect packet: got %s", got)
	}
}

// What is no packet, too much, or too often ends the session.
func TestHostile(t *testing.T) {
	w := newWorld(t, nil)
	for name, body := range map[string]string{
		"empty": "", "unknown packet": "9", "binary": "b4AAAA", "binary event": `451-["x",{"_placeholder":true,"num":0}]`, "no event": "42[]",
		"no array": `42{"a":1}`, "broken": `42["subscribe",{`, "deep": "42" + strings.Repeat("[", 12000), "ack": "430[]", "error": "44/x,{}",
		"long name": "40/" + strings.Repeat("a", 100) + ",", "odd name": "40/a\x00b,", "quoted": `40/a"b,`, "no text": "40/\xff,", "closed": "1",
		"too many": strings.Repeat("6"+separator, 100) + "6", "too large": "4" + strings.Repeat("a", maxPayload), "many arguments": `42/live-videos,[` + strings.Repeat("1,", 100) + "1]",
	} {
		id := w.poller("", lives)
		w.post(id, body)
		w.ended(id)
		if status, _ := w.do("GET", "EIO=4&transport=polling&sid="+id, ""); status != 400 {
			t.Errorf("%s: got %d", name, status)
		}
	}
	id := w.poller("", lives)
	for range 10 {
		w.post(id, strings.Repeat("6"+separator, maxPackets-1)+"6")
	}
	w.ended(id)
	c := w.dial("")
	// It may be cut off in the middle.
	_ = c.Write(t.Context(), websocket.MessageText, []byte(strings.Repeat("4", maxPayload+1)))
	for {
		if _, _, err := c.Read(t.Context()); err != nil {
			break
		}
	}
	w.eventually("all sessions are gone", func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		return len(w.sessions) == 0
	})
}

// Nobody can hold more than their part of the sessions, subscribe to everything,
// or have us keep what they do not fetch.
func TestBounds(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.MaxSessions, c.MaxPerNetwork, c.MaxPerUser = 6, 4, 2 })
	var ids []string
	for range 2 {
		ids = append(ids, w.poller(w.token["bob"], notifications))
	}
	third := w.poller("", lives)
	w.post(third, `40/user-notifications,{"accessToken":"`+w.token["bob"]+`"}`)
	if got := w.poll(third); got != `44/user-notifications,{"message":"Too many connections"}` {
		t.Errorf("a third of one user: got %s", got)
	}
	w.poller("", lives)
	for i, from := range []string{"192.0.2.1", "::ffff:192.0.2.1"} {
		if status, _ := w.do("GET", "EIO=4&transport=polling", "", "X-Test-From", from); status != 503 {
			t.Errorf("%d: one more of one address: got %d", i, status)
		}
	}
	for _, from := range []string{"2001:db8::1", "2001:db8::2"} {
		if status, _ := w.do("GET", "EIO=4&transport=polling", "", "X-Test-From", from); status != 200 {
			t.Errorf("%s: got %d", from, status)
		}
	}
	if status, _ := w.do("GET", "EIO=4&transport=polling", "", "X-Test-From", "2001:db8:1::1"); status != 503 {
		t.Errorf("one more in all: got %d", status)
	}
	for i := range maxRooms + 10 {
		w.post(third, fmt.Sprintf(`42/live-videos,["subscribe",{"videoId":%d}]`, i+1))
	}
	w.mu.Lock()
	rooms := len(w.sessions[third].rooms)
	w.mu.Unlock()
	if rooms != maxRooms {
		t.Errorf("got %d rooms", rooms)
	}
	for i := range maxWaiting + 10 { // nobody polls
		w.find(ids[0]).send(fmt.Sprint(i))
		if w.find(ids[0]) == nil {
			break
		}
	}
	w.ended(ids[0])
}

// Who does not answer pings is not there; who joins nothing is not wanted; two
// polls at once are a mistake.
func TestGone(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.PingInterval, c.PingTimeout = 40*time.Millisecond, 40*time.Millisecond })
	id := w.poller(w.token["bob"], notifications)
	for range 3 { // who answers stays
		if got := w.poll(id); got != "2" {
			t.Fatalf("got %q, want a ping", got)
		}
		w.post(id, "3")
	}
	w.ended(id) // and who stops to does not
	slow := newWorld(t, nil)
	id = slow.poller("", lives)
	first := make(chan string, 1)
	go func() { first <- slow.poll(id) }()
	slow.eventually("a poll waits", func() bool {
		one := slow.find(id)
		one.mu.Lock()
		defer one.mu.Unlock()
		return one.polled
	})
	if status, _ := slow.do("GET", "EIO=4&transport=polling&sid="+id, ""); status != 400 {
		t.Errorf("a second poll: got %d", status)
	}
	if got := <-first; got != "1" {
		t.Errorf("the first poll got %q", got)
	}
	slow.ended(id)
	id = func() string { // joins nothing
		_, body := slow.do("GET", "EIO=4&transport=polling", "")
		var hello struct{ SID string }
		slow.must(json.Unmarshal([]byte(body[1:]), &hello))
		return hello.SID
	}()
	slow.find(id).tick(time.Now().Add(helloLimit + time.Second))
	slow.ended(id)
}

// Packets are bytes of strangers.
func FuzzPacket(f *testing.F) {
	for _, s := range []string{
		"0", `0/user-notifications,{"accessToken":"x"}`, "1/live-videos,", `2/live-videos,["subscribe",{"videoId":7}]`, `2/live-videos,12["a",1]`,
		`51-["x",{"_placeholder":true,"num":0}]`, "0/a?b=c,{}", "2[[[[", "\x1e", "4\xff",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		_, _ = split(s)
		m, err := readMessage(s)
		if err != nil {
			return
		}
		if m.namespace == "" || m.namespace[0] != '/' || len(m.namespace) > maxNamespace || strings.ContainsFunc(m.namespace, notInNames) {
			t.Fatalf("%q: got namespace %q", s, m.namespace)
		}
		if len(m.data) > 0 && !json.Valid(m.data) {
			t.Fatalf("%q: got data %q", s, m.data)
		}
		again, err := readMessage(refusal(m.namespace, "x")[1:])
		if err == nil {
			t.Fatalf("a refusal is no packet of clients: got %+v", again)
		}
	})
}
