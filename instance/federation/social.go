package federation

import (
	"context"

	"vidiverse/instance/actor"
	"vidiverse/instance/federation/delivery"
	"vidiverse/instance/federation/object"
	"vidiverse/instance/job"
	"vidiverse/instance/news"
)

// commentMade tells of a comment of ours, or lets its author elsewhere know that
// it is shown under a video of ours. It is heard again once a comment that was
// held is approved.
func (s *Service) commentMade(ctx context.Context, j *job.Job, c news.Change) error {
	m, err := s.cfg.Objects.Comment(ctx, c.ID)
	if err != nil || m.Held {
		return err
	}
	switch {
	case m.Local:
		return s.comment(ctx, j, m, commentAudience(m))
	case m.Video.Local && m.Author.URL != "":
		if muted, err := s.muted(ctx, m); err != nil || muted {
			return err
		}
		p := parcel{from: m.Video.Owner.ID, activity: s.cfg.Objects.ApproveReply(m), to: delivery.Audience{Personal: []actor.ID{m.Author.ID}}}
		return s.finish(ctx, j, []parcel{p}, nil)
	}
	return nil
}

// muted reports whether the owner of a video of ours, or this server, does not
// hear the author of a comment: then nobody tells that it is shown.
func (s *Service) muted(ctx context.Context, m object.Comment) (bool, error) {
	if s.cfg.Mutes == nil {
		return false, nil
	}
	author, owner, err := s.store.voices(ctx, m.ID)
	if err != nil {
		return false, err
	}
	owners, err := s.cfg.Mutes.Owners(ctx, owner)
	if err != nil {
		return false, err
	}
	return s.cfg.Mutes.Hidden(ctx, s.cfg.DB.Read(), owners, author, m.Author.Host)
}

// commentHeld asks the server of a video whether a comment of ours may stand
// there. What is held here nobody hears of.
func (s *Service) commentHeld(ctx context.Context, j *job.Job, c news.Change) error {
	m, err := s.cfg.Objects.Comment(ctx, c.ID)
	if err != nil || !m.Local || m.Video.Local {
		return err
	}
	return s.comment(ctx, j, m, delivery.Audience{Shared: []actor.ID{m.Video.Owner.ID}})
}

// commentAudience is who hears of a comment: the authors above, the author's
// followers, and the followers of a video of ours, else its server.
func commentAudience(m object.Comment) delivery.Audience {
	to := delivery.Audience{FollowersOf: m.Involved()}
	for _, p := range m.Above {
		to.Shared = append(to.Shared, p.ID)
	}
	if !m.Video.Local {
		to.Shared = append(to.Shared, m.Video.Owner.ID)
	}
	return to
}

func (s *Service) comment(ctx context.Context, j *job.Job, m object.Comment, to delivery.Audience) error {
	if m.Video.Local && !m.Video.Told {
		return nil
	}
	note, err := s.cfg.Objects.Note(m)
	if err != nil {
		return err
	}
	raw, err := object.Embed(note)
	if err != nil {
		return err
	}
	return s.finish(ctx, j, []parcel{{from: m.Author.ID, activity: object.Create(m.URL, m.Author.URL, m.Audience(), raw), to: to}}, nil)
}

// commentGone says that a comment is no more: its author does, or the owner of
// the video. The row is there still, without its author.
func (s *Service) commentGone(ctx context.Context, j *job.Job, c news.Change) error {
	g, by, err := s.gone(ctx, c)
	if err != nil {
		return err
	}
	to := object.Everybody(by.URL)
	if m, err := s.cfg.Objects.Comment(ctx, c.ID); err == nil {
		if m.Video.Local && !m.Video.Told { // nobody heard of it, nor is to
			return nil
		}
		m.Author = by
		to = m.Audience()
	}
	p := parcel{
		from: by.ID, activity: object.Delete(g.URL, by.URL, &to),
		to: delivery.Audience{FollowersOf: append(ids(g.Via), by.ID), Shared: ids(g.To)},
	}
	return s.finish(ctx, j, []parcel{p}, nil)
}

func (s *Service) playlistMade(ctx context.Context, j *job.Job, c news.Change) error {
	return s.playlist(ctx, j, c, true)
}

func (s *Service) playlistChanged(ctx context.Context, j *job.Job, c news.Change) error {
	return s.playlist(ctx, j, c, false)
}

func (s *Service) playlist(ctx context.Context, j *job.Job, c news.Change, made bool) error {
	p, err := s.cfg.Objects.Playlist(ctx, c.ID)
	if err != nil || !p.Told {
		return err
	}
	o, err := s.cfg.Objects.List(ctx, p, 0)
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
	out := parcel{from: p.Owner.ID, to: delivery.Audience{FollowersOf: p.Involved(me.ID)}}
	if made {
		out.activity = object.Create(p.URL, p.Owner.URL, p.Audience(), raw)
	} else {
		out.activity, out.topic = object.Update(p.URL, p.Owner.URL, p.Updated, p.Audience(), raw), "update:"+p.URL
	}
	return s.finish(ctx, j, []parcel{out}, nil)
}

func (s *Service) playlistGone(ctx context.Context, j *job.Job, c news.Change) error {
	g, by, err := s.gone(ctx, c)
	if err != nil {
		return err
	}
	me, err := s.cfg.Actors.Instance(ctx)
	if err != nil {
		return err
	}
	p := parcel{from: by.ID, activity: object.Delete(g.URL, by.URL, nil), to: delivery.Audience{FollowersOf: append(ids(g.Via), by.ID, me.ID)}}
	return s.finish(ctx, j, []parcel{p}, nil)
}

// reportMade tells the server of what was reported.
func (s *Service) reportMade(ctx context.Context, j *job.Job, c news.Change) error {
	r, err := s.store.report(ctx, c.ID)
	if err != nil || r.by.Host != "" || r.about.Host == "" {
		return err
	}
	a := s.cfg.Objects.Flag(object.Flag{
		Number: c.ID, By: r.by.URL, To: r.about.URL, About: r.object, Reason: r.reason, Reasons: r.reasons, Start: r.start, End: r.end,
	})
	return s.finish(ctx, j, []parcel{{from: r.by.ID, activity: a, to: delivery.Audience{Shared: []actor.ID{r.about.ID}}}}, nil)
}
