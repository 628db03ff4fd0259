package store

import (
	"bytes"
	"errors"
	"time"

	"go.etcd.io/bbolt"

	"vidiverse/node/control"
)

// Follow is an instance that is followed.
type Follow struct {
	Origin      string    `json:"origin"`
	Name        string    `json:"name"`
	Description string    `json:"description"`
	STUN        []string  `json:"stun,omitempty"` // servers it recommends
	Typed       bool      `json:"typed"`          // the user typed this very origin: it may be plain, and at home
	Since       time.Time `json:"since"`
	Answered    time.Time `json:"answered"` // last
}

// PutFollow writes a follow.
func (s *Store) PutFollow(f Follow) error {
	key, err := originKey(f.Origin)
	if err != nil {
		return err
	}
	return s.update(func(tx *bbolt.Tx) error { return put(tx, follows, key, f) })
}

// EditFollow changes a follow in one step; ErrNotFound if there is none.
func (s *Store) EditFollow(origin string, change func(*Follow)) error {
	return s.update(func(tx *bbolt.Tx) error {
		var f Follow
		if err := get(tx, follows, []byte(origin), &f); err != nil {
			return err
		}
		change(&f)
		return put(tx, follows, []byte(origin), f)
	})
}

// Follow is ErrNotFound if the origin is not followed.
func (s *Store) Follow(origin string) (f Follow, err error) {
	err = s.view(func(tx *bbolt.Tx) error { return get(tx, follows, []byte(origin), &f) })
	return f, err
}

// Follows lists them by origin.
func (s *Store) Follows() (all []Follow, err error) {
	err = s.view(func(tx *bbolt.Tx) error {
		return tx.Bucket(follows).ForEach(func(k, v []byte) error {
			var f Follow
			if err := decode(follows, k, v, &f); err != nil {
				return err
			}
			all = append(all, f)
			return nil
		})
	})
	return all, err
}

// RemoveFollow forgets an origin: its videos, films and mirror too. What was
// sent of them stays counted.
func (s *Store) RemoveFollow(origin string) error {
	key, err := originKey(origin)
	if err != nil {
		return err
	}
	return s.update(func(tx *bbolt.Tx) error {
		if err := errors.Join(tx.Bucket(follows).Delete(key), tx.Bucket(mirrors).Delete(key)); err != nil {
			return err
		}
		for _, name := range [][]byte{videos, films, segments} {
			if err := removePrefix(tx.Bucket(name), prefixOf(origin)); err != nil {
				return err
			}
		}
		return nil
	})
}

func removePrefix(b *bbolt.Bucket, prefix []byte) error {
	var keys [][]byte // a cursor may skip a key after Delete
	c := b.Cursor()
	for k, _ := c.Seek(prefix); k != nil && bytes.HasPrefix(k, prefix); k, _ = c.Next() {
		keys = append(keys, bytes.Clone(k))
	}
	for _, k := range keys {
		if err := b.Delete(k); err != nil {
			return err
		}
	}
	return nil
}

// Mirror is how much of an origin is kept, and what was fetched for it lately.
type Mirror struct {
	Origin  string `json:"origin"`
	Limit   int64  `json:"limit"`   // bytes
	Day     string `json:"day"`     // "2026-11-22", UTC
	Fetched int64  `json:"fetched"` // bytes on that day
}

// EditMirror changes the record of an origin; it begins empty.
func (s *Store) EditMirror(origin string, change func(*Mirror)) error {
	key, err := originKey(origin)
	if err != nil {
		return err
	}
	return s.update(func(tx *bbolt.Tx) error {
		m := Mirror{Origin: origin}
		if err := get(tx, mirrors, key, &m); err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		change(&m)
		return put(tx, mirrors, key, m)
	})
}

// Mirrors lists them by origin.
func (s *Store) Mirrors() (all []Mirror, err error) {
	err = s.view(func(tx *bbolt.Tx) error {
		return tx.Bucket(mirrors).ForEach(func(k, v []byte) error {
			var m Mirror
			if err := decode(mirrors, k, v, &m); err != nil {
				return err
			}
			all = append(all, m)
			return nil
		})
	})
	return all, err
}

// AddSent counts bytes given to others, by video.
func (s *Store) AddSent(bytes map[control.Ref]int64) error {
	return s.update(func(tx *bbolt.Tx) error {
		for ref, n := range bytes {
			key, err := refKey(ref)
			if err != nil {
				return err
			}
			var total int64
			if err := get(tx, sent, key, &total); err != nil && !errors.Is(err, ErrNotFound) {
				return err
			}
			if err := put(tx, sent, key, total+n); err != nil {
				return err
			}
		}
		return nil
	})
}

// Sent is all that was counted, by video.
func (s *Store) Sent() (map[control.Ref]int64, error) {
	all := map[control.Ref]int64{}
	err := s.view(func(tx *bbolt.Tx) error {
		return tx.Bucket(sent).ForEach(func(k, v []byte) error {
			var n int64
			err := decode(sent, k, v, &n)
			all[refOf(k)] = n
			return err
		})
	})
	return all, err
}
