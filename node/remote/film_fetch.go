package remote

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"vidiverse/instance/hls"
	"vidiverse/instance/rest"
	"vidiverse/p2p"
	"vidiverse/p2p/guard"
)

const (
	maxInit    = 1 << 20  // bytes of a file's header
	maxSegment = 64 << 20 // bytes of a segment: it is held in memory
)

// Film asks a video's own server for its files. ErrGone and ErrClosed are that
// server's words; ErrRefused means that its answers contradict each other or
// lead where they may not, and then nothing of them is used.
//
// Without an ActivityPub answer a film has no Hashes and no Trackers: it can be
// played, and no swarm of it may be joined.
func (c *Client) Film(ctx context.Context, v Video) (Film, error) {
	d, err := c.details(ctx, v.Home, v.UUID)
	if err != nil {
		return Film{}, err
	}
	fresh, err := detailed(v.Home, d)
	if err != nil {
		return Film{}, err
	}
	if fresh.UUID != v.UUID || fresh.Home != v.Home {
		return Film{}, fmt.Errorf("%w: %s answers with another video", ErrRefused, HostOf(v.Home))
	}
	f := &fetch{
		client: c, site: c.site(v.Home), details: d, video: fresh,
		film: Film{Origin: v.Home, UUID: v.UUID, Title: fresh.Title, Live: fresh.Live, Fetched: c.cfg.Now()},
	}
	err = f.run(ctx)
	if errors.Is(err, ErrGone) || errors.Is(err, ErrClosed) {
		// A file is missing, which says nothing of the video.
		return Film{}, fmt.Errorf("%w: files of %s: %v", ErrUnavailable, v.UUID, err)
	}
	if err != nil {
		return Film{}, fmt.Errorf("files of %s: %w", v.UUID, err)
	}
	return f.film, nil
}

// fetch is the making of one film.
type fetch struct {
	client  *Client
	site    *site
	details rest.VideoDetails
	video   Video
	film    Film

	list    rest.StreamingPlaylist
	folder  string // of the master, with a slash at its end
	master  hls.Master
	digests hls.Digests
}

func (f *fetch) run(ctx context.Context) error {
	if len(f.details.StreamingPlaylists) == 0 {
		if f.details.State.ID != 1 {
			return fmt.Errorf("%w: the video is not ready yet", ErrUnavailable)
		}
		return ErrUnsupported
	}
	f.list = f.details.StreamingPlaylists[0]
	if err := f.place(); err != nil {
		return err
	}
	if f.film.Live {
		return f.live(ctx)
	}
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error { return f.captions(gctx) })
	g.Go(func() error { return f.federated(gctx) })
	g.Go(func() error { return f.readDigests(gctx) })
	g.Go(func() error { return f.readMaster(gctx) })
	if err := g.Wait(); err != nil {
		return err
	}
	if err := f.renditions(ctx); err != nil {
		return err
	}
	f.film.Version = version(f.film.Renditions)
	f.film.Mirrors = f.mirrors()
	return nil
}

// place checks where the server says its playlist and digests are: at home, or
// at one other public host, which then is its object storage.
func (f *fetch) place() error {
	f.film.Master = f.list.PlaylistURL
	u, err := url.Parse(f.film.Master)
	at, ok := originOf(f.film.Master)
	if err != nil || !ok || u.RawQuery != "" || u.Fragment != "" || !strings.HasSuffix(u.Path, ".m3u8") || len(f.film.Master) > 2000 {
		return fmt.Errorf("%w: master playlist %.200q", ErrRefused, f.film.Master)
	}
	if err := f.mayHold(at); err != nil {
		return err
	}
	f.folder = f.film.Master[:strings.LastIndexByte(f.film.Master, '/')+1]
	sums, ok := originOf(f.list.SegmentsSHA256URL)
	if f.list.SegmentsSHA256URL != "" && (!ok || sums != at && sums != f.film.Origin) {
		return fmt.Errorf("%w: digests at %.200q", ErrRefused, f.list.SegmentsSHA256URL)
	}
	return nil
}

// mayHold tells whether files of the film may lie there. Where an address leads
// is checked at each connection.
func (f *fetch) mayHold(origin string) error {
	if origin != f.film.Origin && !strings.HasPrefix(origin, "https://") {
		return fmt.Errorf("%w: files at %s", ErrRefused, origin)
	}
	return nil
}

// file fetches a playlist or digest list, without a detour to other hosts.
func (f *fetch) file(ctx context.Context, address string, limit int64) ([]byte, error) {
	res, body, err := f.site.get(ctx, request{url: address, turn: fileTurn, limits: guard.Limits{Bytes: limit}})
	if err != nil {
		return nil, err
	}
	if err := f.site.status(res); err != nil {
		return nil, fmt.Errorf("%s: %w", path.Base(address), err)
	}
	return body, nil
}

