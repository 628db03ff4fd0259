package instance

import (
	"vidiverse/instance/comment"
	"vidiverse/instance/notify"
	"vidiverse/instance/report"
)

func (i *Instance) buildComments() {
	i.comments = comment.New(comment.Config{
		DB: i.db, Jobs: i.jobs, Videos: i.videos, PublicURL: i.public, News: i.news, Now: i.now,
	})
	i.notices = notify.New(notify.Config{DB: i.db, Actors: i.actors, Blocks: i.blocks, News: i.news, Events: i.events, Now: i.now})
	i.buildSockets()
	i.reports = report.New(report.Config{DB: i.db, Videos: i.videos, Comments: i.comments, News: i.news, Now: i.now})
}
