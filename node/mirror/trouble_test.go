package mirror_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"vidiverse/node/catalog/catalogtest"
	"vidiverse/node/mirror"
	"vidiverse/node/remote"
	"vidiverse/p2p"
	"vidiverse/p2p/blockstore"
)

// TestWrongBytes: an origin whose bytes are not what it says is left alone after
// some tries, nothing of it is kept, the others are; and what was wrong is
// fetched when the origin has mended it.
func TestWrongBytes(t *testing.T) {
	t.Parallel()
	s := catalogtest.New(t)
	ids := s.Add(2, nil)
	s.Edit(ids[1], func(v *catalogtest.Video) { v.Spoiled = true })
	n := newNode(t, s)
	n.limit(10 * film)
	n.check(n.turn())
	if got := n.holds(); !strings.HasSuffix(got, " 1:100") || strings.HasPrefix(got, "2:100") {
		t.Errorf("holdings: got %s", got)
	}
	if got := n.doing(); !strings.Contains(got, "Film 2") || !strings.Contains(got, "other bytes") {
		t.Errorf("it says %q", got)
	}
	if sent := s.Sent(); sent > 3*film {
		t.Errorf("%d bytes were fetched for two videos of %d", sent, film)
	}
	sent := s.Sent()
	n.check(n.turn())
	catalogtest.Want(t, "sent to try again at once", s.Sent()-sent, int64(0))
	s.Edit(ids[1], func(v *catalogtest.Video) { v.Spoiled, v.Sums = false, 1 })
	n.check(n.turn())
	catalogtest.Want(t, "holdings", n.holds(), "2:100 1:100")
	catalogtest.Want(t, "it says", n.doing(), "")
}

// TestDisk: on a disk that is nearly full nothing is fetched and nothing is
// deleted; it says so, and goes on when there is room.
func TestDisk(t *testing.T) {
	t.Parallel()
	s := catalogtest.New(t)
	s.Add(2, nil)
	n := newNode(t, s)
	n.limit(10 * film)
	n.check(n.turn())
	s.Add(1, nil)
	for _, free := range []int64{gib / 2, 49 * gib} { // less than 1 GiB; less than 5 % of 1,000 GiB
		n.set(func() { n.free = free })
		if err := n.turn(); err == nil {
			t.Errorf("%d bytes free: it went on", free)
		}
		catalogtest.Want(t, "holdings", n.holds(), "3:0 2:100 1:100")
		if got := n.doing(); !strings.Contains(got, "disk is nearly full") {
			t.Errorf("it says %q", got)
		}
	}
	catalogtest.Want(t, "sent", s.Sent(), int64(2*film))
	n.set(func() { n.free = 51 * gib })
	n.check(n.turn())
	catalogtest.Want(t, "holdings", n.holds(), "3:100 2:100 1:100")
}

// TestCeiling: an origin that changes its files without end cannot make us
// fetch more than three times its limit in a day.
func TestCeiling(t *testing.T) {
	t.Parallel()
	s := catalogtest.New(t)
	id := s.Add(1, nil)[0]
	n := newNode(t, s)
	n.limit(film)
	for range 6 {
		_ = n.turn() // the last ones are refused
		s.Edit(id, func(v *catalogtest.Video) { v.Version++ })
	}
	if sent := s.Sent(); sent > 3*film {
		t.Errorf("%d bytes were fetched in a day", sent)
	}
	if got := n.doing(); !strings.Contains(got, "tomorrow") {
		t.Errorf("it says %q", got)
	}
	n.close()
	n.open()
	before := s.Sent()
	_ = n.turn() // as above
	catalogtest.Want(t, "sent after a restart", s.Sent(), before)
	n.clock.Pass(24 * time.Hour)
	n.check(n.turn())
	catalogtest.Want(t, "holdings the next day", n.holds(), "1:100")
}

