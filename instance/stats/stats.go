// Package stats counts who watches. A player reports every few seconds where it
// is; a viewer who watched for ten seconds is a view, once an hour.
//
//	report ──▶ viewings in memory ──▶ views to be written ──▶ counters, by a job
//	                    └──▶ how many watch now          └──▶ other servers
//	other servers ──▶ budgets ──▶ the same
//
// Nobody is named: addresses are hashed with a salt that dies with the process.
// What a crash loses is the views of one interval.
package stats

import (
	"context"
	"log/slog"
	"time"
	"unicode/utf8"

	"vidiverse/instance/db"
	"vidiverse/instance/fault"
	"vidiverse/instance/job"
	"vidiverse/instance/user"
	"vidiverse/instance/video"
)

// Config is what a Service needs; zero durations mean PeerTube's defaults.
type Config struct {
	DB     *db.DB
	Jobs   *job.Queue
	Videos *video.Service
	Now    func() time.Time

	CountAfter time.Duration // watched time that makes a view; default 10 s
	Tell       Teller        // tells other servers; nil tells nobody
	Log        *slog.Logger  // nil discards

	Expiry time.Duration // the same viewer counts again after; default 1 h
	Flush  time.Duration // between two writings of the counters; default 30 min
	Again  time.Duration // between two times that others are told who watches; default 90 s
}

// Service counts viewers. It is safe for concurrent use.
type Service struct {
	Config
	store     store
	views     *views
	elsewhere *elsewhere
}

// The jobs of this package.
const (
	jobFlush   = "videos-stats"
	jobTrend   = "videos-trend"
	jobViewers = "videos-viewers"
)

// New builds the service and registers its jobs; it starts nothing.
func New(c Config) *Service {
	if c.Now == nil {
		c.Now = time.Now
	}
	orElse(&c.CountAfter, 10*time.Second)
	orElse(&c.Expiry, time.Hour)
	orElse(&c.Flush, 30*time.Minute)
	orElse(&c.Again, viewerAgain)
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	s := &Service{Config: c, views: newViews(c.CountAfter, c.Expiry), elsewhere: newElsewhere()}
	s.periodic(jobFlush, c.Flush, s.FlushViews)
	s.periodic(jobViewers, c.Again, s.TellViewers)
	s.periodic(jobTrend, 24*time.Hour, s.Trend)
	return s
}

func orElse(d *time.Duration, otherwise time.Duration) {
	if *d == 0 {
		*d = otherwise
	}
}

func (s *Service) periodic(name string, interval time.Duration, do func(context.Context) error) {
	s.Jobs.Handle(name, job.Options{Timeout: time.Hour}, func(ctx context.Context, _ *job.Job) error { return do(ctx) })
	s.Jobs.Every(name, interval, job.Spec{Type: name, Attempts: 1})
}

// View is one report of a player.
type View struct {
	CurrentTime int    // seconds into the video
	Seek        bool   // the viewer jumped here
	Session     string // the player's own name for this viewing, or empty
	Address     string // of the viewer
}

const maxSession = 100 // characters

// View notes that somebody watches a video that they may see. Viewers are told
// apart by address and session.
func (s *Service) View(ctx context.Context, caller user.Caller, ref video.Ref, cred video.Credentials, v View) error {
	w, err := s.Videos.Visible(ctx, caller, ref, cred)
	if err != nil {
		return err
	}
	if v.CurrentTime < 0 || (!w.Live && v.CurrentTime > w.Seconds+1) {
		return fault.New(fault.Invalid, "Current time is invalid")
	}
	if utf8.RuneCountInString(v.Session) > maxSession {
		return fault.New(fault.Invalid, "Invalid session")
	}
	s.told(ctx, w, s.views.note(w, v, s.Now()))
	return nil
}

// Watching is how many view the video now: here, and as other servers say of
// theirs. Of a video of another server that one knows best.
func (s *Service) Watching(id video.ID) int {
	now := s.Now()
	here := s.views.watching(id, now)
	there, said := s.elsewhere.claimed(id, now)
	if said && s.elsewhere.isForeign(id) {
		return max(there, here)
	}
	return here + there
}

// Viewers is how many people watch something now, once for each video.
func (s *Service) Viewers() int { return s.views.all(s.Now()) }

// FlushViews writes the views counted since the last time.
func (s *Service) FlushViews(ctx context.Context) error {
	pending := s.views.take(s.Now())
	if len(pending) == 0 {
		return nil
	}
	day := today(s.Now())
	err := s.DB.Write(ctx, func(tx db.Tx) error {
		for id, t := range pending {
			if err := s.flush(ctx, tx, id, t, day); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		s.views.putBack(pending)
	}
	return err
}

// believed is how many views of other servers make a video trend beside those of
// our own viewers: numbers that others can invent shall not decide alone.
const believed = 100

// flush writes what a video was watched. The views of another server's video are
// counted there, and come with its next update.
func (s *Service) flush(ctx context.Context, tx db.Tx, id video.ID, t tally, day int64) error {
	if t.ours {
		if err := s.store.viewed(ctx, tx, id, t.here+t.elsewhere); err != nil {
			return err
		}
		if err := s.Videos.Changed(ctx, tx, id); err != nil {
			return err
		}
	}
	if err := s.store.add(ctx, tx, id, t.here+min(t.elsewhere, believed+10*t.here), day); err != nil {
		return err
	}
	return s.Videos.Rank(ctx, tx, id)
}

// trendingDays is how long a view makes its video trend.
const trendingDays = 7

// Trend forgets the views that are too old to make a video trend.
func (s *Service) Trend(ctx context.Context) error {
	return s.DB.Write(ctx, func(tx db.Tx) error { return s.store.trend(ctx, tx, today(s.Now())-trendingDays) })
}

// today is the days since 1970.
func today(now time.Time) int64 { return now.Unix() / (24 * 60 * 60) }
