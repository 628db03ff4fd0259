//go:build unix

package tracker

import "syscall"

// descriptors is how many files and sockets this process may have open: the
// runtime raised it as far as it may.
func descriptors() int {
	var l syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l) != nil {
		return 1024
	}
	return int(min(uint64(l.Cur), 1<<30))
}
