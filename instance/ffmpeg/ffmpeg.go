// Package ffmpeg runs ffmpeg and ffprobe on files that strangers made.
//
//	first bytes ── Sniff ──▶ demuxer's name ── Probe ──▶ streams, within limits
//	                              │
//	                              └── Build + Run ──▶ files, progress, a reason
//
// A child never guesses what its input is: the demuxer is named by Sniff from
// the bytes, so a playlist or a concat script called "film.mp4" is refused
// before anything opens it; protocols are restricted to file and pipe; memory,
// output size and processor time are capped; and the child is killed when its
// context or this process ends. The package knows codecs and containers, and
// no resolution ladder, video or job: those are instance/transcode's.
package ffmpeg

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// Errors of a run, for errors.Is.
var (
	ErrNotInstalled = errors.New("ffmpeg is not installed")
	ErrNoSpace      = errors.New("no space left for the output")
	ErrLimit        = errors.New("the file needs more than the allowed resources")
	ErrStalled      = errors.New("no progress for too long")
)

// Tools are the two programs. The zero value finds them in PATH. It is safe
// for concurrent use and must not be copied after first use.
type Tools struct {
	FFmpeg  string // program, default "ffmpeg"
	FFprobe string // program, default "ffprobe"
	Nice    int    // niceness of children, 0 to 19; PeerTube raises it, so do we

	filtersOnce sync.Once
	filters     map[string]bool
}

func (t *Tools) ffmpeg() string {
	if t.FFmpeg == "" {
		return "ffmpeg"
	}
	return t.FFmpeg
}

func (t *Tools) ffprobe() string {
	if t.FFprobe == "" {
		return "ffprobe"
	}
	return t.FFprobe
}

// Check reports ErrNotInstalled, wrapped with the missing name, unless both
// programs can be found.
func (t *Tools) Check() error {
	for _, name := range []string{t.ffmpeg(), t.ffprobe()} {
		if _, err := exec.LookPath(name); err != nil {
			return fmt.Errorf("%w: %s", ErrNotInstalled, name)
		}
	}
	return nil
}

// HasFilters reports whether this ffmpeg was built with every named filter.
// The list is asked for once.
func (t *Tools) HasFilters(ctx context.Context, names ...string) bool {
	t.filtersOnce.Do(func() {
		t.filters = map[string]bool{}
		var out bytes.Buffer
		c := child{name: t.ffmpeg(), args: []string{"-hide_banner", "-v", "error", "-filters"},
			stdout: &limited{w: &out, left: 1 << 20}, limits: probeLimits, nice: t.Nice, stall: 20 * time.Second}
		if c.run(ctx) != nil {
			return
		}
		for line := range strings.Lines(out.String()) {
			if f := strings.Fields(line); len(f) >= 3 && strings.Contains(f[2], "->") {
				t.filters[f[1]] = true
			}
		}
	})
	for _, n := range names {
		if !t.filters[n] {
			return false
		}
	}
	return true
}
