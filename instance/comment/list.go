package comment

import (
	"context"
	"time"

	"vidiverse/instance/account"
	"vidiverse/instance/channel"
	"vidiverse/instance/db"
	"vidiverse/instance/fault"
	"vidiverse/instance/user"
	"vidiverse/instance/video"
)

const (
	maxCount    = 100
	listTimeout = 5 * time.Second
)

// Threads lists the threads of a video that the caller may see.
func (s *Service) Threads(ctx context.Context, c user.Caller, ref video.Ref, cred video.Credentials, q Query) (Page, error) {
	if err := q.check(); err != nil {
		return Page{}, err
	}
	f, off, err := s.visible(ctx, c, ref, cred)
	if err != nil || off {
		return Page{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, listTimeout)
	defer cancel()
	var p Page
	if p.Total, p.NotDeleted, err = s.store.totals(ctx, s.DB.Read(), f); err != nil || q.Count == 0 {
		return p, err
	}
	p.Threads, err = s.store.threads(ctx, s.DB.Read(), f, q)
	return p, err
}

// Thread is a thread of a video with all its replies, as far as the caller sees
// them.
func (s *Service) Thread(ctx context.Context, c user.Caller, ref video.Ref, cred video.Credentials, id ID) (*Tree, error) {
	f, off, err := s.visible(ctx, c, ref, cred)
	if err != nil {
		return nil, err
	}
	root, err := s.store.byID(ctx, s.DB.Read(), id)
	switch {
	case err != nil:
		return nil, err
	case root.Video != f.video:
		return nil, fault.New(fault.Invalid, "Video comment is not associated to this video.").WithCode("comment_not_associated_to_video")
	case root.Parent != 0:
		return nil, fault.New(fault.Invalid, "Video comment is not a thread.")
	case off:
		return nil, noComments()
	}
	ctx, cancel := context.WithTimeout(ctx, listTimeout)
	defer cancel()
	list, err := s.store.thread(ctx, s.DB.Read(), f, id)
	if err != nil {
		return nil, err
	}
	return grow(list, id)
}

// grow makes the tree of a thread. Replies to what is not shown are not shown.
func grow(list []Comment, root ID) (*Tree, error) {
	nodes := make(map[ID]*Tree, len(list))
	for _, c := range list {
		nodes[c.ID] = &Tree{Comment: c}
	}
	for _, c := range list {
		if parent := nodes[c.Parent]; parent != nil && c.ID != root {
			parent.Children = append(parent.Children, nodes[c.ID])
		}
	}
	if nodes[root] == nil {
		return nil, noComments()
	}
	return nodes[root], nil
}

func noComments() error { return fault.New(fault.NotFound, "No comments were found") }

// nobody is who sees no held comment.
const nobody = account.ID(-1)

// visible is whose comments under which video somebody sees.
type visible struct {
	video  video.ID
	muters []account.ID // whose blocks count: the viewer's, the video owner's, the instance's
	heldBy account.ID   // whose held comments are shown: an account's, nobody's, or 0 for everybody's
}

// visible finds a video and what the caller sees under it; off says that the video
// has no comments.
func (s *Service) visible(ctx context.Context, c user.Caller, ref video.Ref, cred video.Credentials) (f visible, off bool, err error) {
	h, err := s.Videos.Find(ctx, c, ref, cred)
	if err != nil {
		return f, false, err
	}
	p, err := s.store.place(ctx, s.DB.Read(), h.ID)
	if err != nil {
		return f, false, err
	}
	f = visible{video: h.ID, muters: s.muters(c), heldBy: nobody}
	f.muters = append(f.muters, p.owner)
	switch {
	case c.Moderator() || p.owned(c):
		f.heldBy = 0
	case c.SignedIn():
		f.heldBy = account.ID(c.AccountID)
	}
	return f, p.policy == video.CommentsDisabled, nil
}

// muters are whose blocks hide comments from somebody; 0 stands for the instance.
func (s *Service) muters(c user.Caller) []account.ID {
	if !c.SignedIn() {
		return []account.ID{0}
	}
	return []account.ID{0, account.ID(c.AccountID)}
}

func (q Query) check() error {
	switch {
	case q.Count < 0 || q.Count > maxCount:
		return badQuery("count", q.Count)
	case q.Start < 0 || q.Start > maxStart:
		return badQuery("start", q.Start)
	}
	if _, ok := orders[q.Sort]; !ok && q.Sort != "" {
		return badQuery("sort", q.Sort)
	}
	return nil
}

func badQuery(name string, value any) error {
	return fault.New(fault.Invalid, "Incorrect request parameters: %s", name).WithField(name, value, "Invalid value", "query")
}

// All lists the comments of all videos, for moderators.
func (s *Service) All(ctx context.Context, c user.Caller, f Filter) ([]Listed, int, error) {
	if !c.Moderator() {
		return nil, 0, fault.New(fault.Forbidden, "Only moderators see all comments")
	}
	var v video.ID
	if f.Video != "" {
		var err error
		if v, err = s.Videos.Resolve(ctx, f.Video); err != nil {
			return nil, 0, err
		}
	}
	if f.Channel != 0 {
		if _, err := s.store.ownerOf(ctx, s.DB.Read(), f.Channel); err != nil {
			return nil, 0, err
		}
	}
	return s.list(ctx, c, f, v, 0)
}

// OnOwn lists the comments under the caller's videos.
func (s *Service) OnOwn(ctx context.Context, c user.Caller, f Filter) ([]Listed, int, error) {
	if !c.SignedIn() {
		return nil, 0, fault.New(fault.Unauthorized, "Authentication is required")
	}
	var v video.ID
	if f.Video != "" {
		h, err := s.Videos.Managed(ctx, c, f.Video)
		if err != nil {
			return nil, 0, err
		}
		v = h.ID
	}
	if err := s.managesChannel(ctx, c, f.Channel); err != nil {
		return nil, 0, err
	}
	return s.list(ctx, c, f, v, account.ID(c.AccountID))
}

func (s *Service) managesChannel(ctx context.Context, c user.Caller, id channel.ID) error {
	if id == 0 {
		return nil
	}
	owner, err := s.store.ownerOf(ctx, s.DB.Read(), id)
	if err == nil && int64(owner) != c.AccountID && !c.Moderator() {
		err = fault.New(fault.Forbidden, "Cannot manage a video channel of another user.")
	}
	return err
}

func (s *Service) list(ctx context.Context, c user.Caller, f Filter, v video.ID, owner account.ID) ([]Listed, int, error) {
	if err := f.check(); err != nil {
		return nil, 0, err
	}
	for name, text := range map[string]string{"search": f.Search, "searchAccount": f.SearchAccount, "searchVideo": f.SearchVideo} {
		if !db.Sized(text, 0, maxSearch) {
			return nil, 0, badQuery(name, nil)
		}
	}
	var muters []account.ID
	if !f.Muted {
		muters = s.muters(c)
	}
	ctx, cancel := context.WithTimeout(ctx, listTimeout)
	defer cancel()
	return s.store.list(ctx, s.DB.Read(), f, v, owner, muters)
}
