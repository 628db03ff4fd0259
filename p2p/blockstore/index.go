package blockstore

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"syscall"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"vidiverse/p2p"
)

// indexVersion 2 counts what files earned; an index of version 1 is taken over,
// and older programs refuse the new one.
const indexVersion = 2

var (
	metaBucket   = []byte("meta")
	fileBucket   = []byte("file")
	extentBucket = []byte("extents")
	versionKey   = []byte("version")
)

// errDamaged is an index that bbolt cannot read.
var errDamaged = errors.New("blockstore: the index is damaged")

// index is the bbolt file. bbolt believes its pages: on a damaged one it
// panics, or touches memory beyond the end of the file. Both are errors here.
type index struct{ db *bbolt.DB }

// openIndex opens or makes the index and hands over every record that can be
// read; the keys of those that cannot are returned.
func openIndex(name string, each func(key, record)) (x *index, bad [][]byte, err error) {
	x = &index{}
	err = guarded(func() (err error) {
		x.db, err = bbolt.Open(name, 0o600, &bbolt.Options{Timeout: time.Second, FreelistType: bbolt.FreelistMapType})
		var system syscall.Errno
		if err == nil || errors.As(err, &system) || errors.Is(err, bolterrors.ErrTimeout) {
			return err
		}
		return fmt.Errorf("%w: %w", errDamaged, err) // it is what bbolt says of the bytes
	})
	if err == nil {
		err = x.update(prepare)
	}
	if err == nil {
		err = x.view(func(tx *bbolt.Tx) error {
			return tx.Bucket(fileBucket).ForEach(func(k, v []byte) error {
				r, err := decodeRecord(v)
				if made := keyOf(r.id); err == nil && bytes.Equal(k, made[:]) {
					each(made, r)
				} else {
					bad = append(bad, bytes.Clone(k))
				}
				return nil
			})
		})
	}
	if err != nil && x.db != nil {
		err = errors.Join(err, guarded(x.db.Close))
	}
	return x, bad, err
}

func prepare(tx *bbolt.Tx) error {
	meta, err := tx.CreateBucketIfNotExists(metaBucket)
	if err != nil {
		return err
	}
	if v := meta.Get(versionKey); len(v) == 0 || v[0] == indexVersion-1 {
		err = meta.Put(versionKey, []byte{indexVersion})
	} else if v[0] != indexVersion {
		return fmt.Errorf("the index was made by another version of the program (format %d, not %d)", v[0], indexVersion)
	}
	for _, name := range [][]byte{fileBucket, extentBucket} {
		if err == nil {
			_, err = tx.CreateBucketIfNotExists(name)
		}
	}
	return err
}

func (x *index) view(fn func(*bbolt.Tx) error) error {
	return guarded(func() error { return x.db.View(fn) })
}

func (x *index) update(fn func(*bbolt.Tx) error) error {
	return guarded(func() error { return x.db.Update(fn) })
}

func guarded(fn func() error) (err error) {
	old := debug.SetPanicOnFault(true)
	defer func() {
		debug.SetPanicOnFault(old)
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v", errDamaged, p)
		}
		if errors.Is(err, bolterrors.ErrDatabaseNotOpen) {
			err = ErrClosed
		}
	}()
	return fn()
}

// change rewrites the records of files, in one transaction. A record that is
// not there any more stays away.
func (x *index) change(files []*File, fn func(*File, *record)) error {
	if len(files) == 0 {
		return nil
	}
	return x.update(func(tx *bbolt.Tx) error {
		b := tx.Bucket(fileBucket)
		for _, f := range files {
			v := b.Get(f.key[:])
			if v == nil {
				continue
			}
			r, err := decodeRecord(v)
			if err != nil || r.count != f.count {
				return fmt.Errorf("%w: the record of %s", errDamaged, f.key.name())
			}
			fn(f, &r)
			if err := b.Put(f.key[:], r.encode()); err != nil {
				return err
			}
		}
		return nil
	})
}

func (x *index) add(k key, r record, extents []byte) error {
	return x.update(func(tx *bbolt.Tx) error {
		return errors.Join(tx.Bucket(fileBucket).Put(k[:], r.encode()), tx.Bucket(extentBucket).Put(k[:], extents))
	})
}

func (x *index) remove(keys ...[]byte) error {
	if len(keys) == 0 {
		return nil
	}
	return x.update(func(tx *bbolt.Tx) error {
		for _, k := range keys {
			if err := errors.Join(tx.Bucket(fileBucket).Delete(k), tx.Bucket(extentBucket).Delete(k)); err != nil {
				return err
			}
		}
		return nil
	})
}

// extents hands fn the stored list of a file, valid until fn returns.
func (x *index) extents(k key, fn func(list []byte) error) error {
	return x.view(func(tx *bbolt.Tx) error { return fn(tx.Bucket(extentBucket).Get(k[:])) })
}

// lengths returns what the extents of a file take, by number.
func (x *index) lengths(k key, numbers []int) (out []p2p.Extent, err error) {
	out = make([]p2p.Extent, len(numbers))
	err = x.extents(k, func(list []byte) (err error) {
		for at, i := range numbers {
			if out[at], err = extentAt(list, i); err != nil {
				return err
			}
		}
		return nil
	})
	return out, err
}

// setAside moves a damaged index out of the way. It is kept for whoever wants
// to know what happened; one is enough.
func setAside(name string) error { return os.Rename(name, name+".damaged") }
