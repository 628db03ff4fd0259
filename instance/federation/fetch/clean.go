package fetch

import (
	"context"
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
// removes what is not there any more, or could not be read three times.
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
	_, id, err := f.object(ctx, i.url)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	gone := missing(err) || err == nil && id.Type == "Tombstone"
	return f.cfg.DB.Write(ctx, func(tx db.Tx) error {
		if err == nil && !gone {
			return f.store.answered(ctx, tx, i.url)
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
