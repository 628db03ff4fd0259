package fetch

import (
	"context"
	"fmt"
	"time"

	"vidiverse/instance/actor"
	"vidiverse/instance/db"
	"vidiverse/instance/fault"
	"vidiverse/instance/job"
	"vidiverse/instance/video"
)

// The jobs of this package, by PeerTube's names.
const (
	jobCrawl   = "activitypub-http-fetcher"
	jobRefresh = "activitypub-refresher"
	jobClean   = "activitypub-cleaner"
	jobRemove  = "activitypub-remover"
)

// What is crawled.
const (
	crawlOutbox    = "activity"
	crawlShares    = "video-shares"
	crawlComments  = "video-comments"
	crawlRates     = "video-rates"
	crawlChapters  = "video-chapters"
	crawlSettings  = "video-settings"
	crawlPlaylists = "account-playlists"
	crawlFollows   = "actor-follows"
	crawlPlaylist  = "video-playlist"
)

// What is refreshed.
const (
	refreshVideo    = "video"
	refreshActor    = "actor"
	refreshPlaylist = "video-playlist"
)

// task is the payload of the jobs.
type task struct {
	Kind  string `json:"type"`
	URL   string `json:"uri"`
	Video int64  `json:"video,omitempty"`
	Actor int64  `json:"actor,omitempty"`
	Fresh bool   `json:"fresh,omitempty"` // it was not known before
}

func (f *Fetcher) registerJobs() {
	q := f.cfg.Jobs
	slow := func(n int) time.Duration { return min(10*time.Second<<min(2*(n-1), 12), 12*time.Hour) }
	q.Handle(jobCrawl, job.Options{Concurrency: 16, Timeout: 40*f.cfg.Crawl.Time + time.Minute, Backoff: slow}, f.runCrawl)
	q.Handle(jobRefresh, job.Options{Concurrency: 8, Timeout: 2 * time.Minute, Backoff: slow}, f.runRefresh)
	q.Handle(jobClean, job.Options{Timeout: 12 * time.Hour}, func(ctx context.Context, _ *job.Job) error { return f.clean(ctx) })
	q.Handle(jobRemove, job.Options{Concurrency: 2, Timeout: time.Hour}, f.runRemove)
	q.Every(jobClean, f.cfg.Clean, job.Spec{Type: jobClean, Attempts: 1})
}

// want has something crawled after the caller's transaction, one crawl of a
// server after another. A video that went and came back is another video.
func (f *Fetcher) want(ctx context.Context, tx db.Tx, t task) error {
	_, err := f.cfg.Jobs.Enqueue(ctx, tx, job.Spec{
		Type: jobCrawl, Payload: t, Attempts: 7, OrderKey: "crawl:" + actor.HostOf(t.URL),
		DedupeKey: fmt.Sprintf("%s:%s:%d:%t:%s", jobCrawl, t.Kind, t.Video, t.Fresh, t.URL), Anew: true,
	})
	return err
}

// CrawlOutbox has all that an actor published read, once it is followed. Our own
// have nothing to read.
func (f *Fetcher) CrawlOutbox(ctx context.Context, tx db.Tx, a actor.Actor) error {
	if a.Local() || a.Outbox == "" || a.Gone() {
		return nil
	}
	return f.want(ctx, tx, task{Kind: crawlOutbox, URL: a.Outbox, Actor: int64(a.ID)})
}

// Explore has what an actor of another server published read, as far as what
// somebody looked for is worth.
func (f *Fetcher) Explore(ctx context.Context, a actor.Actor) error {
	if a.Local() || a.Outbox == "" || a.Gone() {
		return nil
	}
	return f.cfg.DB.Write(ctx, func(tx db.Tx) error {
		return f.want(ctx, tx, task{Kind: crawlOutbox, URL: a.Outbox, Actor: int64(a.ID), Fresh: true})
	})
}

