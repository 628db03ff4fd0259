package store

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"go.etcd.io/bbolt"
)

// TestIdentity breaks when a node is another one after a start, so that nobody
// who enrolled it knows it, or when others on the machine can read its key.
func TestIdentity(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "node.db")
	s, err := Open(path)
	check1(t, err)
	key, err := s.Identity()
	check1(t, err)
	again, err := s.Identity()
	check1(t, err)
	check1(t, s.Close())
	info, err := os.Stat(path)
	check1(t, err)
	if got := info.Mode().Perm(); got != 0o600 && runtime.GOOS != "windows" {
		t.Errorf("mode: got %o, want 600", got)
	}
	s, err = Open(path)
	check1(t, err)
	defer s.Close()
	later, err := s.Identity()
	check1(t, err)
	if !key.Equal(again) || !key.Equal(later) {
		t.Error("the node has another key each time")
	}
	other, _ := newStore(t)
	theirs, err := other.Identity()
	check1(t, err)
	if key.Equal(theirs) {
		t.Error("two nodes have one key")
	}
	check1(t, s.update(func(tx *bbolt.Tx) error { return put(tx, settings, []byte("identity"), []byte("short")) }))
	if _, err := s.Identity(); !errors.Is(err, ErrCorrupt) {
		t.Errorf("a damaged key: got %v, want %v", err, ErrCorrupt)
	}
}
