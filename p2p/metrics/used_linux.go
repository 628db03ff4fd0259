package metrics

import (
	"bytes"
	"os"
	"strconv"
	"syscall"
	"time"
)

// used is what the process took and holds.
func used() (cpu time.Duration, resident int64, ok bool) {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0, 0, false
	}
	b, err := os.ReadFile("/proc/self/statm")
	fields := bytes.Fields(b)
	if err != nil || len(fields) < 2 {
		return 0, 0, false
	}
	pages, err := strconv.ParseInt(string(fields[1]), 10, 64)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), pages * int64(os.Getpagesize()), err == nil
}
