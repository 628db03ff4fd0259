package access

import (
	"testing"

	"vidiverse/instance/fault"
)

// The addresses that people share are short UUIDs: PeerTube's and ours must be
// the same letters.
func TestShortUUID(t *testing.T) {
	for uuid, short := range map[string]string{
		"e6b078bc-3feb-4c72-8f4f-aff5828507e1": "uudAEwiGGmQZza4HuoY6Kg",
		"652be110-ee0b-4fb5-82de-3aabeba44a31": "duAH5ncHJHaftk6WN3pU7e",
		"6ce14afb-7ef5-44ea-81fb-63f06c89353a": "erNTwWGT1Lghe4CwFV2x7J",
		"00000000-0000-0000-0000-000000000000": "1111111111111111111111",
	} {
		if got := ShortUUID(uuid); got != short {
			t.Errorf("got %s for %s, want %s", got, uuid, short)
		}
		if got, ok := fromShort(short); !ok || got != uuid {
			t.Errorf("got %s %v for %s, want %s", got, ok, short, uuid)
		}
	}
}

func TestRef(t *testing.T) {
	tests := []struct {
		in   Ref
		want Address
		bad  bool
	}{
		{in: "12", want: Address{ID: 12}},
		{in: "E6B078BC-3feb-4c72-8f4f-aff5828507e1", want: Address{UUID: "e6b078bc-3feb-4c72-8f4f-aff5828507e1"}},
		{in: "uudAEwiGGmQZza4HuoY6Kg", want: Address{UUID: "e6b078bc-3feb-4c72-8f4f-aff5828507e1"}},
		{in: "0", bad: true}, {in: "-1", bad: true}, {in: "+1", bad: true}, {in: "99999999999", bad: true}, {in: "", bad: true},
		{in: "ZZZZZZZZZZZZZZZZZZZZZZ", bad: true}, // more than 128 bits
		{in: "0OIl0OIl0OIl0OIl0OIl0O", bad: true}, {in: "'; DROP TABLE video; --", bad: true}, {in: "../../etc/passwd", bad: true},
	}
	for _, tt := range tests {
		got, err := tt.in.Parse()
		if (err != nil) != tt.bad || got != tt.want {
			t.Errorf("%q: got %+v %v, want %+v", tt.in, got, err, tt.want)
		}
		if err != nil && fault.KindOf(err) != fault.Invalid {
			t.Errorf("%q: got %v, want an invalid request", tt.in, fault.KindOf(err))
		}
	}
}

func FuzzRef(f *testing.F) {
	for _, s := range []string{"1", "uudAEwiGGmQZza4HuoY6Kg", "e6b078bc-3feb-4c72-8f4f-aff5828507e1", "zzzzzzzzzzzzzzzzzzzzzz"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := Ref(s).Parse()
		if err != nil || p.UUID == "" {
			return
		}
		back, err := Ref(ShortUUID(p.UUID)).Parse()
		if err != nil || back != p {
			t.Errorf("%q: %+v does not survive its short form: %+v %v", s, p, back, err)
		}
	})
}
