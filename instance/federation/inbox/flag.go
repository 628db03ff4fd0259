package inbox

import (
	"context"
	"strings"

	"vidiverse/instance/actor"
	"vidiverse/instance/db"
	"vidiverse/instance/fault"
	"vidiverse/instance/report"
)

// Caps on one report. Mastodon reports an account with several of its posts.
const (
	maxFlagged = 50
	maxReasons = 20
)

// flag hands a report on to the moderators: one for each thing of ours that it
// names. What it names of others is left out.
func (b *Inbox) flag(ctx context.Context, tx db.Tx, a activity) error {
	if b.cfg.Reports == nil {
		return nil
	}
	by, err := b.cfg.Accounts.ByActor(ctx, tx, a.by.ID)
	if err != nil {
		return err
	}
	r := report.Remote{URL: a.ID, Reporter: by, Reason: a.Content, StartAt: second(a.StartAt), EndAt: second(a.EndAt)}
	for _, t := range a.Tag {
		if t.Type == "Hashtag" && len(r.Reasons) < maxReasons {
			r.Reasons = append(r.Reasons, strings.TrimPrefix(t.Name, "#"))
		}
	}
	found := 0
	for _, address := range a.Objects[:min(len(a.Objects), maxFlagged)] {
		one := r
		err := b.flagged(ctx, tx, &one, address)
		if err == nil {
			_, _, err = b.cfg.Reports.SaveRemote(ctx, tx, one)
			found++
		}
		if kind := fault.KindOf(err); err != nil && kind != fault.NotFound && kind != fault.Forbidden {
			return err
		}
	}
	if found == 0 {
		return fault.New(fault.NotFound, "Nothing of this server is reported.")
	}
	return nil
}

// flagged finds what an address of ours means.
func (b *Inbox) flagged(ctx context.Context, tx db.Tx, r *report.Remote, address string) error {
	if actor.HostOf(address) != b.cfg.Actors.Host() {
		return fault.New(fault.NotFound, "It is not of this server.")
	}
	v, err := b.cfg.Videos.ByURL(ctx, tx, address)
	if r.Video = v; fault.KindOf(err) != fault.NotFound {
		return err
	}
	if b.cfg.Comments != nil {
		c, err := b.cfg.Comments.ByURL(ctx, tx, address)
		if r.Comment = c.ID; fault.KindOf(err) != fault.NotFound {
			return err
		}
	}
	of, err := b.cfg.Actors.ByURL(ctx, tx, address)
	if err != nil {
		return err
	}
	r.Account, err = b.accountOf(ctx, tx, of)
	return err
}

// second is whole seconds of a video.
func second(f *float64) *int {
	if f == nil || !(*f >= 0 && *f < 1<<30) {
		return nil
	}
	n := int(*f)
	return &n
}
