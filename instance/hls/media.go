package hls

import (
	"bytes"
	"fmt"
	"math"
	"time"
)

// Media is the playlist of one finished rendition in one file.
type Media struct {
	File     string // the fragmented MP4 beside the playlist
	Init     Range  // its header, what EXT-X-MAP points to
	Segments []Segment
}

// Segment is one part of a rendition.
type Segment struct {
	Range
	Duration time.Duration
}

// Duration is that of all segments.
func (m Media) Duration() time.Duration {
	var d time.Duration
	for _, s := range m.Segments {
		d += s.Duration
	}
	return d
}

// Bytes writes the playlist as PeerTube 8.2 does.
func (m Media) Bytes() []byte {
	target := 0.0
	for _, s := range m.Segments {
		target = max(target, math.Round(s.Duration.Seconds()))
	}
	var b bytes.Buffer
	b.WriteString("#EXTM3U\n#EXT-X-VERSION:7\n")
	fmt.Fprintf(&b, "#EXT-X-TARGETDURATION:%d\n#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-PLAYLIST-TYPE:VOD\n", max(1, int(target)))
	fmt.Fprintf(&b, "#EXT-X-MAP:URI=%q,BYTERANGE=\"%d@%d\"\n", m.File, m.Init.Length, m.Init.Offset)
	for _, s := range m.Segments {
		fmt.Fprintf(&b, "#EXTINF:%.6f,\n#EXT-X-BYTERANGE:%d@%d\n%s\n", s.Duration.Seconds(), s.Length, s.Offset, m.File)
	}
	b.WriteString("#EXT-X-ENDLIST\n")
	return b.Bytes()
}

// Check reports whether every range lies inside a file of size bytes, in
// order and without overlap.
func (m Media) Check(size int64) error {
	if err := m.Init.Inside(size); err != nil {
		return fmt.Errorf("header: %w", err)
	}
	end := m.Init.End()
	for i, s := range m.Segments {
		if err := s.Inside(size); err != nil {
			return fmt.Errorf("segment %d: %w", i, err)
		}
		if s.Offset < end {
			return fmt.Errorf("segment %d: %w: overlaps the one before", i, ErrMalformed)
		}
		end = s.End()
	}
	return nil
}
