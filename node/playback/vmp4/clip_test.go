package vmp4_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"vidiverse/instance/hls"
	"vidiverse/node/playback/vmp4"
)

// clip is one rendition as PeerTube publishes it.
type clip struct {
	hls.Media
	bytes []byte
}

func (c clip) init() []byte               { return c.bytes[c.Init.Offset:c.Init.End()] }
func (c clip) segment(i int) []byte       { s := c.Segments[i]; return c.bytes[s.Offset:s.End()] }
func (c clip) body(i int) ([]byte, error) { return vmp4.Body(c.segment(i)) }

// makeClip lets ffmpeg make HLS from inputs and options, as PeerTube does.
func makeClip(t *testing.T, args ...string) clip {
	t.Helper()
	dir := t.TempDir()
	all := append([]string{"-hide_banner", "-v", "error", "-nostdin", "-y"}, args...)
	all = append(all, "-f", "hls", "-hls_time", "1", "-hls_list_size", "0", "-hls_playlist_type", "vod",
		"-hls_segment_filename", "x-fragmented.mp4", "-hls_segment_type", "fmp4", "-hls_flags", "single_file", "x.m3u8")
	run(t, dir, "ffmpeg", all...)
	list, err := os.Open(filepath.Join(dir, "x.m3u8"))
	if err != nil {
		t.Fatal(err)
	}
	defer list.Close()
	media, err := hls.ReadMedia(list)
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(dir, "x-fragmented.mp4"))
	if err != nil {
		t.Fatal(err)
	}
	return clip{media, data}
}

func run(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = dir
	var failed bytes.Buffer
	cmd.Stderr = &failed
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %q: %v\n%s", name, args, err, &failed)
	}
	return string(out)
}

const (
	picture = "testsrc2=s=160x90:r=20:d=5"
	sound   = "sine=f=440:d=5"
)

// encode is quick and has B frames, so that the picture starts with an empty edit.
var encode = strings.Fields("-c:v libx264 -preset veryfast -threads 1 -g 20 -bf 2 -sc_threshold 40 -c:a aac")

func with(in ...string) []string { return append(in, encode...) }

func pictures(t *testing.T) clip { return makeClip(t, with("-f", "lavfi", "-i", picture)...) }

func muxed(t *testing.T) clip {
	return makeClip(t, with("-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", sound)...)
}

// clips are the forms that rendition files take.
func clips(t *testing.T) map[string]clip {
	return map[string]clip{
		"muxed":   muxed(t),
		"picture": pictures(t),
		"sound":   makeClip(t, with("-f", "lavfi", "-i", sound)...),
		"late":    makeClip(t, with("-f", "lavfi", "-i", picture, "-itsoffset", "0.7", "-f", "lavfi", "-i", sound)...),
		"uneven": makeClip(t, with("-f", "lavfi", "-i", picture+",select='not(eq(mod(n,3),1))+lt(n,40)'",
			"-f", "lavfi", "-i", sound, "-fps_mode", "vfr")...),
	}
}
