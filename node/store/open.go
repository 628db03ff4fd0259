package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// lockTime is how long another process may take to close the file.
const lockTime = time.Second

// Open opens the file, or makes it with its folder. ErrLocked, ErrNewer and
// ErrCorrupt are refusals that leave it as it is.
func Open(path string) (*Store, error) {
	switch info, err := os.Stat(path); {
	case errors.Is(err, os.ErrNotExist):
		if err := create(path); err != nil {
			return nil, err
		}
	case err != nil:
		return nil, fmt.Errorf("open %s: %w", path, err)
	case info.Size() == 0:
		return nil, damaged(path, errors.New("it is empty"))
	default:
		if err := inspect(path); err != nil {
			return nil, err
		}
	}
	db, err := open(path, false)
	if err != nil {
		return nil, err
	}
	s := &Store{db: db}
	if err := s.update(prepare); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), db.Close())
	}
	return s, nil
}

// create writes a new file beside its place and moves it there: a crash leaves
// no half of one. Who has the lock of the new file is the only one to move it.
func create(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("the folder of %s: %w", path, err)
	}
	temp := path + ".new"
	db, err := open(temp, false)
	if err != nil {
		return err
	}
	if err := db.Update(prepare); err != nil {
		return errors.Join(fmt.Errorf("make %s: %w", path, err), db.Close())
	}
	if _, err := os.Stat(path); err == nil { // another process was faster
		return errors.Join(db.Close(), os.Remove(temp))
	}
	return errors.Join(os.Rename(temp, path), db.Close())
}

// prepare makes what is missing.
func prepare(tx *bbolt.Tx) error {
	for _, name := range buckets {
		if _, err := tx.CreateBucketIfNotExists(name); err != nil {
			return err
		}
	}
	if tx.Bucket(meta).Get([]byte("schema")) != nil {
		return nil
	}
	return tx.Bucket(meta).Put([]byte("schema"), binary.BigEndian.AppendUint32(nil, schema))
}

// inspect looks before anything is written: whether the file is whole, and
// whether we know what is in it.
func inspect(path string) error {
	db, err := open(path, true)
	if err != nil {
		return err
	}
	err = guarded(func() error {
		return db.View(func(tx *bbolt.Tx) error { return check(tx, path) })
	})
	if errors.Is(err, ErrCorrupt) {
		err = damaged(path, err)
	}
	return errors.Join(err, db.Close())
}

func check(tx *bbolt.Tx, path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.Size() < tx.Size() { // reading there would end the process
		return fmt.Errorf("%w: %d of %d bytes are there", ErrCorrupt, info.Size(), tx.Size())
	}
	b := tx.Bucket(meta)
	if b == nil {
		return fmt.Errorf("%w: it is a database of something else", ErrCorrupt)
	}
	v := b.Get([]byte("schema"))
	if len(v) != 4 {
		return fmt.Errorf("%w: it does not say how it was written", ErrCorrupt)
	}
	if n := binary.BigEndian.Uint32(v); n > schema {
		return fmt.Errorf("%w: %s has version %d, and this program knows %d at most: start the newer program, or choose another folder",
			ErrNewer, path, n, schema)
	}
	return nil
}

func open(path string, readOnly bool) (db *bbolt.DB, err error) {
	faulty := guarded(func() error {
		db, err = bbolt.Open(path, 0o600, &bbolt.Options{
			Timeout: lockTime, ReadOnly: readOnly, NoStatistics: true, FreelistType: bbolt.FreelistMapType,
		})
		return err
	})
	switch {
	case faulty == nil:
		return db, nil
	case errors.Is(faulty, berrors.ErrTimeout):
		return nil, fmt.Errorf("%w: another Vidiverse uses the folder %s; close it first, or choose another folder", ErrLocked, filepath.Dir(path))
	case errors.Is(faulty, os.ErrPermission) || errors.Is(faulty, os.ErrNotExist) || isErrno(faulty):
		return nil, fmt.Errorf("open %s: %w", path, faulty)
	}
	return nil, damaged(path, faulty)
}

// isErrno tells the system's errors from those about contents.
func isErrno(err error) bool {
	var p *os.PathError
	return errors.As(err, &p)
}

func damaged(path string, why error) error {
	return fmt.Errorf("%w: %s cannot be read, and is left as it is; move it away to begin anew: %w", ErrCorrupt, path, why)
}
