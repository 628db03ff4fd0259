package ffmpeg

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Limits are what one child may use. Zero fields mean no limit.
type Limits struct {
	Memory   int64         // bytes of address space
	FileSize int64         // bytes of any one output file
	CPU      time.Duration // processor time of all threads together
}

// TranscodeLimits suit an 8K source with a few threads; a decoder that wants
// more is being fed a bomb.
var TranscodeLimits = Limits{Memory: 6 << 30}

// Command is one run of ffmpeg.
type Command struct {
	Args       []string // from Build
	Limits     Limits
	Stall      time.Duration  // without a change of progress; 0 means 5 minutes
	OnProgress func(Progress) // called from one goroutine; may be nil
}

// Failure is a run that ended badly; Tail is the end of what ffmpeg said.
type Failure struct {
	Tail  string
	cause error
}

func (f *Failure) Error() string {
	if f.Tail == "" {
		return "ffmpeg: " + f.cause.Error()
	}
	return fmt.Sprintf("ffmpeg: %v: %s", f.cause, f.Tail)
}

// Unwrap returns ErrNoSpace, ErrLimit, ErrStalled, the context's error, or how
// the process ended.
func (f *Failure) Unwrap() error { return f.cause }

// Run runs ffmpeg to its end. The child and all it started are killed when ctx
// ends or when this process dies; Run returns only after the child is gone.
// Any error is a *Failure.
func (t *Tools) Run(ctx context.Context, c Command) error {
	stall := c.Stall
	if stall == 0 {
		stall = 5 * time.Minute
	}
	pr, pw := io.Pipe()
	ch := child{name: t.ffmpeg(), args: c.Args, stdout: pw, limits: c.Limits, nice: t.Nice, stall: stall}
	var done sync.WaitGroup
	done.Go(func() {
		var last time.Duration
		err := ReadProgress(pr, func(p Progress) {
			if p.Time != last || p.End {
				last = p.Time
				ch.alive()
			}
			if c.OnProgress != nil {
				c.OnProgress(p)
			}
		})
		pr.CloseWithError(err)
	})
	err := ch.run(ctx)
	pw.Close()
	done.Wait()
	return err
}

// child is one process and its watchdog.
type child struct {
	name   string
	args   []string
	stdout io.Writer
	limits Limits
	nice   int
	stall  time.Duration // killed when alive was not called for so long

	seen atomic.Int64 // Unix nanoseconds of the last sign of life
}

func (c *child) alive() { c.seen.Store(time.Now().UnixNano()) }

func (c *child) run(parent context.Context) error {
	ctx, cancel := context.WithCancelCause(parent)
	defer cancel(nil)
	c.alive()
	var watch sync.WaitGroup
	watch.Go(func() { c.watch(ctx, cancel) })

	tail := &tailBuffer{max: 4 << 10}
	cmd := exec.CommandContext(ctx, c.name, c.args...)
	cmd.Stdout, cmd.Stderr = c.stdout, tail
	cmd.WaitDelay = 5 * time.Second
	confine(cmd)
	err := c.startAndWait(cmd)
	cancel(nil)
	watch.Wait()
	if err == nil {
		// Some filters take a failed allocation for the end of the film: the
		// exit status is 0 and the output short.
		if err = classify(nil, tail.String()); err == nil {
			return nil
		}
	}
	if errors.Is(err, exec.ErrNotFound) {
		err = fmt.Errorf("%w: %s", ErrNotInstalled, c.name)
	} else if cause := context.Cause(ctx); errors.Is(cause, ErrStalled) {
		err = ErrStalled
	} else if parent.Err() != nil {
		err = parent.Err()
	} else if c.outOfTime(cmd.ProcessState) {
		err = ErrLimit
	}
	return &Failure{Tail: tail.String(), cause: classify(err, tail.String())}
}

// startAndWait keeps its thread: the kernel kills the child when the thread
// that started it ends, which Linux counts as the parent's death.
func (c *child) startAndWait(cmd *exec.Cmd) error {
	result := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		if err := cmd.Start(); err != nil {
			result <- err
			return
		}
		err := restrict(cmd.Process.Pid, c.limits, c.nice)
		if err != nil {
			_ = cmd.Process.Kill() // an unrestricted child must not run; Wait reports its end
		}
		result <- errors.Join(err, cmd.Wait())
	}()
	return <-result
}

// outOfTime reports whether the child used up its processor time: ffmpeg exits
// by itself on the kernel's warning, so the signal alone does not tell. The
// kernel's two clocks of processor time differ: the one that warns counts whole
// ticks, and on a busy machine it is far ahead of the one that is told.
func (c *child) outOfTime(s *os.ProcessState) bool {
	return c.limits.CPU > 0 && s != nil && s.UserTime()+s.SystemTime() >= c.limits.CPU/2
}

func (c *child) watch(ctx context.Context, cancel context.CancelCauseFunc) {
	tick := time.NewTicker(max(c.stall/10, 10*time.Millisecond))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if time.Since(time.Unix(0, c.seen.Load())) > c.stall {
				cancel(ErrStalled)
				return
			}
		}
	}
}

const sigFileSize = syscall.Signal(25) // SIGXFSZ, which not every system names

// classify finds the cause that a caller acts on.
func classify(err error, tail string) error {
	if strings.Contains(tail, "No space left on device") || strings.Contains(tail, "Disk quota exceeded") {
		return ErrNoSpace
	}
	if strings.Contains(tail, "File too large") || strings.Contains(tail, "Cannot allocate memory") ||
		strings.Contains(tail, "failed to map segment") { // the loader, before ffmpeg itself could start
		return ErrLimit
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		if ws, ok := exit.Sys().(syscall.WaitStatus); ok && ws.Signaled() && ws.Signal() == sigFileSize {
			return ErrLimit
		}
	}
	return err
}

// tailBuffer keeps the last max bytes written.
type tailBuffer struct {
	max int
	buf []byte
}

func (t *tailBuffer) Write(p []byte) (int, error) {
	t.buf = append(t.buf, p...)
	if over := len(t.buf) - t.max; over > 0 {
		t.buf = append(t.buf[:0], t.buf[over:]...)
	}
	return len(p), nil
}

func (t *tailBuffer) String() string {
	return strings.ToValidUTF8(string(bytes.TrimSpace(t.buf)), "?")
}

// limited fails once more than left bytes were written.
type limited struct {
	w    io.Writer
	left int64
}

func (l *limited) Write(p []byte) (int, error) {
	if int64(len(p)) > l.left {
		return 0, ErrLimit
	}
	l.left -= int64(len(p))
	return l.w.Write(p)
}
