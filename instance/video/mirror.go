package video

import (
	"context"
	"net/url"
	"strings"
	"time"

	"vidiverse/instance/actor"
	"vidiverse/instance/db"
	"vidiverse/instance/fault"
)

// Mirror is another server's copy of a video's HLS files.
type Mirror struct {
	URL     string // of its CacheFile
	Video   ID
	Actor   actor.ID  // of the server that holds it
	Base    string    // the folder of its files, or its master playlist
	Expires time.Time // zero: never
}

// maxMirrors bounds the copies of one video: a player asks each of them.
const maxMirrors = 20

// SaveMirror writes a copy that a server told of, new or prolonged. A copy that
// another server told of is fault.Forbidden, one too many fault.TooMany.
func (s *Service) SaveMirror(ctx context.Context, tx db.Tx, m Mirror) error {
	if m.Base = webAddress(m.Base); m.Base == "" || webAddress(m.URL) == "" {
		return fault.New(fault.Invalid, "The copy has no address.")
	}
	n, err := s.store.countMirrors(ctx, tx, m)
	if err == nil && n >= maxMirrors {
		err = fault.New(fault.TooMany, "The video has %d copies already.", n)
	}
	if err != nil {
		return err
	}
	tx.AfterCommit(s.changed)
	return s.store.putMirror(ctx, tx, m, s.now())
}

// RemoveMirror ends a copy that the same server told of.
func (s *Service) RemoveMirror(ctx context.Context, tx db.Tx, address string, by actor.ID) error {
	tx.AfterCommit(s.changed)
	return s.store.dropMirror(ctx, tx, address, by)
}

// mirrorBase is the folder of a copy: what players put before a file's name.
func mirrorBase(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	if strings.HasSuffix(u.Path, ".m3u8") {
		address = address[:strings.LastIndexByte(address, '/')]
	}
	return strings.TrimSuffix(address, "/")
}
