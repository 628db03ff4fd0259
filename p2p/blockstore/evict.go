package blockstore

import (
	"cmp"
	"errors"
	"io/fs"
	"slices"

	"vidiverse/p2p"
)

// Eviction goes on to this part of the quota, so that it does not begin again
// with the next extent.
const lowMark = 0.95

// victim is an extent that is to go.
type victim struct {
	f *File
	i int
	e p2p.Extent
}

// makeRoom evicts until need bytes fit, the least useful files first, of a file
// the last extents first. It evicts nothing if that would not be enough.
// Pinned files, and what was put lately, go only if hard: the quota itself has
// shrunk.
func (s *Store) makeRoom(need int64, hard bool) bool {
	s.change.Lock()
	defer s.change.Unlock()
	for wide := int64(1); wide < 1<<16; wide *= 16 { // while that many files are not enough
		s.mu.Lock()
		s.leaveStays()
		over := s.used + need - s.quota
		goal := s.used + need - max(need, int64(float64(s.quota)*lowMark))
		if s.quota <= 0 || over <= 0 || s.closed {
			s.mu.Unlock()
			return true
		}
		files, all := s.candidates(goal*wide, hard)
		s.mu.Unlock()
		out, freed, err := s.choose(files, goal)
		if freed < over && !all {
			continue
		}
		if freed < over && !hard || freed == 0 {
			return false
		}
		if err = errors.Join(err, s.takeOut(out, false)); err != nil {
			s.cfg.Log.Error("evict", "err", err)
			return false
		}
	}
	return false
}

// loose is what may go of a file.
type loose struct {
	f       *File
	extents []int
}

// candidates lists what may go, in order: about twice the goal, or all. The
// caller has the lock.
func (s *Store) candidates(goal int64, hard bool) (out []loose, all bool) {
	files := make([]*File, 0, len(s.known))
	for _, f := range s.known {
		if f.bytes > 0 && (hard || !f.pinned) {
			files = append(files, f)
		}
	}
	now := s.latest()
	slices.SortFunc(files, func(a, b *File) int {
		return cmp.Or(cmp.Compare(b2i(a.pinned), b2i(b.pinned)), cmp.Compare(a.worth(now), b.worth(now)), cmp.Compare(a.seq, b.seq))
	})
	for _, f := range files {
		l := loose{f: f}
		for _, i := range f.held.list() {
			if f.busy[i] == 0 && (hard || !f.stays[i]) {
				l.extents = append(l.extents, i)
			}
		}
		whole := len(l.extents) == f.held.count() && f.writers == 0
		if len(l.extents) == 0 || !s.punch && !whole {
			continue
		}
		slices.Reverse(l.extents)
		out = append(out, l)
		if goal -= f.bytes * int64(len(l.extents)) / int64(f.held.count()) / 2; goal <= 0 {
			return out, false
		}
	}
	return out, true
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// choose takes from files until goal bytes are free. Where holes cannot be
// punched a file goes whole.
func (s *Store) choose(files []loose, goal int64) (out []victim, freed int64, err error) {
	for _, l := range files {
		extents, e := s.index.lengths(l.f.key, l.extents)
		if e != nil {
			err = errors.Join(err, e)
			continue
		}
		for at, e := range extents {
			if freed >= goal && s.punch {
				return out, freed, err
			}
			out = append(out, victim{l.f, l.extents[at], e})
			freed += e.Length + block
		}
		if freed >= goal {
			break
		}
	}
	return out, freed, err
}

// dropBad takes a damaged extent out. It looks once more, for somebody may have
// dropped it and put it anew since, and then returns the bytes.
func (s *Store) dropBad(f *File, i int, why error) ([]byte, error) {
	s.change.Lock()
	defer s.change.Unlock()
	if !f.Has(i) {
		return nil, f.absent()
	}
	if data, err := f.read(i); err == nil {
		return data, nil
	}
	s.cfg.Log.Warn("a stored segment was damaged, and is dropped", "file", f.key.name(), "extent", i, "err", why)
	e, err := f.Extent(i)
	if err != nil {
		e = p2p.Extent{} // then only the bit goes
	}
	if err := s.takeOut([]victim{{f, i, e}}, true); err != nil {
		s.cfg.Log.Error("drop a damaged segment", "err", err)
	}
	return nil, f.absent()
}

// takeOut removes extents: from memory, from the index, and then from disk. The
// caller has change. What is being read stays, unless it is bad.
func (s *Store) takeOut(want []victim, bad bool) error {
	out, files := s.unset(want, bad)
	err := s.forgetting(func() error { return s.index.change(files, func(f *File, r *record) { r.drop(out[f]) }) })
	for _, f := range files {
		if err == nil {
			err = s.free(f, out[f])
		}
	}
	s.settle(out, err != nil && !bad)
	s.makeSpare()
	return err
}

func (r *record) drop(out []victim) {
	for _, v := range out {
		if r.held.has(v.i) {
			r.held.clear(v.i)
			r.bytes = max(0, r.bytes-v.e.Length)
		}
	}
	if n := int64(r.held.count()); n == 0 || r.bytes < n {
		r.bytes = n
	}
}

// unset clears the bits, so that no read begins, and seals the files, so that no
// Put does.
func (s *Store) unset(want []victim, bad bool) (out map[*File][]victim, files []*File) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out = map[*File][]victim{}
	for _, v := range want {
		f := v.f
		if f.removed || !f.held.has(v.i) || f.busy[v.i] > 0 && !bad || !s.punch && f.writers > 0 && !bad {
			continue
		}
		f.held.clear(v.i)
		f.sealed = true
		if u := s.batch.files[f]; u != nil {
			delete(u.extents, v.i)
		}
		if out[f] == nil {
			files = append(files, f)
		}
		out[f] = append(out[f], v)
	}
	return out, files
}

// free gives the space back. Where the system cannot free a part, a file goes
// when nothing of it is held.
func (s *Store) free(f *File, out []victim) error {
	w, err := openExisting(s.files, f.key.name())
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, errNotFile) {
		return nil
	}
	if err != nil {
		return err
	}
	defer w.Close()
	if s.punch {
		return s.punchOut(f, w, out)
	}
	if f.vacant() {
		return w.Truncate(0)
	}
	return nil
}

// vacant tells that nothing of the file is held or being written, and that
// nothing will be before settle.
func (f *File) vacant() bool {
	f.s.mu.Lock()
	defer f.s.mu.Unlock()
	return f.sealed && f.writers == 0 && f.held.count() == 0
}

// settle ends what unset began. If the index did not follow, the extents are
// still there, and stay.
func (s *Store) settle(out map[*File][]victim, undo bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for f, list := range out {
		f.sealed = false
		for _, v := range list {
			delete(f.stays, v.i)
			if undo {
				f.held.set(v.i)
				continue
			}
			before := f.bytes
			f.bytes = max(0, f.bytes-v.e.Length)
			if f.held.count() == 0 {
				f.bytes = 0
			}
			s.used -= before - f.bytes + block
		}
		s.tell(f)
	}
}
