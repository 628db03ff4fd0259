package blockstore_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"vidiverse/p2p"
	"vidiverse/p2p/blockstore"
	"vidiverse/p2p/p2ptest"
)

// What was put is there, also after a restart; nothing else is.
func TestPutAndFetch(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, blockstore.Config{})
	c := film(1, 20, 10_000)
	f := c.in(t, s)
	c.put(t, f, 3, 0, 19, 3)
	c.right(t, f, 0, 3, 19)
	if got := f.Held(); !slices.Equal(got, []int{0, 3, 19}) || f.Whole() || f.Has(1) || f.Has(-1) || f.Has(20) {
		t.Errorf("got held %v, whole %v", got, f.Whole())
	}
	for _, i := range []int{1, -1, 20} {
		if _, err := f.Fetch(t.Context(), i); !errors.Is(err, p2p.ErrAbsent) {
			t.Errorf("fetch %d: got %v, want ErrAbsent", i, err)
		}
	}
	if e, err := f.Extent(3); err != nil || e != c.extents[3] || f.Len() != 20 || f.ID() != c.id {
		t.Errorf("got %+v %v", e, err)
	}
	used := s.Used()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := f.Put(1, c.data(1)); !errors.Is(err, blockstore.ErrClosed) {
		t.Errorf("put into a closed store: %v", err)
	}
	s = open(t, dir, blockstore.Config{})
	f, ok := s.Find(c.id)
	if !ok {
		t.Fatal("the file is not known after a restart")
	}
	c.right(t, f, 0, 3, 19)
	if got := f.Held(); !slices.Equal(got, []int{0, 3, 19}) || s.Used() != used {
		t.Errorf("after a restart: held %v, used %d, want %d", got, s.Used(), used)
	}
}

func TestSource(t *testing.T) {
	s := open(t, t.TempDir(), blockstore.Config{})
	c := film(1, 12, 5000)
	f := c.in(t, s)
	want := make([][]byte, 12)
	for _, i := range []int{0, 4, 11} {
		c.put(t, f, i)
		want[i] = c.data(i)
	}
	p2ptest.Sources(t, f, want)
}

// Bytes that the origin did not publish are never stored.
func TestPutChecksDigest(t *testing.T) {
	s := open(t, t.TempDir(), blockstore.Config{})
	c := film(1, 4, 1000)
	f := c.in(t, s)
	flipped := c.data(0)
	flipped[7] ^= 1
	for name, data := range map[string][]byte{
		"a flipped bit": flipped, "another segment": c.data(1), "too short": c.data(0)[:999], "too long": append(c.data(0), 0), "nothing": nil,
	} {
		if err := f.Put(0, data); !errors.Is(err, p2p.ErrDigest) || f.Has(0) {
			t.Errorf("%s: got %v, held %v, want ErrDigest", name, err, f.Has(0))
		}
	}
	for _, i := range []int{-1, 4, 1 << 30} {
		if err := f.Put(i, c.data(0)); !errors.Is(err, blockstore.ErrInvalid) {
			t.Errorf("extent %d: got %v, want ErrInvalid", i, err)
		}
	}
}

