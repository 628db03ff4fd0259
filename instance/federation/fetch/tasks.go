package fetch

import (
	"context"
	"errors"
	"time"

	"vidiverse/instance/activitypub"
	"vidiverse/instance/actor"
	"vidiverse/instance/comment"
	"vidiverse/instance/db"
	"vidiverse/instance/fault"
	"vidiverse/instance/video"
)

// outboxTimes is how many times the usual bounds an outbox has that is followed.
const outboxTimes = 40

// each runs do for the members of a collection. What one of them is worth
// changes nothing for the others; a server that does not answer ends the walk.
func (f *Fetcher) each(ctx context.Context, c *crawl, address string, do func(activitypub.Item) error) error {
	failures := 0
	for item, err := range c.all(ctx, address) {
		if err != nil {
			return err
		}
		err = do(item)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if errors.Is(err, errTruncated) {
			return err
		}
		if err == nil {
			failures = 0
			continue
		}
		const most = 10
		if failures++; passing(err) && failures >= most {
			return err
		}
		f.cfg.Log.Debug("item not kept", "instance", actor.HostOf(item.ID), "err", err)
		if passing(err) {
			c.whole = false
		}
	}
	return nil
}

// crawlOutbox keeps the videos that an actor made or shared.
func (f *Fetcher) crawlOutbox(ctx context.Context, t task) error {
	by, err := f.cfg.Actors.ByID(ctx, f.cfg.DB.Read(), actor.ID(t.Actor))
	if err != nil || by.Local() || by.Gone() {
		return ignore(err, fault.NotFound)
	}
	times := outboxTimes
	if t.Fresh { // only looked for
		times = 1
	}
	return f.each(ctx, f.crawling(times), t.URL, func(item activitypub.Item) error {
		a, err := activitypub.ReadActivity(item.Raw)
		if err != nil || actor.HostOf(a.ID) != by.Host || a.Actor != by.URL && actor.HostOf(a.Actor) != by.Host {
			return malformed(err)
		}
		switch a.Type {
		case "Create":
			if actor.HostOf(a.ObjectID) != by.Host || a.ObjectType != "" && a.ObjectType != "Video" {
				return nil
			}
			_, err = f.Video(ctx, a.ObjectID)
			return err
		case "Announce":
			return f.shared(ctx, a, a.Actor)
		}
		return nil
	})
}

// shared keeps a share with its video. Only instances and channels share.
func (f *Fetcher) shared(ctx context.Context, a activitypub.Activity, sharer string) error {
	if actor.HostOf(a.ID) != actor.HostOf(sharer) || a.Actor != sharer {
		return fault.New(fault.Forbidden, "The share is of another server.")
	}
	by, err := f.Actor(ctx, sharer)
	if err != nil || by.Kind == actor.Person || by.Local() {
		return err
	}
	id, err := f.Video(ctx, a.ObjectID)
	if err != nil {
		return err
	}
	return f.cfg.DB.Write(ctx, func(tx db.Tx) error {
		_, err := f.cfg.Videos.PutShare(ctx, tx, video.Share{Video: id, Actor: by.ID, URL: a.ID, At: f.cfg.Now()})
		return err
	})
}

// crawlShares keeps who shares a remote video, and ends shares that are no more.
func (f *Fetcher) crawlShares(ctx context.Context, t task) error {
	v, err := f.remote(ctx, t)
	if err != nil {
		return ignore(err, fault.NotFound)
	}
	var seen []string
	c := f.crawling(1)
	err = f.each(ctx, c, t.URL, func(item activitypub.Item) error {
		seen = append(seen, item.ID)
		if known, err := f.cfg.Videos.Shared(ctx, f.cfg.DB.Read(), item.ID); err != nil || known {
			return err
		}
		raw, id, err := f.object(ctx, item.ID)
		if err != nil || id.Type != "Announce" {
			return err
		}
		a, err := activitypub.ReadActivity(raw)
		if err != nil || a.ObjectID != v.URL {
			return malformed(err)
		}
		return f.shared(ctx, a, a.Actor)
	})
	if err != nil || !c.whole {
		return err
	}
	return f.cfg.DB.Write(ctx, func(tx db.Tx) error { return f.cfg.Videos.KeepShares(ctx, tx, v.ID, seen) })
}

