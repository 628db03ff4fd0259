package catalog_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"vidiverse/node/catalog"
	"vidiverse/node/catalog/catalogtest"
	"vidiverse/node/control"
	"vidiverse/node/remote"
)

// TestFilm: a film is read once in some minutes, survives a restart whole, and
// is new when its files are.
func TestFilm(t *testing.T) {
	t.Parallel()
	s, n := catalogtest.New(t), newNode(t)
	id := s.Add(1, nil)[0]
	n.follow(s)
	ref := control.Ref{Origin: s.URL, Video: id}
	first := n.film(s, id)
	if len(first.Renditions) != 3 || len(first.Renditions[0].Extents) != 2 {
		t.Fatalf("the film: %+v", first)
	}
	asked := s.Details(id)
	n.check(n.store.Close())
	n.open()
	again := n.film(s, id)
	again.Fetched = first.Fetched // without its monotonic clock, or zone
	catalogtest.Want(t, "after a restart", again, first)
	catalogtest.Want(t, "questions", s.Details(id), asked)
	outline, err := n.catalog.Outline(ref)
	n.check(err)
	catalogtest.Want(t, "outline", []any{len(outline.Renditions), outline.Renditions[1].File, outline.Renditions[1].Extents == nil}, []any{3, first.Renditions[1].File, true})
	s.Edit(id, func(v *catalogtest.Video) { v.Version++ })
	n.clock.Pass(10 * time.Minute)
	if n.film(s, id).Version == first.Version {
		t.Error("the old film is given for the new one")
	}
	catalogtest.Want(t, "changes", n.heard(), []catalog.Change{{Ref: ref, Kind: catalog.Changed}})
	rec, err := n.store.Video(ref)
	n.check(err)
	catalogtest.Want(t, "size", rec.Size, int64(6000))
}

// TestFound: a video that appears is told of once, and those that were there
// are not.
func TestFound(t *testing.T) {
	t.Parallel()
	s, n := catalogtest.New(t), newNode(t)
	s.Add(3, nil)
	n.follow(s)
	n.poll(s)
	id := s.Add(1, nil)[0]
	n.poll(s)
	n.poll(s)
	catalogtest.Want(t, "changes", n.heard(), []catalog.Change{{Ref: control.Ref{Origin: s.URL, Video: id}, Kind: catalog.Added}})
}

// TestChanged: other files, and other digests of the same files, are noticed by
// the next look at the list.
func TestChanged(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*catalogtest.Video){
		"files":   func(v *catalogtest.Video) { v.Version++ },
		"digests": func(v *catalogtest.Video) { v.Sums++ },
		"title":   func(v *catalogtest.Video) { v.Title = "another" },
	} {
		s, n := catalogtest.New(t), newNode(t)
		id := s.Add(2, nil)[0]
		n.follow(s)
		n.film(s, id)
		s.Edit(id, change)
		n.poll(s)
		var told []catalog.Change
		if name != "title" {
			told = []catalog.Change{{Ref: control.Ref{Origin: s.URL, Video: id}, Kind: catalog.Changed}}
		}
		catalogtest.Want(t, name, n.heard(), told)
	}
}

// TestSilentChange: digests that change without a word are noticed within a day.
func TestSilentChange(t *testing.T) {
	t.Parallel()
	s, n := catalogtest.New(t), newNode(t)
	id := s.Add(1, nil)[0]
	n.follow(s)
	n.film(s, id)
	s.Edit(id, func(v *catalogtest.Video) { v.Sums++; v.Updated = v.Updated.Add(-time.Minute) })
	n.poll(s)
	catalogtest.Want(t, "changes", len(n.heard()), 0)
	n.clock.Pass(25 * time.Hour)
	n.poll(s)
	catalogtest.Want(t, "changes", n.heard(), []catalog.Change{{Ref: control.Ref{Origin: s.URL, Video: id}, Kind: catalog.Changed}})
}

