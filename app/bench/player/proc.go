package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// childCPU reports the seconds of CPU a process used, in user and system mode.
func childCPU(pid int) float64 {
	data, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)) // gone is 0
	_, rest, _ := strings.Cut(string(data), ") ")
	f := strings.Fields(rest)
	if len(f) < 13 {
		return 0
	}
	user, _ := strconv.ParseFloat(f[11], 64)
	system, _ := strconv.ParseFloat(f[12], 64)
	const ticks = 100 // a second, on every Linux
	return (user + system) / ticks
}
