package blockstore

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"vidiverse/p2p"
	"vidiverse/p2p/pages"
)

// Errors, for errors.Is.
var (
	ErrFull    = errors.New("blockstore: no room") // the quota or the disk; the message says which
	ErrInUse   = errors.New("the media folder is in use")
	ErrRemoved = errors.New("blockstore: the file was removed")
	ErrClosed  = errors.New("blockstore: closed")
)

// Config is how a store behaves. Zero fields are defaults.
type Config struct {
	Quota   int64                 // bytes on disk; 0: none
	Reserve int64                 // bytes of the disk that are left free; 0: 128 MiB
	Stay    time.Duration         // an extent is not evicted so soon after it was put; 0: 10 minutes
	Free    func() (int64, error) // bytes free on the disk; nil asks the system
	Now     func() time.Time
	Log     *slog.Logger
}

// A batch of puts is made durable when it reaches one of these. A crash costs
// at most that much of fetching again.
const (
	batchBytes = 64 << 20
	batchFiles = 32
	batchAge   = 2 * time.Second
)

// block is what a file system charges at the edges of an extent.
const block = 4096

// Store keeps files in one folder. It may be used from several goroutines.
type Store struct {
	cfg    Config
	lock   *os.File // nil where the index's own lock has to do
	files  *os.Root
	spare  string // the name of a file
	index  *index
	punch  bool // the file system frees parts of files
	starts time.Time
	recent recent

	// change is held by whoever commits to the index or takes bytes away, so
	// that one's commit never revives what another takes. It comes before mu.
	change sync.Mutex

	mu      sync.Mutex
	written sync.Cond // some read or write ended
	known   map[key]*File
	used    int64     // charged: held and being written
	newest  time.Time // when anything was used last
	quota   int64
	seq     uint64 // of the last use
	batch   batch
	stays   []stay // extents that are not evicted yet, oldest first
	news    []*File
	telling bool
	closed  bool
	running sync.WaitGroup // timers and tellers
}

// Info is a file in a list.
type Info struct {
	ID     p2p.FileID
	Bytes  int64 // held
	Size   int64 // of the whole
	Pinned bool
	Used   time.Time // put or fetched last
	Worth  float64   // what was given of it to others lately, in times its size: by this it is kept
}

// Open opens or makes the store in a folder and repairs what a crash left. It
// returns an error that wraps ErrInUse and names the folder if a process has it
// open.
func Open(dir string, cfg Config) (*Store, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Join(dir, "files"), 0o700); err != nil {
		return nil, fmt.Errorf("make the media folder: %w", err)
	}
	s := &Store{cfg: cfg.filled(dir), known: map[key]*File{}, quota: cfg.Quota}
	s.written.L, s.starts, s.batch.files = &s.mu, s.cfg.Now(), map[*File]*unsaved{}
	s.spare = filepath.Join(dir, "spare")
	if s.lock, err = lockFolder(dir); err != nil {
		return nil, err
	}
	if s.files, err = os.OpenRoot(filepath.Join(dir, "files")); err == nil {
		err = s.load(dir)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open the media folder %s: %w", dir, err), s.release())
	}
	s.makeRoom(0, true)
	s.makeSpare()
	return s, nil
}

func (c Config) filled(dir string) Config {
	c.Reserve, c.Stay = cmp.Or(c.Reserve, 128<<20), cmp.Or(c.Stay, 10*time.Minute)
	if c.Free == nil {
		c.Free = func() (int64, error) { return freeBytes(dir) }
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}

// Close makes durable what was put and releases the folder. Files of the store
// answer ErrClosed from then on.
func (s *Store) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	s.batch.stop(s)
	for s.writing() {
		s.written.Wait()
	}
	s.mu.Unlock()
	s.running.Wait()
	s.recent.stop()
	err := s.Flush()
	s.change.Lock()
	defer s.change.Unlock()
	return errors.Join(err, s.release())
}

func (s *Store) writing() bool {
	for _, f := range s.known {
		if f.writers > 0 {
			return true
		}
	}
	return false
}

