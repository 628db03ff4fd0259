package inbox

import (
	"context"
	"encoding/json"
	"time"

	"vidiverse/instance/activitypub"
	"vidiverse/instance/actor"
	"vidiverse/instance/db"
	"vidiverse/instance/fault"
	"vidiverse/instance/video"
)

// activity is one that is worked on.
type activity struct {
	activitypub.Activity
	by     actor.Actor // whose word it is
	from   string      // the server that delivered it, which may be another
	at     time.Time   // when it was made
	target actor.ID    // whose inbox; 0 for the shared one
	raw    []byte      // as it was received, to be sent on
}

// handlers are those of each type.
var handlers = map[string]func(*Inbox, context.Context, db.Tx, activity) error{
	"Create":       (*Inbox).create,
	"Update":       (*Inbox).update,
	"Delete":       (*Inbox).delete,
	"Follow":       (*Inbox).follow,
	"Accept":       (*Inbox).accept,
	"Reject":       (*Inbox).reject,
	"Announce":     (*Inbox).announce,
	"Undo":         (*Inbox).undo,
	"Like":         (*Inbox).rate,
	"Dislike":      (*Inbox).rate,
	"Flag":         (*Inbox).flag,
	"View":         (*Inbox).view,
	"Download":     (*Inbox).download,
	"ApproveReply": (*Inbox).approve,
	"RejectReply":  (*Inbox).nothing,
}

// handle does what an activity says, in the caller's transaction.
func (b *Inbox) handle(ctx context.Context, tx db.Tx, d delivered) error {
	said := d.raw
	if d.worded != nil {
		said = d.worded
	}
	a, err := activitypub.ReadActivity(said)
	if err != nil {
		return fault.New(fault.Invalid, "read an activity: %w", err)
	}
	do, known := handlers[a.Type]
	if !known {
		return fault.New(fault.Unsupported, "%s means nothing here", a.Type)
	}
	by, err := b.cfg.Actors.ByURL(ctx, tx, d.signer)
	if err != nil {
		return err
	}
	if by.Gone() || by.Local() {
		return fault.New(fault.Gone, "The actor was deleted.")
	}
	named := []string{a.ID}
	if a.Type == "Delete" {
		// PeerTube names it by the address of what it deletes: that may be a comment
		// of another server under the sender's video. What is deleted is looked at.
		named = nil
	}
	if err := authority(by, a, named...); err != nil {
		return err
	}
	a.Raw = d.raw
	a.Signed = a.Signed || d.worded != nil
	err = do(b, ctx, tx, activity{Activity: a, by: by, from: d.host, at: madeAt(d), target: d.target, raw: d.raw})
	if err == nil {
		tx.AfterCommit(func() { b.tally.add(a.Type, true) })
	}
	return err
}

// madeAt is when an activity was made: what its own signature says if that is
// near, else when it was received. Clocks of others are not trusted further.
func madeAt(d delivered) time.Time {
	var said struct{ Signature struct{ Created time.Time } }
	// What is no date there is none.
	if json.Unmarshal(d.raw, &said) != nil || said.Signature.Created.IsZero() || said.Signature.Created.After(d.at) {
		return d.at
	}
	return said.Signature.Created.UTC().Truncate(time.Millisecond)
}

// authority is the one rule of who may say what (I2): an activity is its actor's
// word, proven by that one's key, and speaks of what is on the actor's own
// server, hosts compared with their ports. Each object whose state the activity
// changes is named. What is refused here is counted.
func authority(by actor.Actor, a activitypub.Activity, objects ...string) error {
	if a.Actor == by.URL && by.Host != "" {
		for _, o := range objects {
			if actor.HostOf(o) != by.Host {
				return crossOrigin(by, o)
			}
		}
		return nil
	}
	return crossOrigin(by, a.Actor)
}

func crossOrigin(by actor.Actor, object string) error {
	return fault.New(fault.Forbidden, "%s speaks for %s", by.Host, actor.HostOf(object)).WithCode("cross_origin")
}

func (b *Inbox) nothing(context.Context, db.Tx, activity) error { return nil }

// address is that of an object, written as ours are compared.
func (b *Inbox) address(raw string) (string, error) {
	return b.cfg.Actors.Address(raw)
}

// told refuses what concerns a video of ours that others are not told of: it is
// not there for them, although somebody may know its address.
func (b *Inbox) told(ctx context.Context, tx db.Tx, id video.ID) error {
	h, err := b.cfg.Videos.Head(ctx, tx, id)
	if err != nil || !h.Local {
		return err
	}
	involved, err := b.cfg.Videos.Involved(ctx, tx, id)
	if err == nil && len(involved) == 0 {
		err = fault.New(fault.NotFound, "Others are not told of the video.")
	}
	return err
}

// undone tells that an activity of that address was taken back after it was
// made; an earlier undoing is forgotten, as the same address may come again.
func (b *Inbox) undone(ctx context.Context, tx db.Tx, address string, at time.Time) error {
	buried, err := b.store.buried(ctx, tx, address)
	if err != nil || buried.IsZero() {
		return err
	}
	if !buried.Before(at) {
		return fault.New(fault.Gone, "It was taken back since.")
	}
	return b.store.unbury(ctx, tx, address)
}