// TestWithdrawn: every manner of taking a video back is noticed by one look, for
// videos that the list shows, that it never shows, and that are far down in it.
func TestWithdrawn(t *testing.T) {
	t.Parallel()
	manners := map[string]struct {
		change func(*catalogtest.Video)
		gone   bool
	}{
		"deleted":          {func(v *catalogtest.Video) { v.Status = 404 }, true},
		"deleted for good": {func(v *catalogtest.Video) { v.Status = 410 }, true},
		"forbidden":        {func(v *catalogtest.Video) { v.Status = 403 }, true},
		"private":          {func(v *catalogtest.Video) { v.Privacy = 3 }, true},
		"internal":         {func(v *catalogtest.Video) { v.Privacy = 4 }, true},
		"said to be":       {func(v *catalogtest.Video) { v.Privacy = 100 }, true},
		"unlisted":         {func(v *catalogtest.Video) { v.Privacy = 2 }, false},
		"an error":         {func(v *catalogtest.Video) { v.Status = 500 }, false},
		"too many":         {func(v *catalogtest.Video) { v.Status = 429 }, false},
	}
	for name, m := range manners {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, n := catalogtest.New(t), newNode(t)
			unlisted := s.Add(1, func(v *catalogtest.Video) { v.Privacy = 2 })[0]
			ids := s.Add(250, nil)
			n.follow(s)
			for _, id := range []string{unlisted, ids[0], ids[249]} {
				n.film(s, id)
			}
			n.poll(s)
			catalogtest.Want(t, "at first", len(n.heard()), 0)
			var told []catalog.Change
			for _, id := range []string{unlisted, ids[0], ids[249]} {
				s.Edit(id, m.change)
				if m.gone {
					told = append(told, catalog.Change{Ref: control.Ref{Origin: s.URL, Video: id}, Kind: catalog.Withdrawn})
				}
			}
			err := n.catalog.Poll(t.Context(), s.URL)
			if err != nil && m.gone {
				t.Fatal(err)
			}
			got := n.heard()
			slices.SortFunc(got, func(a, b catalog.Change) int { return strings.Compare(a.Ref.Video, b.Ref.Video) })
			catalogtest.Want(t, "changes", got, told)
			if m.gone {
				if _, err := n.catalog.Film(t.Context(), control.Ref{Origin: s.URL, Video: ids[0]}); !errors.Is(err, remote.ErrGone) && !errors.Is(err, remote.ErrClosed) {
					t.Errorf("the film: got %v", err)
				}
			}
		})
	}
}

// TestStray: a video that was opened by a link, at a server that nobody follows,
// is looked after too, and another server's silence does not matter.
func TestStray(t *testing.T) {
	t.Parallel()
	s, dead, n := catalogtest.New(t), catalogtest.New(t), newNode(t)
	id := s.Add(1, nil)[0]
	dead.Add(1, nil)
	n.remote.Trust(s.URL)
	n.remote.Trust(dead.URL)
	n.film(s, id)
	n.film(dead, id)
	dead.Close()
	n.check(n.catalog.PollStrays(t.Context()))
	catalogtest.Want(t, "changes", len(n.heard()), 0)
	s.Edit(id, func(v *catalogtest.Video) { v.Status = 410 })
	n.check(n.catalog.PollStrays(t.Context()))
	catalogtest.Want(t, "changes", n.heard(), []catalog.Change{{Ref: control.Ref{Origin: s.URL, Video: id}, Kind: catalog.Withdrawn}})
}

// TestOpenWithdrawn: who opens a video that was taken back some minutes ago is
// told so, and so are those who hold it.
func TestOpenWithdrawn(t *testing.T) {
	t.Parallel()
	s, n := catalogtest.New(t), newNode(t)
	id := s.Add(1, nil)[0]
	n.follow(s)
	n.film(s, id)
	s.Edit(id, func(v *catalogtest.Video) { v.Status = 410 })
	n.clock.Pass(time.Hour)
	ref := control.Ref{Origin: s.URL, Video: id}
	if _, err := n.catalog.Film(t.Context(), ref); !errors.Is(err, remote.ErrGone) {
		t.Errorf("film: got %v, want ErrGone", err)
	}
	catalogtest.Want(t, "changes", n.heard(), []catalog.Change{{Ref: ref, Kind: catalog.Withdrawn}})
	if _, err := n.catalog.Last(ref); !errors.Is(err, catalog.ErrUnknown) {
		t.Errorf("last: got %v, want ErrUnknown", err)
	}
}

