package transcode

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"

	"vidiverse/instance/hls"
	"vidiverse/instance/stream"
)

// read turns what ffmpeg wrote into a rendition: its playlist is rewritten in
// our own hand, every segment is hashed, the streams are probed.
func (e *Engine) read(ctx context.Context, o output, n names) (stream.Rendition, error) {
	r := stream.Rendition{Resolution: o.rung.Resolution, FPS: int(math.Round(o.rung.FPS)),
		File: n.file(o.rung.Resolution), Playlist: n.playlist(o.rung.Resolution)}
	media, size, err := readMedia(o)
	if err != nil {
		return r, err
	}
	media.File, r.Size = r.File, size
	if r.Extents, err = digest(ctx, o.file, media); err != nil {
		return r, err
	}
	p, err := e.Tools.Probe(ctx, o.file)
	if err != nil {
		return r, fmt.Errorf("probe rendition: %w", err)
	}
	r.Probe, r.HasVideo, r.HasAudio = p.Metadata, p.Video != nil, p.Audio != nil
	if p.Video != nil {
		r.Width, r.Height = p.Video.Size()
	} else {
		r.FPS = 0
	}
	if o.video != r.HasVideo || o.audio != r.HasAudio {
		return r, fmt.Errorf("rendition %d: a stream is missing in the output", r.Resolution)
	}
	r.Codecs = strings.Trim(p.Video.CodecString()+","+p.Audio.CodecString(), ",")
	r.Bandwidth = int64(math.Ceil(8 * float64(size) / max(media.Duration().Seconds(), 0.001)))
	text := media.Bytes()
	r.PlaylistSize = int64(len(text))
	return r, os.WriteFile(o.playlist, text, 0o600)
}

func readMedia(o output) (hls.Media, int64, error) {
	f, err := os.Open(o.playlist)
	if err != nil {
		return hls.Media{}, 0, err
	}
	defer f.Close()
	m, err := hls.ReadMedia(f)
	if err != nil {
		return m, 0, fmt.Errorf("playlist of the rendition: %w", err)
	}
	film, err := os.Open(o.file)
	if err != nil {
		return m, 0, err
	}
	defer film.Close()
	st, err := film.Stat()
	if err != nil {
		return m, 0, err
	}
	if err := m.Check(st.Size()); err != nil {
		return m, 0, err
	}
	return m, st.Size(), m.Times(film)
}

// digest hashes each segment of the file.
func digest(ctx context.Context, path string, m hls.Media) ([]stream.Extent, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	list := make([]stream.Extent, 0, len(m.Segments))
	for _, s := range m.Segments {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		h := sha256.New()
		if _, err := io.Copy(h, io.NewSectionReader(f, s.Offset, s.Length)); err != nil {
			return nil, fmt.Errorf("hash segment: %w", err)
		}
		list = append(list, stream.Extent{Offset: s.Offset, Length: s.Length, SHA256: [32]byte(h.Sum(nil))})
	}
	return list, nil
}

// merge is the list of renditions with new ones in it, by ascending resolution.
func merge(old, add []stream.Rendition) []stream.Rendition {
	list := slices.Clone(add)
	for _, r := range old {
		if !slices.ContainsFunc(add, func(a stream.Rendition) bool { return a.Resolution == r.Resolution }) {
			list = append(list, r)
		}
	}
	slices.SortFunc(list, func(a, b stream.Rendition) int { return cmp.Compare(a.Resolution, b.Resolution) })
	return list
}

// masterOf lists renditions for players. Sound without a picture is a track for
// all if some picture has no sound of its own, else a variant of its own.
func masterOf(list []stream.Rendition) hls.Master {
	var m hls.Master
	silent := slices.ContainsFunc(list, func(r stream.Rendition) bool { return r.HasVideo && !r.HasAudio })
	var sound *stream.Rendition
	for i, r := range list {
		if !r.HasVideo && r.HasAudio && silent {
			sound = &list[i]
			m.Audio = append(m.Audio, hls.Track{Name: "Audio", URI: r.Playlist})
		}
	}
	for _, r := range list {
		if sound != nil && r.Resolution == sound.Resolution {
			continue
		}
		v := hls.Variant{URI: r.Playlist, Resolution: r.Resolution, Bandwidth: r.Bandwidth, Codecs: r.Codecs}
		if r.HasVideo {
			v.Width, v.Height, v.FrameRate = r.Width, r.Height, float64(r.FPS)
		}
		if sound != nil && !r.HasAudio {
			v.UsesAudio = true
			v.Bandwidth += sound.Bandwidth
			v.Codecs = strings.Trim(v.Codecs+","+sound.Codecs, ",")
		}
		m.Variants = append(m.Variants, v)
	}
	m.Sort()
	return m
}

func digestsOf(list []stream.Rendition) hls.Digests {
	var d hls.Digests
	for _, r := range list {
		f := hls.FileDigests{File: r.File}
		for _, e := range r.Extents {
			f.Extents = append(f.Extents, hls.Extent{Range: hls.Range{Offset: e.Offset, Length: e.Length}, Sum: e.SHA256})
		}
		d = append(d, f)
	}
	return d
}
