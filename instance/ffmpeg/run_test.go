package ffmpeg

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// endless is a command that never ends by itself and does little work.
func endless(out string) []string {
	return []string{"-hide_banner", "-nostdin", "-y", "-v", "error", "-nostats", "-progress", "pipe:1",
		"-re", "-f", "lavfi", "-i", "testsrc=size=64x64:rate=5", "-c:v", "rawvideo", "-f", "rawvideo", "file:" + out}
}

func TestRunReportsProgress(t *testing.T) {
	t.Parallel()
	src := makeClip(t, "a.mp4", "-f", "lavfi", "-i", picture, "-pix_fmt", "yuv420p")
	out := filepath.Join(t.TempDir(), "b:c.mp4") // a colon must not name a protocol
	var last Progress
	err := testTools(t).Run(t.Context(), Command{
		Args:       Build([]Input{{Path: src, Format: "mov"}}, "", []Output{{Path: out, Options: []string{"-c", "copy"}}}),
		Limits:     TranscodeLimits,
		OnProgress: func(p Progress) { last = p },
	})
	if err != nil {
		t.Fatal(err)
	}
	if !last.End || last.Percent(time.Second) != 100 || last.Time < 800*time.Millisecond {
		t.Errorf("last report: got %+v", last)
	}
	if _, err := os.Stat(out); err != nil {
		t.Error(err)
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	err := testTools(t).Run(ctx, Command{
		Args:       endless(filepath.Join(t.TempDir(), "x.raw")),
		OnProgress: func(Progress) { cancel() },
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}

func TestRunStops(t *testing.T) {
	t.Parallel()
	tools := testTools(t)
	stalled := []string{"-hide_banner", "-v", "error", "-progress", "pipe:1", "-f", "lavfi", "-i",
		"testsrc=size=16x16:rate=1,realtime=speed=0.001", "-f", "null", "-"}
	tests := []struct {
		name string
		cmd  Command
		want error
	}{
		{"stall", Command{Args: stalled, Stall: 300 * time.Millisecond}, ErrStalled},
		{"file size", Command{Args: []string{"-hide_banner", "-v", "error", "-y", "-progress", "pipe:1", "-f", "lavfi", "-i", "testsrc=size=640x360:duration=5",
			"-c:v", "rawvideo", "-f", "rawvideo", "file:" + filepath.Join(t.TempDir(), "big")}, Limits: Limits{FileSize: 1 << 20}}, ErrLimit},
		{"memory", Command{Args: []string{"-hide_banner", "-v", "error", "-progress", "pipe:1", "-f", "lavfi", "-i", "testsrc=size=64x64:duration=2",
			"-vf", "scale=14000:14000", "-f", "null", "-"}, Limits: Limits{Memory: 800 << 20}}, ErrLimit},
		{"memory, unnoticed", Command{Args: []string{"-hide_banner", "-v", "error", "-progress", "pipe:1", "-f", "lavfi", "-i", "testsrc=size=2000x2000:duration=9",
			"-vf", "reverse", "-f", "null", "-"}, Limits: Limits{Memory: 900 << 20}}, ErrLimit},
		{"processor", Command{Args: []string{"-hide_banner", "-v", "error", "-progress", "pipe:1", "-f", "lavfi", "-i", "mandelbrot=size=1280x720",
			"-f", "null", "-"}, Limits: Limits{CPU: time.Second}}, ErrLimit},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if err := tools.Run(t.Context(), tt.cmd); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

func TestRunWithoutFFmpeg(t *testing.T) {
	t.Parallel()
	tools := &Tools{FFmpeg: "no-such-program"}
	if err := tools.Run(t.Context(), Command{}); !errors.Is(err, ErrNotInstalled) {
		t.Errorf("got %v, want ErrNotInstalled", err)
	}
	if err := tools.Check(); !errors.Is(err, ErrNotInstalled) {
		t.Errorf("Check: got %v, want ErrNotInstalled", err)
	}
}

func TestReadProgress(t *testing.T) {
	t.Parallel()
	const text = "frame=10\nfps=0.0\ntotal_size=N/A\nout_time_us=400000\nout_time_ms=400000\nspeed= 1.5x\nprogress=continue\n" +
		"frame=20\nout_time_us=-9223372036854775807\nspeed=N/A\nprogress=end\n"
	var got []Progress
	if err := ReadProgress(strings.NewReader(text), func(p Progress) { got = append(got, p) }); err != nil {
		t.Fatal(err)
	}
	want := []Progress{{Time: 400 * time.Millisecond, Frame: 10, Speed: 1.5}, {Frame: 20, End: true}}
	if len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func FuzzReadProgress(f *testing.F) {
	f.Add("out_time_us=1\nprogress=end\n")
	f.Add("out_time_us=99999999999999999999\nframe=x\n=\nprogress=continue")
	f.Fuzz(func(t *testing.T, s string) {
		_ = ReadProgress(strings.NewReader(s), func(p Progress) { // any error is fine, a panic is not
			if n := p.Percent(time.Second); n < 0 || n > 100 || p.Time < 0 {
				t.Errorf("got %+v, %d %%", p, n)
			}
		})
	})
}

func TestTiming(t *testing.T) {
	t.Parallel()
	tools := testTools(t)
	path := makeClip(t, "g.mp4", "-f", "lavfi", "-i", "testsrc2=size=64x36:rate=25:duration=3", "-pix_fmt", "yuv420p", "-g", "25", "-sc_threshold", "0")
	p, err := tools.Probe(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	got, err := tools.Timing(t.Context(), path, p)
	if err != nil {
		t.Fatal(err)
	}
	if !got.Sound || got.MaxGap < 990*time.Millisecond || got.MaxGap > 1010*time.Millisecond {
		t.Errorf("got %+v, want sound and 1s", got)
	}
}

func FuzzReadPackets(f *testing.F) {
	f.Add("0.0,0.0,K__\n0.04,0.04,___\n")
	f.Add("N/A,0.0,K\nNaN,Inf,K\n1e308,-1e308,K\n")
	f.Fuzz(func(t *testing.T, s string) {
		if got, _ := readPackets(strings.NewReader(s)); got.MaxGap < 0 { // long lines are an error, not a panic
			t.Errorf("got %+v", got)
		}
	})
}

func FuzzSniff(f *testing.F) {
	f.Add([]byte("ID3\x04\x00\x00\x00\x00\x00\x01x\xff\xfb"))
	f.Add([]byte("\x00\x00\x00\x18ftypmp42"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if k := Sniff(b); k.Name == "" || k.Accepted() != (k.Reason() == "") {
			t.Errorf("got %+v", k)
		}
	})
}
