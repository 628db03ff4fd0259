package store

import (
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"

	"go.etcd.io/bbolt"
)

// Identity is the secret of which the keys are made by which those who run
// instances know this node: made once, with the first question, and never given
// out. The file is readable by its owner alone.
func (s *Store) Identity() (key ed25519.PrivateKey, err error) {
	err = s.update(func(tx *bbolt.Tx) error {
		var seed []byte
		switch err := get(tx, settings, []byte("identity"), &seed); {
		case errors.Is(err, ErrNotFound):
			seed = make([]byte, ed25519.SeedSize)
			_, _ = rand.Read(seed) // never fails
			if err := put(tx, settings, []byte("identity"), seed); err != nil {
				return err
			}
		case err != nil:
			return err
		case len(seed) != ed25519.SeedSize:
			return fmt.Errorf("%w: the node's key has %d bytes", ErrCorrupt, len(seed))
		}
		key = ed25519.NewKeyFromSeed(seed)
		return nil
	})
	return key, err
}
