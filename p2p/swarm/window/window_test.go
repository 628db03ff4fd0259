package window

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"testing"

	"vidiverse/p2p"
	"vidiverse/p2p/p2ptest"
	"vidiverse/p2p/swarm"
)

var _ swarm.Segments = (*Window)(nil)
var _ swarm.Sliding = (*Window)(nil)

// body of a segment of the test's live.
func body(i int) []byte { return fmt.Appendf(nil, "segment %d", i) }

// names are the segments from first to below end; those from untold on have no
// digest yet.
func names(first, end, untold int) (list []Segment) {
	for i := first; i < end; i++ {
		s := Segment{Name: fmt.Sprintf("0-%06d.ts", i)}
		if i < untold {
			s.Sum, s.Told = sha256.Sum256(body(i)), true
		}
		list = append(list, s)
	}
	return list
}

// TestSlide: the window moves on, what has left it is withdrawn.
func TestSlide(t *testing.T) {
	t.Parallel()
	var w Window
	changes := 0
	defer w.Notify(func() { changes++ })()
	if err := w.Slide(300, names(300, 305, 304)); err != nil {
		t.Fatal(err)
	}
	for i := 300; i < 304; i++ {
		if err := w.Put(i, body(i)); err != nil {
			t.Fatal(err)
		}
	}
	if got := w.Held(); !slices.Equal(got, []int{300, 301, 302, 303}) || changes != 4 {
		t.Errorf("holds %v after %d changes", got, changes)
	}
	if err := w.Slide(302, names(302, 307, 306)); err != nil {
		t.Fatal(err)
	}
	if got := w.Held(); !slices.Equal(got, []int{302, 303}) || changes != 5 || w.Len() != 5 {
		t.Errorf("then it holds %v of %d after %d changes", got, w.Len(), changes)
	}
	if err := w.Put(301, body(301)); !errors.Is(err, p2p.ErrAbsent) {
		t.Errorf("what has left: %v", err)
	}
	want := make([][]byte, 304)
	want[302], want[303] = body(302), body(303)
	p2ptest.Sources(t, &w, want)
}

// TestUntold: a segment whose digest the origin has not said is neither held
// nor looked for, until it is said.
func TestUntold(t *testing.T) {
	t.Parallel()
	var w Window
	if err := w.Slide(7, names(7, 9, 8)); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Extent(8); !errors.Is(err, p2p.ErrAbsent) {
		t.Errorf("its extent: %v", err)
	}
	if err := w.Put(8, body(8)); !errors.Is(err, p2p.ErrAbsent) || w.Has(8) {
		t.Errorf("put: %v", err)
	}
	if err := w.Slide(7, names(7, 9, 9)); err != nil {
		t.Fatal(err)
	}
	if err := w.Put(8, body(7)); !errors.Is(err, p2p.ErrDigest) {
		t.Errorf("another's bytes: %v", err)
	}
	if err := w.Put(8, body(8)); err != nil {
		t.Error(err)
	}
	if e, err := w.Extent(8); err != nil || e.Length != int64(len(body(8))) {
		t.Errorf("its extent: %+v, %v", e, err)
	}
	// A list from a cache that lags takes nothing back.
	if err := w.Slide(7, names(7, 9, 7)); err != nil || !w.Has(8) {
		t.Errorf("an older list: %v", err)
	}
}

// TestAnother: a playlist that names other segments, or a list that says other
// digests, is another live's, and changes nothing.
func TestAnother(t *testing.T) {
	t.Parallel()
	var w Window
	if err := w.Slide(7, names(7, 12, 12)); err != nil {
		t.Fatal(err)
	}
	other, changed := names(8, 13, 13), names(8, 13, 13)
	other[0].Name = "1-000008.ts"
	changed[1].Sum[0] ^= 1
	if err := w.Slide(8, other); !errors.Is(err, ErrMoved) {
		t.Errorf("other names: %v", err)
	}
	if err := w.Slide(8, changed); !errors.Is(err, ErrChanged) {
		t.Errorf("other digests: %v", err)
	}
	if err := w.Slide(2, names(2, 6, 6)); !errors.Is(err, ErrMoved) {
		t.Errorf("begun anew: %v", err)
	}
	if err := w.Slide(6, names(6, 11, 11)); err != nil {
		t.Errorf("an older one: %v", err)
	}
	if err := w.Slide(6, other); !errors.Is(err, ErrMoved) {
		t.Errorf("an older one of another: %v", err)
	}
	if err := w.Slide(1<<60, names(1, 2, 2)); !errors.Is(err, ErrMoved) {
		t.Errorf("beyond all time: %v", err)
	}
	if first, end := w.Span(); first != 7 || end != 12 {
		t.Errorf("the window is %d to %d", first, end)
	}
}

// TestBounds: a playlist of any length, with segments of any size, costs no more
// memory than a window may.
func TestBounds(t *testing.T) {
	t.Parallel()
	big := make([]byte, 9<<20)
	sum := sha256.Sum256(big)
	var list []Segment
	for i := range 1000 {
		list = append(list, Segment{Name: fmt.Sprint(i), Sum: sum, Told: true})
	}
	var w Window
	if err := w.Slide(0, list); err != nil {
		t.Fatal(err)
	}
	first, end := w.Span()
	if end != 1000 || end-first != MaxSegments {
		t.Errorf("the window is %d to %d", first, end)
	}
	var err error
	for i := first; i < first+8 && err == nil; i++ {
		err = w.Put(i, big)
	}
	if !errors.Is(err, ErrFull) || len(w.Held()) != MaxBytes/len(big) {
		t.Errorf("holds %d: %v", len(w.Held()), err)
	}
	if err := w.Slide(1000, nil); err != nil || len(w.Held()) != 0 || w.bytes != 0 {
		t.Errorf("in the end %d bytes, %v", w.bytes, err)
	}
}
