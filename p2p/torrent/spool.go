package torrent

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"vidiverse/p2p"
	"vidiverse/p2p/metainfo"
)

// Spool keeps the pieces of torrents of strangers in a folder:
//
//	HASH.data   the bytes of all files, sparse
//	HASH.info   the info dictionary
//	HASH.held   8 bytes held, then a bit a piece; believed only after the digest
//
// HASH is the info-hash in hex: no text of a torrent names a file. When there is
// no room, the torrent that was used longest ago is forgotten whole.
type Spool struct {
	dir  string
	room func() int64 // bytes that may be used
	free func() (int64, error)

	mu   sync.Mutex
	used map[[20]byte]int64
	open map[[20]byte]*spooled
}

// reserve is what is left free on the disk.
const reserve = 256 << 20

// OpenSpool opens or makes the folder. Room says how many bytes it may take, and
// is asked at each piece; free how many the disk has.
func OpenSpool(dir string, room func() int64, free func() (int64, error)) (*Spool, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	s := &Spool{dir: dir, room: room, free: free, used: map[[20]byte]int64{}, open: map[[20]byte]*spooled{}}
	names, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, n := range names {
		hash, ok := hashOf(n.Name())
		if !ok {
			continue // somebody else's
		}
		if b, err := os.ReadFile(s.path(hash, ".held")); err == nil && len(b) >= 8 {
			s.used[hash] = int64(min(binary.BigEndian.Uint64(b), math.MaxInt64))
		} else {
			s.forget(hash) // it was never closed
		}
	}
	return s, nil
}

func hashOf(name string) (hash [20]byte, ok bool) {
	text, _, _ := strings.Cut(name, ".")
	b, err := hex.DecodeString(text)
	return [20]byte(append(b, hash[:]...)[:20]), err == nil && len(b) == 20
}

func (s *Spool) path(hash [20]byte, kind string) string {
	return filepath.Join(s.dir, hex.EncodeToString(hash[:])+kind)
}

// Info returns the info of a torrent that was here before.
func (s *Spool) Info(hash [20]byte) (*metainfo.Torrent, bool) {
	f, err := os.Open(s.path(hash, ".info"))
	if err != nil {
		return nil, false
	}
	defer f.Close()
	b := make([]byte, maxMetadata)
	n, _ := f.Read(b) // what is short has another hash
	info, err := metainfo.ReadInfo(b[:n], hash)
	return &info, err == nil
}

// Open returns the store of a torrent, which one caller has at a time.
func (s *Spool) Open(info *metainfo.Torrent) (Store, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open[info.Hash] != nil {
		return nil, fmt.Errorf("%w: it is open already", ErrInvalid)
	}
	if err := os.WriteFile(s.path(info.Hash, ".info"), info.Info(), 0o600); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(s.path(info.Hash, ".data"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	t := &spooled{s: s, info: info, f: f, have: newBits(info.Pieces())}
	if b, err := os.ReadFile(s.path(info.Hash, ".held")); err == nil && len(b) >= 8 && bits(b[8:]).fits(info.Pieces()) {
		t.have = b[8:]
	}
	_ = os.Remove(s.path(info.Hash, ".held")) // until Close: a crash forgets it
	s.open[info.Hash] = t
	s.used[info.Hash] = t.bytes()
	return t, nil
}

// Forget removes a torrent that is not open.
func (s *Spool) Forget(hash [20]byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open[hash] == nil {
		s.forget(hash)
	}
}

func (s *Spool) forget(hash [20]byte) {
	for _, kind := range []string{".held", ".info", ".data"} {
		_ = os.Remove(s.path(hash, kind)) // what stays is tried again at the next start
	}
	delete(s.used, hash)
}

// Used is how many bytes are held.
func (s *Spool) Used() (sum int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, n := range s.used {
		sum += n
	}
	return sum
}

// reserve makes room for n bytes of an open torrent.
func (s *Spool) reserve(hash [20]byte, n int64) error {
	most := s.room() // without the lock: whoever answers may ask Used
	s.mu.Lock()
	defer s.mu.Unlock()
	if free, err := s.free(); err != nil || free-n < reserve {
		return errors.Join(fmt.Errorf("%w: the disk is nearly full", ErrFull), err)
	}
	for {
		sum := n
		for _, used := range s.used {
			sum += used
		}
		if sum <= most {
			s.used[hash] += n
			return nil
		}
		old, ok := s.oldest()
		if !ok {
			return fmt.Errorf("%w: %d bytes are the limit", ErrFull, most)
		}
		s.forget(old)
	}
}

// oldest is the torrent that was closed longest ago.
func (s *Spool) oldest() (oldest [20]byte, ok bool) {
	at := time.Time{}
	for hash := range s.used {
		if s.open[hash] != nil {
			continue
		}
		info, err := os.Stat(s.path(hash, ".held"))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			continue
		}
		when := time.Time{}
		if err == nil {
			when = info.ModTime()
		}
		if !ok || when.Before(at) {
			oldest, at, ok = hash, when, true
		}
	}
	return oldest, ok
}

// spooled is the store of one torrent.
type spooled struct {
	s    *Spool
	info *metainfo.Torrent
	f    *os.File

	mu   sync.Mutex
	have bits
	shut bool
}

func (t *spooled) bytes() (sum int64) {
	for i := range t.info.Pieces() {
		if t.have.has(i) {
			_, _, n := t.info.Piece(i)
			sum += n
		}
	}
	return sum
}

// Has implements Store.
func (t *spooled) Has(i int) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.have.has(i)
}

// Piece implements Store.
func (t *spooled) Piece(ctx context.Context, i int) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if !t.Has(i) {
		return nil, p2p.ErrAbsent
	}
	_, offset, n := t.info.Piece(i)
	data := make([]byte, n)
	if _, err := t.f.ReadAt(data, offset); errors.Is(err, os.ErrClosed) {
		return nil, ErrClosed
	} else if err == nil && right(t.info, i, data) {
		return data, nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.have[i/8] &^= 0x80 >> (i % 8) // damaged: it is fetched again
	return nil, p2p.ErrAbsent
}

// Put implements Store.
func (t *spooled) Put(i int, data []byte) error {
	if t.Has(i) {
		return nil
	}
	if err := t.s.reserve(t.info.Hash, int64(len(data))); err != nil {
		return err
	}
	_, offset, _ := t.info.Piece(i)
	if _, err := t.f.WriteAt(data, offset); err != nil {
		return fmt.Errorf("%w: %w", ErrFull, err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.have.set(i)
	return nil
}

// Close implements Store.
func (t *spooled) Close() error {
	t.s.mu.Lock()
	defer t.s.mu.Unlock()
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.shut {
		return nil
	}
	t.shut = true
	delete(t.s.open, t.info.Hash)
	sum := t.bytes()
	t.s.used[t.info.Hash] = sum
	err := errors.Join(t.f.Sync(), t.f.Close())
	if sum == 0 || err != nil {
		t.s.forget(t.info.Hash)
		return err
	}
	return os.WriteFile(t.s.path(t.info.Hash, ".held"), slices.Concat(binary.BigEndian.AppendUint64(nil, uint64(sum)), t.have), 0o600)
}
