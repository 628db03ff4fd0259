package e2e

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"vidiverse/node/control"
)

// desktopProgram builds the window once, with the flags of the Makefile: what
// was built with others is not taken again, and takes minutes.
var desktopProgram = sync.OnceValues(func() (string, error) {
	name := filepath.Join(shared, "vidiverse-desktop")
	cmd := exec.Command("go", "build", "-trimpath", "-tags", "nosqlite", "-ldflags", "-s -w", "-o", name, "vidiverse/app/desktop")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the window: %w\n%s", err, out)
	}
	return name, nil
})

// desk is a vidiverse-desktop process on a screen; it may be started and ended
// any number of times. What fails shows its log.
type desk struct {
	*screen
	home    string
	log     *record
	process *exec.Cmd // nil while none runs
	ended   chan error
	control.Services
}

func newDesk(t testing.TB) *desk {
	t.Helper()
	d := &desk{home: t.TempDir(), log: newRecord()}
	t.Cleanup(func() {
		if d.process != nil {
			_ = d.process.Process.Kill() // it may have ended by itself
			<-d.ended
		}
		if t.Failed() {
			t.Logf("log of the window:\n%s", d.log)
		}
	})
	d.screen = newScreen(t)
	return d
}

// start returns when the window is there and its node answers.
func (d *desk) start(name string, args ...string) {
	d.Helper()
	data := filepath.Join(d.home, "node")
	cmd := exec.CommandContext(d.Context(), name, append([]string{"--silent", "--data", data}, args...)...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + d.home, "XDG_CONFIG_HOME=" + filepath.Join(d.home, "config"),
		"DISPLAY=" + d.name, "LIBGL_ALWAYS_SOFTWARE=1", "LANG=en_US.UTF-8"}
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = d.log, d.log, 10*time.Second
	if err := cmd.Start(); err != nil {
		d.Fatal(err)
	}
	d.process, d.ended = cmd, make(chan error, 1)
	go func(ended chan error) { ended <- cmd.Wait() }(d.ended)
	d.eventually("the node of the window answers", func(ctx context.Context) bool {
		var err error
		d.Services, err = control.Dial(ctx, filepath.Join(data, "node.sock"))
		return err == nil
	})
	d.calm()
	d.run("xdotool", "search", "--sync", "--onlyvisible", "--name", "^Vidiverse$", "windowfocus", "--sync")
}

// stop asks the window to end, and requires that it does so in order.
func (d *desk) stop() {
	d.Helper()
	if err := d.process.Process.Signal(syscall.SIGTERM); err != nil {
		d.Fatal(err)
	}
	select {
	case err := <-d.ended:
		d.process = nil
		if err != nil {
			d.Errorf("the window ended with %v, want success", err)
		}
	case <-time.After(patience):
		d.Fatal("the window does not end")
	}
}

// eventually waits for a condition by asking for it.
func (d *desk) eventually(what string, holds func(ctx context.Context) bool) {
	d.Helper()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); !holds(d.Context()); <-tick.C {
		select {
		case err := <-d.ended:
			d.process = nil
			d.Fatalf("the window ended (%v) before: %s", err, what)
		default:
		}
		if time.Now().After(deadline) {
			d.Fatalf("after %v still not: %s; the screen is in %s", patience, what, d.keep(d.look(), "last"))
		}
	}
}

// state is what the node says about sharing.
func (d *desk) state(ctx context.Context) control.SharingState {
	d.Helper()
	st, err := d.Sharing.State(ctx)
	if err != nil {
		d.Fatal(err)
	}
	return st
}

// numbered is a film that writes the number of each second as stripes over the
// whole picture, blue for 0 and yellow for 1. numberedSeconds is chosen so that
// its tenths lie in the middle of seconds.
var numbered = sync.OnceValues(func() ([]byte, error) {
	path := filepath.Join(shared, "numbered.mp4")
	bit := fmt.Sprintf("gte(mod(floor(T+0.01)/pow(2,%d-floor(X/2)),2),1)", stripes-1)
	plane := func(yellow, blue int) string { return fmt.Sprintf("'if(%s,%d,%d)'", bit, yellow, blue) }
	picture := fmt.Sprintf("nullsrc=s=%dx2:r=10,format=yuv444p,geq=lum=%s:cb=%s:cr=%s,scale=288:162:flags=neighbor,setsar=1",
		2*stripes, plane(210, 41), plane(16, 240), plane(146, 110))
	args := []string{"-v", "error", "-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", "sine=frequency=440", "-t", fmt.Sprint(numberedSeconds),
		"-c:v", "libx264", "-preset", "ultrafast", "-g", "20", "-sc_threshold", "0", "-bf", "0", "-pix_fmt", "yuv420p", "-c:a", "aac", "-b:a", "64k", path}
	if out, err := exec.Command("ffmpeg", args...).CombinedOutput(); err != nil {
		return nil, &os.PathError{Op: string(out), Path: path, Err: err}
	}
	return os.ReadFile(path)
})

const (
	stripes         = 9
	numberedSeconds = 305
)

func blue(c color.RGBA) bool   { return c.B > 150 && c.R < 100 && c.G < 100 }
func yellow(c color.RGBA) bool { return c.R > 150 && c.G > 150 && c.B < 100 }

// picture is where the numbered film, or its thumbnail, is on the screen.
func picture(seen *image.RGBA) image.Rectangle {
	return painted(seen, func(c color.RGBA) bool { return blue(c) || yellow(c) })
}

// number reads the second that is shown; -1 is none.
func number(seen *image.RGBA) int {
	in := picture(seen)
	if in.Dx() < 160 {
		return -1
	}
	n := 0
	for i := range stripes {
		c := seen.RGBAAt(in.Min.X+in.Dx()*(2*i+1)/(2*stripes), in.Min.Y+in.Dy()/4)
		switch {
		case yellow(c):
			n = n<<1 + 1
		case blue(c):
			n <<= 1
		default:
			return -1
		}
	}
	return n
}

// file is how many bytes of the renditions of one height went to this machine.
func (p public) file(s *server, height string) (n int) {
	for name, sent := range s.sent(p.folder, "127.0.0.1") {
		if strings.Contains(name, "-"+height+"-") {
			n += sent
		}
	}
	return n
}
