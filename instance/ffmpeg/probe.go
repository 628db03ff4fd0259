package ffmpeg

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// What Probe accepts. Beyond it a file is a bomb, not a video.
const (
	MaxStreams  = 64
	MaxSide     = 16384
	MaxPixels   = 8192 * 4608 // 8K with room for odd shapes
	MaxDuration = 7 * 24 * time.Hour
	maxJSON     = 4 << 20
)

var probeLimits = Limits{Memory: 2 << 30, CPU: 60 * time.Second, FileSize: 1}

// Refusal is a file that will not be processed, with a reason for its owner.
type Refusal struct{ Reason string }

func (r *Refusal) Error() string { return r.Reason }

func refuse(format string, args ...any) error {
	return &Refusal{Reason: fmt.Sprintf(format, args...)}
}

// Probe is what a file holds. It survives JSON, to be stored with the source.
type Probe struct {
	Format   string          `json:"format"`   // demuxer to open it with
	Duration time.Duration   `json:"duration"` // 0 if the file does not say
	BitRate  int64           `json:"bitRate"`  // bits a second of the whole file
	Size     int64           `json:"size"`     // bytes
	Video    *Video          `json:"video,omitempty"`
	Audio    *Audio          `json:"audio,omitempty"`
	Cover    *Cover          `json:"cover,omitempty"`
	Metadata json.RawMessage `json:"metadata,omitempty"` // as PeerTube's REST serves it
}

// Video is the picture stream that would be shown.
type Video struct {
	Index     int     `json:"index"`
	Codec     string  `json:"codec"`
	Profile   string  `json:"profile"`
	Level     int     `json:"level"`
	Width     int     `json:"width"`  // as stored, before Rotation and SAR
	Height    int     `json:"height"` // as stored
	Rotation  int     `json:"rotation"`
	SARNum    int     `json:"sarNum"`
	SARDen    int     `json:"sarDen"`
	PixFmt    string  `json:"pixFmt"`
	FPS       float64 `json:"fps"`      // average
	Variable  bool    `json:"variable"` // frames are not evenly spaced
	BitRate   int64   `json:"bitRate"`
	Transfer  string  `json:"transfer"`
	Primaries string  `json:"primaries"`
	Space     string  `json:"space"`
	Interlace bool    `json:"interlace"`
}

// Audio is the sound stream that would be heard.
type Audio struct {
	Index      int    `json:"index"`
	Codec      string `json:"codec"`
	Profile    string `json:"profile"`
	Channels   int    `json:"channels"`
	SampleRate int    `json:"sampleRate"`
	BitRate    int64  `json:"bitRate"`
	Layout     string `json:"layout"`

	isDefault bool // the file marks it so; only while parsing
}

// Cover is a picture attached to an audio file.
type Cover struct {
	Index  int `json:"index"`
	Width  int `json:"width"`
	Height int `json:"height"`
}

// Size is the picture's size as it is to be seen: turned upright, with square
// pixels. Both are at least 1.
func (v *Video) Size() (width, height int) {
	width, height = v.Width, v.Height
	if v.SARNum > 0 && v.SARDen > 0 && v.SARNum != v.SARDen {
		width = max(1, int(float64(width)*float64(v.SARNum)/float64(v.SARDen)+0.5))
	}
	if v.Rotation%180 != 0 {
		width, height = height, width
	}
	return width, height
}

// HDR reports whether the picture has a high dynamic range that must be mapped
// to be seen right on an ordinary screen.
func (v *Video) HDR() bool {
	return v.Transfer == "smpte2084" || v.Transfer == "arib-std-b67"
}

// Probe reads what the local file at path holds. A *Refusal says why a file is
// not accepted; other errors are of the machine (ErrNotInstalled, the
// context's). It never opens another file or address.
func (t *Tools) Probe(ctx context.Context, path string) (Probe, error) {
	head, size, err := readHead(path)
	if err != nil {
		return Probe{}, fmt.Errorf("read the first bytes: %w", err)
	}
	kind := Sniff(head)
	if !kind.Accepted() {
		return Probe{}, &Refusal{Reason: kind.Reason()}
	}
	raw, err := t.probeJSON(ctx, path, kind.Format)
	if err != nil {
		return Probe{}, probeError(ctx, err, kind)
	}
	p, err := ParseProbe(raw)
	if err != nil {
		return Probe{}, err
	}
	p.Format, p.Size = kind.Format, size
	if p.Duration == 0 {
		if p.Duration, err = t.measure(ctx, path, p); err != nil {
			return Probe{}, probeError(ctx, err, kind)
		}
	}
	return p, p.check()
}

func readHead(path string) ([]byte, int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return nil, 0, err
	}
	head := make([]byte, SniffLen)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, 0, err
	}
	return head[:n], st.Size(), nil
}

func (t *Tools) probeJSON(ctx context.Context, path, format string) ([]byte, error) {
	var out bytes.Buffer
	args := append([]string{"-hide_banner", "-v", "error"}, inputArgs(Input{Format: format})...)
	args = append(args, "-print_format", "json", "-show_format", "-show_streams", "-show_chapters", "-i", "file:"+path)
	c := child{name: t.ffprobe(), args: args, stdout: &limited{w: &out, left: maxJSON},
		limits: probeLimits, nice: t.Nice, stall: 60 * time.Second}
	err := c.run(ctx)
	return out.Bytes(), err
}

func probeError(ctx context.Context, err error, kind Kind) error {
	if ctx.Err() != nil || errors.Is(err, ErrNotInstalled) {
		return err
	}
	if errors.Is(err, ErrLimit) || errors.Is(err, ErrStalled) {
		return refuse("This file needs far more memory or time than a video should.")
	}
	return refuse("It looks like %s, but it is damaged or incomplete and cannot be read.", kind.Name)
}

// measure finds the duration of a file that does not state it, as recordings
// made by browsers: every packet is read, none decoded.
func (t *Tools) measure(ctx context.Context, path string, p Probe) (time.Duration, error) {
	index := 0
	switch {
	case p.Video != nil:
		index = p.Video.Index
	case p.Audio != nil:
		index = p.Audio.Index
	default:
		return 0, nil
	}
	// The null muxer writes nothing, so it needs no output file.
	args := append([]string{"-hide_banner", "-nostdin", "-v", "error", "-nostats", "-progress", "pipe:1"},
		inputArgs(Input{Format: p.Format})...)
	args = append(args, "-i", "file:"+path, "-map", fmt.Sprintf("0:%d", index), "-c", "copy", "-f", "null", "-")
	var last time.Duration
	err := t.Run(ctx, Command{Args: args, Limits: probeLimits, OnProgress: func(pr Progress) { last = max(last, pr.Time) }})
	return last, err
}

func (p Probe) check() error {
	switch {
	case p.Video == nil && p.Audio == nil:
		return refuse("There is neither a picture nor a sound in this file.")
	case p.Duration <= 0:
		return refuse("This file has no duration: it is empty or incomplete.")
	case p.Duration > MaxDuration:
		return refuse("This file claims to last %d hours; at most %d are accepted.", int(p.Duration.Hours()), int(MaxDuration.Hours()))
	}
	return nil
}
