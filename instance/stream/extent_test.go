package stream

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestExtents(t *testing.T) {
	want := []Extent{{Offset: 0, Length: 700, SHA256: [32]byte{1}}, {Offset: 700, Length: 1, SHA256: [32]byte{2}}, {Offset: 1 << 40, Length: math.MaxUint32}}
	b, err := EncodeExtents(want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := DecodeExtents(b)
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	for name, bad := range map[string][]Extent{
		"overlap": {{Offset: 0, Length: 10}, {Offset: 9, Length: 1}}, "empty": {{Offset: 0}}, "negative": {{Offset: -1, Length: 1}},
		"too long": {{Length: math.MaxUint32 + 1}}, "past the end of numbers": {{Offset: math.MaxInt64, Length: 2}},
	} {
		if _, err := EncodeExtents(bad); err == nil {
			t.Errorf("%s: encoded", name)
		}
	}
}

func FuzzDecodeExtents(f *testing.F) {
	b, _ := EncodeExtents([]Extent{{Offset: 3, Length: 4}, {Offset: 7, Length: 9}})
	f.Add(b)
	f.Add([]byte("short"))
	f.Fuzz(func(t *testing.T, in []byte) {
		list, err := DecodeExtents(in)
		if err != nil {
			return
		}
		out, err := EncodeExtents(list)
		if err != nil || string(out) != string(in) {
			t.Errorf("%x became %x, %v", in, out, err)
		}
	})
}
