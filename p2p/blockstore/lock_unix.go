//go:build unix

package blockstore

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// lockFolder takes the folder for this process, or fails at once. The system
// drops the lock when the process ends in any way.
func lockFolder(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the media folder: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); errors.Is(err, syscall.EWOULDBLOCK) {
		b, _ := io.ReadAll(io.LimitReader(f, 32)) // the number of the process is a courtesy
		return nil, errors.Join(fmt.Errorf("%w: %s (by process %s)", ErrInUse, dir, strings.TrimSpace(string(b))), f.Close())
	} else if err != nil {
		return nil, errors.Join(fmt.Errorf("lock the media folder %s: %w", dir, err), f.Close())
	}
	err = f.Truncate(0)
	if err == nil {
		_, err = fmt.Fprintf(f, "%d\n", os.Getpid())
	}
	if err != nil && explain(err) == err { // a full disk does not matter here
		return nil, errors.Join(fmt.Errorf("lock the media folder %s: %w", dir, err), f.Close())
	}
	return f, nil
}
