package blockstore_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"vidiverse/p2p"
	"vidiverse/p2p/blockstore"
)

const (
	size   = 100_000
	charge = size + 101 + 4096 // of one extent, at most
)

// clock is moved by tests.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// The quota holds on the disk. What was used least recently goes first, and a
// pinned file stays.
func TestQuota(t *testing.T) {
	dir, at := t.TempDir(), &clock{t: time.Now()}
	s := open(t, dir, blockstore.Config{Quota: 30 * charge, Now: at.now})
	pinned, old, recent, fresh := film(1, 10, size), film(2, 10, size), film(3, 10, size), film(4, 10, size)
	files := map[int]*blockstore.File{}
	for _, c := range []content{pinned, old, recent} {
		files[c.number] = c.in(t, s)
		for i := range 10 {
			c.put(t, files[c.number], i)
		}
	}
	if err := s.Pin(pinned.id, true); err != nil {
		t.Fatal(err)
	}
	old.right(t, files[2], 1)
	recent.right(t, files[3], 1)
	at.add(11 * time.Minute)
	files[4] = fresh.in(t, s)
	for i := range 6 {
		fresh.put(t, files[4], i)
		if s.Used() > 30*charge || onDisk(t, dir) > 30*charge {
			t.Fatalf("%d bytes are charged and %d on disk, the quota is %d", s.Used(), onDisk(t, dir), 30*charge)
		}
	}
	if got := files[2].Held(); len(got) > 4 || len(got) < 2 || !slices.Contains(got, 0) {
		t.Errorf("of the least recently used file %v are left, want a few from its beginning", got)
	}
	for number, want := range map[int]int{1: 10, 3: 10, 4: 6} {
		if got := len(files[number].Held()); got != want {
			t.Errorf("file %d holds %d extents, want %d", number, got, want)
		}
	}
	old.right(t, files[2], files[2].Held()...)
	s.SetQuota(5 * charge)
	if got := len(files[1].Held()); s.Used() > 5*charge || onDisk(t, dir) > 5*charge || got < 3 || got > 5 {
		t.Errorf("the user shrank the quota: %d used, %d on disk, %d pinned extents", s.Used(), onDisk(t, dir), got)
	}
	pinned.right(t, files[1], files[1].Held()...)
}

// There is no circle of evicting, fetching again and evicting: what was put
// lately stays, and then there is no room.
func TestNoCircle(t *testing.T) {
	at := &clock{t: time.Now()}
	s := open(t, t.TempDir(), blockstore.Config{Quota: 10 * charge, Now: at.now})
	a, b := film(1, 10, size), film(2, 10, size)
	f, g := a.in(t, s), b.in(t, s)
	for i := range 10 {
		a.put(t, f, i)
	}
	if err := g.Put(0, b.data(0)); !errors.Is(err, blockstore.ErrFull) || !f.Whole() {
		t.Errorf("got %v, %d of 10 left, want ErrFull and nothing lost", err, len(f.Held()))
	}
	at.add(11 * time.Minute)
	b.put(t, g, 0)
	if !slices.Equal(f.Held(), []int{0, 1, 2, 3, 4, 5, 6, 7, 8}) && !slices.Equal(f.Held(), []int{0, 1, 2, 3, 4, 5, 6, 7}) {
		t.Errorf("left: %v", f.Held())
	}
	if err := s.Pin(a.id, true); err != nil {
		t.Fatal(err)
	}
	at.add(11 * time.Minute)
	if err := s.Pin(b.id, true); err != nil {
		t.Fatal(err)
	}
	full := false
	for i := range 10 {
		full = full || errors.Is(g.Put(i, b.data(i)), blockstore.ErrFull)
	}
	if held := len(f.Held()); !full || held < 8 {
		t.Errorf("full %v, %d pinned extents left: pinned files push each other out", full, held)
	}
}

// Where no holes can be punched, files go whole, and the quota holds too.
func TestQuotaWithoutHoles(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, blockstore.Config{Quota: 20 * charge, Stay: time.Nanosecond})
	blockstore.NoHoles(s)
	for n := range 6 {
		c := film(n, 8, size)
		f := c.in(t, s)
		for i := range 8 {
			c.put(t, f, i)
			if s.Used() > 20*charge || onDisk(t, dir) > 20*charge+8*4096 {
				t.Fatalf("%d bytes are charged and %d on disk", s.Used(), onDisk(t, dir))
			}
		}
		c.right(t, f, 0, 7)
	}
	if err := s.Flush(); err != nil {
		t.Fatal(err)
	}
	for _, info := range s.Files() {
		if info.Bytes != 0 && info.Bytes != info.Size-1234 {
			t.Errorf("%+v is held in part", info)
		}
	}
}

// What is being read is not evicted, whatever else goes on.
func TestManyAtOnce(t *testing.T) {
	s := open(t, t.TempDir(), blockstore.Config{Quota: 25 * charge, Stay: time.Nanosecond})
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	var wg sync.WaitGroup
	for worker := range 6 {
		wg.Go(func() {
			for n := worker; ctx.Err() == nil; n++ {
				c := film(n%5, 10, size)
				f, err := s.File(c.id, c.extents)
				if err != nil {
					t.Error(err)
					return
				}
				stop := f.Notify(func() { f.Held() })
				for i := range 10 {
					err := f.Put(i, c.data(i))
					if err != nil && !errors.Is(err, blockstore.ErrFull) && !errors.Is(err, blockstore.ErrRemoved) && !errors.Is(err, p2p.ErrAbsent) {
						t.Error(err)
					}
					if data, err := f.Fetch(t.Context(), (i*7)%10); err == nil && c.extents[(i*7)%10].Check(data) != nil || err != nil && !errors.Is(err, p2p.ErrAbsent) {
						t.Errorf("got %d bytes, %v", len(data), err)
					}
				}
				if n%11 == 0 {
					_ = s.Remove(c.id) // another may have been faster
				}
				stop()
			}
		})
	}
	wg.Wait()
	if s.Used() > 25*charge {
		t.Errorf("%d bytes used", s.Used())
	}
	sum := int64(0)
	for _, info := range s.Files() {
		f, _ := s.Find(info.ID)
		sum += info.Bytes + int64(len(f.Held()))*4096
	}
	if sum != s.Used() {
		t.Errorf("%d bytes are charged for %d", s.Used(), sum)
	}
}
