package federation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"vidiverse/instance/activitypub"
	"vidiverse/instance/actor"
	"vidiverse/instance/channel"
	"vidiverse/instance/db"
	"vidiverse/instance/fault"
	"vidiverse/instance/federation/delivery"
	"vidiverse/instance/federation/object"
	"vidiverse/instance/job"
	"vidiverse/instance/news"
	"vidiverse/instance/video"
)

// videoPublished makes a video known: to the followers of its account, and by
// announces of its channel and of this server to theirs.
func (s *Service) videoPublished(ctx context.Context, j *job.Job, c news.Change) error {
	o, f, err := s.cfg.Objects.Video(ctx, video.ID(c.ID))
	if err != nil {
		return err
	}
	raw, err := object.Embed(o)
	if err != nil {
		return err
	}
	me, err := s.cfg.Actors.Instance(ctx)
	if err != nil {
		return err
	}
	all := []parcel{{
		from: f.Owner.ID, activity: object.Create(f.URL, f.Owner.URL, f.Audience(), raw),
		to: delivery.Audience{FollowersOf: []actor.ID{f.Owner.ID}},
	}}
	sharers := []object.Party{{ID: me.ID, URL: me.URL}, f.Channel}
	f.Sharers = []actor.ID{me.ID, f.Channel.ID}
	for _, by := range sharers {
		all = append(all, parcel{from: by.ID, activity: object.Announce(f, by), to: delivery.Audience{FollowersOf: f.Involved()}})
	}
	return s.finish(ctx, j, all, func(tx db.Tx) error {
		for _, by := range sharers {
			if err := s.share(ctx, tx, f, by); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Service) share(ctx context.Context, tx db.Tx, f object.Facts, by object.Party) error {
	_, err := s.cfg.Videos.PutShare(ctx, tx, video.Share{Video: f.ID, Actor: by.ID, URL: object.Announce(f, by).ID, At: s.cfg.Now()})
	return err
}

func (s *Service) unshare(ctx context.Context, tx db.Tx, f object.Facts, by object.Party) error {
	return s.cfg.Videos.DropShare(ctx, tx, object.Announce(f, by).ID, by.ID, s.cfg.Now())
}

// videoChanged has a video told of again soon. Of many changes there is one
// update.
func (s *Service) videoChanged(ctx context.Context, j *job.Job, c news.Change) error {
	return j.Finish(ctx, func(tx db.Tx) error { return s.updateSoon(ctx, tx, video.ID(c.ID)) })
}

type videoPayload struct {
	Video video.ID `json:"videoId"`
}

const maxRemembered = 10_000 // videos whose last update is known

func (s *Service) updateSoon(ctx context.Context, tx db.Tx, id video.ID) error {
	s.mu.Lock()
	at, known := s.updated[id]
	s.mu.Unlock()
	var when time.Time
	if next := at.Add(s.cfg.Gap); known && next.After(s.cfg.Now()) {
		when = next
	}
	number := strconv.FormatInt(int64(id), 10)
	_, err := s.cfg.Jobs.Enqueue(ctx, tx, job.Spec{
		Type: jobVideo, Payload: videoPayload{id}, RunAt: when, DedupeKey: jobVideo + ":" + number, OrderKey: jobTell + ":video:" + number, Attempts: 10,
	})
	return err
}

// updateVideo tells all who were told of a video how it is now.
func (s *Service) updateVideo(ctx context.Context, j *job.Job) error {
	var p videoPayload
	if err := j.Decode(&p); err != nil {
		return err
	}
	o, f, err := s.cfg.Objects.Video(ctx, p.Video)
	if fault.KindOf(err) == fault.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	raw, err := object.Embed(o)
	if err != nil {
		return err
	}
	s.mu.Lock()
	if len(s.updated) >= maxRemembered {
		clear(s.updated)
	}
	s.updated[p.Video] = s.cfg.Now()
	s.mu.Unlock()
	a := object.Update(f.URL, f.Owner.URL, s.cfg.Now(), f.Audience(), raw)
	return s.finish(ctx, j, []parcel{{from: f.Owner.ID, activity: a, topic: "update:" + f.URL, to: delivery.Audience{FollowersOf: f.Involved()}}}, nil)
}

// videoMoved takes back what the channel before announced, and has the new one
// announce.
func (s *Service) videoMoved(ctx context.Context, j *job.Job, c news.Change) error {
	f, err := s.cfg.Objects.Known(ctx, video.ID(c.ID))
	if err != nil || !f.Told {
		return err
	}
	before, err := s.store.channelParty(ctx, channel.ID(c.Other))
	if err != nil {
		return err
	}
	undo, err := object.Undo(object.Announce(f, before), object.Everybody(before.URL))
	if err != nil {
		return err
	}
	to := delivery.Audience{FollowersOf: append(f.Involved(), f.Channel.ID)}
	all := []parcel{{from: before.ID, activity: undo, to: to}, {from: f.Channel.ID, activity: object.Announce(f, f.Channel), to: to}}
	return s.finish(ctx, j, all, func(tx db.Tx) error {
		if err := s.unshare(ctx, tx, f, before); err != nil {
			return err
		}
		return s.share(ctx, tx, f, f.Channel)
	})
}

// videoGone says that a video is no longer to be had. If it is still here and
// closed, its announces are over.
func (s *Service) videoGone(ctx context.Context, j *job.Job, c news.Change) error {
	g, by, err := s.gone(ctx, c)
	if err != nil {
		return err
	}
	f, err := s.cfg.Objects.Known(ctx, video.ID(c.ID))
	here := err == nil
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return err
	}
	mine := map[actor.ID]object.Party{}
	for _, id := range f.Sharers {
		p, err := s.cfg.Objects.Party(ctx, id)
		if err != nil {
			return err
		}
		if p.Host == "" {
			mine[id] = p
		}
	}
	p := parcel{
		from: by.ID, activity: object.Delete(g.URL, by.URL, object.Nobody()),
		to: delivery.Audience{FollowersOf: append(ids(g.Via), by.ID), Shared: ids(g.To)},
	}
	return s.finish(ctx, j, []parcel{p}, func(tx db.Tx) error {
		if !here {
			return nil
		}
		for _, id := range slices.Sorted(maps.Keys(mine)) {
			if err := s.unshare(ctx, tx, f, mine[id]); err != nil {
				return err
			}
		}
		return nil
	})
}

// gone reads what was deleted and who says so.
func (s *Service) gone(ctx context.Context, c news.Change) (g news.Gone, by object.Party, err error) {
	if err := json.Unmarshal(c.Snapshot, &g); err != nil {
		return g, by, job.Permanent(err)
	}
	by, err = s.cfg.Objects.Party(ctx, actor.ID(g.Actor))
	return g, by, err
}

// videoRated tells the server of a video what somebody here thinks of it; of our
// own videos the numbers are told.
func (s *Service) videoRated(ctx context.Context, j *job.Job, c news.Change) error {
	f, err := s.cfg.Objects.Known(ctx, video.ID(c.ID))
	if err != nil {
		return err
	}
	if f.Local {
		return s.videoChanged(ctx, j, c)
	}
	by, err := s.cfg.Objects.Party(ctx, actor.ID(c.Actor))
	if err != nil || by.Host != "" {
		return err
	}
	var r news.Rating
	if err := json.Unmarshal(c.Snapshot, &r); err != nil {
		return job.Permanent(err)
	}
	var all []parcel
	add := func(a activitypub.Activity, err error) error {
		all = append(all, parcel{from: by.ID, activity: a, to: delivery.Audience{Shared: []actor.ID{f.Owner.ID}}})
		return err
	}
	if was := video.Rating(r.Before); was == video.Like || was == video.Dislike {
		url := r.URL
		if url == "" {
			url = rateURL(by, was, f.ID)
		}
		err = add(object.Undo(object.Rated(was, url, by.URL, f, object.Everybody(by.URL)), f.Origin()))
	}
	if is := video.Rating(r.After); is == video.Like || is == video.Dislike {
		err = errors.Join(err, add(object.Rated(is, rateURL(by, is, f.ID), by.URL, f, f.Origin()), nil))
	}
	if err != nil {
		return err
	}
	return s.finish(ctx, j, all, nil)
}

func rateURL(by object.Party, r video.Rating, id video.ID) string {
	return fmt.Sprintf("%s/%ss/%d", by.URL, r, id)
}

func (s *Service) videoSettings(ctx context.Context, j *job.Job, c news.Change) error {
	f, err := s.cfg.Objects.Known(ctx, video.ID(c.ID))
	if err != nil || !f.Told {
		return err
	}
	o, at, err := s.cfg.Objects.VideoSettings(ctx, f)
	if err != nil {
		return err
	}
	to := f.Audience()
	o.To, o.CC = to.To, to.CC
	return s.settings(ctx, j, f.Owner, o, o.ID, at, f.Involved())
}

func (s *Service) channelSettings(ctx context.Context, j *job.Job, c news.Change) error {
	by, err := s.store.channelParty(ctx, channel.ID(c.ID))
	if err != nil || by.Host != "" {
		return err
	}
	o, at, err := s.cfg.Objects.ChannelSettings(ctx, c.ID, by.URL)
	if err != nil {
		return err
	}
	to := object.Everybody(by.URL)
	o.To, o.CC = to.To, to.CC
	sharers, err := s.store.sharersOf(ctx, by.ID)
	if err != nil {
		return err
	}
	return s.settings(ctx, j, by, o, by.URL, at, append(sharers, by.ID)) // PeerTube numbers these by the channel
}

func (s *Service) settings(ctx context.Context, j *job.Job, by object.Party, o activitypub.PlayerSettings, url string, at time.Time, to []actor.ID) error {
	raw, err := object.Embed(o)
	if err != nil {
		return err
	}
	if at.IsZero() { // back to the default: there is no row
		at = s.cfg.Now()
	}
	a := object.Update(url, by.URL, at, object.Audience{To: o.To, CC: o.CC}, raw)
	return s.finish(ctx, j, []parcel{{from: by.ID, activity: a, topic: "update:" + o.ID, to: delivery.Audience{FollowersOf: to}}}, nil)
}
