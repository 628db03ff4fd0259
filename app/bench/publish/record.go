package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// recorder is a folder with a script called ffmpeg that is found first.
type recorder struct {
	folder string
	real   string // path of the true ffmpeg
}

func newRecorder(dir string) (r recorder, err error) {
	if r.real, err = exec.LookPath("ffmpeg"); err != nil {
		return r, err
	}
	r.folder = filepath.Join(dir, "recorded")
	if err := os.Mkdir(r.folder, 0o700); err != nil {
		return r, err
	}
	// Written in full before the next one can begin: a line ends with two zeros.
	script := fmt.Sprintf("#!/bin/sh\nprintf '%%s\\0' \"$@\" '' >> '%s/lines'\nexec '%s' \"$@\"\n", r.folder, r.real)
	return r, os.WriteFile(filepath.Join(r.folder, "ffmpeg"), []byte(script), 0o700)
}

func (r recorder) environ() string {
	return "PATH=" + r.folder + string(os.PathListSeparator) + os.Getenv("PATH")
}

// cost is the time that something took, by the clock and of processors.
type cost struct{ wall, cpu time.Duration }

// encode is a command line of ffmpeg that makes a rendition.
type encode []string

// encodes are what was recorded, but for probes and pictures.
func (r recorder) encodes() (list []encode, err error) {
	text, err := os.ReadFile(filepath.Join(r.folder, "lines"))
	if err != nil {
		return nil, err
	}
	for line := range strings.SplitSeq(string(text), "\x00\x00") {
		if args := strings.Split(line, "\x00"); slices.Contains(args, "-hls_time") {
			list = append(list, args)
		}
	}
	if len(list) == 0 {
		return nil, errors.New("the server ran no ffmpeg that was recorded")
	}
	return list, nil
}

// again runs the command line alone. Its files go where they went the first
// time: the server has removed that folder.
func (e encode) again(ctx context.Context, program string) (took cost, err error) {
	for n, arg := range e {
		if n > 0 && e[n-1] == "-hls_segment_filename" {
			if err := os.MkdirAll(filepath.Dir(strings.TrimPrefix(arg, "file:")), 0o700); err != nil {
				return took, err
			}
		}
	}
	begin := time.Now()
	cmd := exec.CommandContext(ctx, program, e...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return took, fmt.Errorf("ffmpeg again: %w: %s", err, out[max(0, len(out)-500):])
	}
	return cost{time.Since(begin), cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()}, nil
}
