package blockstore_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"vidiverse/p2p"
	"vidiverse/p2p/blockstore"
)

// filled is a store on disk with a whole file in it, closed.
func filled(t *testing.T, c content) (dir string) {
	t.Helper()
	dir = t.TempDir()
	s := open(t, dir, blockstore.Config{})
	f := c.in(t, s)
	for i := range c.extents {
		c.put(t, f, i)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// A bad extent is never given out: it is dropped, its holders hear of it, and
// it can be fetched anew. The others stay.
func TestDamagedMedia(t *testing.T) {
	c := film(1, 8, 20_000)
	flip := func(name string) error {
		f, err := os.OpenFile(name, os.O_RDWR, 0)
		if err != nil {
			return err
		}
		defer f.Close()
		b := []byte{0}
		at := c.extents[5].Offset + 999
		_, err = f.ReadAt(b, at)
		b[0] ^= 4
		_, e := f.WriteAt(b, at)
		return errors.Join(err, e)
	}
	replace := func(make func(name string) error) func(string) error {
		return func(name string) error { return errors.Join(os.Remove(name), make(name)) }
	}
	for name, test := range map[string]struct {
		damage func(name string) error
		bad    []int
	}{
		"a flipped bit": {flip, []int{5}},
		"truncated":     {func(name string) error { return os.Truncate(name, c.extents[6].Offset+5) }, []int{6, 7}},
		"missing":       {os.Remove, []int{0, 1, 2, 3, 4, 5, 6, 7}},
		"emptied":       {func(name string) error { return os.Truncate(name, 0) }, []int{0, 1, 2, 3, 4, 5, 6, 7}},
		"a folder":      {replace(func(name string) error { return os.Mkdir(name, 0o700) }), []int{0, 1, 2, 3, 4, 5, 6, 7}},
		"a pipe":        {replace(func(name string) error { return syscall.Mkfifo(name, 0o600) }), []int{0, 1, 2, 3, 4, 5, 6, 7}},
		"a link out":    {replace(func(name string) error { return os.Symlink("/etc/passwd", name) }), []int{0, 1, 2, 3, 4, 5, 6, 7}},
		"of zeros":      {replace(func(name string) error { return os.WriteFile(name, make([]byte, 200_000), 0o600) }), []int{0, 1, 2, 3, 4, 5, 6, 7}},
	} {
		t.Run(name+", while running", func(t *testing.T) {
			dir := filled(t, c)
			s := open(t, dir, blockstore.Config{})
			f, _ := s.Find(c.id)
			if err := test.damage(media(t, dir)[0]); err != nil {
				t.Fatal(err)
			}
			inspect(t, c, f, test.bad)
		})
		t.Run(name+", before the start", func(t *testing.T) {
			dir := filled(t, c)
			if err := test.damage(media(t, dir)[0]); err != nil {
				t.Fatal(err)
			}
			s := open(t, dir, blockstore.Config{})
			inspect(t, c, c.in(t, s), test.bad)
		})
	}
}

// inspect requires that just the bad extents are refused, and that
// they can be put again.
func inspect(t *testing.T, c content, f *blockstore.File, bad []int) {
	t.Helper()
	news := make(chan struct{}, 1)
	defer f.Notify(func() {
		select {
		case news <- struct{}{}:
		default:
		}
	})()
	before := len(f.Held())
	for i := range c.extents {
		if data, err := f.Fetch(t.Context(), i); slices.Contains(bad, i) {
			if !errors.Is(err, p2p.ErrAbsent) || f.Has(i) || data != nil {
				t.Errorf("extent %d: got %d bytes, %v, want ErrAbsent", i, len(data), err)
			}
		} else {
			c.right(t, f, i)
		}
	}
	if len(f.Held()) < before {
		<-news
	}
	for _, i := range bad {
		c.put(t, f, i)
		c.right(t, f, i)
	}
}

// A damaged index costs its files, not the program.
func TestDamagedIndex(t *testing.T) {
	c := film(1, 8, 5000)
	for name, damage := range map[string]func(b []byte) []byte{
		"truncated":       func(b []byte) []byte { return b[:5000] },
		"cut in half":     func(b []byte) []byte { return b[:len(b)/2] },
		"no database":     func([]byte) []byte { return []byte(strings.Repeat("rubbish ", 5000)) },
		"zeros at an end": func(b []byte) []byte { clear(b[2*4096:]); return b },
		"noise": func(b []byte) []byte {
			for i := 2 * 4096; i < len(b); i += 7 {
				b[i] ^= byte(i)
			}
			return b
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filled(t, c)
			index := filepath.Join(dir, "index.db")
			b, err := os.ReadFile(index)
			if err == nil {
				err = os.WriteFile(index, damage(b), 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
			s, err := blockstore.Open(dir, blockstore.Config{})
			if err != nil {
				t.Fatal(err)
			}
			f := c.in(t, s)
			for i := range c.extents {
				if !f.Has(i) {
					c.put(t, f, i)
				}
				c.right(t, f, i)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			s = open(t, dir, blockstore.Config{})
			c.right(t, c.in(t, s), 0, 7)
		})
	}
}

// What a crash left is swept, and nothing else in the folder.
func TestSweep(t *testing.T) {
	c := film(1, 8, 20_000)
	dir := filled(t, c)
	files := filepath.Join(dir, "files")
	orphan := filepath.Join(files, strings.Repeat("0123456789abcdef", 4))
	holiday := filepath.Join(files, "holiday.mp4")
	for _, name := range []string{orphan, holiday} {
		if err := os.WriteFile(name, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := open(t, dir, blockstore.Config{})
	if _, err := os.Stat(orphan); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("an orphan was left: %v", err)
	}
	if _, err := os.Stat(holiday); err != nil {
		t.Errorf("somebody's own file is gone: %v", err)
	}
	c.right(t, c.in(t, s), 0, 7)
}
