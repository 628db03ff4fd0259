package mirror_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"vidiverse/node/catalog"
	"vidiverse/node/catalog/catalogtest"
	"vidiverse/node/control"
	"vidiverse/node/mirror"
	"vidiverse/node/remote"
	"vidiverse/node/store"
	"vidiverse/p2p"
	"vidiverse/p2p/blockstore"
)

// node is a mirror with all that it really needs, and a clock of its own.
type node struct {
	t       testing.TB
	dir     string
	origin  string
	store   *store.Store
	blocks  *blockstore.Store
	catalog *catalog.Catalog
	mirror  *mirror.Mirror
	peers   func(*remote.Film, int) mirror.Peers

	mu    sync.Mutex
	now   time.Time
	asked time.Duration
	free  int64
}

const gib = 1 << 30

func newNode(t testing.TB, s *catalogtest.Server) *node {
	n := &node{t: t, dir: t.TempDir(), origin: s.URL, now: catalogtest.Day.Add(1000 * time.Hour), free: 100 * gib}
	n.open()
	t.Cleanup(n.close)
	_, err := n.catalog.Follow(t.Context(), s.URL)
	n.check(err)
	return n
}

func (n *node) open() {
	var err error
	n.store, err = store.Open(filepath.Join(n.dir, "node.db"))
	n.check(err)
	n.blocks, err = blockstore.Open(filepath.Join(n.dir, "media"), blockstore.Config{Now: n.clock})
	n.check(err)
	r := remote.New(remote.Config{Now: n.hurry, Lists: 100_000})
	n.catalog = catalog.New(catalog.Config{Store: n.store, Remote: r, Now: n.clock, Page: time.Nanosecond, Check: time.Nanosecond})
	n.mirror = mirror.New(mirror.Config{
		Store: n.store, Catalog: n.catalog, Blocks: n.blocks, Remote: r, Now: n.clock, Free: n.disk,
		Swarm: func(f *remote.Film, i int) mirror.Peers {
			if n.peers == nil {
				return nil
			}
			return n.peers(f, i)
		},
	})
}

func (n *node) close() {
	n.t.Helper()
	n.check(errors.Join(n.blocks.Close(), n.store.Close()))
}

func (n *node) check(err error) {
	n.t.Helper()
	if err != nil {
		n.t.Fatal(err)
	}
}

func (n *node) clock() time.Time {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.now
}

// hurry is a clock by which the client never asks too often.
func (n *node) hurry() time.Time {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.asked += time.Second
	return n.now.Add(n.asked)
}

func (n *node) disk() (free, size int64, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.free, 1000 * gib, nil
}

func (n *node) set(change func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	change()
}

func (n *node) pass(d time.Duration) { n.set(func() { n.now = n.now.Add(d) }) }

func (n *node) limit(bytes int64) {
	n.t.Helper()
	n.check(n.mirror.Set(n.t.Context(), n.origin, bytes))
}

// turn looks at the origin, plans and fetches, as the services do.
func (n *node) turn() error {
	return errors.Join(
		n.catalog.Poll(n.t.Context(), n.origin), n.mirror.Plan(n.t.Context(), n.origin), n.mirror.Fetch(n.t.Context(), n.origin))
}

// holds says what is kept, the newest first, with its part in percent.
func (n *node) holds() string {
	n.t.Helper()
	all, err := n.mirror.Holdings(n.t.Context())
	n.check(err)
	var words []string
	for _, h := range all {
		words = append(words, fmt.Sprintf("%s:%.0f", strings.TrimPrefix(h.Title, "Film "), 100*h.Part))
	}
	return strings.Join(words, " ")
}

func (n *node) doing() string {
	n.t.Helper()
	all, err := n.mirror.List(n.t.Context())
	n.check(err)
	if len(all) != 1 {
		n.t.Fatalf("mirrors: %+v", all)
	}
	return all[0].Doing.String()
}

