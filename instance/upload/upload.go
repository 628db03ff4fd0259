// Package upload takes video files in, in one request or in chunks that
// survive lost connections and restarts, and hands what is really a video to
// the rest of the server. It knows no HTTP beyond the Content-Range and form
// fields that PeerTube's clients send; the door turns its errors into statuses.
//
//	Begin ──▶ open ──Append…──▶ open ──last byte──▶ processing ──▶ done
//	            │                                        │           └─ repeats get the same answer
//	            └── Cancel, an hour of silence,          └── not a video: row and file are gone
//	                a full disk: row and file are gone
//
// An open upload is a row and a file of the same name. A byte counts as
// received only once it is synced to disk, so after a crash the file is never
// shorter than the row says, and is cut back to it at start. Sizes of open
// uploads count against their owner's quota from the first moment.
package upload

import (
	"context"
	"log/slog"
	"time"

	"vidiverse/instance/blob"
	"vidiverse/instance/db"
	"vidiverse/instance/fault"
	"vidiverse/instance/ffmpeg"
	"vidiverse/instance/stream"
	"vidiverse/instance/user"
	"vidiverse/instance/video"
)

// ID names a resumable upload; it is unguessable.
type ID string

// Created is the video that an upload became.
type Created struct {
	ID   video.ID
	UUID string
}

// Progress is how far an upload is. Video is set once it became a video.
type Progress struct {
	Received, Size int64
	Video          *Created
}

// Videos is what this package asks of the videos.
type Videos interface {
	CheckDraft(ctx context.Context, caller user.Caller, d *video.Draft) error
	Create(ctx context.Context, tx db.Tx, caller user.Caller, d video.Draft, src stream.Source) (video.Video, error)
	QuotaUsed(ctx context.Context, id user.ID) (total, daily int64, err error)
	PutThumbnails(ctx context.Context, tx db.Tx, id video.ID, list []stream.Thumbnail) error
}

// Config is what a Service needs. Zero limits mean the defaults.
type Config struct {
	DB     *db.DB
	Blob   blob.Store
	Dir    string // folder of unfinished files, on the file system Blob adopts from
	Videos Videos
	// Quota returns a user's limits in bytes, in all and in 24 hours; negative is none.
	Quota func(ctx context.Context, id user.ID) (total, daily int64, err error)
	// Probe reads what a finished file holds; an *ffmpeg.Refusal is the file's fault.
	Probe func(ctx context.Context, path string) (ffmpeg.Probe, error)
	// Plan defers the transcoding of a new video in the transaction that makes
	// it; nil where nothing is transcoded.
	Plan func(ctx context.Context, tx db.Tx, id video.ID) error
	// Thumbnails makes the sizes of a picture that the user chose, and stores
	// them. nil refuses such pictures.
	Thumbnails func(ctx context.Context, picture string) ([]stream.Thumbnail, error)

	NoAudio  bool // refuse files of sound alone
	NoExtras bool // take only what browsers play: MP4, WebM, Ogg

	MaxSize int64         // of one file in bytes; default 50 GB
	MaxOpen int           // open uploads of one user; default 32
	Idle    time.Duration // silence after which an upload is given up; default 1 h
	Sync    int64         // bytes between two syncs; default 16 MiB
	Stall   time.Duration // silence after which a second client may take over; default 5 s
	Now     func() time.Time
	Log     *slog.Logger
}

// Service takes uploads. It is safe for concurrent use. Recover must have
// returned before the first call of the rest, and Expire wants to be called
// every few minutes.
type Service struct {
	Config
	store *store
	locks *locks
	users *locks // reservations of one user go one after the other
}

// New builds a Service; it opens and starts nothing.
func New(c Config) *Service {
	c.MaxSize = orElse(c.MaxSize, 50_000_000_000)
	c.MaxOpen = orElse(c.MaxOpen, 32)
	c.Idle = orElse(c.Idle, time.Hour)
	c.Sync = orElse(c.Sync, 16<<20)
	c.Stall = orElse(c.Stall, 5*time.Second)
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{Config: c, store: &store{db: c.DB}, locks: newLocks(c.Stall), users: newLocks(c.Stall)}
}

// Limits of the parts of a request.
const (
	maxPicture = 8 << 20 // bytes of a thumbnail, as PeerTube
	saveLimit  = 10 * time.Second
	workLimit  = 2 * time.Minute // inspecting a finished file
)

// record is one row of an upload.
type record struct {
	ID       ID
	User     user.ID
	Draft    string
	Filename string
	Mime     string
	Size     int64
	Received int64
	State    string
	Key      string
	VideoID  video.ID
	UUID     string
	Touched  time.Time
}

// States of a record.
const (
	open       = "open"
	processing = "processing"
	done       = "done"
	direct     = "direct"
)

func (r record) progress() Progress {
	p := Progress{Received: r.Received, Size: r.Size}
	if r.State == done {
		p.Video = &Created{ID: r.VideoID, UUID: r.UUID}
	}
	return p
}

func orElse[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}

var errUnknown = fault.New(fault.NotFound, "There is no such upload; it may have been cancelled, or given up after an hour without activity.")

// errFull answers every failure of the medium, and errBusy whoever comes while
// a finished file is looked at.
var (
	errFull = fault.New(fault.Unavailable, "The server has no space left for this video. Nothing of it was kept; please tell the administrator.")
	errBusy = fault.New(fault.Unavailable, "The upload has arrived and is being processed.").WithRetry(5 * time.Minute)
)
