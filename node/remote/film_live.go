package remote

import (
	"context"
	"crypto/sha256"
	"errors"

	"golang.org/x/sync/errgroup"

	"vidiverse/instance/hls"
	"vidiverse/p2p"
)

// LiveStream is one media playlist of a live whose viewers may be met.
type LiveStream struct {
	URL    string      `json:"url"` // of the playlist
	Stream p2p.FileID  `json:"stream"`
	Swarms []hls.Swarm `json:"swarms"`
}

// live finds the streams of a live, and who watches them. A playlist that is not
// there yet is no fault: the film can be played once it is, from its server.
func (f *fetch) live(ctx context.Context) error {
	f.film.LiveURL = f.film.Master
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error { return f.captions(gctx) })
	g.Go(func() error { return f.federated(gctx) })
	if err := g.Wait(); err != nil {
		return err
	}
	if len(f.film.Hashes) == 0 || f.list.SegmentsSHA256URL == "" {
		return nil
	}
	if err := f.readMaster(ctx); errors.Is(err, ErrRefused) {
		return err
	} else if err != nil {
		f.client.cfg.Log.Debug("a live has no playlist yet", "instance", HostOf(f.film.Origin), "err", err)
		return nil
	}
	f.film.Digests = f.list.SegmentsSHA256URL
	for i, v := range f.master.Variants {
		f.liveStream(hls.Main, i, v.URI)
	}
	for i, t := range f.master.Audio {
		f.liveStream(hls.Secondary, i, t.URI)
	}
	return nil
}

func (f *fetch) liveStream(kind hls.Kind, index int, name string) {
	swarms := hls.Playlist{URL: f.film.Master, Video: f.film.UUID, Master: f.master}.Federated(kind, index, f.film.Hashes)
	if len(swarms) == 0 {
		return
	}
	f.film.Streams = append(f.film.Streams, LiveStream{
		URL: f.folder + name, Swarms: swarms,
		Stream: p2p.FileID{Origin: HostOf(f.film.Origin), Video: f.film.UUID, Name: name, Version: sha256.Sum256([]byte(f.film.Master))},
	})
}
