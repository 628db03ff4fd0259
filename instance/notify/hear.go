package notify

import (
	"context"
	"strings"

	"vidiverse/instance/account"
	"vidiverse/instance/actor"
	"vidiverse/instance/comment"
	"vidiverse/instance/fault"
	"vidiverse/instance/job"
	"vidiverse/instance/news"
	"vidiverse/instance/user"
	"vidiverse/instance/video"
)

// hear makes the notifications of one change. What is gone by then, or was told
// before, is told to nobody.
func (s *Service) hear(ctx context.Context, j *job.Job, c news.Change) (err error) {
	switch c.What {
	case news.VideoPublished, news.VideoHeard:
		err = s.hearVideo(ctx, c)
	case news.CommentMade, news.CommentHeld, news.CommentApproved:
		err = s.hearComment(ctx, c)
	case news.ReportMade:
		err = s.hearReport(ctx, c)
	case news.ReportChanged:
		err = s.hearDecision(ctx, c, int64(j.ID))
	case news.ReportMessage:
		err = s.hearMessage(ctx, c)
	case news.UserRegistered:
		err = s.hearUser(ctx, c)
	case news.FollowReceived, news.FollowAccepted, news.FollowAsked:
		err = s.hearFollow(ctx, c)
	}
	if fault.KindOf(err) == fault.NotFound {
		return nil
	}
	return err
}

func (s *Service) hearVideo(ctx context.Context, c news.Change) error {
	v, err := s.store.video(ctx, s.cfg.DB.Read(), c.ID)
	if err != nil {
		return err
	}
	if v.local && v.waited {
		owner, err := s.store.people(ctx, s.cfg.DB.Read(), ownerOfVideo, c.ID)
		if err != nil {
			return err
		}
		if err := s.tell(ctx, notice{kind: OwnVideoPublished, video: c.ID}, owner); err != nil {
			return err
		}
	}
	if v.privacy != video.Public || v.state != video.Published {
		return nil
	}
	n := notice{kind: NewVideo, video: c.ID, by: v.owner}
	for after := user.ID(0); ; {
		some, err := s.store.subscribers(ctx, s.cfg.DB.Read(), v.channelActor, after, batch)
		if err != nil || len(some) == 0 {
			return err
		}
		after = some[len(some)-1].id
		if err := s.tell(ctx, n, some); err != nil {
			return err
		}
	}
}

func (s *Service) hearComment(ctx context.Context, c news.Change) error {
	m, err := s.store.comment(ctx, s.cfg.DB.Read(), c.ID)
	if err != nil {
		return err
	}
	var owner []person
	if m.localVideo {
		if owner, err = s.store.people(ctx, s.cfg.DB.Read(), ownerOfVideo, m.video); err != nil {
			return err
		}
	}
	if c.What != news.CommentApproved {
		told := append([]person(nil), owner...)
		if err := s.tell(ctx, notice{kind: NewComment, comment: c.ID, by: m.by}, told); err != nil {
			return err
		}
	}
	if m.held {
		return nil
	}
	called, err := s.called(ctx, m)
	if err != nil {
		return err
	}
	left := called[:0]
	for _, p := range called { // the owner was told already
		if len(owner) == 0 || p.id != owner[0].id {
			left = append(left, p)
		}
	}
	return s.tell(ctx, notice{kind: Mention, comment: c.ID, by: m.by}, left)
}

// called are the people of this instance whom a comment mentions. A name alone is
// of the server where it was written, as PeerTube has it. Mastodon writes whom it
// answers without the server, so that one name is understood.
func (s *Service) called(ctx context.Context, c commentFacts) ([]person, error) {
	var names []string
	for _, m := range comment.Mentions(c.text) {
		near := m.Host == "" && (!c.remote || strings.EqualFold(m.Name, c.answered))
		if near || m.Host == s.cfg.Actors.Host() {
			names = append(names, m.Name)
		}
	}
	if len(names) == 0 {
		return nil, nil
	}
	return s.store.named(ctx, s.cfg.DB.Read(), names)
}

