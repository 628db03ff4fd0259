package store

import (
	"errors"

	"go.etcd.io/bbolt"

	"vidiverse/node/control"
)

// Preferences are zero until they are first put.
func (s *Store) Preferences() (p control.Preferences, err error) {
	err = s.setting("preferences", &p)
	return p, err
}

// PutPreferences writes them unchecked.
func (s *Store) PutPreferences(p control.Preferences) error { return s.putSetting("preferences", p) }

func (s *Store) setting(name string, into any) error {
	err := s.view(func(tx *bbolt.Tx) error { return get(tx, settings, []byte(name), into) })
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

func (s *Store) putSetting(name string, value any) error {
	return s.update(func(tx *bbolt.Tx) error { return put(tx, settings, []byte(name), value) })
}
