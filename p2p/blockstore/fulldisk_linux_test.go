package blockstore_test

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"vidiverse/p2p/blockstore"
)

// On a disk that others filled to the last byte nothing is lost, and a video
// can be removed to make space.
func TestDiskOfFourMegabytes(t *testing.T) {
	if dir := os.Getenv("BLOCKSTORE_TEST_DIR"); dir != "" {
		if err := syscall.Mount("none", dir, "tmpfs", 0, "size=4m"); err != nil {
			t.Fatal(err)
		}
		cram(t, dir)
		return
	}
	c := child(t, "TestDiskOfFourMegabytes", t.TempDir())
	c.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}
	if os.Geteuid() != 0 {
		c.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		c.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Geteuid(), Size: 1}}
	}
	out, err := c.CombinedOutput()
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.ENOSPC) {
		t.Skip("this system gives nobody a disk of its own: ", err)
	}
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func cram(t *testing.T, dir string) {
	plenty := blockstore.Config{Reserve: 1, Free: func() (int64, error) { return 1 << 40, nil }}
	s := open(t, dir, plenty)
	var held []content
	for n := range 2000 {
		c := film(n, 2, 3000)
		f, err := s.File(c.id, c.extents)
		if err == nil {
			err = f.Put(1, c.data(1))
		}
		if err != nil && !errors.Is(err, blockstore.ErrFull) {
			t.Fatalf("got %v, want ErrFull", err)
		} else if err != nil {
			break
		}
		held = append(held, c)
	}
	err := s.Flush()
	if full := os.WriteFile(filepath.Join(dir, "of others"), make([]byte, 1<<20), 0o600); !errors.Is(full, syscall.ENOSPC) || len(held) < 100 {
		t.Fatalf("the disk is not full: %d files, %v, %v", len(held), err, full)
	}
	for _, c := range held {
		c.right(t, c.in(t, s), 1)
	}
	s.SetQuota(s.Used() / 3) // touches more of the index than it has pages to spare
	if used := s.Used(); used == 0 || used > int64(len(held))*8000/3 {
		t.Fatalf("a full disk could not be relieved: %d bytes of %d files are used", used, len(held))
	}
	if err := s.Remove(held[len(held)-1].id); err != nil {
		t.Errorf("remove: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir, plenty)
	for _, info := range s.Files() {
		f, _ := s.Find(info.ID)
		if data, err := f.Fetch(t.Context(), 1); f.Has(1) && (err != nil || len(data) < 3000) {
			t.Errorf("%s: got %d bytes, %v", info.ID.Name, len(data), err)
		}
	}
	c := film(9000, 5, 50_000)
	c.put(t, c.in(t, s), 0, 4)
}
