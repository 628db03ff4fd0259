package e2e

import (
	"bufio"
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// screen is an X display of its own, with a keyboard and a pointer.
type screen struct {
	testing.TB
	name string // as DISPLAY has it
}

// screenSize is that of a window which people did not change.
var screenSize = image.Pt(1280, 800)

func newScreen(t testing.TB) *screen {
	t.Helper()
	answer, tell, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Close()
	cmd := exec.CommandContext(t.Context(), "Xvfb", "-displayfd", "3", "-nolisten", "tcp", "-screen", "0", fmt.Sprintf("%dx%dx24", screenSize.X, screenSize.Y))
	cmd.ExtraFiles = []*os.File{tell}
	var said bytes.Buffer
	cmd.Stderr, cmd.WaitDelay = &said, 10*time.Second
	err = cmd.Start()
	_ = tell.Close() // the child has its own
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Wait() }) // killed when the test's context ends
	number, err := bufio.NewReader(answer).ReadString('\n')
	if err != nil {
		t.Fatalf("Xvfb: %v\n%s", err, &said)
	}
	return &screen{t, ":" + strings.TrimSpace(number)}
}

func (s *screen) run(name string, args ...string) []byte {
	s.Helper()
	cmd := exec.CommandContext(s.Context(), name, args...)
	cmd.Env = append(os.Environ(), "DISPLAY="+s.name)
	out, err := cmd.Output()
	if err != nil {
		s.Fatalf("%s %q: %v", name, args, err)
	}
	return out
}

// key presses keys, one after the other.
func (s *screen) key(names ...string) {
	s.Helper()
	s.run("xdotool", append([]string{"key", "--delay", "60"}, names...)...)
}

func (s *screen) write(text string) {
	s.Helper()
	s.run("xdotool", "type", "--delay", "30", text)
}

func (s *screen) click(at image.Point) {
	s.Helper()
	s.run("xdotool", "mousemove", strconv.Itoa(at.X), strconv.Itoa(at.Y), "click", "1")
}

// look is what the screen shows now.
func (s *screen) look() *image.RGBA {
	s.Helper()
	img, err := png.Decode(bytes.NewReader(s.run("import", "-window", "root", "-depth", "8", "png:-")))
	if err != nil {
		s.Fatal(err)
	}
	got := image.NewRGBA(img.Bounds())
	draw.Draw(got, got.Rect, img, img.Bounds().Min, draw.Src)
	return got
}

// until looks again and again until what is seen is right. It leaves a picture
// if that does not happen.
func (s *screen) until(what string, right func(*image.RGBA) bool) *image.RGBA {
	s.Helper()
	for deadline := time.Now().Add(patience); ; {
		seen := s.look()
		if right(seen) {
			return seen
		}
		if time.Now().After(deadline) {
			s.Fatalf("after %v still not: %s; the screen is in %s", patience, what, s.keep(seen, "last"))
		}
	}
}

// keep writes a picture beside the test's other results.
func (s *screen) keep(img image.Image, name string) string {
	s.Helper()
	path := filepath.Join(s.ArtifactDir(), name+".png")
	f, err := os.Create(path)
	if err != nil {
		return err.Error()
	}
	defer f.Close()
	if err := png.Encode(f, img); err != nil {
		return err.Error()
	}
	return path
}

// same reports whether two pictures have the same points within a part.
func same(a, b *image.RGBA, in image.Rectangle) bool {
	for y := in.Min.Y; y < in.Max.Y; y++ {
		i, j := a.PixOffset(in.Min.X, y), a.PixOffset(in.Max.X, y)
		if !bytes.Equal(a.Pix[i:j], b.Pix[i:j]) {
			return false
		}
	}
	return true
}

// painted is the part of a picture in which nearly only these colours are.
func painted(img *image.RGBA, is func(color.RGBA) bool) image.Rectangle {
	const least = 40 // points in a line or a column; letters and edges have fewer
	size := img.Rect.Size()
	rows, columns := make([]int, size.Y), make([]int, size.X)
	for y := range size.Y {
		for x := range size.X {
			if is(img.RGBAAt(x, y)) {
				rows[y]++
				columns[x]++
			}
		}
	}
	span := func(counts []int) (from, to int) {
		for i, n := range counts {
			if n < least {
				continue
			}
			if to == 0 {
				from = i
			}
			to = i + 1
		}
		return from, to
	}
	top, foot := span(rows)
	left, right := span(columns)
	return image.Rect(left, top, right, foot)
}

// calm waits until something is drawn and stays as it is.
func (s *screen) calm() *image.RGBA {
	s.Helper()
	var before *image.RGBA
	return s.until("the window has drawn itself", func(seen *image.RGBA) bool {
		stays := before != nil && same(before, seen, seen.Rect)
		before = seen
		return stays && !plain(seen)
	})
}

// plain reports whether a picture is of one colour.
func plain(img *image.RGBA) bool {
	for i := 4; i < len(img.Pix); i += 4 {
		if !bytes.Equal(img.Pix[i:i+4], img.Pix[:4]) {
			return false
		}
	}
	return true
}