func want(t testing.TB, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// film is what one video of the server takes.
const film = 6000

// TestMirror: the newest within the limit are kept whole, each byte is fetched
// once, after a restart too, and all that is kept is there with the origin dead.
func TestMirror(t *testing.T) {
	t.Parallel()
	s := catalogtest.New(t)
	s.Add(20, nil)
	n := newNode(t, s)
	n.limit(5*film + film/2)
	n.check(n.turn())
	want(t, "holdings", n.holds(), "20:100 19:100 18:100 17:100 16:100")
	want(t, "sent", s.Sent(), int64(5*film))
	n.close()
	n.open()
	n.check(n.turn())
	want(t, "sent after a restart", s.Sent(), int64(5*film))
	all, err := n.mirror.List(t.Context())
	n.check(err)
	want(t, "mirrors", all, []control.Mirror{{Origin: s.URL, Limit: 5*film + film/2, Videos: 5, Bytes: 5 * film}})
	for _, f := range n.blocks.Files() {
		want(t, "pinned", f.Pinned, true)
	}
	s.Close()
	if err := n.turn(); !errors.Is(err, remote.ErrUnavailable) {
		t.Errorf("got %v, want ErrUnavailable", err)
	}
	want(t, "holdings without the origin", n.holds(), "20:100 19:100 18:100 17:100 16:100")
}

// TestLimit: a smaller limit is obeyed before Set returns, none removes all,
// and no limit is ever passed.
func TestLimit(t *testing.T) {
	t.Parallel()
	s := catalogtest.New(t)
	s.Add(6, nil)
	n := newNode(t, s)
	n.limit(4*film + film/2)
	n.check(n.turn())
	if used := n.bytes(); used > 4*film+film/2 {
		t.Errorf("%d bytes are kept", used)
	}
	n.limit(2 * film)
	want(t, "holdings", n.holds(), "6:100 5:100")
	want(t, "bytes", n.bytes(), int64(2*film))
	n.limit(0)
	want(t, "holdings", n.holds(), "")
	want(t, "bytes", n.bytes(), int64(0))
	n.check(n.turn())
	want(t, "bytes", n.bytes(), int64(0))
	if err := n.mirror.Set(t.Context(), s.URL, -1); !errors.Is(err, control.ErrInvalid) {
		t.Errorf("less than nothing: got %v", err)
	}
	if err := n.mirror.Set(t.Context(), "https://another.example", 1); !errors.Is(err, catalog.ErrNotFollowed) {
		t.Errorf("an instance that is not followed: got %v", err)
	}
}

func (n *node) bytes() (sum int64) {
	for _, f := range n.blocks.Files() {
		sum += f.Bytes
	}
	return sum
}

// TestTurnover: a newer video takes the place of the oldest, a day later, and
// nothing goes back and forth.
func TestTurnover(t *testing.T) {
	t.Parallel()
	s := catalogtest.New(t)
	s.Add(3, nil)
	n := newNode(t, s)
	n.limit(2*film + film/2)
	n.check(n.turn())
	s.Add(1, nil)
	n.check(n.turn())
	want(t, "too soon", n.holds(), "3:100 2:100")
	n.pass(25 * time.Hour)
	for range 3 {
		n.check(n.turn())
	}
	want(t, "a day later", n.holds(), "4:100 3:100")
	want(t, "sent", s.Sent(), int64(3*film))
	want(t, "fetched twice", s.Twice(), []string(nil))
}

// TestWithdrawn: what its origin takes back is gone from this computer with the
// look that notices it, whole or half, and does not come back.
func TestWithdrawn(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*catalogtest.Video){
		"deleted":   func(v *catalogtest.Video) { v.Status = 410 },
		"private":   func(v *catalogtest.Video) { v.Privacy = 3 },
		"sensitive": func(v *catalogtest.Video) { v.Sensitive = true },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := catalogtest.New(t)
			ids := s.Add(3, nil)
			n := newNode(t, s)
			n.limit(10 * film)
			n.check(n.turn())
			s.Edit(ids[1], change)
			n.check(n.catalog.Poll(t.Context(), s.URL))
			if name == "sensitive" { // it may be watched, only not kept
				n.check(n.mirror.Plan(t.Context(), s.URL))
			}
			want(t, "holdings", n.holds(), "3:100 1:100")
			for _, f := range n.blocks.Files() {
				if f.ID.Video == ids[1] {
					t.Errorf("%s is there with %d bytes", f.ID.Name, f.Bytes)
				}
			}
			n.check(n.turn())
			want(t, "holdings", n.holds(), "3:100 1:100")
		})
	}
}

// TestSensitive: sensitive and live videos are never fetched.
func TestSensitive(t *testing.T) {
	t.Parallel()
	s := catalogtest.New(t)
	i := 0
	s.Add(4, func(v *catalogtest.Video) {
		v.Sensitive, v.Live = i == 1, i == 2
		i++
	})
	n := newNode(t, s)
	n.limit(10 * film)
	n.check(n.turn())
	want(t, "holdings", n.holds(), "4:100 1:100")
	want(t, "sent", s.Sent(), int64(2*film))
}

// TestWithdrawnMeanwhile: a video that is withdrawn while it is fetched leaves
// nothing behind.
func TestWithdrawnMeanwhile(t *testing.T) {
	t.Parallel()
	s := catalogtest.New(t)
	ids := s.Add(1, func(v *catalogtest.Video) { v.Segments = 50 })
	n := newNode(t, s)
	n.limit(1 << 30)
	n.check(n.mirror.Plan(t.Context(), s.URL))
	release := s.Hold()
	done := make(chan error, 1)
	go func() { done <- n.mirror.Fetch(t.Context(), s.URL) }()
	until(t, "the fetch begins", func() bool { return s.Sent() > 0 })
	s.Edit(ids[0], func(v *catalogtest.Video) { v.Status = 404 })
	n.check(n.catalog.Poll(t.Context(), s.URL))
	release()
	n.check(<-done)
	want(t, "files", len(n.blocks.Files()), 0)
	want(t, "holdings", n.holds(), "")
}

