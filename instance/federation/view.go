package federation

import (
	"context"
	"time"

	"vidiverse/instance/activitypub"
	"vidiverse/instance/actor"
	"vidiverse/instance/db"
	"vidiverse/instance/fault"
	"vidiverse/instance/federation/delivery"
	"vidiverse/instance/federation/object"
	"vidiverse/instance/video"
)

// audience is who hears what this server says of a video, and how it is written:
// all who follow a video of ours, else its own server. ok is false for videos
// that nobody was told of.
func (s *Service) audience(f object.Facts) (to delivery.Audience, written object.Audience, ok bool) {
	if f.Local {
		return delivery.Audience{FollowersOf: f.Involved()}, f.Audience(), f.Told
	}
	return delivery.Audience{Shared: []actor.ID{f.Owner.ID}}, f.Origin(), true
}

// say sends what this server itself says of a video. Unknown videos are no error.
func (s *Service) say(ctx context.Context, id video.ID, topic string, expires time.Time,
	render func(f object.Facts, by object.Party, to object.Audience) (activitypub.Activity, error)) error {
	f, err := s.cfg.Objects.Known(ctx, id)
	if fault.KindOf(err) == fault.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	to, written, ok := s.audience(f)
	if !ok {
		return nil
	}
	me, err := s.cfg.Actors.Instance(ctx)
	if err != nil {
		return err
	}
	a, err := render(f, object.Party{ID: me.ID, URL: me.URL}, written)
	if err != nil || a.Type == "" { // nothing to be said
		return err
	}
	wrapped, err := s.wrap(ctx, []parcel{{from: me.ID, activity: a, topic: topic, expires: expires, to: to}})
	if err != nil || len(wrapped) == 0 {
		return err
	}
	return s.cfg.DB.Write(ctx, func(tx db.Tx) error { return s.send(ctx, tx, wrapped) })
}

// View tells that a video was watched once. viewer names whom, for others to
// know a view again; it must not tell who that is. Of a video of ours not every
// view is told at once: all stand in its next update.
func (s *Service) View(ctx context.Context, id video.ID, local bool, viewer string) error {
	if local && !s.mayTell(seen{id, false}) {
		return nil
	}
	return s.say(ctx, id, "", time.Time{}, func(f object.Facts, by object.Party, to object.Audience) (activitypub.Activity, error) {
		return object.View(f, by, viewer+"-"+f.UUID, to), nil
	})
}

// seen is a video that was viewed or downloaded.
type seen struct {
	video    video.ID
	download bool
}

func (s *Service) mayTell(of seen) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.cfg.Now()
	if at, ok := s.viewed[of]; ok && now.Before(at.Add(s.cfg.Views)) {
		return false
	}
	if len(s.viewed) >= maxRemembered {
		clear(s.viewed)
	}
	s.viewed[of] = now
	return true
}

// Watching tells how many watch a video of ours, until that time.
func (s *Service) Watching(ctx context.Context, id video.ID, n int, until time.Time) error {
	return s.say(ctx, id, "viewers:"+number(id), until, func(f object.Facts, by object.Party, to object.Audience) (activitypub.Activity, error) {
		return object.Viewers(f, by, f.UUID, n, until, to), nil
	})
}

// Viewer tells the server of a video elsewhere that somebody here watches it, or
// how many do, until that time.
func (s *Service) Viewer(ctx context.Context, id video.ID, viewer string, n int, until time.Time) error {
	return s.say(ctx, id, "viewer:"+number(id)+":"+viewer, until, func(f object.Facts, by object.Party, to object.Audience) (activitypub.Activity, error) {
		return object.Viewers(f, by, viewer+"-"+f.UUID, n, until, to), nil
	})
}

// Download tells that a video of ours was downloaded; as with views, not each time.
func (s *Service) Download(ctx context.Context, id video.ID, name string) error {
	if !s.mayTell(seen{id, true}) {
		return nil
	}
	return s.say(ctx, id, "", time.Time{}, func(f object.Facts, by object.Party, to object.Audience) (activitypub.Activity, error) {
		return object.Download(f, by, name, to), nil
	})
}

// Watched tells the server of a video elsewhere which parts of it somebody here
// watched. Nobody is told of videos of ours.
func (s *Service) Watched(ctx context.Context, id video.ID, w object.Watched) error {
	return s.say(ctx, id, "", time.Time{}, func(f object.Facts, by object.Party, to object.Audience) (activitypub.Activity, error) {
		if f.Local {
			return activitypub.Activity{}, nil
		}
		o := s.cfg.Objects.WatchAction(f, w)
		raw, err := object.Embed(o)
		return object.Create(o.ID, by.URL, to, raw), err
	})
}
