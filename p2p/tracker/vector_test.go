package tracker

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"sort"
	"strings"
	"testing"
)

const vectors = "../../testdata/wire/tracker"

type frame struct {
	Peer    string
	Dir     string // client->server, server->client, close
	JSON    string
	Message json.RawMessage
	Code    int
	// The second capture spells Dir like this.
	Direction string
}

func load(t *testing.T, name string, v any) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(vectors, name))
	if err == nil {
		err = json.Unmarshal(data, v)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// ourOwn are the answers whose text is the JavaScript engine's, not the
// protocol's.
var ourOwn = map[string]string{
	`{"failure reason":"Unexpected token 'o', \"not json\" is not valid JSON"}`: `{"failure reason":"invalid JSON"}`,
}

// TestDialogue breaks when a stock player would not understand our tracker.
func TestDialogue(t *testing.T) {
	t.Parallel()
	var file struct {
		Servers map[string]struct {
			Websocket []frame
			HTTP      []struct{ Request, BodyHex string }
		}
	}
	load(t, "dialogue.json", &file)
	s := file.Servers["peertube"]
	if len(s.Websocket) == 0 || len(s.HTTP) == 0 {
		t.Fatal("the capture is empty")
	}
	_, url := serve(t, Config{Allow: not("bannedbannedbanned!!")})
	replay(t, url, s.Websocket, func(t *testing.T, f frame, got string) {
		want := f.JSON
		if own, ok := ourOwn[want]; ok {
			want = own
		}
		if got != want {
			t.Fatalf("got  %s\nwant %s", got, want)
		}
	})
	for _, h := range s.HTTP {
		want, err := hex.DecodeString(h.BodyHex)
		if err != nil {
			t.Fatal(err)
		}
		compareHTTP(t, url+"/tracker"+h.Request, want)
	}
}

// TestPeerTube replays what PeerTube 8.2 itself answered.
func TestPeerTube(t *testing.T) {
	t.Parallel()
	var file struct {
		Websocket []frame
		HTTP      []struct{ Path, BodyBase64 string }
	}
	load(t, "peertube.json", &file)
	tr, url := serve(t, Config{Allow: not(strings.Repeat("\x00", 20))})
	replay(t, url, file.Websocket, func(t *testing.T, f frame, got string) {
		var g, w any
		if json.Unmarshal([]byte(got), &g) != nil || json.Unmarshal(f.Message, &w) != nil || !reflect.DeepEqual(g, w) {
			t.Fatalf("got  %s\nwant %s", got, f.Message)
		}
	})
	await(t, "both sockets' memberships to end", func() bool { return tr.Stats().Members == 0 })
	for _, h := range file.HTTP {
		want, err := base64.StdEncoding.DecodeString(h.BodyBase64)
		if err != nil {
			t.Fatal(err)
		}
		compareHTTP(t, url+h.Path, want)
	}
}

// not allows all hashes but one.
type not string

func (n not) Allowed(_ context.Context, hash [20]byte) (bool, error) {
	return string(hash[:]) != string(n), nil
}

// replay plays a capture against url: every answer must come, in order, and the
// connections stay open until the test ends.
func replay(t *testing.T, url string, frames []frame, equal func(*testing.T, frame, string)) {
	t.Helper()
	peers := map[string]*browser{}
	for _, f := range frames {
		b := peers[f.Peer]
		if b == nil {
			b = dial(t, url)
			peers[f.Peer] = b
		}
		if b.over {
			continue // what the capture still sent was heard by nobody
		}
		text := f.JSON
		if text == "" {
			text = string(f.Message)
		}
		switch f.Dir + f.Direction {
		case "client->server":
			b.send(text)
		case "server->client":
			equal(t, f, b.receive())
		case "close":
			if f.Peer == "B" && f.Direction != "" {
				_ = b.ws.CloseNow() // the capture's own end
				continue
			}
			if got := int(b.closed()); got != f.Code {
				t.Fatalf("close: got %d, want %d", got, f.Code)
			}
			b.over = true
		}
	}
}

// compareHTTP compares an answer with the captured one. The captured servers
// list peers in any order and write ids above 0x7f as UTF-8; both are undone.
func compareHTTP(t *testing.T, url string, want []byte) {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "" {
		t.Errorf("%s: got status %d, type %q, want 200 and none", url, resp.StatusCode, resp.Header.Get("Content-Type"))
	}
	if !bytes.Equal(sorted(mangle(got)), sorted(want)) {
		t.Errorf("%s:\ngot  %q\nwant %q", url, mangle(got), want)
	}
}

// mangle rewrites twenty-byte strings as the captured servers do.
func mangle(b []byte) []byte {
	var out []byte
	for {
		i := bytes.Index(b, []byte("20:"))
		if i < 0 || len(b) < i+23 {
			return append(out, b...)
		}
		s := string(b[i+3 : i+23])
		out = append(out, b[:i]...)
		b = b[i+23:]
		var runes []rune
		for _, c := range []byte(s) {
			runes = append(runes, rune(c))
		}
		out = appendString(out, string(runes))
	}
}

// sorted puts the bytes of an answer in an order that does not depend on that
// of its peers.
func sorted(b []byte) []byte {
	b = bytes.Clone(b)
	sort.Slice(b, func(i, j int) bool { return b[i] < b[j] })
	return b
}

// said is a frame of a captured session of two pages, in the order of each.
type said struct{ Session, Dir, Text string }

func sessions(t *testing.T) (all []said) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(vectors, "sessions.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range bytes.Split(bytes.TrimSpace(data), []byte("\n")) {
		var s said
		if err := json.Unmarshal(line, &s); err != nil {
			t.Fatal(err)
		}
		all = append(all, s)
	}
	return all
}

