package ffmpeg

import (
	"fmt"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// confine puts the child in a process group of its own, has the kernel kill it
// when we die, and kills the whole group on cancel.
func confine(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}

// restrict sets the limits of a child that has just been started: it is still
// loading its libraries, so no input byte was read without them.
func restrict(pid int, l Limits, nice int) error {
	set := func(resource int, v uint64) error {
		if v == 0 {
			return nil
		}
		hard := v
		if resource == unix.RLIMIT_CPU {
			hard += 2 // a warning first, then the end
		}
		return unix.Prlimit(pid, resource, &unix.Rlimit{Cur: v, Max: hard}, nil)
	}
	cpu := uint64(l.CPU.Seconds())
	if l.CPU > 0 {
		cpu = max(cpu, 1)
	}
	for _, r := range []struct {
		resource int
		value    uint64
	}{
		{unix.RLIMIT_AS, uint64(l.Memory)},
		{unix.RLIMIT_FSIZE, uint64(l.FileSize)},
		{unix.RLIMIT_CPU, cpu},
	} {
		if err := set(r.resource, r.value); err != nil && err != unix.ESRCH {
			return fmt.Errorf("limit resource %d: %w", r.resource, err)
		}
	}
	var none unix.Rlimit
	if err := unix.Prlimit(pid, unix.RLIMIT_CORE, &none, nil); err != nil && err != unix.ESRCH {
		return fmt.Errorf("limit core dumps: %w", err)
	}
	if nice > 0 {
		_ = unix.Setpriority(unix.PRIO_PROCESS, pid, nice) // only politeness
	}
	return nil
}
