package p2ptest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"math/rand/v2"
	"sync"

	"vidiverse/p2p"
)

// Film makes n extents of about size bytes each, the same for the same seed,
// and what describes them.
func Film(seed uint64, n, size int) (data [][]byte, extents []p2p.Extent) {
	noise := rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8)})
	offset := int64(1000) // after an init section
	for i := range n {
		b := make([]byte, size+i%7)
		_, _ = noise.Read(b) // never fails
		data = append(data, b)
		extents = append(extents, p2p.Extent{Offset: offset, Length: int64(len(b)), Sum: sha256.Sum256(b)})
		offset += int64(len(b))
	}
	return data, extents
}

// Shelf holds segments of one file in memory, verified as a disk's are. It may
// be used from several goroutines.
type Shelf struct {
	extents []p2p.Extent

	mu      sync.Mutex
	data    map[int][]byte
	callers map[int]func()
	next    int
	reads   int
}

// NewShelf makes an empty shelf.
func NewShelf(extents []p2p.Extent) *Shelf {
	return &Shelf{extents: extents, data: map[int][]byte{}, callers: map[int]func(){}}
}

// FullShelf makes a shelf that holds all of data.
func FullShelf(data [][]byte, extents []p2p.Extent) *Shelf {
	s := NewShelf(extents)
	for i := range data {
		s.data[i] = data[i]
	}
	return s
}

// Len is the number of segments of the file.
func (s *Shelf) Len() int { return len(s.extents) }

// Extent describes segment i.
func (s *Shelf) Extent(i int) (p2p.Extent, error) {
	if i < 0 || i >= len(s.extents) {
		return p2p.Extent{}, p2p.ErrAbsent
	}
	return s.extents[i], nil
}

// Has reports whether segment i is held.
func (s *Shelf) Has(i int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.data[i]
	return ok
}

// Held lists the segments that are held, in order.
func (s *Shelf) Held() (list []int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.extents {
		if _, ok := s.data[i]; ok {
			list = append(list, i)
		}
	}
	return list
}

// Put holds a segment; p2p.ErrDigest if it is not what the file has there.
func (s *Shelf) Put(i int, data []byte) error {
	e, err := s.Extent(i)
	if err == nil {
		err = e.Check(data)
	}
	if err != nil {
		return err
	}
	s.change(func() { s.data[i] = bytes.Clone(data) })
	return nil
}

// Drop forgets a segment.
func (s *Shelf) Drop(i int) { s.change(func() { delete(s.data, i) }) }

// Rot changes a held segment behind its digest's back.
func (s *Shelf) Rot(i int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.data[i] = bytes.Clone(s.data[i])
	s.data[i][0] ^= 1
}

func (s *Shelf) change(f func()) {
	s.mu.Lock()
	f()
	var calls []func()
	for _, fn := range s.callers {
		calls = append(calls, fn)
	}
	s.mu.Unlock()
	for _, fn := range calls {
		fn()
	}
}

// Fetch is p2p.Source, verified: what has rotted is dropped.
func (s *Shelf) Fetch(_ context.Context, i int) ([]byte, error) {
	s.mu.Lock()
	data, ok := s.data[i]
	s.reads++
	s.mu.Unlock()
	if !ok {
		return nil, p2p.ErrAbsent
	}
	if s.extents[i].Check(data) != nil {
		s.Drop(i)
		return nil, p2p.ErrAbsent
	}
	return bytes.Clone(data), nil
}

// Reads is how often a segment was fetched.
func (s *Shelf) Reads() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reads
}

// Notify calls fn after every change, until stop.
func (s *Shelf) Notify(fn func()) (stop func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := s.next
	s.next++
	s.callers[id] = fn
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.callers, id)
	}
}
