package blockstore_test

import (
	"errors"
	"runtime"
	"testing"

	"vidiverse/p2p/blockstore"
)

// A thousand videos in four renditions cost a computer little memory.
func TestMemory(t *testing.T) {
	const files, most = 4000, 25 << 20
	dir := t.TempDir()
	many(t, dir, files)
	s, err := blockstore.Open(dir, blockstore.Config{})
	if err != nil {
		t.Fatal(err)
	}
	full := heap()
	if n := len(s.Files()); n != files {
		t.Errorf("got %d files, want %d", n, files)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = nil // nothing else keeps it
	taken := full - heap()
	if taken > most {
		t.Errorf("%d files take %d bytes of memory, want at most %d", files, taken, most)
	}
	t.Logf("%d files of 150 extents take %.1f MB of heap", files, float64(taken)/1e6)
}

// TestUnmap: an index that was unmapped is read as before.
func TestUnmap(t *testing.T) {
	dir := t.TempDir()
	many(t, dir, 3)
	s, err := blockstore.Open(dir, blockstore.Config{})
	if err != nil {
		t.Fatal(err)
	}
	for _, info := range s.Files() {
		f, ok := s.Find(info.ID)
		before, err := f.Extent(149)
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		if err := s.Unmap(); err != nil {
			t.Fatal(err)
		}
		if after, err := f.Extent(149); err != nil || after != before {
			t.Errorf("got %v %v, want %v as before", after, err, before)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Unmap(); !errors.Is(err, blockstore.ErrClosed) {
		t.Errorf("of a closed store: got %v, want ErrClosed", err)
	}
}

// many makes files of 150 small extents, of which one is held.
func many(t *testing.T, dir string, files int) {
	t.Helper()
	s, err := blockstore.Open(dir, blockstore.Config{})
	if err != nil {
		t.Fatal(err)
	}
	blockstore.NoSync(s)
	model := film(0, 150, 100)
	for n := range files {
		c := model
		c.id.Name, c.id.Video = film(n, 1, 1).id.Name, film(n, 1, 1).id.Video
		c.put(t, c.in(t, s), n%150)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func heap() int64 {
	for range 3 { // finalizers, and what they held
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