// CrawlVideo has what hangs on a remote video read: all of it of one that is new or
// was read again, the totals of ratings of one that changed.
func (f *Fetcher) CrawlVideo(ctx context.Context, tx db.Tx, id video.ID, c video.Collections, address string, fresh bool) error {
	tasks := []task{{Kind: crawlRates, URL: address}}
	if fresh && c.Shares != "" {
		tasks = append(tasks, task{Kind: crawlShares, URL: c.Shares})
	}
	if fresh && c.Comments != "" && f.cfg.Comments != nil && !f.cfg.NoComments {
		tasks = append(tasks, task{Kind: crawlComments, URL: c.Comments})
	}
	if c.Chapters != "" {
		tasks = append(tasks, task{Kind: crawlChapters, URL: c.Chapters})
	}
	if fresh && c.Settings != "" {
		tasks = append(tasks, task{Kind: crawlSettings, URL: c.Settings})
	}
	for _, t := range tasks {
		if actor.HostOf(t.URL) != actor.HostOf(address) {
			continue // nobody makes us ask another server
		}
		t.Video = int64(id)
		if err := f.want(ctx, tx, t); err != nil {
			return err
		}
	}
	return nil
}

// stale has a copy read again if it is old. It asks once in a while at most.
func (f *Fetcher) stale(ctx context.Context, local bool, kind, address string, fetched time.Time) error {
	now := f.cfg.Now()
	if local || now.Sub(fetched) < f.cfg.Refresh {
		return nil
	}
	if _, ok := f.asked.Get(address, now); ok {
		return nil
	}
	f.asked.Put(address, true, now)
	return f.cfg.DB.Write(ctx, func(tx db.Tx) error {
		_, err := f.cfg.Jobs.Enqueue(ctx, tx, job.Spec{
			Type: jobRefresh, Payload: task{Kind: kind, URL: address}, Attempts: 1, DedupeKey: jobRefresh + ":" + address,
			OrderKey: "refresh:" + actor.HostOf(address),
		})
		return err
	})
}

// VideoSeen is told that somebody looks at a remote video, so that it is read
// again when it was long ago. Errors are logged: looking goes on.
func (f *Fetcher) VideoSeen(ctx context.Context, address string, fetched time.Time) {
	if err := f.stale(ctx, false, refreshVideo, address, fetched); err != nil && ctx.Err() == nil {
		f.cfg.Log.Warn("refresh not begun", "err", err)
	}
}

// PlaylistSeen is VideoSeen of a playlist.
func (f *Fetcher) PlaylistSeen(ctx context.Context, address string, fetched time.Time) {
	if err := f.stale(ctx, false, refreshPlaylist, address, fetched); err != nil && ctx.Err() == nil {
		f.cfg.Log.Warn("refresh not begun", "err", err)
	}
}

// ActorSeen is VideoSeen of an account or channel.
func (f *Fetcher) ActorSeen(ctx context.Context, address string, fetched time.Time) {
	if err := f.stale(ctx, false, refreshActor, address, fetched); err != nil && ctx.Err() == nil {
		f.cfg.Log.Warn("refresh not begun", "err", err)
	}
}

func (f *Fetcher) runRefresh(ctx context.Context, j *job.Job) error {
	var t task
	if err := j.Decode(&t); err != nil {
		return err
	}
	if closed, err := f.store.closed(ctx, actor.HostOf(t.URL), f.cfg.Now()); err != nil || closed {
		return err // who looks again later has it read
	}
	f.Forget(t.Kind + " " + t.URL)
	switch t.Kind {
	case refreshVideo:
		return f.RefreshVideo(ctx, t.URL)
	case refreshActor:
		return f.RefreshActor(ctx, t.URL)
	case refreshPlaylist:
		return f.refreshPlaylist(ctx, t.URL)
	}
	return job.Permanent(fmt.Errorf("what is to be refreshed: %q", t.Kind))
}

// RefreshActor reads an actor again. One that its server deleted is deleted with
// all that is its own; after another failure it is left for another while.
func (f *Fetcher) RefreshActor(ctx context.Context, address string) error {
	a, err := f.cfg.Actors.ByURL(ctx, f.cfg.DB.Read(), address)
	if err != nil || a.Local() || a.Gone() {
		return ignore(err, fault.NotFound)
	}
	_, err = f.FreshActor(ctx, address)
	switch {
	case err == nil || ctx.Err() != nil:
		return err
	case missing(err):
		return f.RemoveActor(ctx, a)
	}
	f.cfg.Log.Info("actor not refreshed", "instance", a.Host, "err", err)
	return f.cfg.DB.Write(ctx, func(tx db.Tx) error { return f.cfg.Actors.MarkFetched(ctx, tx, a.ID) })
}

func ignore(err error, kind fault.Kind) error {
	if fault.KindOf(err) == kind {
		return nil
	}
	return err
}
