package instance

import (
	"context"

	"vidiverse/instance/actor"
	"vidiverse/instance/ap"
	"vidiverse/instance/rest"
)

// buildFollows lets the actors follow and be followed.
func (i *Instance) buildFollows() {
	c := i.cfg
	f := actor.Federation{Jobs: i.jobs, News: i.news}
	if c.Federation.Enabled {
		f.Finder = i.finder()
		f.Resend, f.Scores = c.Federation.Every.Follows, c.Federation.Every.Scores
		f.Rules = actor.Rules{
			NoInstanceFollowers: !c.Follows.Instance, ManualApproval: c.Follows.ManualApproval,
			NoChannelFollowers: !c.Follows.Channels, FollowBack: c.Follows.Back,
		}
	}
	i.actors.Federate(f)
}

// finder asks other servers for actors; nil where there is nothing to ask with.
func (i *Instance) finder() actor.Finder { return nil }

// objects is the door for other servers.
func (i *Instance) objects() *ap.Door {
	config := i.cfg.clientConfig()
	return ap.New(ap.Config{
		PublicURL: i.public, Videos: i.videos, Actors: i.actors, Log: i.log,
		Objects: i.rendering,
		Discovery: ap.Discovery{
			Closed: !i.cfg.Federation.Enabled, Now: i.now, Description: i.cfg.Site.ShortDescription,
			Config: func() rest.ServerConfig { return config },
			Usage:  func(ctx context.Context) (ap.Usage, error) { return store{i.db}.usage(ctx, i.now()) },
		},
	})
}
