package fetch

import (
	"context"
	"time"

	"vidiverse/instance/account"
	"vidiverse/instance/activitypub"
	"vidiverse/instance/actor"
	"vidiverse/instance/comment"
	"vidiverse/instance/db"
	"vidiverse/instance/fault"
	"vidiverse/instance/video"
)

// reply is a comment on its way from its server to the rows.
type reply struct {
	note activitypub.Note
	gone time.Time // of what is only a tombstone
}

// place is where a comment stands.
type place struct {
	video  video.ID
	parent comment.ID // 0 for the first of a thread
}

// Comment finds a comment by its address. One that is not known is read from its
// server with all that it replies to, up to the video, and kept. One whose thread
// leads to no video is fault.Invalid.
func (f *Fetcher) Comment(ctx context.Context, address string) (comment.ID, error) {
	c, err := f.cfg.Comments.ByURL(ctx, f.cfg.DB.Read(), address)
	if fault.KindOf(err) != fault.NotFound {
		return c.ID, err
	}
	at, err := f.thread(ctx, address)
	return at.parent, err
}

// Parent finds what a comment replies to: a video, or another comment.
func (f *Fetcher) Parent(ctx context.Context, address string) error {
	_, err := f.thread(ctx, address)
	return err
}

// thread reads upwards until what is known, then keeps what it read downwards.
func (f *Fetcher) thread(ctx context.Context, address string) (at place, err error) {
	var chain []reply
	visited := map[string]bool{}
	for range f.cfg.Crawl.Thread {
		at, err = f.known(ctx, address)
		if err == nil || fault.KindOf(err) != fault.NotFound {
			break
		}
		if visited[address] {
			return at, fault.New(fault.Invalid, "A comment replies to itself.")
		}
		visited[address] = true
		r, isVideo, err := f.reply(ctx, address)
		if err != nil {
			return at, err
		}
		if isVideo {
			_, err := f.FreshVideo(ctx, address)
			if err != nil {
				return at, err
			}
			continue // now it is known
		}
		chain = append(chain, r)
		address = string(r.note.InReplyTo)
	}
	if err != nil || at.video == 0 {
		return at, fault.New(fault.Invalid, "The thread leads to no video.")
	}
	for i := len(chain) - 1; i >= 0; i-- {
		err := f.learning(ctx, func(tx db.Tx) (err error) {
			at.parent, err = f.saveReply(ctx, tx, chain[i], at)
			return err
		})
		if err != nil {
			return at, err
		}
	}
	return at, nil
}

// known finds the place below a video or comment that is there already.
func (f *Fetcher) known(ctx context.Context, address string) (place, error) {
	q := f.cfg.DB.Read()
	id, err := f.cfg.Videos.ByURL(ctx, q, address)
	if fault.KindOf(err) != fault.NotFound {
		return place{video: id}, err
	}
	c, err := f.cfg.Comments.ByURL(ctx, q, address)
	return place{video: c.Video, parent: c.ID}, err
}

// reply reads a comment from its server, or finds that it is a video.
func (f *Fetcher) reply(ctx context.Context, address string) (r reply, isVideo bool, err error) {
	err = f.once(ctx, "comment "+address, func(ctx context.Context) error {
		raw, id, err := f.object(ctx, address)
		if err != nil {
			return err
		}
		switch id.Type {
		case "Video":
			isVideo = true
			return nil
		case "Tombstone":
			t, err := activitypub.ReadTombstone(raw)
			r.note = activitypub.Note{ID: t.ID, InReplyTo: t.InReplyTo, Published: t.Published}
			r.gone = when(t.Deleted, f.cfg.Now())
			return malformed(err)
		}
		if r.note, err = activitypub.ReadNote(raw); err != nil {
			return malformed(err)
		}
		if !r.note.Public() { // our server may read it, but not all who read here
			return fault.New(fault.Forbidden, "The comment is not for everybody.")
		}
		return nil
	})
	if err == nil && !isVideo && r.note.ID == "" { // another one read it
		err = fault.New(fault.Unavailable, "The comment is being read.")
	}
	return r, isVideo, err
}

func malformed(err error) error {
	if err == nil {
		return nil
	}
	return fault.New(fault.Invalid, "read an object: %w", err)
}

// SaveNote keeps a comment as its own server tells it. What it replies to must be
// known: fault.NotFound otherwise. An unknown author is an error of which Unknown
// tells the address.
func (f *Fetcher) SaveNote(ctx context.Context, tx db.Tx, n activitypub.Note) (comment.ID, error) {
	id, err := f.cfg.Videos.ByURL(ctx, tx, string(n.InReplyTo))
	at := place{video: id}
	if fault.KindOf(err) == fault.NotFound {
		c, above := f.cfg.Comments.ByURL(ctx, tx, string(n.InReplyTo))
		at, err = place{video: c.Video, parent: c.ID}, above
	}
	if err != nil {
		return 0, err
	}
	return f.saveReply(ctx, tx, reply{note: n}, at)
}

func (f *Fetcher) saveReply(ctx context.Context, tx db.Tx, r reply, at place) (comment.ID, error) {
	address, err := f.address(r.note.ID)
	if err != nil {
		return 0, err
	}
	buried, err := f.cfg.Actors.Tombstone(ctx, tx, address)
	if err != nil {
		return 0, err
	}
	if buried {
		return 0, fault.New(fault.Gone, "The comment was deleted.")
	}
	now := f.cfg.Now()
	c := comment.Remote{
		URL: address, Video: at.video, Parent: at.parent, Text: db.Storable(r.note.Content), Published: when(r.note.Published, now),
		Updated: when(r.note.Updated, now), DeletedAt: r.gone, Approval: r.note.ReplyApproval.Or(""),
	}
	if r.gone.IsZero() {
		if c.Account, err = f.author(ctx, tx, string(r.note.AttributedTo), address); err != nil {
			return 0, err
		}
	}
	id, _, err := f.cfg.Comments.SaveRemote(ctx, tx, c)
	return id, err
}

// author is the account of who made an object, who is of the object's server.
func (f *Fetcher) author(ctx context.Context, tx db.Tx, by, address string) (account.ID, error) {
	if actor.HostOf(by) != actor.HostOf(address) {
		return 0, fault.New(fault.Forbidden, "%s speaks for %s", actor.HostOf(address), actor.HostOf(by))
	}
	a, err := f.cfg.Actors.ByURL(ctx, tx, by)
	switch {
	case fault.KindOf(err) == fault.NotFound:
		return 0, unknownActor{by}
	case err != nil:
		return 0, err
	case a.Gone():
		return 0, fault.New(fault.Gone, "The author was deleted.")
	}
	return f.cfg.Accounts.ByActor(ctx, tx, a.ID)
}

// when reads a date; one that is missing or lies in the future is now.
func when(s string, now time.Time) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil || t.After(now) || t.Year() < 1970 {
		t = now
	}
	return t.UTC().Truncate(time.Millisecond)
}
