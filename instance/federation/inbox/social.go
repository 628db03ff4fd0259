package inbox

import (
	"context"
	"time"

	"vidiverse/instance/account"
	"vidiverse/instance/actor"
	"vidiverse/instance/db"
	"vidiverse/instance/fault"
	"vidiverse/instance/federation/delivery"
	"vidiverse/instance/video"
)

// follow is answered by the rules of package actor. Who is muted may not.
func (b *Inbox) follow(ctx context.Context, tx db.Tx, a activity) error {
	target, err := b.cfg.Actors.ByURL(ctx, tx, a.ObjectID)
	if err != nil {
		return err
	}
	if err := b.undone(ctx, tx, a.ID, a.at); err != nil {
		return err
	}
	muted, err := b.muted(ctx, tx, a.by, target)
	if err != nil {
		return err
	}
	_, err = b.cfg.Actors.ReceiveFollow(ctx, tx, a.by, target, a.ID, !muted)
	return err
}

// muted tells whether this server, or whose actor the target is, mutes somebody.
func (b *Inbox) muted(ctx context.Context, tx db.Tx, by, target actor.Actor) (bool, error) {
	if b.cfg.Blocks == nil {
		return false, nil
	}
	reader, err := b.accountOf(ctx, tx, target)
	if err != nil {
		return false, err
	}
	owners, err := b.cfg.Blocks.Owners(ctx, reader)
	if err != nil {
		return false, err
	}
	whose, err := b.accountOf(ctx, tx, by)
	if err != nil {
		return false, err
	}
	return b.cfg.Blocks.Hidden(ctx, tx, owners, whose, by.Host)
}

// accountOf is the account of a person, or of a channel's owner.
func (b *Inbox) accountOf(ctx context.Context, tx db.Tx, a actor.Actor) (account.ID, error) {
	if a.Kind != actor.Group {
		return b.cfg.Accounts.ByActor(ctx, tx, a.ID)
	}
	id, err := b.cfg.Channels.ByActor(ctx, tx, a.ID)
	if err != nil {
		return 0, err
	}
	c, err := b.cfg.Channels.ByID(ctx, id)
	return c.AccountID, err
}

// accept counts only in the inbox of who asked. What the other side published
// is read then.
func (b *Inbox) accept(ctx context.Context, tx db.Tx, a activity) error {
	follower, err := b.asker(ctx, tx, a)
	if err != nil {
		return err
	}
	first, err := b.cfg.Actors.ReceiveAccept(ctx, tx, a.by, follower)
	if err != nil || !first {
		return err
	}
	return b.cfg.Fetch.CrawlOutbox(ctx, tx, a.by)
}

func (b *Inbox) reject(ctx context.Context, tx db.Tx, a activity) error {
	follower, err := b.asker(ctx, tx, a)
	if err != nil {
		return err
	}
	return b.cfg.Actors.ReceiveReject(ctx, tx, a.by, follower)
}

func (b *Inbox) asker(ctx context.Context, tx db.Tx, a activity) (actor.Actor, error) {
	if a.target == 0 {
		return actor.Actor{}, fault.New(fault.Invalid, "An answer to a follow comes to who asked.")
	}
	return b.cfg.Actors.ByID(ctx, tx, a.target)
}

// announce keeps that an instance or channel shares a video. People's boosts are
// not kept, nor what else is announced.
func (b *Inbox) announce(ctx context.Context, tx db.Tx, a activity) error {
	if a.by.Kind == actor.Person || a.ObjectType != "" && a.ObjectType != "Video" {
		return fault.New(fault.Unsupported, "This Announce means nothing here")
	}
	if err := b.undone(ctx, tx, a.ID, a.at); err != nil {
		return err
	}
	address, err := b.address(a.ObjectID)
	if err != nil {
		return err
	}
	id, err := b.cfg.Videos.ByURL(ctx, tx, address)
	if fault.KindOf(err) == fault.NotFound && actor.HostOf(address) != b.cfg.Actors.Host() {
		return unread{address: address}
	}
	if err != nil {
		return err
	}
	fresh, err := b.cfg.Videos.PutShare(ctx, tx, video.Share{Video: id, Actor: a.by.ID, URL: a.ID, At: a.at})
	if err != nil || !fresh {
		return err
	}
	return b.forward(ctx, tx, a, id)
}

