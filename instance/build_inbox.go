package instance

import (
	"context"
	"time"

	"vidiverse/instance/ap"
	"vidiverse/instance/federation/fetch"
	"vidiverse/instance/federation/inbox"
	"vidiverse/instance/video"
)

// buildInbox has other servers' objects read, and what they deliver taken. A
// closed instance does neither.
func (i *Instance) buildInbox() {
	c := i.cfg.Federation
	if !c.Enabled {
		return
	}
	f := fetch.Config{
		DB: i.db, Jobs: i.jobs, Client: i.outside, Actors: i.actors, Accounts: i.accounts, Channels: i.channels, Videos: i.videos,
		Comments: i.comments, Playlists: i.playlists, Log: i.log, Now: i.now, Refresh: c.Every.Refresh, Clean: c.Every.Clean,
		NoComments: !c.RemoteComments,
	}
	f.Answered = func(_ context.Context, host string, ok bool) { i.actors.ScoreSource(host, ok) }
	if c.SignFetches {
		f.Sign = fetch.SignedBy(i.actors, i.now)
	}
	if !c.CleanRemote {
		f.Clean = -1
	}
	i.fetch = fetch.New(f)
	i.actors.FindWith(i.fetch)
	i.inbox = inbox.New(inbox.Config{
		DB: i.db, Jobs: i.jobs, Actors: i.actors, Accounts: i.accounts, Channels: i.channels, Videos: i.videos, Fetch: i.fetch,
		Comments: i.comments, Blocks: i.blocks, Delivery: i.delivery, Reports: i.reports, Stats: i.stats, Playlists: i.playlists,
		NoComments: !c.RemoteComments, Mirrors: inbox.Mirrors(c.AcceptMirrors), Client: i.remote, Log: i.log, Now: i.now,
	})
}

// looked has what is known of another server's video read again when it is old.
func (i *Instance) looked(ctx context.Context, v video.Video, m video.RemoteMedia) {
	if i.fetch != nil {
		i.fetch.VideoSeen(ctx, v.URL, m.FetchedAt)
	}
}

// seen is looked of accounts and channels.
func (i *Instance) seen(ctx context.Context, address string, fetched time.Time) {
	if i.fetch != nil {
		i.fetch.ActorSeen(ctx, address, fetched)
	}
}

// waiting is how much of what other servers delivered is not worked on yet.
func (i *Instance) waiting(ctx context.Context) (int, error) {
	if i.inbox == nil {
		return 0, nil
	}
	return i.inbox.Waiting(ctx)
}

// taking is the inbox as the door has it; nil where the instance is closed.
func (i *Instance) taking() ap.Inbox {
	if i.inbox == nil {
		return nil
	}
	return i.inbox
}
