package blockstore

import (
	"fmt"
	"math"
	"os"
	"slices"

	"vidiverse/p2p"
)

// gap is a run of extents that go, between two that stay or are being written:
// -1 and the number of extents where there is none.
type gap struct {
	first, last   victim
	before, after int
}

// punchOut frees the space of extents. A file system frees whole blocks, so a
// hole also takes what lies between the extent and the next that is needed;
// else each extent would leave its edges behind.
func (s *Store) punchOut(f *File, w *os.File, out []victim) error {
	out = slices.DeleteFunc(slices.Clone(out), func(v victim) bool { return v.e.Length == 0 })
	slices.SortFunc(out, func(a, b victim) int { return a.i - b.i })
	for _, g := range f.gaps(out) {
		from := g.first.e.Offset / block * block
		to := (g.last.e.Offset + g.last.e.Length + block - 1) / block * block
		floor, err := f.edge(g.before, func(e p2p.Extent) int64 { return e.Offset + e.Length }, 0)
		if err != nil {
			return err
		}
		ceiling, err := f.edge(g.after, func(e p2p.Extent) int64 { return e.Offset }, math.MaxInt64)
		if err != nil {
			return err
		}
		if from, to = max(from, floor), min(to, ceiling); to <= from {
			continue
		}
		if err := punchHole(w, from, to-from); err != nil {
			return fmt.Errorf("punch a hole: %w", err)
		}
	}
	return nil
}

func (f *File) edge(i int, of func(p2p.Extent) int64, none int64) (int64, error) {
	if i < 0 || i >= f.count {
		return none, nil
	}
	e, err := f.Extent(i)
	return of(e), err
}

// gaps joins extents, which are in order. Nothing more comes to be held or
// written meanwhile, for the file is sealed.
func (f *File) gaps(out []victim) (gaps []gap) {
	f.s.mu.Lock()
	defer f.s.mu.Unlock()
	needed := func(i int) bool { return f.held.has(i) || f.busy[i] > 0 }
	for _, v := range out {
		if n := len(gaps); n > 0 && v.i < gaps[n-1].after {
			gaps[n-1].last = v
			continue
		}
		g := gap{first: v, last: v, before: v.i - 1, after: v.i + 1}
		for g.before >= 0 && !needed(g.before) {
			g.before--
		}
		for g.after < f.count && !needed(g.after) {
			g.after++
		}
		gaps = append(gaps, g)
	}
	return gaps
}