// An origin that sends nonsense gets no file.
func TestHostileFiles(t *testing.T) {
	s := open(t, t.TempDir(), blockstore.Config{})
	good := film(1, 3, 1000)
	with := func(change func([]p2p.Extent) []p2p.Extent) content {
		c := film(1, 3, 1000)
		c.extents = change(c.extents)
		c.id.Version = p2p.VersionOf(c.extents)
		return c
	}
	set := func(i int, offset, length int64) content {
		return with(func(e []p2p.Extent) []p2p.Extent { e[i].Offset, e[i].Length = offset, length; return e })
	}
	named := func(change func(*p2p.FileID)) content { c := good; change(&c.id); return c }
	for name, c := range map[string]content{
		"no extents":      with(func([]p2p.Extent) []p2p.Extent { return nil }),
		"a million":       with(func(e []p2p.Extent) []p2p.Extent { return make([]p2p.Extent, 1_000_000) }),
		"negative offset": set(0, -1, 10), "negative length": set(0, 0, -10), "no length": set(1, 5000, 0),
		"an overlap": set(1, 1300, 10), "backwards": set(2, 0, 10),
		"a sum that overflows": set(2, 1<<63-5, 10), "huge extent": set(2, 5000, blockstore.MaxExtent+1), "huge file": set(2, blockstore.MaxSize-9, 10),
		"another version": named(func(id *p2p.FileID) { id.Version[0] ^= 1 }),
		"no origin":       named(func(id *p2p.FileID) { id.Origin = "" }),
		"a path":          named(func(id *p2p.FileID) { id.Name = "../../etc/passwd" }),
		"a NUL":           named(func(id *p2p.FileID) { id.Name = "a\x00b" }),
		"long name":       named(func(id *p2p.FileID) { id.Name = strings.Repeat("a", 256) }),
		"long video":      named(func(id *p2p.FileID) { id.Video = strings.Repeat("a", 65) }),
		"not text":        named(func(id *p2p.FileID) { id.Origin = "\xff" }),
	} {
		if _, err := s.File(c.id, c.extents); !errors.Is(err, blockstore.ErrInvalid) {
			t.Errorf("%s: got %v, want ErrInvalid", name, err)
		}
	}
	for name, c := range map[string]content{"the largest": set(2, blockstore.MaxSize-10, 10), "good": good} {
		if _, err := s.File(c.id, c.extents); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Another version is another file: their bytes never mix.
func TestVersionsApart(t *testing.T) {
	s := open(t, t.TempDir(), blockstore.Config{})
	old, changed := film(1, 4, 1000), film(2, 4, 1000)
	changed.id.Name, changed.id.Video = old.id.Name, old.id.Video
	f, g := old.in(t, s), changed.in(t, s)
	old.put(t, f, 0, 1)
	if len(g.Held()) != 0 {
		t.Errorf("the new version holds %v", g.Held())
	}
	changed.put(t, g, 0)
	old.right(t, f, 0, 1)
	changed.right(t, g, 0)
}

// A second program on the same folder is told so, and which folder.
func TestOneProcessAtATime(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, blockstore.Config{})
	if second, err := blockstore.Open(dir, blockstore.Config{}); !errors.Is(err, blockstore.ErrInUse) || !strings.Contains(err.Error(), dir) {
		if err == nil {
			second.Close()
		}
		t.Errorf("got %v, want ErrInUse that names the folder", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, dir, blockstore.Config{})
}

// A removed file is gone from disk and memory, its holders know, and it can
// come again.
func TestRemove(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, blockstore.Config{})
	a, b, other := film(10, 4, 1000), film(11, 4, 1000), film(20, 4, 1000)
	fa, fb, fo := a.in(t, s), b.in(t, s), other.in(t, s)
	a.put(t, fa, 0, 1)
	b.put(t, fb, 2)
	other.put(t, fo, 3)
	news := make(chan struct{}, 10)
	defer fa.Notify(func() { news <- struct{}{} })()
	if err := s.RemoveVideo(a.id.Origin, a.id.Video); err != nil {
		t.Fatal(err)
	}
	<-news
	if len(fa.Held()) != 0 || fa.Has(0) || len(media(t, dir)) != 1 || len(s.Files()) != 1 {
		t.Errorf("after removal: held %v, %v on disk, %v known", fa.Held(), media(t, dir), s.Files())
	}
	if _, err := fa.Fetch(t.Context(), 0); !errors.Is(err, p2p.ErrAbsent) {
		t.Errorf("fetch: got %v, want ErrAbsent", err)
	}
	if err := fa.Put(0, a.data(0)); err == nil {
		t.Error("a removed file takes bytes")
	}
	if err := s.Remove(a.id); !errors.Is(err, p2p.ErrAbsent) {
		t.Errorf("removed twice: %v", err)
	}
	other.right(t, fo, 3)
	again := a.in(t, s)
	if len(again.Held()) != 0 {
		t.Errorf("it came back with %v", again.Held())
	}
	a.put(t, again, 1)
	a.right(t, again, 1)
	if err := s.Remove(other.id); err != nil || s.Used() != a.extents[1].Length+4096 {
		t.Errorf("got %v, %d used", err, s.Used())
	}
}

// Those who asked hear of a change once it is true, and not after they stopped.
func TestNotify(t *testing.T) {
	s := open(t, t.TempDir(), blockstore.Config{})
	c := film(1, 50, 100)
	f := c.in(t, s)
	news := make(chan int, 100)
	stop := f.Notify(func() { news <- len(f.Held()) })
	for i := range 50 {
		c.put(t, f, i)
	}
	for n := range news {
		if n == 50 {
			break
		}
	}
	stop()
	if err := s.Remove(c.id); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil { // waits for all that is under way
		t.Fatal(err)
	}
	for len(news) > 0 {
		if n := <-news; n != 50 {
			t.Errorf("heard of %d after the stop", n)
		}
	}
}
