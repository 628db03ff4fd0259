package blockstore

import (
	"bytes"
	"testing"
	"time"

	"vidiverse/p2p"
)

func FuzzRecord(f *testing.F) {
	held := newBitmap(11)
	held.set(10)
	for _, r := range []record{
		{id: p2p.FileID{Origin: "mare.video:9000", Video: "u", Name: "a.mp4"}, size: 1, count: 1, held: newBitmap(1)},
		{id: p2p.FileID{Origin: "o", Video: "v", Name: "n"}, pinned: true, used: time.UnixMilli(1e12), earned: 1 << 40, bytes: 7, size: 900, count: 11, held: held},
	} {
		f.Add(r.encode())
	}
	f.Add([]byte{recordFormat})
	old := record{id: p2p.FileID{Origin: "o", Video: "v", Name: "n"}, size: 9, count: 1, held: newBitmap(1)}.encode()
	f.Add(append(append([]byte{recordFirst}, old[1:recordHead]...), old[recordHead+8:]...))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := decodeRecord(b)
		if err != nil {
			return
		}
		again := r.encode()
		if b[0] == recordFirst {
			if r, err = decodeRecord(again); err != nil {
				t.Fatal(err)
			}
			b = again
		}
		if again = r.encode(); !bytes.Equal(again, b) {
			t.Fatalf("got %x, want %x", again, b)
		}
		if list := r.held.list(); len(list) != r.held.count() || len(list) > 0 && list[len(list)-1] >= r.count {
			t.Fatalf("%d extents, held %v", r.count, list)
		}
	})
}

func FuzzExtents(f *testing.F) {
	f.Add(encodeExtents([]p2p.Extent{{Offset: 0, Length: 5}, {Offset: 5, Length: MaxExtent}}), 1)
	f.Add(bytes.Repeat([]byte{0xff}, 96), 1)
	f.Add([]byte{}, -1)
	f.Fuzz(func(t *testing.T, list []byte, i int) {
		e, err := extentAt(list, i)
		if err == nil && (e.Offset < 0 || e.Length < 1 || e.Length > MaxExtent || e.Offset+e.Length > MaxSize) {
			t.Fatalf("%+v", e)
		}
	})
}
