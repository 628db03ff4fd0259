package ffmpeg

import (
	"fmt"
	"strings"
)

// CodecString is the stream's name in an HLS CODECS attribute (RFC 6381), or
// empty if the codec is none of those browsers play.
func (v *Video) CodecString() string {
	if v == nil || v.Codec != "h264" {
		return ""
	}
	profile := "6400"
	switch {
	case strings.HasPrefix(v.Profile, "Constrained Baseline"), v.Profile == "Baseline":
		profile = "42E0"
	case v.Profile == "Main":
		profile = "4D40"
	case v.Profile == "High 10":
		profile = "6E00"
	}
	level := v.Level
	if level <= 0 || level > 62 {
		level = 31
	}
	return fmt.Sprintf("avc1.%s%02x", profile, level)
}

// CodecString is the stream's name in an HLS CODECS attribute, or empty.
func (a *Audio) CodecString() string {
	if a == nil {
		return ""
	}
	switch a.Codec {
	case "aac":
		switch a.Profile {
		case "HE-AAC":
			return "mp4a.40.5"
		case "HE-AACv2":
			return "mp4a.40.29"
		}
		return "mp4a.40.2"
	case "mp3":
		return "mp4a.40.34"
	}
	return ""
}
