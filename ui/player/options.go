package player

import (
	"strconv"
	"time"
)

// option is one of mpv's. A strict one must be known to the library: without
// it hostile media could do more than be shown.
type option struct {
	name, value string
	strict      bool
}

// fixed are the same for every source. No text from outside is ever a value.
var fixed = []option{
	// Nothing of the user's or the system's mpv: no files, keys, scripts, hooks.
	{"config", "no", true},
	{"load-scripts", "no", true},
	{"ytdl", "no", false}, // an mpv built without Lua has none
	{"osc", "no", false},
	{"load-stats-overlay", "no", false},
	{"load-osd-console", "no", false},
	{"load-auto-profiles", "no", false},
	{"input-default-bindings", "no", true},
	{"input-builtin-bindings", "no", false},
	{"input-vo-keyboard", "no", true},
	{"input-media-keys", "no", false},
	{"input-terminal", "no", true},
	{"terminal", "no", true},
	{"osd-level", "0", false},
	{"resume-playback", "no", true},
	{"save-position-on-quit", "no", true},

	// One file is one file: nothing beside it, nothing that it names, and only
	// the formats that a node serves, over plain http without a proxy from the
	// environment. The %n% counts the characters of a value that has commas.
	{"sub-auto", "no", true},
	{"audio-file-auto", "no", true},
	{"cover-art-auto", "no", false},
	{"ordered-chapters", "no", true},
	{"load-unsafe-playlists", "no", true},
	{"demuxer", "+lavf", true},
	{"audio-demuxer", "+lavf", true},
	{"sub-demuxer", "+lavf", true},
	{"stream-lavf-o", "protocol_whitelist=%8%tcp,http,http_proxy=,recv_buffer_size=32768", true},
	{"cookies", "no", false},
	{"network-timeout", "0", false},             // a node waits as long as its sources do
	{"vd-lavc-o", "max_pixels=35389440", false}, // 8192 × 4320

	// Pictures into our memory, the last one kept at the end. Pause is the
	// user's: the end does not touch it.
	{"vo", "libmpv", true},
	{"hwdec", "no", true},
	{"audio-display", "no", false},
	{"keep-open", "yes", true},
	{"keep-open-pause", "no", true},
	{"idle", "yes", true},
	{"force-window", "no", false},
	{"background", "#000000", false},
	{"audio-client-name", "Vidiverse", false},
	{"audio-fallback-to-null", "yes", false},
	{"volume-max", strconv.Itoa(MaxVolume), false},
	{"sub-visibility", "yes", false},

	// Exact seeks at little cost. FFmpeg looks for a place by decoding time, which
	// is two pictures before that of showing, or more where they are few a second:
	// the offset must be longer, or what is just before a segment is missed.
	{"hr-seek", "yes", true},
	{"hr-seek-demuxer-offset", "0.5", false},
	{"cache", "yes", true},
	{"cache-secs", "8", false},
	{"demuxer-max-bytes", "32MiB", true},
	{"demuxer-max-back-bytes", "16MiB", true},
	{"stream-buffer-size", "128KiB", false}, // and recv_buffer_size: FFmpeg reads on to a place so near, instead of seeking
}

// options are all that an engine for s is made with.
func options(s Source, w wish, silent bool) []option {
	formats := "protocol_whitelist=%8%tcp,http,format_whitelist="
	if s.Live {
		formats += "%25%hls,mpegts,mov,aac,webvtt"
	} else {
		formats += "%19%mov,matroska,webvtt" // a torrent may be of either
	}
	ao := "" // the library's own choice
	if silent {
		ao = "null"
	}
	out := append([]option(nil), fixed...)
	out = append(out,
		option{"access-references", yesNo(s.Live), true}, // a live is a playlist, whose addresses the node wrote
		option{"demuxer-lavf-o", formats, true},
		option{"ao", ao, true},
		option{"pause", yesNo(s.Paused), true},
		option{"mute", yesNo(w.muted), true},
		option{"volume", decimal(w.volume), true},
		option{"speed", decimal(w.speed), true},
	)
	if !s.Live {
		out = append(out, option{"start", seconds(s.At), true})
	}
	return out
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func decimal(f float64) string { return strconv.FormatFloat(f, 'f', 4, 64) }

// seconds writes a time as mpv and ffmpeg read it.
func seconds(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', 6, 64) }
