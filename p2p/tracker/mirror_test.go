package tracker

import (
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"vidiverse/p2p/consent"
)

const ourSocket = "wss://one.test/tracker/socket"

// node is an enrolled node's key, or another's.
func node(seed string) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed([]byte(fmt.Sprintf("%-32s", seed)))
}

func enrolled(seeds ...string) Keys {
	keys := Keys{}
	for _, s := range seeds {
		keys[consent.KeyOf(node(s))] = true
	}
	return keys
}

func claimOf(hash, peer string, at time.Time) consent.Claim {
	return consent.Claim{Tracker: "one.test:443", Hash: idOf(hash), Peer: idOf(peer), At: at.UnixMilli()}
}

// consenting is an announce with a proof; the proof may be of something else.
func consenting(hash, peer string, offers int, key ed25519.PrivateKey, c consent.Claim) string {
	raw, err := json.Marshal(consent.Sign(key, c))
	if err != nil {
		panic(err)
	}
	return announceOf(hash, peer, offers, `,"vidiverse":`+string(raw))
}

// TestMirrorsOnly breaks when a viewer learns of another where the operator
// wants them to meet nodes alone, or when nodes are not met.
func TestMirrorsOnly(t *testing.T) {
	t.Parallel()
	c := frozen()
	tr, socket := serve(t, Config{
		Allow: allow("film"), Now: c.now, Introductions: MirrorsOnly, Nodes: enrolled("home"), Socket: ourSocket,
	})
	anna, bert, home, alien := dial(t, socket), dial(t, socket), dial(t, socket), dial(t, socket)
	anna.join("film", "anna", 1)
	bert.send(announceOf("film", "bert", 5, ""))
	bert.receive()
	alien.send(consenting("film", "alien", 5, node("alien"), claimOf("film", "alien", c.now())))
	alien.receive()
	for _, b := range []*browser{anna, bert, alien} {
		b.idle()
	}
	// The node's offers reach all, theirs reach the node, and answers pass.
	home.send(consenting("film", "home", 5, node("home"), claimOf("film", "home", c.now())))
	home.receive()
	for i, b := range []*browser{anna, bert, alien} {
		if got := b.receive(); !strings.Contains(got, `"peer_id":`+name("home")) {
			t.Errorf("viewer %d: got %s, want the node's offer", i, got)
		}
	}
	bert.send(announceOf("film", "bert", 5, ""))
	bert.receive()
	if got := home.receive(); !strings.Contains(got, `"peer_id":`+name("bert")) {
		t.Errorf("the node: got %s, want bert's offer", got)
	}
	home.send(answerOf("film", "home", "bert", "bert0"))
	if got := bert.receive(); !strings.Contains(got, `"answer"`) {
		t.Errorf("got %s, want the node's answer", got)
	}
	// An answer to somebody of whom one should not know goes nowhere.
	bert.send(answerOf("film", "bert", "anna", "anna0"))
	for _, b := range []*browser{anna, bert, alien, home} {
		b.idle()
	}
	if got := tr.Stats().Mirrors; got != 1 {
		t.Errorf("mirrors: got %d, want 1", got)
	}
	// Nor does a torrent program get addresses.
	hash := url.QueryEscape(string(idSlice("film")))
	for port := range 3 {
		resp, err := http.Get(fmt.Sprintf("%s/tracker/announce?info_hash=%s&peer_id=%s&port=%d", socket, hash, strings.Repeat("p", 20), port+1))
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || !strings.Contains(string(body), "5:peersle") {
			t.Errorf("torrent program: got %q, %v, want no peers", body, err)
		}
	}
	// Who does not consent any more is not met any more.
	home.send(announceOf("film", "home", 0, ""))
	home.receive()
	bert.send(announceOf("film", "bert", 5, ""))
	bert.receive()
	home.idle()
}

func idSlice(name string) []byte { v := idOf(name); return v[:] }

