package blockstore

import (
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
)

// spareBytes lie beside the index, for the hour when the disk is full: even to
// forget something the index has to write.
const spareBytes = 1 << 20

// makeSpare puts the bytes aside, if that is possible and not yet done.
func (s *Store) makeSpare() {
	if info, err := os.Stat(s.spare); err == nil && info.Size() >= spareBytes {
		return
	}
	noise := make([]byte, spareBytes) // zeros might take no space
	_, _ = rand.NewChaCha8([32]byte{}).Read(noise)
	if err := os.WriteFile(s.spare, noise, 0o600); err != nil {
		_ = os.Remove(s.spare) // half of it is no help; it is tried again
	}
}

// forgetting runs a change of the index after which space can be freed, on a
// full disk too. The caller has change.
func (s *Store) forgetting(fn func() error) error {
	err := explain(fn())
	if !errors.Is(err, ErrFull) {
		return err
	}
	if e := os.Remove(s.spare); e != nil && !errors.Is(e, fs.ErrNotExist) {
		return errors.Join(err, e)
	}
	return explain(fn())
}