// TestSessions breaks when we do not understand what stock players of three
// generations say, or would pass it on in other words than their own trackers.
func TestSessions(t *testing.T) {
	t.Parallel()
	offers, answers := map[id]string{}, map[id]string{}
	heard := 0
	for _, s := range sessions(t) {
		if s.Dir != "out" {
			continue
		}
		var m message
		if err := m.decode([]byte(s.Text)); err != nil {
			t.Errorf("%s: %v: %s", s.Session, err, s.Text)
			continue
		}
		heard++
		var plain struct{ Offers []json.RawMessage }
		if err := json.Unmarshal([]byte(s.Text), &plain); err != nil || len(plain.Offers) != len(m.offers) {
			t.Errorf("%s: got %d offers, want %d", s.Session, len(m.offers), len(plain.Offers))
		}
		for i := range m.offers {
			offers[m.offers[i].id] = string(appendRelay(nil, "offer", m.offers[i].sdp, &m.offers[i].id, &m.peer, &m.hash))
		}
		if len(m.answer) > 0 {
			answers[m.offerID] = string(appendRelay(nil, "answer", m.answer, &m.offerID, &m.peer, &m.hash))
		}
	}
	relayed := 0
	for _, s := range sessions(t) {
		var m struct {
			Offer, Answer json.RawMessage
			OfferID       json.RawMessage `json:"offer_id"`
		}
		if err := json.Unmarshal([]byte(s.Text), &m); s.Dir != "in" || err != nil || m.OfferID == nil {
			continue
		}
		var offer id
		readID(m.OfferID, &offer)
		ours, known := offers[offer]
		if m.Answer != nil {
			ours, known = answers[offer]
		}
		if !known {
			continue // of a peer that was no page
		}
		if relayed++; ours != s.Text {
			t.Errorf("%s:\ngot  %s\nwant %s", s.Session, ours, s.Text)
		}
	}
	if heard < 20 || relayed < 8 {
		t.Errorf("only %d frames and %d relays were compared", heard, relayed)
	}
}