// TestProofs breaks when somebody becomes a mirror who is none: it would meet
// every viewer.
func TestProofs(t *testing.T) {
	t.Parallel()
	c := frozen()
	tests := []struct {
		name, frame string
		want        int
	}{
		{"a good one", consenting("film", "p", 0, node("home"), claimOf("film", "p", c.now())), 1},
		{"a clock that is late", consenting("film", "p", 0, node("home"), claimOf("film", "p", c.now().Add(-skew))), 1},
		{"an old one", consenting("film", "p", 0, node("home"), claimOf("film", "p", c.now().Add(-skew-time.Second))), 0},
		{"one of the future", consenting("film", "p", 0, node("home"), claimOf("film", "p", c.now().Add(skew+time.Second))), 0},
		{"an unknown node's", consenting("film", "p", 0, node("alien"), claimOf("film", "p", c.now())), 0},
		{"one for another stream", consenting("film", "p", 0, node("home"), claimOf("clip", "p", c.now())), 0},
		{"one of another peer", consenting("film", "p", 0, node("home"), claimOf("film", "q", c.now())), 0},
		{"one for another tracker", consenting("film", "p", 0, node("home"), consent.Claim{Tracker: "two.test:443", Hash: idOf("film"), Peer: idOf("p"), At: c.now().UnixMilli()}), 0},
		{"an enrolled key under another's signature", strings.Replace(
			consenting("film", "p", 0, node("alien"), claimOf("film", "p", c.now())), consent.KeyOf(node("alien")).String(), consent.KeyOf(node("home")).String(), 1), 0},
		{"no object", announceOf("film", "p", 0, `,"vidiverse":true`), 0},
		{"a long one", announceOf("film", "p", 0, `,"vidiverse":{"key":"`+strings.Repeat("A", 8000)+`"}`), 0},
		{"an empty one", announceOf("film", "p", 0, `,"vidiverse":{}`), 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tr, url := serve(t, Config{Allow: allow("film"), Now: c.now, Introductions: MirrorsOnly, Nodes: enrolled("home"), Socket: ourSocket})
			b := dial(t, url)
			b.send(tt.frame)
			if got := b.receive(); !strings.Contains(got, `"incomplete":1`) {
				t.Errorf("got %s, want a viewer's reply at least", got)
			}
			if got := tr.Stats().Mirrors; got != tt.want {
				t.Errorf("mirrors: got %d, want %d", got, tt.want)
			}
		})
	}
}

// TestReplay breaks when a proof that was overheard makes somebody else a
// mirror: under the same id on another socket, before its owner is missed or
// after.
func TestReplay(t *testing.T) {
	t.Parallel()
	c := frozen()
	tr, url := serve(t, Config{Allow: allow("film"), Now: c.now, Introductions: MirrorsOnly, Nodes: enrolled("home"), Socket: ourSocket})
	proof := consenting("film", "home", 0, node("home"), claimOf("film", "home", c.now()))
	home := dial(t, url)
	home.send(proof)
	home.receive()
	thief := dial(t, url) // of the same address, which may take an id over
	thief.send(proof)
	thief.receive()
	if got := tr.Stats().Mirrors; got != 0 {
		t.Fatalf("the thief's: got %d mirrors, want 0", got)
	}
	c.advance(time.Second)
	home.send(consenting("film", "home", 0, node("home"), claimOf("film", "home", c.now())))
	home.receive()
	if got := tr.Stats().Mirrors; got != 1 {
		t.Fatalf("the owner's next: got %d mirrors, want 1", got)
	}
	_ = home.ws.CloseNow()
	await(t, "the owner to be gone", func() bool { return tr.Stats().Sockets == 1 })
	c.advance(skew) // what is remembered is kept as long as it could be used
	tr.sweep()
	thief.send(proof)
	thief.receive()
	c.advance(2 * time.Second)
	tr.sweep()
	thief.send(proof)
	thief.receive()
	if got := tr.Stats().Mirrors; got != 0 {
		t.Errorf("later: got %d mirrors, want 0", got)
	}
}

