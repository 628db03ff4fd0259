package main

import "syscall"

// descriptors is how many files this process, and those it starts, may open.
func descriptors() int {
	var l syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l) != nil {
		return 1024
	}
	return int(l.Cur) // the runtime raised it to the maximum
}
