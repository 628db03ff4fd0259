package fetch

import (
	"context"
	"errors"
	"fmt"

	"vidiverse/instance/account"
	"vidiverse/instance/activitypub"
	"vidiverse/instance/actor"
	"vidiverse/instance/channel"
	"vidiverse/instance/db"
	"vidiverse/instance/fault"
)

// unknownActor says that an actor must be read before something can be kept.
// Transactions do no I/O: the caller reads it and tries again.
type unknownActor struct{ address string }

func (u unknownActor) Error() string { return fmt.Sprintf("the actor %s is not known", u.address) }

// Unknown is the address of the actor that must be read first, if that is what
// err says.
func Unknown(err error) (address string, ok bool) {
	var u unknownActor
	ok = errors.As(err, &u)
	return u.address, ok
}

// maxAttributed bounds how many are asked whether they are a video's channel.
const maxAttributed = 5

// channelOf is where a video is published: the group it is attributed to, else
// its audience, which are of its own server.
func (f *Fetcher) channelOf(ctx context.Context, tx db.Tx, o activitypub.Video, host string) (channel.ID, error) {
	var groups, others []string
	for _, a := range o.AttributedTo {
		if actor.HostOf(a.ID) != host || a.Type == "Person" {
			continue
		}
		if a.Type == "Group" {
			groups = append(groups, a.ID)
		} else {
			others = append(others, a.ID)
		}
	}
	if a := string(o.Audience); actor.HostOf(a) == host {
		groups = append(groups, a)
	}
	all := append(groups, others...)
	for _, address := range all[:min(len(all), maxAttributed)] {
		a, err := f.cfg.Actors.ByURL(ctx, tx, address)
		if fault.KindOf(err) == fault.NotFound {
			return 0, unknownActor{address}
		}
		if err != nil {
			return 0, err
		}
		if a.Kind == actor.Group && !a.Gone() && a.Host == host {
			return f.cfg.Channels.ByActor(ctx, tx, a.ID)
		}
	}
	return 0, fault.New(fault.Invalid, "The video is in no channel of its server.")
}

// OwnerOf is the account that a channel's document names as its owner: a person
// of the channel's server. One that is not known is an error of which Unknown
// tells the address.
func (f *Fetcher) OwnerOf(ctx context.Context, tx db.Tx, group activitypub.ActorDocument) (account.ID, error) {
	host := actor.HostOf(group.ID)
	for _, ref := range group.AttributedTo[:min(len(group.AttributedTo), maxAttributed)] {
		if actor.HostOf(string(ref)) != host {
			continue
		}
		a, err := f.cfg.Actors.ByURL(ctx, tx, string(ref))
		if fault.KindOf(err) == fault.NotFound {
			return 0, unknownActor{string(ref)}
		}
		if err != nil {
			return 0, err
		}
		if a.Kind == actor.Person && !a.Gone() {
			return f.cfg.Accounts.ByActor(ctx, tx, a.ID)
		}
	}
	return 0, fault.New(fault.Invalid, "The channel has no owner.")
}
