// Package measure runs servers as child processes for the benchmarks beside
// it, loads them over HTTP from this process, and reads what that cost them:
//
//	benchmark ── Load ──▶ server (child)
//	    ▲                    │
//	    └── /proc: CPU, RSS ─┘
//
// The load comes from another process than the server's, so that the CPU time
// read is the server's alone. Both share the machine's cores, though: rates
// hold for machines that are alike, ratios within one run hold anywhere.
package measure

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// startLimit is how long a server may take to its first answer.
const startLimit = time.Minute

// Process is a running server that a benchmark started.
type Process struct {
	Addr  string        // host:port it listens on; empty after Launch
	Ready time.Duration // from its start to its first 200, or to being ready

	cmd    *exec.Cmd
	exited chan struct{} // closed when it is gone
	err    error         // how it ended; after exited
}

// FreeAddr is a loopback address that nothing listens on.
func FreeAddr() (string, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return ln.Addr().String(), ln.Close()
}

// Start runs cmd, which must listen on addr, and waits until it answers path
// with 200. Stop it.
func Start(ctx context.Context, cmd *exec.Cmd, addr, path string) (*Process, error) {
	req := Get(addr, path, "")
	p, err := Launch(ctx, cmd, func() error { return first(addr, req) })
	if err == nil {
		p.Addr = addr
	}
	return p, err
}

// Launch runs cmd and waits until ready finds no fault with it. Stop it.
func Launch(ctx context.Context, cmd *exec.Cmd, ready func() error) (*Process, error) {
	p := &Process{cmd: cmd, exited: make(chan struct{})}
	begin := time.Now()
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		p.err = cmd.Wait()
		close(p.exited)
	}()
	for {
		if err := ready(); err == nil {
			p.Ready = time.Since(begin)
			return p, nil
		} else if time.Since(begin) > startLimit {
			return nil, errors.Join(fmt.Errorf("%s does not answer: %w", cmd.Path, err), p.Stop())
		}
		select {
		case <-p.exited:
			return nil, fmt.Errorf("%s ended: %w", cmd.Path, p.err)
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), p.Stop())
		case <-time.After(500 * time.Microsecond):
		}
	}
}

// first asks once, on a connection of its own.
func first(addr string, req []byte) error {
	c, err := dial(addr)
	if err != nil {
		return err
	}
	defer c.Close()
	_, err = c.ask(req, 200)
	return err
}

// Stop asks the server to end and waits until it has.
func (p *Process) Stop() error {
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // it may have ended by itself
	select {
	case <-p.exited:
		return p.err
	case <-time.After(15 * time.Second):
		_ = p.cmd.Process.Kill()
		<-p.exited
		return fmt.Errorf("%s had to be killed", p.cmd.Path)
	}
}

// RSS is the resident memory of the server and its children in MB.
func (p *Process) RSS() float64 { return p.Memory("VmRSS") }

// Memory is a line of /proc/…/status of the server and its children, in MB:
// VmRSS, or of that RssAnon and RssFile.
func (p *Process) Memory(line string) (mb float64) {
	for _, pid := range family(p.cmd.Process.Pid) {
		mb += memory(pid, line)
	}
	return mb
}

// CPU is the processor time that the server and its children used, those
// included that have ended, to 10 ms.
func (p *Process) CPU() (used time.Duration) {
	for _, pid := range family(p.cmd.Process.Pid) {
		used += CPU(pid)
	}
	return used
}

// RSS is the resident memory of any process in MB, 0 if it is gone.
func RSS(pid int) float64 { return memory(pid, "VmRSS") }

func memory(pid int, line string) float64 {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid)) // one that is gone holds nothing
	for have := range strings.Lines(string(status)) {
		if f := strings.Fields(have); len(f) > 1 && f[0] == line+":" {
			kb, _ := strconv.ParseFloat(f[1], 64) // the kernel wrote the number
			return kb / 1024
		}
	}
	return 0
}

// CPU is the processor time that a process used, and its children that have
// ended, to 10 ms; 0 if it is gone.
func CPU(pid int) (used time.Duration) {
	f := stat(pid)
	if len(f) < 15 {
		return 0
	}
	for _, ticks := range f[11:15] {
		n, _ := strconv.Atoi(ticks) // the kernel wrote the number
		used += time.Duration(n) * 10 * time.Millisecond
	}
	return used
}

// family is a process and its children.
func family(pid int) []int {
	pids := []int{pid}
	all, _ := filepath.Glob("/proc/[0-9]*") // the pattern is well formed
	for _, dir := range all {
		child, _ := strconv.Atoi(filepath.Base(dir)) // 0 is nobody
		if f := stat(child); len(f) > 1 && f[1] == strconv.Itoa(pid) {
			pids = append(pids, child)
		}
	}
	return pids
}

// stat is what follows the name in a process's line of figures.
func stat(pid int) []string {
	line, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)) // gone is empty
	return strings.Fields(string(line[bytes.LastIndexByte(line, ')')+1:]))
}

// Settle waits d, or until ctx ends.
func Settle(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
