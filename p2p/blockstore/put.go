package blockstore

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"
)

// Put stores extent i. It returns p2p.ErrDigest if data is not what the origin
// published, ErrFull if there is no room for it, and nil if the extent is held
// already. After nil the extent can be fetched; it is on disk for good a moment
// later. Data is not kept.
func (f *File) Put(i int, data []byte) error {
	e, err := f.Extent(i)
	if err != nil {
		return err
	}
	if err := e.Check(data); err != nil {
		return err
	}
	need := e.Length + block
	if held, err := f.begin(i, need); held || err != nil {
		return err
	}
	w, err := f.write(e.Offset, data)
	full, err := f.end(i, need, w, err)
	if full {
		f.s.flushBatch()
	}
	return err
}

// begin reserves room for extent i.
func (f *File) begin(i int, need int64) (held bool, err error) {
	s := f.s
	if free, err := s.cfg.Free(); err != nil {
		return false, fmt.Errorf("ask for free space: %w", err)
	} else if free-need < s.cfg.Reserve {
		return false, fmt.Errorf("%w: the disk is nearly full", ErrFull)
	}
	for {
		s.mu.Lock()
		switch {
		case s.closed:
			err = ErrClosed
		case f.removed:
			err = ErrRemoved
		case f.sealed:
			s.mu.Unlock()
			s.change.Lock() // whoever takes it away has this
			s.change.Unlock()
			continue
		case f.held.has(i):
			held = true
			f.touch()
		case f.busy[i] > 0: // another Put, whose failure would undo this one
			s.written.Wait()
			s.mu.Unlock()
			continue
		case s.quota > 0 && s.used+need > s.quota:
			s.mu.Unlock()
			if !s.makeRoom(need, false) {
				return false, fmt.Errorf("%w: %d bytes are the limit, and all are in use", ErrFull, s.quotaNow())
			}
			continue
		default:
			s.used += need
			f.busy[i]++
			f.writers++
		}
		s.mu.Unlock()
		return held, err
	}
}

func (s *Store) quotaNow() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.quota
}

// write puts data in its place, in the kernel's hands, and returns the open
// file, by which the batch learns whether it reached the disk.
func (f *File) write(offset int64, data []byte) (*os.File, error) {
	w, err := openWrite(f.s.files, f.key.name(), f.size)
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	if _, err := w.WriteAt(data, offset); err != nil {
		if e := punchHole(w, offset, int64(len(data))); e != nil && !errors.Is(e, errors.ErrUnsupported) {
			err = errors.Join(err, e)
		}
		return w, fmt.Errorf("store: %w", err)
	}
	return w, nil
}

// end makes extent i readable and hands it to the batch. It tells whether the
// batch is to be made durable now.
func (f *File) end(i int, need int64, w *os.File, failed error) (full bool, err error) {
	s := f.s
	s.mu.Lock()
	defer s.mu.Unlock()
	f.writers--
	f.unbusy(i)
	switch {
	case failed != nil:
		err = explain(failed)
	case f.removed:
		err = ErrRemoved
	case f.held.has(i): // by another Put of the same bytes
	default:
		f.held.set(i)
		f.bytes += need - block
		f.touch()
		s.stay(f, i)
		s.tell(f)
		return s.batch.add(s, f, i, need, w), nil
	}
	s.used -= need
	if w != nil {
		err = errors.Join(err, w.Close())
	}
	return false, err
}

// explain says ErrFull where that is what happened. bbolt keeps only the words
// of some causes.
func explain(err error) error {
	if err == nil || errors.Is(err, ErrFull) {
		return err
	}
	for _, e := range []error{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG} {
		if errors.Is(err, e) || strings.HasSuffix(err.Error(), e.Error()) {
			return fmt.Errorf("%w: %w", ErrFull, err)
		}
	}
	return err
}

// stay is an extent that is not evicted before some time.
type stay struct {
	f  *File
	i  int
	to time.Duration // since Store.starts, by the monotonic clock
}

// stay protects a new extent. The caller has the lock.
func (s *Store) stay(f *File, i int) {
	s.stays = append(s.stays, stay{f, i, s.cfg.Now().Sub(s.starts) + s.cfg.Stay})
	f.stays[i] = true
}

// leaveStays ends the protection of what was put long ago. The caller has the
// lock.
func (s *Store) leaveStays() {
	now, n := s.cfg.Now().Sub(s.starts), 0
	for n < len(s.stays) && s.stays[n].to <= now {
		delete(s.stays[n].f.stays, s.stays[n].i)
		n++
	}
	s.stays = append(s.stays[:0:0], s.stays[n:]...)
}
