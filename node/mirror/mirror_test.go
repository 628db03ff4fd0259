package mirror_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"vidiverse/node/catalog"
	"vidiverse/node/catalog/catalogtest"
	"vidiverse/node/control"
	"vidiverse/node/remote"
	"vidiverse/p2p/blockstore"
)

// TestMirror: the newest within the limit are kept whole, each byte is fetched
// once, after a restart too, and all that is kept is there with the origin dead.
func TestMirror(t *testing.T) {
	t.Parallel()
	s := catalogtest.New(t)
	s.Add(20, nil)
	n := newNode(t, s)
	n.limit(5*film + film/2)
	n.check(n.turn())
	catalogtest.Want(t, "holdings", n.holds(), "20:100 19:100 18:100 17:100 16:100")
	catalogtest.Want(t, "sent", s.Sent(), int64(5*film))
	n.close()
	n.open()
	n.check(n.turn())
	catalogtest.Want(t, "sent after a restart", s.Sent(), int64(5*film))
	all, err := n.mirror.List(t.Context())
	n.check(err)
	catalogtest.Want(t, "mirrors", all, []control.Mirror{{Origin: s.URL, Limit: 5*film + film/2, Videos: 5, Bytes: 5 * film}})
	for _, f := range n.blocks.Files() {
		catalogtest.Want(t, "pinned", f.Pinned, true)
	}
	s.Close()
	if err := n.turn(); !errors.Is(err, remote.ErrUnavailable) {
		t.Errorf("got %v, want ErrUnavailable", err)
	}
	catalogtest.Want(t, "holdings without the origin", n.holds(), "20:100 19:100 18:100 17:100 16:100")
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
	catalogtest.Want(t, "holdings", n.holds(), "6:100 5:100")
	catalogtest.Want(t, "bytes", n.bytes(), int64(2*film))
	n.limit(0)
	catalogtest.Want(t, "holdings", n.holds(), "")
	catalogtest.Want(t, "bytes", n.bytes(), int64(0))
	n.check(n.turn())
	catalogtest.Want(t, "bytes", n.bytes(), int64(0))
	if err := n.mirror.Set(t.Context(), s.URL, -1); !errors.Is(err, control.ErrInvalid) {
		t.Errorf("less than nothing: got %v", err)
	}
	if err := n.mirror.Set(t.Context(), "https://another.example", 1); !errors.Is(err, catalog.ErrNotFollowed) {
		t.Errorf("an instance that is not followed: got %v", err)
	}
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
	catalogtest.Want(t, "too soon", n.holds(), "3:100 2:100")
	n.clock.Pass(25 * time.Hour)
	for range 3 {
		n.check(n.turn())
	}
	catalogtest.Want(t, "a day later", n.holds(), "4:100 3:100")
	catalogtest.Want(t, "sent", s.Sent(), int64(3*film))
	catalogtest.Want(t, "fetched twice", s.Twice(), []string(nil))
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
			catalogtest.Want(t, "holdings", n.holds(), "3:100 1:100")
			for _, f := range n.blocks.Files() {
				if f.ID.Video == ids[1] {
					t.Errorf("%s is there with %d bytes", f.ID.Name, f.Bytes)
				}
			}
			n.check(n.turn())
			catalogtest.Want(t, "holdings", n.holds(), "3:100 1:100")
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
	catalogtest.Want(t, "holdings", n.holds(), "4:100 1:100")
	catalogtest.Want(t, "sent", s.Sent(), int64(2*film))
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
	catalogtest.Want(t, "files", len(n.blocks.Files()), 0)
	catalogtest.Want(t, "holdings", n.holds(), "")
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
			catalogtest.Want(t, name, n.holds(), "1:100")
			files := n.blocks.Files()
			catalogtest.Want(t, name+": files", len(files), 3)
			for _, f := range files {
				if slices.ContainsFunc(old, func(o blockstore.Info) bool { return o.ID == f.ID }) {
					t.Errorf("%s: %s is the old one", name, f.ID.Name)
				}
			}
		}
	}
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
	n.clock.Pass(8 * 24 * time.Hour)
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
	catalogtest.Want(t, "holdings", n.holds(), "")
	catalogtest.Want(t, "files", len(n.blocks.Files()), 0)
	all, err := n.mirror.List(t.Context())
	n.check(err)
	catalogtest.Want(t, "mirrors", len(all), 0)
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
