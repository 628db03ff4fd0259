package node

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"vidiverse/node/catalog"
	"vidiverse/node/control"
	"vidiverse/node/copies"
	"vidiverse/node/remote"
	"vidiverse/node/share"
	"vidiverse/node/store"
	"vidiverse/p2p"
	"vidiverse/p2p/blockstore"
	"vidiverse/p2p/pages"
)

// shelf knows what the held files are, and reads a film only when its record
// says that it is another one: with a thousand videos reading them all takes
// seconds.
type shelf struct {
	store   *store.Store
	catalog *catalog.Catalog
	blocks  *blockstore.Store
	log     *slog.Logger

	mu     sync.Mutex
	read   map[control.Ref]reading
	known  map[place]known
	looked time.Time // when known was made
	copies map[p2p.FileID]copies.Copy
}

// place is where the files of a video are from.
type place struct{ host, video string }

func placeOf(id p2p.FileID) place { return place{id.Origin, id.Video} }

// known is a video's record in short.
type known struct {
	ref   control.Ref
	title string
}

// reading is what was read of a film, and of which state of it.
type reading struct {
	state   state
	streams []share.Stream
}

type state struct {
	version store.Version
	fetched int64
	title   string
}

func stateOf(v store.Video) state { return state{v.Version, v.Fetched.UnixNano(), v.Title} }

func newShelf(s *store.Store, c *catalog.Catalog, b *blockstore.Store, log *slog.Logger) *shelf {
	return &shelf{store: s, catalog: c, blocks: b, log: log, read: map[control.Ref]reading{}, copies: map[p2p.FileID]copies.Copy{}}
}

// held lists the streams of everything that something is kept of.
func (s *shelf) held(ctx context.Context) ([]share.Stream, error) {
	files := map[place]bool{}
	for _, f := range s.blocks.Files() {
		if f.Bytes > 0 {
			files[placeOf(f.ID)] = true
		}
	}
	videos, err := s.look()
	if err != nil {
		return nil, err
	}
	var all []share.Stream
	fresh := map[control.Ref]reading{}
	for _, v := range videos {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		at := place{remote.HostOf(v.Home), v.Video}
		if !files[at] {
			continue
		}
		r, same := s.last(v)
		if !same {
			film, err := s.catalog.Outline(v.Ref)
			if errors.Is(err, catalog.ErrUnknown) {
				continue
			}
			if err != nil {
				return nil, err
			}
			r = reading{stateOf(v), share.Of(v.Ref, film)}
		}
		fresh[v.Ref] = r
		delete(files, at) // the same video by another instance is the same swarm
		all = append(all, r.streams...)
	}
	s.mu.Lock()
	s.read = fresh
	s.mu.Unlock()
	s.unmap()
	return all, nil
}

// unmap gives back the pages of both databases, of which most are mapped after
// many films were read.
func (s *shelf) unmap() {
	if err := errors.Join(s.blocks.Unmap(), pages.Release(s.store.DB())); err != nil {
		s.log.Debug("memory was not given back", "err", err)
	}
}

func (s *shelf) last(v store.Video) (reading, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.read[v.Ref]
	return r, ok && r.state == stateOf(v)
}

// look reads the records, which are small.
func (s *shelf) look() ([]store.Video, error) {
	videos, err := s.store.Videos("")
	if err != nil {
		return nil, err
	}
	all := make(map[place]known, len(videos))
	for _, v := range videos {
		at := place{remote.HostOf(v.Home), v.Video}
		if _, done := all[at]; !done || !v.Kept.IsZero() {
			all[at] = known{v.Ref, v.Title}
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known, s.looked = all, time.Now()
	return videos, nil
}

// stale is how long a video that is not known is not looked for again.
const stale = 5 * time.Second

// about says which video a file is of, as Mirrors.Holdings names it.
func (s *shelf) about(id p2p.FileID) (k known, sure bool) {
	find := func() (again bool) {
		s.mu.Lock()
		defer s.mu.Unlock()
		k, sure = s.known[placeOf(id)]
		return !sure && time.Since(s.looked) > stale
	}
	if find() {
		if _, err := s.look(); err != nil {
			s.log.Error("the known videos cannot be listed", "err", err)
		}
		find()
	}
	if !sure {
		k = known{control.Ref{Origin: "https://" + id.Origin, Video: id.Video}, id.Video}
	}
	return k, sure
}

// forget drops what is remembered of files that may be others now, or nobody's
// business any more.
func (s *shelf) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.copies, s.looked = map[p2p.FileID]copies.Copy{}, time.Time{}
	clear(s.known)
}

// maxCopies bounds what is remembered of files that are asked for by name.
const maxCopies = 64

// find returns a file by the name that its origin gives it, in the version that
// is its origin's now.
func (s *shelf) find(origin, video, name string) (copies.Copy, error) {
	k, sure := s.about(p2p.FileID{Origin: origin, Video: video})
	if !sure {
		return copies.Copy{}, p2p.ErrAbsent
	}
	s.mu.Lock()
	for id, c := range s.copies {
		if id.Origin == origin && id.Video == video && id.Name == name {
			s.mu.Unlock()
			return c, nil
		}
	}
	s.mu.Unlock()
	film, err := s.catalog.Last(k.ref)
	if errors.Is(err, catalog.ErrUnknown) {
		return copies.Copy{}, p2p.ErrAbsent
	}
	if err != nil {
		return copies.Copy{}, err
	}
	for _, r := range film.Renditions {
		file, held := s.blocks.Find(r.File)
		if r.File.Name != name || r.File.Origin != origin || !held {
			continue
		}
		c := copies.Copy{File: file, Head: r.Init, Size: r.Size, Rate: r.Bandwidth / 8, Origin: r.URL}
		s.mu.Lock()
		defer s.mu.Unlock()
		if len(s.copies) >= maxCopies {
			clear(s.copies)
		}
		s.copies[r.File] = c
		return c, nil
	}
	return copies.Copy{}, p2p.ErrAbsent
}
