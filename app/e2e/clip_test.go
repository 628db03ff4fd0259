package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// clip is a film of six seconds, picture and sound, made once.
var clip = sync.OnceValues(func() ([]byte, error) {
	return film("clip.mp4", "testsrc2=size=640x360:rate=25", "-c:v", "libx264", "-preset", "ultrafast", "-g", "50", "-pix_fmt", "yuv420p", "-c:a", "aac")
})

// noise is a film whose transcoding takes a while, made once.
var noise = sync.OnceValues(func() ([]byte, error) {
	return film("noise.mkv", "testsrc2=size=640x360:rate=12,noise=alls=60:allf=t", "-c:v", "mpeg4", "-q:v", "6", "-c:a", "flac")
})

// small is a film that is smaller than those of the captured uploads.
var small = sync.OnceValues(func() ([]byte, error) {
	return film("small.mp4", "testsrc2=size=640x360:rate=10", "-c:v", "libx264", "-preset", "veryfast", "-crf", "35", "-g", "20", "-pix_fmt", "yuv420p", "-c:a", "aac")
})

const clipSeconds = 6

func film(name, picture string, options ...string) ([]byte, error) {
	path := filepath.Join(shared, name)
	args := []string{"-v", "error", "-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", "sine=frequency=440", "-t", strconv.Itoa(clipSeconds)}
	if out, err := exec.Command("ffmpeg", append(append(args, options...), path)...).CombinedOutput(); err != nil {
		return nil, &os.PathError{Op: string(out), Path: path, Err: err}
	}
	return os.ReadFile(path)
}

func load(t testing.TB, clip func() ([]byte, error)) []byte {
	t.Helper()
	b, err := clip()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// probe is what ffprobe says of a file or an address.
type probe struct {
	kinds   []string // of the streams
	seconds float64
}

func probeOf(t testing.TB, place string, options ...string) probe {
	t.Helper()
	args := append(options, "-v", "error", "-show_entries", "format=duration:stream=codec_type", "-of", "json", place)
	cmd := exec.CommandContext(t.Context(), "ffprobe", args...)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("ffprobe %s: %v", place, err)
	}
	var got struct {
		Streams []struct {
			Kind string `json:"codec_type"`
		}
		Format struct{ Duration string }
	}
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	var p probe
	for _, s := range got.Streams {
		p.kinds = append(p.kinds, s.Kind)
	}
	if p.seconds, err = strconv.ParseFloat(strings.TrimSpace(got.Format.Duration), 64); err != nil {
		t.Fatalf("duration of %s: %v", place, err)
	}
	return p
}

// played is the time in seconds that ffmpeg's -progress reached.
func played(progress string) float64 {
	_, last, found := strings.Cut(progress[max(0, strings.LastIndex(progress, "out_time_us=")):], "=")
	text, _, _ := strings.Cut(last, "\n")
	n, err := strconv.ParseFloat(text, 64)
	if !found || err != nil {
		return 0
	}
	return n / 1e6
}
