package ffmpeg

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"
)

// probed is ffprobe's JSON, as far as we read it. Numbers come as strings.
type probed struct {
	Format struct {
		Duration string `json:"duration"`
		BitRate  string `json:"bit_rate"`
		Size     string `json:"size"`
	} `json:"format"`
	Streams []probedStream `json:"streams"`
}

type probedStream struct {
	Index       int            `json:"index"`
	Type        string         `json:"codec_type"`
	Codec       string         `json:"codec_name"`
	Profile     string         `json:"profile"`
	Level       int            `json:"level"`
	Width       int            `json:"width"`
	Height      int            `json:"height"`
	PixFmt      string         `json:"pix_fmt"`
	SAR         string         `json:"sample_aspect_ratio"`
	AvgRate     string         `json:"avg_frame_rate"`
	BaseRate    string         `json:"r_frame_rate"`
	BitRate     string         `json:"bit_rate"`
	Duration    string         `json:"duration"`
	FieldOrder  string         `json:"field_order"`
	Transfer    string         `json:"color_transfer"`
	Primaries   string         `json:"color_primaries"`
	Space       string         `json:"color_space"`
	Channels    int            `json:"channels"`
	Layout      string         `json:"channel_layout"`
	SampleRate  string         `json:"sample_rate"`
	Disposition map[string]int `json:"disposition"`
	Tags        map[string]any `json:"tags"`
	SideData    []struct {
		Rotation json.Number `json:"rotation"`
	} `json:"side_data_list"`
}

// ParseProbe reads ffprobe's JSON of -show_format -show_streams. It returns a
// *Refusal for a file beyond the limits and never panics on any input. Format
// and Size are the caller's to set.
func ParseProbe(raw []byte) (Probe, error) {
	var d probed
	if err := json.Unmarshal(raw, &d); err != nil {
		return Probe{}, refuse("This file cannot be understood.")
	}
	if len(d.Streams) > MaxStreams {
		return Probe{}, refuse("This file holds %d tracks; at most %d are accepted.", len(d.Streams), MaxStreams)
	}
	p := Probe{Duration: seconds(d.Format.Duration), BitRate: integer(d.Format.BitRate), Metadata: metadata(raw)}
	var longest time.Duration
	for i := range d.Streams {
		s := &d.Streams[i]
		longest = max(longest, seconds(s.Duration))
		if err := p.add(s); err != nil {
			return Probe{}, err
		}
	}
	if p.Duration == 0 {
		p.Duration = longest
	}
	return p, nil
}

// add takes the stream if it is the first of its type, or the first that the
// file marks as default.
func (p *Probe) add(s *probedStream) error {
	switch s.Type {
	case "video":
		if s.Width > MaxSide || s.Height > MaxSide || int64(s.Width)*int64(s.Height) > MaxPixels {
			return refuse("The picture is %d × %d; at most %d pixels on a side and 8K in all are accepted.", s.Width, s.Height, MaxSide)
		}
		if s.Width <= 0 || s.Height <= 0 || s.Codec == "" {
			return nil // a stream whose codec ffmpeg does not know
		}
		if s.Disposition["attached_pic"] != 0 || s.Disposition["still_image"] != 0 {
			if p.Cover == nil {
				p.Cover = &Cover{Index: s.Index, Width: s.Width, Height: s.Height}
			}
			return nil
		}
		if p.Video == nil {
			p.Video = videoOf(s)
		}
	case "audio":
		if s.Codec == "" || s.Channels <= 0 {
			return nil
		}
		if p.Audio == nil || s.Disposition["default"] != 0 && !p.audioDefault() {
			p.Audio = &Audio{Index: s.Index, Codec: s.Codec, Profile: s.Profile, Channels: s.Channels,
				SampleRate: int(integer(s.SampleRate)), BitRate: integer(s.BitRate), Layout: s.Layout}
			if s.Disposition["default"] != 0 {
				p.Audio.isDefault = true
			}
		}
	}
	return nil
}

func (p *Probe) audioDefault() bool { return p.Audio != nil && p.Audio.isDefault }