// TestSold: a domain that was sold, a gate that refuses everybody and a server
// with an error take nothing away at once; a refusal that lasts a day does.
func TestSold(t *testing.T) {
	t.Parallel()
	s, n := catalogtest.New(t), newNode(t)
	id := s.Add(1, nil)[0]
	n.follow(s)
	n.film(s, id)
	ref := control.Ref{Origin: s.URL, Video: id}
	trouble := map[string]func(){
		"sold": func() { s.Sell(true) }, "404": func() { s.Refuse(404) }, "403": func() { s.Refuse(403) }, "502": func() { s.Refuse(502) },
	}
	for name, begin := range trouble {
		begin()
		n.clock.Pass(time.Hour)
		if err := n.catalog.Poll(t.Context(), s.URL); err == nil {
			t.Errorf("%s: the look succeeded", name)
		}
		_, err := n.catalog.Video(t.Context(), ref)
		n.check(err)
		_, err = n.catalog.Film(t.Context(), ref)
		if _, e := n.catalog.Last(ref); e != nil {
			t.Errorf("%s: the film is lost: %v, %v", name, err, e)
		}
		catalogtest.Want(t, name, len(n.heard()), 0)
		s.Sell(false)
		s.Refuse(0)
	}
	n.poll(s)
	s.Refuse(403)
	looks := 0
	for ; len(n.heard()) == 0 && looks < 1000; looks++ {
		_ = n.catalog.Poll(t.Context(), s.URL) // it is refused
	}
	if looks < 140 || looks > 160 {
		t.Errorf("a refusal as a whole was obeyed after %d looks, want about a day of them", looks)
	}
}

// TestManners: however many videos are held, a look costs one page of the list
// for a hundred, and a question by id for each that it does not show.
func TestManners(t *testing.T) {
	t.Parallel()
	s, n := catalogtest.New(t), newNode(t)
	ids := s.Add(400, nil)
	n.follow(s)
	for _, id := range ids[150:] { // the newest 250
		n.film(s, id)
	}
	lists, details := s.Lists(), total(s, ids)
	n.poll(s)
	catalogtest.Want(t, "pages", s.Lists()-lists, 3)
	catalogtest.Want(t, "questions by id", total(s, ids)-details, 0)
	for _, id := range ids[300:310] {
		s.Edit(id, func(v *catalogtest.Video) { v.Privacy = 2 })
	}
	details = total(s, ids)
	n.poll(s)
	if asked := total(s, ids) - details; asked < 10 || asked > 30 {
		t.Errorf("10 vanished, and there were %d questions", asked)
	}
}

func total(s *catalogtest.Server, ids []string) (n int) {
	for _, id := range ids {
		n += s.Details(id)
	}
	return n
}

// TestServe: what is followed while it runs is looked after at once, and
// nothing runs after it returned.
func TestServe(t *testing.T) {
	t.Parallel()
	s, n := catalogtest.New(t), newNode(t)
	s.Add(3, nil)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- n.catalog.Serve(ctx) }()
	n.follow(s)
	deadline := time.Now().Add(30 * time.Second)
	for s.Lists() == 0 {
		if time.Now().After(deadline) {
			t.Fatal("the list was never looked at")
		}
		_, _, err := n.catalog.Newest(t.Context(), s.URL, 0)
		n.check(err)
	}
	list, all, err := n.catalog.Newest(t.Context(), s.URL, 10)
	n.check(err)
	catalogtest.Want(t, "newest", []any{len(list), all}, []any{3, true})
	stop()
	n.check(<-done)
}
