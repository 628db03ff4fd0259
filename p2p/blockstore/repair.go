package blockstore

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"

	"go.etcd.io/bbolt"

	"vidiverse/p2p"
)

// load reads the index and makes it and the folder agree.
func (s *Store) load(dir string) error {
	if err := s.loadIndex(filepath.Join(dir, "index.db")); err != nil {
		return err
	}
	s.punch = canPunch(s.files)
	if err := s.sweep(); err != nil {
		return err
	}
	var wrong []victim
	var empty []*File
	for _, f := range s.known {
		bad, err := s.inspect(f)
		if err != nil {
			return fmt.Errorf("look at %s: %w", f.key.name(), err)
		}
		wrong = append(wrong, bad...)
		if f.held.count() == len(bad) && !f.pinned {
			empty = append(empty, f)
		}
	}
	if len(wrong) > 0 {
		s.cfg.Log.Warn("segments are missing on disk", "segments", len(wrong))
	}
	if err := s.takeOut(wrong, true); err != nil {
		return err
	}
	return s.forget(empty)
}

// loadIndex reads all records. An index that is damaged is set aside: the store
// is then empty, which costs fetching again and nothing else.
func (s *Store) loadIndex(name string) error {
	now := s.cfg.Now()
	each := func(k key, r record) {
		if r.used.After(now) { // a clock that was wrong
			r.used = now // else it would be the most useful for years
		}
		s.know(k, r)
	}
	x, bad, err := openIndex(name, each)
	if errors.Is(err, errDamaged) {
		s.cfg.Log.Error("the index of the media folder is damaged, and made anew", "err", err)
		s.known, s.used = map[key]*File{}, 0
		if err = setAside(name); err == nil {
			x, bad, err = openIndex(name, each)
		}
	}
	if err != nil {
		return err
	}
	s.index = x
	if len(bad) > 0 {
		s.cfg.Log.Error("records of the index are damaged, and their files removed", "files", len(bad))
	}
	s.rank()
	return x.remove(bad...)
}

// rank makes the order of use from the times that the index has.
func (s *Store) rank() {
	files := slices.SortedFunc(maps.Values(s.known), func(a, b *File) int { return a.used.Compare(b.used) })
	for _, f := range files {
		s.seq++
		f.seq = s.seq
	}
}

// mend writes the list of extents anew if the disk changed it: the caller has
// the right one. The caller has change.
func (s *Store) mend(f *File, list []byte) error {
	same := false
	if err := s.index.extents(f.key, func(stored []byte) error {
		same = bytes.Equal(stored, list)
		return nil
	}); err != nil || same {
		return err
	}
	s.cfg.Log.Warn("a list of segments was damaged, and is written anew", "file", f.key.name())
	return explain(s.index.update(func(tx *bbolt.Tx) error { return tx.Bucket(extentBucket).Put(f.key[:], list) }))
}

// sweep removes media files that the index does not know: of removals that were
// cut short, and of puts into new files that were not saved.
func (s *Store) sweep() error {
	dir, err := s.files.Open(".")
	if err != nil {
		return err
	}
	defer dir.Close()
	for {
		entries, err := dir.ReadDir(256)
		for _, e := range entries {
			if k, ok := parseName(e.Name()); ok && s.known[k] == nil && e.Type().IsRegular() {
				if err := s.files.Remove(e.Name()); err != nil {
					return fmt.Errorf("sweep: %w", err)
				}
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// inspect returns the extents that cannot be there because the file is short or
// missing, and frees what is there without a bit: of a put that was not saved,
// of a hole that was not punched.
func (s *Store) inspect(f *File) (bad []victim, err error) {
	held := f.held.list()
	info, err := s.files.Lstat(f.key.name())
	switch {
	case errors.Is(err, fs.ErrNotExist), err == nil && !info.Mode().IsRegular():
		return s.beyond(f, held, 0)
	case err != nil:
		return nil, err
	}
	if info.Size() < f.size {
		if bad, err = s.beyond(f, held, info.Size()); err != nil {
			return nil, err
		}
	}
	slack := int64(len(held)+16) * 2 * block
	if on, ok := allocated(info); ok && s.punch && on > f.bytes+slack {
		return bad, s.punchGaps(f, held)
	}
	return bad, nil
}

// beyond lists those extents that do not end within size.
func (s *Store) beyond(f *File, held []int, size int64) (out []victim, err error) {
	extents, err := s.index.lengths(f.key, held)
	if errors.Is(err, ErrInvalid) { // the list is damaged: nothing can be read by it
		extents, size = make([]p2p.Extent, len(held)), -1
	} else if err != nil {
		return nil, err
	}
	for at, e := range extents {
		if e.Offset+e.Length > size {
			out = append(out, victim{f, held[at], e})
		}
	}
	return out, nil
}

func (s *Store) punchGaps(f *File, held []int) error {
	extents, err := s.index.lengths(f.key, held)
	if err != nil {
		return nil // nothing can be said of the gaps of a damaged list
	}
	w, err := openExisting(s.files, f.key.name())
	if err != nil {
		return err
	}
	defer w.Close()
	if err := w.Truncate(f.size); err != nil {
		return err
	}
	at := int64(0)
	for _, e := range append(extents, p2p.Extent{Offset: f.size}) {
		if e.Offset > at {
			if err := punchHole(w, at, e.Offset-at); err != nil {
				return err
			}
		}
		at = e.Offset + e.Length
	}
	return nil
}

// forget removes records of files of which nothing is held, so that an index
// does not grow with all that was ever watched.
func (s *Store) forget(files []*File) error {
	keys := make([][]byte, 0, len(files))
	for _, f := range files {
		delete(s.known, f.key)
		keys = append(keys, f.key[:])
	}
	if err := s.index.remove(keys...); err != nil {
		return err
	}
	for _, f := range files {
		if err := s.files.Remove(f.key.name()); err != nil && !errors.Is(err, fs.ErrNotExist) {
			s.cfg.Log.Warn("something is left in the media folder", "err", err)
		}
	}
	return nil
}
