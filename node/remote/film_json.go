package remote

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"vidiverse/instance/hls"
	"vidiverse/p2p"
)

// An hour of video has 900 segments in each rendition: as JSON numbers they
// would be a megabyte of every film that is kept. So they are packed,
//
//	gap, length, nanoseconds (varints) [, 32 bytes of digest]
//
// one after the other.

// stored is a Rendition on disk.
type stored struct {
	Kind      hls.Kind    `json:"kind"`
	Index     int         `json:"index"`
	Height    int         `json:"height"`
	Width     int         `json:"width"`
	FPS       int         `json:"fps"`
	Bandwidth int64       `json:"bandwidth"`
	Codecs    string      `json:"codecs"`
	Sound     bool        `json:"sound"`
	URL       string      `json:"url"`
	Size      int64       `json:"size"`
	File      p2p.FileID  `json:"file"`
	Init      []byte      `json:"init"`
	Summed    bool        `json:"summed"`
	Packed    []byte      `json:"packed"`
	Swarms    []hls.Swarm `json:"swarms"`
	Torrent   *Torrent    `json:"torrent,omitempty"`
}

// MarshalJSON implements json.Marshaler.
func (r Rendition) MarshalJSON() ([]byte, error) {
	s := stored{
		Kind: r.Kind, Index: r.Index, Height: r.Height, Width: r.Width, FPS: r.FPS, Bandwidth: r.Bandwidth, Codecs: r.Codecs, Sound: r.Sound,
		URL: r.URL, Size: r.Size, File: r.File, Init: r.Init, Swarms: r.Swarms, Torrent: r.Torrent, Summed: len(r.Extents) > 0,
	}
	end := int64(0)
	for i, seg := range r.Segments {
		s.Packed = binary.AppendVarint(s.Packed, seg.Offset-end)
		s.Packed = binary.AppendVarint(s.Packed, seg.Length)
		s.Packed = binary.AppendVarint(s.Packed, int64(seg.Duration))
		if s.Summed {
			s.Packed = append(s.Packed, r.Extents[i].Sum[:]...)
		}
		end = seg.End()
	}
	return json.Marshal(s)
}

// UnmarshalJSON implements json.Unmarshaler.
func (r *Rendition) UnmarshalJSON(b []byte) error {
	var s stored
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	*r = Rendition{
		Kind: s.Kind, Index: s.Index, Height: s.Height, Width: s.Width, FPS: s.FPS, Bandwidth: s.Bandwidth, Codecs: s.Codecs, Sound: s.Sound,
		URL: s.URL, Size: s.Size, File: s.File, Init: s.Init, Swarms: s.Swarms, Torrent: s.Torrent,
	}
	end := int64(0)
	for p := s.Packed; len(p) > 0; {
		var n [3]int64
		for i := range n {
			v, size := binary.Varint(p)
			if size <= 0 {
				return errors.New("remote: a stored film is damaged")
			}
			n[i], p = v, p[size:]
		}
		seg := hls.Segment{Range: hls.Range{Offset: end + n[0], Length: n[1]}, Duration: time.Duration(n[2])}
		end = seg.End()
		r.Segments = append(r.Segments, seg)
		if !s.Summed {
			continue
		}
		if len(p) < 32 {
			return errors.New("remote: a stored film is damaged")
		}
		r.Extents = append(r.Extents, p2p.Extent{Offset: seg.Offset, Length: seg.Length, Sum: [32]byte(p)})
		p = p[32:]
	}
	r.Segments, r.Extents = slices.Clip(r.Segments), slices.Clip(r.Extents)
	return nil
}
