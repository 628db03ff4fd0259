package gallery

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"vidiverse/instance/fault"
	"vidiverse/instance/webvtt"
	"vidiverse/p2p/guard"
	"vidiverse/p2p/metainfo"
)

// kind is one sort of files that other servers have and people look at here.
type kind struct {
	own, cache string // where ours lie, and copies
	accept     string // what is asked for
	most       int64  // bytes of one
	read       func(raw []byte, from source) ([]byte, error)
}

// source is where another server keeps a file; the URL of ours is empty.
type source struct {
	url  string
	hash [20]byte // of a torrent
	name string   // of a torrent, to keep it under
}

var (
	faces       = kind{"avatars/", "cache/avatars/", "image/*", maxPicture, readPicture}
	stills      = kind{"thumbnails/", "cache/thumbnails/", "image/*", maxPicture, readPicture}
	storyboards = kind{"storyboards/", "cache/storyboards/", "image/*", maxPicture, readPicture}
	captions    = kind{"captions/", "cache/video-captions/", "text/vtt", webvtt.Max, readCaptions}
	torrents    = kind{"torrents/", "cache/torrents/", "application/x-bittorrent", metainfo.MaxTorrent, readTorrent}
)

// Bounds of what is asked of other servers.
const (
	maxPicture = 8 << 20 // bytes, as of those that people send here
	copyTime   = 10 * time.Second
	atOnce     = 16
	forget     = 5 * time.Minute // after which a file that could not be had is asked for again
	maxMissing = 10_000          // that are remembered
)

// copies are the requests under way and those in vain.
type copies struct {
	flights *singleflight.Group
	places  chan struct{}

	mu      *sync.Mutex
	missing map[string]time.Time // by key: until when nobody is asked
}

func newCopies() copies {
	return copies{flights: new(singleflight.Group), places: make(chan struct{}, atOnce), mu: new(sync.Mutex), missing: map[string]time.Time{}}
}

// Face is the key of an avatar or banner; a name of none is fault.NotFound. That
// of another server is fetched first, where there is no copy.
func (s *Service) Face(ctx context.Context, file string) (string, error) {
	url, err := s.Actors.ImageSource(ctx, file)
	return s.find(ctx, file, faces, source{url: url}, err)
}

// Still is the key of the thumbnail of a video or playlist, likewise.
func (s *Service) Still(ctx context.Context, file string) (string, error) {
	from, err := s.store.still(ctx, file)
	return s.find(ctx, file, stills, from, err)
}

// Storyboard is the key of a sheet of small pictures, likewise.
func (s *Service) Storyboard(ctx context.Context, file string) (string, error) {
	from, err := s.store.storyboard(ctx, file)
	return s.find(ctx, file, storyboards, from, err)
}

// Caption is the key of what is said in a video, likewise.
func (s *Service) Caption(ctx context.Context, file string) (string, error) {
	from, err := s.store.caption(ctx, file)
	return s.find(ctx, file, captions, from, err)
}

// Torrent is the key of the .torrent of a file of another server, likewise, and
// what to call it at home. Ours are not known here.
func (s *Service) Torrent(ctx context.Context, file string) (key, name string, err error) {
	from, err := s.store.torrent(ctx, file)
	key, err = s.find(ctx, file, torrents, from, err)
	return key, from.name, err
}

// find is the key of a file whose source was looked for, with the outcome err.
func (s *Service) find(ctx context.Context, file string, k kind, from source, err error) (string, error) {
	if err != nil || from.url == "" {
		return k.own + file, err
	}
	key := k.cache + file
	if _, err := s.Blob.Stat(ctx, key); fault.KindOf(err) != fault.NotFound {
		return key, err
	}
	// Whoever waits shares what the first gets, also when the first goes away.
	_, err, _ = s.copies.flights.Do(key, func() (any, error) { return nil, s.fetch(context.WithoutCancel(ctx), k, from, key) })
	return key, err
}

func notFound() error { return fault.New(fault.NotFound, "File not found") }

// fetch keeps a copy under key. That the other server does not give it is
// fault.NotFound, remembered for a while.
func (s *Service) fetch(ctx context.Context, k kind, from source, key string) error {
	if s.Remote == nil || s.copies.isMissing(key, s.Now()) {
		return notFound()
	}
	select {
	case s.copies.places <- struct{}{}:
		defer func() { <-s.copies.places }()
	default:
		return fault.New(fault.Unavailable, "Too many files of other servers are being fetched")
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, from.url, http.NoBody)
	if err != nil {
		return notFound()
	}
	req.Header.Set("Accept", k.accept)
	res, raw, err := s.Remote.With(guard.Limits{Bytes: k.most, Total: copyTime}).Fetch(req)
	if err == nil && res.StatusCode != http.StatusOK {
		err = errors.New(res.Status)
	}
	if err == nil {
		raw, err = k.read(raw, from)
	}
	if err != nil {
		s.Log.Debug("file of another server", "host", req.URL.Host, "err", err)
		s.copies.miss(key, s.Now())
		return notFound()
	}
	_, err = s.Blob.Put(ctx, key, bytes.NewReader(raw))
	return err
}

// readPicture looks at the bytes: what the other server calls them does not count.
func readPicture(raw []byte, _ source) ([]byte, error) {
	if !slices.Contains([]string{"image/jpeg", "image/png", "image/gif", "image/webp"}, http.DetectContentType(raw)) {
		return nil, errors.New("no picture")
	}
	return raw, nil
}

func readCaptions(raw []byte, _ source) ([]byte, error) { return webvtt.Clean(raw) }

// readTorrent takes only the one that the magnet link beside it leads to.
func readTorrent(raw []byte, from source) ([]byte, error) {
	t, err := metainfo.Read(raw)
	if err == nil && t.Hash != from.hash {
		err = errors.New("another torrent")
	}
	return raw, err
}

func (c copies) isMissing(key string, now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return now.Before(c.missing[key])
}

func (c copies) miss(key string, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.missing) >= maxMissing {
		clear(c.missing) // asked again a little early
	}
	c.missing[key] = now.Add(forget)
}
