package pages

import (
	"os"

	"golang.org/x/sys/unix"
)

func release(at, size uintptr) error {
	if at == 0 || size == 0 {
		return nil
	}
	if _, _, code := unix.Syscall(unix.SYS_MADVISE, at, size, unix.MADV_DONTNEED); code != 0 {
		return os.NewSyscallError("madvise", code)
	}
	return nil
}
