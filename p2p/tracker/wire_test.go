package tracker

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestDecode(t *testing.T) {
	t.Parallel()
	ids := `"info_hash":` + name("film") + `,"peer_id":` + name("anna")
	tests := []struct {
		name, frame, want string // want is a failure, empty when it is good
		check             func(*message) bool
	}{
		{name: "announce", frame: `{"action":"announce",` + ids + `}`, check: func(m *message) bool {
			return m.action == announce && m.hash == idOf("film") && m.peer == idOf("anna") && m.event == update && !m.seeder
		}},
		{name: "unknown fields, white space", frame: " { \"x\" : [ 1 , {\"y\":null} , -1.5e+3 ] , \"action\" : \"announce\" , " + ids + " } \n", check: func(m *message) bool { return m.peer == idOf("anna") }},
		{name: "the last of a repeated field", frame: `{"action":"nope",` + ids + `,"action":"announce"}`, check: func(m *message) bool { return m.action == announce }},
		{name: "seeder", frame: `{"action":"announce",` + ids + `,"left":0}`, check: func(m *message) bool { return m.seeder }},
		{name: "left in words", frame: `{"action":"announce",` + ids + `,"left":1000}`, check: func(m *message) bool { return !m.seeder }},
		{name: "escaped id", frame: `{"action":"announce","info_hash":"\u00ff\u0000\"\\\/\b\f\n\r\tabcdefghij","peer_id":` + name("anna") + `}`, check: func(m *message) bool {
			return string(m.hash[:]) == "\xff\x00\"\\/\b\f\n\r\tabcdefghij"
		}},
		{name: "paused", frame: `{"action":"announce",` + ids + `,"event":"paused"}`, check: func(m *message) bool { return m.event == update }},
		{name: "event of no kind", frame: `{"action":"announce",` + ids + `,"event":7}`, check: func(m *message) bool { return m.event == badEvent }},
		{name: "offers of no use", frame: `{"action":"announce",` + ids + `,"offers":[1,{},{"offer":{"type":"answer","sdp":"x"},"offer_id":` + name("o") + `},{"offer":{"type":"offer","sdp":7},"offer_id":` + name("o") + `},{"offer":{"type":"offer","sdp":"x"},"offer_id":"short"},{"offer_id":` + name("good") + `,"offer":{"sdp":"x","type":"offer"}}]}`,
			check: func(m *message) bool {
				return len(m.offers) == 1 && m.offers[0].id == idOf("good") && string(m.offers[0].sdp) == `"x"`
			}},
		{name: "offers that are none", frame: `{"action":"announce",` + ids + `,"offers":"many"}`, check: func(m *message) bool { return len(m.offers) == 0 }},
		{name: "no answer", frame: `{"action":"announce",` + ids + `,"answer":null}`, check: func(m *message) bool { return len(m.answer) == 0 }},
		{name: "scrape of many", frame: `{"action":"scrape","info_hash":[` + name("film") + `,` + name("song") + `]}`, check: func(m *message) bool { return len(m.hashes) == 2 && m.hashes[1] == idOf("song") }},
		{name: "nineteen bytes", frame: `{"action":"announce","info_hash":"1234567890123456789","peer_id":` + name("anna") + `}`, want: "invalid info_hash"},
		{name: "twenty-one bytes", frame: `{"action":"announce","info_hash":"123456789012345678901","peer_id":` + name("anna") + `}`, want: "invalid info_hash"},
		{name: "a rune above a byte", frame: `{"action":"announce",` + ids + `,"peer_id":"1234567890123456789Ā"}`, want: "invalid peer_id"},
		{name: "an id that is a number", frame: `{"action":"announce",` + ids + `,"peer_id":12345678901234567890}`, want: "invalid peer_id"},
		{name: "answer to nobody", frame: `{"action":"announce",` + ids + `,"answer":{"type":"answer","sdp":"x"}}`, want: "invalid `to_peer_id` (required with `answer`)"},
		{name: "answer of no kind", frame: `{"action":"announce",` + ids + `,"to_peer_id":` + name("bert") + `,"offer_id":` + name("o") + `,"answer":7}`, want: "invalid answer"},
		{name: "action that is long", frame: `{"action":"` + strings.Repeat("x", 100) + `"}`, want: "invalid action in WS request: " + strings.Repeat("x", 32)},
		{name: "no action", frame: `{}`, want: "invalid action in WS request: undefined"},
		{name: "scrape of a short hash", frame: `{"action":"scrape","info_hash":["short"]}`, want: "invalid info_hash"},
		{name: "empty", frame: ``, want: "invalid JSON"},
		{name: "list", frame: `[]`, want: "invalid JSON"},
		{name: "two", frame: `{}{}`, want: "invalid JSON"},
		{name: "trailing comma", frame: `{"action":"scrape",}`, want: "invalid JSON"},
		{name: "open string", frame: `{"action":"scrape`, want: "invalid JSON"},
		{name: "bad escape", frame: `{"action":"\x"}`, want: "invalid JSON"},
		{name: "leading nought", frame: `{"left":01}`, want: "invalid JSON"},
		{name: "not UTF-8", frame: "{\"action\":\"\xff\"}", want: "invalid JSON"},
		{name: "too deep", frame: `{"x":` + strings.Repeat("[", 30<<10) + strings.Repeat("]", 30<<10) + `}`, want: "invalid JSON"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var m message
			err := m.decode([]byte(tt.frame))
			switch {
			case tt.want != "" && (err == nil || err.Error() != tt.want):
				t.Errorf("got %v, want %q", err, tt.want)
			case tt.want == "" && (err != nil || !tt.check(&m)):
				t.Errorf("got %v, %+v", err, m)
			}
		})
	}
}

