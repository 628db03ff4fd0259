package blockstore

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"vidiverse/p2p"
)

// Remove forgets a file and its bytes. It returns p2p.ErrAbsent if the store
// does not know it. No read begins any more; one that has begun may end well.
func (s *Store) Remove(id p2p.FileID) error {
	n, err := s.remove(func(f p2p.FileID) bool { return f == id })
	if n == 0 && err == nil {
		return p2p.ErrAbsent
	}
	return err
}

// RemoveVideo removes every file of a video, in every version; that there is
// none is no error.
func (s *Store) RemoveVideo(origin, video string) error {
	_, err := s.remove(func(f p2p.FileID) bool { return f.Origin == origin && f.Video == video })
	return err
}

// remove takes files out of memory, then of the index, then unlinks them.
// Killed in between, the next Open sweeps files that the index does not know.
func (s *Store) remove(match func(p2p.FileID) bool) (int, error) {
	s.change.Lock()
	defer s.change.Unlock()
	files, keys, err := s.part(match)
	if err != nil || len(files) == 0 {
		return 0, err
	}
	if err := s.forgetting(func() error { return s.index.remove(keys...) }); err != nil {
		s.rejoin(files)
		return 0, fmt.Errorf("remove from the index: %w", err)
	}
	for _, f := range files {
		if e := s.files.Remove(f.key.name()); e != nil && !errors.Is(e, fs.ErrNotExist) {
			err = errors.Join(err, fmt.Errorf("remove: %w", e))
		}
	}
	s.makeSpare()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range files {
		s.used -= f.charge()
		f.held, f.bytes = newBitmap(f.count), 0
		s.tell(f)
	}
	return len(files), err
}

// part lets nothing begin on the files, and waits until nothing is written to
// them.
func (s *Store) part(match func(p2p.FileID) bool) (files []*File, keys [][]byte, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, nil, ErrClosed
	}
	for k, f := range s.known {
		if match(f.id) {
			f.removed = true
			delete(s.known, k)
			files, keys = append(files, f), append(keys, k[:])
		}
	}
	for slices.ContainsFunc(files, func(f *File) bool { return f.writers > 0 }) {
		s.written.Wait()
	}
	for _, f := range files {
		if u := s.batch.files[f]; u != nil {
			delete(s.batch.files, f)
			if u.file != nil {
				_ = u.file.Close() // what it says of the bytes concerns nobody now
			}
		}
	}
	return files, keys, nil
}

// rejoin undoes part. What was put and not yet saved is forgotten by the next
// start.
func (s *Store) rejoin(files []*File) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range files {
		f.removed = false
		s.known[f.key] = f
	}
}
