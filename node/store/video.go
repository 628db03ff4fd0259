package store

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	"vidiverse/node/control"
)

// Video is the small record of a video that is known: one whose film was asked
// for, because it was watched or is kept.
type Video struct {
	control.Ref
	Title     string    `json:"title"`
	Home      string    `json:"home"` // host[:port] of its files, as p2p.FileID has it
	Published time.Time `json:"published"`
	Updated   time.Time `json:"updated"` // as the origin says
	Live      bool      `json:"live,omitempty"`
	Sensitive bool      `json:"sensitive,omitempty"`
	Size      int64     `json:"size"`    // bytes of all its files
	Version   Version   `json:"version"` // of all its files
	Fetched   time.Time `json:"fetched"` // the film
	Opened    time.Time `json:"opened,omitzero"`
	Kept      time.Time `json:"kept,omitzero"` // by a mirror, since; zero: not
}

// Version is a digest that is written as hexadecimal digits.
type Version [32]byte

// MarshalText writes the digits.
func (v Version) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, v[:]), nil }

// UnmarshalText reads them.
func (v *Version) UnmarshalText(text []byte) error {
	if len(text) != hex.EncodedLen(len(v)) {
		return fmt.Errorf("%w: version of %d digits", ErrInvalid, len(text))
	}
	_, err := hex.Decode(v[:], text)
	return err
}

// EditVideo changes the record of a video in one step; it begins empty but for
// its Ref. If change returns an error nothing is written.
func (s *Store) EditVideo(ref control.Ref, change func(*Video) error) error {
	key, err := refKey(ref)
	if err != nil {
		return err
	}
	return s.update(func(tx *bbolt.Tx) error { return edit(tx, key, ref, change) })
}

func edit(tx *bbolt.Tx, key []byte, ref control.Ref, change func(*Video) error) error {
	var v Video
	if err := get(tx, videos, key, &v); err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	v.Ref = ref
	if err := change(&v); err != nil {
		return err
	}
	return put(tx, videos, key, v)
}

// Video is ErrNotFound if the video is not known.
func (s *Store) Video(ref control.Ref) (v Video, err error) {
	key, err := refKey(ref)
	if err != nil {
		return Video{}, err
	}
	err = s.view(func(tx *bbolt.Tx) error { return get(tx, videos, key, &v) })
	return v, err
}

// Videos lists those of an origin, or all if it is empty, by key.
func (s *Store) Videos(origin string) (all []Video, err error) {
	prefix := prefixOf(origin)
	err = s.view(func(tx *bbolt.Tx) error {
		c := tx.Bucket(videos).Cursor()
		for k, b := c.Seek(prefix); k != nil && bytes.HasPrefix(k, prefix); k, b = c.Next() {
			var v Video
			if err := decode(videos, k, b, &v); err != nil {
				return err
			}
			all = append(all, v)
		}
		return nil
	})
	return all, err
}

// Film is what was written about a video's files: Outline is small and often
// read, Segments is long.
type Film struct {
	Outline  []byte
	Segments []byte
}

// maxFilm bounds what one video may take in the file.
const maxFilm = 32 << 20

// PutFilm writes a film together with what it says of the video. The record
// that change gets is the one of before.
func (s *Store) PutFilm(ref control.Ref, f Film, change func(*Video) error) error {
	key, err := refKey(ref)
	if err != nil {
		return err
	}
	if len(f.Outline)+len(f.Segments) > maxFilm {
		return fmt.Errorf("%w: %d bytes describe the video %s", ErrInvalid, len(f.Outline)+len(f.Segments), ref.Video)
	}
	return s.update(func(tx *bbolt.Tx) error {
		if err := edit(tx, key, ref, change); err != nil {
			return err
		}
		return errors.Join(tx.Bucket(films).Put(key, f.Outline), tx.Bucket(segments).Put(key, f.Segments))
	})
}

// Film reads one back: whole, or only its Outline.
func (s *Store) Film(ref control.Ref, whole bool) (f Film, err error) {
	key, err := refKey(ref)
	if err != nil {
		return Film{}, err
	}
	err = s.view(func(tx *bbolt.Tx) error {
		f.Outline = bytes.Clone(tx.Bucket(films).Get(key))
		if f.Outline == nil {
			return fmt.Errorf("%w: the film of %s", ErrNotFound, ref.Video)
		}
		if whole {
			f.Segments = bytes.Clone(tx.Bucket(segments).Get(key))
		}
		return nil
	})
	return f, err
}

// RemoveVideo forgets a video and its film. What was sent of it stays counted.
func (s *Store) RemoveVideo(ref control.Ref) error {
	key, err := refKey(ref)
	if err != nil {
		return err
	}
	return s.update(func(tx *bbolt.Tx) error {
		return errors.Join(tx.Bucket(videos).Delete(key), tx.Bucket(films).Delete(key), tx.Bucket(segments).Delete(key))
	})
}
