package transcode

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"image"
	"math"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"testing"
	"time"

	"vidiverse/instance/hls"
	"vidiverse/instance/stream"
	"vidiverse/instance/video"
)

// outcome is what an input is expected to become.
type outcome struct {
	resolutions []int
	size        [2]int // of the best rendition
	copied      bool   // the picture was taken as it is
	silent      bool
	seconds     float64
}

// kind is one sort of file that people upload.
type kind struct {
	name     string
	settings Settings
	args     []string
	then     []string // a second run over the first one's output
	want     outcome
}

const (
	film  = "testsrc2=size=320x240:rate=25:duration=2"
	sound = "sine=frequency=440:sample_rate=48000:duration=2"
)

func lavfi(sources ...string) []string {
	var args []string
	for _, s := range sources {
		args = append(args, "-f", "lavfi", "-i", s)
	}
	return args
}

func with(args []string, more ...string) []string { return append(slices.Clone(args), more...) }

var (
	two  = Settings{Resolutions: []int{144}, AlwaysOriginal: true}
	own  = Settings{AlwaysOriginal: true}
	x264 = []string{"-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "50", "-crf", "38"}
)

var kinds = []kind{
	{"fits.mp4", two, with(with(lavfi(film, sound), x264...), "-c:a", "aac"), nil,
		outcome{resolutions: []int{240, 144}, size: [2]int{320, 240}, copied: true, seconds: 2}},
	{"plain.webm", two, with(lavfi(film, sound), "-c:v", "libvpx", "-deadline", "realtime", "-c:a", "libopus"), nil,
		outcome{resolutions: []int{240, 144}, size: [2]int{320, 240}, seconds: 2}},
	{"plain.avi", own, with(lavfi(film, sound), "-c:v", "mpeg4", "-c:a", "libmp3lame"), nil,
		outcome{resolutions: []int{240}, size: [2]int{320, 240}, seconds: 2}},
	{"plain.mov", own, with(lavfi(film, sound), "-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-c:a", "pcm_s16le"), nil,
		outcome{resolutions: []int{240}, size: [2]int{320, 240}, seconds: 2}},
	{"plain.ts", own, with(with(lavfi(film, sound), x264...), "-c:a", "aac"), nil,
		outcome{resolutions: []int{240}, size: [2]int{320, 240}, seconds: 2}},
	{"fits.mkv", own, with(with(lavfi(film, sound), x264...), "-c:a", "aac"), nil,
		outcome{resolutions: []int{240}, size: [2]int{320, 240}, copied: true, seconds: 2}},
	{"silent.mp4", two, with(lavfi(film), x264...), nil,
		outcome{resolutions: []int{240, 144}, size: [2]int{320, 240}, copied: true, silent: true, seconds: 2}},
	{"split.mkv", Settings{Resolutions: []int{144}, AlwaysOriginal: true, SplitAudio: true}, with(with(lavfi(film, sound), x264...), "-c:a", "flac"), nil,
		outcome{resolutions: []int{240, 144, 0}, size: [2]int{320, 240}, copied: true, seconds: 2}},
	{"sound-on-top.mp4", Settings{Resolutions: []int{0}, AlwaysOriginal: true}, with(with(lavfi(film, sound), x264...), "-c:a", "aac"), nil,
		outcome{resolutions: []int{240, 0}, size: [2]int{320, 240}, copied: true, seconds: 2}},
	{"song.mp3", Settings{Resolutions: []int{240}, AlwaysOriginal: true}, lavfi(sound), nil,
		outcome{resolutions: []int{480, 240}, size: [2]int{854, 480}, seconds: 2}},
	{"cover.mp3", own, with(lavfi(sound, "color=c=red:size=300x300:duration=1:rate=1"), "-map", "0", "-map", "1", "-c:v", "mjpeg", "-frames:v", "1", "-disposition:v", "attached_pic"), nil,
		outcome{resolutions: []int{480}, size: [2]int{854, 480}, seconds: 2}},
	{"portrait.mp4", two, with(lavfi("testsrc2=size=240x320:rate=25:duration=2", sound), x264...), nil,
		outcome{resolutions: []int{240, 144}, size: [2]int{240, 320}, copied: true, seconds: 2}},
	{"turned.mp4", own, with(lavfi(film, sound), x264...), []string{"-c", "copy", "-metadata:s:v:0", "rotate=90"},
		outcome{resolutions: []int{240}, size: [2]int{240, 320}, seconds: 2}},
	{"odd.mkv", own, with(lavfi("testsrc2=size=321x241:rate=25:duration=2", sound), "-c:v", "ffv1", "-pix_fmt", "yuv444p"), nil,
		outcome{resolutions: []int{240}, size: [2]int{320, 240}, seconds: 2}},
	{"anamorphic.mp4", own, with(with(lavfi(film, sound), x264...), "-vf", "setsar=2/1"), nil,
		outcome{resolutions: []int{240}, size: [2]int{640, 240}, seconds: 2}},
	// Frames come in bursts; the last one is shown at 1.72 s.
	{"variable.mkv", two, with(with(lavfi(film, sound), x264...), "-vf", "select='lt(mod(n,10),4)'", "-fps_mode", "vfr"), nil,
		outcome{resolutions: []int{240, 144}, size: [2]int{320, 240}, copied: true, seconds: 1.76}},
	{"sixty.mp4", Settings{Resolutions: []int{144}, AlwaysOriginal: true, MaxFPS: 30}, with(lavfi("testsrc2=size=320x240:rate=60:duration=2", sound), x264...), nil,
		outcome{resolutions: []int{240, 144}, size: [2]int{320, 240}, seconds: 2}},
	{"tenbit.mkv", own, with(lavfi(film, sound), "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p10le"), nil,
		outcome{resolutions: []int{240}, size: [2]int{320, 240}, seconds: 2}},
	{"hdr.mkv", own, with(lavfi(film, sound), "-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=error", "-pix_fmt", "yuv420p10le",
		"-color_primaries", "bt2020", "-color_trc", "smpte2084", "-colorspace", "bt2020nc"), nil,
		outcome{resolutions: []int{240}, size: [2]int{320, 240}, seconds: 2}},
	{"interlaced.ts", own, with(lavfi(film, sound), "-c:v", "mpeg2video", "-flags", "+ilme+ildct", "-vf", "setfield=tff", "-top", "1"), nil,
		outcome{resolutions: []int{240}, size: [2]int{320, 240}, seconds: 2}},
	{"rare-keys.mp4", own, with(lavfi("color=c=gray:size=320x240:rate=10:duration=13"), "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "999", "-sc_threshold", "0"), nil,
		outcome{resolutions: []int{240}, size: [2]int{320, 240}, silent: true, seconds: 13}},
	{"four-sounds.mkv", own, with(with(lavfi(film, sound, sound, sound), x264...), "-map", "0", "-map", "1", "-map", "2", "-map", "3",
		"-c:a", "aac", "-disposition:a:0", "0", "-disposition:a:1", "default"), nil,
		outcome{resolutions: []int{240}, size: [2]int{320, 240}, copied: true, seconds: 2}},
	{"surround.mkv", own, with(with(lavfi(film, "anullsrc=channel_layout=5.1:sample_rate=96000:duration=2"), x264...), "-c:a", "flac"), nil,
		outcome{resolutions: []int{240}, size: [2]int{320, 240}, copied: true, seconds: 2}},
	{"broken-times.avi", own, with(with(lavfi(film, sound), x264...), "-bf", "2", "-c:a", "libmp3lame", "-f", "avi"), nil,
		outcome{resolutions: []int{240}, size: [2]int{320, 240}, seconds: 2}},
	{"late-sound.mkv", own, with(with(lavfi(film), "-itsoffset", "0.7"), with(with(lavfi(sound), x264...), "-c:a", "aac", "-t", "2")...), nil,
		outcome{resolutions: []int{240}, size: [2]int{320, 240}, copied: true, seconds: 2}},
	{"still.gif.mp4", own, with(lavfi("color=c=blue:size=320x240:rate=1:duration=2"), "-c:v", "libx264", "-pix_fmt", "yuv420p"), nil,
		outcome{resolutions: []int{240}, size: [2]int{320, 240}, silent: true, seconds: 2}},
}

func TestKinds(t *testing.T) {
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			k.settings.ThumbnailSizes = []Size{{280, 157}, {140, 140}} // quick to make
			w := newWorld(t, k.settings)
			path := clip(t, k.name, k.args...)
			if k.then != nil {
				path = clip(t, k.name, append([]string{"-i", path}, k.then...)...)
			}
			v := w.take(path)
			defer w.serve()()
			got := w.settle(v.ID)
			if got.State != video.Published {
				t.Fatalf("state: got %d, want published", got.State)
			}
			if got.Source.Key != "" {
				t.Error("the original is still there")
			}
			w.checkRenditions(got, k.want)
			w.checkMaster(got, k.want)
			w.checkThumbnails()
		})
	}
}

