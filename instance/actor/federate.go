package actor

import (
	"context"
	"time"

	"vidiverse/instance/job"
	"vidiverse/instance/news"
)

// Federation is what the service needs so that its actors follow and are
// followed. The zero value follows nobody elsewhere and tells nobody.
type Federation struct {
	Jobs   *job.Queue
	News   *news.Board
	Finder Finder // asked by jobs; nil: other servers are not asked
	Rules  Rules

	Resend time.Duration // a follow of ours is sent again after it; default 7 days
	Scores time.Duration // how often scores of followers change; default 20 h
}

// Finder finds actors on other servers. It is package federation/fetch.
type Finder interface {
	// ActorByHandle finds name@host by WebFinger and reads its document.
	ActorByHandle(ctx context.Context, name, host string) (Actor, error)
	// InstanceActor finds the actor that stands for a whole server: what its
	// NodeInfo names, else peertube@host.
	InstanceActor(ctx context.Context, host string) (Actor, error)
}

// Rules says whom this server lets follow. The zero value is PeerTube's.
type Rules struct {
	NoInstanceFollowers bool // nobody may follow this server
	ManualApproval      bool // a follower of this server waits for an administrator
	NoChannelFollowers  bool // nobody may follow accounts and channels from elsewhere
	FollowBack          bool // this server follows the servers that follow it
}

// Federate connects the service. Call it once, before the queue's Serve and
// before the first actor is made.
func (s *Service) Federate(f Federation) {
	if f.Resend == 0 {
		f.Resend = 7 * 24 * time.Hour
	}
	if f.Scores == 0 {
		f.Scores = 20 * time.Hour
	}
	s.fed = f
	if f.Jobs == nil {
		return
	}
	f.Jobs.Handle(keyJob, job.Options{Concurrency: 1}, s.makeKey)
	f.Jobs.Handle(followJob, job.Options{Concurrency: 2, Timeout: 2 * time.Minute}, s.runFollow)
	s.periodic(resendJob, min(f.Resend, time.Hour), s.ResendFollows)
	s.periodic(scoreJob, f.Scores, s.UpdateScores)
}

func (s *Service) periodic(name string, interval time.Duration, do func(context.Context) error) {
	s.fed.Jobs.Handle(name, job.Options{Timeout: max(interval, time.Minute)}, func(ctx context.Context, _ *job.Job) error { return do(ctx) })
	s.fed.Jobs.Every(name, interval, job.Spec{Type: name, Attempts: 1})
}
