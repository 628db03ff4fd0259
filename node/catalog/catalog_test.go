package catalog_test

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
	"vidiverse/node/remote"
	"vidiverse/node/store"
)

// node is a catalog over a real store, with a clock of its own.
type node struct {
	t       *testing.T
	path    string
	store   *store.Store
	remote  *remote.Client
	catalog *catalog.Catalog

	mu      sync.Mutex
	now     time.Time
	asked   time.Duration
	changes []catalog.Change
}

func newNode(t *testing.T) *node {
	n := &node{t: t, path: filepath.Join(t.TempDir(), "node.db"), now: catalogtest.Day.Add(24 * time.Hour)}
	n.open()
	t.Cleanup(func() { n.check(n.store.Close()) })
	return n
}

func (n *node) open() {
	var err error
	n.store, err = store.Open(n.path)
	n.check(err)
	n.remote = remote.New(remote.Config{Now: n.hurry, Lists: 10_000})
	n.catalog = catalog.New(catalog.Config{
		Store: n.store, Remote: n.remote, Now: n.clock,
		Page: time.Nanosecond, Check: time.Nanosecond,
	})
	n.catalog.Watch(func(c catalog.Change) {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.changes = append(n.changes, c)
	})
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

func (n *node) pass(d time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.now = n.now.Add(d)
}

func (n *node) check(err error) {
	n.t.Helper()
	if err != nil {
		n.t.Fatal(err)
	}
}

// heard is what watchers were told since it was asked last.
func (n *node) heard() []catalog.Change {
	n.mu.Lock()
	defer n.mu.Unlock()
	all := n.changes
	n.changes = nil
	return all
}

func (n *node) follow(s *catalogtest.Server) {
	n.t.Helper()
	_, err := n.catalog.Follow(n.t.Context(), s.URL)
	n.check(err)
}

func (n *node) poll(s *catalogtest.Server) {
	n.t.Helper()
	n.check(n.catalog.Poll(n.t.Context(), s.URL))
}

func (n *node) film(s *catalogtest.Server, id string) *remote.Film {
	n.t.Helper()
	f, err := n.catalog.Film(n.t.Context(), control.Ref{Origin: s.URL, Video: id})
	n.check(err)
	return f
}

func (n *node) list(q control.Query) control.Page {
	n.t.Helper()
	p, err := n.catalog.List(n.t.Context(), q)
	n.check(err)
	return p
}

func titles(p control.Page) string {
	var all []string
	for _, c := range p.Cards {
		all = append(all, strings.TrimPrefix(c.Title, "Film "))
	}
	return strings.Join(all, " ")
}

func want(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// TestFollow: what was followed is there after a restart, with what the server
// said of itself, and is gone when it is followed no more.
func TestFollow(t *testing.T) {
	t.Parallel()
	s, n := catalogtest.New(t), newNode(t)
	id := s.Add(1, nil)[0]
	in, err := n.catalog.Follow(t.Context(), strings.TrimPrefix(s.URL, "http://")+"/w/"+id)
	n.check(err)
	want(t, "origin", in.Origin, s.URL)
	n.film(s, id)
	n.check(n.store.Close())
	n.open()
	all, err := n.catalog.Follows(t.Context())
	n.check(err)
	if len(all) != 1 || all[0].Name != "Mare" || all[0].Origin != s.URL || all[0].Problem != (control.Word{}) {
		t.Errorf("follows: got %+v", all)
	}
	want(t, "stun", n.catalog.STUN(), []string{"stun:stun.example"})
	want(t, "list", titles(n.list(control.Query{})), "1")
	n.check(n.catalog.Unfollow(t.Context(), s.URL))
	want(t, "changes", n.heard(), []catalog.Change{{Ref: control.Ref{Origin: s.URL}, Kind: catalog.Unfollowed}})
	want(t, "list", titles(n.list(control.Query{})), "")
	if _, err := n.store.Video(control.Ref{Origin: s.URL, Video: id}); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the video: got %v, want ErrNotFound", err)
	}
	if err := n.catalog.Unfollow(t.Context(), s.URL); !errors.Is(err, catalog.ErrNotFollowed) {
		t.Errorf("again: got %v, want ErrNotFollowed", err)
	}
	s.Sell(true)
	if _, err := n.catalog.Follow(t.Context(), s.URL); !errors.Is(err, remote.ErrNotPeerTube) {
		t.Errorf("no PeerTube: got %v, want ErrNotPeerTube", err)
	}
	if _, err := n.catalog.Follow(t.Context(), "not an address"); !errors.Is(err, remote.ErrAddress) {
		t.Errorf("no address: got %v, want ErrAddress", err)
	}
}

// TestMerge: two instances are one list, in the order of time, page by page,
// and none is asked for more than its part of it.
func TestMerge(t *testing.T) {
	t.Parallel()
	a, b, n := catalogtest.New(t), catalogtest.New(t), newNode(t)
	number := func(name string, step, first int) func(*catalogtest.Video) {
		i := 0
		return func(v *catalogtest.Video) {
			hour := first + i*step
			i++
			v.Title, v.Published = fmt.Sprint(name, hour), catalogtest.Day.Add(time.Duration(hour)*time.Hour)
			v.UUID = fmt.Sprintf("%s-%s", v.UUID[:23], map[string]string{"a": "aaaaaaaaaaaa", "b": "bbbbbbbbbbbb"}[name][:8]+fmt.Sprintf("%04x", i))
			v.Views = int64(hour % 7)
		}
	}
	a.Add(250, number("a", 1, 1000))
	b.Add(150, number("b", 2, 900))
	n.follow(a)
	n.follow(b)
	var got []string
	for start := 0; start < 400; start += 48 {
		p := n.list(control.Query{Start: start, Count: 48})
		want(t, "total", p.Total, 400)
		got = append(got, strings.Fields(titles(p))...)
	}
	var all []string
	for hour := 1249; hour >= 900; hour-- {
		if hour >= 1000 {
			all = append(all, fmt.Sprint("a", hour))
		}
		if hour%2 == 0 && hour < 1200 {
			all = append(all, fmt.Sprint("b", hour))
		}
	}
	if len(all) != 400 {
		t.Fatalf("the test counts %d", len(all))
	}
	slices.SortStableFunc(all, func(x, y string) int { return strings.Compare(y[1:], x[1:]) })
	slices.SortStableFunc(got, func(x, y string) int { return strings.Compare(y[1:], x[1:]) })
	sorted := slices.Clone(got)
	slices.Sort(sorted)
	slices.Sort(all)
	want(t, "videos", sorted, all)
	if a.Lists() != 3 || b.Lists() != 2 {
		t.Errorf("pages asked for: %d and %d, want 3 and 2", a.Lists(), b.Lists())
	}
	want(t, "one origin", titles(n.list(control.Query{Origin: b.URL, Count: 3})), "b1198 b1196 b1194")
	views := n.list(control.Query{Sort: "-views", Count: 100})
	if !slices.IsSortedFunc(views.Cards, func(x, y control.Card) int { return int(y.Views - x.Views) }) {
		t.Error("by views: not in order")
	}
}

// TestSearch: the search is the servers', and one that knows nothing is no trouble.
func TestSearch(t *testing.T) {
	t.Parallel()
	a, b, n := catalogtest.New(t), catalogtest.New(t), newNode(t)
	a.Add(5, func(v *catalogtest.Video) {
		if v.Title == "Film 3" {
			v.Search = "whales"
		}
	})
	b.Add(5, nil)
	n.follow(a)
	n.follow(b)
	p := n.list(control.Query{Search: "whales"})
	want(t, "found", titles(p), "3")
	want(t, "total", p.Total, 1)
	want(t, "problems", len(p.Problems), 0)
}

// TestDeadOrigin: one dead instance is named, what was known of it is shown,
// and the other's videos come at once.
func TestDeadOrigin(t *testing.T) {
	t.Parallel()
	alive, dead, n := catalogtest.New(t), catalogtest.New(t), newNode(t)
	alive.Add(2, nil)
	id := dead.Add(2, func(v *catalogtest.Video) {
		v.Published = v.Published.Add(30 * time.Minute)
		v.Title, v.UUID = "old", strings.Replace(v.UUID, "c0ffee", "deadff", 1)
	})[1]
	n.follow(alive)
	n.follow(dead)
	film := n.film(dead, id)
	dead.Close()
	for range 2 { // the second time it is not even asked
		p := n.list(control.Query{})
		want(t, "titles", titles(p), "old 2 1")
		want(t, "problems", said(p), []string{strings.TrimPrefix(dead.URL, "http://") + " does not answer now"})
	}
	n.pass(time.Hour)
	known := n.film(dead, id)
	want(t, "the film as it was known last", known.Version, film.Version)
	want(t, "when that was", known.Fetched.Equal(film.Fetched), true)
	v, err := n.catalog.Video(t.Context(), control.Ref{Origin: dead.URL, Video: id})
	n.check(err)
	want(t, "title", v.Title, "old")
	n.pass(9 * 24 * time.Hour)
	if err := n.catalog.Poll(t.Context(), dead.URL); !errors.Is(err, remote.ErrUnavailable) {
		t.Errorf("poll: got %v, want ErrUnavailable", err)
	}
	p := n.list(control.Query{Origin: dead.URL})
	want(t, "problems", said(p), []string{strings.TrimPrefix(dead.URL, "http://") + " has not answered for 9 days; what is kept of it stays"})
	for _, c := range n.heard() {
		t.Errorf("silence is taken for %v", c)
	}
}

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
	want(t, "after a restart", again, first)
	want(t, "questions", s.Details(id), asked)
	outline, err := n.catalog.Outline(ref)
	n.check(err)
	want(t, "outline", []any{len(outline.Renditions), outline.Renditions[1].File, outline.Renditions[1].Extents == nil}, []any{3, first.Renditions[1].File, true})
	s.Edit(id, func(v *catalogtest.Video) { v.Version++ })
	n.pass(10 * time.Minute)
	if n.film(s, id).Version == first.Version {
		t.Error("the old film is given for the new one")
	}
	want(t, "changes", n.heard(), []catalog.Change{{Ref: ref, Kind: catalog.Changed}})
	rec, err := n.store.Video(ref)
	n.check(err)
	want(t, "size", rec.Size, int64(6000))
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
	want(t, "changes", n.heard(), []catalog.Change{{Ref: control.Ref{Origin: s.URL, Video: id}, Kind: catalog.Added}})
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
		want(t, name, n.heard(), told)
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
	want(t, "changes", len(n.heard()), 0)
	n.pass(25 * time.Hour)
	n.poll(s)
	want(t, "changes", n.heard(), []catalog.Change{{Ref: control.Ref{Origin: s.URL, Video: id}, Kind: catalog.Changed}})
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
			want(t, "at first", len(n.heard()), 0)
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
			want(t, "changes", got, told)
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
	want(t, "changes", len(n.heard()), 0)
	s.Edit(id, func(v *catalogtest.Video) { v.Status = 410 })
	n.check(n.catalog.PollStrays(t.Context()))
	want(t, "changes", n.heard(), []catalog.Change{{Ref: control.Ref{Origin: s.URL, Video: id}, Kind: catalog.Withdrawn}})
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
	n.pass(time.Hour)
	ref := control.Ref{Origin: s.URL, Video: id}
	if _, err := n.catalog.Film(t.Context(), ref); !errors.Is(err, remote.ErrGone) {
		t.Errorf("film: got %v, want ErrGone", err)
	}
	want(t, "changes", n.heard(), []catalog.Change{{Ref: ref, Kind: catalog.Withdrawn}})
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
		n.pass(time.Hour)
		if err := n.catalog.Poll(t.Context(), s.URL); err == nil {
			t.Errorf("%s: the look succeeded", name)
		}
		_, err := n.catalog.Video(t.Context(), ref)
		n.check(err)
		_, err = n.catalog.Film(t.Context(), ref)
		if _, e := n.catalog.Last(ref); e != nil {
			t.Errorf("%s: the film is lost: %v, %v", name, err, e)
		}
		want(t, name, len(n.heard()), 0)
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
	want(t, "pages", s.Lists()-lists, 3)
	want(t, "questions by id", total(s, ids)-details, 0)
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
	want(t, "newest", []any{len(list), all}, []any{3, true})
	stop()
	n.check(<-done)
}

func said(p control.Page) (all []string) {
	for _, w := range p.Problems {
		all = append(all, w.String())
	}
	return all
}