// TestBinary: every byte survives the way out and back.
func TestBinary(t *testing.T) {
	t.Parallel()
	for first := range 256 {
		var v, back id
		for i := range v {
			v[i] = byte(first + i*13)
		}
		text := appendBinary(nil, &v)
		if !readID(text, &back) || back != v || !json.Valid(text) {
			t.Errorf("%x: wrote %s, read %x", v, text, back)
		}
	}
}

// FuzzDecode: no frame may panic, and whatever we would pass on to others is
// JSON and UTF-8, because a browser ends the connection of who sends it less.
func FuzzDecode(f *testing.F) {
	data, err := os.ReadFile(filepath.Join(vectors, "dialogue.json"))
	if err != nil {
		f.Fatal(err)
	}
	var file struct {
		Servers map[string]struct{ Websocket []frame }
	}
	if err := json.Unmarshal(data, &file); err != nil {
		f.Fatal(err)
	}
	for _, s := range file.Servers["peertube"].Websocket {
		f.Add([]byte(s.JSON))
	}
	f.Add([]byte(`{"action":"scrape","info_hash":["\u00ff"]}`))
	f.Add([]byte(announceOf("film", "node", 1, `,"vidiverse":{"key":"AA","at":1,"sign":"AA"}`)))
	f.Fuzz(func(t *testing.T, frame []byte) {
		var m message
		err := m.decode(frame)
		var out [][]byte
		if err != nil {
			out = append(out, appendFailure(nil, err.Error(), &m.hash))
		} else if !json.Valid(frame) {
			t.Errorf("took %q, which is no JSON", frame)
		}
		if len(m.answer) > 0 {
			out = append(out, appendRelay(nil, "answer", m.answer, &m.offerID, &m.peer, &m.hash))
		}
		for i := range m.offers {
			out = append(out, appendRelay(nil, "offer", m.offers[i].sdp, &m.offers[i].id, &m.peer, &m.hash))
		}
		for _, b := range out {
			if !json.Valid(b) || !utf8.Valid(b) || len(b) > maxSDP+1024 {
				t.Errorf("would send %q", b)
			}
		}
	})
}

// FuzzQuery: no query may panic, and what was read of it is within bounds.
func FuzzQuery(f *testing.F) {
	f.Add("info_hash=%79%75%34%6e%5a%6c%72%6a%4b%2f%31%7a%78%51%78%62%6d%6f%30%51&peer_id=%2d%47%4f%30%30%30%31%2d%00%ff%7f%80%c0%e9%22%5c%0a%0d%09%08&port=6881&left=0&compact=1&event=started&numwant=99")
	f.Add("info_hash=abc&port=0&%zz=%")
	f.Fuzz(func(t *testing.T, query string) {
		a, err := parseAsk(query, loopback[0].Addr())
		if err == nil && (a.want < 1 || a.want > maxWant || a.addr.Port() == 0) {
			t.Errorf("%q: got %+v", query, a)
		}
		if h, _ := parseScrape(query); len(h) > maxScrape {
			t.Errorf("%q: got %d hashes", query, len(h))
		}
	})
}

// TestHosts: the memory of torrent programs in a swarm is bounded.
func TestHosts(t *testing.T) {
	t.Parallel()
	var r registry
	now := frozen().now()
	for port := range maxHosts + 10 {
		q := fmt.Sprintf("info_hash=%s&peer_id=%s&left=0&port=%d", strings.Repeat("h", 20), strings.Repeat("p", 20), port+1)
		a, err := parseAsk(q, loopback[0].Addr())
		if err != nil {
			t.Fatal(err)
		}
		complete, _, peers := r.join(&a, now)
		if complete > maxHosts || len(peers) > defaultWant {
			t.Fatalf("got %d seeds, %d peers", complete, len(peers))
		}
	}
	if _, _, _, hosts := r.size(); hosts != maxHosts {
		t.Errorf("hosts: got %d, want %d", hosts, maxHosts)
	}
}

// FuzzForwarded: whatever a client writes in X-Forwarded-For, its address is one,
// and its own where no proxy is trusted.
func FuzzForwarded(f *testing.F) {
	f.Add("192.0.2.1, 198.51.100.7")
	f.Add("fe80::1%eth0,::ffff:192.0.2.1,")
	f.Add(strings.Repeat(",", 1000))
	f.Fuzz(func(t *testing.T, header string) {
		r := &http.Request{RemoteAddr: "127.0.0.1:4000", Header: http.Header{"X-Forwarded-For": {header}}}
		if src := sourceOf(r, nil); src.addr != netip.MustParseAddr("127.0.0.1") || src.proxy {
			t.Errorf("%q: a stranger is %v", header, src)
		}
		src := sourceOf(r, loopback)
		if !src.addr.IsValid() || src.addr.Zone() != "" || src.addr.Is4In6() {
			t.Errorf("%q: got %v", header, src.addr)
		}
		clientKey(src.addr)
		networkOf(src)
	})
}
