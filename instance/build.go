package instance

import (
	"context"
	"fmt"
	"net/url"
	"path/filepath"
	"time"

	"github.com/thejerf/suture/v4"

	"vidiverse/instance/account"
	"vidiverse/instance/actor"
	"vidiverse/instance/block"
	"vidiverse/instance/channel"
	"vidiverse/instance/comment"
	"vidiverse/instance/federation"
	"vidiverse/instance/federation/delivery"
	"vidiverse/instance/federation/fetch"
	"vidiverse/instance/federation/inbox"
	"vidiverse/instance/federation/object"
	"vidiverse/instance/ffmpeg"
	"vidiverse/instance/gallery"
	"vidiverse/instance/job"
	"vidiverse/instance/news"
	"vidiverse/instance/playlist"
	"vidiverse/instance/report"
	"vidiverse/instance/search"
	"vidiverse/instance/stats"
	"vidiverse/instance/transcode"
	"vidiverse/instance/upload"
	"vidiverse/instance/user"
	"vidiverse/instance/video"
	"vidiverse/p2p/guard"
	"vidiverse/p2p/tracker"
)

// services are the parts of an instance, built once by build.
type services struct {
	public    *url.URL
	tools     ffmpeg.Tools
	jobs      *job.Queue
	actors    *actor.Service
	accounts  *account.Service
	channels  *channel.Service
	users     *user.Service
	blocks    *block.Service
	comments  *comment.Service
	reports   *report.Service
	playlists *playlist.Service
	videos    *video.Service
	stats     *stats.Service
	engine    *transcode.Engine
	uploads   *upload.Service
	tracker   *tracker.Tracker
	outside   *guard.Client
	gallery   *gallery.Service
	news      *news.Board
	search    *search.Service
	told

	rendering  *object.Renderer
	delivery   *delivery.Service
	federation *federation.Service // nil, like the next two: the instance is closed
	fetch      *fetch.Fetcher
	inbox      *inbox.Inbox

	firstPassword string // made for root in this start
}

// owner names this process in leases. A data folder has one process, so a
// killed server's jobs are its own again at once.
const owner = "instance"

// build makes every service. It starts nothing and writes nothing.
func (i *Instance) build(_ context.Context) (err error) {
	if i.public, err = url.Parse(i.cfg.URL); err != nil {
		return fmt.Errorf("public address: %w", err)
	}
	i.remote = remote(i.cfg.TrustProxy)
	i.jobs = job.New(i.db, job.Config{Log: i.log, Owner: owner})
	i.news = news.New(i.jobs)
	i.buildOutside()
	if err := i.buildPeople(); err != nil {
		return err
	}
	i.buildBlocks()
	i.buildVideos()
	i.buildFederation()
	i.buildGallery()
	i.buildComments()
	i.buildPlaylists()
	i.buildInbox()
	i.buildTracker()
	return i.buildSearch()
}

func (i *Instance) buildPeople() (err error) {
	i.actors = actor.New(i.db, i.public, i.now)
	i.buildFollows()
	i.accounts = account.New(i.db, i.actors, i.now)
	i.channels = channel.New(channel.Config{
		DB: i.db, Actors: i.actors, Accounts: i.accounts, Now: i.now,
		Videos:     func() channel.Videos { return contents{i.videos, i.playlists} },
		Leaving:    i.leaving,
		MaxPerUser: i.cfg.User.MaxChannels, DefaultName: i.cfg.User.ChannelName,
	})
	i.users, err = user.New(user.Config{
		DB: i.db, Log: i.log, Now: i.now, Households: household{i.channels, i},
		Jobs: i.jobs, News: i.news, Empty: i.emptyUser, SignUp: i.cfg.signUp(),
		AccessLifetime: i.cfg.Tokens.Access, RefreshLifetime: i.cfg.Tokens.Refresh,
		MinPassword: i.cfg.User.PasswordMin, NSFWPolicy: i.cfg.Site.NSFWPolicy, AdminEmail: i.cfg.AdminEmail,
		VideoQuota: i.cfg.User.Quota, VideoQuotaDaily: i.cfg.User.DailyQuota,
	})
	return err
}

