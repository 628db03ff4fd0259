// Package transcode makes renditions of uploaded videos: HLS in fragmented MP4,
// web videos, or both, one file a resolution, and pictures of them.
//
//	Plan ─▶ job: best rendition (+ sound apart) + thumbnails ─▶ published
//	            └─▶ job: next lower rendition ─▶ … ─▶ source removed
//
// Each resolution is encoded once: a web video is the HLS file's streams in
// another container, and Again makes one kind from the other without a source.
//
// Each job ends in one transaction: rendition rows, a new master playlist, and
// the completion of the job. Files come first: they are made in a temporary
// folder, moved into the store under names that follow from the job's secret
// and the attempt, and then entered. An attempt that dies leaves files that the
// next one knows by name and removes. Jobs of one video run one by one, because
// each writes a master that lists all renditions.
//
// What a rendition looks like (sizes, rates, codecs) follows PeerTube 8.2; see
// ladder.go and encode.go. Rows belong to package video.
package transcode

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"time"

	"vidiverse/instance/access"
	"vidiverse/instance/blob"
	"vidiverse/instance/db"
	"vidiverse/instance/ffmpeg"
	"vidiverse/instance/job"
	"vidiverse/instance/stream"
	"vidiverse/instance/user"
	"vidiverse/instance/video"
)

// JobType is the type of the jobs, PeerTube's name for them.
const JobType = "video-transcoding"

const cleanupType = "transcoding-cleanup"

// Priorities, lower first: what gets a video published goes before what makes
// another one nicer.
const (
	firstPriority = 10
	lowerPriority = 100
)

// Library is what the engine needs of package video.
type Library interface {
	Work(ctx context.Context, id video.ID) (video.Work, error)
	Extents(ctx context.Context, id video.ID, file int64) ([]stream.Extent, error)
	MasterURL(uuid, name string, private bool) string
	PutRenditions(ctx context.Context, tx db.Tx, id video.ID, add []stream.Rendition, m stream.Master) error
	PutWebVideos(ctx context.Context, tx db.Tx, id video.ID, add []stream.Rendition, private bool) error
	PutThumbnails(ctx context.Context, tx db.Tx, id video.ID, list []stream.Thumbnail) error
	Publish(ctx context.Context, tx db.Tx, id video.ID) error
	Fail(ctx context.Context, tx db.Tx, id video.ID, reason string) error
	DropSource(ctx context.Context, tx db.Tx, id video.ID) error

	Managed(ctx context.Context, caller user.Caller, ref video.Ref) (access.Head, error)
	DropWebVideos(ctx context.Context, tx db.Tx, id video.ID, file int64) error
	DropRendition(ctx context.Context, tx db.Tx, id video.ID, file int64, m stream.Master) error
	DropPlaylist(ctx context.Context, tx db.Tx, id video.ID) error
}

// Config of an Engine. All but Log and Settings are required.
type Config struct {
	DB       *db.DB
	Blob     blob.Store
	TempDir  string // on the store's file system; emptied at start
	Jobs     *job.Queue
	Videos   Library
	Tools    *ffmpeg.Tools
	Settings Settings
	Disabled bool // files are published as they came, and Again refuses
	Log      *slog.Logger
}

// Engine transcodes. It is safe for concurrent use.
type Engine struct {
	Config
	limits ffmpeg.Limits
}

// New builds an engine and registers its jobs; the queue's Serve runs them.
func New(c Config) *Engine {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	c.Settings = c.Settings.withDefaults()
	e := &Engine{Config: c, limits: ffmpeg.TranscodeLimits}
	c.Jobs.Handle(JobType, job.Options{
		Concurrency: c.Settings.Concurrency,
		// A killed server is no fault of the video, and ffmpeg is a process of
		// its own: nothing in a job can kill us again and again.
		Crashes:    100,
		CrashPause: func(int) time.Duration { return 0 },
		Backoff:    func(n int) time.Duration { return time.Duration(n) * 15 * time.Second },
		OnFailed:   e.failed,
	}, e.run)
	c.Jobs.Handle(cleanupType, job.Options{}, e.cleanup)
	return e
}

// payload is what a job knows. A zero Rung is the first job of a video, which
// finds out by itself what to make.
type payload struct {
	Video  video.ID `json:"videoId"`
	UUID   string   `json:"videoUUID,omitempty"`
	Secret string   `json:"secret"`          // names of outputs follow from it
	Rung   *rung    `json:"rung,omitempty"`  // what to make
	Audio  bool     `json:"audio,omitempty"` // the rendition carries the sound itself
	Wanted []int    `json:"wanted,omitempty"`
	Web    bool     `json:"webVideo,omitempty"` // make web videos
	NoHLS  bool     `json:"noHls,omitempty"`    // make them alone
	Again  bool     `json:"again,omitempty"`    // the video is there already
	AsIs   bool     `json:"asIs,omitempty"`     // the file becomes the web video
	Done   float64  `json:"done,omitempty"`     // share of the later renditions' work before this job
	Share  float64  `json:"share,omitempty"`    // share of this one
}

func orderKey(id video.ID) string { return fmt.Sprintf("transcode:%d", id) }

// Plan enqueues the first job of a video in the caller's transaction; that job
// plans the rest. A video that is planned already is left alone.
func (e *Engine) Plan(ctx context.Context, tx db.Tx, id video.ID) error {
	p := payload{Video: id, Secret: rand.Text(), Web: e.Settings.WebVideos, NoHLS: e.Settings.NoHLS}
	if e.Disabled {
		p.Web, p.NoHLS, p.AsIs = true, true, true
	}
	_, err := e.Jobs.Enqueue(ctx, tx, job.Spec{
		Type: JobType, Priority: firstPriority, OrderKey: orderKey(id), DedupeKey: orderKey(id), Payload: p,
	})
	return err
}

// Progress reports how far the transcoding of videos is, in percent: up to
// being published, and then again up to the last rendition. Videos without an
// unfinished job are absent.
func (e *Engine) Progress(ctx context.Context, ids []video.ID) (map[video.ID]int, error) {
	wanted := make(map[video.ID]bool, len(ids))
	for _, id := range ids {
		wanted[id] = true
	}
	list, _, err := e.Jobs.List(ctx, job.Filter{
		Type: JobType, States: []job.State{job.Active, job.Waiting, job.Delayed}, Count: 1000,
	})
	if err != nil {
		return nil, err
	}
	got := map[video.ID]int{}
	for _, j := range list {
		var p payload
		if j.Decode(&p) != nil || !wanted[p.Video] {
			continue
		}
		percent := j.Percent
		if p.Rung != nil {
			percent = int(100*p.Done + p.Share*float64(j.Percent))
		}
		// Of several jobs of a video the one that is next counts.
		if old, ok := got[p.Video]; !ok || percent < old {
			got[p.Video] = min(percent, 99)
		}
	}
	return got, nil
}

// failed is the end of a job that will not be tried again: a video without a
// rendition says why, and what attempts left behind is removed.
func (e *Engine) failed(ctx context.Context, tx db.Tx, j job.Job, cause error) error {
	var p payload
	if err := j.Decode(&p); err != nil {
		return nil //nolint:nilerr // a payload that cannot be read names no video
	}
	if _, err := e.Jobs.Enqueue(ctx, tx, job.Spec{Type: cleanupType, Payload: leftovers{p, j.Attempt}}); err != nil {
		return err
	}
	if p.Rung != nil || p.Again {
		return nil // the video stays published with what it has, and keeps its source
	}
	return ignoreAbsent(e.Videos.Fail(ctx, tx, p.Video, reason(cause)))
}
