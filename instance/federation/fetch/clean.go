package fetch

import (
	"context"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"vidiverse/instance/account"
	"vidiverse/instance/actor"
	"vidiverse/instance/comment"
	"vidiverse/instance/db"
	"vidiverse/instance/fault"
	"vidiverse/instance/video"
)

// What people of other servers did with our videos.
const (
	ofRating  = "rating"
	ofShare   = "share"
	ofComment = "comment"
)

const (
	cleanAtOnce = 10
	cleanPage   = 200
	maxWeeks    = 3 // in which an object could not be read
)

// interaction is one of them.
type interaction struct {
	kind    string
	id      int64 // of its row
	url     string
	video   video.ID
	account account.ID // of ratings
	rating  video.Rating
	actor   actor.ID // of shares
}

// clean asks again for what people of other servers did with our videos, and
// removes what is not there any more, or could not be read three times. What its
// server calls otherwise now is called so here.
func (f *Fetcher) clean(ctx context.Context) error {
	for _, kind := range []string{ofRating, ofShare, ofComment} {
		for after := int64(0); ; {
			list, err := f.store.interactions(ctx, kind, after, cleanPage)
			if err != nil {
				return err
			}
			if len(list) == 0 {
				break
			}
			after = list[len(list)-1].id
			g, ctx := errgroup.WithContext(ctx)
			g.SetLimit(cleanAtOnce)
			for _, i := range list {
				g.Go(func() error { return f.check(ctx, i) })
			}
			if err := g.Wait(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (f *Fetcher) check(ctx context.Context, i interaction) error {
	if strings.Contains(i.url, "#") { // Mastodon's likes have no address of their own
		return nil
	}
	id, err := f.seen(ctx, i)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	gone := missing(err) || err == nil && id.Type == "Tombstone"
	return f.cfg.DB.Write(ctx, func(tx db.Tx) error {
		if err == nil && !gone {
			if err := f.store.answered(ctx, tx, i.url); err != nil || id.ID == i.url {
				return err
			}
			return f.store.moved(ctx, tx, i, id.ID)
		}
		weeks, err := f.store.unanswered(ctx, tx, i.url)
		if err != nil || !gone && weeks < maxWeeks {
			return err
		}
		if err := f.store.answered(ctx, tx, i.url); err != nil {
			return err
		}
		return ignore(f.withdraw(ctx, tx, i), fault.NotFound)
	})
}

// interactions are the types of each kind.
var interactions = map[string][]string{
	ofRating: {"Like", "Dislike"}, ofShare: {"Announce"}, ofComment: {"Note", "Tombstone"},
}

// seen asks what stands at the address of an interaction. It may be called
// otherwise by its server meanwhile, which is believed for its own addresses.
func (f *Fetcher) seen(ctx context.Context, i interaction) (id identity, err error) {
	if closed, err := f.store.closed(ctx, actor.HostOf(i.url), f.cfg.Now()); err != nil || closed {
		return id, fault.New(fault.Unavailable, "%s does not answer", actor.HostOf(i.url))
	}
	raw, final, err := f.get(ctx, i.url, accept, isObject)
	if err != nil {
		return id, err
	}
	if id, err = identify(raw); err != nil {
		return id, err
	}
	host := actor.HostOf(i.url)
	if actor.HostOf(final) != host || actor.HostOf(id.ID) != host || !slices.Contains(interactions[i.kind], id.Type) {
		return id, fault.New(fault.Forbidden, "%s is something else now", i.url)
	}
	id.ID, err = f.address(id.ID)
	return id, err
}

func (f *Fetcher) withdraw(ctx context.Context, tx db.Tx, i interaction) error {
	switch {
	case i.kind == ofShare:
		return f.cfg.Videos.DropShare(ctx, tx, i.url, i.actor, f.cfg.Now())
	case i.kind == ofComment && f.cfg.Comments != nil:
		return f.cfg.Comments.RemoveRemote(ctx, tx, comment.ID(i.id))
	case i.kind == ofRating:
		return f.cfg.Videos.UnrateRemote(ctx, tx, i.video, i.account, i.rating)
	}
	return nil
}