// crawlComments keeps the comments of a remote video, and drops those that its
// server does not list any more.
func (f *Fetcher) crawlComments(ctx context.Context, t task) error {
	v, err := f.remote(ctx, t)
	if err != nil {
		return ignore(err, fault.NotFound)
	}
	since := f.cfg.Now().Truncate(time.Millisecond)
	c := f.crawling(1)
	err = f.each(ctx, c, t.URL, func(item activitypub.Item) error {
		known, err := f.cfg.Comments.ByURL(ctx, f.cfg.DB.Read(), item.ID)
		if fault.KindOf(err) == fault.NotFound {
			_, err = f.Comment(ctx, item.ID)
			return err
		}
		if err != nil || known.Video != v.ID {
			return err
		}
		return f.cfg.DB.Write(ctx, func(tx db.Tx) error {
			_, _, err := f.cfg.Comments.SaveRemote(ctx, tx, comment.Remote{
				URL: known.URL, Video: known.Video, Account: known.Account, Parent: known.Parent, Text: known.Text, Approval: known.Approval,
				DeletedAt: known.DeletedAt,
			})
			return err
		})
	})
	if err != nil || !c.whole {
		return err
	}
	return f.cfg.DB.Write(ctx, func(tx db.Tx) error {
		_, err := f.cfg.Comments.DropUnseen(ctx, tx, v.ID, since)
		return err
	})
}

// remote finds the video of a task, which must be of another server still.
func (f *Fetcher) remote(ctx context.Context, t task) (video.RemoteState, error) {
	h, err := f.cfg.Videos.Head(ctx, f.cfg.DB.Read(), video.ID(t.Video))
	if err != nil {
		return video.RemoteState{}, err
	}
	if h.Local {
		return video.RemoteState{}, fault.New(fault.NotFound, "The video is of this server.")
	}
	return f.cfg.Videos.RemoteByURL(ctx, f.cfg.DB.Read(), h.URL)
}

// crawlRates reads how many like and dislike a remote video.
func (f *Fetcher) crawlRates(ctx context.Context, t task) error {
	v, err := f.remote(ctx, t)
	if err != nil {
		return ignore(err, fault.NotFound)
	}
	likes, err := f.total(ctx, v.Likes, actor.HostOf(v.URL))
	if err != nil {
		return err
	}
	dislikes, err := f.total(ctx, v.Dislikes, actor.HostOf(v.URL))
	if err != nil {
		return err
	}
	return f.cfg.DB.Write(ctx, func(tx db.Tx) error { return f.cfg.Videos.SetRates(ctx, tx, v.ID, likes, dislikes) })
}

// crawlFollows reads how many follow an actor and how many it follows.
func (f *Fetcher) crawlFollows(ctx context.Context, t task) error {
	a, err := f.cfg.Actors.ByURL(ctx, f.cfg.DB.Read(), t.URL)
	if err != nil || a.Local() || a.Gone() {
		return ignore(err, fault.NotFound)
	}
	followers, err := f.total(ctx, a.Followers, a.Host)
	if err != nil {
		return err
	}
	following, err := f.total(ctx, a.Following, a.Host)
	if err != nil {
		return err
	}
	return f.cfg.DB.Write(ctx, func(tx db.Tx) error {
		return f.store.setFollows(ctx, tx, a.ID, max(followers, 0), max(following, 0), t.Fresh)
	})
}

func (f *Fetcher) readChapters(ctx context.Context, t task) error {
	v, err := f.remote(ctx, t)
	if err != nil {
		return ignore(err, fault.NotFound)
	}
	raw, _, err := f.object(ctx, t.URL)
	if err != nil {
		return err
	}
	o, err := activitypub.ReadChapters(raw)
	if err != nil {
		return malformed(err)
	}
	var list []video.Chapter
	for _, c := range o.HasPart {
		list = append(list, video.Chapter{At: int(min(max(c.StartOffset, 0), 1<<30)), Title: db.Storable(c.Name)})
	}
	return f.cfg.DB.Write(ctx, func(tx db.Tx) error { return f.cfg.Videos.SaveChapters(ctx, tx, v.ID, list) })
}

func (f *Fetcher) readSettings(ctx context.Context, t task) error {
	v, err := f.remote(ctx, t)
	if err != nil {
		return ignore(err, fault.NotFound)
	}
	raw, _, err := f.object(ctx, t.URL)
	if err != nil {
		return err
	}
	o, err := activitypub.ReadPlayerSettings(raw)
	if err != nil || string(o.Object) != v.URL {
		return malformed(err)
	}
	return f.cfg.DB.Write(ctx, func(tx db.Tx) error { return f.cfg.Videos.SaveTheme(ctx, tx, v.ID, o.Theme) })
}