// TestResume: a fetch that is cut goes on where it was.
func TestResume(t *testing.T) {
	t.Parallel()
	s := catalogtest.New(t)
	s.Add(1, func(v *catalogtest.Video) { v.Segments = 40 })
	n := newNode(t, s)
	n.limit(1 << 30)
	n.check(n.mirror.Plan(t.Context(), s.URL))
	ctx, cut := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- n.mirror.Fetch(ctx, s.URL) }()
	until(t, "some is there", func() bool { return n.bytes() > 20_000 })
	release := s.Hold()
	cut()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want Canceled", err)
	}
	release()
	n.close()
	n.open()
	n.check(n.turn())
	catalogtest.Want(t, "holdings", n.holds(), "1:100")
	if twice := s.Twice(); len(twice) > 4 { // at most what was under way
		t.Errorf("%d segments were fetched twice", len(twice))
	}
}

// people hold every extent of a film.
type people struct {
	source p2p.Source
	n      *int
}

func (p people) Has(int) bool { return true }
func (p people) Fetch(ctx context.Context, i int) ([]byte, error) {
	*p.n++
	return p.source.Fetch(ctx, i)
}

// liars have everything, and all of it wrong.
type liars struct{}

func (liars) Has(int) bool                               { return true }
func (liars) Fetch(context.Context, int) ([]byte, error) { return make([]byte, 1000), nil }

// TestPeople: what people have comes from them, and what they lie about from
// the origin.
func TestPeople(t *testing.T) {
	t.Parallel()
	a, b := catalogtest.New(t), catalogtest.New(t)
	a.Add(1, nil)
	b.Add(1, nil)
	giver := newNode(t, a)
	giver.limit(10 * film)
	giver.check(giver.turn())
	taker := newNode(t, a)
	asked := 0
	var mu sync.Mutex
	taker.peers = func(f *remote.Film, i int) mirror.Peers {
		mu.Lock()
		defer mu.Unlock()
		file, _ := giver.blocks.Find(f.Renditions[i].File)
		return lock{&mu, people{file, &asked}}
	}
	sent := a.Sent()
	taker.limit(10 * film)
	taker.check(taker.turn())
	catalogtest.Want(t, "holdings", taker.holds(), "1:100")
	catalogtest.Want(t, "asked of people, of the origin", []int64{int64(asked), a.Sent() - sent}, []int64{6, 0})

	fooled := newNode(t, b)
	fooled.peers = func(*remote.Film, int) mirror.Peers { return liars{} }
	fooled.limit(10 * film)
	fooled.check(fooled.turn())
	catalogtest.Want(t, "holdings", fooled.holds(), "1:100")
	catalogtest.Want(t, "sent", b.Sent(), int64(film))
}

type lock struct {
	mu *sync.Mutex
	people
}

func (l lock) Fetch(ctx context.Context, i int) ([]byte, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.people.Fetch(ctx, i)
}

// TestRepair: a byte that the disk turned is found before anybody asks for it, and
// that segment alone is fetched again.
func TestRepair(t *testing.T) {
	t.Parallel()
	s := catalogtest.New(t)
	s.Add(2, nil)
	n := newNode(t, s)
	n.limit(3 * film)
	n.check(n.turn())
	before, whole := s.Sent(), n.holds()
	n.check(n.blocks.Flush())
	names, err := filepath.Glob(filepath.Join(n.dir, "media", "files", "*"))
	n.check(err)
	f, err := os.OpenFile(names[0], os.O_RDWR, 0)
	n.check(err)
	info, err := f.Stat()
	n.check(err)
	_, err = f.WriteAt([]byte{1, 2, 3, 4}, info.Size()-10)
	n.check(errors.Join(err, f.Close()))

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	err = n.blocks.Scrub(ctx, blockstore.Scrub{Rate: 1 << 40, Done: func(_, bad int) {
		catalogtest.Want(t, "damaged segments", bad, 1)
		cancel()
	}})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if got := n.holds(); got == whole {
		t.Errorf("after the look: got %s, want less than all", got)
	}
	n.check(n.turn())
	catalogtest.Want(t, "after the repair", n.holds(), whole)
	if again := s.Sent() - before; again < 1 || again > film/2 {
		t.Errorf("%d bytes were fetched again, want one segment", again)
	}
}
