package signal

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"
)

// frame is one of a captured dialogue; see testdata/wire/tracker/README.md.
type frame struct{ Peer, Dir, JSON, UTF8Hex string }

func dialogue(t testing.TB) (all []frame) {
	t.Helper()
	raw, err := os.ReadFile("../../testdata/wire/tracker/dialogue.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Servers map[string]struct{ Websocket []frame }
	}
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	for _, s := range file.Servers {
		all = append(all, s.Websocket...)
	}
	if len(all) < 40 {
		t.Fatalf("only %d frames", len(all))
	}
	return all
}

// TestFramesHeard breaks when what the trackers of the field say is not
// understood, bytes above 0x7f included.
func TestFramesHeard(t *testing.T) {
	t.Parallel()
	got := map[kind]int{}
	for _, f := range dialogue(t) {
		if f.Dir != "server->client" {
			continue
		}
		raw, err := hex.DecodeString(f.UTF8Hex)
		if err != nil {
			t.Fatal(err)
		}
		h, k, err := decode(raw)
		if err != nil {
			if !strings.Contains(f.JSON, `"action":"scrape"`) { // which we never ask for
				t.Errorf("%s: %v", f.JSON, err)
			}
			continue
		}
		got[k]++
		var plain map[string]any
		if err := json.Unmarshal(raw, &plain); err != nil {
			t.Fatal(err)
		}
		for name, v := range map[string]*id{"info_hash": h.InfoHash, "peer_id": h.PeerID, "offer_id": h.OfferID} {
			if want, ok := plain[name].(string); ok && (v == nil || text(*v) != want) {
				t.Errorf("%s of %s: got %v", name, f.JSON, v)
			}
		}
	}
	if got[counts] < 10 || got[offered] < 4 || got[answered] < 4 || got[failed] < 10 {
		t.Errorf("kinds: got %v", got)
	}
}

// text is an id as a string of code points.
func text(v id) string {
	r := make([]rune, len(v))
	for i, b := range v {
		r[i] = rune(b)
	}
	return string(r)
}

// TestFramesSaid breaks when our announces and answers are not what browsers
// send: a tracker reads no others.
func TestFramesSaid(t *testing.T) {
	t.Parallel()
	said := 0
	for _, f := range dialogue(t) {
		if f.Dir != "client->server" || !json.Valid([]byte(f.JSON)) {
			continue
		}
		var want map[string]any
		if err := json.Unmarshal([]byte(f.JSON), &want); err != nil {
			t.Fatal(err)
		}
		var ours any = &announce{}
		if _, is := want["answer"]; is {
			ours = &reply{}
			if want["to_peer_id"] == nil {
				continue // an error on purpose
			}
		}
		if list, is := want["offers"].([]any); is && len(list) == 0 {
			delete(want, "offers")
		}
		if want["action"] != "announce" || json.Unmarshal([]byte(f.JSON), ours) != nil {
			continue // errors on purpose
		}
		var got map[string]any
		if err := json.Unmarshal(encode(ours), &got); err != nil {
			t.Fatal(err)
		}
		if _, full := want["numwant"]; !full && got["answer"] == nil {
			continue
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got  %v\nwant %v", got, want)
		}
		said++
	}
	if said < 8 {
		t.Errorf("only %d frames were compared", said)
	}
}

// FuzzDecode breaks when a tracker's frame can crash us, or come out with parts
// missing that its kind needs.
func FuzzDecode(f *testing.F) {
	for _, d := range dialogue(f) {
		f.Add([]byte(d.JSON))
	}
	f.Add([]byte(`{"action":"announce","info_hash":"` + "\xff" + `"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		h, k, err := decode(b)
		if err != nil {
			return
		}
		if k != failed && h.InfoHash == nil {
			t.Error("no hash")
		}
		if d := map[kind]*description{offered: h.Offer, answered: h.Answer}[k]; (k == offered || k == answered) &&
			(d == nil || h.PeerID == nil || h.OfferID == nil || d.SDP == "" || len(d.SDP) > maxSDP) {
			t.Error("parts are missing")
		}
		if h.InfoHash != nil {
			var again id
			if err := json.Unmarshal(encode(*h.InfoHash), &again); err != nil || again != *h.InfoHash {
				t.Errorf("an id does not survive: %v", err)
			}
		}
	})
}

// TestSessions breaks when we do not understand what real trackers told the pages
// of captured sessions.
func TestSessions(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../../testdata/wire/tracker/sessions.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	got := map[kind]int{}
	for _, line := range strings.Split(strings.TrimSpace(string(raw)), "\n") {
		var f struct{ Session, Dir, Text string }
		if err := json.Unmarshal([]byte(line), &f); err != nil {
			t.Fatal(err)
		}
		if f.Dir != "in" {
			continue
		}
		_, k, err := decode([]byte(f.Text))
		if err != nil {
			t.Errorf("%s: %v: %s", f.Session, err, f.Text)
		}
		got[k]++
	}
	if got[counts] < 8 || got[offered] < 3 || got[answered] < 3 || got[failed] != 0 {
		t.Errorf("kinds: got %v", got)
	}
}
