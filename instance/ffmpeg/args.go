package ffmpeg

import (
	"strconv"
	"time"
)

// Input is one file to read.
type Input struct {
	Path    string
	Format  string        // demuxer, from Sniff: never guessed
	Start   time.Duration // seek before decoding
	Options []string      // further input options, before -i
}

// Output is one file to write.
type Output struct {
	Path    string
	Options []string
}

// Build writes a command line: quiet, no questions, progress on stdout, every
// input restricted to local files and to its named demuxer. Paths are ours,
// and prefixed so that no colon in them names a protocol.
func Build(in []Input, filter string, out []Output) []string {
	args := []string{"-hide_banner", "-nostdin", "-y", "-v", "error", "-nostats", "-progress", "pipe:1"}
	for _, i := range in {
		args = append(args, inputArgs(i)...)
		args = append(args, "-i", "file:"+i.Path)
	}
	if filter != "" {
		args = append(args, "-filter_complex", filter)
	}
	for _, o := range out {
		args = append(args, o.Options...)
		args = append(args, "file:"+o.Path)
	}
	return args
}

func inputArgs(i Input) []string {
	args := []string{"-protocol_whitelist", "file,pipe", "-f", i.Format}
	if i.Start > 0 {
		args = append(args, "-ss", Seconds(i.Start))
	}
	return append(args, i.Options...)
}

// Seconds writes a duration as ffmpeg reads it.
func Seconds(d time.Duration) string {
	return strconv.FormatFloat(d.Seconds(), 'f', 6, 64)
}
