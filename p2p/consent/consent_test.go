package consent

import (
	"crypto/ed25519"
	"encoding/json"
	"strings"
	"testing"
)

// private is a key that tests know.
func private(seed byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed([]byte(strings.Repeat(string(rune('a'+seed)), ed25519.SeedSize)))
}

func claim() Claim {
	return Claim{Tracker: "one.test:443", Hash: [20]byte{1, 0xff}, Peer: [20]byte{2}, At: 1767225600000}
}

// TestProof breaks when a proof can be used for anything but what was signed.
func TestProof(t *testing.T) {
	t.Parallel()
	raw, err := json.Marshal(Sign(private(0), claim()))
	if err != nil {
		t.Fatal(err)
	}
	if len(raw) > MaxSize {
		t.Fatalf("size: got %d, want %d at most", len(raw), MaxSize)
	}
	p, err := Read(raw)
	if err != nil {
		t.Fatal(err)
	}
	if !p.Proves(claim()) || p.Key != KeyOf(private(0)) {
		t.Fatal("a proof does not prove what was signed")
	}
	tests := []struct {
		name   string
		change func(c *Claim, p *Proof)
	}{
		{"another tracker", func(c *Claim, _ *Proof) { c.Tracker = "two.test:443" }},
		{"another port", func(c *Claim, _ *Proof) { c.Tracker = "one.test:444" }},
		{"another stream", func(c *Claim, _ *Proof) { c.Hash[19]++ }},
		{"another peer", func(c *Claim, _ *Proof) { c.Peer[0]++ }},
		{"another time", func(c *Claim, p *Proof) { c.At++; p.At++ }},
		{"a time that was not signed", func(c *Claim, _ *Proof) { c.At++ }},
		{"another key", func(_ *Claim, p *Proof) { p.Key = KeyOf(private(1)) }},
		{"no key", func(_ *Claim, p *Proof) { p.Key = Key{} }},
		{"a byte of the signature", func(_ *Claim, p *Proof) { p.Sign[40] ^= 1 }},
		{"bytes moved from the hash to the tracker", func(c *Claim, _ *Proof) {
			c.Tracker += "\x01"
			copy(c.Hash[:], c.Hash[1:])
		}},
	}
	for _, tt := range tests {
		c, other := claim(), *p
		tt.change(&c, &other)
		if other.Proves(c) {
			t.Errorf("%s: got a proof, want none", tt.name)
		}
	}
}

// TestKey breaks when an operator cannot enrol what a node prints.
func TestKey(t *testing.T) {
	t.Parallel()
	k := KeyOf(private(0))
	if got, err := ParseKey(k.String()); err != nil || got != k {
		t.Errorf("got %v, %v, want %v", got, err, k)
	}
	for _, text := range []string{"", "x", k.String() + "=", k.String() + "A", strings.Repeat("!", 43), k.String()[:42] + "_"} {
		if _, err := ParseKey(text); err == nil {
			t.Errorf("%q is taken for a key", text)
		}
	}
}

// TestKeysAreApart breaks when operators can find out together that one node
// watches with all of them, or when a node has another key after a start.
func TestKeysAreApart(t *testing.T) {
	t.Parallel()
	one, two := At(private(0), "one.test:443"), At(private(0), "two.test:443")
	if one.Equal(two) || one.Equal(private(0)) {
		t.Error("a node has one key for two trackers")
	}
	if got, want := AtOrigin(private(0), "https://One.test"), KeyOf(one).String(); got != want {
		t.Errorf("for the operator: got %s, want %s", got, want)
	}
	const known = "Q4WNEQXo1UfN0d2PNNNlA7lBUyUfoTHV61t_Fw0Y-RI"
	if got := KeyOf(one).String(); got != known {
		t.Errorf("got %s, want %s: every enrolment would be lost", got, known)
	}
	for _, origin := range []string{"", "one.test", "ftp://one.test", "https://"} {
		if got := AtOrigin(private(0), origin); got != "" {
			t.Errorf("%q: got %s, want none", origin, got)
		}
	}
}

// TestTrackerOf breaks when node and tracker call the tracker by two names.
func TestTrackerOf(t *testing.T) {
	t.Parallel()
	for socket, want := range map[string]string{
		"wss://One.test/tracker/socket":        "one.test:443",
		"wss://one.test:443/tracker/socket":    "one.test:443",
		"ws://127.0.0.1:9000/tracker/socket":   "127.0.0.1:9000",
		"ws://[2001:DB8::1]/tracker/socket":    "[2001:db8::1]:80",
		"https://one.test/tracker/announce":    "",
		"wss://user@one.test/tracker/socket":   "",
		"wss:///tracker/socket":                "",
		"wss://one.test:port/tracker/socket":   "",
		"":                                     "",
		strings.Repeat("wss://one.test/", 999): "",
	} {
		if got, ok := TrackerOf(socket); got != want || ok != (want != "") {
			t.Errorf("%.40s: got %q, %v, want %q", socket, got, ok, want)
		}
	}
}

// FuzzRead breaks when a stranger's proof crashes us, or is not the one that
// was written.
func FuzzRead(f *testing.F) {
	good, err := json.Marshal(Sign(private(0), claim()))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{"key":"","at":-1,"sign":""}`))
	f.Add([]byte(`{"at":1e400}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		p, err := Read(raw)
		if err != nil {
			return
		}
		again, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		if q, err := Read(again); err != nil || *q != *p {
			t.Errorf("%q: got %v, %v, want %v", raw, q, err, p)
		}
		p.Proves(claim())
	})
}
