package inbox

import (
	"context"
	"slices"

	"vidiverse/instance/activitypub"
	"vidiverse/instance/actor"
	"vidiverse/instance/comment"
	"vidiverse/instance/db"
	"vidiverse/instance/fault"
	"vidiverse/instance/playlist"
	"vidiverse/instance/video"
)

// delete ends the actor itself, or something of its server: video, comment,
// playlist. What is not known is buried, for the Create that may come after.
func (b *Inbox) delete(ctx context.Context, tx db.Tx, a activity) error {
	address, err := b.address(a.ObjectID)
	if err != nil {
		return err
	}
	if address == a.by.URL {
		return b.cfg.Fetch.Retire(ctx, tx, a.by)
	}
	if done, err := b.deleteComment(ctx, tx, a, address); done || err != nil {
		return err
	}
	if err := authority(a.by, a.Activity, address); err != nil {
		return err
	}
	v, err := b.cfg.Videos.RemoteByURL(ctx, tx, address)
	switch {
	case err == nil && v.UpdatedAt.After(a.at) && v.FetchedAt.After(a.at): // their clock may be ahead
		return fault.New(fault.Gone, "The video is there again since.")
	case err == nil:
		if err := b.speaksFor(ctx, tx, a.by, v.ID); err != nil {
			return err
		}
		if err := b.cfg.Fetch.Bury(ctx, tx, address, "Video", a.by.ID, a.at); err != nil {
			return err
		}
		return b.cfg.Videos.RemoveRemote(ctx, tx, v.ID)
	case fault.KindOf(err) != fault.NotFound:
		return err
	}
	return b.deleteOther(ctx, tx, a, address)
}

// deleteOther ends a playlist or a channel of the same owner, else what nobody
// knows.
func (b *Inbox) deleteOther(ctx context.Context, tx db.Tx, a activity, address string) error {
	if b.cfg.Playlists != nil {
		p, err := b.cfg.Playlists.ByURL(ctx, tx, address)
		if err == nil {
			return b.deletePlaylist(ctx, tx, a, p)
		}
		if fault.KindOf(err) != fault.NotFound {
			return err
		}
	}
	if _, err := b.cfg.Actors.ByURL(ctx, tx, address); fault.KindOf(err) != fault.NotFound {
		if err == nil {
			err = crossOrigin(a.by, address) // an actor deletes itself alone
		}
		return err
	}
	kind := a.ObjectType
	if !slices.Contains([]string{"Video", "Note", "Playlist"}, kind) {
		kind = "Object"
	}
	return b.bury(ctx, tx, a, address, kind)
}

// bury digs a grave for what nobody knows here. A server has so many in a while:
// it may name anything.
func (b *Inbox) bury(ctx context.Context, tx db.Tx, a activity, address, kind string) error {
	if !b.graves.take(a.by.Host) {
		b.refuse("graves")
		return nil
	}
	return b.cfg.Fetch.Bury(ctx, tx, address, kind, a.by.ID, a.at)
}

func (b *Inbox) deletePlaylist(ctx context.Context, tx db.Tx, a activity, p playlist.Playlist) error {
	own, err := b.cfg.Accounts.ByActor(ctx, tx, a.by.ID)
	if err != nil {
		return err
	}
	if own != p.Owner {
		return crossOrigin(a.by, p.URL)
	}
	if err := b.cfg.Fetch.Bury(ctx, tx, p.URL, "Playlist", a.by.ID, a.at); err != nil {
		return err
	}
	return b.cfg.Playlists.RemoveRemote(ctx, tx, p.URL)
}

// speaksFor refuses who speaks of somebody else's video of the same server: it is
// its owner who does, its channel, or the server itself.
func (b *Inbox) speaksFor(ctx context.Context, tx db.Tx, by actor.Actor, id video.ID) error {
	h, err := b.cfg.Videos.Head(ctx, tx, id)
	if err != nil || by.Kind == actor.Application {
		return err
	}
	if by.Kind == actor.Group {
		ch, err := b.cfg.Channels.ByActor(ctx, tx, by.ID)
		return theirs(err, int64(ch) == h.Channel)
	}
	own, err := b.cfg.Accounts.ByActor(ctx, tx, by.ID)
	return theirs(err, int64(own) == h.Owner)
}

func theirs(err error, is bool) error {
	if err == nil && !is {
		err = fault.New(fault.Forbidden, "It is somebody else's.").WithCode("not_owner")
	}
	return err
}

// deleteComment ends a comment at the word of its author or of that one's server,
// or of who owns the video it stands under.
func (b *Inbox) deleteComment(ctx context.Context, tx db.Tx, a activity, address string) (done bool, err error) {
	if b.cfg.Comments == nil {
		return false, nil
	}
	c, err := b.cfg.Comments.ByURL(ctx, tx, address)
	if fault.KindOf(err) == fault.NotFound {
		return false, nil
	}
	if err != nil || c.Deleted() {
		return true, err
	}
	if err := b.mayErase(ctx, tx, a, c); err != nil {
		return true, err
	}
	if err := b.cfg.Comments.RemoveRemote(ctx, tx, c.ID); err != nil {
		return true, err
	}
	if err := b.cfg.Fetch.Bury(ctx, tx, address, "Note", a.by.ID, a.at); err != nil {
		return true, err
	}
	return true, b.forward(ctx, tx, a, c.Video)
}