func (s *Service) hearReport(ctx context.Context, c news.Change) error {
	r, err := s.store.report(ctx, s.cfg.DB.Read(), c.ID)
	if err != nil {
		return err
	}
	mods, err := s.store.people(ctx, s.cfg.DB.Read(), moderators)
	if err != nil {
		return err
	}
	for _, p := range mods {
		if p.account == r.reporter { // it is in good hands
			return nil
		}
	}
	return s.tell(ctx, notice{kind: NewReport, report: c.ID, by: r.reporter}, mods)
}

func (s *Service) hearDecision(ctx context.Context, c news.Change, cause int64) error {
	r, err := s.store.report(ctx, s.cfg.DB.Read(), c.ID)
	if err != nil {
		return err
	}
	reporter, err := s.store.people(ctx, s.cfg.DB.Read(), ofAccount, r.reporter)
	if err != nil {
		return err
	}
	return s.tell(ctx, notice{kind: ReportDecided, report: c.ID, cause: cause}, reporter)
}

// hearMessage tells who reported of the moderators' messages, and those of the
// others' and of each other's.
func (s *Service) hearMessage(ctx context.Context, c news.Change) error {
	r, err := s.store.report(ctx, s.cfg.DB.Read(), c.ID)
	if err != nil {
		return err
	}
	by, err := s.store.messageBy(ctx, s.cfg.DB.Read(), c.Other)
	if err != nil {
		return err
	}
	people, err := s.store.people(ctx, s.cfg.DB.Read(), moderators)
	if err != nil {
		return err
	}
	reporter, err := s.store.people(ctx, s.cfg.DB.Read(), ofAccount, r.reporter)
	if err != nil {
		return err
	}
	for _, p := range reporter {
		if !among(people, p) {
			people = append(people, p)
		}
	}
	return s.tell(ctx, notice{kind: ReportMessage, report: c.ID, cause: c.Other, by: by}, people)
}

func among(people []person, one person) bool {
	for _, p := range people {
		if p.id == one.id {
			return true
		}
	}
	return false
}

func (s *Service) hearUser(ctx context.Context, c news.Change) error {
	of, err := s.store.accountOf(ctx, s.cfg.DB.Read(), user.ID(c.ID))
	if err != nil {
		return err
	}
	mods, err := s.store.people(ctx, s.cfg.DB.Read(), moderators)
	if err != nil {
		return err
	}
	return s.tell(ctx, notice{kind: NewUser, account: int64(of), by: of}, mods)
}

func (s *Service) hearFollow(ctx context.Context, c news.Change) error {
	f, err := s.cfg.Actors.FollowByID(ctx, s.cfg.DB.Read(), actor.FollowID(c.ID))
	if err != nil {
		return err
	}
	both, err := s.cfg.Actors.ByIDs(ctx, s.cfg.DB.Read(), []actor.ID{f.Follower, f.Target})
	if err != nil {
		return err
	}
	follower, target := both[f.Follower], both[f.Target]
	by, err := s.store.accountBehind(ctx, s.cfg.DB.Read(), f.Follower)
	if err != nil {
		return err
	}
	n := notice{follow: c.ID, by: by}
	switch {
	case c.What == news.FollowAsked:
		if c.Other == 0 || follower.Kind != actor.Application {
			return nil
		}
		n.kind, n.by = AutoFollowing, account.ID(0)
	case !target.Local():
		return nil
	case target.Kind == actor.Application:
		n.kind = InstanceFollower
	case f.State != actor.Accepted:
		return nil
	default:
		owner, err := s.store.people(ctx, s.cfg.DB.Read(), ownerOfActor, f.Target, f.Target)
		if err != nil {
			return err
		}
		n.kind = NewFollow
		return s.tell(ctx, n, owner)
	}
	admins, err := s.store.people(ctx, s.cfg.DB.Read(), administrators)
	if err != nil {
		return err
	}
	return s.tell(ctx, n, admins)
}
