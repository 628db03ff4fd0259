package fetch

import (
	"context"

	"vidiverse/instance/account"
	"vidiverse/instance/actor"
	"vidiverse/instance/channel"
	"vidiverse/instance/db"
	"vidiverse/instance/fault"
	"vidiverse/instance/job"
)

// removal is how many rows one transaction deletes of somebody who is gone.
const removal = 50

// RemoveActor deletes an actor of another server that its server deleted.
func (f *Fetcher) RemoveActor(ctx context.Context, a actor.Actor) error {
	return f.cfg.DB.Write(ctx, func(tx db.Tx) error { return f.Retire(ctx, tx, a) })
}

// Retire deletes an actor of another server in the caller's transaction: it is
// gone at once, and what it made goes by a job.
func (f *Fetcher) Retire(ctx context.Context, tx db.Tx, a actor.Actor) error {
	if err := f.cfg.Actors.RetireRemote(ctx, tx, a.ID); err != nil {
		return err
	}
	_, err := f.cfg.Jobs.Enqueue(ctx, tx, job.Spec{Type: jobRemove, Payload: task{Kind: refreshActor, URL: a.URL, Actor: int64(a.ID)}, Attempts: 10})
	return err
}

func (f *Fetcher) runRemove(ctx context.Context, j *job.Job) error {
	var t task
	if err := j.Decode(&t); err != nil {
		return err
	}
	a, err := f.cfg.Actors.ByID(ctx, f.cfg.DB.Read(), actor.ID(t.Actor))
	if err != nil || a.Local() || !a.Gone() {
		return ignore(err, fault.NotFound)
	}
	if a.Kind == actor.Group {
		return f.emptyChannel(ctx, a.ID)
	}
	return f.emptyAccount(ctx, a.ID)
}

func (f *Fetcher) emptyChannel(ctx context.Context, id actor.ID) error {
	ch, err := f.cfg.Channels.ByActor(ctx, f.cfg.DB.Read(), id)
	if err != nil {
		return ignore(err, fault.NotFound)
	}
	if err := f.dropVideos(ctx, ch); err != nil {
		return err
	}
	return f.cfg.DB.Write(ctx, func(tx db.Tx) error { return f.cfg.Channels.Forget(ctx, tx, id) })
}

func (f *Fetcher) dropVideos(ctx context.Context, ch channel.ID) error {
	for {
		ids, err := f.store.videosOf(ctx, ch, removal)
		if err != nil || len(ids) == 0 {
			return err
		}
		err = f.cfg.DB.Write(ctx, func(tx db.Tx) error {
			for _, id := range ids {
				if err := ignore(f.cfg.Videos.RemoveRemote(ctx, tx, id), fault.NotFound); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
}

func (f *Fetcher) emptyAccount(ctx context.Context, id actor.ID) error {
	of, err := f.cfg.Accounts.ByActor(ctx, f.cfg.DB.Read(), id)
	if err != nil {
		return ignore(err, fault.NotFound)
	}
	channels, err := f.store.channelsOf(ctx, of)
	if err != nil {
		return err
	}
	for _, by := range channels {
		a, err := f.cfg.Actors.ByID(ctx, f.cfg.DB.Read(), by)
		if err != nil {
			return err
		}
		if !a.Gone() {
			err = f.cfg.DB.Write(ctx, func(tx db.Tx) error { return f.cfg.Actors.RetireRemote(ctx, tx, by) })
		}
		if err != nil {
			return err
		}
		if err := f.emptyChannel(ctx, by); err != nil {
			return err
		}
	}
	if err := f.dropRatings(ctx, of); err != nil {
		return err
	}
	if err := f.dropPlaylists(ctx, of); err != nil {
		return err
	}
	return f.cfg.DB.Write(ctx, func(tx db.Tx) error {
		if f.cfg.Comments != nil {
			if err := f.cfg.Comments.RemoveOfAccount(ctx, tx, of); err != nil {
				return err
			}
		}
		return f.cfg.Accounts.Forget(ctx, tx, id)
	})
}

func (f *Fetcher) dropRatings(ctx context.Context, of account.ID) error {
	for {
		list, err := f.store.ratingsOf(ctx, of, removal)
		if err != nil || len(list) == 0 {
			return err
		}
		err = f.cfg.DB.Write(ctx, func(tx db.Tx) error {
			for _, i := range list {
				if err := f.cfg.Videos.UnrateRemote(ctx, tx, i.video, of, i.rating); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
}

func (f *Fetcher) dropPlaylists(ctx context.Context, of account.ID) error {
	if f.cfg.Playlists == nil {
		return nil
	}
	list, err := f.store.playlistsOf(ctx, of)
	if err != nil {
		return err
	}
	for _, address := range list {
		if err := f.cfg.DB.Write(ctx, func(tx db.Tx) error { return f.cfg.Playlists.RemoveRemote(ctx, tx, address) }); err != nil {
			return err
		}
	}
	return nil
}