func (f *fetch) readMaster(ctx context.Context) error {
	raw, err := f.file(ctx, f.film.Master, hls.MaxPlaylist)
	if err != nil {
		return err
	}
	if f.master, err = hls.ReadMaster(bytes.NewReader(raw)); err != nil {
		return fmt.Errorf("%w: master playlist: %w", ErrRefused, err)
	}
	if len(f.master.Audio) > hls.MaxVariants {
		return fmt.Errorf("%w: %d sounds", ErrRefused, len(f.master.Audio))
	}
	return nil
}

// readDigests reads the list of digests. Where there is none, nothing of the
// film can be kept or shared, but it can be played.
func (f *fetch) readDigests(ctx context.Context) error {
	if f.list.SegmentsSHA256URL == "" {
		return nil
	}
	raw, err := f.file(ctx, f.list.SegmentsSHA256URL, hls.MaxDigests)
	if err != nil {
		return err
	}
	if f.digests, err = hls.ReadDigests(bytes.NewReader(raw)); err != nil {
		return fmt.Errorf("%w: digests: %w", ErrRefused, err)
	}
	return nil
}

// renditions reads the media playlists of all streams.
func (f *fetch) renditions(ctx context.Context) error {
	all := make([]Rendition, 0, len(f.master.Variants)+len(f.master.Audio))
	names := make([]string, 0, cap(all))
	for i, v := range f.master.Variants {
		all = append(all, Rendition{
			Kind: hls.Main, Index: i, Height: v.Resolution, Width: max(v.Width, v.Height), FPS: int(v.FrameRate + 0.5),
			Bandwidth: v.Bandwidth, Codecs: v.Codecs, Sound: v.UsesAudio && len(f.master.Audio) > 0,
		})
		names = append(names, v.URI)
	}
	for i, t := range f.master.Audio {
		all = append(all, Rendition{Kind: hls.Secondary, Index: i})
		names = append(names, t.URI)
	}
	g, ctx := errgroup.WithContext(ctx)
	for i := range all {
		g.Go(func() error {
			if err := f.rendition(ctx, &all[i], names[i]); err != nil {
				return fmt.Errorf("%s: %w", names[i], err)
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	f.film.Renditions = all
	return nil
}

func (f *fetch) rendition(ctx context.Context, r *Rendition, name string) error {
	raw, err := f.file(ctx, f.folder+name, hls.MaxPlaylist)
	if err != nil {
		return err
	}
	m, err := hls.ReadMedia(bytes.NewReader(raw))
	if err != nil {
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	i := slices.IndexFunc(f.list.Files, func(file rest.VideoFile) bool { return path.Base(file.FileURL) == m.File })
	if i < 0 {
		return fmt.Errorf("%w: %s is not among the video's files", ErrRefused, m.File)
	}
	r.Size = f.list.Files[i].Size
	if err := m.Check(r.Size); err != nil {
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	if m.Init.Length > maxInit || slices.ContainsFunc(m.Segments, func(s hls.Segment) bool { return s.Length > maxSegment }) {
		return fmt.Errorf("%w: a header or segment too long", ErrRefused)
	}
	r.URL, r.Segments = f.folder+m.File, m.Segments
	r.File = p2p.FileID{Origin: HostOf(f.film.Origin), Video: f.film.UUID, Name: m.File}
	if r.Extents, err = f.extents(m); err != nil {
		return err
	}
	r.File.Version = p2p.VersionOf(r.Extents)
	r.Torrent = f.torrent(f.list.Files[i])
	names := hls.Playlist{URL: f.film.Master, Video: f.film.UUID, Master: f.master}
	r.Swarms = names.Federated(r.Kind, r.Index, f.film.Hashes)
	r.Init, err = f.client.bytes(ctx, f.site, r.URL, m.Init, r.Size)
	return err
}

// extents joins the playlist's ranges with their digests. If a segment has
// none, none counts: such a file cannot be checked. A list that names other
// ranges of the file is of another file.
func (f *fetch) extents(m hls.Media) ([]p2p.Extent, error) {
	sums := map[hls.Range][32]byte{}
	for _, d := range f.digests {
		if d.File != m.File {
			continue
		}
		for _, e := range d.Extents {
			sums[e.Range] = e.Sum
		}
	}
	if len(sums) == 0 {
		return nil, nil
	}
	all := make([]p2p.Extent, 0, len(m.Segments))
	for _, s := range m.Segments {
		if sum, ok := sums[s.Range]; ok {
			all = append(all, p2p.Extent{Offset: s.Offset, Length: s.Length, Sum: sum})
		}
	}
	switch len(all) {
	case len(m.Segments):
		return all, nil
	case 0:
		return nil, fmt.Errorf("%w: the digests of %s are of another file", ErrRefused, m.File)
	}
	return nil, nil
}

// version is a digest of all files.
func version(renditions []Rendition) (v [32]byte) {
	h := sha256.New()
	for _, r := range renditions {
		fmt.Fprintf(h, "%s %d %d %x\n", r.File.Name, r.Size, len(r.Segments), r.File.Version)
	}
	h.Sum(v[:0])
	return v
}
