package blockstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"

	"vidiverse/p2p"
)

// File is a media file of one version, held whole, in part or not at all. It
// is a p2p.Source, needs no closing, and may be used from several goroutines.
type File struct {
	s     *Store
	key   key
	id    p2p.FileID
	count int
	size  int64

	// All below belongs to Store.mu.
	held    bitmap
	bytes   int64 // sum of the lengths of what is held
	pinned  bool
	removed bool
	used    time.Time
	earned  float64      // bytes given to others, as they counted at used: see worth.go
	saved   time.Time    // used as the index has it
	seq     uint64       // of the last use: an order that no clock disturbs
	busy    map[int]int  // extents being read or written, which are not evicted
	writers int          // Puts under way
	sealed  bool         // something is on its way out: no Put begins
	stays   map[int]bool // extents put lately
	subs    map[*func()]func()
	told    bool // it waits in Store.news
}

// ID is the file's name.
func (f *File) ID() p2p.FileID { return f.id }

// Len is the number of extents.
func (f *File) Len() int { return f.count }

// Extent describes extent i. It returns p2p.ErrAbsent once the file is removed.
func (f *File) Extent(i int) (e p2p.Extent, err error) {
	if i < 0 || i >= f.count {
		return e, fmt.Errorf("%w: no extent %d", ErrInvalid, i)
	}
	err = f.s.index.extents(f.key, func(list []byte) (err error) {
		if list == nil {
			return p2p.ErrAbsent
		}
		e, err = extentAt(list, i)
		return err
	})
	return e, err
}

// Has tells whether extent i is held.
func (f *File) Has(i int) bool {
	f.s.mu.Lock()
	defer f.s.mu.Unlock()
	return i >= 0 && i < f.count && f.held.has(i)
}

// Held lists the extents that are held, in order.
func (f *File) Held() []int {
	f.s.mu.Lock()
	defer f.s.mu.Unlock()
	return f.held.list()
}

// Whole tells whether every extent is held.
func (f *File) Whole() bool {
	f.s.mu.Lock()
	defer f.s.mu.Unlock()
	return f.held.count() == f.count
}

// Info describes the file as Store.Files does.
func (f *File) Info() Info {
	f.s.mu.Lock()
	defer f.s.mu.Unlock()
	return f.info()
}

// info is called with the lock held.
func (f *File) info() Info {
	return Info{ID: f.id, Bytes: f.bytes, Size: f.size, Pinned: f.pinned, Used: f.used, Worth: f.worth(f.s.cfg.Now()) - newcomer}
}

// charge is what the file counts against the quota. The caller has the lock.
func (f *File) charge() int64 { return f.bytes + int64(f.held.count())*block }

// touch notes a use. The caller has the lock.
func (f *File) touch() {
	f.s.seq++
	f.seq = f.s.seq
	f.age()
}

// errBad is an extent that is not what the origin published.
var errBad = errors.New("a bad extent")

// Fetch implements p2p.Source. The bytes are checked on every read; an extent
// that is not whole and right any more is dropped, and those who asked with
// Notify hear of it.
func (f *File) Fetch(ctx context.Context, i int) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if !f.hold(i) {
		return nil, f.absent()
	}
	data, err := f.read(i)
	f.letGo(i)
	if errors.Is(err, errBad) {
		return f.s.dropBad(f, i, err)
	}
	return data, err
}

func (f *File) absent() error {
	f.s.mu.Lock()
	defer f.s.mu.Unlock()
	if f.s.closed {
		return ErrClosed
	}
	return p2p.ErrAbsent
}

// hold keeps extent i from being evicted while it is read.
func (f *File) hold(i int) bool {
	f.s.mu.Lock()
	defer f.s.mu.Unlock()
	if i < 0 || i >= f.count || f.removed || f.s.closed || !f.held.has(i) {
		return false
	}
	f.busy[i]++
	f.touch()
	f.s.batch.age(f.s, f)
	return true
}

func (f *File) letGo(i int) {
	f.s.mu.Lock()
	defer f.s.mu.Unlock()
	f.unbusy(i)
}

func (f *File) unbusy(i int) {
	if f.busy[i]--; f.busy[i] == 0 {
		delete(f.busy, i)
	}
	f.s.written.Broadcast()
}

func (f *File) read(i int) ([]byte, error) {
	e, err := f.Extent(i)
	if errors.Is(err, ErrInvalid) {
		return nil, fmt.Errorf("%w: %w", errBad, err)
	}
	if err != nil {
		return nil, err
	}
	r, err := openRead(f.s.files, f.key.name())
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, errNotFile):
		return nil, fmt.Errorf("%w: %w", errBad, err)
	case err != nil:
		return nil, err // too many open files, say: the bytes may be well
	}
	defer r.Close()
	data := make([]byte, e.Length)
	if _, err := io.ReadFull(io.NewSectionReader(r, e.Offset, e.Length), data); err != nil {
		return nil, fmt.Errorf("%w: %w", errBad, err)
	}
	if err := e.Check(data); err != nil {
		return nil, fmt.Errorf("%w: %w", errBad, err)
	}
	return data, nil
}
