package p2ptest

import (
	"errors"
	"testing"

	"vidiverse/p2p"
)

func TestShelf(t *testing.T) {
	t.Parallel()
	data, extents := Film(1, 5, 1000)
	s := FullShelf(data, extents)
	s.Drop(3)
	s.Rot(4)
	want := [][]byte{data[0], data[1], data[2], nil, nil}
	Sources(t, s, want)
	if err := s.Put(3, data[0]); !errors.Is(err, p2p.ErrDigest) {
		t.Errorf("other bytes: got %v", err)
	}
	changes := 0
	stop := s.Notify(func() { changes++ })
	if err := s.Put(3, data[3]); err != nil || !s.Has(3) || changes != 1 {
		t.Errorf("put: %v, %d changes", err, changes)
	}
	stop()
	if s.Drop(3); changes != 1 {
		t.Error("told after stop")
	}
}
