package player

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// A film's picture k says k + first in black and white cells, so that a test
// reads from a frame which one it is, and of which film.
const (
	cell   = 16
	across = 10
	width  = across * cell
	height = 2 * cell
	bits   = 2*across - 2 // the first cell is white and the last black: a picture at all
)

// film is how a test film is made.
type film struct {
	name   string
	frames int
	fps    int
	first  int // number of the first picture; tells films apart
	args   []string
}

// paint writes picture n as planar YUV.
func paint(buf []byte, n int) {
	luma := buf[:width*height]
	for c := range 2 * across {
		v := byte(16)
		if c == 0 || c <= bits && n>>(c-1)&1 == 1 {
			v = 235
		}
		x, y := c%across*cell, c/across*cell
		row := bytes.Repeat([]byte{v}, cell)
		for i := range cell {
			copy(luma[(y+i)*width+x:], row)
		}
	}
	for i := width * height; i < len(buf); i++ {
		buf[i] = 128
	}
}

// number reads which picture img is; -1: none.
func number(img *image.RGBA) int {
	if img == nil || img.Rect.Dx() != width || img.Rect.Dy() != height {
		return -1
	}
	n := 0
	for c := range 2 * across {
		p := img.PixOffset(c%across*cell+cell/2, c/across*cell+cell/2)
		white := img.Pix[p+1] > 128
		if img.Pix[p+3] != 255 || c == 0 && !white || c > bits && white {
			return -1
		}
		if c > 0 && c <= bits && white {
			n |= 1 << (c - 1)
		}
	}
	return n
}

// films are made once for all tests.
var films = struct {
	sync.Mutex
	dir  string
	made map[string]func() error
}{made: map[string]func() error{}}

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "player")
	if err != nil {
		panic(err)
	}
	films.dir = dir
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// once makes name in the films' folder by make, if nobody did.
func once(t *testing.T, name string, make func(path string) error) string {
	t.Helper()
	path := filepath.Join(films.dir, name)
	films.Lock()
	f, ok := films.made[name]
	if !ok {
		f = sync.OnceValue(func() error { return make(path) })
		films.made[name] = f
	}
	films.Unlock()
	if err := f(); err != nil {
		t.Fatalf("make %s: %v", name, err)
	}
	return path
}

// ffmpeg runs it.
func ffmpeg(args ...string) error {
	out, err := exec.CommandContext(context.Background(), "ffmpeg", append([]string{"-hide_banner", "-v", "error", "-nostdin", "-y"}, args...)...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s (package ffmpeg)", err, out)
	}
	return nil
}

// pipe runs ffmpeg on pictures that are painted as it reads them.
func (f film) pipe(args ...string) error {
	cmd := exec.CommandContext(context.Background(), "ffmpeg", append([]string{"-hide_banner", "-v", "error", "-nostdin", "-y",
		"-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", fmt.Sprintf("%dx%d", width, height), "-r", fmt.Sprint(f.fps), "-i", "pipe:0"}, args...)...)
	var said strings.Builder
	cmd.Stderr = &said
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("%w (install ffmpeg)", err)
	}
	buf := make([]byte, width*height*3/2)
	for k := range f.frames {
		paint(buf, f.first+k)
		if _, err := in.Write(buf); err != nil {
			break // ffmpeg says why
		}
	}
	in.Close()
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("%w: %s", err, said.String())
	}
	return nil
}

// mp4 makes a plain MP4 with a tone.
func (f film) mp4(t *testing.T) string {
	t.Helper()
	return once(t, f.name, func(path string) error {
		return f.pipe(append([]string{"-f", "lavfi", "-i", fmt.Sprintf("sine=frequency=440:duration=%f", float64(f.frames)/float64(f.fps)),
			"-c:v", "libx264", "-preset", "ultrafast", "-g", fmt.Sprint(2 * f.fps), "-c:a", "aac", "-movflags", "+faststart", "-shortest", path}, f.args...)...)
	})
}

var (
	short  = film{name: "short.mp4", frames: 60, fps: 30, first: 1000}
	second = film{name: "second.mp4", frames: 300, fps: 30, first: 5000}
	long   = film{name: "long.mp4", frames: 900, fps: 30, first: 20000}
)

const secret = "/0123456789abcdefghij/"

// server serves the films' folder as a node does: on loopback, below a token.
func server(t *testing.T) *httptest.Server {
	t.Helper()
	return serve(t, http.StripPrefix(secret, http.FileServer(http.Dir(films.dir))))
}

func serve(t *testing.T, h http.Handler) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
	})
	return s
}

// viewer is a player and who looks at it.
type viewer struct {
	Player
	t *testing.T
}

const patience = 20 * time.Second

// watch makes a player; without libmpv the test fails, because nothing else
// would show that it works.
func watch(t *testing.T, o Options) *viewer {
	t.Helper()
	if o.Kind == Best {
		o.Kind = MPV
	}
	o.Silent = true
	p, err := New(o)
	if err != nil {
		t.Fatalf("%v (packages libmpv2 and ffmpeg)", err)
	}
	t.Cleanup(func() { p.Close() })
	return &viewer{p, t}
}

func (v *viewer) open(s Source) {
	v.t.Helper()
	if s.Caption == 0 && len(s.Captions) == 0 {
		s.Caption = -1
	}
	if err := v.Open(s); err != nil {
		v.t.Fatal(err)
	}
}

// until waits for a state.
func (v *viewer) until(what string, ok func(s State) bool) State {
	v.t.Helper()
	deadline := time.Now().Add(patience)
	for {
		s := v.State()
		if ok(s) {
			return s
		}
		if time.Now().After(deadline) {
			v.t.Fatalf("no %s after %v: %+v", what, patience, s)
		}
		<-time.After(time.Millisecond)
	}
}

// see waits for a picture that fits.
func (v *viewer) see(what string, ok func(n int) bool) int {
	v.t.Helper()
	deadline := time.Now().Add(patience)
	for {
		n := number(v.Frame(width, height))
		if n >= 0 && ok(n) {
			return n
		}
		if time.Now().After(deadline) {
			v.t.Fatalf("no picture %s after %v, but %d: %+v", what, patience, n, v.State())
		}
		<-time.After(time.Millisecond)
	}
}