func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	end := time.After(30 * time.Second)
	for !ok() {
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("%s: not in 30 s", what)
		}
	}
}

// TestChanged: other files and other digests are fetched, the old bytes go, and
// the limit is kept even where both do not fit.
func TestChanged(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*catalogtest.Video){
		"files":   func(v *catalogtest.Video) { v.Version++ },
		"digests": func(v *catalogtest.Video) { v.Sums++ },
	} {
		for _, limit := range []int64{film, 10 * film} {
			s := catalogtest.New(t)
			id := s.Add(1, nil)[0]
			n := newNode(t, s)
			n.limit(limit)
			n.check(n.turn())
			old := n.blocks.Files()
			s.Edit(id, change)
			n.check(n.turn())
			want(t, name, n.holds(), "1:100")
			files := n.blocks.Files()
			want(t, name+": files", len(files), 3)
			for _, f := range files {
				if slices.ContainsFunc(old, func(o blockstore.Info) bool { return o.ID == f.ID }) {
					t.Errorf("%s: %s is the old one", name, f.ID.Name)
				}
			}
		}
	}
}

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
	want(t, "sent to try again at once", s.Sent()-sent, int64(0))
	s.Edit(ids[1], func(v *catalogtest.Video) { v.Spoiled, v.Sums = false, 1 })
	n.check(n.turn())
	want(t, "holdings", n.holds(), "2:100 1:100")
	want(t, "it says", n.doing(), "")
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
		want(t, "holdings", n.holds(), "3:0 2:100 1:100")
		if got := n.doing(); !strings.Contains(got, "disk is nearly full") {
			t.Errorf("it says %q", got)
		}
	}
	want(t, "sent", s.Sent(), int64(2*film))
	n.set(func() { n.free = 51 * gib })
	n.check(n.turn())
	want(t, "holdings", n.holds(), "3:100 2:100 1:100")
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
	want(t, "sent after a restart", s.Sent(), before)
	n.pass(24 * time.Hour)
	n.check(n.turn())
	want(t, "holdings the next day", n.holds(), "1:100")
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
	want(t, "holdings", n.holds(), "1:100")
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
	want(t, "holdings", taker.holds(), "1:100")
	want(t, "asked of people, of the origin", []int64{int64(asked), a.Sent() - sent}, []int64{6, 0})

	fooled := newNode(t, b)
	fooled.peers = func(*remote.Film, int) mirror.Peers { return liars{} }
	fooled.limit(10 * film)
	fooled.check(fooled.turn())
	want(t, "holdings", fooled.holds(), "1:100")
	want(t, "sent", b.Sent(), int64(film))
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

// TestForgotten: what was watched once and is held no more is not asked about
// for ever; what is held is.
func TestForgotten(t *testing.T) {
	t.Parallel()
	s := catalogtest.New(t)
	ids := s.Add(3, nil)
	n := newNode(t, s)
	n.limit(film)
	n.check(n.turn())
	_, err := n.catalog.Film(t.Context(), control.Ref{Origin: s.URL, Video: ids[0]})
	n.check(err)
	n.pass(8 * 24 * time.Hour)
	n.check(n.mirror.Tidy())
	all, err := n.store.Videos(s.URL)
	n.check(err)
	if len(all) != 1 || all[0].Video != ids[2] {
		t.Errorf("known: %+v", all)
	}
}

// TestUnfollow: nothing of an instance stays when it is followed no more.
func TestUnfollow(t *testing.T) {
	t.Parallel()
	s := catalogtest.New(t)
	s.Add(2, nil)
	n := newNode(t, s)
	n.limit(10 * film)
	n.check(n.turn())
	n.check(n.catalog.Unfollow(t.Context(), s.URL))
	want(t, "holdings", n.holds(), "")
	want(t, "files", len(n.blocks.Files()), 0)
	all, err := n.mirror.List(t.Context())
	n.check(err)
	want(t, "mirrors", len(all), 0)
}

// TestServe: once a limit is set all happens by itself, and what is new comes
// when the catalog sees it.
func TestServe(t *testing.T) {
	t.Parallel()
	s := catalogtest.New(t)
	s.Add(3, nil)
	n := newNode(t, s)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 2)
	go func() { done <- n.mirror.Serve(ctx) }()
	go func() { done <- n.catalog.Serve(ctx) }()
	n.limit(100 * film)
	until(t, "three are whole", func() bool { return n.holds() == "3:100 2:100 1:100" })
	s.Add(1, nil)
	n.check(n.catalog.Poll(ctx, s.URL))
	until(t, "four are whole", func() bool { return n.holds() == "4:100 3:100 2:100 1:100" })
	stop()
	n.check(<-done)
	n.check(<-done)
}
