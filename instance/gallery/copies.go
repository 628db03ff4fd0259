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
	"vidiverse/p2p/guard"
)

// Where copies lie.
const (
	faces  = "cache/avatars/"
	stills = "cache/thumbnails/"
)

// Bounds of what is asked of other servers.
const (
	maxCopy    = 8 << 20 // bytes, as of pictures that people send here
	copyTime   = 10 * time.Second
	atOnce     = 16
	forget     = 5 * time.Minute // after which a picture that could not be had is asked for again
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
	return s.find(ctx, file, s.Actors.ImageSource, "avatars/", faces)
}

// Still is the key of the thumbnail of a video or playlist, likewise.
func (s *Service) Still(ctx context.Context, file string) (string, error) {
	return s.find(ctx, file, s.store.still, "thumbnails/", stills)
}

func (s *Service) find(ctx context.Context, file string, source func(context.Context, string) (string, error), own, cache string) (string, error) {
	url, err := source(ctx, file)
	if err != nil || url == "" {
		return own + file, err
	}
	key := cache + file
	if _, err := s.Blob.Stat(ctx, key); fault.KindOf(err) != fault.NotFound {
		return key, err
	}
	// Whoever waits shares what the first gets, also when the first goes away.
	_, err, _ = s.copies.flights.Do(key, func() (any, error) { return nil, s.fetch(context.WithoutCancel(ctx), url, key) })
	return key, err
}

func notFound() error { return fault.New(fault.NotFound, "File not found") }

// fetch keeps a copy of url under key. That the other server does not give it is
// fault.NotFound, remembered for a while.
func (s *Service) fetch(ctx context.Context, url, key string) error {
	if s.Remote == nil || s.copies.isMissing(key, s.Now()) {
		return notFound()
	}
	select {
	case s.copies.places <- struct{}{}:
		defer func() { <-s.copies.places }()
	default:
		return fault.New(fault.Unavailable, "Too many pictures of other servers are being fetched")
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return notFound()
	}
	req.Header.Set("Accept", "image/*")
	res, raw, err := s.Remote.With(guard.Limits{Bytes: maxCopy, Total: copyTime}).Fetch(req)
	if err == nil && (res.StatusCode != http.StatusOK || !isPicture(raw)) {
		err = errors.New("no picture")
	}
	if err != nil {
		s.Log.Debug("picture of another server", "host", req.URL.Host, "err", err)
		s.copies.miss(key, s.Now())
		return notFound()
	}
	_, err = s.Blob.Put(ctx, key, bytes.NewReader(raw))
	return err
}

// isPicture looks at the bytes: what the other server calls them does not count.
func isPicture(raw []byte) bool {
	return slices.Contains([]string{"image/jpeg", "image/png", "image/gif", "image/webp"}, http.DetectContentType(raw))
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
