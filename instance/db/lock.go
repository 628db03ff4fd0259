//go:build unix

package db

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// Lock holds a data folder for this process. The system drops it when the
// process ends in any way, so a stale one cannot exist.
type Lock struct{ file *os.File }

// LockFolder takes the lock of a data folder, or fails at once and names the
// process that has it.
func LockFolder(dir string) (*Lock, error) {
	name := filepath.Join(dir, "vidiverse.lock")
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o640)
	if err != nil {
		return nil, fmt.Errorf("lock data folder: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		defer f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("the data folder %s is in use by process %s", dir, holder(f))
		}
		return nil, fmt.Errorf("lock %s: %w", name, err)
	}
	if err := note(f); err != nil {
		return nil, errors.Join(fmt.Errorf("write %s: %w", name, err), f.Close())
	}
	return &Lock{f}, nil
}

// Release gives the folder free. The file stays: removing it would race with
// the next process that has it open.
func (l *Lock) Release() error { return l.file.Close() }

func note(f *os.File) error {
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err := fmt.Fprintf(f, "%d\n", os.Getpid())
	return err
}

func holder(f *os.File) string {
	b, err := io.ReadAll(io.LimitReader(f, 32))
	if pid := strings.TrimSpace(string(b)); err == nil && pid != "" {
		return pid
	}
	return "(unknown)"
}
