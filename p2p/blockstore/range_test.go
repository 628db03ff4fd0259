package blockstore_test

import (
	"bytes"
	"errors"
	"testing"

	"vidiverse/p2p"
	"vidiverse/p2p/blockstore"
)

// What another transport reads across segments is what the origin published, or
// nothing: not the gap before the first segment, not what is not held, not what
// the disk made of it.
func TestReadRange(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, blockstore.Config{})
	c := film(1, 20, 10_000)
	f := c.in(t, s)
	for i := range 20 {
		if i != 7 {
			c.put(t, f, i)
		}
	}
	whole := make([]byte, f.Info().Size)
	for i, e := range c.extents {
		copy(whole[e.Offset:], c.data(i))
	}
	start, hole := c.extents[0].Offset, c.extents[7]
	for _, r := range []struct{ off, n int64 }{
		{start, 1}, {start, 10_000}, {start + 5000, 20_000}, {c.extents[3].Offset - 1, 2}, {start + 9, 0},
		{hole.Offset - 100, 100}, {hole.Offset + hole.Length, 5000}, {int64(len(whole)) - 1, 1}, {start + 3, 16 << 10},
	} {
		got, err := f.ReadRange(t.Context(), r.off, r.n)
		if err != nil || !bytes.Equal(got, whole[r.off:r.off+r.n]) || !f.HasRange(r.off, r.n) {
			t.Errorf("%+v: got %d bytes, %v, has %v", r, len(got), err, f.HasRange(r.off, r.n))
		}
	}
	for _, r := range []struct{ off, n int64 }{{0, 1}, {start - 1, 2}, {hole.Offset, 1}, {hole.Offset - 1, 2}, {start, int64(len(whole)) - start}} {
		if got, err := f.ReadRange(t.Context(), r.off, r.n); !errors.Is(err, p2p.ErrAbsent) || f.HasRange(r.off, r.n) {
			t.Errorf("%+v: got %d bytes, %v, want ErrAbsent", r, len(got), err)
		}
	}
	for _, r := range []struct{ off, n int64 }{{-1, 1}, {0, -1}, {0, int64(len(whole)) + 1}, {1 << 62, 1 << 62}} {
		if _, err := f.ReadRange(t.Context(), r.off, r.n); !errors.Is(err, blockstore.ErrInvalid) || f.HasRange(r.off, r.n) {
			t.Errorf("%+v: got %v, want ErrInvalid", r, err)
		}
	}
	if err := s.Remove(c.id); err != nil {
		t.Fatal(err)
	}
	if got, err := f.ReadRange(t.Context(), start, 10); err == nil {
		t.Errorf("of a removed file: got %d bytes", len(got))
	}
}

// TestRangeOfDamaged: a byte that the disk turned does not leave by this door
// either, and is fetched anew.
func TestRangeOfDamaged(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, blockstore.Config{})
	c := film(2, 3, 10_000)
	f := c.in(t, s)
	c.put(t, f, 0, 1, 2)
	spoil(t, media(t, dir)[0], c.extents[1].Offset+50)
	if got, err := f.ReadRange(t.Context(), c.extents[1].Offset-10, 20); !errors.Is(err, p2p.ErrAbsent) {
		t.Errorf("got %q, %v, want ErrAbsent", got, err)
	}
	if f.Has(1) || !f.Has(0) {
		t.Error("the damaged extent is still announced")
	}
}
