//go:build unix

package blockstore

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

const noBlock = syscall.O_NONBLOCK

// freeBytes is what the disk of a folder has left for this user.
func freeBytes(dir string) (int64, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return 0, err
	}
	return int64(st.Bavail) * int64(st.Bsize), nil
}

func syncFolder(f *os.File) error { return f.Sync() }
