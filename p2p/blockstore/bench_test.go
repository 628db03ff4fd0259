package blockstore_test

import (
	"strconv"
	"testing"

	"vidiverse/p2p/blockstore"
)

// BenchmarkPut stores segments of a megabyte, durably: what is left in the
// batch at the end is counted too.
func BenchmarkPut(b *testing.B) {
	s, err := blockstore.Open(b.TempDir(), blockstore.Config{})
	if err != nil {
		b.Fatal(err)
	}
	const n = 64
	c := film(1, n, 1<<20)
	data := make([][]byte, n)
	for i := range n {
		data[i] = c.data(i)
	}
	var f *blockstore.File
	b.SetBytes(1 << 20)
	for i := 0; b.Loop(); i++ {
		if i%n == 0 {
			b.StopTimer()
			c.id.Name = strconv.Itoa(i)
			if f, err = s.File(c.id, c.extents); err != nil {
				b.Fatal(err)
			}
			b.StartTimer()
		}
		if err := f.Put(i%n, data[i%n]); err != nil {
			b.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkFetch reads segments of a megabyte and checks them.
func BenchmarkFetch(b *testing.B) {
	s, err := blockstore.Open(b.TempDir(), blockstore.Config{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	const n = 64
	c := film(1, n, 1<<20)
	f, err := s.File(c.id, c.extents)
	if err != nil {
		b.Fatal(err)
	}
	for i := range n {
		if err := f.Put(i, c.data(i)); err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(1 << 20)
	for i := 0; b.Loop(); i++ {
		if _, err := f.Fetch(b.Context(), i%n); err != nil {
			b.Fatal(err)
		}
	}
}
