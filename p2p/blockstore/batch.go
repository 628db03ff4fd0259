package blockstore

import (
	"errors"
	"fmt"
	"os"
	"time"
)

// batch is what was put and is not in the index yet. It belongs to Store.mu.
type batch struct {
	files map[*File]*unsaved
	bytes int64
	timer *time.Timer
}

// unsaved is the part of one file. The open file was there before the bytes:
// through it the system tells if it could not write them.
type unsaved struct {
	file    *os.File
	extents map[int]int64 // number → charge
}

// saveUsed is how far the index may be behind with when a file was used.
const saveUsed = 10 * time.Minute

// add takes over w and tells whether the batch is full.
func (b *batch) add(s *Store, f *File, i int, need int64, w *os.File) (full bool) {
	u := b.files[f]
	switch {
	case u == nil:
		u = &unsaved{w, map[int]int64{}}
		b.files[f] = u
	case u.file == nil:
		u.file = w
	default:
		_ = w.Close() // u.file is the same file, and hears of its errors
	}
	u.extents[i] = need
	b.bytes += need
	b.start(s)
	return b.bytes >= batchBytes || len(b.files) >= batchFiles
}

// age puts a file that was only read on the list, so that after a restart the
// index knows what was used lately.
func (b *batch) age(s *Store, f *File) {
	if b.files[f] == nil && f.used.Sub(f.saved).Abs() > saveUsed {
		b.files[f] = &unsaved{nil, map[int]int64{}}
		b.start(s)
	}
}

func (b *batch) start(s *Store) {
	if b.timer != nil || s.closed {
		return
	}
	s.running.Add(1)
	b.timer = time.AfterFunc(batchAge, func() {
		defer s.running.Done()
		s.flushBatch()
	})
}

func (b *batch) stop(s *Store) {
	if b.timer != nil && b.timer.Stop() {
		s.running.Done()
	}
	b.timer = nil
}

func (s *Store) flushBatch() {
	if err := s.Flush(); err != nil {
		s.cfg.Log.Error("stored segments will be forgotten at the next start", "err", err)
	}
}

// Flush makes durable what was put so far. The store does it by itself within
// seconds, and in Close.
func (s *Store) Flush() error {
	s.change.Lock()
	defer s.change.Unlock()
	s.mu.Lock()
	s.batch.stop(s)
	work := s.batch.files
	s.batch.files, s.batch.bytes = map[*File]*unsaved{}, 0
	s.leaveStays()
	s.mu.Unlock()

	var err error
	var files []*File
	for f, u := range work {
		if e := u.sync(); e != nil {
			err = errors.Join(err, fmt.Errorf("write %s to disk: %w", f.key.name(), e))
			s.lose(f, u)
			continue
		}
		files = append(files, f)
	}
	if e := s.syncNames(work); e != nil {
		return errors.Join(err, e)
	}
	return errors.Join(err, s.save(files, work))
}

// sync waits until the bytes are on disk.
func (u *unsaved) sync() error {
	if u.file == nil {
		return nil
	}
	return errors.Join(u.file.Sync(), u.file.Close())
}

// syncNames makes new files of the folder survive a power cut.
func (s *Store) syncNames(work map[*File]*unsaved) error {
	for _, u := range work {
		if u.file != nil {
			dir, err := s.files.Open(".")
			if err != nil {
				return err
			}
			return errors.Join(syncFolder(dir), dir.Close())
		}
	}
	return nil
}

// save commits the bits. What was removed meanwhile has no record any more, and
// what was dropped has left the batch, for both need change.
func (s *Store) save(files []*File, work map[*File]*unsaved) error {
	s.mu.Lock()
	used, earned := map[*File]time.Time{}, map[*File]int64{}
	for _, f := range files {
		used[f], earned[f] = f.used, int64(f.earned)
	}
	s.mu.Unlock()
	err := s.index.change(files, func(f *File, r *record) {
		r.used, r.earned = used[f], earned[f]
		for i, need := range work[f].extents {
			if !r.held.has(i) {
				r.held.set(i)
				r.bytes += need - block
			}
		}
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.batch.again(files, work)
		return explain(fmt.Errorf("save the index: %w", err))
	}
	for f, at := range used {
		f.saved = at
	}
	return nil
}

// again leaves to the next batch what the index did not take.
func (b *batch) again(files []*File, work map[*File]*unsaved) {
	for _, f := range files {
		u := b.files[f]
		if u == nil {
			u = &unsaved{nil, map[int]int64{}}
			b.files[f] = u
		}
		for i, need := range work[f].extents {
			u.extents[i] = need
		}
	}
}

// lose forgets extents that the disk did not take: after a failed sync nobody
// knows what it holds.
func (s *Store) lose(f *File, u *unsaved) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, need := range u.extents {
		if f.held.has(i) && !f.removed {
			f.held.clear(i)
			f.bytes -= need - block
			s.used -= need
		}
	}
	s.tell(f)
}
