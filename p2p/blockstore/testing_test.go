package blockstore_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"vidiverse/p2p"
	"vidiverse/p2p/blockstore"
)

func open(t *testing.T, dir string, cfg blockstore.Config) *blockstore.Store {
	t.Helper()
	s, err := blockstore.Open(dir, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// content is what a file with a number has: the same in every process.
type content struct {
	id      p2p.FileID
	extents []p2p.Extent
	number  int
}

// bytesOf makes the bytes of extent i, of a length that is no multiple of a block.
func bytesOf(number, i, size int) []byte {
	src := rand.NewChaCha8([32]byte{byte(number), byte(number >> 8), byte(i), byte(i >> 8)})
	b := make([]byte, size+(i*37)%101)
	_, _ = src.Read(b)
	return b
}

func film(number, extents, size int) content {
	c := content{number: number}
	offset := int64(1234) // the init part comes first
	for i := range extents {
		b := bytesOf(number, i, size)
		c.extents = append(c.extents, p2p.Extent{Offset: offset, Length: int64(len(b)), Sum: sha256.Sum256(b)})
		offset += int64(len(b))
	}
	c.id = p2p.FileID{Origin: "mare.video", Video: fmt.Sprintf("00000000-0000-4000-8000-%012d", number/10),
		Name: fmt.Sprintf("%d-720-fragmented.mp4", number), Version: p2p.VersionOf(c.extents)}
	return c
}

func (c content) data(i int) []byte {
	return bytesOf(c.number, i, int(c.extents[i].Length)-(i*37)%101)
}

func (c content) in(t *testing.T, s *blockstore.Store) *blockstore.File {
	t.Helper()
	f, err := s.File(c.id, c.extents)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func (c content) put(t *testing.T, f *blockstore.File, extents ...int) {
	t.Helper()
	for _, i := range extents {
		if err := f.Put(i, c.data(i)); err != nil {
			t.Fatalf("put %d: %v", i, err)
		}
	}
}

// right requires that extent i is held and what the origin published.
func (c content) right(t *testing.T, f *blockstore.File, extents ...int) {
	t.Helper()
	for _, i := range extents {
		if got, err := f.Fetch(t.Context(), i); err != nil || !bytes.Equal(got, c.data(i)) {
			t.Errorf("extent %d: got %d bytes, %v, want what was put", i, len(got), err)
		}
	}
}

// media are the media files on disk.
func media(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(dir, "files"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, filepath.Join(dir, "files", e.Name()))
	}
	return names
}
