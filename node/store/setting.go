package store

import (
	"errors"
	"time"

	"go.etcd.io/bbolt"

	"vidiverse/node/control"
)

// Consent is the answer to whether bytes are given to others.
type Consent struct {
	Asked  bool      `json:"asked"` // answered at all
	Share  bool      `json:"share"`
	At     time.Time `json:"at"`
	Paused time.Time `json:"paused,omitzero"` // until
}

// Preferences are zero until they are first put.
func (s *Store) Preferences() (p control.Preferences, err error) {
	err = s.setting("preferences", &p)
	return p, err
}

// PutPreferences writes them unchecked.
func (s *Store) PutPreferences(p control.Preferences) error { return s.putSetting("preferences", p) }

// Consent is zero until the question was answered.
func (s *Store) Consent() (c Consent, err error) {
	err = s.setting("consent", &c)
	return c, err
}

// PutConsent writes the answer.
func (s *Store) PutConsent(c Consent) error { return s.putSetting("consent", c) }

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
