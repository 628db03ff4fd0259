package bencoded

import (
	"bytes"
	"strings"
	"testing"

	"github.com/anacrolix/torrent/bencode"
)

var most = Bounds{Depth: 4, Values: 20, List: 5}

func TestRead(t *testing.T) {
	var v struct {
		A int    `bencode:"a"`
		B string `bencode:"b"`
	}
	rest, err := Read([]byte("d1:b2:xy1:ai-7eerest"), &v, most)
	if err != nil || v.A != -7 || v.B != "xy" || string(rest) != "rest" {
		t.Errorf("%+v, %q, %v", v, rest, err)
	}
}

// What costs memory, or reads differently elsewhere, never reaches the library.
func TestRefuses(t *testing.T) {
	for name, b := range map[string]string{
		"nothing":         "",
		"a list":          "le",
		"a number":        "i1e",
		"no end":          "d1:a1:b",
		"a key alone":     "d1:ae",
		"a number as key": "di1e1:be",
		"a list as key":   "dle1:be",
		"deep":            "d1:a" + strings.Repeat("l", 5) + strings.Repeat("e", 5) + "e",
		"very deep":       "d1:a" + strings.Repeat("l", 1_000_000) + strings.Repeat("e", 1_000_000) + "e",
		"many":            "d1:al" + strings.Repeat("l1:a1:b1:c1:de", 4) + "ee",
		"a long list":     "d1:al" + strings.Repeat("1:a", 6) + "ee",
		"twice":           "d1:a1:b1:a1:ce",
		"twice apart":     "d1:a1:b1:c1:d1:a1:ce",
		"twice, deep":     "d1:ad1:a1:b1:a1:cee",
		"minus nothing":   "d1:ai-0ee",
		"leading zero":    "d1:ai07ee",
		"plus":            "d1:ai+7ee",
		"no digits":       "d1:aiee",
		"past numbers":    "d1:ai9223372036854775808ee",
		"a long text":     "d1:a99999999999:be",
		"a text of minus": "d1:a-1:be",
	} {
		var v any
		if _, err := Read([]byte(b), &v, most); err == nil {
			t.Errorf("%s: read as %v", name, v)
		}
	}
}

type bomb struct{}

func (*bomb) UnmarshalBencode([]byte) error { var m map[string]int; m["a"] = 1; return nil }

func TestPanicIsAnError(t *testing.T) {
	var v struct {
		A bomb `bencode:"a"`
	}
	if _, err := Read([]byte("d1:a1:be"), &v, most); err == nil {
		t.Error("no error")
	}
}

// FuzzRead: what is read is a dictionary within its bounds, whatever follows it,
// and reads as itself once it is written again.
func FuzzRead(f *testing.F) {
	for _, s := range []string{"d1:ai1e1:bl1:cd1:d1:eeee", "d1:b0:1:a0:e", "de", "d1:ali-1eee trailing", "d1:ad0:i0eee"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var v map[string]any
		rest, err := Read(b, &v, most)
		if err != nil {
			return
		}
		if !bytes.HasSuffix(b, rest) || len(v) > most.Values/2 {
			t.Errorf("%q reads as %v, then %q", b, v, rest)
		}
		again, err := bencode.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if len(again) != len(b)-len(rest) {
			t.Errorf("%q becomes %q", b, again)
		}
	})
}
