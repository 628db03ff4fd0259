// Package window holds the segments of a live that can be watched now: those
// that its origin's playlist names, whose digest the origin has said.
//
//	playlist ──▶ Slide: ids and names      digest list ──▶ Slide: sums
//	                    │ gone ones are withdrawn          │ none: no P2P for it
//	                    ▼                                  ▼
//	     origin, peers ─▶ Put ─▶ held in memory ─▶ a swarm announces and gives
//
// A digest list is written at every segment, a little after it: a segment whose
// digest is not known yet is neither taken from peers nor given to them, and
// nobody waits for it. What comes in its place is fetched from the origin. Who
// reads playlists and lists is the caller; nothing here does I/O.
package window

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"sync"

	"vidiverse/p2p"
)

// Segment is one of the playlist's.
type Segment struct {
	Name string // a plain file name, by which the digest list knows it
	Sum  [32]byte
	Told bool // Sum is the origin's word
}

// Errors of Slide and Put, for errors.Is.
var (
	// ErrMoved is a playlist that names other segments under the same numbers,
	// or begins anew: it is of another live.
	ErrMoved = errors.New("window: the playlist is of another live")
	// ErrChanged is a digest other than the one that was said before.
	ErrChanged = errors.New("window: the digest of a segment changed")
	// ErrFull is a segment for which there is no room.
	ErrFull = errors.New("window: full")
)

// The bounds of a window: PeerTube's playlists name fifteen segments.
const (
	MaxSegments = 256
	MaxBytes    = 64 << 20
)

// Window is the segments of one stream of a live: a swarm.Sliding. Its zero
// value is empty and ready. It may be used from several goroutines.
type Window struct {
	mu      sync.Mutex
	first   int
	list    []Segment
	data    map[int][]byte
	bytes   int
	callers map[int]func()
	next    int
}

// Slide replaces the window: first is the media sequence number of the first
// segment. What is no longer in it is forgotten, what is stays. More than
// MaxSegments are cut off at the older end. A playlist that is a little older,
// as a cache between may give it, changes nothing; after an error, too, the
// window is what it was.
func (w *Window) Slide(first int, list []Segment) error {
	if cut := len(list) - MaxSegments; cut > 0 {
		first, list = first+cut, list[cut:]
	}
	if first < 0 || first > maxID {
		return ErrMoved
	}
	w.mu.Lock()
	merged, err := w.merge(first, list)
	if err != nil || first < w.first {
		w.mu.Unlock()
		return err
	}
	w.first, w.list = first, merged
	gone := false
	for i, b := range w.data {
		if i < first || i >= first+len(merged) {
			w.bytes -= len(b)
			delete(w.data, i)
			gone = true
		}
	}
	calls := w.calls(gone)
	w.mu.Unlock()
	tell(calls)
	return nil
}

// merge checks a list against the one before. Of a segment that was there only
// its digest may be new. mu is held.
func (w *Window) merge(first int, list []Segment) ([]Segment, error) {
	if first < w.first && first+len(list) <= w.first {
		return nil, ErrMoved
	}
	merged := slices.Clone(list)
	for n := range merged {
		old, ok := w.at(first + n)
		switch {
		case !ok:
		case old.Name != merged[n].Name:
			return nil, ErrMoved
		case old.Told && merged[n].Told && old.Sum != merged[n].Sum:
			return nil, ErrChanged
		case old.Told:
			merged[n] = old // a list that was read earlier came later
		}
	}
	return merged, nil
}

// at is the segment with that number. mu is held.
func (w *Window) at(i int) (Segment, bool) {
	if i < w.first || i-w.first >= len(w.list) {
		return Segment{}, false
	}
	return w.list[i-w.first], true
}

// Span is the first id of the window, and the one behind its last.
func (w *Window) Span() (first, end int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.first, w.first + len(w.list)
}

// Len is the number of segments of the window.
func (w *Window) Len() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.list)
}

// Extent is what is known of a segment: its digest, and its length once it is
// held. It is p2p.ErrAbsent while the origin has not said the digest.
func (w *Window) Extent(i int) (e p2p.Extent, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s, ok := w.at(i)
	if !ok || !s.Told {
		return e, p2p.ErrAbsent
	}
	return p2p.Extent{Length: int64(len(w.data[i])), Sum: s.Sum}, nil
}

// Has reports whether segment i is held.
func (w *Window) Has(i int) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, ok := w.data[i]
	return ok
}

// Held lists the segments that are held, in order.
func (w *Window) Held() []int {
	w.mu.Lock()
	defer w.mu.Unlock()
	list := make([]int, 0, len(w.data))
	for i := range w.data {
		list = append(list, i)
	}
	slices.Sort(list)
	return list
}

// Put holds a segment. p2p.ErrDigest means that it is not what the origin
// published, p2p.ErrAbsent that it is not in the window or its digest is not
// known, ErrFull that it is too much.
func (w *Window) Put(i int, data []byte) error {
	w.mu.Lock()
	s, ok := w.at(i)
	_, held := w.data[i]
	full := w.bytes+len(data) > MaxBytes
	w.mu.Unlock()
	switch {
	case !ok || !s.Told:
		return p2p.ErrAbsent
	case held:
		return nil
	case len(data) == 0 || check(data, s.Sum) != nil:
		return p2p.ErrDigest
	case full:
		return ErrFull
	}
	w.mu.Lock()
	now, ok := w.at(i)
	if _, held := w.data[i]; held || !ok || now != s || w.bytes+len(data) > MaxBytes {
		w.mu.Unlock()
		return nil // it moved on meanwhile
	}
	if w.data == nil {
		w.data = map[int][]byte{}
	}
	w.data[i] = bytes.Clone(data)
	w.bytes += len(data)
	calls := w.calls(true)
	w.mu.Unlock()
	tell(calls)
	return nil
}

// Fetch is p2p.Source, verified at every read.
func (w *Window) Fetch(_ context.Context, i int) ([]byte, error) {
	w.mu.Lock()
	data, ok := w.data[i]
	s, _ := w.at(i)
	w.mu.Unlock()
	if !ok || check(data, s.Sum) != nil {
		return nil, p2p.ErrAbsent
	}
	return bytes.Clone(data), nil
}

func check(data []byte, sum [32]byte) error {
	return p2p.Extent{Length: int64(len(data)), Sum: sum}.Check(data)
}

// Notify calls fn after every change of what is held, until stop.
func (w *Window) Notify(fn func()) (stop func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.callers == nil {
		w.callers = map[int]func(){}
	}
	id := w.next
	w.next++
	w.callers[id] = fn
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.callers, id)
	}
}

// calls are those to be told, if something changed. mu is held.
func (w *Window) calls(changed bool) (list []func()) {
	if !changed {
		return nil
	}
	for _, fn := range w.callers {
		list = append(list, fn)
	}
	return list
}

func tell(list []func()) {
	for _, fn := range list {
		fn()
	}
}

// maxID is far beyond any live, and what a peer's language can count to.
const maxID = 1 << 50
