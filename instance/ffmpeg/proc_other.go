//go:build !linux

package ffmpeg

import "os/exec"

// confine has nothing to add here: killing on cancel is os/exec's default.
func confine(*exec.Cmd) {}

// restrict cannot cap another process on this system.
func restrict(int, Limits, int) error { return nil }
