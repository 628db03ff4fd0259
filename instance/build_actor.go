package instance

import (
	"context"
	"path/filepath"

	"vidiverse/instance/actor"
	"vidiverse/instance/ap"
	"vidiverse/instance/db"
	"vidiverse/instance/rest"
)

// buildFollows lets the actors follow and be followed. Who finds them on other
// servers comes later, with FindWith.
func (i *Instance) buildFollows() {
	c := i.cfg
	f := actor.Federation{Jobs: i.jobs, News: i.news, Changed: func() { i.videos.Forget() }}
	f.Discard = func(ctx context.Context, tx db.Tx, files []string) error { return i.gallery.Discard(ctx, tx, files) }
	if c.Federation.Enabled {
		f.Resend, f.Scores = c.Federation.Every.Follows, c.Federation.Every.Scores
		f.Index, f.IndexEvery = c.Follows.Index, c.Federation.Every.FollowUp
		f.Rules = actor.Rules{
			NoInstanceFollowers: !c.Follows.Instance, ManualApproval: c.Follows.ManualApproval,
			NoChannelFollowers: !c.Follows.Channels, FollowBack: c.Follows.Back,
		}
	}
	i.actors.Federate(f)
}

// objects is the door for other servers.
func (i *Instance) objects() *ap.Door {
	config := i.cfg.clientConfig()
	return ap.New(ap.Config{
		PublicURL: i.public, Videos: i.videos, Actors: i.actors, Log: i.log,
		Objects: i.rendering, Inbox: i.taking(), Admit: i.gate(i.cfg.Limits.Objects),
		Discovery: ap.Discovery{
			Robots: i.cfg.Site.Robots, SecurityText: i.cfg.Site.SecurityText, Folder: filepath.Join(i.cfg.Files, "well-known"),
			Closed: !i.cfg.Federation.Enabled, Now: i.now, Description: i.cfg.Site.ShortDescription,
			Config: func() rest.ServerConfig { return config },
			Usage:  func(ctx context.Context) (ap.Usage, error) { return store{i.db}.usage(ctx, i.now()) },
		},
	})
}
