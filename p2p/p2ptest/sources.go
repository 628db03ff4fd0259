// Package p2ptest holds what the tests of several packages need: the contract
// that every p2p.Source keeps, a shelf of segments in memory, a place where peers
// meet, with a real tracker and real connections on this machine, and a simulated
// network for bubbles of false time.
package p2ptest

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"vidiverse/p2p"
)

// patience is ten times what a step takes on a busy machine.
const patience = 30 * time.Second

// Sources requires that source keeps the contract of p2p.Source: want are the
// extents, nil where it holds none.
func Sources(t *testing.T, source p2p.Source, want [][]byte) {
	t.Helper()
	t.Run("gives what it holds", func(t *testing.T) {
		for i := range want {
			check(t, source, i, want[i])
		}
	})
	t.Run("holds nothing out of bounds", func(t *testing.T) {
		for _, i := range []int{-1, len(want), len(want) + 1000, -1 << 40} {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			if data, err := source.Fetch(ctx, i); err == nil {
				t.Errorf("extent %d of %d: got %d bytes", i, len(want), len(data))
			}
			cancel()
		}
	})
	t.Run("its bytes are the caller's", func(t *testing.T) {
		i := held(want)
		if i < 0 {
			return
		}
		data, err := source.Fetch(t.Context(), i)
		if err != nil {
			t.Fatal(err)
		}
		clear(data)
		check(t, source, i, want[i])
	})
	t.Run("serves several at once", func(t *testing.T) {
		var all sync.WaitGroup
		for n := range 4 {
			all.Go(func() {
				for i := range want {
					check(t, source, (i+n)%len(want), want[(i+n)%len(want)])
				}
			})
		}
		all.Wait()
	})
	t.Run("ends with its context", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		for i := range want {
			data, err := source.Fetch(ctx, i)
			if err == nil && !bytes.Equal(data, want[i]) {
				t.Errorf("extent %d: other bytes", i)
			}
		}
	})
}

func held(want [][]byte) int {
	for i := range want {
		if want[i] != nil {
			return i
		}
	}
	return -1
}

func check(t *testing.T, source p2p.Source, i int, want []byte) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	data, err := source.Fetch(ctx, i)
	switch {
	case want == nil && !errors.Is(err, p2p.ErrAbsent):
		t.Errorf("extent %d, which it does not hold: got %d bytes, %v, want ErrAbsent", i, len(data), err)
	case want != nil && (err != nil || !bytes.Equal(data, want)):
		t.Errorf("extent %d: got %d bytes, %v, want %d", i, len(data), err, len(want))
	}
}
