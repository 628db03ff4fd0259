package blockstore_test

import (
	"bufio"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"sync"
	"syscall"
	"testing"
	"time"

	"vidiverse/p2p/blockstore"
)

const crashQuota = 3 << 20

// crashConfig evicts at once, so that the busy child does all the time.
var crashConfig = blockstore.Config{Quota: crashQuota, Reserve: 1, Stay: time.Nanosecond}

// child runs the named test of this binary in a process of its own.
func child(t *testing.T, name, dir string) *exec.Cmd {
	t.Helper()
	c := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+name+"$", "-test.timeout=60s")
	c.Env = append(os.Environ(), "BLOCKSTORE_TEST_DIR="+dir)
	return c
}

// Killed at any moment, the store holds exactly what it says.
func TestKilled(t *testing.T) {
	if dir := os.Getenv("BLOCKSTORE_TEST_DIR"); dir != "" {
		beBusy(t, dir)
		return
	}
	dir := t.TempDir()
	kept := 0
	for range 35 {
		c := child(t, "TestKilled", dir)
		out, err := c.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		if line, err := bufio.NewReader(out).ReadString('\n'); line != "open\n" {
			t.Fatalf("the child says %q, %v", line, err)
		}
		select { // there is no event to wait for: any moment is as good
		case <-time.After(rand.N(200 * time.Millisecond)):
		case <-t.Context().Done():
		}
		if err := c.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := c.Wait(); err == nil {
			t.Fatal("the child was not killed")
		}
		kept += verify(t, dir)
	}
	if kept == 0 {
		t.Error("no kill left anything: the test proves nothing")
	}
}

// beBusy puts, evicts, removes and flushes until it is killed.
func beBusy(t *testing.T, dir string) {
	s := open(t, dir, crashConfig)
	if _, err := os.Stdout.WriteString("open\n"); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for {
				c := film(rand.IntN(6), 30, 50_000)
				f, err := s.File(c.id, c.extents)
				if err != nil {
					t.Error(err)
					return
				}
				for range rand.IntN(40) {
					i := rand.IntN(30)
					_ = f.Put(i, c.data(i)) // it may be removed, or the store full of what is written now
				}
				switch rand.IntN(5) {
				case 0:
					_ = s.Remove(c.id) // another may have been faster
				case 1, 2:
					err = s.Flush()
				}
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
}

// verify opens the store as the next start does and reads all that it claims.
func verify(t *testing.T, dir string) (held int) {
	t.Helper()
	s, err := blockstore.Open(dir, crashConfig)
	if err != nil {
		t.Fatal(err)
	}
	for number := range 6 {
		c := film(number, 30, 50_000)
		if f, ok := s.Find(c.id); ok {
			c.right(t, f, f.Held()...)
			held += len(f.Held())
		}
	}
	if s.Used() > crashQuota {
		t.Errorf("%d bytes used", s.Used())
	}
	if on := onDisk(t, dir); on > s.Used()+6*30*2*4096 {
		t.Errorf("%d bytes on disk, %d used", on, s.Used())
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return held
}

// onDisk is what the media files take of the disk.
func onDisk(t *testing.T, dir string) (sum int64) {
	t.Helper()
	for _, name := range media(t, dir) {
		info, err := os.Lstat(name)
		if err != nil {
			t.Fatal(err)
		}
		sum += info.Sys().(*syscall.Stat_t).Blocks * 512
	}
	return sum
}

// A full disk is an answer. What is held stays readable, and once there is
// space again it goes on.
func TestFullDisk(t *testing.T) {
	if dir := os.Getenv("BLOCKSTORE_TEST_DIR"); dir != "" {
		fill(t, dir)
		return
	}
	out, err := child(t, "TestFullDisk", t.TempDir()).CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// fill meets a limit on the size of files, which fails writes in the middle as
// a full disk does and needs no rights. It holds for a whole process.
func fill(t *testing.T, dir string) {
	const size = 100_000
	c, later := film(1, 10, size), film(2, 10, size)
	s := open(t, dir, blockstore.Config{})
	f := c.in(t, s)
	c.put(t, f, 0, 1)
	if err := s.Flush(); err != nil {
		t.Fatal(err)
	}
	raise := limitFiles(t, uint64(c.extents[3].Offset+c.extents[3].Length/2))
	for i, full := range map[int]bool{2: false, 3: true, 8: true, 9: true} {
		if err := f.Put(i, c.data(i)); errors.Is(err, blockstore.ErrFull) != full || f.Has(i) == full || !full && err != nil {
			t.Errorf("put %d: got %v, held %v, want ErrFull %v", i, err, f.Has(i), full)
		}
	}
	if g, err := s.File(later.id, later.extents); err != nil || !errors.Is(g.Put(0, later.data(0)), blockstore.ErrFull) {
		t.Errorf("a file that cannot be made: %v", err)
	}
	c.right(t, f, 0, 1, 2)
	indexFull(t, s, raise)
	c.right(t, f, 0, 1, 2)
	c.put(t, f, 3, 9)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir, blockstore.Config{})
	f, _ = s.Find(c.id)
	if got := len(f.Held()); got != 5 {
		t.Errorf("held after a restart: %v", f.Held())
	}
	c.right(t, f, 0, 1, 2, 3, 9)
}

// indexFull lets the index find no room, in the middle of its work.
func indexFull(t *testing.T, s *blockstore.Store, raise func()) {
	t.Helper()
	full := false
	for n := 100; n < 400 && !full; n++ { // until the index has to grow
		c := film(n, 60, 10)
		_, err := s.File(c.id, c.extents)
		if full = errors.Is(err, blockstore.ErrFull); err != nil && !full {
			t.Errorf("got %v, want ErrFull", err)
		}
	}
	if !full {
		t.Error("the index never was full")
	}
	raise()
	c := film(400, 60, 10)
	c.put(t, c.in(t, s), 0)
}

func limitFiles(t *testing.T, size uint64) (raise func()) {
	t.Helper()
	signal.Ignore(syscall.SIGXFSZ)
	var old syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: size, Max: old.Max}); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
			t.Error(err)
		}
	}
}

// The disk of somebody else is not filled to the last byte.
func TestReserve(t *testing.T) {
	free := int64(1 << 30)
	s := open(t, t.TempDir(), blockstore.Config{Free: func() (int64, error) { return free, nil }})
	c := film(1, 3, 1000)
	f := c.in(t, s)
	c.put(t, f, 0)
	free = 128 << 20
	if err := f.Put(1, c.data(1)); !errors.Is(err, blockstore.ErrFull) || f.Has(1) {
		t.Errorf("got %v, want ErrFull", err)
	}
	c.right(t, f, 0)
	free = 1 << 30
	c.put(t, f, 1)
}