func (w *world) checkRenditions(got video.Work, want outcome) {
	t := w.t
	t.Helper()
	var resolutions []int
	for _, r := range got.Renditions {
		resolutions = append(resolutions, r.Resolution)
	}
	if !slices.Equal(resolutions, want.resolutions) {
		t.Fatalf("resolutions: got %v, want %v", resolutions, want.resolutions)
	}
	if best := got.Renditions[0]; best.Width != want.size[0] || best.Height != want.size[1] {
		t.Errorf("size: got %d×%d, want %d×%d", best.Width, best.Height, want.size[0], want.size[1])
	}
	for i, r := range got.Renditions {
		p, err := w.engine.Tools.Probe(t.Context(), w.file(got, r.File))
		if err != nil {
			t.Fatal(err)
		}
		if v := p.Video; v != nil && (v.Codec != "h264" || v.PixFmt != "yuv420p" || v.HDR() || v.Rotation != 0) {
			t.Errorf("%dp: got %+v", r.Resolution, *v)
		}
		if p.Audio != nil && (p.Audio.Codec != "aac" || p.Audio.SampleRate > 48000) {
			t.Errorf("%dp: got %+v", r.Resolution, *p.Audio)
		}
		// x264 writes its settings into the stream; these are our preset's.
		copied := !bytes.Contains(readAll(t, w.file(got, r.File)), []byte("subme=2"))
		if i == 0 && copied != want.copied {
			t.Errorf("picture copied: got %v, want %v", copied, want.copied)
		}
		w.checkSegments(got, r, want.seconds, copied)
	}
}