// mayErase refuses who neither made a comment nor has to do with its video.
func (b *Inbox) mayErase(ctx context.Context, tx db.Tx, a activity, c comment.Comment) error {
	if authority(a.by, a.Activity, c.URL) == nil {
		if a.by.Kind == actor.Application {
			return nil
		}
		own, err := b.cfg.Accounts.ByActor(ctx, tx, a.by.ID)
		if err == nil && own == c.Account {
			return nil
		}
		if err = ignore(err, fault.NotFound); err != nil {
			return err
		}
	}
	h, err := b.cfg.Videos.Head(ctx, tx, c.Video)
	if err != nil {
		return err
	}
	if h.Local {
		return crossOrigin(a.by, c.URL)
	}
	if err := authority(a.by, a.Activity, h.URL); err != nil {
		return err
	}
	return b.speaksFor(ctx, tx, a.by, c.Video)
}

// undo takes back a follow, share, rating or copy.
func (b *Inbox) undo(ctx context.Context, tx db.Tx, a activity) error {
	if a.ObjectType == "" { // its address alone
		return b.undoAddress(ctx, tx, a)
	}
	inner, err := a.Inner()
	if err != nil {
		return fault.New(fault.Invalid, "read what is undone: %w", err)
	}
	if err := authority(a.by, inner, inner.ID); err != nil {
		return err
	}
	switch inner.Type {
	case "Follow":
		return b.unfollow(ctx, tx, a, inner)
	case "Like", "Dislike":
		return b.unrate(ctx, tx, a, inner)
	case "Announce":
		return b.unshare(ctx, tx, a, inner.ID, inner.ObjectID)
	case "Create":
		return b.unmirror(ctx, tx, a, inner)
	}
	return fault.New(fault.Unsupported, "Undo of %s means nothing here", inner.Type)
}

// undoAddress finds what is undone by its address.
func (b *Inbox) undoAddress(ctx context.Context, tx db.Tx, a activity) error {
	if err := authority(a.by, a.Activity, a.ObjectID); err != nil {
		return err
	}
	f, err := b.cfg.Actors.FollowByURL(ctx, tx, a.ObjectID)
	if err == nil && f.Follower == a.by.ID {
		return b.cfg.Actors.EndFollow(ctx, tx, f.ID)
	}
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return err
	}
	if err := b.cfg.Videos.RemoveMirror(ctx, tx, a.ObjectID, a.by.ID); err != nil {
		return err
	}
	if of, err := b.cfg.Accounts.ByActor(ctx, tx, a.by.ID); err == nil {
		rated, as, err := b.store.rated(ctx, tx, a.ObjectID, of)
		if err == nil && rated != 0 {
			err = b.cfg.Videos.UnrateRemote(ctx, tx, rated, of, as)
		}
		if err != nil {
			return err
		}
	}
	return b.unshare(ctx, tx, a, a.ObjectID, "")
}

func (b *Inbox) unfollow(ctx context.Context, tx db.Tx, a activity, inner activitypub.Activity) error {
	target, err := b.cfg.Actors.ByURL(ctx, tx, inner.ObjectID)
	if err != nil {
		return err
	}
	if err := b.taken(ctx, tx, a, inner.ID, "Follow"); err != nil {
		return err
	}
	return b.cfg.Actors.ReceiveUndo(ctx, tx, a.by, target)
}

// taken buries an activity that was taken back: should it come after its Undo it
// has no effect, unless it was made later.
func (b *Inbox) taken(ctx context.Context, tx db.Tx, a activity, address, kind string) error {
	return b.bury(ctx, tx, a, address, kind)
}

func (b *Inbox) unrate(ctx context.Context, tx db.Tx, a activity, inner activitypub.Activity) error {
	if err := b.taken(ctx, tx, a, inner.ID, inner.Type); err != nil {
		return err
	}
	id, err := b.ours(ctx, tx, inner.ObjectID)
	if err != nil {
		return ignore(err, fault.NotFound)
	}
	of, err := b.cfg.Accounts.ByActor(ctx, tx, a.by.ID)
	if err != nil {
		return err
	}
	r := video.Like
	if inner.Type == "Dislike" {
		r = video.Dislike
	}
	return b.cfg.Videos.UnrateRemote(ctx, tx, id, of, r)
}

func (b *Inbox) unshare(ctx context.Context, tx db.Tx, a activity, address, object string) error {
	if err := b.taken(ctx, tx, a, address, "Announce"); err != nil {
		return err
	}
	if err := b.cfg.Videos.DropShare(ctx, tx, address, a.by.ID, a.at); err != nil || object == "" {
		return err
	}
	id, err := b.cfg.Videos.ByURL(ctx, tx, object)
	if err != nil {
		return ignore(err, fault.NotFound)
	}
	return b.forward(ctx, tx, a, id)
}

func (b *Inbox) unmirror(ctx context.Context, tx db.Tx, a activity, inner activitypub.Activity) error {
	if inner.ObjectType != "CacheFile" && inner.ObjectType != "" {
		return fault.New(fault.Unsupported, "Undo of Create(%s) means nothing here", inner.ObjectType)
	}
	if err := authority(a.by, a.Activity, inner.ObjectID); err != nil {
		return err
	}
	if err := b.taken(ctx, tx, a, inner.ObjectID, "CacheFile"); err != nil {
		return err
	}
	if err := b.cfg.Videos.RemoveMirror(ctx, tx, inner.ObjectID, a.by.ID); err != nil {
		return err
	}
	o, err := activitypub.ReadCacheFile(inner.Object)
	if err != nil {
		return nil //nolint:nilerr // its address stood there alone: which video it was of is not told
	}
	id, err := b.cfg.Videos.ByURL(ctx, tx, string(o.Object))
	if err != nil {
		return ignore(err, fault.NotFound)
	}
	return b.forward(ctx, tx, a, id)
}

func ignore(err error, kind fault.Kind) error {
	if fault.KindOf(err) == kind {
		return nil
	}
	return err
}