func (s *Store) release() (err error) {
	if s.index != nil && s.index.db != nil {
		err = guarded(s.index.db.Close)
	}
	if s.files != nil {
		err = errors.Join(err, s.files.Close())
	}
	if s.lock != nil {
		err = errors.Join(err, s.lock.Close())
	}
	return err
}

// File opens the file that id names, and makes it if the store does not know
// it. The extents must be those of id.Version: in order, without overlaps,
// within MaxExtents, MaxExtent and MaxSize; ErrInvalid otherwise.
func (s *Store) File(id p2p.FileID, extents []p2p.Extent) (*File, error) {
	if err := errors.Join(checkID(id), checkExtents(extents)); err != nil {
		return nil, err
	}
	if p2p.VersionOf(extents) != id.Version {
		return nil, fmt.Errorf("%w: the extents are of another version", ErrInvalid)
	}
	s.change.Lock()
	defer s.change.Unlock()
	list := encodeExtents(extents)
	if f, ok := s.Find(id); ok {
		return f, s.mend(f, list)
	}
	last := extents[len(extents)-1]
	s.mu.Lock()
	now := s.latest()
	s.mu.Unlock()
	r := record{id: id, used: now, size: last.Offset + last.Length, count: len(extents), held: newBitmap(len(extents))}
	s.mu.Lock()
	closed, known := s.closed, len(s.known)
	s.mu.Unlock()
	if closed {
		return nil, ErrClosed
	}
	if known >= MaxFiles {
		return nil, fmt.Errorf("%w: %d files are known", ErrFull, known)
	}
	k := keyOf(id)
	if err := s.index.add(k, r, list); err != nil {
		return nil, explain(fmt.Errorf("add %s: %w", id.Name, err))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.know(k, r), nil
}

// know adds a record to memory. The caller has the lock.
func (s *Store) know(k key, r record) *File {
	s.seq++
	f := &File{s: s, key: k, id: r.id, count: r.count, size: r.size, held: r.held, bytes: r.bytes,
		pinned: r.pinned, used: r.used, earned: float64(r.earned), saved: r.used, seq: s.seq,
		busy: map[int]int{}, stays: map[int]bool{}}
	s.known[k] = f
	s.used += f.charge()
	return f
}

// Find returns a file that the store knows.
func (s *Store) Find(id p2p.FileID) (*File, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, ok := s.known[keyOf(id)]
	return f, ok
}

// Files lists what the store knows, most recently used first.
func (s *Store) Files() []Info {
	s.mu.Lock()
	files := make([]*File, 0, len(s.known))
	for _, f := range s.known {
		files = append(files, f)
	}
	slices.SortFunc(files, func(a, b *File) int { return cmp.Compare(b.seq, a.seq) })
	out := make([]Info, len(files))
	for i, f := range files {
		out[i] = f.info()
	}
	s.mu.Unlock()
	return out
}

// Used is what counts against the quota: the bytes held, and a block each.
func (s *Store) Used() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.used
}

// Unmap gives back the memory through which the index was read, after many
// files were looked at.
func (s *Store) Unmap() error {
	return guarded(func() error { return pages.Release(s.index.db) })
}

// Free is how many bytes the disk of the folder has left for this user.
func (s *Store) Free() (int64, error) { return s.cfg.Free() }

// SetQuota changes the quota and evicts at once what is beyond it: pinned files
// last, but them too, because it is the user's limit.
func (s *Store) SetQuota(bytes int64) {
	s.mu.Lock()
	s.quota = bytes
	s.mu.Unlock()
	s.makeRoom(0, true)
}

// Pin keeps a file from being evicted to make room for others.
func (s *Store) Pin(id p2p.FileID, pinned bool) error {
	s.change.Lock()
	defer s.change.Unlock()
	f, ok := s.Find(id)
	if !ok {
		return p2p.ErrAbsent
	}
	s.mu.Lock()
	same := f.pinned == pinned
	f.pinned = pinned
	s.mu.Unlock()
	if same {
		return nil
	}
	return explain(s.index.change([]*File{f}, func(_ *File, r *record) { r.pinned = pinned }))
}
