package actor

import (
	"context"
	"time"

	"vidiverse/instance/db"
	"vidiverse/instance/job"
	"vidiverse/instance/news"
)

// Federation is what the service needs so that its actors follow and are
// followed. The zero value follows nobody elsewhere and tells nobody.
type Federation struct {
	Jobs   *job.Queue
	News   *news.Board
	Finder Finder // asked by jobs; nil, unless FindWith comes: other servers are not asked
	Rules  Rules

	Resend time.Duration // how often old follows of ours are looked for; 0 is never
	Scores time.Duration // how often scores of follows change; 0 is never

	Index      string        // address of a list of servers to follow; empty: none
	IndexEvery time.Duration // how often it is read; 0 is never

	// Discard has files of pictures removed that no row names once tx is committed;
	// nil lets them lie.
	Discard func(ctx context.Context, tx db.Tx, files []string) error

	// Changed runs after a follow came to count, or ceased to: lists show other
	// videos then. nil need not know.
	Changed func()
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
	s.fed = f
	if f.Jobs == nil {
		return
	}
	f.Jobs.Handle(keyJob, job.Options{Concurrency: 1}, s.makeKey)
	f.Jobs.Handle(followJob, job.Options{Concurrency: 2, Timeout: 2 * time.Minute}, s.runFollow)
	s.periodic(resendJob, f.Resend, s.ResendFollows)
	s.periodic(scoreJob, f.Scores, s.UpdateScores)
	if f.Index != "" {
		s.periodic(indexJob, f.IndexEvery, s.FollowIndex)
	}
}

// FindWith sets the Finder, which is built on this service. Call it before the
// queue's Serve.
func (s *Service) FindWith(f Finder) { s.fed.Finder = f }

func (s *Service) periodic(name string, interval time.Duration, do func(context.Context) error) {
	if interval == 0 {
		return
	}
	s.fed.Jobs.Handle(name, job.Options{Timeout: max(interval, time.Minute)}, func(ctx context.Context, _ *job.Job) error { return do(ctx) })
	s.fed.Jobs.Every(name, interval, job.Spec{Type: name, Attempts: 1})
}
