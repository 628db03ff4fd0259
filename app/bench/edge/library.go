package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"vidiverse/instance/hls"
	"vidiverse/node/catalog"
	"vidiverse/node/control"
	"vidiverse/node/remote"
	"vidiverse/node/store"
	"vidiverse/p2p"
	"vidiverse/p2p/blockstore"
)

// library is what a node has kept of one instance: films of three pictures and
// their sound, each in so many segments. The bytes of a segment are few, and
// the same in all films: neither costs a node memory.
type library struct {
	origin   string // of the instance
	videos   int
	segments int
	data     [renditions][]byte // media files
	extents  [renditions][]p2p.Extent
}

const (
	renditions  = 4
	segmentSize = 1500
	length      = 4 * time.Second // of a segment
)

var heights = [renditions]int{240, 480, 720, 0} // the last is the sound

func newLibrary(origin string, videos, segments int) *library {
	l := &library{origin: origin, videos: videos, segments: segments}
	noise := rand.NewChaCha8([32]byte{1})
	for r := range renditions {
		l.data[r] = make([]byte, segments*segmentSize)
		_, _ = noise.Read(l.data[r]) // it never fails
		for i := range segments {
			at := i * segmentSize
			l.extents[r] = append(l.extents[r], p2p.Extent{Offset: int64(at), Length: segmentSize, Sum: sha256.Sum256(l.data[r][at : at+segmentSize])})
		}
	}
	return l
}

// size is what a video takes.
func (l *library) size() int64 { return int64(renditions * l.segments * segmentSize) }

func (l *library) ref(i int) control.Ref {
	return control.Ref{Origin: l.origin, Video: fmt.Sprintf("c0ffee00-0000-4000-8000-%012x", i)}
}

func (l *library) published(i int) time.Time {
	return time.Date(2026, 10, 1, 12, 0, 0, 0, time.UTC).Add(time.Duration(i) * time.Minute)
}

func (l *library) host() string { _, host, _ := strings.Cut(l.origin, "://"); return host }

func (l *library) video(i int) remote.Video {
	ref := l.ref(i)
	return remote.Video{
		Origin: l.origin, Home: l.origin, UUID: ref.Video, ShortUUID: ref.Video, Title: fmt.Sprint("Film ", i), Page: l.origin + "/w/" + ref.Video,
		Description: strings.Repeat("What happens in it. ", 20), Duration: time.Duration(l.segments) * length,
		Published: l.published(i), Updated: l.published(i), Privacy: 1,
	}
}

// film is what the instance would say of a video's files: each rendition has
// a swarm in either naming.
func (l *library) film(i int) *remote.Film {
	v := l.video(i)
	files := l.origin + "/files/" + v.UUID + "/"
	f := &remote.Film{
		Origin: l.origin, UUID: v.UUID, Title: v.Title, Master: files + "master.m3u8",
		Trackers: []string{"ws" + strings.TrimPrefix(l.origin, "http") + "/tracker/socket"}, Fetched: time.Now(),
	}
	m := hls.Master{Audio: []hls.Track{{Name: "sound", URI: "sound.m3u8"}}}
	for _, h := range heights[:renditions-1] {
		m.Variants = append(m.Variants, hls.Variant{URI: fmt.Sprintf("%d.m3u8", h), Resolution: h, Bandwidth: int64(h) * 1000,
			Width: h * 16 / 9, Height: h, FrameRate: 25, Codecs: "avc1.64001f,mp4a.40.2", UsesAudio: true})
	}
	for n, h := range heights {
		r := remote.Rendition{Kind: hls.Main, Index: n, Height: h, Width: h * 16 / 9, FPS: 25, Bandwidth: int64(h) * 1000, Codecs: "avc1.64001f", Sound: true}
		if h == 0 {
			r = remote.Rendition{Kind: hls.Secondary, Bandwidth: 64_000, Codecs: "mp4a.40.2"}
		}
		name := fmt.Sprintf("%s-%d-fragmented.mp4", v.UUID, h)
		r.URL, r.Size, r.Init = files+name, int64(l.segments*segmentSize), make([]byte, 800)
		r.File = p2p.FileID{Origin: l.host(), Video: v.UUID, Name: name, Version: p2p.VersionOf(l.extents[n])}
		r.Extents, r.Swarms = l.extents[n], m.StreamSwarms(f.Master, r.Kind, r.Index)
		for _, e := range r.Extents {
			r.Segments = append(r.Segments, hls.Segment{Range: hls.Range{Offset: e.Offset, Length: e.Length}, Duration: length})
		}
		for _, s := range r.Swarms {
			f.Hashes = append(f.Hashes, s.Hash)
		}
		f.Renditions = append(f.Renditions, r)
	}
	f.Version = sha256.Sum256([]byte(v.UUID))
	return f
}

// keep makes the data folder of a node that follows the instance and has all
// of it.
func (l *library) keep(ctx context.Context, dir string) (err error) {
	s, err := store.Open(filepath.Join(dir, "node.db"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	s.DB().NoSync = true // if the machine stops, so does the benchmark
	now := time.Now()
	if err := s.PutFollow(store.Follow{Origin: l.origin, Name: "Mare", Typed: true, Since: now, Answered: now}); err != nil {
		return err
	}
	if err := s.EditMirror(l.origin, func(m *store.Mirror) { m.Limit = 2 * l.size() * int64(l.videos) }); err != nil {
		return err
	}
	blocks, err := blockstore.Open(filepath.Join(dir, "media"), blockstore.Config{Stay: time.Nanosecond})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, blocks.Close()) }()
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(8)
	for i := range l.videos {
		g.Go(func() error {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return l.keepOne(s, blocks, i)
		})
	}
	return g.Wait()
}

func (l *library) keepOne(s *store.Store, blocks *blockstore.Store, i int) error {
	video, film := l.video(i), l.film(i)
	packed, err := catalog.Pack(video, film)
	if err != nil {
		return err
	}
	err = s.PutFilm(l.ref(i), packed, func(r *store.Video) error {
		r.Title, r.Home, r.Published, r.Updated = film.Title, film.Origin, video.Published, video.Updated
		r.Size, r.Version, r.Fetched, r.Kept = l.size(), film.Version, film.Fetched, film.Fetched
		return nil
	})
	if err != nil {
		return err
	}
	for n, r := range film.Renditions {
		f, err := blocks.File(r.File, r.Extents)
		if err != nil {
			return err
		}
		for k, e := range r.Extents {
			if err := f.Put(k, l.data[n][e.Offset:e.Offset+e.Length]); err != nil {
				return err
			}
		}
		if err := blocks.Pin(r.File, true); err != nil {
			return err
		}
	}
	return nil
}