func videoOf(s *probedStream) *Video {
	v := &Video{Index: s.Index, Codec: s.Codec, Profile: s.Profile, Level: s.Level, Width: s.Width, Height: s.Height,
		PixFmt: s.PixFmt, BitRate: integer(s.BitRate), Transfer: s.Transfer, Primaries: s.Primaries, Space: s.Space}
	switch s.FieldOrder {
	case "tt", "bb", "tb", "bt":
		v.Interlace = true
	}
	if n, d, ok := strings.Cut(s.SAR, ":"); ok {
		num, den := integer(n), integer(d)
		// A ratio beyond 1:10 is damage; shown as it is, it would be a line.
		if num > 0 && den > 0 && num <= 10*den && den <= 10*num && num < 1<<30 && den < 1<<30 {
			v.SARNum, v.SARDen = int(num), int(den)
		}
	}
	base := rational(s.BaseRate)
	if v.FPS = rational(s.AvgRate); v.FPS == 0 {
		v.FPS = base
	}
	v.Variable = base > 0 && math.Abs(base-v.FPS) > 0.01*v.FPS
	v.Rotation = rotation(s)
	return v
}

// rotation is how far, in degrees clockwise, a player turns the picture.
func rotation(s *probedStream) int {
	deg := 0.0
	if tag, ok := s.Tags["rotate"].(string); ok {
		deg, _ = strconv.ParseFloat(tag, 64)
	}
	for _, d := range s.SideData {
		if f, err := d.Rotation.Float64(); err == nil {
			deg = -f // the display matrix counts the other way
		}
	}
	if math.IsNaN(deg) || math.Abs(deg) > 1e6 {
		return 0
	}
	turn := int(math.Round(deg/90)) * 90 % 360
	return (turn + 360) % 360
}

func seconds(s string) time.Duration {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(f) || f <= 0 {
		return 0
	}
	return time.Duration(min(f, 1e9) * float64(time.Second))
}

func integer(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// rational reads "30000/1001". Rates above 1,000 are time bases mistaken for
// rates, as some containers without a rate report.
func rational(s string) float64 {
	n, d, ok := strings.Cut(s, "/")
	num, den := integer(n), int64(1)
	if ok {
		den = integer(d)
	}
	if num == 0 || den == 0 {
		return 0
	}
	if f := float64(num) / float64(den); f <= 1000 {
		return f
	}
	return 0
}

// metadata turns ffprobe's JSON into what PeerTube's file metadata route
// serves: the same names, with numbers as numbers and no path of ours.
func metadata(raw []byte) json.RawMessage {
	var d map[string]any
	if json.Unmarshal(raw, &d) != nil {
		return nil
	}
	out := map[string]any{"chapters": []any{}}
	for _, k := range []string{"format", "streams", "chapters"} {
		if v, ok := d[k]; ok {
			out[k] = numbers(v, 0)
		}
	}
	if f, ok := out["format"].(map[string]any); ok {
		delete(f, "filename")
	}
	b, err := json.Marshal(out)
	if err != nil {
		return nil
	}
	return b
}

func numbers(v any, depth int) any {
	if depth > 8 {
		return nil
	}
	switch x := v.(type) {
	case map[string]any:
		for k, e := range x {
			if k == "tags" {
				x[k] = withoutPlace(e)
				continue
			}
			x[k] = numbers(e, depth+1)
		}
	case []any:
		for i, e := range x {
			x[i] = numbers(e, depth+1)
		}
	case string:
		if f, err := strconv.ParseFloat(x, 64); err == nil && !math.IsInf(f, 0) && !math.IsNaN(f) && !strings.HasPrefix(x, "0x") {
			return f
		}
	}
	return v
}

// withoutPlace removes where a phone says the film was shot.
func withoutPlace(tags any) any {
	m, ok := tags.(map[string]any)
	if !ok {
		return map[string]any{}
	}
	for k := range m {
		if l := strings.ToLower(k); strings.Contains(l, "location") || strings.Contains(l, "gps") || strings.Contains(l, "iso6709") {
			delete(m, k)
		}
	}
	return m
}
