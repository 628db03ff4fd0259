package instance

import (
	"vidiverse/instance/api"
	"vidiverse/instance/federation"
	"vidiverse/instance/federation/delivery"
	"vidiverse/instance/federation/object"
)

// buildFederation has other servers hear what happens here. A closed instance
// tells nobody.
func (i *Instance) buildFederation() {
	c := i.cfg.Federation
	i.rendering = object.New(object.Config{DB: i.db, PublicURL: i.public, Actors: i.actors, Videos: i.videos, AccountOnly: c.AccountOnly})
	i.delivery = delivery.New(delivery.Config{
		DB: i.db, Jobs: i.jobs, Keys: i.actors, Client: i.outside, Score: i.actors.ScoreHost, Log: i.log, Now: i.now,
		Sweep: c.Every.Deliver,
	})
	if !c.Enabled {
		return
	}
	i.federation = federation.New(federation.Config{
		DB: i.db, Jobs: i.jobs, News: i.news, Actors: i.actors, Videos: i.videos, Objects: i.rendering, Delivery: i.delivery, Mutes: i.blocks, Log: i.log, Now: i.now,
	})
	i.stats.Tell = i.federation // it stands on the floor above
}

// commands are what an administrator may have done at once.
func (i *Instance) commands() api.Commands {
	return api.Commands{
		"remove-dandling-resumable-uploads": i.uploads.Expire, // PeerTube writes it so
		"process-video-stats-buffer":        i.stats.FlushViews,
		"process-video-viewers":             i.stats.TellViewers,
		"process-update-videos-scheduler":   i.videos.RunSchedules,
	}
}