// TestForgers: proofs that only look good cost little, and shut nobody else out.
func TestForgers(t *testing.T) {
	t.Parallel()
	c := frozen()
	tr, url := serve(t, Config{Allow: allow("film"), Now: c.now, Introductions: MirrorsOnly, Nodes: enrolled("home"), Socket: ourSocket, TrustProxy: loopback})
	good := func(peer string) (*consent.Proof, consent.Claim) {
		claim := claimOf("film", peer, c.now())
		return consent.Sign(node("home"), claim), claim
	}
	s := &socket{src: source{addr: netip.MustParseAddr("192.0.2.1")}}
	for range forgeRate.burst {
		p, claim := good("forger")
		p.Sign[0] ^= 1
		if tr.proven(s, p, claim, c.now()) {
			t.Fatal("a forged proof is taken")
		}
	}
	if p, claim := good("forger"); tr.proven(s, p, claim, c.now()) {
		t.Error("an address that forged often is still verified")
	}
	b := dialAs(t, url, "192.0.2.2")
	b.send(consenting("film", "home", 0, node("home"), claimOf("film", "home", c.now())))
	b.receive()
	if got := tr.Stats().Mirrors; got != 1 {
		t.Errorf("a node elsewhere: got %d mirrors, want 1", got)
	}
	c.advance(2 * forgeRate.every)
	if p, claim := good("reformed"); !tr.proven(s, p, claim, c.now()) {
		t.Error("an address that forged is not verified ever again")
	}
}

// TestEnrolledSeeder: a node with thousands of streams is served though its
// address does too much, and though it is one that PeerTube's own limit stops.
func TestEnrolledSeeder(t *testing.T) {
	t.Parallel()
	c := frozen()
	list := allow("film")
	for i := range 1500 {
		list.known[idOf(fmt.Sprint("film", i))] = true
	}
	tr, url := serve(t, Config{Allow: list, Now: c.now, Nodes: enrolled("home"), Socket: ourSocket, RejectTooManyAnnounces: true})
	home := dial(t, url)
	home.send(consenting("film", "home", 0, node("home"), claimOf("film", "home", c.now())))
	home.receive()
	for range addressRate.burst {
		tr.clients.request(netip.MustParseAddr("127.0.0.1"), c.now())
	}
	if tr.clients.request(netip.MustParseAddr("127.0.0.1"), c.now()) {
		t.Fatal("the address may still do something")
	}
	for i := range 1500 {
		film, peer := fmt.Sprint("film", i), fmt.Sprint("home", i)
		home.send(consenting(film, peer, 0, node("home"), claimOf(film, peer, c.now())))
		if got := home.receive(); !strings.Contains(got, `"incomplete":1`) {
			t.Fatalf("stream %d: got %s", i, got)
		}
	}
	for range strictMost + 5 {
		c.advance(memberRate.every)
		home.send(consenting("film", "home", 0, node("home"), claimOf("film", "home", c.now())))
		if got := home.receive(); !strings.Contains(got, `"incomplete":1`) {
			t.Fatalf("got %s", got)
		}
	}
	// A video that was just withdrawn is not a reason to lose the node.
	home.send(announceOf("withdrawn", "home", 0, ""))
	if got := home.receive(); !strings.Contains(got, "Unknown infoHash") {
		t.Errorf("got %s, want the refusal of one hash", got)
	}
	home.idle()
}

// TestEnrolledMeetsMore: everybody should meet a node.
func TestEnrolledMeetsMore(t *testing.T) {
	t.Parallel()
	addrs := []string{"192.0.2.1"}
	for i := range 400 {
		addrs = append(addrs, fmt.Sprintf("198.51.%d.1", i%250))
	}
	w, all := crowd(addrs...)
	w.setMirror(all[0], true)
	now, met := frozen().now(), 0
	for _, m := range all[1:] {
		met += len(w.pick(nil, picking{me: m, only: MirrorsOnly, now: now}, 5))
	}
	if met != int(mirrorMeetRate.burst) {
		t.Errorf("introductions to the node: got %d, want %d", met, mirrorMeetRate.burst)
	}
}

// TestRevoked: a node that is not enrolled any more is a viewer at its next
// announce.
func TestRevoked(t *testing.T) {
	t.Parallel()
	c := frozen()
	keys := &revocable{keys: enrolled("home")}
	tr, url := serve(t, Config{Allow: allow("film"), Now: c.now, Introductions: MirrorsOnly, Nodes: keys, Socket: ourSocket})
	home := dial(t, url)
	for i, want := range []int{1, 1, 0} {
		if i == 2 {
			keys.revoke()
		}
		c.advance(time.Second)
		home.send(consenting("film", "home", 0, node("home"), claimOf("film", "home", c.now())))
		home.receive()
		if got := tr.Stats().Mirrors; got != want {
			t.Errorf("announce %d: got %d mirrors, want %d", i, got, want)
		}
	}
}
