// Package federation tells other servers what happens here. It hears the news of
// the domain, renders what they may know, and has it delivered.
//
//	change ──▶ news ──▶ job ──▶ object ──▶ signed ──▶ delivery, in the job's transaction
//
// A change that is heard of twice is told twice at most, and receivers know
// activities again by their ids. What is told is what stands in the database by
// then: of many changes of a video in a row the last one is told.
//
// Its parts: object renders, delivery brings, fetch asks other servers, inbox
// takes what they send.
package federation

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/uptrace/bun"

	"vidiverse/instance/account"
	"vidiverse/instance/activitypub"
	"vidiverse/instance/actor"
	"vidiverse/instance/db"
	"vidiverse/instance/fault"
	"vidiverse/instance/federation/delivery"
	"vidiverse/instance/federation/object"
	"vidiverse/instance/job"
	"vidiverse/instance/news"
	"vidiverse/instance/video"
)

// Config is what a Service needs.
type Config struct {
	DB       *db.DB
	Jobs     *job.Queue
	News     *news.Board
	Actors   *actor.Service
	Videos   *video.Service
	Objects  *object.Renderer
	Delivery *delivery.Service
	Mutes    Mutes // nil: nobody is muted
	Log      *slog.Logger
	Now      func() time.Time

	Gap   time.Duration // between two updates of one video; default 3 s
	Views time.Duration // between two of the views, and of the downloads, of one video of ours that are told at once; default 10 s
}

// Mutes tells whom somebody does not hear; *block.Service is one.
type Mutes interface {
	// Owners are those whose mutes count for a reader.
	Owners(ctx context.Context, reader account.ID) ([]account.ID, error)
	Hidden(ctx context.Context, q bun.IDB, owners []account.ID, target account.ID, host string) (bool, error)
}

// Service tells. It is safe for concurrent use.
type Service struct {
	cfg   Config
	store store
	log   *slog.Logger

	mu      sync.Mutex
	updated map[video.ID]time.Time // when videos were last told of
	viewed  map[seen]time.Time     // when a view or download was
}

// The jobs of this package.
const (
	jobTell  = "federate"
	jobVideo = "federate-video"
)

// told are the changes that other servers hear of, each with what is said.
var told = map[news.What]func(*Service, context.Context, *job.Job, news.Change) error{
	news.VideoPublished:  (*Service).videoPublished,
	news.VideoChanged:    (*Service).videoChanged,
	news.VideoMoved:      (*Service).videoMoved,
	news.VideoGone:       (*Service).videoGone,
	news.VideoRated:      (*Service).videoRated,
	news.SettingsOfVideo: (*Service).videoSettings,
	news.SettingsOfGroup: (*Service).channelSettings,

	news.CommentMade:     (*Service).commentMade,
	news.CommentHeld:     (*Service).commentHeld,
	news.CommentApproved: (*Service).commentMade,
	news.CommentGone:     (*Service).commentGone,

	news.PlaylistMade:    (*Service).playlistMade,
	news.PlaylistChanged: (*Service).playlistChanged,
	news.PlaylistGone:    (*Service).playlistGone,

	news.FollowAsked:    (*Service).followAsked,
	news.FollowAccepted: (*Service).followAccepted,
	news.FollowRejected: (*Service).followRejected,
	news.FollowEnded:    (*Service).followEnded,

	news.ActorChanged: (*Service).actorChanged,
	news.ActorGone:    (*Service).actorGone,
	news.ReportMade:   (*Service).reportMade,
}

// New builds the service and has it hear the news. It starts nothing.
func New(c Config) *Service {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Gap == 0 {
		c.Gap = 3 * time.Second
	}
	if c.Views == 0 {
		c.Views = 10 * time.Second
	}
	s := &Service{cfg: c, store: store{c.DB}, log: c.Log, updated: map[video.ID]time.Time{}, viewed: map[seen]time.Time{}}
	var whats []news.What
	for what := range told {
		whats = append(whats, what)
	}
	c.News.Hear(jobTell, job.Options{Concurrency: 4, Timeout: time.Minute}, s.tell, whats...)
	c.Jobs.Handle(jobVideo, job.Options{Concurrency: 2, Timeout: time.Minute}, s.updateVideo)
	return s
}

// tell says what a change means. What is no longer there has nothing to be said
// of: its end is news of its own.
func (s *Service) tell(ctx context.Context, j *job.Job, c news.Change) error {
	err := told[c.What](s, ctx, j, c)
	if k := fault.KindOf(err); err != nil && (k == fault.NotFound || k == fault.Gone) {
		return nil
	}
	return err
}

// parcel is an activity and who gets it.
type parcel struct {
	from     actor.ID
	activity activitypub.Activity
	topic    string
	expires  time.Time
	to       delivery.Audience

	body []byte // signed, once it was wrapped
}

// wrap renders and signs what anybody gets. It must not run in a transaction.
func (s *Service) wrap(ctx context.Context, all []parcel) ([]parcel, error) {
	var out []parcel
	for _, p := range all {
		reaches, err := s.cfg.Delivery.Reaches(ctx, p.to)
		if err != nil {
			return nil, err
		}
		if !reaches {
			continue
		}
		raw, err := p.activity.JSON()
		if err != nil {
			return nil, err
		}
		if p.body, err = s.cfg.Delivery.Sign(ctx, p.from, raw); err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

// send has wrapped parcels delivered.
func (s *Service) send(ctx context.Context, tx db.Tx, wrapped []parcel) error {
	for _, p := range wrapped {
		a := delivery.Activity{From: p.from, Body: p.body, Topic: p.topic, Expires: p.expires}
		if err := s.cfg.Delivery.Send(ctx, tx, a, p.to); err != nil {
			return err
		}
	}
	return nil
}

// finish ends a job with what it has to say; also may write more, and be nil.
func (s *Service) finish(ctx context.Context, j *job.Job, all []parcel, also func(tx db.Tx) error) error {
	wrapped, err := s.wrap(ctx, all)
	if err != nil {
		return err
	}
	return j.Finish(ctx, func(tx db.Tx) error {
		if also != nil {
			if err := also(tx); err != nil {
				return err
			}
		}
		return s.send(ctx, tx, wrapped)
	})
}

func ids(numbers []int64) (all []actor.ID) {
	for _, n := range numbers {
		all = append(all, actor.ID(n))
	}
	return all
}
