package stream

import (
	"context"
	"encoding/json"
	"log/slog"
	"time"

	"vidiverse/instance/access"
	"vidiverse/instance/blob"
	"vidiverse/instance/cache"
	"vidiverse/instance/db"
	"vidiverse/instance/ffmpeg"
	"vidiverse/instance/job"
)

// Probe is what ffprobe found in a file.
type Probe = ffmpeg.Probe

// Config is what Files need; all but the functions must be set.
type Config struct {
	DB         *db.DB
	Blob       blob.Store
	Jobs       *job.Queue
	Rights     *access.Rights
	Log        *slog.Logger
	Now        func() time.Time
	Base       string        // public URL without a slash at the end
	MasterLife time.Duration // how long a retired master is served
	// Announce are the tracker's HTTP and WebSocket addresses, which torrents
	// name; none makes no torrents.
	Announce []string
	// Swarms is told of hashes whose answer by SwarmAllowed may have changed,
	// after the commit; nil need not know.
	Swarms func(hashes [][20]byte)
	// Changed is called after each commit that may change what a video shows;
	// nil need not know.
	Changed func()
	// Shown is called in the transaction of each change of what others are shown
	// of a video's files; nil need not know.
	Shown func(ctx context.Context, tx db.Tx, id access.VideoID) error
}

// Files answers what may be asked about the files of videos. It is safe for
// concurrent use.
type Files struct {
	db         *db.DB
	store      *store
	blob       blob.Store
	jobs       *job.Queue
	rights     *access.Rights
	log        *slog.Logger
	now        func() time.Time
	base       string
	masterLife time.Duration
	announce   []string
	told       func([][20]byte)
	changed    func()
	shown      func(context.Context, db.Tx, access.VideoID) error

	files  cache.Cache[string, MediaFile]
	swarms cache.Cache[[20]byte, bool]
}

// New builds the files and registers their jobs; it starts nothing.
func New(c Config) *Files {
	if c.Swarms == nil {
		c.Swarms = func([][20]byte) {}
	}
	if c.Changed == nil {
		c.Changed = func() {}
	}
	if c.Shown == nil {
		c.Shown = func(context.Context, db.Tx, access.VideoID) error { return nil }
	}
	s := &Files{
		db: c.DB, store: newStore(c.DB), blob: c.Blob, jobs: c.Jobs, rights: c.Rights, log: c.Log, now: c.Now,
		base: c.Base, masterLife: c.MasterLife, announce: c.Announce, told: c.Swarms, changed: c.Changed, shown: c.Shown,
	}
	s.registerJobs()
	return s
}

// Playlist is the current HLS playlist of a video with its files.
type Playlist struct {
	ID         int64
	Master     string
	Sha256     string
	Private    bool // the folder the files lie in
	Renditions []Rendition
}

// Source is the uploaded original of a video.
type Source struct {
	Filename string // as its owner named it
	Key      string // where the bytes lie
	Size     int64
	Probe    Probe
}

// SourceInfo describes the uploaded original.
type SourceInfo struct {
	Filename      string
	Key           string // empty once the file was removed
	Size          int64
	Resolution    int
	Width, Height int
	FPS           float64
	Metadata      json.RawMessage
	CreatedAt     time.Time
}

// PutSource writes the row of the original of a new video.
func (s *Files) PutSource(ctx context.Context, tx db.Tx, id access.VideoID, src Source) error {
	return s.store.putSource(ctx, tx, id, src, s.now())
}

// Sources describe the originals of some videos; those without are absent.
func (s *Files) Sources(ctx context.Context, ids []access.VideoID) (map[access.VideoID]SourceInfo, error) {
	return s.store.sources(ctx, ids)
}

// Playlists are the current playlists of some videos, best rendition first.
func (s *Files) Playlists(ctx context.Context, ids []access.VideoID) (map[access.VideoID]*Playlist, error) {
	return s.store.playlists(ctx, s.db.Read(), ids)
}

// Renditions are those of the current playlist of a video and its web videos,
// both best first.
func (s *Files) Renditions(ctx context.Context, id access.VideoID) (hls, web []Rendition, err error) {
	return s.store.ofOne(ctx, id)
}

// Extents are the segments of one file with their digests.
func (s *Files) Extents(ctx context.Context, id access.VideoID, file int64) ([]Extent, error) {
	packed, _, err := s.store.digests(ctx, id, file)
	if err != nil {
		return nil, err
	}
	return DecodeExtents(packed)
}

// Probed is ffprobe's description of one file of a video; nil when there is none.
func (s *Files) Probed(ctx context.Context, id access.VideoID, file int64) (json.RawMessage, error) {
	_, metadata, err := s.store.digests(ctx, id, file)
	return json.RawMessage(metadata), err
}

// PrivacyChanged ends what is remembered of a video whose privacy or passwords
// changed, and, if it opened or closed, moves its files to the other folder.
func (s *Files) PrivacyChanged(ctx context.Context, tx db.Tx, id access.VideoID, move bool) error {
	if err := s.swarmsChanged(ctx, tx, id); err != nil || !move {
		return err
	}
	if err := s.Retitled(ctx, tx, id); err != nil {
		return err
	}
	return s.enqueueMove(ctx, tx, id)
}

// Remove ends the swarms of a video that is about to be deleted and defers the
// removal of its files to a job of the same transaction.
func (s *Files) Remove(ctx context.Context, tx db.Tx, h access.Head) error {
	keys, err := s.store.allKeys(ctx, tx, h)
	if err != nil {
		return err
	}
	if err := s.swarmsChanged(ctx, tx, h.ID); err != nil {
		return err
	}
	return s.enqueueDelete(ctx, tx, keys)
}

// RemoveRetired removes masters that were retired their MasterLife ago.
func (s *Files) RemoveRetired(ctx context.Context, tx db.Tx) error {
	keys, err := s.store.dropMasters(ctx, tx, "m.retired_at <= ?", db.Millis(s.now().Add(-s.masterLife)))
	if err != nil {
		return err
	}
	tx.AfterCommit(s.Forget)
	return s.enqueueDelete(ctx, tx, keys)
}