func (i *Instance) buildVideos() {
	i.videos = video.New(video.Config{
		DB: i.db, Blob: i.files, Jobs: i.jobs, PublicURL: i.public, Log: i.log, Now: i.now,
		Transcodes: true,                  // or at least makes pictures and moves the file
		Torrents:   i.cfg.Tracker.Enabled, // they would name a tracker that refuses
		News:       i.news, Mutes: i.blocks.Owners, Theme: i.cfg.Player.Theme, FederateUnlisted: i.cfg.Federation.Unlisted,
		Clean: i.cfg.Federation.Every.Expire,
		// These stand on floors above; they are there before anyone asks.
		Progress: func(ctx context.Context, ids []video.ID) (map[video.ID]int, error) {
			return i.engine.Progress(ctx, ids)
		},
		Viewers:     func(id video.ID) int { return i.stats.Watching(id) },
		Looked:      i.looked,
		LiveChanged: i.liveChanged,
		Swarms: func(hashes [][20]byte) {
			for _, h := range hashes {
				i.tracker.Forget(h)
			}
		},
	})
	views := i.cfg.Views
	i.stats = stats.New(stats.Config{
		DB: i.db, Jobs: i.jobs, Videos: i.videos, Log: i.log, Now: i.now,
		CountAfter: views.CountAfter, Expiry: views.Expire, Flush: views.Flush, Again: i.cfg.Federation.Every.Viewers,
	})
	i.engine = transcode.New(transcode.Config{
		DB: i.db, Blob: i.files, TempDir: i.files.TempDir(), Jobs: i.jobs, Videos: i.videos, Tools: &i.tools, Log: i.log,
		Settings: i.cfg.transcoding(), Disabled: !i.cfg.Transcode.Enabled,
	})
	i.buildUploads()
}

func (i *Instance) buildUploads() {
	coding := i.cfg.Transcode
	c := upload.Config{
		DB: i.db, Blob: i.files, Dir: filepath.Join(i.cfg.Files, "tmp-persistent"), Videos: i.videos, Log: i.log, Now: i.now,
		Quota: i.quota, Probe: i.tools.Probe, Thumbnails: i.engine.Thumbnails,
		NoAudio: !coding.Enabled || !coding.AudioFiles, NoExtras: !coding.Enabled || !coding.AdditionalTypes,
	}
	c.Plan = i.engine.Plan
	i.uploads = upload.New(c)
	i.periodic("expire-uploads", 10*time.Minute, i.uploads.Expire)
}

func (c Config) transcoding() transcode.Settings {
	s := transcode.Settings{
		Resolutions: c.Transcode.Resolutions, AlwaysOriginal: c.Transcode.AlwaysOriginal, MaxFPS: c.Transcode.MaxFPS,
		Threads: c.Transcode.Threads, Concurrency: c.Transcode.Concurrency, SplitAudio: c.Transcode.SplitAudio,
		WebVideos: c.Transcode.WebVideos, NoHLS: !c.Transcode.HLS,
		KeepOriginal: c.Transcode.KeepOriginal, ThumbnailFrames: c.Thumbnails.Frames,
	}
	for _, size := range c.Thumbnails.Sizes {
		s.ThumbnailSizes = append(s.ThumbnailSizes, transcode.Size(size))
	}
	return s
}

func (i *Instance) buildTracker() {
	c := i.cfg.Tracker
	_, socket := tracker.Addresses(i.public)
	t := tracker.Config{
		Disabled: !c.Enabled, Public: !c.Private, Allow: allow(i.videos.SwarmAllowed),
		TrustProxy: i.cfg.TrustProxy, RejectTooManyAnnounces: c.RejectMad, Socket: socket,
	}
	if c.Introductions == "mirrors-only" {
		t.Introductions = tracker.MirrorsOnly
	}
	if len(c.Nodes) > 0 {
		keys := tracker.Keys{}
		for _, k := range c.Nodes {
			keys[k] = true
		}
		t.Nodes = keys
	}
	i.tracker = tracker.New(t)
}

// periodic has a job run do once in each interval.
func (i *Instance) periodic(name string, interval time.Duration, do func(context.Context) error) {
	i.jobs.Handle(name, job.Options{Timeout: interval}, func(ctx context.Context, _ *job.Job) error { return do(ctx) })
	i.jobs.Every(name, interval, job.Spec{Type: name, Attempts: 1})
}

// quota is what a user may hold, in all and a day.
func (i *Instance) quota(ctx context.Context, id user.ID) (total, daily int64, err error) {
	me, err := i.users.Me(ctx, id)
	return me.VideoQuota, me.VideoQuotaDaily, err
}

// allow makes a function the tracker's allow list.
type allow func(ctx context.Context, hash [20]byte) (bool, error)

// Allowed implements tracker.Allower.
func (a allow) Allowed(ctx context.Context, hash [20]byte) (bool, error) { return a(ctx, hash) }

// begin does what must be done before the first request.
func (i *Instance) begin(ctx context.Context) (err error) {
	if err := i.accounts.EnsureInstance(ctx); err != nil {
		return fmt.Errorf("make the instance's account: %w", err)
	}
	if i.firstPassword, _, err = i.users.EnsureRoot(ctx, i.cfg.RootPassword); err != nil {
		return fmt.Errorf("make root: %w", err)
	}
	if err := i.playlists.EnsureWatchLater(ctx); err != nil {
		return fmt.Errorf("make playlists: %w", err)
	}
	if err := i.uploads.Recover(ctx); err != nil {
		return fmt.Errorf("take up uploads: %w", err)
	}
	return nil
}

// running is everything that runs beside the requests.
func (i *Instance) running() []suture.Service {
	all := []suture.Service{i.jobs, i.tracker, i.sockets}
	if i.cfg.Metrics != "" {
		all = append(all, metricsService{i})
	}
	return all
}
