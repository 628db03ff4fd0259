package e2e

import (
	"context"
	"image"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"vidiverse/node/control"
)

// TestSecondStart: whoever opens a link while the program runs gets no second
// window: the one that is there asks about the link, and the second start ends as
// if all were done.
func TestSecondStart(t *testing.T) {
	t.Parallel()
	program, err := desktopProgram()
	if err != nil {
		t.Fatal(err)
	}
	d := newDesk(t)
	d.start(program)
	d.key("Tab", "Tab", "Return") // only watch
	d.eventually("the first question is answered", func(ctx context.Context) bool {
		return d.state(ctx).Reason == control.ReasonOff
	})
	quiet := d.calm()
	again := func(link ...string) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		cmd := exec.CommandContext(ctx, program, append([]string{"--silent", "--data", filepath.Join(d.home, "node")}, link...)...)
		cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + d.home, "XDG_CONFIG_HOME=" + filepath.Join(d.home, "config"), "DISPLAY=" + d.name}
		if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
			t.Fatalf("the second start: %v, %s, want that it ends silently", err, out)
		}
	}
	again()
	again("magnet:?xt=urn:btih:08ada5a7a6183aae1e09d831df6748d566095a10&dn=A%20walk")
	d.until("the window asks about the link", func(seen *image.RGBA) bool { return !same(quiet, seen, seen.Rect) })
	asked := d.calm()
	d.key("Return") // the keyboard starts on the quiet answer
	d.until("nobody wants it", func(seen *image.RGBA) bool { return !same(asked, seen, seen.Rect) })
	d.stop()
}
