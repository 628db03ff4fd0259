package inbox

import (
	"context"
	"time"

	"vidiverse/instance/account"
	"vidiverse/instance/activitypub"
	"vidiverse/instance/actor"
	"vidiverse/instance/comment"
	"vidiverse/instance/db"
	"vidiverse/instance/fault"
	"vidiverse/instance/federation/fetch"
	"vidiverse/instance/video"
)

// create keeps what was made, a video, comment, copy, playlist or what somebody
// watched.
func (b *Inbox) create(ctx context.Context, tx db.Tx, a activity) error {
	switch a.ObjectType {
	case "Video":
		return b.putVideo(ctx, tx, a)
	case "Note":
		return b.putNote(ctx, tx, a)
	case "CacheFile":
		return b.putMirror(ctx, tx, a)
	case "Playlist":
		return b.putPlaylist(ctx, tx, a)
	case "WatchAction":
		return b.watched(ctx, tx, a)
	}
	return fault.New(fault.Unsupported, "%s of %s means nothing here", a.Type, a.ObjectType)
}

// update keeps what changed. Of actors it takes all but the key, which comes from
// a fetch of their own document alone.
func (b *Inbox) update(ctx context.Context, tx db.Tx, a activity) error {
	switch {
	case activitypub.IsActor(a.ObjectType):
		return b.putActor(ctx, tx, a)
	case a.ObjectType == "PlayerSettings":
		return b.putSettings(ctx, tx, a)
	case a.ObjectType == "WatchAction":
		return b.nothing(ctx, tx, a)
	}
	return b.create(ctx, tx, a)
}

func (b *Inbox) putVideo(ctx context.Context, tx db.Tx, a activity) error {
	o, err := activitypub.ParseVideo(a.Object)
	if err != nil {
		return fault.New(fault.Invalid, "read a video: %w", err)
	}
	if err := authority(a.by, a.Activity, o.ID); err != nil {
		return err
	}
	_, err = b.cfg.Fetch.SaveVideo(ctx, tx, o, a.at, fetch.Told)
	return err
}

// putNote keeps a comment. One on a video of ours is sent on to who follows it,
// unless it waits for the owner.
func (b *Inbox) putNote(ctx context.Context, tx db.Tx, a activity) error {
	if b.cfg.Comments == nil || b.cfg.NoComments {
		return nil
	}
	n, err := activitypub.ReadNote(a.Object)
	if err != nil {
		return fault.New(fault.Invalid, "read a comment: %w", err)
	}
	if err := authority(a.by, a.Activity, n.ID, string(n.AttributedTo)); err != nil {
		return err
	}
	if string(n.AttributedTo) != a.by.URL {
		return crossOrigin(a.by, string(n.AttributedTo))
	}
	if n.InReplyTo == "" {
		return fault.New(fault.Invalid, "The note is no comment.")
	}
	if !n.Public() { // a letter to few, which all would read
		return fault.New(fault.Forbidden, "The note is not for everybody.").WithCode("not_public")
	}
	known, before := b.cfg.Comments.ByURL(ctx, tx, n.ID)
	id, err := b.cfg.Fetch.SaveNote(ctx, tx, n)
	if fault.KindOf(err) == fault.NotFound {
		if actor.HostOf(string(n.InReplyTo)) == b.cfg.Actors.Host() {
			return err // what it replies to is ours, and not there
		}
		return unread{address: string(n.InReplyTo), thread: true}
	}
	if err != nil || before == nil && known.Deleted() {
		return err
	}
	c, err := b.cfg.Comments.Get(ctx, tx, id)
	if err != nil || c.Deleted() {
		return err
	}
	if err := b.told(ctx, tx, c.Video); err != nil || c.Held {
		return err
	}
	if before == nil && n.ReplyApproval.Or("") == "" && a.Type == "Create" {
		return nil // it was sent on when it came first
	}
	return b.forwardNote(ctx, tx, a, c)
}

// forwardNote sends a comment on, unless its author is muted here.
func (b *Inbox) forwardNote(ctx context.Context, tx db.Tx, a activity, c comment.Comment) error {
	h, err := b.cfg.Videos.Head(ctx, tx, c.Video)
	if err != nil || !h.Local {
		return err
	}
	if b.cfg.Blocks != nil {
		owners, err := b.cfg.Blocks.Owners(ctx, account.ID(h.Owner))
		if err != nil {
			return err
		}
		if hidden, err := b.cfg.Blocks.Hidden(ctx, tx, owners, c.Account, a.by.Host); err != nil || hidden {
			return err
		}
	}
	return b.forward(ctx, tx, a, c.Video)
}

func (b *Inbox) putMirror(ctx context.Context, tx db.Tx, a activity) error {
	o, err := activitypub.ReadCacheFile(a.Object)
	if err != nil {
		return fault.New(fault.Invalid, "read a copy: %w", err)
	}
	// A copy on a third server would have our viewers ask that one.
	if err := authority(a.by, a.Activity, o.ID, o.URL.Href); err != nil {
		return err
	}
	if err := b.undone(ctx, tx, o.ID, a.at); err != nil {
		return err
	}
	id, err := b.cfg.Videos.ByURL(ctx, tx, string(o.Object))
	if fault.KindOf(err) == fault.NotFound && actor.HostOf(string(o.Object)) != b.cfg.Actors.Host() {
		return unread{address: string(o.Object)}
	}
	if err != nil {
		return err
	}
	if o.URL.MediaType != activitypub.HLS {
		return fault.New(fault.Unsupported, "Copies are of playlists.")
	}
	h, err := b.cfg.Videos.Head(ctx, tx, id)
	if err != nil {
		return err
	}
	if err := b.told(ctx, tx, id); err != nil {
		return err
	}
	if h.Local {
		if err := b.mayMirror(ctx, tx, a.by); err != nil {
			return err
		}
	}
	m := video.Mirror{URL: o.ID, Video: id, Actor: a.by.ID, Base: o.URL.Href}
	if o.Expires != nil {
		if m.Expires, err = time.Parse(time.RFC3339, *o.Expires); err != nil || !m.Expires.After(b.cfg.Now()) {
			return fault.New(fault.Gone, "The copy has had its time.")
		}
	}
	if err := b.cfg.Videos.SaveMirror(ctx, tx, m); err != nil {
		return err
	}
	return b.forward(ctx, tx, a, id)
}

