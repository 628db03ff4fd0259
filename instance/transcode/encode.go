package transcode

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"vidiverse/instance/ffmpeg"
)

// segmentTime is the length HLS segments aim at; keyTime is how far key frames
// of our own making are apart, so that all renditions are cut at the same
// times and a player can change between them.
const (
	segmentTime = 4
	keyTime     = 2
)

// maxKeyGap is up to which distance of key frames a source is copied. It is
// x264's habit at 25 frames a second; further apart, seeking would hurt.
const maxKeyGap = 10500 * time.Millisecond

// recipe is how one source becomes one or two HLS outputs.
type recipe struct {
	source    ffmpeg.Probe
	path      string // of the source
	still     string // picture to show with a sound; empty if the source has its own
	rung      rung
	split     bool // sound and picture into files of their own
	copyVideo bool
	copyAudio bool
	toneMap   bool
	threads   int
}

// output is where one HLS file goes.
type output struct {
	rung     rung
	file     string // path of the fragmented MP4
	playlist string // path of ffmpeg's own playlist
	video    bool
	audio    bool
	spare    bool // only for the web video: no rendition of its own
}

// args is ffmpeg's command line for the outputs.
func (r recipe) args(outs []output) []string {
	inputs := []ffmpeg.Input{{Path: r.path, Format: r.source.Format, Options: []string{"-fflags", "+genpts"}}}
	if r.still != "" {
		inputs = append(inputs, ffmpeg.Input{Path: r.still, Format: "image2",
			Options: []string{"-pattern_type", "none", "-loop", "1", "-framerate", number(r.rung.FPS)}})
	}
	var list []ffmpeg.Output
	for _, o := range outs {
		list = append(list, ffmpeg.Output{Path: o.playlist, Options: r.options(o)})
	}
	return ffmpeg.Build(inputs, "", list)
}

func (r recipe) options(o output) []string {
	var args []string
	if o.video {
		if r.still != "" {
			args = append(args, "-map", "1:v:0")
		} else {
			args = append(args, "-map", fmt.Sprintf("0:%d", r.source.Video.Index))
		}
	}
	if o.audio {
		args = append(args, "-map", fmt.Sprintf("0:%d", r.source.Audio.Index))
	}
	args = append(args, "-map_metadata", "-1", "-map_chapters", "-1", "-sn", "-dn")
	if o.video {
		args = append(args, r.videoOptions()...)
	}
	if o.audio {
		args = append(args, r.audioOptions()...)
	}
	if r.threads > 0 {
		args = append(args, "-threads", strconv.Itoa(r.threads))
	}
	if limit := r.longest(); limit > 0 {
		args = append(args, "-t", ffmpeg.Seconds(limit))
	}
	return append(args, "-max_muxing_queue_size", "1024",
		"-f", "hls", "-hls_time", strconv.Itoa(segmentTime), "-hls_list_size", "0", "-hls_playlist_type", "vod",
		"-hls_segment_type", "fmp4", "-hls_flags", "single_file", "-hls_segment_filename", "file:"+o.file)
}

// longest ends an output that would not end by itself: a still picture with
// its sound, anything else a little after what the source claims to last.
func (r recipe) longest() time.Duration {
	if r.still != "" {
		return r.source.Duration
	}
	return r.source.Duration + r.source.Duration/20 + 5*time.Second
}

func (r recipe) videoOptions() []string {
	if r.copyVideo {
		return []string{"-c:v", "copy"}
	}
	rate := r.rung.target(r.sourceBitrate())
	args := []string{"-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p",
		"-maxrate:v", strconv.FormatInt(rate, 10), "-bufsize:v", strconv.FormatInt(2*rate, 10),
		"-b_strategy", "1", "-bf", "16", "-g:v", strconv.Itoa(max(1, int(math.Ceil(keyTime*r.rung.FPS)))),
		"-force_key_frames", fmt.Sprintf("expr:gte(t,n_forced*%d)", keyTime),
		"-fps_mode", "vfr", "-vf", strings.Join(r.filters(), ",")}
	if r.still != "" {
		args = append(args, "-tune", "stillimage")
	}
	return args
}

