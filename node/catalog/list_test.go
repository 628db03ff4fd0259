package catalog_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"vidiverse/node/catalog"
	"vidiverse/node/catalog/catalogtest"
	"vidiverse/node/control"
	"vidiverse/node/remote"
	"vidiverse/node/store"
)

// TestFollow: what was followed is there after a restart, with what the server
// said of itself, and is gone when it is followed no more.
func TestFollow(t *testing.T) {
	t.Parallel()
	s, n := catalogtest.New(t), newNode(t)
	id := s.Add(1, nil)[0]
	in, err := n.catalog.Follow(t.Context(), strings.TrimPrefix(s.URL, "http://")+"/w/"+id)
	n.check(err)
	catalogtest.Want(t, "origin", in.Origin, s.URL)
	n.film(s, id)
	n.check(n.store.Close())
	n.open()
	all, err := n.catalog.Follows(t.Context())
	n.check(err)
	if len(all) != 1 || all[0].Name != "Mare" || all[0].Origin != s.URL || all[0].Problem != (control.Word{}) {
		t.Errorf("follows: got %+v", all)
	}
	catalogtest.Want(t, "stun", n.catalog.STUN(), []string{"stun:stun.example"})
	catalogtest.Want(t, "list", titles(n.list(control.Query{})), "1")
	n.check(n.catalog.Unfollow(t.Context(), s.URL))
	catalogtest.Want(t, "changes", n.heard(), []catalog.Change{{Ref: control.Ref{Origin: s.URL}, Kind: catalog.Unfollowed}})
	catalogtest.Want(t, "list", titles(n.list(control.Query{})), "")
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
		catalogtest.Want(t, "total", p.Total, 400)
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
	catalogtest.Want(t, "videos", sorted, all)
	if a.Lists() != 3 || b.Lists() != 2 {
		t.Errorf("pages asked for: %d and %d, want 3 and 2", a.Lists(), b.Lists())
	}
	catalogtest.Want(t, "one origin", titles(n.list(control.Query{Origin: b.URL, Count: 3})), "b1198 b1196 b1194")
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
	catalogtest.Want(t, "found", titles(p), "3")
	catalogtest.Want(t, "total", p.Total, 1)
	catalogtest.Want(t, "problems", len(p.Problems), 0)
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
		catalogtest.Want(t, "titles", titles(p), "old 2 1")
		catalogtest.Want(t, "problems", said(p), []string{strings.TrimPrefix(dead.URL, "http://") + " does not answer now"})
	}
	n.clock.Pass(time.Hour)
	known := n.film(dead, id)
	catalogtest.Want(t, "the film as it was known last", known.Version, film.Version)
	catalogtest.Want(t, "when that was", known.Fetched.Equal(film.Fetched), true)
	v, err := n.catalog.Video(t.Context(), control.Ref{Origin: dead.URL, Video: id})
	n.check(err)
	catalogtest.Want(t, "title", v.Title, "old")
	n.clock.Pass(9 * 24 * time.Hour)
	if err := n.catalog.Poll(t.Context(), dead.URL); !errors.Is(err, remote.ErrUnavailable) {
		t.Errorf("poll: got %v, want ErrUnavailable", err)
	}
	p := n.list(control.Query{Origin: dead.URL})
	catalogtest.Want(t, "problems", said(p), []string{strings.TrimPrefix(dead.URL, "http://") + " has not answered for 9 days; what is kept of it stays"})
	for _, c := range n.heard() {
		t.Errorf("silence is taken for %v", c)
	}
}
