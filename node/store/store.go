// Package store is the memory of a node: one bbolt file with what it follows,
// which videos it knows, what the user prefers, and what was sent.
//
//	node.db ─┬─ follows   origin            what the server said of itself, when it answered last
//	         ├─ videos    origin NUL video  one small record each
//	         ├─ films     origin NUL video  what its files are, packed: read one at a time
//	         ├─ segments  origin NUL video  the long part of that: where each segment lies
//	         ├─ mirrors   origin            how much of it is kept
//	         ├─ sent      origin NUL video  bytes given to others
//	         ├─ settings  name              preferences
//	         └─ meta      schema            a newer one is refused
//
// Others keep buckets of their own in the file, through DB. Nothing of size is
// held in memory. One process has the file at a time. A file that cannot be
// understood is left as it is: what is in it belongs to the user.
package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"

	"go.etcd.io/bbolt"

	"vidiverse/node/control"
)

// Errors for errors.Is; each comes in a sentence for people.
var (
	ErrLocked   = errors.New("store: in use")
	ErrNewer    = errors.New("store: written by a newer version")
	ErrCorrupt  = errors.New("store: damaged")
	ErrNotFound = errors.New("store: not there")
	ErrInvalid  = errors.New("store: not valid")
)

// schema is the version of what is written. Older ones are brought forward by
// Open, newer ones are refused.
const schema = 1

// Buckets.
var (
	meta     = []byte("meta")
	follows  = []byte("follows")
	videos   = []byte("videos")
	films    = []byte("films")
	segments = []byte("segments")
	mirrors  = []byte("mirrors")
	sent     = []byte("sent")
	settings = []byte("settings")
	buckets  = [][]byte{meta, follows, videos, films, segments, mirrors, sent, settings}
)

// Store is an open file. It is safe for several goroutines.
type Store struct {
	db *bbolt.DB
}

// DB is the file itself, for others that keep their own buckets in it. Names
// that this package uses are not theirs.
func (s *Store) DB() *bbolt.DB { return s.db }

// Close waits for what is being written and gives the file free.
func (s *Store) Close() error { return s.db.Close() }

func (s *Store) view(fn func(*bbolt.Tx) error) error {
	return guarded(func() error { return s.db.View(fn) })
}

func (s *Store) update(fn func(*bbolt.Tx) error) error {
	return guarded(func() error { return s.db.Update(fn) })
}

// guarded turns what bbolt does about a damaged page, which is a panic or a
// read outside of the file, into an error.
func guarded(fn func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: %v", ErrCorrupt, r)
		}
	}()
	return fn()
}

// Bounds of keys.
const (
	maxOrigin = 300
	maxVideo  = 64
)

func originKey(origin string) ([]byte, error) {
	if origin == "" || len(origin) > maxOrigin || strings.ContainsRune(origin, 0) {
		return nil, fmt.Errorf("%w: origin %.80q", ErrInvalid, origin)
	}
	return []byte(origin), nil
}

func refKey(ref control.Ref) ([]byte, error) {
	k, err := originKey(ref.Origin)
	if err != nil {
		return nil, err
	}
	if ref.Video == "" || len(ref.Video) > maxVideo || strings.ContainsRune(ref.Video, 0) {
		return nil, fmt.Errorf("%w: video %.80q", ErrInvalid, ref.Video)
	}
	return append(append(k, 0), ref.Video...), nil
}

func refOf(key []byte) control.Ref {
	origin, video, _ := strings.Cut(string(key), "\x00")
	return control.Ref{Origin: origin, Video: video}
}

// prefixOf is what the keys of an origin's videos begin with; of all origins if
// it is empty.
func prefixOf(origin string) []byte {
	if origin == "" {
		return nil
	}
	return append([]byte(origin), 0)
}

func put(tx *bbolt.Tx, bucket, key []byte, value any) error {
	b, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("write to %s: %w", bucket, err)
	}
	return tx.Bucket(bucket).Put(key, b)
}

// get is ErrNotFound if the key is not there.
func get(tx *bbolt.Tx, bucket, key []byte, into any) error {
	b := tx.Bucket(bucket).Get(key)
	if b == nil {
		return fmt.Errorf("%w: %q in %s", ErrNotFound, key, bucket)
	}
	return decode(bucket, key, b, into)
}

func decode(bucket, key, b []byte, into any) error {
	if err := json.Unmarshal(b, into); err != nil {
		return fmt.Errorf("%w: %q in %s: %w", ErrCorrupt, key, bucket, err)
	}
	return nil
}
