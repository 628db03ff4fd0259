package comment

import (
	"context"
	"time"

	"vidiverse/instance/account"
	"vidiverse/instance/db"
	"vidiverse/instance/fault"
	"vidiverse/instance/news"
	"vidiverse/instance/video"
)

// SaveRemote keeps a comment of another server, or what is new of one that is
// known. A known one keeps its author, video and place; one that was deleted stays
// so. Under a video of ours it obeys the policy of the video: fault.Forbidden
// where comments are off, held where they wait for approval.
func (s *Service) SaveRemote(ctx context.Context, tx db.Tx, r Remote) (id ID, created bool, err error) {
	if !db.Sized(r.URL, 1, maxURL) || !db.Sized(r.Text, 0, maxRemoteText) || r.Account == 0 && r.DeletedAt.IsZero() {
		return 0, false, fault.New(fault.Invalid, "This comment cannot be kept")
	}
	known, err := s.store.byURL(ctx, tx, r.URL)
	if err == nil {
		return known.ID, false, s.refresh(ctx, tx, known, r)
	}
	if fault.KindOf(err) != fault.NotFound {
		return 0, false, err
	}
	c, tell, err := s.accept(ctx, tx, r)
	if err != nil {
		return 0, false, err
	}
	if err := s.store.insert(ctx, tx, &c, func(ID) string { return r.URL }); err != nil {
		return 0, false, err
	}
	if err := s.counted(ctx, tx, c.Video, c.shown()); err != nil || !tell {
		return c.ID, true, err
	}
	what := news.CommentMade
	if c.Held {
		what = news.CommentHeld
	}
	return c.ID, true, s.tell(ctx, tx, what, c)
}

// accept makes a new row of what was received, and says whether anybody is to hear
// of it.
func (s *Service) accept(ctx context.Context, tx db.Tx, r Remote) (_ Comment, tell bool, err error) {
	p, err := s.store.place(ctx, tx, r.Video)
	if err != nil {
		return Comment{}, false, err
	}
	if p.policy == video.CommentsDisabled {
		return Comment{}, false, fault.New(fault.Forbidden, "Video comments are disabled for this video.")
	}
	now := s.stamp()
	c := Comment{
		URL: r.URL, Video: r.Video, Account: r.Account, Text: r.Text, Approval: r.Approval,
		CreatedAt: orElse(r.Published, now), UpdatedAt: now, DeletedAt: r.DeletedAt,
	}
	// The origin of a video elsewhere has decided already.
	c.Held = p.local && (r.Held || p.policy == video.CommentsApproval && c.Account != p.owner)
	if c.Deleted() {
		c.Account, c.Text, c.Held = 0, "", false
	}
	// What is read of an old video elsewhere is no news.
	tell = !c.Deleted() && (p.local || now.Sub(c.CreatedAt) < newsFor)
	return c, tell, s.join(ctx, tx, &c, r.Parent)
}

// newsFor is how old a comment under a video elsewhere may be, to be told of.
const newsFor = 24 * time.Hour

func orElse(t, otherwise time.Time) time.Time {
	if t.IsZero() {
		return otherwise
	}
	return t
}

// refresh notes that a known comment was seen, and what it says now.
func (s *Service) refresh(ctx context.Context, tx db.Tx, c Comment, r Remote) error {
	local, err := s.isLocal(ctx, tx, c.Account)
	switch {
	case err != nil || c.Deleted():
		return err
	case local && r.Account == c.Account: // what we said ourselves comes back
		return nil
	case local:
		return fault.New(fault.Forbidden, "This comment was made here")
	case !r.DeletedAt.IsZero():
		return s.erase(ctx, tx, c, r.DeletedAt)
	case c.Account != r.Account || c.Video != r.Video:
		return fault.New(fault.Forbidden, "This comment is by somebody else")
	}
	return s.store.seen(ctx, tx, c.ID, r.Text, r.Approval, s.stamp())
}

func (s *Service) isLocal(ctx context.Context, tx db.Tx, id account.ID) (bool, error) {
	if id == 0 {
		return false, nil
	}
	_, local, err := s.store.author(ctx, tx, id)
	return local, err
}

// RemoveRemote deletes a comment because another server says so; the caller knows
// that it may. What is deleted already stays so.
func (s *Service) RemoveRemote(ctx context.Context, tx db.Tx, id ID) error {
	c, err := s.store.byID(ctx, tx, id)
	if err != nil || c.Deleted() {
		return err
	}
	return s.erase(ctx, tx, c, s.stamp())
}

// Approved notes that the origin of a remote video shows a comment of ours. What
// is not held stays as it is, but for the address of the approval.
func (s *Service) Approved(ctx context.Context, tx db.Tx, id ID, approval string) error {
	c, err := s.store.byID(ctx, tx, id)
	switch {
	case err != nil || c.Deleted():
		return err
	case !db.Sized(approval, 0, maxURL):
		return fault.New(fault.Invalid, "The address of the approval is too long")
	}
	p, err := s.store.place(ctx, tx, c.Video)
	if err != nil {
		return err
	}
	if p.local {
		return fault.New(fault.Forbidden, "Comments on our videos are approved here")
	}
	if c.Held {
		return s.release(ctx, tx, c, approval)
	}
	return s.store.release(ctx, tx, id, approval, c.UpdatedAt)
}

// DropUnseen deletes the comments of other servers under a video that no crawl
// since that time saw, at most 1000 at once, and returns how many.
func (s *Service) DropUnseen(ctx context.Context, tx db.Tx, v video.ID, since time.Time) (int, error) {
	ids, err := s.store.unseen(ctx, tx, v, since, 1000)
	for _, id := range ids {
		if err := s.RemoveRemote(ctx, tx, id); err != nil {
			return 0, err
		}
	}
	return len(ids), err
}

// URLs are the addresses of the comments under a video as other servers may know
// them, oldest first, and how many there are. Deleted ones are among them.
func (s *Service) URLs(ctx context.Context, v video.ID, start, count int) ([]string, int, error) {
	f := visible{video: v, heldBy: nobody}
	return s.store.urls(ctx, s.DB.Read(), f, start, count)
}