func (w *world) checkSegments(got video.Work, r stream.Rendition, seconds float64, copied bool) {
	t := w.t
	t.Helper()
	m, err := hls.ReadMedia(bytes.NewReader(readAll(t, w.file(got, r.Playlist))))
	if err != nil {
		t.Fatal(err)
	}
	if d := m.Duration().Seconds(); math.Abs(d-seconds) > 0.15 {
		t.Errorf("%dp lasts %.3f s, want %.3f", r.Resolution, d, seconds)
	}
	for i, s := range m.Segments {
		if !copied && s.Duration > segmentTime*time.Second+200*time.Millisecond {
			t.Errorf("%dp segment %d lasts %v", r.Resolution, i, s.Duration)
		}
	}
	if m.File != r.File || m.Check(r.Size) != nil {
		t.Errorf("playlist: got %+v", m)
	}
}

// checkMaster plays the master as a player would and verifies every digest.
func (w *world) checkMaster(got video.Work, want outcome) {
	t := w.t
	t.Helper()
	master := w.file(got, got.Master)
	m, err := hls.ReadMaster(bytes.NewReader(readAll(t, master)))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.IsSortedFunc(m.Variants, func(a, b hls.Variant) int { return int(a.Bandwidth - b.Bandwidth) }) {
		t.Errorf("variants are not in ascending order: %+v", m.Variants)
	}
	for _, v := range m.Variants {
		if v.Codecs == "" || v.Bandwidth <= 0 {
			t.Errorf("variant: got %+v", v)
		}
	}
	if n := len(m.Variants) + len(m.Audio); n != len(want.resolutions) {
		t.Errorf("master lists %d renditions, want %d", n, len(want.resolutions))
	}
	out, err := exec.CommandContext(t.Context(), "ffprobe", "-v", "error", "-allowed_extensions", "ALL", "-print_format", "json",
		"-show_streams", "-show_format", master).Output()
	if err != nil {
		t.Fatalf("ffprobe of the master: %v", err)
	}
	var p struct {
		Streams []struct {
			Type string `json:"codec_type"`
		}
		Format struct{ Duration string }
	}
	if err := json.Unmarshal(out, &p); err != nil {
		t.Fatal(err)
	}
	hears := slices.ContainsFunc(p.Streams, func(s struct {
		Type string `json:"codec_type"`
	}) bool {
		return s.Type == "audio"
	})
	if hears == want.silent {
		t.Errorf("sound in the master: got %v, want %v", hears, !want.silent)
	}
	if d, _ := strconv.ParseFloat(p.Format.Duration, 64); math.Abs(d-want.seconds) > 0.15 {
		t.Errorf("master lasts %.3f s, want %.3f", d, want.seconds)
	}
	w.checkDigests(got)
}

func (w *world) checkDigests(got video.Work) {
	t := w.t
	t.Helper()
	var list string
	for _, k := range w.keys(stream.FolderOf(got.UUID, got.Private) + "/") {
		// The newest list names the most files.
		if path, _ := w.Blob.Path(k); bytes.HasSuffix([]byte(k), []byte("-segments-sha256.json")) &&
			(list == "" || len(readAll(t, path)) > len(readAll(t, list))) {
			list = path
		}
	}
	d, err := hls.ReadDigests(bytes.NewReader(readAll(t, list)))
	if err != nil {
		t.Fatal(err)
	}
	if len(d) != len(got.Renditions) {
		t.Errorf("digest list: got %d files, want %d", len(d), len(got.Renditions))
	}
	for _, f := range d {
		b := readAll(t, w.file(got, f.File))
		var end int64
		for i, e := range f.Extents {
			if sha256.Sum256(b[e.Offset:e.End()]) != e.Sum {
				t.Errorf("%s: digest %d is wrong", f.File, i)
			}
			end = e.End()
		}
		if end != int64(len(b)) {
			t.Errorf("%s: digests end at %d of %d", f.File, end, len(b))
		}
	}
}

func (w *world) checkThumbnails() {
	t := w.t
	t.Helper()
	var sizes []Size
	for _, k := range w.keys("thumbnails/") {
		path, _ := w.Blob.Path(k)
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		c, _, err := image.DecodeConfig(f)
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		sizes = append(sizes, Size{c.Width, c.Height})
	}
	byWidth := func(a, b Size) int { return a.Width - b.Width }
	slices.SortFunc(sizes, byWidth)
	if want := slices.SortedFunc(slices.Values(w.engine.Settings.ThumbnailSizes), byWidth); !slices.Equal(sizes, want) {
		t.Errorf("thumbnails: got %v, want %v", sizes, want)
	}
}