// mayMirror refuses copies of our videos by servers that the operator does not
// trust with it.
func (b *Inbox) mayMirror(ctx context.Context, tx db.Tx, by actor.Actor) error {
	switch b.cfg.Mirrors {
	case Anybody:
		return nil
	case Followings:
		us, err := b.cfg.Actors.ByHandle(ctx, tx, actor.InstanceName, "", actor.Application)
		if err != nil {
			return err
		}
		f, err := b.cfg.Actors.FollowByPair(ctx, tx, us.ID, by.ID)
		if err == nil && f.State == actor.Accepted {
			return nil
		}
		if err != nil && fault.KindOf(err) != fault.NotFound {
			return err
		}
	}
	return fault.New(fault.Forbidden, "Copies of that server are not taken.").WithCode("mirror_not_accepted")
}

// putPlaylist keeps what is said of a playlist, and has its videos read. It is of
// a channel of the server that says so (row 4).
func (b *Inbox) putPlaylist(ctx context.Context, tx db.Tx, a activity) error {
	o, err := activitypub.ReadPlaylist(a.Object)
	if err != nil {
		return fault.New(fault.Invalid, "read a playlist: %w", err)
	}
	named := []string{o.ID}
	for _, in := range o.AttributedTo {
		named = append(named, string(in))
	}
	if err := authority(a.by, a.Activity, named...); err != nil {
		return err
	}
	if a.by.Kind == actor.Group {
		return fault.New(fault.Forbidden, "Playlists are people's.")
	}
	if buried, err := b.store.buried(ctx, tx, o.ID); err != nil || !buried.IsZero() && !buried.Before(a.at) {
		return err
	}
	return b.cfg.Fetch.SavePlaylist(ctx, tx, o)
}

// putActor keeps what an actor says of itself, or of its own channel.
func (b *Inbox) putActor(ctx context.Context, tx db.Tx, a activity) error {
	doc, err := activitypub.ReadActor(a.Object)
	if err != nil {
		return fault.New(fault.Invalid, "read an actor: %w", err)
	}
	if err := authority(a.by, a.Activity, doc.ID); err != nil {
		return err
	}
	if doc.ID != a.by.URL {
		return crossOrigin(a.by, doc.ID)
	}
	if k := doc.PublicKey; k != nil && k.Owner != "" && k.Owner != doc.ID {
		return crossOrigin(a.by, k.Owner)
	}
	pem, err := b.cfg.Actors.PublicPEM(ctx, a.by.ID)
	if err != nil {
		return err
	}
	doc.PublicKey = &activitypub.PublicKey{Owner: doc.ID, PublicKeyPem: pem}
	if a.by.Kind != actor.Group {
		_, err = b.cfg.Fetch.SaveActor(ctx, tx, doc, a.at, 0)
		return err
	}
	owner, err := b.cfg.Fetch.OwnerOf(ctx, tx, doc)
	if err != nil {
		return err
	}
	_, err = b.cfg.Fetch.SaveActor(ctx, tx, doc, a.at, owner)
	return err
}

// putSettings keeps how the player of a video, or of a channel's, looks.
func (b *Inbox) putSettings(ctx context.Context, tx db.Tx, a activity) error {
	o, err := activitypub.ReadPlayerSettings(a.Object)
	if err != nil {
		return fault.New(fault.Invalid, "read the settings of a player: %w", err)
	}
	if err := authority(a.by, a.Activity, o.ID, string(o.Object)); err != nil {
		return err
	}
	if v, err := b.cfg.Videos.ByURL(ctx, tx, string(o.Object)); err == nil {
		return b.cfg.Videos.SaveTheme(ctx, tx, v, o.Theme)
	} else if fault.KindOf(err) != fault.NotFound {
		return err
	}
	of, err := b.cfg.Actors.ByURL(ctx, tx, string(o.Object))
	if err != nil {
		return err
	}
	id, err := b.cfg.Channels.ByActor(ctx, tx, of.ID)
	if err != nil {
		return err
	}
	return b.cfg.Videos.SaveThemeOfChannel(ctx, tx, id, o.Theme)
}

func (b *Inbox) watched(ctx context.Context, tx db.Tx, a activity) error {
	if b.cfg.Stats == nil {
		return nil
	}
	w, err := activitypub.ReadWatchAction(a.Object)
	if err != nil {
		return fault.New(fault.Invalid, "read what was watched: %w", err)
	}
	if err := authority(a.by, a.Activity, w.ID); err != nil {
		return err
	}
	id, err := b.ours(ctx, tx, string(w.Object))
	if err != nil {
		return err
	}
	return b.cfg.Stats.RemoteWatch(ctx, tx, id, a.by, w)
}

// ours finds a video of this server.
func (b *Inbox) ours(ctx context.Context, tx db.Tx, address string) (video.ID, error) {
	v, err := b.cfg.Videos.RemoteByURL(ctx, tx, address)
	if err == nil && !v.Local {
		err = fault.New(fault.NotFound, "The video is not of this server.")
	}
	return v.ID, err
}
