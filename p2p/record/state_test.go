package record

import (
	"bytes"
	"encoding/gob"
	"reflect"
	"testing"
)

func coded(t testing.TB, v any) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(v); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestStates breaks when what one handshake left is found in another's state, or
// when an unusable one spoils those after it.
func TestStates(t *testing.T) {
	t.Parallel()
	type pions struct {
		Other          string
		MasterSecret   []byte
		SequenceNumber uint64
		LocalEpoch     uint16
		IsClient       bool
	}
	var r reader
	first := agreed{MasterSecret: bytes.Repeat([]byte{7}, 300), SequenceNumber: 1 << 40, LocalEpoch: 1, IsClient: true}
	second := agreed{MasterSecret: []byte{8}}
	for i, c := range []struct {
		raw  []byte
		want agreed
		bad  bool
	}{
		{coded(t, pions{"a", first.MasterSecret, 1 << 40, 1, true}), first, false},
		{coded(t, pions{MasterSecret: second.MasterSecret}), second, false},
		{coded(t, pions{MasterSecret: second.MasterSecret})[:60], agreed{}, true},
		{nil, agreed{}, true},
		{coded(t, pions{"b", first.MasterSecret, 1 << 40, 1, true}), first, false},
		{coded(t, second), second, false}, // of another type
		{append(coded(t, pions{MasterSecret: second.MasterSecret}), 1, 2, 3), second, false},
		{coded(t, pions{"c", first.MasterSecret, 1 << 40, 1, true}), first, false},
	} {
		got, err := r.read(c.raw)
		if (err != nil) != c.bad || err == nil && !reflect.DeepEqual(got, c.want) {
			t.Errorf("%d: got %+v, %v", i, got, err)
		}
	}
}

func BenchmarkStates(b *testing.B) {
	raw := coded(b, agreed{MasterSecret: make([]byte, 48), LocalEpoch: 1})
	var r reader
	for b.Loop() {
		if _, err := r.read(raw); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkStatesAnew(b *testing.B) {
	raw := coded(b, agreed{MasterSecret: make([]byte, 48), LocalEpoch: 1})
	for b.Loop() {
		var a agreed
		if err := gob.NewDecoder(bytes.NewReader(raw)).Decode(&a); err != nil {
			b.Fatal(err)
		}
	}
}