// rate keeps what somebody thinks of a video of ours; of others their own
// servers count.
func (b *Inbox) rate(ctx context.Context, tx db.Tx, a activity) error {
	id, err := b.ours(ctx, tx, a.ObjectID)
	if err != nil {
		return err
	}
	if err := b.told(ctx, tx, id); err != nil {
		return err
	}
	if err := b.undone(ctx, tx, a.ID, a.at); err != nil {
		return err
	}
	of, err := b.cfg.Accounts.ByActor(ctx, tx, a.by.ID)
	if err != nil {
		return err
	}
	r := video.Like
	if a.Type == "Dislike" {
		r = video.Dislike
	}
	return b.cfg.Videos.RateRemote(ctx, tx, id, of, r, a.ID)
}

// view counts a view, or notes how many watch. It is told by the server of the
// viewer to that of the video, and by that to all others.
func (b *Inbox) view(ctx context.Context, tx db.Tx, a activity) error {
	if b.cfg.Stats == nil {
		return nil
	}
	h, err := b.watchedFrom(ctx, tx, a)
	if err != nil {
		return err
	}
	v := View{Video: h.ID, From: a.by, URL: a.ID}
	if a.Expires != "" {
		if !h.Local && a.from != a.by.Host { // how many watch in all its server alone knows
			return crossOrigin(a.by, h.URL)
		}
		if v.Expires, err = time.Parse(time.RFC3339, a.Expires); err != nil || !v.Expires.After(b.cfg.Now()) {
			return fault.New(fault.Gone, "The view has had its time.")
		}
		v.Viewers = 1
		if r := a.Result; r != nil && r.Type == "InteractionCounter" && r.InteractionType == "WatchAction" {
			v.Viewers = max(r.UserInteractionCount, 0)
		}
	}
	if err := b.cfg.Stats.RemoteView(ctx, tx, v); err != nil || !h.Local {
		return err
	}
	return b.forward(ctx, tx, a, h.ID)
}

func (b *Inbox) download(ctx context.Context, tx db.Tx, a activity) error {
	if b.cfg.Stats == nil {
		return nil
	}
	h, err := b.watchedFrom(ctx, tx, a)
	if err != nil {
		return err
	}
	return b.cfg.Stats.RemoteDownload(ctx, tx, h.ID, a.by)
}

// watchedFrom finds the video of a view: ours, or of the server that tells, or
// that sends on what it was told.
func (b *Inbox) watchedFrom(ctx context.Context, tx db.Tx, a activity) (video.RemoteState, error) {
	v, err := b.cfg.Videos.RemoteByURL(ctx, tx, a.ObjectID)
	if err != nil {
		return v, err
	}
	if !v.Local && a.from != actor.HostOf(v.URL) {
		return v, crossOrigin(a.by, v.URL)
	}
	return v, nil
}

// approve notes that a comment of ours is shown where it was made.
func (b *Inbox) approve(ctx context.Context, tx db.Tx, a activity) error {
	if b.cfg.Comments == nil {
		return nil
	}
	c, err := b.cfg.Comments.ByURL(ctx, tx, a.ObjectID)
	if err != nil {
		return err
	}
	h, err := b.cfg.Videos.Head(ctx, tx, c.Video)
	if err != nil {
		return err
	}
	if err := authority(a.by, a.Activity, h.URL); err != nil {
		return err
	}
	if actor.HostOf(c.URL) != b.cfg.Actors.Host() || c.Deleted() {
		return fault.New(fault.NotFound, "It is no comment of this server.")
	}
	if err := b.speaksFor(ctx, tx, a.by, h.ID); err != nil {
		return err
	}
	return b.cfg.Comments.Approved(ctx, tx, c.ID, a.ID)
}

// forward sends an activity about a video of ours on, byte for byte, to who
// follows those that have to do with it: other servers do not know them all.
// Without its author's signature nobody would believe it.
func (b *Inbox) forward(ctx context.Context, tx db.Tx, a activity, id video.ID) error {
	if b.cfg.Delivery == nil || !a.Signed {
		return nil
	}
	involved, err := b.cfg.Videos.Involved(ctx, tx, id)
	if err != nil || len(involved) == 0 {
		return err
	}
	us, err := b.cfg.Actors.ByHandle(ctx, tx, actor.InstanceName, "", actor.Application)
	if err != nil {
		return err
	}
	return b.cfg.Delivery.Send(ctx, tx, delivery.Activity{From: us.ID, Body: a.raw},
		delivery.Audience{FollowersOf: involved, Except: a.by.Host})
}
