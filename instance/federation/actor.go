package federation

import (
	"context"

	"vidiverse/instance/activitypub"
	"vidiverse/instance/actor"
	"vidiverse/instance/federation/delivery"
	"vidiverse/instance/federation/object"
	"vidiverse/instance/job"
	"vidiverse/instance/news"
)

// pair reads a follow and both who are in it.
func (s *Service) pair(ctx context.Context, id int64) (f actor.Follow, follower, target actor.Actor, err error) {
	q := s.cfg.DB.Read()
	if f, err = s.cfg.Actors.FollowByID(ctx, q, actor.FollowID(id)); err != nil {
		return f, follower, target, err
	}
	both, err := s.cfg.Actors.ByIDs(ctx, q, []actor.ID{f.Follower, f.Target})
	return f, both[f.Follower], both[f.Target], err
}

func (s *Service) followAsked(ctx context.Context, j *job.Job, c news.Change) error {
	f, follower, target, err := s.pair(ctx, c.ID)
	if err != nil || !follower.Local() || target.Local() {
		return err
	}
	p := parcel{
		from: follower.ID, activity: object.Follow(f.URL, follower.URL, target.URL), topic: "follow:" + f.URL,
		to: delivery.Audience{Personal: []actor.ID{target.ID}},
	}
	return s.finish(ctx, j, []parcel{p}, nil)
}

// followAccepted answers a follower elsewhere. That one of ours was let in is no
// news there.
func (s *Service) followAccepted(ctx context.Context, j *job.Job, c news.Change) error {
	f, follower, target, err := s.pair(ctx, c.ID)
	if err != nil || follower.Local() || !target.Local() || f.State != actor.Accepted {
		return err
	}
	a, err := s.cfg.Objects.Accept(int64(f.ID), object.Follow(f.URL, follower.URL, target.URL), target.URL)
	if err != nil {
		return err
	}
	return s.finish(ctx, j, []parcel{{from: target.ID, activity: a, to: delivery.Audience{Personal: []actor.ID{follower.ID}}}}, nil)
}

func (s *Service) followRejected(ctx context.Context, j *job.Job, c news.Change) error {
	g, by, err := s.gone(ctx, c)
	if err != nil {
		return err
	}
	a := s.cfg.Objects.Reject(s.cfg.Now(), g.Object, by.URL)
	return s.finish(ctx, j, []parcel{{from: by.ID, activity: a, to: delivery.Audience{Personal: ids(g.To)}}}, nil)
}

func (s *Service) followEnded(ctx context.Context, j *job.Job, c news.Change) error {
	g, by, err := s.gone(ctx, c)
	if err != nil {
		return err
	}
	to := object.Everybody(by.URL)
	a := activitypub.Activity{Type: "Undo", ID: g.URL + "/undo", Actor: by.URL, To: to.To, CC: to.CC, Object: g.Object}
	return s.finish(ctx, j, []parcel{{from: by.ID, activity: a, to: delivery.Audience{Personal: ids(g.To)}}}, nil)
}

// actorChanged tells the followers of an account or a channel, and of who shared
// its videos, what it says of itself now.
func (s *Service) actorChanged(ctx context.Context, j *job.Job, c news.Change) error {
	a, err := s.cfg.Actors.ByID(ctx, s.cfg.DB.Read(), actor.ID(c.ID))
	if err != nil || !a.Local() || a.Gone() {
		return err
	}
	doc, err := s.cfg.Objects.Actor(ctx, a.ID)
	if err != nil {
		return err
	}
	to := object.Everybody(a.URL)
	doc.To, doc.CC, doc.Context = to.To, to.CC, activitypub.Context("Actor") // PeerTube repeats it
	raw, err := object.Embed(doc)
	if err != nil {
		return err
	}
	sharers, err := s.store.sharersOf(ctx, a.ID)
	if err != nil {
		return err
	}
	p := parcel{
		from: a.ID, activity: object.Update(a.URL, a.URL, a.UpdatedAt, to, raw), topic: "update:" + a.URL,
		to: delivery.Audience{FollowersOf: append(sharers, a.ID)},
	}
	return s.finish(ctx, j, []parcel{p}, nil)
}

// actorGone says that an account or a channel is no more, with the key that it
// leaves behind.
func (s *Service) actorGone(ctx context.Context, j *job.Job, c news.Change) error {
	g, by, err := s.gone(ctx, c)
	if err != nil {
		return err
	}
	me, err := s.cfg.Actors.Instance(ctx)
	if err != nil {
		return err
	}
	p := parcel{
		from: by.ID, activity: object.Delete(g.URL, by.URL, nil),
		to: delivery.Audience{FollowersOf: append(ids(g.Via), by.ID, me.ID), Shared: ids(g.To)},
	}
	return s.finish(ctx, j, []parcel{p}, nil)
}