// filters is the chain from the decoded picture to the one to encode.
func (r recipe) filters() []string {
	size := fmt.Sprintf("%d:%d", r.rung.Width, r.rung.Height)
	v := r.source.Video
	if v == nil || r.still != "" {
		return []string{"scale=" + size, "setsar=1"}
	}
	var f []string
	if v.Interlace {
		f = append(f, "yadif")
	}
	if v.FPS-r.rung.FPS > 0.01 {
		f = append(f, "fps="+number(r.rung.FPS))
	}
	if r.toneMap {
		// Made small first: light is computed in 32 bit floats.
		return append(f, fmt.Sprintf("zscale=w=%d:h=%d:t=linear:npl=100", r.rung.Width, r.rung.Height), "format=gbrpf32le",
			"zscale=p=bt709", "tonemap=hable:desat=0", "zscale=t=bt709:m=bt709:r=tv", "format=yuv420p", "setsar=1")
	}
	return append(f, "scale="+size, "setsar=1")
}

func (r recipe) audioOptions() []string {
	if r.copyAudio {
		return []string{"-c:a", "copy"}
	}
	a := r.source.Audio
	rate := a.BitRate
	if rate == 0 {
		rate = 160_000
	}
	args := []string{"-c:a", "aac", "-b:a", strconv.FormatInt(min(max(rate, 96_000), 192_000), 10),
		// Gaps are filled and a late start is kept as silence.
		"-af", "aresample=async=1:first_pts=0"}
	if a.Channels > 2 {
		args = append(args, "-ac", "2")
	}
	if a.SampleRate > 48000 {
		args = append(args, "-ar", "48000")
	}
	return args
}

// sourceBitrate is the picture's, or the whole file's if that is all we know.
func (r recipe) sourceBitrate() int64 {
	if v := r.source.Video; v != nil && v.BitRate > 0 {
		return v.BitRate
	}
	if r.source.Video == nil {
		return 0
	}
	return r.source.BitRate
}

// mayCopyAudio reports whether the sound can be taken as it is.
func mayCopyAudio(p ffmpeg.Probe) bool {
	a := p.Audio
	return a != nil && a.Codec == "aac" && a.Profile == "LC" && a.Channels <= 6 && a.Layout != "" &&
		a.SampleRate >= 8000 && a.SampleRate <= 48000 && copyable(p.Format)
}

// copyable are the containers whose streams need no repair to be moved.
func copyable(format string) bool { return slices.Contains([]string{"mov", "matroska", "flv"}, format) }

// mayCopyVideo reports whether the picture can be taken as it is: what every
// browser plays, within PeerTube's bitrate, and cut often enough. The packets
// are looked at only if all else fits.
func mayCopyVideo(ctx context.Context, tools *ffmpeg.Tools, path string, p ffmpeg.Probe, r rung, s Settings) (bool, error) {
	v := p.Video
	if v == nil || !r.Original || !copyable(p.Format) || v.Codec != "h264" || v.PixFmt != "yuv420p" ||
		v.Rotation != 0 || v.Interlace || v.HDR() || v.SARNum != v.SARDen || v.Level > 52 ||
		strings.HasPrefix(v.Profile, "High 4") || v.Profile == "High 10" {
		return false, nil
	}
	rate := v.BitRate
	if rate == 0 {
		rate = p.BitRate
	}
	if v.FPS < 2 || r.FPS < v.FPS-0.01 || rate > r.bitrate(bits(r.Resolution).most) {
		return false, nil
	}
	t, err := tools.Timing(ctx, path, p)
	if err != nil {
		return false, ctx.Err() // a file whose packets cannot be listed may still decode
	}
	return t.Sound && t.MaxGap <= maxKeyGap, nil
}

func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
