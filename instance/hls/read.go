package hls

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/grafov/m3u8"
)

// ReadMedia parses the playlist of a finished rendition that lies in one file
// with byte ranges. Check it against the file's size before use.
func ReadMedia(r io.Reader) (Media, error) {
	list, err := parse(r)
	if err != nil {
		return Media{}, err
	}
	p, ok := list.(*m3u8.MediaPlaylist)
	if !ok {
		return Media{}, fmt.Errorf("%w: a master where a media playlist belongs", ErrMalformed)
	}
	if p.Map == nil || p.Map.Limit <= 0 || p.Map.Offset < 0 || p.Count() == 0 {
		return Media{}, fmt.Errorf("%w: no header or no segment", ErrMalformed)
	}
	m := Media{File: p.Map.URI, Init: Range{p.Map.Offset, p.Map.Limit}}
	if err := plainName(m.File); err != nil {
		return Media{}, err
	}
	for _, s := range p.Segments[:p.Count()] {
		seg, err := segment(s, m.File)
		if err != nil {
			return Media{}, err
		}
		m.Segments = append(m.Segments, seg)
	}
	return m, nil
}

func segment(s *m3u8.MediaSegment, file string) (Segment, error) {
	if s == nil || s.URI != file {
		return Segment{}, fmt.Errorf("%w: a segment in another file", ErrForeign)
	}
	if s.Limit <= 0 || s.Offset < 0 || s.Offset > math.MaxInt64-s.Limit {
		return Segment{}, fmt.Errorf("%w: byte range", ErrMalformed)
	}
	if !(s.Duration >= 0 && s.Duration < 86400) { // NaN is neither
		return Segment{}, fmt.Errorf("%w: duration", ErrMalformed)
	}
	return Segment{Range: Range{s.Offset, s.Limit}, Duration: time.Duration(s.Duration * float64(time.Second))}, nil
}

// ReadMaster parses a master playlist of at most MaxVariants renditions.
// Masters do not nest, and name only files beside them.
func ReadMaster(r io.Reader) (Master, error) {
	list, err := parse(r)
	if err != nil {
		return Master{}, err
	}
	p, ok := list.(*m3u8.MasterPlaylist)
	if !ok {
		return Master{}, fmt.Errorf("%w: a media playlist where a master belongs", ErrMalformed)
	}
	if len(p.Variants) == 0 || len(p.Variants) > MaxVariants {
		return Master{}, fmt.Errorf("%w: %d variants", ErrTooLarge, len(p.Variants))
	}
	var m Master
	seen := map[string]bool{}
	for _, v := range p.Variants {
		if v == nil {
			return Master{}, ErrMalformed
		}
		one, err := variant(v)
		if err != nil {
			return Master{}, err
		}
		m.Variants = append(m.Variants, one)
		// The parser repeats alternatives from variant to variant.
		for _, a := range v.Alternatives {
			if a == nil || seen[a.Type+a.URI] || a.URI == "" {
				continue
			}
			seen[a.Type+a.URI] = true
			if err := m.addTrack(a); err != nil {
				return Master{}, err
			}
		}
	}
	return m, nil
}

func variant(v *m3u8.Variant) (Variant, error) {
	one := Variant{URI: v.URI, Bandwidth: int64(v.Bandwidth), FrameRate: v.FrameRate, Codecs: v.Codecs, UsesAudio: v.Audio != ""}
	if err := plainName(v.URI); err != nil {
		return one, err
	}
	if !(one.FrameRate >= 0 && one.FrameRate <= 1000) {
		return one, fmt.Errorf("%w: frame rate", ErrMalformed)
	}
	if w, h, ok := strings.Cut(v.Resolution, "x"); ok {
		width, err1 := strconv.ParseUint(w, 10, 16)
		height, err2 := strconv.ParseUint(h, 10, 16)
		if err1 != nil || err2 != nil {
			return one, fmt.Errorf("%w: resolution", ErrMalformed)
		}
		one.Width, one.Height = int(width), int(height)
		one.Resolution = min(one.Width, one.Height)
	}
	return one, nil
}

func (m *Master) addTrack(a *m3u8.Alternative) error {
	if err := plainName(a.URI); err != nil {
		return err
	}
	t := Track{Name: a.Name, Language: a.Language, URI: a.URI}
	switch a.Type {
	case "AUDIO":
		m.Audio = append(m.Audio, t)
	case "SUBTITLES":
		m.Subtitles = append(m.Subtitles, t)
	}
	if len(m.Audio)+len(m.Subtitles) > 10*MaxVariants {
		return ErrTooLarge
	}
	return nil
}

// parse runs the library behind the caps and a recover: it panics on some
// hostile input, and counts what it reads only afterwards.
func parse(r io.Reader) (list m3u8.Playlist, err error) {
	raw, err := readAll(r, MaxPlaylist)
	if err != nil {
		return nil, err
	}
	if !bytes.HasPrefix(raw, []byte("#EXTM3U")) {
		return nil, fmt.Errorf("%w: no playlist", ErrMalformed)
	}
	if bytes.Count(raw, []byte("#EXTINF")) > MaxSegments || bytes.Count(raw, []byte("#EXT-X-STREAM-INF")) > MaxVariants {
		return nil, ErrTooLarge
	}
	defer func() {
		if p := recover(); p != nil {
			list, err = nil, fmt.Errorf("%w: %v", ErrMalformed, p)
		}
	}()
	list, _, err = m3u8.DecodeFrom(bytes.NewReader(raw), false)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return list, nil
}
