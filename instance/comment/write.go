package comment

import (
	"context"
	"fmt"
	"time"

	"vidiverse/instance/account"
	"vidiverse/instance/db"
	"vidiverse/instance/fault"
	"vidiverse/instance/news"
	"vidiverse/instance/user"
	"vidiverse/instance/video"
)

// Add says something under a video that the caller may see, as the first of a
// thread or in reply to parent. A video without comments is fault.Conflict.
func (s *Service) Add(ctx context.Context, c user.Caller, ref video.Ref, cred video.Credentials, parent ID, text string) (Comment, error) {
	if !c.SignedIn() {
		return Comment{}, fault.New(fault.Unauthorized, "Authentication is required")
	}
	if !db.Sized(text, 1, maxText) {
		return Comment{}, fault.New(fault.Invalid, "Incorrect request parameters: text").WithField("text", db.Storable(text), "Invalid value", "body")
	}
	h, err := s.Videos.Find(ctx, c, ref, cred)
	if err != nil {
		return Comment{}, err
	}
	var made Comment
	err = s.DB.Write(ctx, func(tx db.Tx) error {
		p, err := s.store.place(ctx, tx, h.ID)
		if err != nil {
			return err
		}
		if p.policy == video.CommentsDisabled {
			return fault.New(fault.Conflict, "Video comments are disabled for this video.")
		}
		now := s.stamp()
		made = Comment{Video: h.ID, Account: account.ID(c.AccountID), Text: text, CreatedAt: now, UpdatedAt: now}
		made.Held = p.policy == video.CommentsApproval && !p.maySkipApproval(c)
		if err := s.join(ctx, tx, &made, parent); err != nil {
			return err
		}
		return s.publish(ctx, tx, p, &made)
	})
	return made, err
}

// join puts a comment into the thread of its parent.
func (s *Service) join(ctx context.Context, tx db.Tx, c *Comment, parent ID) error {
	if parent == 0 {
		return nil
	}
	to, err := s.under(ctx, tx, c.Video, parent)
	if err != nil {
		return err
	}
	c.Parent, c.Thread = to.ID, to.Thread
	return nil
}

// under finds a comment that must stand under this video.
func (s *Service) under(ctx context.Context, tx db.Tx, v video.ID, id ID) (Comment, error) {
	c, err := s.store.byID(ctx, tx, id)
	if err == nil && c.Video != v {
		err = fault.New(fault.Invalid, "Video comment is not associated to this video.").WithCode("comment_not_associated_to_video")
	}
	return c, err
}

func (s *Service) publish(ctx context.Context, tx db.Tx, p place, c *Comment) error {
	if err := s.store.insert(ctx, tx, c, func(id ID) string {
		return fmt.Sprintf("%s/videos/watch/%s/comments/%d", s.base, p.uuid, id)
	}); err != nil {
		return err
	}
	if err := s.counted(ctx, tx, c.Video, c.shown()); err != nil {
		return err
	}
	what := news.CommentMade
	if c.Held {
		what = news.CommentHeld
	}
	return s.tell(ctx, tx, what, *c)
}

func (s *Service) tell(ctx context.Context, tx db.Tx, what news.What, c Comment) error {
	by, err := s.store.actorOf(ctx, tx, c.Account)
	if err != nil {
		return err
	}
	return s.News.Tell(ctx, tx, news.Change{What: what, ID: int64(c.ID), Actor: int64(by)})
}

// owned reports whether the caller published the video.
func (p place) owned(c user.Caller) bool {
	return p.local && c.SignedIn() && int64(p.owner) == c.AccountID
}

// maySkipApproval says whose comments are never held. What moderators of this
// instance may, the owner of a video elsewhere need not grant.
func (p place) maySkipApproval(c user.Caller) bool { return p.local && (p.owned(c) || c.Moderator()) }

// Delete removes a comment: its author, the owner of the video and moderators
// may. What was deleted before is fault.Conflict.
func (s *Service) Delete(ctx context.Context, c user.Caller, ref video.Ref, id ID) error {
	v, err := s.Videos.Resolve(ctx, ref)
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx db.Tx) error {
		one, err := s.under(ctx, tx, v, id)
		if err != nil {
			return err
		}
		if one.Deleted() {
			return fault.New(fault.Conflict, "This comment is already deleted")
		}
		p, err := s.store.place(ctx, tx, v)
		if err != nil {
			return err
		}
		if !c.Moderator() && !p.owned(c) && (!c.SignedIn() || int64(one.Account) != c.AccountID) {
			return fault.New(fault.Forbidden, "Cannot remove video comment of another user")
		}
		return s.delete(ctx, tx, p, one)
	})
}

// delete leaves a tombstone and tells who had heard of the comment.
func (s *Service) delete(ctx context.Context, tx db.Tx, p place, c Comment) error {
	was, tell, err := s.gone(ctx, tx, p, c)
	if err != nil {
		return err
	}
	if err := s.erase(ctx, tx, c, s.stamp()); err != nil || !tell {
		return err
	}
	return s.News.TellGone(ctx, tx, news.CommentGone, int64(c.ID), was)
}

func (s *Service) erase(ctx context.Context, tx db.Tx, c Comment, at time.Time) error {
	if err := s.store.erase(ctx, tx, c.ID, at); err != nil {
		return err
	}
	return s.counted(ctx, tx, c.Video, -c.shown())
}

// gone says who must hear that a comment is deleted. Nobody does of one that
// neither stands under a video of ours nor is by one of us, or that never left: it
// was held, or other servers do not know of the video.
func (s *Service) gone(ctx context.Context, tx db.Tx, p place, c Comment) (was news.Gone, tell bool, err error) {
	by, local, err := s.store.author(ctx, tx, c.Account)
	never := p.local && (!p.privacy.Open() || local && c.Held)
	if err != nil || !local && !p.local || never {
		return was, false, err
	}
	was = news.Gone{URL: c.URL, Actor: int64(by), Type: "Note"}
	if !local {
		was.Actor = int64(p.ownerActor)
		was.To = append(was.To, int64(by))
	}
	parents, err := s.store.authors(ctx, tx, c.ID)
	for _, a := range parents {
		was.To = append(was.To, int64(a))
	}
	if !p.local {
		was.To = append(was.To, int64(p.ownerActor))
		return was, true, err
	}
	if err == nil {
		was.Via, err = s.store.involved(ctx, tx, c.Video)
	}
	return was, true, err
}

// Approve shows a comment that is held under a video of this instance: its owner
// and moderators may.
func (s *Service) Approve(ctx context.Context, c user.Caller, ref video.Ref, id ID) error {
	v, err := s.Videos.Resolve(ctx, ref)
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx db.Tx) error {
		one, err := s.under(ctx, tx, v, id)
		if err != nil {
			return err
		}
		p, err := s.store.place(ctx, tx, v)
		if err != nil {
			return err
		}
		switch {
		case one.Deleted():
			return fault.New(fault.Conflict, "This comment is deleted")
		case !one.Held:
			return fault.New(fault.Invalid, "This comment is not held for review")
		case !p.local || !p.owned(c) && !c.Moderator():
			return fault.New(fault.Forbidden, "Cannot approve a comment on a video of another user")
		}
		return s.release(ctx, tx, one, one.Approval)
	})
}

func (s *Service) release(ctx context.Context, tx db.Tx, c Comment, approval string) error {
	if err := s.store.release(ctx, tx, c.ID, approval, s.stamp()); err != nil {
		return err
	}
	c.Held = false
	if err := s.counted(ctx, tx, c.Video, c.shown()); err != nil {
		return err
	}
	return s.tell(ctx, tx, news.CommentApproved, c)
}
